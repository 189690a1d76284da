//! Public holidays of Germany and its sixteen states.
//!
//! Sources: the states' holiday acts (BayFTG, FTG BB 2015, FeiertG BE, BW, HE, HH, MV, NW, RP, SH, SL, ST
//! and TH, SächsSFG, the acts of HB and NI), the Unification Treaty, art. 2, for 3 October. Compared with
//! the data of vacanza `holidays` 0.109 for 1991 to 2099. Days of single municipalities are left out, with one
//! exception: 15 August counts in all of Bavaria, where most municipalities keep it.

use super::rule::{Day, Rule, nationwide, regional};
use chrono::Weekday;

/// Code and name of each state.
pub(super) const STATES: &[(&str, &str)] = &[
    ("DE-BB", "Brandenburg"),
    ("DE-BE", "Berlin"),
    ("DE-BW", "Baden-Württemberg"),
    ("DE-BY", "Bayern"),
    ("DE-HB", "Bremen"),
    ("DE-HE", "Hessen"),
    ("DE-HH", "Hamburg"),
    ("DE-MV", "Mecklenburg-Vorpommern"),
    ("DE-NI", "Niedersachsen"),
    ("DE-NW", "Nordrhein-Westfalen"),
    ("DE-RP", "Rheinland-Pfalz"),
    ("DE-SH", "Schleswig-Holstein"),
    ("DE-SL", "Saarland"),
    ("DE-SN", "Sachsen"),
    ("DE-ST", "Sachsen-Anhalt"),
    ("DE-TH", "Thüringen"),
];

const REPENTANCE: Day = Day::LastBefore { weekday: Weekday::Wed, month: 11, day: 23 };

pub(super) const RULES: &[Rule] = &[
    nationwide("Neujahr", "New Year's Day", Day::Fixed(1, 1)),
    regional("Heilige Drei Könige", "Epiphany", Day::Fixed(1, 6), &["BW", "BY", "ST"]),
    regional("Frauentag", "Women's Day", Day::Fixed(3, 8), &["BE"]).since(2019),
    regional("Frauentag", "Women's Day", Day::Fixed(3, 8), &["MV"]).since(2023),
    nationwide("Karfreitag", "Good Friday", Day::Easter(-2)),
    // Brandenburg alone names the two Sundays in its act.
    regional("Ostersonntag", "Easter Sunday", Day::Easter(0), &["BB"]),
    nationwide("Ostermontag", "Easter Monday", Day::Easter(1)),
    nationwide("Tag der Arbeit", "Labour Day", Day::Fixed(5, 1)),
    regional("75. Jahrestag der Befreiung", "75th anniversary of the liberation", Day::Fixed(5, 8), &["BE"]).once(2020),
    regional("80. Jahrestag der Befreiung", "80th anniversary of the liberation", Day::Fixed(5, 8), &["BE"]).once(2025),
    nationwide("Christi Himmelfahrt", "Ascension Day", Day::Easter(39)),
    regional("Pfingstsonntag", "Whit Sunday", Day::Easter(49), &["BB"]),
    nationwide("Pfingstmontag", "Whit Monday", Day::Easter(50)),
    // Saxony and Thuringia keep it in some municipalities only.
    regional("Fronleichnam", "Corpus Christi", Day::Easter(60), &["BW", "BY", "HE", "NW", "RP", "SL"]),
    regional("75. Jahrestag des 17. Juni 1953", "75th anniversary of 17 June 1953", Day::Fixed(6, 17), &["BE"]).once(2028),
    // Augsburg's 8 August is missing on purpose: it holds in that city alone.
    regional("Mariä Himmelfahrt", "Assumption Day", Day::Fixed(8, 15), &["BY", "SL"]),
    regional("Weltkindertag", "World Children's Day", Day::Fixed(9, 20), &["TH"]).since(2019),
    nationwide("Tag der Deutschen Einheit", "German Unity Day", Day::Fixed(10, 3)),
    regional("Reformationstag", "Reformation Day", Day::Fixed(10, 31), &["BB", "MV", "SN", "ST", "TH"]),
    regional("Reformationstag", "Reformation Day", Day::Fixed(10, 31), &["HB", "HH", "NI", "SH"]).since(2018),
    // Five hundred years of the Reformation.
    nationwide("Reformationstag", "Reformation Day", Day::Fixed(10, 31)).once(2017),
    regional("Allerheiligen", "All Saints' Day", Day::Fixed(11, 1), &["BW", "BY", "NW", "RP", "SL"]),
    nationwide("Buß- und Bettag", "Day of Repentance and Prayer", REPENTANCE).until(1994),
    regional("Buß- und Bettag", "Day of Repentance and Prayer", REPENTANCE, &["SN"]).since(1995),
    nationwide("1. Weihnachtstag", "Christmas Day", Day::Fixed(12, 25)),
    nationwide("2. Weihnachtstag", "St Stephen's Day", Day::Fixed(12, 26)),
];
