//! Everything that can be set on the pages: where it stands in a tenant's settings, what it looks like, and in which part.

use super::words::{ADDRESS_KINDS, CURRENCIES, LANGUAGES, LOGO_POSITIONS, TLS};
use crate::web::language::Language;

/// A page of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Creditor,
    Letters,
    Senders,
    Calendar,
    Source,
    Places,
}

impl Section {
    pub(super) const ALL: [Self; 6] = [Self::Creditor, Self::Letters, Self::Senders, Self::Calendar, Self::Source, Self::Places];

    /// Its route.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Creditor => "/t/{tenant}/settings/creditor",
            Self::Letters => "/t/{tenant}/settings/letters",
            Self::Senders => "/t/{tenant}/settings/senders",
            Self::Calendar => "/t/{tenant}/settings/calendar",
            Self::Source => "/t/{tenant}/settings/source",
            Self::Places => "/t/{tenant}/settings/places",
        }
    }

    pub(super) fn draft_path(self) -> &'static str {
        match self {
            Self::Creditor => "/t/{tenant}/settings/creditor/draft",
            Self::Letters => "/t/{tenant}/settings/letters/draft",
            Self::Senders => "/t/{tenant}/settings/senders/draft",
            Self::Calendar => "/t/{tenant}/settings/calendar/draft",
            Self::Source => "/t/{tenant}/settings/source/draft",
            Self::Places => "/t/{tenant}/settings/places/draft",
        }
    }

    /// Its address below the tenant's.
    pub(super) fn address(self) -> &'static str {
        self.path().trim_start_matches("/t/{tenant}")
    }

    pub(super) fn fields(self) -> impl Iterator<Item = &'static Field> {
        FIELDS.iter().filter(move |field| field.section == self)
    }
}

/// A value, its German and its English word.
pub(super) type Word = (&'static str, &'static str, &'static str);

/// What a field holds and looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Line,
    /// A list, an entry in each line.
    Lines,
    /// Columns of lines, an empty line between two of them.
    Columns,
    Number,
    Flag,
    Day,
    Colour,
    Choice(&'static [Word]),
    /// One of the tenant's workflows, by its name.
    Workflow,
    /// A list: boxes for the payment terms that are known, lines for others.
    Terms,
    /// The same words in an order.
    Order(&'static [Word]),
    /// Written and never shown.
    Secret,
    /// Uploaded by itself.
    Picture,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// The dotted path in a tenant's settings.
    pub(super) path: &'static str,
    pub(super) section: Section,
    pub(super) shape: Shape,
    german: (&'static str, &'static str),
    english: (&'static str, &'static str),
}

impl Field {
    const fn new(
        section: Section,
        path: &'static str,
        shape: Shape,
        german: (&'static str, &'static str),
        english: (&'static str, &'static str),
    ) -> Self {
        Self { path, section, shape, german, english }
    }

    pub(super) fn label(&self, language: Language) -> &'static str {
        if language == Language::German { self.german.0 } else { self.english.0 }
    }

    /// What helps to fill it in; may be empty.
    pub(super) fn hint(&self, language: Language) -> &'static str {
        if language == Language::German { self.german.1 } else { self.english.1 }
    }

    /// The table of the settings that it belongs to; `None`: it stands by itself.
    pub(super) fn table(&self) -> Option<&'static str> {
        self.path.split_once('.').map(|(table, _)| table)
    }

    /// A name that can stand in the page's ids.
    pub(super) fn id(&self) -> String {
        self.path.replace(['.', '_'], "-")
    }

    pub(super) fn of(path: &str) -> Option<&'static Self> {
        FIELDS.iter().find(|field| field.path == path)
    }
}

use Section::{Calendar, Creditor, Letters, Places, Senders, Source};
use Shape::{Choice, Colour, Columns, Day, Flag, Line, Lines, Number, Order, Picture, Secret, Terms, Workflow};

