//! Public holidays of Switzerland and its twenty-six cantons.
//!
//! Source: the Federal Office of Justice's list of cantonal holidays (`kant-feiertage.pdf`), as the data of
//! vacanza `holidays` 0.109 have it in the category "public"; compared with them for 1991 to 2099. Days that
//! are kept in single districts (AG, FR, NE, SO, …) or by custom are left out: a tenant adds those of its place.

use super::rule::{Day, Rule, nationwide, regional};
use chrono::Weekday::{self, Fri, Mon, Sun, Thu, Wed};

/// Code and name of each canton.
pub(super) const CANTONS: &[(&str, &str)] = &[
    ("CH-AG", "Aargau"),
    ("CH-AI", "Appenzell Innerrhoden"),
    ("CH-AR", "Appenzell Ausserrhoden"),
    ("CH-BE", "Bern"),
    ("CH-BL", "Basel-Landschaft"),
    ("CH-BS", "Basel-Stadt"),
    ("CH-FR", "Freiburg"),
    ("CH-GE", "Genf"),
    ("CH-GL", "Glarus"),
    ("CH-GR", "Graubünden"),
    ("CH-JU", "Jura"),
    ("CH-LU", "Luzern"),
    ("CH-NE", "Neuenburg"),
    ("CH-NW", "Nidwalden"),
    ("CH-OW", "Obwalden"),
    ("CH-SG", "St. Gallen"),
    ("CH-SH", "Schaffhausen"),
    ("CH-SO", "Solothurn"),
    ("CH-SZ", "Schwyz"),
    ("CH-TG", "Thurgau"),
    ("CH-TI", "Tessin"),
    ("CH-UR", "Uri"),
    ("CH-VD", "Waadt"),
    ("CH-VS", "Wallis"),
    ("CH-ZG", "Zug"),
    ("CH-ZH", "Zürich"),
];

/// All but Graubünden, Ticino and Valais.
const GOOD_FRIDAY: &[&str] = &[
    "AG", "AI", "AR", "BE", "BL", "BS", "FR", "GE", "GL", "JU", "LU", "NE", "NW", "OW", "SG", "SH", "SO", "SZ", "TG", "UR", "VD", "ZG",
    "ZH",
];

/// Those that keep the Mondays after Easter and Whitsun.
const MONDAYS: &[&str] =
    &["AG", "AI", "AR", "BE", "BL", "BS", "GE", "GL", "GR", "JU", "LU", "SG", "SH", "SZ", "TG", "TI", "UR", "VD", "ZH"];

/// In AI, AR and UR St Stephen's is dropped on a Tuesday or Saturday, where three days of rest in a row would come of it.
const NOT_TUESDAY_NOR_SATURDAY: &[Weekday] = &[Mon, Wed, Thu, Fri, Sun];

pub(super) const RULES: &[Rule] = &[
    nationwide("Neujahrstag", "New Year's Day", Day::Fixed(1, 1)),
    regional("Berchtoldstag", "St Berchtold's Day", Day::Fixed(1, 2), &["AG", "BE", "JU", "LU", "TG", "VD"]),
    // Neuchâtel keeps the second day only where the first was a Sunday; so it does at Christmas.
    regional("Berchtoldstag", "St Berchtold's Day", Day::Fixed(1, 2), &["NE"]).only_on(&[Mon]),
    regional("Heilige Drei Könige", "Epiphany", Day::Fixed(1, 6), &["SZ", "TI", "UR"]),
    regional("Ausrufung der Republik", "Republic Day", Day::Fixed(3, 1), &["NE"]),
    regional("Josefstag", "St Joseph's Day", Day::Fixed(3, 19), &["NW", "SZ", "TI", "UR", "VS"]),
    regional("Näfelser Fahrt", "Procession of Näfels", Day::NthNotInHolyWeek { nth: 1, weekday: Thu, month: 4 }, &["GL"]),
    regional("Karfreitag", "Good Friday", Day::Easter(-2), GOOD_FRIDAY),
    regional("Ostermontag", "Easter Monday", Day::Easter(1), MONDAYS),
    // Solothurn's is half a day and left out.
    regional("Tag der Arbeit", "Labour Day", Day::Fixed(5, 1), &["AG", "BL", "BS", "JU", "NE", "SH", "TG", "TI", "ZH"]),
    nationwide("Auffahrt", "Ascension Day", Day::Easter(39)),
    regional("Pfingstmontag", "Whit Monday", Day::Easter(50), MONDAYS),
    regional("Fronleichnam", "Corpus Christi", Day::Easter(60), &["AG", "AI", "JU", "LU", "NE", "NW", "OW", "SZ", "TI", "UR", "VS", "ZG"]),
    regional("Fest der Unabhängigkeit", "Independence Day", Day::Fixed(6, 23), &["JU"]),
    regional("Peter und Paul", "St Peter and St Paul", Day::Fixed(6, 29), &["TI"]),
    // By the Federal Constitution, art. 110 (3).
    nationwide("Bundesfeier", "National Day", Day::Fixed(8, 1)),
    regional("Mariä Himmelfahrt", "Assumption Day", Day::Fixed(8, 15), &["AG", "AI", "JU", "LU", "NW", "OW", "SZ", "TI", "UR", "VS", "ZG"]),
    regional("Genfer Bettag", "Genevan Fast", Day::Nth { nth: 1, weekday: Sun, month: 9, plus: 4 }, &["GE"]),
    // The Monday after the federal day of prayer, which is the third Sunday.
    regional("Bettagsmontag", "Prayer Monday", Day::Nth { nth: 3, weekday: Sun, month: 9, plus: 1 }, &["VD"]),
    regional("Bruder Klaus", "St Nicholas of Flüe", Day::Fixed(9, 25), &["OW"]),
    regional(
        "Allerheiligen",
        "All Saints' Day",
        Day::Fixed(11, 1),
        &["AG", "AI", "GL", "JU", "LU", "NW", "OW", "SG", "SZ", "TI", "UR", "VS", "ZG"],
    ),
    regional("Mariä Empfängnis", "Immaculate Conception", Day::Fixed(12, 8), &["AG", "AI", "LU", "NW", "OW", "SZ", "TI", "UR", "VS", "ZG"]),
    nationwide("Weihnachten", "Christmas Day", Day::Fixed(12, 25)),
    regional(
        "Stephanstag",
        "St Stephen's Day",
        Day::Fixed(12, 26),
        &["AG", "BE", "BL", "BS", "GL", "GR", "LU", "SG", "SH", "SZ", "TG", "TI", "ZH"],
    ),
    regional("Stephanstag", "St Stephen's Day", Day::Fixed(12, 26), &["AI", "AR", "UR"]).only_on(NOT_TUESDAY_NOR_SATURDAY),
    regional("Stephanstag", "St Stephen's Day", Day::Fixed(12, 26), &["NE"]).only_on(&[Mon]),
    regional("Wiederherstellung der Republik", "Restoration Day", Day::Fixed(12, 31), &["GE"]),
];
