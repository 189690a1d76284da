//! The words of the history's pages.

use crate::web::language::words;

words! {
    pub(super) struct HistoryWords {
        title: "Verlauf", "History";
        lead: "Jeder Zustandswechsel, unveränderlich und verkettet.", "Every transition, immutable and chained.";
        across_title: "Verlauf aller Mandanten", "History of all tenants";
        across_lead: "Die neuesten Einträge Ihrer Mandanten.", "The newest entries of your tenants.";
        to_across: "Alle Mandanten", "All tenants";
        customer: "Kundennummer", "Customer number";
        invoice: "Rechnungsnummer", "Invoice number";
        actor: "Wer", "Who";
        cause: "Was", "What";
        any: "alles", "anything";
        one_customer: "Kunde", "customer";
        from: "von", "from";
        to: "bis", "to";
        seek: "Suchen", "Search";
        all: "Alle zeigen", "Show all";
        number: "Nr.", "No.";
        when: "Wann", "When";
        tenant: "Mandant", "Tenant";
        change: "Zustand", "State";
        stage: "Stufe", "Stage";
        why: "Warum und was", "Why and what";
        nothing: "Kein Eintrag passt.", "No entry fits.";
        older: "Ältere", "Older";
        newest: "Neueste", "Newest";
        export_csv: "Als CSV", "As CSV";
        export_lines: "Als JSON Lines", "As JSON lines";
        export_hint: "Der Export enthält die ganze Kette mit allem, was jeder Hash umfasst: sha256 lässt sich ohne Mahnwerk nachrechnen.", "The export holds the whole chain with all that each hash covers: sha256 can be computed without Mahnwerk.";
        verify: "Kette prüfen", "Verify the chain";
        verified_title: "Prüfung der Kette", "The chain, verified";
        valid: "Die Kette ist gültig.", "The chain is valid.";
        broken: "Die Kette ist gebrochen.", "The chain is broken.";
        entries: "Einträge", "Entries";
        head: "Letzter Hash", "Last hash";
        at_entry: "Bei Eintrag", "At entry";
        valid_hint: "Jeder Hash wurde neu gerechnet, jede Stelle gezählt, der letzte mit dem des Mandanten verglichen. Wer diesen Hash heute notiert, kann später beweisen, dass nichts davor geändert wurde.", "Every hash was computed anew, every place counted, the last compared with the tenant's. Whoever notes this hash today can prove later that nothing before it was changed.";
        back: "Zum Verlauf", "To the history";
        log_title: "Kontenprotokoll", "Account log";
        log_lead: "Wer sich angemeldet hat, wer eingeladen, gesperrt oder berechtigt wurde.", "Who signed in, who was invited, shut out or given a role.";
        subject: "Wen", "Whom";
        detail: "Einzelheiten", "Details";
    }
}
