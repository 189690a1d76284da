//! The lines of an address as they stand in the window: no blank line, a foreign country in capitals last (DIN 5008).

use super::glyphs::settable;
use crate::domain::format::presentable;
use crate::domain::notice::{Creditor, Recipient};

/// The recipient's lines, top to bottom. Empty parts are left out.
pub(super) fn recipient_lines(recipient: &Recipient, creditor: &Creditor) -> Vec<String> {
    let town = format!("{} {}", recipient.postcode.trim(), recipient.city.trim());
    let country = if same_country(&recipient.country, &creditor.country) {
        String::new()
    } else {
        country_name(&recipient.country, german_post(&creditor.country))
    };
    let lines = recipient.name.lines().chain(recipient.street.lines()).chain([town.as_str(), country.as_str()]);
    lines.map(single_line).filter(|line| !line.is_empty()).collect()
}

/// The creditor as the small line above the address: `Name · Street · Postcode City`.
pub(super) fn return_line(creditor: &Creditor) -> String {
    let town = single_line(&format!("{} {}", creditor.postcode, creditor.city));
    let parts = [single_line(&creditor.name), single_line(&creditor.street), town];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// A value as it may stand on paper: what [`presentable`] leaves of it, on one line with single blanks.
pub(super) fn single_line(value: &str) -> String {
    settable(&presentable(value).split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

/// An empty country means the other's: data without countries is domestic.
fn same_country(recipient: &str, creditor: &str) -> bool {
    let (recipient, creditor) = (recipient.trim(), creditor.trim());
    let home = if creditor.is_empty() { "DE" } else { creditor };
    recipient.is_empty() || recipient.eq_ignore_ascii_case(home)
}

/// Whether the letter is posted where the country is written in German.
fn german_post(country: &str) -> bool {
    matches!(country.trim().to_ascii_uppercase().as_str(), "" | "DE" | "AT" | "CH" | "LI")
}

/// The country in capitals, in the posting country's language; what is no known code stands as it was written.
fn country_name(code: &str, german: bool) -> String {
    let code = single_line(code).to_uppercase();
    let known = COUNTRIES.iter().find(|(iso, ..)| *iso == code);
    match known {
        Some((_, name, _)) if german => (*name).to_owned(),
        Some((_, _, name)) => (*name).to_owned(),
        None => code,
    }
}

const COUNTRIES: [(&str, &str, &str); 50] = [
    ("AD", "ANDORRA", "ANDORRA"),
    ("AE", "VEREINIGTE ARABISCHE EMIRATE", "UNITED ARAB EMIRATES"),
    ("AL", "ALBANIEN", "ALBANIA"),
    ("AT", "ÖSTERREICH", "AUSTRIA"),
    ("AU", "AUSTRALIEN", "AUSTRALIA"),
    ("BA", "BOSNIEN UND HERZEGOWINA", "BOSNIA AND HERZEGOVINA"),
    ("BE", "BELGIEN", "BELGIUM"),
    ("BG", "BULGARIEN", "BULGARIA"),
    ("BR", "BRASILIEN", "BRAZIL"),
    ("CA", "KANADA", "CANADA"),
    ("CH", "SCHWEIZ", "SWITZERLAND"),
    ("CN", "CHINA", "CHINA"),
    ("CY", "ZYPERN", "CYPRUS"),
    ("CZ", "TSCHECHIEN", "CZECH REPUBLIC"),
    ("DE", "DEUTSCHLAND", "GERMANY"),
    ("DK", "DÄNEMARK", "DENMARK"),
    ("EE", "ESTLAND", "ESTONIA"),
    ("ES", "SPANIEN", "SPAIN"),
    ("FI", "FINNLAND", "FINLAND"),
    ("FR", "FRANKREICH", "FRANCE"),
    ("GB", "VEREINIGTES KÖNIGREICH", "UNITED KINGDOM"),
    ("GR", "GRIECHENLAND", "GREECE"),
    ("HR", "KROATIEN", "CROATIA"),
    ("HU", "UNGARN", "HUNGARY"),
    ("IE", "IRLAND", "IRELAND"),
    ("IL", "ISRAEL", "ISRAEL"),
    ("IN", "INDIEN", "INDIA"),
    ("IS", "ISLAND", "ICELAND"),
    ("IT", "ITALIEN", "ITALY"),
    ("JP", "JAPAN", "JAPAN"),
    ("LI", "LIECHTENSTEIN", "LIECHTENSTEIN"),
    ("LT", "LITAUEN", "LITHUANIA"),
    ("LU", "LUXEMBURG", "LUXEMBOURG"),
    ("LV", "LETTLAND", "LATVIA"),
    ("MC", "MONACO", "MONACO"),
    ("MD", "MOLDAU", "MOLDOVA"),
    ("ME", "MONTENEGRO", "MONTENEGRO"),
    ("MK", "NORDMAZEDONIEN", "NORTH MACEDONIA"),
    ("MT", "MALTA", "MALTA"),
    ("NL", "NIEDERLANDE", "NETHERLANDS"),
    ("NO", "NORWEGEN", "NORWAY"),
    ("PL", "POLEN", "POLAND"),
    ("PT", "PORTUGAL", "PORTUGAL"),
    ("RO", "RUMÄNIEN", "ROMANIA"),
    ("RS", "SERBIEN", "SERBIA"),
    ("SE", "SCHWEDEN", "SWEDEN"),
    ("SI", "SLOWENIEN", "SLOVENIA"),
    ("SK", "SLOWAKEI", "SLOVAKIA"),
    ("TR", "TÜRKEI", "TURKEY"),
    ("US", "VEREINIGTE STAATEN", "UNITED STATES"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(country: &str, home: &str) -> Vec<String> {
        let recipient = Recipient {
            name: "Muster GmbH\nz. Hd. Frau Ü.".to_owned(),
            street: "Weg 1".to_owned(),
            postcode: "1010".to_owned(),
            city: "Wien".to_owned(),
            country: country.to_owned(),
            ..Recipient::default()
        };
        recipient_lines(&recipient, &Creditor { country: home.to_owned(), ..Creditor::default() })
    }

    #[test]
    fn abroad_the_country_stands_last_in_capitals() {
        assert_eq!(lines("at", "DE"), ["Muster GmbH", "z. Hd. Frau Ü.", "Weg 1", "1010 Wien", "ÖSTERREICH"]);
        assert_eq!(lines("AT", "NL").last().unwrap(), "AUSTRIA");
        assert_eq!(lines("Neuseeland", "").last().unwrap(), "NEUSEELAND");
    }

    #[test]
    fn at_home_no_country_is_written() {
        for (country, home) in [("AT", "AT"), ("", "DE"), ("DE", ""), ("", "")] {
            assert_eq!(lines(country, home).last().unwrap(), "1010 Wien", "{country}/{home}");
        }
    }

    #[test]
    fn parts_that_are_missing_leave_no_blank_line() {
        let recipient = Recipient { name: " Meier\t\u{202e}AG ".to_owned(), ..Recipient::default() };
        assert_eq!(recipient_lines(&recipient, &Creditor::default()), ["Meier AG"]);
        assert_eq!(return_line(&Creditor::default()), "");
    }
}
