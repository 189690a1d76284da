//! Why a claim that is open at its source is not dunned. Decided anew whenever it is looked at, for the configuration may have changed.

use super::connection::SourceSettings;
use super::words::{GONE, kind, kind_word};
use crate::store::source_claims::ClaimRecord;

/// The reason of what the source and the configuration say about a claim, if there is one.
pub(super) fn exclusion(settings: &SourceSettings, record: &ClaimRecord, contact_archived: bool) -> Option<String> {
    if !settings.kinds.contains(&kind(&record.kind)) {
        return Some(format!("claims of the kind {} are switched off", kind_word(&kind(&record.kind))));
    }
    if record.contact.is_none() {
        return Some("it has no contact (collective customer), so that nobody can be written to".to_owned());
    }
    if contact_archived {
        return Some("its contact is archived".to_owned());
    }
    if let (Some(from), Some(date)) = (settings.sync_from, record.date)
        && date < from
    {
        return Some(format!("it is dated before {from}, the first day that is synchronised"));
    }
    let term = record.term.as_deref().unwrap_or_default();
    let excluded = settings.excluded_terms.iter().find(|excluded| {
        Some(excluded.as_str()) == record.term_id.as_deref() || (!term.is_empty() && term.to_lowercase().contains(&excluded.to_lowercase()))
    });
    excluded.map(|_| format!("its payment term is excluded: {term}"))
}

/// Why it rests at the moment: what its source made of it, else why it is not dunned.
pub(super) fn rest(source: &str, record: &ClaimRecord) -> Option<String> {
    match record.status.as_str() {
        "open" | "paid" | "paid_off" | "voided" => record.reason.clone(),
        "draft" => Some(format!("it is a draft again in {source}")),
        "direct_debit" => Some(format!("it is collected by direct debit, says {source}")),
        GONE => Some(format!("{source} does not have it any more")),
        other => Some(format!("{source} calls it `{other}`, which is not known here")),
    }
}
