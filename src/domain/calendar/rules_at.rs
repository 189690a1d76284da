//! Public holidays of Austria: the same in all nine Länder.
//!
//! Source: BGBl. Nr. 153/1957 (Feiertagsruhegesetz) with 264/1967 for 26 October, and 144/1983
//! (Arbeitsruhegesetz). Good Friday, 24 and 31 December and the Länder's patron days are no general holidays.
//! Compared with the data of vacanza `holidays` 0.109 for 1991 to 2099.

use super::rule::{Day, Rule, nationwide};

pub(super) const RULES: &[Rule] = &[
    nationwide("Neujahr", "New Year's Day", Day::Fixed(1, 1)),
    nationwide("Heilige Drei Könige", "Epiphany", Day::Fixed(1, 6)),
    nationwide("Ostermontag", "Easter Monday", Day::Easter(1)),
    nationwide("Staatsfeiertag", "Labour Day", Day::Fixed(5, 1)),
    nationwide("Christi Himmelfahrt", "Ascension Day", Day::Easter(39)),
    nationwide("Pfingstmontag", "Whit Monday", Day::Easter(50)),
    nationwide("Fronleichnam", "Corpus Christi", Day::Easter(60)),
    nationwide("Mariä Himmelfahrt", "Assumption Day", Day::Fixed(8, 15)),
    nationwide("Nationalfeiertag", "National Day", Day::Fixed(10, 26)),
    nationwide("Allerheiligen", "All Saints' Day", Day::Fixed(11, 1)),
    nationwide("Mariä Empfängnis", "Immaculate Conception", Day::Fixed(12, 8)),
    nationwide("Christtag", "Christmas Day", Day::Fixed(12, 25)),
    nationwide("Stefanitag", "St Stephen's Day", Day::Fixed(12, 26)),
];
