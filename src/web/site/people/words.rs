//! The words of the pages about people.

use crate::domain::account::Role;
use crate::web::language::{Language, words};

words! {
    pub(super) struct PeopleWords {
        title: "Benutzer", "Users";
        lead_here: "Wer bei diesem Mandanten was darf.", "Who may do what at this tenant.";
        lead_everywhere: "Alle Konten dieser Installation. Eine Rolle hier gilt für alle Mandanten, auch für künftige.", "All accounts of this installation. A role given here holds at all tenants, those to come included.";
        to_everywhere: "Alle Konten der Installation", "All accounts of the installation";
        log: "Kontenprotokoll", "Account log";
        name: "Name", "Name";
        email: "E-Mail-Adresse", "E-mail address";
        role: "Rolle", "Role";
        from_everywhere: "an allen Mandanten", "at all tenants";
        factor: "Zweiter Faktor", "Second factor";
        yes: "ja", "yes";
        no: "nein", "no";
        change: "Ändern", "Change";
        revoke: "Rolle entziehen", "Take the role away";
        invite: "Einladen", "Invite";
        invite_hint: "Der Link gilt sieben Tage und einmal. Senden Sie ihn der Person selbst.", "The link holds for seven days, once. Send it to the person yourself.";
        make_link: "Link erzeugen", "Make the link";
        link: "Link für", "Link for";
        link_hint: "Er wird nur jetzt gezeigt.", "It is shown only now.";
        reset: "Passwort-Link", "Password link";
        shut_out: "Sperren", "Shut out";
        let_in: "Entsperren", "Let in";
        is_out: "gesperrt", "shut out";
        owner_may: "Inhaber: alles, auch Benutzer, Geheimnisse und ob Schreiben hinausgehen", "Owner: everything, also users, secrets, and whether notices leave";
        administrator_may: "Verwalter: Einstellungen, Mahnverfahren, Texte", "Administrator: settings, workflows, texts";
        operator_may: "Sachbearbeiter: pausieren, überspringen, wiederholen, freigeben", "Operator: pause, skip, retry, release";
        auditor_may: "Prüfer: alles lesen", "Auditor: reads everything";
    }
}

/// What a role is called.
pub(in crate::web::site) fn role_word(language: Language, role: Role) -> &'static str {
    match (language, role) {
        (Language::German, Role::Owner) => "Inhaber",
        (Language::German, Role::Administrator) => "Verwalter",
        (Language::German, Role::Operator) => "Sachbearbeiter",
        (Language::German, Role::Auditor) => "Prüfer",
        (Language::English, Role::Owner) => "Owner",
        (Language::English, Role::Administrator) => "Administrator",
        (Language::English, Role::Operator) => "Operator",
        (Language::English, Role::Auditor) => "Auditor",
    }
}
