//! What the pages say about what was just done, or why it was not.

use crate::domain::account::WeakPassword;
use crate::engine::accounts::AccountError;
use crate::web::language::Language;

/// What `?done=` means; unknown keys say nothing.
pub(in crate::web::site) fn done(key: &str, language: Language) -> Option<&'static str> {
    let (german, english) = match key {
        "saved" => ("Gespeichert.", "Saved."),
        "password" => (
            "Ihr Passwort ist geändert; alle anderen Anmeldungen sind beendet.",
            "Your password is changed; all other sessions have ended.",
        ),
        "factor" => ("Der zweite Faktor gilt ab jetzt.", "The second factor holds from now on."),
        "factor-off" => ("Der zweite Faktor ist entfernt.", "The second factor is removed."),
        "granted" => ("Die Rolle ist vergeben.", "The role is granted."),
        "revoked" => ("Die Rolle ist entzogen.", "The role is taken away."),
        "shut-out" => ("Das Konto ist gesperrt; alle Anmeldungen sind beendet.", "The account is shut out; all its sessions have ended."),
        "token-revoked" => ("Der Schlüssel gilt nicht mehr.", "The token holds no more."),
        "webhook-removed" => ("Der Webhook ist entfernt.", "The webhook is removed."),
        "webhook-restarted" => ("Der Webhook wird wieder beliefert.", "The webhook is told again."),
        "draft-saved" => ("Der Entwurf ist gespeichert.", "The draft is kept."),
        "settings-discarded" => ("Der Entwurf ist verworfen.", "The draft is thrown away."),
        "settings-published" => ("Veröffentlicht: es gilt ab jetzt.", "Published: it holds from now on."),
        "sending-on" => ("Der Versand ist eingeschaltet.", "Sending is switched on."),
        "sending-off" => ("Der Versand ist ausgeschaltet.", "Sending is switched off."),
        "backlog-confirmed" => ("Die Wahl für den Altbestand gilt.", "The choice for the backlog holds."),
        "let-in" => ("Das Konto ist wieder offen.", "The account is open again."),
        "paused" => ("Die Mahnsperre gilt.", "It rests now."),
        "resumed" => ("Die Mahnsperre ist aufgehoben.", "It goes on."),
        "skipped" => ("Die Stufe ist übersprungen.", "The stage is skipped."),
        "jumped" => ("Der Mahnfall steht auf der höheren Stufe.", "The invoice is at the higher stage."),
        "rerouted" => ("Das nächste Schreiben geht den gewählten Weg.", "The next notice goes the chosen way."),
        "decided" => ("Die Vorgabe für den Kunden gilt.", "What was decided for the customer holds."),
        "migrated" => ("Der Mahnfall geht im anderen Mahnverfahren weiter.", "The invoice goes on in the other workflow."),
        "retried" => ("Die Stufe ist wieder fällig.", "The stage is due again."),
        "settled" => ("Der offene Betrag ist als erledigt gebucht.", "What was open is booked as settled."),
        "withdrawn" => ("Die Forderung ist zurückgezogen.", "The claim is withdrawn."),
        "handed-over" => ("Die Forderung ist übergeben.", "The claim is handed over."),
        "released" => ("Das Schreiben ist freigegeben.", "The notice is released."),
        "recalled" => ("Das Schreiben ist zurückgenommen.", "The notice is recalled."),
        "as-sent" => ("Das Schreiben gilt als versendet.", "The notice counts as sent."),
        "sent-again" => ("Das Schreiben wird neu versendet.", "The notice is sent again."),
        "address" => (
            "Die Adresse ist geändert; sie gilt für alles, was noch nicht hinaus ist.",
            "The address is changed; it holds for all that has not left.",
        ),
        "published" => ("Veröffentlicht. Es gilt ab jetzt.", "Published. It holds from now on."),
        "taken-back" => ("Zurückgenommen. Es gilt wieder, was vorher galt.", "Taken back. What held before holds again."),
        "draft-discarded" => ("Der Entwurf ist verworfen.", "The draft is discarded."),
        "taken-over" => ("Als Entwurf übernommen.", "Taken over as a draft."),
        _ => return None,
    };
    Some(if language == Language::German { german } else { english })
}

/// That somebody else has changed a draft since whoever is told looked at it: nothing of his was kept or published.
pub(in crate::web::site) fn draft_changed(language: Language, by: &str) -> String {
    let who = super::actor(language, by);
    match language {
        Language::German => {
            format!(
                "{who} hat diesen Entwurf inzwischen geändert. Von Ihnen wurde nichts übernommen: Laden Sie die Seite neu und sehen Sie ihn noch einmal an."
            )
        }
        Language::English => {
            format!("{who} has changed this draft meanwhile. Nothing of yours was taken: load the page again and look at it.")
        }
    }
}

/// Why something with an account was not done.
pub(in crate::web::site) fn account_error(error: &AccountError, language: Language) -> String {
    let german = match error {
        AccountError::Wrong => "E-Mail-Adresse oder Passwort ist falsch.",
        AccountError::WrongCode => "Der Code ist falsch oder wurde schon benutzt.",
        AccountError::Locked { .. } => "Zu viele Fehlversuche: Mit dieser Adresse kann sich eine Weile niemand anmelden.",
        AccountError::Weak(WeakPassword::Short) => "Ein Passwort hat mindestens 10 Zeichen.",
        AccountError::Weak(WeakPassword::Long) => "Ein Passwort hat höchstens 256 Zeichen.",
        AccountError::Weak(WeakPassword::Personal) => "Ein Passwort ist nicht die E-Mail-Adresse oder der Name.",
        AccountError::Weak(WeakPassword::Uniform) => "Ein Passwort ist nicht immer dasselbe Zeichen.",
        AccountError::Taken => "Mit dieser E-Mail-Adresse gibt es schon ein Konto.",
        AccountError::NoAddress => "Das ist keine E-Mail-Adresse.",
        AccountError::NoName => "Der Name fehlt.",
        AccountError::Gone => "Dieser Link wurde schon benutzt oder ist abgelaufen. Bitten Sie um einen neuen.",
        AccountError::Unknown => "Dieses Konto gibt es nicht.",
        AccountError::LastOwner => "Der letzte Inhaber aller Mandanten kann nicht weggenommen werden.",
        AccountError::TokenName => "Der Name eines Schlüssels hat 1 bis 60 der Zeichen a-z A-Z 0-9 - _ .",
        AccountError::TokenTaken => "Diesen Namen hat oder hatte schon ein Schlüssel; der Verlauf nennt Schlüssel beim Namen.",
        AccountError::NoScope => "Ein Schlüssel braucht mindestens eine Berechtigung.",
        AccountError::TokenUnknown => "Einen gültigen Schlüssel mit diesem Namen gibt es nicht.",
        AccountError::Vault(_) => "Das Geheimnis kann mit der Schlüsseldatei dieser Installation nicht gelesen werden.",
        AccountError::Engine(_) => "Das hat nicht geklappt.",
    };
    if language == Language::German {
        return german.to_owned();
    }
    let text = error.to_string();
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect::<String>() + ".").unwrap_or_default()
}
