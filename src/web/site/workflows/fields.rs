//! What the fields of a workflow are called, and what their values mean, wherever they are shown: in the editor, in a difference.

use crate::web::language::Language;

/// A field by the last part of its path in the file.
pub(super) fn label(language: Language, field: &str) -> &'static str {
    let (german, english) = match field {
        "title.de" => ("Titel, deutsch", "Title, German"),
        "title.en" => ("Titel, englisch", "Title, English"),
        "timezone" => ("Zeitzone", "Time zone"),
        "holidays" => ("Feiertage", "Holidays"),
        "business_hours.days" => ("Tage", "Days"),
        "business_hours.start" => ("Von", "From"),
        "business_hours.end" => ("Bis vor", "Until before"),
        "rules.consolidate" => ("Alle Rechnungen eines Kunden in einem Schreiben", "All invoices of a customer in one notice"),
        "rules.legal_due_shift" => (
            "Fälligkeit am Wochenende oder Feiertag rückt auf den nächsten Werktag (§ 193 BGB)",
            "A due date on a weekend or holiday moves to the next working day (§ 193 BGB)",
        ),
        "rules.min_gap_days" => ("Tage zwischen zwei Schreiben, mindestens", "Days between two notices, at least"),
        "rules.max_data_age_hours" => ("So alt dürfen Zahlungsdaten sein (Stunden)", "Payment data may be so old (hours)"),
        "rules.minimum_amount" => ("Mindestbetrag", "Minimum amount"),
        "name" => ("Name", "Name"),
        "key" => ("Schlüssel", "Key"),
        "kind" => ("Art", "Kind"),
        "enabled" => ("Eingeschaltet", "Switched on"),
        "anchor" => ("Gezählt ab", "Counted from"),
        "after_days" => ("Tage danach", "Days after"),
        "time_of_day" => ("Uhrzeit", "Time of day"),
        "channel" => ("Versandart", "Channel"),
        "automation" => ("Wie weit von selbst", "How far by itself"),
        "attach_invoice" => ("Originalrechnung anhängen", "Attach the original invoice"),
        "attach_letter" => ("Als Brief anhängen", "Attach as a letter"),
        "fee" => ("Mahnkosten", "Fee"),
        "template" => ("Textsatz", "Text set"),
        "payment_days" => ("Neue Frist (Tage)", "New deadline (days)"),
        other => match other.strip_prefix("rules.minimum_amount.") {
            Some(_) => ("Mindestbetrag", "Minimum amount"),
            None => ("", ""),
        },
    };
    if language == Language::German { german } else { english }
}

/// Values that are chosen from a list, in its order.
pub(super) fn choices(field: &str) -> &'static [&'static str] {
    match field {
        "kind" => &["reminder", "dunning"],
        "anchor" => &["due_date", "previous_stage"],
        "channel" => &["email", "post", "email_and_post", "email_then_post"],
        "automation" => &["dispatch", "finalize", "propose"],
        "days" => &["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        _ => &[],
    }
}

/// What a value means; itself where it speaks for itself.
pub(super) fn value(language: Language, value: &str) -> String {
    let (german, english) = match value {
        "true" => ("ja", "yes"),
        "false" => ("nein", "no"),
        "reminder" => ("Zahlungserinnerung", "Reminder"),
        "dunning" => ("Mahnung", "Dunning"),
        "due_date" => ("Fälligkeit", "due date"),
        "previous_stage" => ("voriges Schreiben", "previous notice"),
        "email" => ("E-Mail", "e-mail"),
        "post" => ("Brief", "letter"),
        "email_and_post" => ("Brief und E-Mail", "letter and e-mail"),
        "email_then_post" => ("E-Mail, sonst Brief", "e-mail, else letter"),
        "dispatch" => ("geht von selbst hinaus", "leaves by itself"),
        "finalize" => ("wird fertig gemacht und wartet auf Freigabe", "is made and waits for release"),
        "propose" => ("wird vorgeschlagen", "is proposed"),
        "none" => ("keine", "none"),
        "mon" => ("Mo", "Mon"),
        "tue" => ("Di", "Tue"),
        "wed" => ("Mi", "Wed"),
        "thu" => ("Do", "Thu"),
        "fri" => ("Fr", "Fri"),
        "sat" => ("Sa", "Sat"),
        "sun" => ("So", "Sun"),
        list if list.contains(", ") => return list.split(", ").map(|one| self::value(language, one)).collect::<Vec<_>>().join(", "),
        other => return other.to_owned(),
    };
    (if language == Language::German { german } else { english }).to_owned()
}
