//! The words of the pages about runs.

use crate::web::language::words;

words! {
    pub(super) struct RunWords {
        title: "Mahnläufe", "Runs";
        one: "Mahnlauf vom", "Run of";
        lead: "Ein Mahnlauf ist, was Mahnwerk an einem Tag vorgeschlagen und versendet hat. Vorschläge gehen erst hinaus, wenn ein Mensch sie freigibt.", "A run is what Mahnwerk has proposed and sent on one day. Proposals leave only when a person releases them.";
        day: "Tag", "Day";
        sum: "Summe", "Sum";
        to_release: "Freigabe nötig", "to be released";
        all_waiting: "Vorschläge warten insgesamt auf Freigabe", "proposals in all wait for a release";
        nothing_yet: "Noch kein Mahnlauf: Es gab noch kein Schreiben.", "No run yet: there has been no notice.";
        newest: "Zum neuesten", "To the newest";
        older: "Frühere", "Earlier";
        back: "Alle Mahnläufe", "All runs";
        pages: "Seiten", "Pages";
        waiting: "Wartet auf Freigabe", "Waits for a release";
        nothing_waits: "In diesem Mahnlauf wartet nichts auf Freigabe.", "Nothing in this run waits for a release.";
        notices: "Schreiben", "Notices";
        further: "Weiter", "Next page";
        rest: "Was daraus wurde", "What became of the rest";
        no_rest: "Sonst gab es an diesem Tag kein Schreiben.", "There was no other notice on this day.";
        history: "Im Verlauf", "In the history";
        history_of_day: "Alles an diesem Tag", "Everything on this day";
        history_of_releases: "Freigaben seit diesem Tag: wer, wann, warum", "Releases since this day: who, when, why";
        release_all: "Alle freigeben", "Release all";
        release_all_hint: "Alles, was auf dieser Seite und ihren weiteren wartet, geht im nächsten Sendefenster hinaus; höchstens 1000 auf einmal. Was seither vorgeschlagen wurde, wartet weiter.", "All that waits on this page and the next ones leaves in the next window, at most 1000 at a time. What was proposed since goes on waiting.";
    }
}