/// In the order of the pages.
pub(super) const FIELDS: &[Field] = &[
    Field::new(
        Creditor,
        "creditor.name",
        Line,
        ("Name", "Wie er auf Briefen steht und als Absender genannt wird."),
        ("Name", "As it stands on letters and as the sender."),
    ),
    Field::new(Creditor, "creditor.street", Line, ("Straße und Hausnummer", ""), ("Street", "")),
    Field::new(Creditor, "creditor.postcode", Line, ("Postleitzahl", ""), ("Postcode", "")),
    Field::new(Creditor, "creditor.city", Line, ("Ort", ""), ("City", "")),
    Field::new(
        Creditor,
        "creditor.country",
        Line,
        ("Land", "Zwei große Buchstaben, zum Beispiel DE."),
        ("Country", "Two capital letters, such as DE."),
    ),
    Field::new(
        Creditor,
        "creditor.contact",
        Line,
        ("Ansprechperson", "Wer unterschreibt und Fragen beantwortet."),
        ("Contact", "Who signs and answers questions."),
    ),
    Field::new(Creditor, "creditor.email", Line, ("E-Mail-Adresse", ""), ("E-mail address", "")),
    Field::new(Creditor, "creditor.phone", Line, ("Telefon", ""), ("Phone", "")),
    Field::new(Creditor, "creditor.website", Line, ("Website", ""), ("Website", "")),
    Field::new(Creditor, "creditor.tax_id", Line, ("Steuernummer oder USt-IdNr.", ""), ("Tax id", "")),
    Field::new(Creditor, "creditor.bank", Line, ("Bank", ""), ("Bank", "")),
    Field::new(
        Creditor,
        "creditor.iban",
        Line,
        ("IBAN", "Auch für den Zahlcode auf Briefen."),
        ("IBAN", "Also for the payment code on letters."),
    ),
    Field::new(Creditor, "creditor.bic", Line, ("BIC", ""), ("BIC", "")),
    Field::new(Creditor, "creditor.second_account.bank", Line, ("Zweites Konto: Bank", ""), ("Second account: bank", "")),
    Field::new(
        Creditor,
        "creditor.second_account.iban",
        Line,
        ("Zweites Konto: IBAN", "Steht unter dem ersten."),
        ("Second account: IBAN", "Stands below the first."),
    ),
    Field::new(Creditor, "creditor.second_account.bic", Line, ("Zweites Konto: BIC", ""), ("Second account: BIC", "")),
    Field::new(
        Creditor,
        "creditor.footer",
        Lines,
        ("Weitere Zeilen der Fußzeile", "Zum Beispiel Registergericht und Geschäftsführung; eine je Zeile."),
        ("Further lines of the footer", "Such as the register and the managing directors; one a line."),
    ),
    Field::new(
        Letters,
        "letterhead",
        Picture,
        ("Briefpapier", "SVG, PNG oder JPEG einer ganzen Seite; liegt hinter Seite 1."),
        ("Letterhead", "An SVG, PNG or JPEG of a whole page, printed behind page 1."),
    ),
    Field::new(
        Letters,
        "layout.logo",
        Picture,
        ("Logo", "SVG, PNG oder JPEG; steht über der Anschrift."),
        ("Logo", "An SVG, PNG or JPEG above the address."),
    ),
    Field::new(
        Letters,
        "layout.logo_position",
        Choice(LOGO_POSITIONS),
        ("Platz des Logos", "Neben einem Logo an der Seite steht Ihr Name."),
        ("Place of the logo", "Beside a logo at a side stands your name."),
    ),
    Field::new(
        Letters,
        "layout.logo_height_mm",
        Number,
        ("Höhe des Logos in mm", "5 bis 30; ein breites Logo wird niedriger."),
        ("Height of the logo in mm", "5 to 30; a wide logo becomes less high."),
    ),
    Field::new(
        Letters,
        "layout.accent",
        Colour,
        ("Farbe der Linien", "Auch von Name, Betreff und Summe, wenn sie lesbar ist."),
        ("Colour of lines", "And of name, subject and total where it can be read."),
    ),
    Field::new(Letters, "layout.text", Colour, ("Farbe der Schrift", ""), ("Colour of words", "")),
    Field::new(
        Letters,
        "layout.footer",
        Columns,
        (
            "Eigene Fußzeile",
            "Bis zu 4 Spalten mit bis zu 7 Zeilen; eine Leerzeile beginnt die nächste Spalte. Leer: aus den Angaben zum Gläubiger.",
        ),
        (
            "Footer of your own",
            "Up to 4 columns of up to 7 lines; an empty line begins the next column. Empty: made of what is known of the creditor.",
        ),
    ),
    Field::new(
        Senders,
        "smtp.host",
        Line,
        ("Mailserver", "Nur der Name, zum Beispiel mail.example.com. Leer: Mails werden Dateien auf dem Server."),
        ("Mail server", "The name alone, such as mail.example.com. Empty: mails become files on the server."),
    ),
    Field::new(Senders, "smtp.port", Number, ("Port", "Meist 465 oder 587."), ("Port", "Usually 465 or 587.")),
    Field::new(Senders, "smtp.tls", Choice(TLS), ("Verschlüsselung", ""), ("Encryption", "")),
    Field::new(Senders, "smtp.user", Line, ("Benutzer", "Leer: ohne Anmeldung."), ("User", "Empty: no login.")),
    Field::new(Senders, "smtp.password_secret", Secret, ("Passwort", ""), ("Password", "")),
    Field::new(
        Senders,
        "smtp.helo",
        Line,
        ("Name gegenüber dem Server (HELO)", "Leer: der Name dieses Rechners."),
        ("Name told to the server (HELO)", "Empty: the name of this machine."),
    ),
    Field::new(
        Senders,
        "mail.from",
        Line,
        ("Absenderadresse", "Das Konto oben muss von ihr senden dürfen."),
        ("Sender address", "The account above must be allowed to send from it."),
    ),
    Field::new(
        Senders,
        "mail.from_name",
        Line,
        ("Absendername", "Leer: der Name des Gläubigers."),
        ("Sender name", "Empty: the creditor's name."),
    ),
    Field::new(
        Senders,
        "mail.reply_to",
        Line,
        ("Antwortadresse", "Leer: die Absenderadresse."),
        ("Reply-to", "Empty: the sender address."),
    ),
    Field::new(
        Senders,
        "mail.cc",
        Lines,
        ("Kopie an (CC)", "Der Kunde sieht sie. Eine Adresse je Zeile."),
        ("Copies (CC)", "The customer sees them. One address a line."),
    ),
    Field::new(
        Senders,
        "mail.bcc",
        Lines,
        ("Blindkopie an (BCC)", "Der Kunde sieht sie nicht. Eine Adresse je Zeile."),
        ("Blind copies (BCC)", "The customer does not see them. One address a line."),
    ),
    Field::new(
        Senders,
        "mail.every_seconds",
        Number,
        ("Sekunden zwischen zwei Mails", "0: so schnell es geht. Für die meisten Anbieter 60."),
        ("Seconds between two mails", "0: as fast as it goes. 60 for most providers."),
    ),
    Field::new(
        Senders,
        "mail.attachments_mb",
        Number,
        ("Anhänge einer Mail in MB", "Was darüber liegt, bleibt weg; die Mail sagt es. Viele Server nehmen 20 MB an."),
        ("Attachments of one mail in MB", "What is beyond stays out, and the mail says so. Many servers take 20 MB."),
    ),
    Field::new(
        Senders,
        "mail.address_rule",
        Order(ADDRESS_KINDS),
        ("Welche Adresse eines Kunden", "Die erste brauchbare der ersten Art, die es gibt. Ohne jede wird ein Schreiben Papier."),
        ("Which address of a customer", "The first usable one of the first kind that there is. Without any a notice becomes paper."),
    ),
    Field::new(
        Senders,
        "last_stage_notice",
        Line,
        (
            "Mail an Sie, wenn die letzte Stufe versendet ist",
            "Diese Adresse bekommt höchstens einmal am Tag eine Liste der Rechnungen, deren letzte Mahnstufe an den Tagen davor hinausging. Leer: niemand.",
        ),
        (
            "Mail to you when the last stage was sent",
            "This address gets, once a day at most, a list of the invoices whose last stage left on the days before. Empty: nobody.",
        ),
    ),
    Field::new(
        Calendar,
        "zone",
        Line,
        ("Zeitzone", "Zum Beispiel Europe/Berlin. Das Mahnverfahren kann eine eigene haben."),
        ("Time zone", "Such as Europe/Berlin. The workflow may have its own."),
    ),
    Field::new(
        Calendar,
        "holidays",
        Line,
        ("Feiertage", "Ein Land (DE, AT, CH) oder ein Teil davon (DE-BY, CH-ZH); „none“: keine. An ihnen geht nichts hinaus."),
        ("Holidays", "A country (DE, AT, CH) or a part of it (DE-BY, CH-ZH); “none”: none. Nothing leaves on them."),
    ),
    Field::new(
        Calendar,
        "holidays_added",
        Lines,
        ("Weitere freie Tage", "JJJJ-MM-TT, einer je Zeile."),
        ("Further days off", "YYYY-MM-DD, one a line."),
    ),
    Field::new(
        Calendar,
        "holidays_removed",
        Lines,
        ("Feiertage, an denen Sie doch arbeiten", "JJJJ-MM-TT, einer je Zeile."),
        ("Holidays on which you work all the same", "YYYY-MM-DD, one a line."),
    ),
    Field::new(
        Calendar,
        "language",
        Choice(LANGUAGES),
        ("Sprache", "Für Kunden, deren Sprache nicht bekannt ist. Texte in weiteren Sprachen stehen unter „Texte“."),
        ("Language", "For customers of whom no language is known. Texts in further languages are under “Texts”."),
    ),
    Field::new(
        Calendar,
        "currency",
        Choice(CURRENCIES),
        ("Währung", "Für Rechnungen, die keine nennen."),
        ("Currency", "For invoices that name none."),
    ),
    Field::new(
        Source,
        "lexoffice.api_key_secret",
        Secret,
        ("API-Schlüssel", "Aus lexoffice (Lexware Office) unter „Erweiterungen“, „Public API“."),
        ("API key", "From lexoffice (Lexware Office), “Extensions”, “Public API”."),
    ),
    Field::new(
        Source,
        "lexoffice.sync",
        Flag,
        ("Synchronisation", "Aus: es wird nichts mehr abgefragt; auf zu alten Daten wird nicht gemahnt."),
        ("Synchronisation", "Off: nothing is asked any more; nothing is dunned on data that is too old."),
    ),
    Field::new(
        Source,
        "lexoffice.sync_from",
        Day,
        ("Synchronisationsdatum", "Rechnungen mit früherem Datum bleiben außen vor. Leer: alle."),
        ("Sync date", "Invoices that are dated earlier are left out. Empty: all."),
    ),
    Field::new(
        Source,
        "lexoffice.excluded_terms",
        Terms,
        ("Zahlungsbedingungen ohne Mahnung", "Rechnungen mit einer dieser Bedingungen werden nie gemahnt."),
        ("Payment terms that are not dunned", "Invoices with one of these terms are never dunned."),
    ),
    Field::new(
        Source,
        "lexoffice.revenue_vouchers",
        Flag,
        ("Auch Einnahmenbelege", "Rechnungen, die in lexoffice gebucht und nicht geschrieben wurden."),
        ("Revenue vouchers, too", "Invoices that were booked, not written, in lexoffice."),
    ),
    Field::new(
        Source,
        "lexoffice.dunnings",
        Flag,
        ("Mahnungen in lexoffice anlegen", "Sie stehen dort an der Rechnung, und ihr Dokument wird versendet."),
        ("Make dunnings in lexoffice", "They stand at the invoice there, and its document is sent."),
    ),
    Field::new(
        Source,
        "lexoffice.check_letterhead",
        Flag,
        ("Nur mit Briefpapier", "Eine Mahnung geht nicht hinaus, solange ihr Dokument nicht sagt, von wem sie ist."),
        ("With a letterhead only", "A dunning does not leave while its document does not say whom it is from."),
    ),
    Field::new(
        Source,
        "lexoffice.dunning_search_minutes",
        Number,
        ("Minuten, die nach einer Mahnung gesucht wird", "Wenn nach einer Störung niemand weiß, ob sie angelegt wurde."),
        ("Minutes a dunning is looked for", "When after a failure nobody knows whether it was made."),
    ),
    Field::new(
        Source,
        "lexoffice.webhooks",
        Flag,
        ("lexoffice meldet Änderungen selbst", "Nur wenn diese Installation von außen erreichbar ist."),
        ("lexoffice tells of changes by itself", "Only where this installation can be reached from outside."),
    ),
    Field::new(
        Source,
        "lexoffice.max_data_age_hours",
        Number,
        ("Wie alt Zahlungsdaten sein dürfen, in Stunden", "Auf älteren wird nicht gemahnt."),
        ("How old payment data may be, in hours", "Nothing is dunned on older ones."),
    ),
    Field::new(
        Source,
        "lexoffice.workflow",
        Workflow,
        ("Mahnverfahren der Rechnungen", "Für neue Rechnungen; laufende Mahnfälle behalten ihres."),
        ("Workflow of its invoices", "For new invoices; running instances keep theirs."),
    ),
    Field::new(
        Places,
        "max_active",
        Number,
        ("Rechnungen, die gleichzeitig gemahnt werden", "0: beliebig viele. Weitere warten nach Fälligkeit auf einen Platz."),
        ("Invoices dunned at once", "0: any number. Further ones wait for a place by due date."),
    ),
];
