//! The words of the pages about invoices.

use crate::web::language::words;

words! {
    pub(super) struct InvoiceWords {
        title: "Rechnungen", "Invoices";
        search: "Suche", "Search";
        search_hint: "Nummer, Kunde, E-Mail, Ort", "Number, customer, e-mail, city";
        state: "Zustand", "State";
        stage: "Stufe", "Stage";
        all: "alle", "all";
        due_from: "Fällig ab", "Due from";
        due_to: "Fällig bis", "Due to";
        filter: "Filtern", "Filter";
        number: "Rechnung", "Invoice";
        customer: "Kunde", "Customer";
        due: "Fällig", "Due";
        amount: "Betrag", "Amount";
        open: "Offen", "Open";
        next: "Nächster Termin", "Next date";
        next_only: "Nach Termin sortiert stehen hier nur Rechnungen, die einen haben.", "Sorted by date, only invoices that have one are listed.";
        pick: "Auswählen", "Select";
        nothing: "Keine Rechnung passt.", "No invoice fits.";
        nothing_yet: "Noch keine Rechnung.", "No invoice yet.";
        bulk: "Mit den ausgewählten", "With those selected";
        act: "Aktion", "Action";
        pause: "Mahnsperre setzen", "Pause";
        resume: "Mahnsperre aufheben", "Resume";
        skip: "Stufe überspringen", "Skip the stage";
        until: "Bis (erster Tag, an dem es weitergehen darf)", "Until (first day on which it may go on)";
        until_hint: "Ohne Tag gilt die Sperre, bis sie jemand aufhebt.", "Without a day it rests until somebody resumes it.";
        reason: "Grund", "Reason";
        run: "Ausführen", "Run";
        none_picked: "Es ist keine Rechnung ausgewählt.", "No invoice is selected.";
        nothing_rests: "Für diese Rechnung allein gilt keine Mahnsperre.", "Nothing rests for this invoice alone.";
        back: "Alle Rechnungen", "All invoices";
        why: "Warum noch nicht gemahnt", "Why it was not dunned yet";
        possible: "Frühestens", "Earliest";
        before: "Davor in der Warteschlange", "Before it in the queue";
        facts: "Angaben", "Facts";
        of_date: "Rechnungsdatum", "Invoice date";
        source: "Quelle", "Source";
        workflow: "Mahnverfahren", "Workflow";
        document: "Rechnung als PDF", "Invoice as PDF";
        show_document: "Ansehen", "View";
        checked: "Stand der Zahlungsdaten", "Payment data as of";
        payments: "Zahlungen", "Payments";
        no_payments: "Noch keine.", "None yet.";
        blocks: "Mahnsperren", "Pauses";
        for_customer: "gilt für den ganzen Kunden", "holds for the whole customer";
        looked_after: "betreut von", "looked after by";
        until_short: "bis", "until";
        until_resumed: "bis jemand sie aufhebt", "until somebody resumes it";
        part_of: "Teilbetrag", "part amount";
        notices: "Schreiben", "Notices";
        no_notices: "Noch keines.", "None yet.";
        history: "Verlauf", "History";
        jump: "Auf höhere Stufe setzen", "Move up to a stage";
        jump_hint: "Die Stufen dazwischen gelten als erledigt und werden nicht versendet.", "The stages between count as passed and are not sent.";
        reroute: "Andere Versandart für das nächste Schreiben", "Another way for the next notice";
        reroute_hint: "Gilt einmal. Steht die Rechnung mit anderen auf einem Schreiben, geht es für alle diesen Weg. Ohne brauchbare Adresse wird es gedruckt.", "Holds once. If the invoice shares a notice with others, it goes this way for all of them. Without a usable address it is printed.";
        reroute_failed: "Das fehlgeschlagene Schreiben wird mit allen seinen Rechnungen auf diesem Weg neu versendet.", "The failed notice is sent again this way, with all its invoices.";
        channel: "Nächstes Schreiben", "Next notice";
        usual: "wie Stufe und Kunde es sagen", "as its stage and its customer say";
        by_hand: "von Hand gewählt", "chosen by hand";
        migrate: "Anderes Mahnverfahren", "Another workflow";
        to_workflow: "Weiter in", "Go on in";
        migrate_hint: "Was schon versendet ist, kommt nicht noch einmal. Der Termin gilt, wenn nichts den Mahnfall ruhen lässt.", "What was sent does not come again. The date holds if nothing lets the invoice rest.";
        retry: "Fehlgeschlagenes Schreiben neu versenden", "Send the failed notice again";
        retry_hint: "Alle Rechnungen des Schreibens werden wieder fällig.", "All invoices of the notice are due again.";
        settle: "Als bezahlt erledigen", "Settle by hand";
        settle_hint: "Bucht den ganzen offenen Betrag als erledigt.", "Books all that is open as settled.";
        withdraw: "Forderung zurückziehen", "Withdraw the claim";
        withdraw_hint: "Es wird nie mehr gemahnt.", "It is never dunned again.";
        hand_over: "An Inkasso oder Anwalt übergeben", "Hand over to collection";
        hand_over_hint: "Mahnwerk mahnt nicht weiter.", "It is not dunned here any more.";
        unknown_hint: "Ob ein Schreiben angekommen ist, weiß niemand. Auf seiner Seite wird das entschieden.", "Nobody knows whether a notice arrived. That is decided on its page.";
    }
}

use crate::web::language::Language;

/// What was booked.
pub(super) fn payment_kind(language: Language, word: &str) -> &str {
    let (german, english) = match word {
        "payment" => ("Zahlung", "payment"),
        "credit" => ("Gutschrift", "credit"),
        "return_debit" => ("Rücklastschrift", "return debit"),
        "settled_by_hand" => ("von Hand erledigt", "settled by hand"),
        other => return other,
    };
    if language == Language::German { german } else { english }
}
