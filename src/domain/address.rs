//! A customer's e-mail addresses, and which of them a notice goes to: the first usable one in the order of the tenant's rule.

use serde::{Deserialize, Serialize};

/// What kind of address it is, as sources tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// Given by a person who looks after dunning.
    ByHand,
    Business,
    /// Of a contact person of the customer's.
    ContactPerson,
    Office,
    Private,
    Other,
}

impl AddressKind {
    /// In the order that holds where no rule is configured: a person's word, then the first business address.
    pub const ALL: [Self; 6] = [Self::ByHand, Self::Business, Self::ContactPerson, Self::Office, Self::Private, Self::Other];

    /// The word in SQL, TOML and JSON; also the rule's name at a notice.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ByHand => "by_hand",
            Self::Business => "business",
            Self::ContactPerson => "contact_person",
            Self::Office => "office",
            Self::Private => "private",
            Self::Other => "other",
        }
    }

    /// # Errors
    /// When it is no kind.
    pub fn parse(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| format!("`{word}` is no kind of address"))
    }
}

/// One of a customer's addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub kind: AddressKind,
    /// Its place among those of its kind, from 0; a primary contact person comes first.
    pub position: i64,
    pub address: String,
    /// Why it is not used: a bounce, a person's word.
    pub blocked: Option<String>,
}

impl Address {
    /// An address as a source gives it.
    #[must_use]
    pub fn new(kind: AddressKind, position: i64, address: impl Into<String>) -> Self {
        Self { kind, position, address: address.into(), blocked: None }
    }
}

/// The address that notices go to: the first usable one of the first kind that has one. Where none is usable, the first that only its
/// block keeps from being used, so that the reason is known. Kinds that the rule does not name are never used.
#[must_use]
pub fn choose<'a>(rule: &[AddressKind], addresses: &'a [Address]) -> Option<&'a Address> {
    let mut ranked: Vec<_> = addresses
        .iter()
        .filter(|address| is_plain(&address.address))
        .filter_map(|address| Some((rule.iter().position(|kind| *kind == address.kind)?, address)))
        .collect();
    ranked.sort_by_key(|(rank, address)| (address.blocked.is_some(), *rank, address.position));
    ranked.first().map(|(_, address)| *address)
}

/// Whether a text is one mail address and nothing else. Whether it exists only a mail to it can tell.
#[must_use]
pub fn is_plain(address: &str) -> bool {
    let strange = |letter: char| letter.is_whitespace() || letter.is_control() || "<>,;:\"()[]\\".contains(letter);
    let fits = address.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !domain.starts_with('.') && !domain.ends_with('.')
    });
    fits && !address.contains(strange)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(kind: AddressKind, position: i64, address: &str) -> Address {
        Address::new(kind, position, address)
    }

    fn blocked(kind: AddressKind, position: i64, text: &str) -> Address {
        Address { blocked: Some("bounced".to_owned()), ..address(kind, position, text) }
    }

    #[test]
    fn the_first_usable_address_of_the_rule_is_taken() {
        use AddressKind::{Business, ByHand, ContactPerson, Office, Other, Private};
        let (b1, b2) = (address(Business, 0, "b1@x.example"), address(Business, 1, "b2@x.example"));
        let (person, office) = (address(ContactPerson, 0, "anna@x.example"), address(Office, 0, "office@x.example"));
        let hand = address(ByHand, 0, "dunning@x.example");
        let private_only: &[AddressKind] = &[Private];
        type Row<'a> = (&'a str, &'a [AddressKind], Vec<Address>, Option<&'a str>);
        let cases: Vec<Row<'_>> = vec![
            ("the first business address", &AddressKind::ALL, vec![b2.clone(), person.clone(), b1.clone()], Some("b1@x.example")),
            ("a person's word stands above all", &AddressKind::ALL, vec![b1.clone(), hand.clone()], Some("dunning@x.example")),
            ("another order", &[ContactPerson, Business], vec![b1.clone(), person.clone(), hand], Some("anna@x.example")),
            ("a blocked one is skipped", &AddressKind::ALL, vec![blocked(Business, 0, "b1@x.example"), b2], Some("b2@x.example")),
            ("then the next kind", &AddressKind::ALL, vec![blocked(Business, 0, "b@x.example"), office], Some("office@x.example")),
            ("none but a blocked one", &AddressKind::ALL, vec![blocked(Other, 0, "o@x.example")], Some("o@x.example")),
            ("what the rule does not name is never used", private_only, vec![b1, person], None),
            ("what is no address is not usable", &AddressKind::ALL, vec![address(Business, 0, "Anna <a@x>")], None),
            ("nothing", &AddressKind::ALL, vec![], None),
        ];
        for (name, rule, addresses, expected) in cases {
            assert_eq!(choose(rule, &addresses).map(|chosen| chosen.address.as_str()), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn the_order_in_which_a_source_gives_them_does_not_matter(
            given in proptest::collection::btree_map((0..6_usize, 0..3_i64), prop::bool::ANY, 0..8),
            turn in 0..8_usize,
        ) {
            let addresses: Vec<_> = given
                .iter()
                .map(|((kind, position), is_blocked)| {
                    let text = format!("{kind}-{position}@x.example");
                    let kind = AddressKind::ALL[*kind];
                    if *is_blocked { blocked(kind, *position, &text) } else { address(kind, *position, &text) }
                })
                .collect();
            let mut turned = addresses.clone();
            if !turned.is_empty() {
                turned.rotate_left(turn % addresses.len());
            }
            let (one, other) = (choose(&AddressKind::ALL, &addresses), choose(&AddressKind::ALL, &turned));
            prop_assert_eq!(one, other);
            let usable = addresses.iter().any(|address| address.blocked.is_none());
            prop_assert_eq!(one.is_some_and(|chosen| chosen.blocked.is_none()), usable, "a blocked one only where no other is left");
        }
    }

    #[test]
    fn words_are_read_back() {
        for kind in AddressKind::ALL {
            assert_eq!(AddressKind::parse(kind.word()), Ok(kind));
        }
        assert!(AddressKind::parse("fax").is_err());
    }
}
