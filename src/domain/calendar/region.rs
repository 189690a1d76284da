//! Where a holiday calendar holds: a country, or one of its states or cantons.
//!
//! A region is written as ISO 3166 has it (`DE-BY`, `AT`, `CH-ZH`), or `none`. Its rules are in `rules_*`.

use super::rule::Rule;
use super::{rules_at, rules_ch, rules_de};
use std::fmt;

/// A region whose holidays are known, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    code: &'static str,
}

/// A text that names no region, and what it may have meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{written}\" is no region whose holidays are known: {}", advice(.nearest))]
pub struct UnknownRegion {
    pub written: String,
    /// What it may have meant; empty if nothing comes near.
    pub nearest: Vec<Region>,
}

const WITHOUT_STATE: &[(&str, &str)] = &[("none", "keine Feiertage"), ("DE", "Deutschland"), ("AT", "Österreich"), ("CH", "Schweiz")];

impl Region {
    /// No holidays at all; weekends still count for [`super::Calendar::legal_due`].
    pub const NONE: Self = Self { code: "none" };

    /// Reads `none`, `DE`, `DE-BY`, `AT`, `AT-1` to `AT-9` (all of them `AT`), `CH` or `CH-ZH`; `DE` and `CH` alone
    /// mean the days of the whole country.
    ///
    /// # Errors
    /// On anything else, with the regions that it may have meant or all that may be written.
    pub fn parse(text: &str) -> Result<Self, UnknownRegion> {
        let code = if is_austrian_state(text) { "AT" } else { text };
        match Self::all().find(|region| region.code == code) {
            Some(region) => Ok(region),
            None => Err(UnknownRegion { written: text.to_owned(), nearest: nearest(text) }),
        }
    }

    /// Every region: those without a state first, then by code.
    pub fn all() -> impl Iterator<Item = Self> {
        entries().map(|(code, _)| Self { code })
    }

    /// `DE-BY`, as it is written and stored.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.code
    }

    /// Its German name: `Bayern`.
    #[must_use]
    pub fn name(self) -> &'static str {
        entries().find(|(code, _)| *code == self.code).map_or(self.code, |(_, name)| name)
    }

    fn country_and_state(self) -> (&'static str, Option<&'static str>) {
        self.code.split_once('-').map_or((self.code, None), |(country, state)| (country, Some(state)))
    }

    /// The rules of its holidays.
    pub(super) fn rules(self) -> impl Iterator<Item = &'static Rule> {
        let (country, state) = self.country_and_state();
        let rules = match country {
            "DE" => rules_de::RULES,
            "AT" => rules_at::RULES,
            "CH" => rules_ch::RULES,
            _ => &[],
        };
        rules.iter().filter(move |rule| rule.applies_in(state))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code)
    }
}

fn entries() -> impl Iterator<Item = (&'static str, &'static str)> {
    WITHOUT_STATE.iter().chain(rules_de::STATES).chain(rules_ch::CANTONS).copied()
}

/// ISO 3166-2 numbers the Länder, and all nine keep the same days.
fn is_austrian_state(text: &str) -> bool {
    text.strip_prefix("AT-").is_some_and(|state| matches!(state.as_bytes(), [b'1'..=b'9']))
}

/// The regions that a text comes near to: by the code in other letters, by the state's code alone, by the name.
fn nearest(text: &str) -> Vec<Region> {
    let code = text.trim().to_uppercase().replace(['_', ' ', '.', '/'], "-");
    let name = text.trim().to_lowercase();
    let comes_near = |(known, known_name): &(&str, &str)| {
        known.eq_ignore_ascii_case(&code)
            || known.split_once('-').is_some_and(|(_, state)| state == code)
            || known_name.to_lowercase() == name
            || (is_austrian_state(&code) && *known == "AT")
    };
    entries().filter(comes_near).map(|(code, _)| Region { code }).collect()
}

fn advice(nearest: &[Region]) -> String {
    let join = |regions: Vec<Region>, between: &str| regions.iter().map(|region| region.code).collect::<Vec<_>>().join(between);
    if nearest.is_empty() {
        format!("write one of {}, or AT-1 to AT-9", join(Region::all().collect(), ", "))
    } else {
        format!("write {}", join(nearest.to_vec(), " or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_reads_back_as_itself() {
        assert_eq!(Region::all().count(), 4 + 16 + 26);
        for region in Region::all() {
            assert_eq!(Region::parse(&region.to_string()), Ok(region));
        }
        assert_eq!(Region::parse("none"), Ok(Region::NONE));
    }

    #[test]
    fn the_laender_of_austria_are_austria() {
        assert_eq!(Region::parse("AT-9").unwrap().to_string(), "AT");
        assert!(Region::parse("AT-0").is_err());
        assert!(Region::parse("AT-10").is_err());
    }

    #[test]
    fn an_unknown_region_says_what_may_have_been_meant() {
        let said = |text| Region::parse(text).unwrap_err().to_string();
        assert_eq!(said("Bayern"), "\"Bayern\" is no region whose holidays are known: write DE-BY");
        assert_eq!(said("de_by"), "\"de_by\" is no region whose holidays are known: write DE-BY");
        assert_eq!(said("BE"), "\"BE\" is no region whose holidays are known: write DE-BE or CH-BE");
        assert_eq!(said("at-3"), "\"at-3\" is no region whose holidays are known: write AT");
        assert_eq!(said("None"), "\"None\" is no region whose holidays are known: write none");
        let list = said("FR-75");
        assert!(list.contains("write one of none, DE, AT, CH, DE-BB, DE-BE,") && list.ends_with("CH-ZG, CH-ZH, or AT-1 to AT-9"), "{list}");
    }

    #[test]
    fn every_state_in_a_rule_exists() {
        for (rules, regions) in [(rules_de::RULES, rules_de::STATES), (rules_at::RULES, &[]), (rules_ch::RULES, rules_ch::CANTONS)] {
            let known: BTreeSet<_> = regions.iter().map(|(code, _)| &code[3..]).collect();
            for rule in rules {
                assert!(rule.states.iter().all(|state| known.contains(state)), "{rule:?}");
            }
        }
    }

    #[test]
    fn a_name_is_at_hand_for_the_page() {
        assert_eq!(Region::parse("DE-BY").unwrap().name(), "Bayern");
        assert_eq!(Region::parse("CH").unwrap().name(), "Schweiz");
    }
}
