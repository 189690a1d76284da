//! What a token of the HTTP API may be used for. A token has some of these; none holds another.
//!
//! Which call needs which: the list of `web/api`. Tokens are made and kept by `engine/accounts/tokens.rs`.

use super::account::Right;

/// What a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Reads everything of the tenant.
    Read,
    /// Brings invoices and payments.
    Facts,
    /// Pauses, resumes, skips, settles, withdraws, releases, resolves.
    Operate,
    /// Sets up where transitions are told to.
    Administer,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Read, Self::Facts, Self::Operate, Self::Administer];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Facts => "facts:write",
            Self::Operate => "operate",
            Self::Administer => "admin",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }

    /// What a person must be allowed to do himself to give this to a token.
    #[must_use]
    pub const fn right(self) -> Right {
        match self {
            Self::Read => Right::Read,
            Self::Facts | Self::Operate => Right::Operate,
            Self::Administer => Right::Administer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_has_a_word_and_needs_no_more_than_an_administrators_right() {
        assert!(Scope::ALL.into_iter().all(|scope| Scope::parse(scope.as_str()) == Some(scope)));
        assert!(Scope::ALL.into_iter().all(|scope| scope.right() <= Right::Administer));
        assert_eq!(Scope::parse("write"), None);
    }
}
