//! The words of one's own account.

use crate::web::language::words;

words! {
    pub(super) struct AccountWords {
        title: "Mein Konto", "My account";
        look: "Darstellung", "Appearance";
        language: "Sprache", "Language";
        theme: "Farben", "Colours";
        auto: "wie das Gerät", "as the device";
        light: "hell", "light";
        dark: "dunkel", "dark";
        save: "Speichern", "Save";
        password: "Passwort", "Password";
        old: "Bisheriges Passwort", "Present password";
        new: "Neues Passwort", "New password";
        password_hint: "Mindestens 10 Zeichen. Alle anderen Anmeldungen enden danach.", "At least 10 characters. All other sessions end afterwards.";
        change: "Passwort ändern", "Change the password";
        factor: "Zweiter Faktor", "Second factor";
        factor_off: "Außer dem Passwort wird nichts verlangt. Ein Code aus einer App macht ein gestohlenes Passwort wertlos.", "Nothing but the password is asked for. A code of an app makes a stolen password worthless.";
        factor_on: "Beim Anmelden wird ein Code aus Ihrer App verlangt.", "A code of your app is asked for when you sign in.";
        factor_set: "Einrichten", "Set it up";
        factor_remove: "Entfernen", "Remove it";
        factor_scan: "Scannen Sie das Bild mit einer Authenticator-App und geben Sie den Code ein, den sie zeigt.", "Scan the picture with an authenticator app and enter the code that it shows.";
        factor_key: "Oder geben Sie dort diesen Schlüssel ein:", "Or enter this key there:";
        factor_picture: "QR-Code mit dem Schlüssel", "QR code with the key";
        code: "Code aus der App", "Code of the app";
        confirm: "Bestätigen", "Confirm";
        roles: "Ihre Rollen", "Your roles";
        everywhere: "alle Mandanten", "all tenants";
    }
}
