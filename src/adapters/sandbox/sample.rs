//! Names, trades and places that customers are made up of.

pub const FIRST: &[&str] = &["Anna", "Jonas", "Mia", "Paul", "Emma", "Ben", "Lena", "Felix", "Ida", "Emil"];
pub const LAST: &[&str] = &["Beispiel", "Müller", "Schmidt", "Özdemir", "Weiß", "Fischer", "Krämer", "Wagner", "Becker", "Groß"];
pub const TRADE: &[&str] = &["Dachdeckerei", "Bäckerei", "Elektro", "Gartenbau", "Malerbetrieb", "Metallbau", "Praxis", "Spedition"];
pub const TOWN: &[(&str, &str)] =
    &[("10115", "Berlin"), ("20095", "Hamburg"), ("50667", "Köln"), ("80331", "München"), ("01067", "Dresden"), ("70173", "Stuttgart")];
pub const STREET: &[&str] = &["Am Markt", "Hauptstraße", "Gartenweg", "Lindenallee", "Bahnhofstraße"];
