//! The words of the pages about notices.

use crate::web::language::{Language, words};

words! {
    pub(in crate::web::site) struct NoticeWords {
        title: "Schreiben", "Notices";
        one: "Schreiben", "Notice";
        search: "Suche", "Search";
        search_hint: "Rechnung, Kunde, E-Mail, Ort", "Invoice, customer, e-mail, city";
        state: "Zustand", "State";
        channel: "Versandart", "Channel";
        stage: "Stufe", "Stage";
        all: "alle", "all";
        from: "Von", "From";
        to: "Bis", "To";
        run_of: "Mahnlauf vom", "Run of";
        filter: "Filtern", "Filter";
        at: "Wann", "When";
        customer: "Kunde", "Customer";
        customer_number: "Kundennummer", "Customer number";
        recipient: "Empfänger", "Recipient";
        invoices: "Rechnungen", "Invoices";
        amount: "Betrag", "Amount";
        currency: "Währung", "Currency";
        fee: "davon Gebühren", "of it fees";
        pick: "Auswählen", "Select";
        nothing: "Kein Schreiben passt.", "No notice fits.";
        nothing_yet: "Noch kein Schreiben.", "No notice yet.";
        newest: "Neueste zuerst", "Newest first";
        oldest: "Älteste zuerst", "Oldest first";
        bulk: "Mit den ausgewählten", "With those selected";
        act: "Aktion", "Action";
        release: "Freigeben", "Release";
        recall: "Zurücknehmen", "Recall";
        retry: "Neu versenden", "Send again";
        leave_resting: "Auslassen: Rechnungen ruhen lassen", "Leave out: let the invoices rest";
        leave_skipped: "Auslassen: Stufe überspringen", "Leave out: skip the stage";
        until: "Ruhen bis (leer: bis jemand es aufhebt)", "Rest until (empty: until somebody ends it)";
        reason: "Grund", "Reason";
        run: "Ausführen", "Run";
        none_picked: "Es ist kein Schreiben ausgewählt.", "No notice is selected.";
        back: "Alle Schreiben", "All notices";
        facts: "Angaben", "Facts";
        because: "Weil", "Because";
        planned: "Geplant", "Planned";
        left: "Versendet", "Left";
        chosen_by: "Adresse gewählt nach", "Address chosen by";
        reply: "Antwort des Servers", "The server's reply";
        lines: "Rechnungen", "Invoices";
        invoice: "Rechnung", "Invoice";
        due: "Fällig", "Due";
        open: "Offen", "Open";
        recalled: "zurückgenommen", "recalled";
        steps: "Arbeitsschritte", "Steps";
        attempt: "Versuch", "Attempt";
        mail: "E-Mail, wie sie versendet wurde", "The mail as it was sent";
        mail_prepared: "E-Mail", "The mail";
        subject: "Betreff", "Subject";
        mail_from: "Von", "From";
        mail_to: "An", "To";
        as_file: "Als Datei (.eml)", "As a file (.eml)";
        attachments: "Anhänge", "Attachments";
        letter: "Brief als PDF", "The letter as PDF";
        show_letter: "Ansehen", "View";
        no_mail: "Noch nichts: Texte entstehen, wenn es hinausgeht.", "Nothing yet: texts are made when it leaves.";
        frame_title: "Inhalt der E-Mail", "Content of the mail";
        release_hint: "Es geht im nächsten Sendefenster hinaus.", "It leaves in the next window.";
        recall_hint: "Es wird nicht versendet; seine Rechnungen sind wieder fällig.", "It is not sent; its invoices are due again.";
        retry_hint: "Alle Rechnungen des Schreibens werden wieder fällig und kommen auf ein neues.", "All its invoices are due again and come onto a new notice.";
        as_sent: "Es ist angekommen", "It did arrive";
        as_sent_hint: "Das Schreiben gilt als versendet; die nächste Stufe folgt.", "The notice counts as sent; the next stage follows.";
        send_again: "Es ist nicht angekommen: neu versenden", "It did not arrive: send it again";
        send_again_hint: "Nur wenn es sicher nicht angekommen ist: Sonst bekommt der Kunde es zweimal.", "Only if it is certain that it did not: else the customer gets it twice.";
        unknown_hint: "Ob dieses Schreiben angekommen ist, weiß niemand. Fragen Sie den Kunden oder sehen Sie im Protokoll des Mailservers nach.", "Nobody knows whether this notice arrived. Ask the customer, or look into the mail server's log.";
        not_proposed: "Das Schreiben ist kein Vorschlag mehr.", "The notice is no proposal any more.";
        changed: "Was im Vorschlag steht, hat sich geändert; er wurde zurückgenommen, ein neuer folgt.", "What the proposal says has changed; it was recalled, a new one follows.";
        not_failed: "Das Schreiben ist nicht fehlgeschlagen.", "The notice has not failed.";
        not_unknown: "Der Ausgang des Schreibens ist bekannt.", "The outcome of the notice is known.";
        may_have_left: "Das Schreiben ist vielleicht schon hinaus und kann nicht zurückgenommen werden.", "The notice may have left and can't be recalled.";
    }
}

/// What chose a recipient.
pub(in crate::web::site) fn rule(language: Language, word: &str) -> &str {
    let (german, english) = match word {
        "by_hand" => ("von Hand eingetragen", "entered by hand"),
        "business" => ("geschäftliche Adresse", "business address"),
        "contact_person" => ("Ansprechpartner", "contact person"),
        "office" => ("Büro", "office"),
        "private" => ("privat", "private"),
        "other" => ("andere", "other"),
        "the customer's postal address" => ("Postanschrift", "postal address"),
        other => return other,
    };
    if language == Language::German { german } else { english }
}
