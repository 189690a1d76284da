//! Ids as the API writes them: UUIDs.

use super::super::dice::Dice;
use serde::{Serialize, Serializer};
use std::fmt;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(u128);

impl Id {
    /// A fresh one, of version 4.
    pub(super) fn new(dice: &mut Dice) -> Self {
        let random = (u128::from(dice.roll()) << 64) | u128::from(dice.roll());
        let version = 0x4000_u128 << 64;
        let variant = 0x8000_u128 << 48;
        Self((random & !(0xF000_u128 << 64) & !(0xC000_u128 << 48)) | version | variant)
    }

    pub(super) const fn fixed(value: u128) -> Self {
        Self(value)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let shaped = text.len() == 36 && text.bytes().enumerate().all(|(at, byte)| (byte == b'-') == matches!(at, 8 | 13 | 18 | 23));
        shaped.then(|| u128::from_str_radix(&text.replace('-', ""), 16).ok().map(Self))?
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_of_version_4_and_read_back() {
        let mut dice = Dice::new(1);
        for _ in 0..100 {
            let id = Id::new(&mut dice);
            let text = id.to_string();
            assert_eq!(&text[14..15], "4");
            assert!("89ab".contains(&text[19..20]), "{text}");
            assert_eq!(Id::parse(&text), Some(id));
        }
        assert_eq!(Id::parse("nonsense"), None);
        assert_eq!(Id::parse("0c5d0000-0000-4000-8000-00000000000g"), None);
    }
}
