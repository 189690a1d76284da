//! The words of the overview.

use crate::web::language::words;

words! {
    pub(in crate::web::site) struct OverviewWords {
        title: "Übersicht", "Overview";
        no_tenant: "Noch kein Mandant. Mandanten entstehen in worker.toml oder mit dem ersten Import.", "No tenant yet. Tenants come from worker.toml or with the first import.";
        attention: "Braucht einen Menschen", "Needs a person";
        nothing: "Nichts. Alles läuft von selbst.", "Nothing. Everything runs by itself.";
        failed: "Versand fehlgeschlagen", "sending failed";
        unknown: "Ausgang unbekannt", "outcome unknown";
        proposed: "Vorschläge zur Freigabe", "proposals to release";
        paper: "auf Papier: keine Adresse", "on paper: no address";
        addressless: "Kunden ohne E-Mail-Adresse", "customers without an e-mail address";
        off: "Der Versand ist ausgeschaltet: Nichts geht hinaus.", "Sending is switched off: nothing leaves.";
        asked: "Der Altbestand wartet auf eine Wahl: Bis dahin geht nichts hinaus.", "The backlog waits for a choice: until then nothing leaves.";
        choose: "Vorschau und Wahl", "Preview and choice";
        fenced: "Dieses Hauptbuch wurde wiederhergestellt: Bis die Sperre aufgehoben ist, geht nichts hinaus (mahnwerk fence show).", "This ledger was restored: until its fence is lifted nothing leaves (mahnwerk fence show).";
        due: "Fällig", "Due";
        due_today: "heute", "today";
        due_month: "in 30 Tagen", "in 30 days";
        by_mail: "per E-Mail", "by e-mail";
        by_post: "per Brief", "by letter";
        chart: "Fällige Stufen der nächsten 30 Tage", "Stages due in the next 30 days";
        chart_table: "Als Tabelle", "As a table";
        day: "Tag", "Day";
        money: "Offene Forderungen nach Stufe und Alter", "Open receivables by stage and age";
        stage: "Letzte Stufe", "Last stage";
        no_stage: "noch keine", "none yet";
        not_due: "nicht fällig", "not due";
        up_to_30: "1–30 Tage", "1–30 days";
        up_to_60: "31–60 Tage", "31–60 days";
        up_to_90: "61–90 Tage", "61–90 days";
        longer: "über 90 Tage", "over 90 days";
        sum: "Summe", "Sum";
        no_money: "Nichts ist offen.", "Nothing is open.";
        outstanding: "Forderungslaufzeit (DSO)", "Days sales outstanding";
        days: "Tage", "days";
        outstanding_hint: "Offenes im Verhältnis zu dem, was in den letzten 90 Tagen berechnet wurde.", "What is open, compared with what was invoiced in the last 90 days.";
        states: "Mahnfälle", "Instances";
        as_of: "Stand", "As of";
    }
}
