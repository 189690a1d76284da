//! The words of the pages about texts.

use crate::adapters::texts::Origin;
use crate::web::language::{Language, words};

words! {
    pub(super) struct TextWords {
        title: "Texte", "Texts";
        lead: "Welche Stufe welchen Text hat. Was veröffentlicht ist, gilt ab dem nächsten Schreiben; was schon hinaus ist, bleibt, wie es war.", "Which stage has which text. What is published holds from the next notice on; what has left stays as it was.";
        stage: "Stufe", "Stage";
        set: "Textsatz", "Text set";
        off: "ausgeschaltet", "switched off";
        missing: "fehlt → Deutsch", "missing → German";
        draft: "Entwurf", "Draft";
        others: "Weitere Textsätze", "Further text sets";
        new: "Neuer Textsatz oder neue Sprache", "New text set or new language";
        new_hint: "Jeder Textsatz braucht eine deutsche Fassung: Wer in seiner Sprache keine hat, bekommt das ganze Schreiben auf Deutsch.", "Each text set needs a German version: who has none in his language gets the whole message in German.";
        language: "Sprache", "Language";
        language_hint: "zwei Buchstaben, auch mit Land: fr, de-at", "two letters, perhaps with a country: fr, de-at";
        set_hint: "Kleinbuchstaben, Ziffern, Bindestriche", "lower-case letters, digits, hyphens";
        open: "Öffnen", "Open";
        back: "Alle Texte", "All texts";
        holds: "Es gilt", "Holding";
        nothing_holds: "noch nichts; Kunden dieser Sprache bekommen den deutschen Text", "nothing yet; customers with this language get the German text";
        used_by: "Benutzt von", "Used by";
        unused: "keiner Stufe", "no stage";
        edit: "Text", "Text";
        subject: "Betreff", "Subject";
        body: "Text", "Body";
        body_hint: "Eine leere Zeile beginnt einen Absatz. **fett**, *kursiv*, # Überschrift, - Liste, [Verweis](https://…).", "An empty line begins a paragraph. **bold**, *italic*, # heading, - list, [link](https://…).";
        save: "Speichern und Vorschau zeigen", "Save and show the preview";
        saved_by_itself: "Der Entwurf speichert sich von selbst; Kunden bekommen ihn erst nach dem Veröffentlichen.", "The draft saves itself; customers get it only after publishing.";
        draft_since: "Entwurf von", "Draft by";
        same: "Der Entwurf sagt dasselbe wie das, was gilt.", "The draft says what holds already.";
        discard: "Entwurf verwerfen", "Discard the draft";
        placeholders: "Platzhalter", "Placeholders";
        placeholders_hint: "Zum Kopieren, so wie sie angenommen werden. Was leer sein kann, steht in einer Frage.", "To be copied, as they are accepted. What may be empty stands in a question.";
        of_an_invoice: "Zwischen {{#each invoices}} und {{/each}}", "Between {{#each invoices}} and {{/each}}";
        preview: "Vorschau", "Preview";
        preview_hint: "Gemacht von demselben Code, der Mails und Briefe macht, mit Ihrem Absender und Layout. Der Kunde und seine Rechnungen sind erfunden, oder Sie nennen einen eigenen.", "Made by the very code that makes mails and letters, with your sender and layout. The customer and his invoices are invented, unless you name one of yours.";
        example: "Beispiel", "Example";
        customer: "Oder Kunde Nr.", "Or customer no.";
        no_customer: "Einen Kunden mit dieser Nummer gibt es nicht; gezeigt wird das Beispiel.", "There is no customer with this number; the example is shown.";
        show_as: "Ansicht", "Show as";
        as_mail: "E-Mail", "E-mail";
        as_letter: "Brief", "Letter";
        mail_from: "Von", "From";
        mail_to: "An", "To";
        mail_frame: "Die Mail, wie der Kunde sie sieht", "The mail as the customer sees it";
        letter_frame: "Der Brief als PDF", "The letter as a PDF";
        letter_open: "Brief als PDF öffnen", "Open the letter as a PDF";
        no_preview: "Eine Vorschau gibt es, wenn die Fehler behoben sind.", "There is a preview once the mistakes are put right.";
        line: "Zeile", "Line";
        publish: "Veröffentlichen", "Publish";
        publish_hint: "Gilt ab dem nächsten Schreiben, auch für laufende Mahnfälle. Vorher wird der Text an sieben Beispielen erprobt.", "Holds from the next notice on, for running instances too. The text is tried on seven samples first.";
        take_back: "Zurücknehmen", "Take back";
        take_back_hint: "Danach gilt wieder der Text aus dem Ordner oder der mitgelieferte; gibt es keinen, bekommen Kunden dieser Sprache den deutschen.", "Then the folder's text holds again, or the built-in one; where there is none, customers with this language get the German one.";
        versions: "Veröffentlicht", "Published";
        taken_back: "zurückgenommen", "taken back";
        compare: "Unterschied", "Difference";
        take_over: "Als Entwurf übernehmen", "Take over as draft";
        test: "Test-E-Mail", "Test e-mail";
        test_to: "An Ihre Adresse", "To your address";
        test_plain: "Einfacher Test", "Plain test";
        test_plain_hint: "Über den allgemeinen Versand der Installation, ohne eigenen Mailserver und ohne Anhang.", "Through the installation's general sender, without your own mail server and without an attachment.";
        test_real: "Test auf dem echten Weg", "Test over the real path";
        test_real_hint: "Über Ihren Mailserver, mit Absender und Anhängen wie im Ernstfall (Originalrechnungen, wenn Sie oben einen Kunden nennen), im Betreff als Test markiert. Kopien (CC, BCC) bekommt niemand.", "Through your mail server, with sender and attachments as in life (original invoices if you name a customer above), marked as a test in its subject. Nobody gets copies (CC, BCC).";
        test_counts: "Ein Test ist kein Schreiben: Kein Mahnfall weiß davon. Er steht im Kontenprotokoll.", "A test is no notice: no instance knows of it. It stands in the account log.";
        test_sent: "Der Test ist unterwegs. Antwort des Versands:", "The test is on its way. The sender's answer:";
        test_failed: "Der Test ist nicht hinausgegangen:", "The test did not leave:";
        test_throttle: "Die Drosselung Ihres Versands gilt für Tests nicht; Schreiben gehen so oft hinaus:", "Your sender's throttle does not hold for tests; notices leave this often:";
        test_every: "eines alle so viele Sekunden:", "one in so many seconds:";
        test_enough: "In der letzten Stunde haben Sie schon zehn Tests gesendet. Bitte warten Sie etwas.", "You have sent ten tests in the last hour already. Please wait a little.";
        difference_to: "Unterschied zur vorigen Fassung", "Difference to the version before";
        in_use: "Nicht möglich: Damit schreibt das Mahnverfahren", "Not possible: it is what this workflow writes with:";
        no_german: "Nicht möglich: Dem Textsatz fehlt dann die deutsche Fassung, die alle ohne eigene bekommen.", "Not possible: the text set would lack the German version that all without their own get.";
        nothing_to_publish: "Es gibt keinen Entwurf.", "There is no draft.";
    }
}

/// Where a text comes from.
pub(super) fn origin(language: Language, origin: Origin) -> &'static str {
    match (language, origin) {
        (Language::German, Origin::BuiltIn) => "mitgeliefert",
        (Language::German, Origin::Folder) => "aus dem Ordner",
        (Language::German, Origin::Published) => "eigener",
        (Language::English, Origin::BuiltIn) => "built in",
        (Language::English, Origin::Folder) => "from the folder",
        (Language::English, Origin::Published) => "own",
    }
}

/// What a preview is made with.
pub(super) fn example(language: Language, key: &str) -> &'static str {
    let (german, english) = match key {
        "one-fee" => ("eine Rechnung, mit Mahnkosten", "one invoice, with a fee"),
        "several" => ("drei Rechnungen", "three invoices"),
        "several-fee" => ("drei Rechnungen, mit Mahnkosten", "three invoices, with a fee"),
        "many" => ("vierzig Rechnungen", "forty invoices"),
        "bare" => ("Kunde ohne bekannten Namen", "a customer of whom no name is known"),
        _ => ("eine Rechnung", "one invoice"),
    };
    if language == Language::German { german } else { english }
}
