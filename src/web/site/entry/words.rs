//! The words of the way in.

use crate::web::language::words;

words! {
    pub(super) struct EntryWords {
        sign_in: "Anmelden", "Sign in";
        email: "E-Mail-Adresse", "E-mail address";
        password: "Passwort", "Password";
        forgotten: "Passwort vergessen? Ein Inhaber erzeugt unter „Benutzer“ einen neuen Link, oder auf dem Server: mahnwerk account link ADRESSE.", "Password forgotten? An owner makes a new link under “Users”, or on the server: mahnwerk account link ADDRESS.";
        code_title: "Zweiter Faktor", "Second factor";
        code: "Code aus der App", "Code of the app";
        code_hint: "Sechs Ziffern aus Ihrer Authenticator-App.", "Six digits of your authenticator app.";
        code_button: "Weiter", "Continue";
        welcome: "Willkommen bei Mahnwerk", "Welcome to Mahnwerk";
        welcome_first: "Sie legen das erste Konto an. Es ist Inhaber aller Mandanten.", "You are making the first account. It owns all tenants.";
        welcome_invited: "Sie sind eingeladen. Legen Sie Ihr Konto an.", "You are invited. Make your account.";
        welcome_reset: "Setzen Sie Ihr Passwort neu. Alle anderen Anmeldungen enden.", "Set your password anew. All other sessions end.";
        name: "Ihr Name", "Your name";
        new_password: "Neues Passwort", "New password";
        password_hint: "Mindestens 10 Zeichen. Ein ganzer Satz ist am leichtesten zu merken.", "At least 10 characters. A whole sentence is easiest to remember.";
        create: "Konto anlegen", "Make the account";
        set: "Passwort setzen", "Set the password";
    }
}
