//! The text sets that come along: German and English, six reminders and three dunnings, from `templates/notices/`.

/// One built-in set: language, template, subject, body.
pub(super) struct Builtin {
    pub(super) language: &'static str,
    pub(super) template: &'static str,
    pub(super) subject: &'static str,
    pub(super) body: &'static str,
}

macro_rules! sets {
    ($($language:literal: [$($template:literal),+ $(,)?]),+ $(,)?) => {
        &[$($(Builtin {
            language: $language,
            template: $template,
            subject: include_str!(concat!("../../../templates/notices/", $language, "/", $template, "/subject.hbs")),
            body: include_str!(concat!("../../../templates/notices/", $language, "/", $template, "/body.hbs")),
        }),+),+]
    };
}

pub(super) const BUILTIN: &[Builtin] = sets! {
    "de": ["reminder-1", "reminder-2", "reminder-3", "reminder-4", "reminder-5", "reminder-6", "dunning-1", "dunning-2", "dunning-3"],
    "en": ["reminder-1", "reminder-2", "reminder-3", "reminder-4", "reminder-5", "reminder-6", "dunning-1", "dunning-2", "dunning-3"],
};
