//! Contacts: list with filters, one by id, and made. Errors have the legacy shape.

use super::super::answer::{Answer, Refusal};
use super::super::ids::Id;
use super::super::world::{Address, Contact, Organization, Party};
use super::Call;
use super::paging::Paging;
use super::voucherlist::html_decoded;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const LARGEST_PAGE: usize = 250;
const SHORTEST_SEARCH: usize = 3;

pub(super) fn read(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let contact = call.id().and_then(|id| call.organization.contact(id)).ok_or_else(Refusal::legacy_not_found)?;
    Ok(Answer::json(write(call.organization, contact)))
}

/// Archived ones too; sorted by name and by nothing else.
pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let search = |name: &str| match call.asked.parameter(name).map(html_decoded) {
        Some(text) if text.chars().count() < SHORTEST_SEARCH => {
            Err(Refusal::Legacy { status: 400, key: "bad_request_error", source: format!("{name}: min {SHORTEST_SEARCH}, max 255") })
        }
        other => Ok(other),
    };
    let (email, name) = (search("email")?, search("name")?);
    let number = call.asked.parameter("number");
    let role = |name: &str| call.asked.parameter(name).map(|value| value == "true");
    let (customer, vendor) = (role("customer"), role("vendor"));
    let lets = |contact: &&Contact| {
        email.as_ref().is_none_or(|pattern| contact.emails().any(|address| contains(address, pattern)))
            && name.as_ref().is_none_or(|pattern| contains(&contact.display_name(), pattern))
            && number.is_none_or(|number| has_number(contact, number))
            && customer.is_none_or(|wanted| contact.customer_number.is_some() == wanted)
            && vendor.is_none_or(|wanted| contact.vendor_number.is_some() == wanted)
    };
    let paging = Paging::of(call.asked, LARGEST_PAGE, &["name"], true)?;
    let mut found: Vec<&Contact> = call.organization.contacts().filter(lets).collect();
    found.sort_by_cached_key(|contact| contact.display_name());
    Ok(Answer::json(paging.envelope(&found, 0, |contact| write(call.organization, contact))))
}

pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let missing = |source: &str| Refusal::Legacy { status: 406, key: "missing_entity", source: source.to_owned() };
    let body = call.asked.json().ok_or(Refusal::Legacy { status: 400, key: "bad_request_error", source: "body".to_owned() })?;
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let party = match (text(&body["company"]["name"]), text(&body["person"]["lastName"])) {
        (Some(name), _) => {
            Party::Company { name, persons: serde_json::from_value(body["company"]["contactPersons"].clone()).unwrap_or_default() }
        }
        (None, Some(last_name)) => Party::Person { first_name: text(&body["person"]["firstName"]), last_name },
        (None, None) => return Err(missing(if body["company"].is_object() { "company.name" } else { "person.lastName" })),
    };
    if !body["roles"].is_object() {
        return Err(missing("roles"));
    }
    let emails = |list: &str| -> Vec<String> { serde_json::from_value(body["emailAddresses"][list].clone()).unwrap_or_default() };
    let mut contact = Contact {
        id: Id::new(call.dice),
        version: 0,
        customer_number: body["roles"]["customer"].is_object().then(|| call.organization.next_customer_number()),
        vendor_number: body["roles"]["vendor"].is_object().then(|| 60_000 + call.organization.next_customer_number()),
        party,
        address: Arc::default(),
        emails_business: emails("business"),
        emails_office: emails("office"),
        emails_private: emails("private"),
        emails_other: emails("other"),
        note: text(&body["note"]),
        archived: false,
    };
    let billing = serde_json::from_value::<Address>(body["addresses"]["billing"][0].clone()).unwrap_or_default();
    contact.address = Arc::new(Address { name: contact.address_name(), ..billing });
    let id = call.organization.add_contact(contact, call.now);
    Ok(Answer::created(call.asked, id, call.now, 0))
}

fn has_number(contact: &Contact, number: &str) -> bool {
    [contact.customer_number, contact.vendor_number].into_iter().flatten().any(|own| own.to_string() == number)
}

/// Whether `pattern` stands anywhere in `text`, whatever the case: `_` is any character, `%` any number of them, `\` takes the next as it is.
fn contains(text: &str, pattern: &str) -> bool {
    let mut wanted = vec![Piece::Many];
    let lower = pattern.to_lowercase();
    let mut characters = lower.chars();
    while let Some(character) = characters.next() {
        wanted.push(match character {
            '%' => Piece::Many,
            '_' => Piece::One,
            '\\' => characters.next().map_or(Piece::Exactly('\\'), Piece::Exactly),
            other => Piece::Exactly(other),
        });
    }
    wanted.push(Piece::Many);
    let text: Vec<char> = text.to_lowercase().chars().collect();
    matches(&text, &wanted)
}

enum Piece {
    One,
    Many,
    Exactly(char),
}

/// Which places of the text the pieces so far can end at, piece by piece.
fn matches(text: &[char], pieces: &[Piece]) -> bool {
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    for piece in pieces {
        let mut next = vec![false; ends.len()];
        let mut any_before = false;
        for at in 0..ends.len() {
            any_before |= ends[at];
            next[at] = match piece {
                Piece::Many => any_before,
                Piece::One => at > 0 && ends[at - 1],
                Piece::Exactly(character) => at > 0 && ends[at - 1] && text[at - 1] == *character,
            };
        }
        ends = next;
    }
    ends[text.len()]
}

/// Lists and parts that are empty are left out.
fn write(organization: &Organization, contact: &Contact) -> Value {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("id", json!(contact.id));
    set("organizationId", json!(organization.id));
    set("version", json!(contact.version));
    set("archived", json!(contact.archived));
    let roles = [("customer", contact.customer_number), ("vendor", contact.vendor_number)].into_iter();
    set("roles", roles.filter_map(|(role, number)| number.map(|number| (role.to_owned(), json!({"number": number})))).collect());
    match &contact.party {
        Party::Company { name, persons } => set("company", json!({"name": name, "allowTaxFreeInvoices": false, "contactPersons": persons})),
        Party::Person { first_name: Some(first), last_name } => set("person", json!({"firstName": first, "lastName": last_name})),
        Party::Person { first_name: None, last_name } => set("person", json!({"lastName": last_name})),
    };
    let mut address = serde_json::to_value(&*contact.address).unwrap_or_default();
    if let Some(address) = address.as_object_mut() {
        address.remove("name");
        if !address.is_empty() {
            set("addresses", json!({"billing": [address]}));
        }
    }
    let lists = [
        ("business", &contact.emails_business),
        ("office", &contact.emails_office),
        ("private", &contact.emails_private),
        ("other", &contact.emails_other),
    ];
    let emails: Map<String, Value> =
        lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| (name.to_owned(), json!(list))).collect();
    if !emails.is_empty() {
        set("emailAddresses", emails.into());
    }
    if let Some(note) = &contact.note {
        set("note", json!(note));
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn searches_are_parts_with_wildcards() {
        for (text, pattern, found) in [
            ("Beispiel GmbH", "spiel", true),
            ("Beispiel GmbH", "SPIEL g", true),
            ("Beispiel GmbH", "b_ispiel", true),
            ("Beispiel GmbH", "bei%gmbh", true),
            ("Beispiel GmbH", "gmbh%bei", false),
            ("100 % Bio", "100 \\%", true),
            ("100 x Bio", "100 \\%", false),
        ] {
            assert_eq!(contains(text, pattern), found, "{text} / {pattern}");
        }
    }
}
