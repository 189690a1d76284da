//! The words of the settings.

use super::fields::{Section, Word};
use crate::web::language::{Language, words};

pub(super) const TLS: &[Word] = &[
    ("implicit", "TLS von Anfang an (meist Port 465)", "TLS from the first byte (usually port 465)"),
    ("starttls", "STARTTLS (meist Port 587)", "STARTTLS (usually port 587)"),
    ("none", "keine (nur auf diesem Rechner)", "none (on this machine only)"),
];
pub(super) const LOGO_POSITIONS: &[Word] =
    &[("left", "links", "left"), ("center", "mittig", "in the middle"), ("right", "rechts", "right")];
pub(super) const LANGUAGES: &[Word] = &[("de", "Deutsch", "German"), ("en", "Englisch", "English")];
pub(super) const CURRENCIES: &[Word] = &[
    ("EUR", "Euro", "Euro"),
    ("CHF", "Schweizer Franken", "Swiss franc"),
    ("GBP", "Pfund Sterling", "Pound sterling"),
    ("USD", "US-Dollar", "US dollar"),
];
pub(super) const ADDRESS_KINDS: &[Word] = &[
    ("by_hand", "von Hand eingetragen", "entered by hand"),
    ("business", "geschäftlich", "business"),
    ("contact_person", "Ansprechperson", "contact person"),
    ("office", "Büro", "office"),
    ("private", "privat", "private"),
    ("other", "andere", "other"),
];

