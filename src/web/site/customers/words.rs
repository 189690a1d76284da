//! The words of the pages about customers.

use crate::web::language::words;

words! {
    pub(super) struct CustomerWords {
        title: "Kunden", "Customers";
        search: "Suche", "Search";
        search_hint: "Name, Nummer, E-Mail, Ort", "Name, number, e-mail, city";
        only_resting: "nur mit Mahnsperre", "only those that rest";
        filter: "Filtern", "Filter";
        name: "Name", "Name";
        number: "Nummer", "Number";
        email: "E-Mail", "E-mail";
        city: "Ort", "City";
        open: "Offen", "Open";
        open_invoices: "Offene Rechnungen", "Open invoices";
        currency: "Währung", "Currency";
        rests: "Mahnsperre", "rests";
        not_used: "wird nicht benutzt", "not used";
        nothing: "Kein Kunde passt.", "No customer fits.";
        nothing_yet: "Noch kein Kunde.", "No customer yet.";
        back: "Alle Kunden", "All customers";
        facts: "Angaben", "Facts";
        address: "Anschrift", "Address";
        language: "Sprache der Schreiben", "Language of notices";
        unknown_language: "die des Mandanten", "the tenant's";
        kind: "Art", "Kind";
        business: "Unternehmen", "business";
        consumer: "Verbraucher", "consumer";
        unknown: "unbekannt", "unknown";
        goes_to: "Schreiben gehen an", "Notices go to";
        paper: "Papier: Es gibt keine brauchbare Adresse.", "Paper: no address is usable.";
        addresses: "E-Mail-Adressen", "E-mail addresses";
        no_addresses: "Keine bekannt.", "None known.";
        in_use: "in Gebrauch", "in use";
        blocks: "Mahnsperren", "Pauses";
        no_blocks: "Keine.", "None.";
        for_invoice: "nur Rechnung", "only invoice";
        by: "von", "by";
        until: "bis", "until";
        until_resumed: "bis jemand sie aufhebt", "until somebody resumes it";
        invoices: "Rechnungen", "Invoices";
        no_invoices: "Noch keine.", "None yet.";
        due: "fällig", "due";
        all_invoices: "Alle Rechnungen dieses Kunden", "All invoices of this customer";
        notices: "Schreiben", "Notices";
        no_notices: "Noch keines.", "None yet.";
        all_notices: "Alle Schreiben an diesen Kunden", "All notices to this customer";
        pause: "Vom Mahnen ausnehmen", "Exclude from dunning";
        pause_hint: "Alle Rechnungen des Kunden ruhen, auch künftige. Verantwortlich ist, wer es einträgt.", "All invoices of the customer rest, those to come included. Whoever enters it is responsible.";
        resume: "Mahnsperren aufheben", "Resume";
        resume_hint: "Hebt alle Mahnsperren auf, auch die einzelner Rechnungen.", "Ends all pauses, those of single invoices included.";
        nothing_rests: "Für diesen Kunden gilt keine Mahnsperre.", "Nothing of this customer rests.";
        give: "E-Mail-Adresse von Hand eintragen", "Enter an e-mail address by hand";
        give_hint: "Sie geht allen Adressen der Quelle vor. Leer nimmt die eingetragene zurück.", "It stands before all that sources give. Left empty, what was entered is taken back.";
        block: "Adresse sperren", "Block an address";
        block_hint: "Zum Beispiel, weil sie nicht mehr gilt; die nächste brauchbare tritt an ihre Stelle.", "For example because it bounces; the next usable one takes its place.";
        unblock: "Adresse wieder benutzen", "Use an address again";
        by_hand: "von Hand festgelegt", "decided by hand";
        channel: "Versandart", "Way";
        usual_way: "wie die Stufe es sagt", "as the stage says";
        workflow: "Mahnverfahren künftiger Rechnungen", "Workflow of invoices to come";
        usual_workflow: "wie importiert", "as imported";
        as_imported: "wie importiert", "as imported";
        decide_language: "Sprache der Schreiben festlegen", "Decide the language";
        decide_language_hint: "Geht der Quelle vor. Was noch nicht hinaus ist, wird neu gemacht.", "It stands above the source. What is not out yet is made anew.";
        decide_channel: "Versandart festlegen", "Decide the way";
        decide_channel_hint: "Gilt ab dem nächsten Schreiben, was auch die Stufe sagt. Ohne brauchbare Adresse wird gedruckt.", "Holds from the next notice on, whatever the stage says. Without a usable address it is printed.";
        decide_workflow: "Mahnverfahren für künftige Rechnungen festlegen", "Decide the workflow of invoices to come";
        decide_workflow_hint: "Für Rechnungen, die ab jetzt hereinkommen, gleich woher. Offene behalten das ihre.", "For invoices that come in from now on, wherever from. Open ones keep theirs.";
        migrate: "Offene Rechnungen in ein anderes Mahnverfahren", "Move open invoices to another workflow";
        to_workflow: "Weiter in", "Go on in";
        migrate_hint: "Jede geht nach der Stufe weiter, die dort denselben Schlüssel hat. Danach steht da, welche bleiben mussten und warum.", "Each goes on after the stage that has the same key there. Then it says which had to stay, and why.";
        invoice: "Rechnung", "Invoice";
        no_mail_address: "Das ist keine E-Mail-Adresse: Schreiben Sie sie allein, wie buchhaltung@beispiel.de.", "That is no e-mail address: write it alone, such as billing@example.com.";
    }
}
