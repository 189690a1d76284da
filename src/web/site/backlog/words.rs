//! The words of the page about the backlog.

use crate::domain::backlog::Choice;
use crate::web::language::{Language, words};
use crate::web::site::shown;

words! {
    pub(super) struct BacklogWords {
        title: "Altbestand", "Backlog";
        lead: "Rechnungen, die schon überfällig waren, bevor hier gemahnt wurde. Sie entscheiden einmal, wie es mit ihnen losgeht.", "Invoices that were overdue before they were dunned here. You decide once how they begin.";
        back: "Übersicht", "Overview";
        nothing: "Hier ist nichts zu entscheiden: Gefragt wird, wenn eine Quelle zum ersten Mal verbunden wird oder ein Import darum bittet.", "There is nothing to decide: you are asked when a source is connected for the first time, or when an import asks for it.";
        waits: "Bis Sie gewählt haben, geht nichts hinaus.", "Until you have chosen nothing leaves.";
        reading: "Die Quelle wird noch zum ersten Mal gelesen: Die Zahlen wachsen noch. Was später kommt und schon überfällig ist, fällt unter dieselbe Wahl.", "The source is still being read for the first time: these numbers grow. What comes later and is overdue already falls under the same choice.";
        empty: "Noch ist keine Rechnung da, die gemahnt werden könnte.", "There is no invoice yet that could be dunned.";
        choices: "Ihre Wahl", "Your choice";
        all: "Alle von vorn", "All from the first stage";
        all_about: "Jede Rechnung beginnt mit der ersten Stufe, wie alt sie auch ist.", "Each invoice begins with the first stage, however old it is.";
        by_age: "Nach Alter einsteigen", "By age";
        by_age_about: "Jede überfällige Rechnung beginnt mit der Stufe, die zu ihrem Alter passt. Die Stufen davor gelten als erledigt und kosten nichts.", "Each overdue invoice begins with the stage that fits its age. The stages before count as passed and charge nothing.";
        from: "Ab Rechnungsdatum", "From an invoice date";
        from_about: "Ältere Rechnungen ruhen, bis jemand sie einzeln fortsetzt; die übrigen beginnen mit der ersten Stufe.", "Older invoices rest until somebody resumes one; the others begin with the first stage.";
        from_day: "Erstes Rechnungsdatum", "First invoice date";
        wrong_day: "Das ist kein Tag des Kalenders: JJJJ-MM-TT.", "That is no day of the calendar: YYYY-MM-DD.";
        look: "Vorschau", "Preview";
        shown_below: "Vorschau unten", "Preview below";
        preview: "Vorschau:", "Preview:";
        if_confirmed: "So würde es losgehen, wenn jetzt bestätigt wird und niemand zahlt.", "How it would begin if it is confirmed now and nobody pays.";
        due: "sofort fällig", "due at once";
        later: "später fällig", "due later";
        advanced: "beginnen auf höherer Stufe", "begin at a later stage";
        resting: "ruhen", "rest";
        starts: "Womit es beginnt", "What it begins with";
        stage: "Erste Stufe", "First stage";
        rests: "ruht", "rests";
        invoices: "Rechnungen", "Invoices";
        open: "Offen", "Open";
        first: "Die ersten", "The first ones";
        first_hint: "Nach dem frühesten Termin, dann nach Fälligkeit. Rechnungen eines Kunden können auf einem Schreiben stehen.", "By the earliest date, then by due date. Invoices of a customer may share a notice.";
        nobody_first: "Es würde nichts versendet.", "Nothing would be sent.";
        leaves: "Frühestens", "Earliest";
        invoice: "Rechnung", "Invoice";
        customer: "Kunde", "Customer";
        due_date: "Fällig", "Due";
        confirm: "Diese Wahl bestätigen", "Confirm this choice";
        confirm_hint: "Das gilt ein für alle Mal, auch für Rechnungen, die später hereinkommen und heute schon überfällig sind.", "It holds once and for all, also for invoices that come in later and are overdue today.";
        then_leaves: "Danach geht hinaus, was fällig ist: zu den Geschäftszeiten, im Takt des Versands.", "What is due leaves then: in business hours, at the pace of its sender.";
        then_off: "Der Versand ist ausgeschaltet: Es geht erst etwas hinaus, wenn ein Inhaber ihn in den Einstellungen einschaltet.", "Sending is switched off: nothing leaves until an owner switches it on in the settings.";
        then_fenced: "Der Datenbestand wurde wiederhergestellt: Es geht erst etwas hinaus, wenn die Sperre aufgehoben ist.", "The ledger was restored: nothing leaves until its fence is lifted.";
        then_places: "Gleichzeitig gemahnt werden höchstens so viele Rechnungen, die übrigen warten:", "At most so many invoices are dunned at once, the others wait:";
        reason: "Grund (steht danach im Verlauf)", "Reason (the history keeps it)";
        not_yours: "Die Wahl trifft, wer hier Inhaber oder Verwalter ist.", "An owner or administrator makes the choice.";
        look_first: "Bitte sehen Sie sich erst die Vorschau dieser Wahl an: Inzwischen wurde eine andere angesehen.", "Please look at the preview of this choice first: another one was looked at meanwhile.";
        decided: "Entschieden", "Decided";
        choice: "Wahl", "Choice";
        by: "Von", "By";
        at: "Am", "On";
        why: "Grund", "Reason";
        effect: "Was sie bewirkt hat", "What it did";
        still: "Was schon vor diesem Tag fällig war und später hereinkommt, fällt unter dieselbe Wahl.", "What was due before that day and comes in later falls under the same choice.";
        resume: "Ruhende Rechnungen ansehen", "See the invoices that rest";
        history: "Im Verlauf ansehen", "See it in the history";
    }
}

/// A choice by its name.
pub(super) fn named(language: Language, choice: Choice) -> String {
    let words = BacklogWords::of(language);
    match choice {
        Choice::All => words.all.to_owned(),
        Choice::ByAge => words.by_age.to_owned(),
        Choice::From(date) => format!("{} {}", words.from, shown::day(language, &date.to_string())),
    }
}
