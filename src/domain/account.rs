//! Who may do what on the pages and in the API: roles, what each allows, and how patient a sign-in is.
//!
//! Where accounts are kept: `store/accounts.rs`; how one signs in: `engine/accounts`.

use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What a person is at a tenant. Each may do what those below it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads everything, changes nothing.
    Auditor,
    /// Pauses, skips, retries, releases.
    Operator,
    /// Settings, workflows, texts, senders.
    Administrator,
    /// Who may do what; secrets; whether notices leave.
    Owner,
}

/// What a page or a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    Read,
    Operate,
    Administer,
    Own,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Owner, Self::Administrator, Self::Operator, Self::Auditor];

    /// Whether whoever has this role may do what needs `right`.
    #[must_use]
    pub fn may(self, right: Right) -> bool {
        let highest = match self {
            Self::Auditor => Right::Read,
            Self::Operator => Right::Operate,
            Self::Administrator => Right::Administer,
            Self::Owner => Right::Own,
        };
        right <= highest
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// So many mistakes in a row are nobody's business.
const FREE_MISTAKES: i64 = 5;
const FIRST_LOCK_MS: i64 = 30_000;
const LONGEST_LOCK_MS: i64 = 3_600_000;

/// Until when nobody may try again after `failures` mistakes in a row: from the fifth on half a minute, doubled by each further one up to
/// an hour. Long enough against guessing, short enough that nobody is locked out by somebody else's guesses for good.
#[must_use]
pub fn locked_until(failures: i64, now: Timestamp) -> Timestamp {
    let beyond = failures - FREE_MISTAKES;
    if beyond < 0 {
        return Timestamp(0);
    }
    let doubled = FIRST_LOCK_MS.saturating_mul(1_i64 << beyond.min(20));
    Timestamp(now.0.saturating_add(doubled.min(LONGEST_LOCK_MS)))
}

pub const SHORTEST_PASSWORD: usize = 10;
/// Hashing takes time by length; nobody types more.
const LONGEST_PASSWORD: usize = 256;

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("a password has at least {SHORTEST_PASSWORD} characters")]
    Short,
    #[error("a password has at most {LONGEST_PASSWORD} characters")]
    Long,
    #[error("a password is not the e-mail address or the name")]
    Personal,
    #[error("a password is not one character repeated")]
    Uniform,
}

/// Length is what counts (NIST SP 800-63B, 5.1.1.2): no rules about which characters stand in it.
///
/// # Errors
/// What is wrong with it.
pub fn check_password(password: &str, email: &str, name: &str) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    let small = password.to_lowercase();
    if length < SHORTEST_PASSWORD {
        return Err(WeakPassword::Short);
    }
    if length > LONGEST_PASSWORD {
        return Err(WeakPassword::Long);
    }
    if small == email.to_lowercase() || small == name.to_lowercase() || email.to_lowercase().split('@').next() == Some(&small) {
        return Err(WeakPassword::Personal);
    }
    let mut characters = password.chars();
    let first = characters.next();
    if characters.all(|character| Some(character) == first) {
        return Err(WeakPassword::Uniform);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_those_below_it_may() {
        let table: Vec<_> = Role::ALL
            .into_iter()
            .map(|role| [Right::Read, Right::Operate, Right::Administer, Right::Own].map(|right| u8::from(role.may(right))))
            .collect();
        assert_eq!(table, [[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]]);
        assert!(Role::ALL.into_iter().all(|role| Role::parse(role.as_str()) == Some(role)));
    }

    #[test]
    fn a_lock_begins_with_the_fifth_mistake_and_never_lasts_longer_than_an_hour() {
        let now = Timestamp(1_000_000);
        let locks: Vec<_> = [0, 4, 5, 6, 7, 20, i64::MAX].map(|failures| locked_until(failures, now).0.max(now.0) - now.0).into();
        assert_eq!(locks, [0, 0, 30_000, 60_000, 120_000, 3_600_000, 3_600_000]);
    }

    #[test]
    fn passwords_are_long_and_not_personal() {
        let check = |password: &str| check_password(password, "anna@beispiel.example", "Anna Beispiel");
        assert_eq!(check("neun zeic"), Err(WeakPassword::Short));
        assert_eq!(check("Anna Beispiel"), Err(WeakPassword::Personal));
        assert_eq!(check("anna@beispiel.example"), Err(WeakPassword::Personal));
        assert_eq!(check("ääääääääääää"), Err(WeakPassword::Uniform));
        assert_eq!(check(&"x1".repeat(129)), Err(WeakPassword::Long));
        assert_eq!(check("zehn Zeichen sind genug"), Ok(()));
    }
}
