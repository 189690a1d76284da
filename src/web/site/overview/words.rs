//! The words of the overview.

use crate::web::language::words;

words! {
    pub(super) struct OverviewWords {
        title: "Übersicht", "Overview";
        no_tenant: "Noch kein Mandant. Mandanten entstehen in worker.toml oder mit dem ersten Import.", "No tenant yet. Tenants come from worker.toml or with the first import.";
        attention: "Braucht einen Menschen", "Needs a person";
        nothing: "Nichts. Alles läuft von selbst.", "Nothing. Everything runs by itself.";
        failed: "Versand fehlgeschlagen", "Sending failed";
        unknown: "Ausgang unbekannt", "Outcome unknown";
        proposed: "Vorschläge zur Freigabe", "Proposals to release";
        paper: "Papier: keine Adresse", "Paper: no address";
        states: "Mahnfälle", "Instances";
    }
}
