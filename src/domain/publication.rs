//! What administrators write on the pages and publish: settings, workflows, texts.

/// What kind of thing is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A tenant's settings.
    Settings,
    /// A workflow, by its name.
    Workflow,
    /// A stage's text in a language, by `LANGUAGE/SET`.
    Text,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Settings, Self::Workflow, Self::Text];

    /// The word in the ledger and in the history.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Workflow => "workflow",
            Self::Text => "text",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}
