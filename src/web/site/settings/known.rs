//! What may be chosen in fields whose choices no list of ours can say: the tenant's own workflows, and the payment terms that occur at its
//! source.

use super::fields::Section;
use super::row::Chosen;
use crate::assembly::catalogue::catalogue;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;

#[derive(Default)]
pub(super) struct Known {
    /// Names and titles of workflows that can be used.
    workflows: Vec<(String, String)>,
    terms: Vec<String>,
}

impl Known {
    /// What the fields of this section need to know.
    pub(super) async fn of(site: &Site, seat: &Seat, section: Section) -> Result<Self, PageError> {
        if section != Section::Source {
            return Ok(Self::default());
        }
        let (store, tenant, texts) = (&site.engine.store, seat.id(), site.tenancy.texts(seat.id()));
        let listed = catalogue(store, tenant, &site.tenancy.config, &texts).await?;
        let sound = listed.into_iter().filter_map(|listed| {
            let title = listed.parsed.workflow?.title_in(seat.language().tag()).to_owned();
            Some((listed.name, title))
        });
        let terms = match site.engine.source_status(tenant).await? {
            Some(status) => store.usual_terms(tenant, &status.name).await?,
            None => Vec::new(),
        };
        Ok(Self { workflows: sound.collect(), terms })
    }

    /// The workflows; what is set and no list has stands last.
    pub(super) fn workflows(&self, current: &str) -> Vec<Chosen> {
        let word = |name: &str, title: &str| if title.is_empty() || title == name { name.to_owned() } else { format!("{title} ({name})") };
        let mut all: Vec<_> = self.workflows.iter().map(|(name, title)| (name.clone(), word(name, title), name == current)).collect();
        if !current.is_empty() && all.iter().all(|(_, _, chosen)| !chosen) {
            all.push((current.to_owned(), current.to_owned(), true));
        }
        all
    }

    /// The terms, each with whether it is among those that are set, and what else is set.
    pub(super) fn terms(&self, set: &[&str]) -> (Vec<Chosen>, Vec<String>) {
        let boxes = self.terms.iter().map(|term| (term.clone(), term.clone(), set.contains(&term.trim())));
        let is_known = |entry: &&&str| self.terms.iter().any(|term| term.trim() == **entry);
        let (lines, long): (Vec<&str>, Vec<&str>) = set.iter().filter(|entry| !is_known(entry)).partition(|entry| !entry.contains('\n'));
        // What has several lines would be several entries in a field for lines.
        let long = long.into_iter().map(|term| (term.to_owned(), term.to_owned(), true));
        (boxes.chain(long).collect(), lines.into_iter().map(ToOwned::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_stands_in_a_box_or_in_the_field_and_never_in_both() {
        let known =
            Known { workflows: vec![("gentle".to_owned(), "Sanft".to_owned())], terms: vec!["Sofort".to_owned(), "SEPA".to_owned()] };
        let (boxes, others) = known.terms(&["SEPA", "Lastschrift", "eins\nzwei"]);
        let boxes: Vec<_> = boxes.iter().map(|(value, _, chosen)| (value.as_str(), *chosen)).collect();
        assert_eq!((boxes, others), (vec![("Sofort", false), ("SEPA", true), ("eins\nzwei", true)], vec!["Lastschrift".to_owned()]));
        let words: Vec<_> = known.workflows("own.toml").into_iter().map(|(_, word, chosen)| (word, chosen)).collect();
        assert_eq!(words, [("Sanft (gentle)".to_owned(), false), ("own.toml".to_owned(), true)]);
    }
}