words! {
    pub(super) struct SettingsWords {
        title: "Einstellungen", "Settings";
        lead: "Was Sie eingeben, wird von selbst als Entwurf gespeichert. Es gilt erst, wenn Sie es veröffentlichen.", "What you enter is kept as a draft by itself. It holds only when you publish it.";
        of_file: "Es gilt, was in der Konfigurationsdatei (worker.toml) steht; auf diesen Seiten wurde noch nichts veröffentlicht.", "What the configuration file (worker.toml) says holds; nothing was published on these pages yet.";
        published: "Veröffentlicht", "Published";
        by: "von", "by";
        draft: "Entwurf", "Draft";
        draft_of: "Entwurf von", "Draft of";
        not_yet: "noch nicht veröffentlicht", "not published yet";
        view: "Ansehen und veröffentlichen", "Look at it and publish";
        no_draft: "Kein Entwurf: die Felder zeigen, was gilt.", "No draft: the fields show what holds.";
        save: "Entwurf speichern", "Save the draft";
        publish: "Veröffentlichen", "Publish";
        publish_hint: "Es gilt danach sofort, auch für Schreiben, die schon warten.", "It holds at once, also for notices that wait already.";
        problems_first: "Bitte beheben Sie zuerst, was unten rot steht.", "Please correct first what is marked below.";
        not_published: "Nicht veröffentlicht: bitte sehen Sie, was fehlt.", "Not published: please see what is wrong.";
        reason: "Grund (steht danach im Verlauf)", "Reason (the history keeps it)";
        discard: "Entwurf verwerfen", "Discard the draft";
        no_difference: "Der Entwurf sagt dasselbe, was schon gilt.", "The draft says what holds already.";
        field: "Feld", "Field";
        before: "Gilt", "Holds";
        after: "Entwurf", "Draft";
        based_on_older: "Seit der Entwurf begonnen wurde, ist etwas anderes veröffentlicht worden; er nimmt es zurück, wo unten etwas anderes steht.", "Since the draft was begun something else was published; it takes that back where it differs below.";
        versions: "Veröffentlichte Fassungen", "Published versions";
        no_versions: "Es wurde noch nichts veröffentlicht.", "Nothing was published yet.";
        take_over: "Als Entwurf übernehmen", "Take over as draft";
        changed: "Geändert", "Changed";
        taken_back: "zurückgenommen: es gilt die Datei", "taken back: the file holds";
        nothing_changed: "nichts", "nothing";
        parts: "Bereiche", "Parts";
        elsewhere: "Geschäftszeiten, Stufen und Fristen stehen im Mahnverfahren, Betreff und Inhalt in den Texten.", "Business hours, stages and periods are in the workflow, subject and body in the texts.";
        workflow: "Mahnverfahren", "Workflows";
        texts: "Texte", "Texts";
        sending: "Versand", "Sending";
        sending_on: "Der Versand ist eingeschaltet.", "Sending is switched on.";
        sending_off: "Der Versand ist ausgeschaltet: nichts wird erstellt, nichts geht hinaus.", "Sending is switched off: nothing is issued and nothing leaves.";
        switch_on: "Versand einschalten", "Switch sending on";
        switch_off: "Versand ausschalten", "Switch sending off";
        on_hint: "Was in der Zwischenzeit fällig wurde, geht nach und nach hinaus: höchstens eine Stufe je Rechnung.", "What fell due meanwhile leaves bit by bit: one stage of each invoice at most.";
        owner_only: "Das darf nur, wer die Rolle „Inhaber“ hat.", "Only an owner may switch it.";
        asked: "Bevor etwas hinausgeht, muss entschieden werden, was mit Rechnungen geschieht, die schon überfällig sind.", "Before anything leaves it must be decided what becomes of invoices that are overdue already.";
        choose: "Vorschau und Wahl", "Preview and choice";
        fenced: "Gesperrt: die Datenbank ist älter als das, was versendet wurde (mahnwerk fence show).", "Fenced: the ledger is older than what was sent (mahnwerk fence show).";
        back: "Alle Einstellungen", "All settings";
        is_set: "Gesetzt seit", "Set since";
        set_in_file: "In der Konfigurationsdatei gesetzt.", "Set in the configuration file.";
        is_not_set: "Nicht gesetzt.", "Not set.";
        keep: "Leer lassen, um es zu behalten.", "Leave it empty to keep it.";
        remove_secret: "Entfernen", "Remove it";
        no_picture: "Keins.", "None.";
        picture_of_file: "Aus der Konfigurationsdatei:", "From the configuration file:";
        uploaded: "Hochgeladen:", "Uploaded:";
        show: "herunterladen", "download";
        upload: "Hochladen", "Upload";
        choose_file: "Datei wählen", "Choose a file";
        remove: "Entfernen", "Remove";
        yes: "ja", "yes";
        no: "nein", "no";
        none: "—", "—";
        test: "Verbindung testen", "Test the connection";
        test_hint: "Meldet sich mit dem Entwurf beim Mailserver an und sendet nichts. Eine Testmail über denselben Weg gibt es bei den Texten.", "Logs in to the mail server with the draft and sends nothing. A test mail over the same way is with the texts.";
        test_ok: "Der Server hat die Anmeldung angenommen.", "The server took the login.";
        test_failed: "Der Server hat nicht angenommen.", "The server did not take it.";
        test_said: "Seine Antwort:", "Its answer:";
        test_unreadable: "So kann noch nicht getestet werden; bitte beheben Sie erst, was bei den Feldern steht.", "It can't be tested like this yet; please correct first what is said beside the fields.";
        too_fast: "Viele Anbieter sperren Konten, die schneller als eine Mail in der Minute senden. Fragen Sie Ihren Anbieter, oder schreiben Sie 60.", "Many providers block accounts that send faster than one mail a minute. Ask your provider, or write 60.";
        secret_changed: "neu gesetzt", "set anew";
        secret_there: "gesetzt", "set";
        picture: "Bild", "picture";
        state: "Stand", "State";
        source_none: "Es ist noch keine Buchhaltung verbunden.", "No accounting system is connected yet.";
        source_off: "Die Synchronisation ist ausgeschaltet.", "The synchronisation is off.";
        source_never: "Noch nie abgefragt.", "Never asked yet.";
        source_well: "Verbunden", "Connected";
        source_syncing: "Wird abgeglichen", "Synchronising";
        source_trouble: "Störung", "Trouble";
        since: "seit", "since";
        account: "Konto", "Account";
        last_answer: "Letzte Antwort", "Last answer";
        all_as_of: "Alles abgeglichen", "All as of";
        changes_as_of: "Änderungen abgeglichen", "Changes as of";
        open: "Offene Rechnungen", "Open invoices";
        left_out: "Nicht gemahnt", "Not dunned";
        terms: "Kennung oder Wörter daraus, zum Beispiel Lastschrift; eine je Zeile", "Their ids, or words in them, such as Lastschrift; one a line";
        other_terms: "Andere: Kennung oder Wörter daraus, zum Beispiel Lastschrift; eine je Zeile", "Others: their ids, or words in them, such as Lastschrift; one a line";
        notice_last: "Letzte Mail an Sie über letzte Stufen", "Last mail to you about last stages";
        notice_sent: "versendet", "sent";
        notice_failed: "nicht versendet; die nächste nennt dieselben Rechnungen", "not sent; the next one names the same invoices";
        notice_unknown: "niemand weiß, ob sie hinausging", "nobody knows whether it left";
        notice_under_way: "unterwegs", "under way";
        notice_retry: "noch nicht versendet, wird wiederholt", "not sent yet, it is tried again";
        not_here: "Server, Zertifikate und Ordner auf dem Rechner stehen in worker.toml.", "Servers, certificates and folders of the machine are in worker.toml.";
        backlog_first: "Erst muss entschieden werden, was mit Rechnungen geschieht, die schon überfällig sind.", "First it must be decided what becomes of invoices that are overdue already.";
        upload_wrong: "Das Bild kann nicht genommen werden:", "The picture can't be taken:";
        position: "Wahl", "Choice";
    }
}

/// A part's headline, and what it holds.
pub(super) fn section_words(section: Section, language: Language) -> (&'static str, &'static str) {
    let (german, english) = match section {
        Section::Creditor => (
            ("Gläubiger und Bankkonten", "Wer mahnt: Name, Anschrift, Konten, Fußzeile"),
            ("Creditor and bank accounts", "Who dunns: name, address, accounts, footer"),
        ),
        Section::Letters => (("Briefe", "Briefpapier, Logo, Farben, Fußzeile"), ("Letters", "Letterhead, logo, colours, footer")),
        Section::Senders => (
            ("Absender", "Mailserver, Adressen, Kopien, Drosselung, Anhänge, Mail an Sie"),
            ("Senders", "Mail server, addresses, copies, throttle, attachments, mail to you"),
        ),
        Section::Calendar => (
            ("Kalender und Sprache", "Zeitzone, Feiertage, Sprache, Währung"),
            ("Calendar and language", "Time zone, holidays, language, currency"),
        ),
        Section::Source => (
            ("Buchhaltung", "lexoffice: Schlüssel, Synchronisation, Ausnahmen"),
            ("Accounting system", "lexoffice: key, synchronisation, exceptions"),
        ),
        Section::Places => {
            (("Plätze", "Wie viele Rechnungen gleichzeitig gemahnt werden"), ("Places", "How many invoices are dunned at once"))
        }
    };
    if language == Language::German { german } else { english }
}
