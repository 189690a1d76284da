//! Dunnings that an accounting system made itself, as commands show them: where they stand there, and which are in doubt.

use super::output::{fact, moment};
use crate::adapters::lexoffice::dunning_link;
use crate::domain::chain::hex;
use crate::store::source_dunnings::{DunningRecord, DunningState};
use chrono_tz::Tz;
use serde_json::{Value, json};

/// Where people see it over there.
fn link(dunning: &DunningRecord) -> Option<String> {
    let id = dunning.external_id.as_ref().filter(|_| dunning.state == DunningState::Made && dunning.source == "lexoffice");
    id.map(|id| dunning_link(id))
}

pub(super) fn object(dunning: &DunningRecord, zone: Tz) -> Value {
    json!({
        "source": dunning.source, "instance": dunning.instance, "stage": dunning.stage_key, "token": dunning.token, "state": dunning.state.word(),
        "id": dunning.external_id, "link": link(dunning), "notice": dunning.notice, "date": dunning.dated, "pay_by": dunning.pay_by,
        "open_minor": dunning.open_minor, "fee_minor": dunning.fee_minor, "intended": dunning.intended_at.rfc3339_in(zone),
        "document_sha256": dunning.document.as_ref().map(|hash| hex(hash)), "error": dunning.error,
    })
}

/// A line for each.
pub(super) fn facts(dunnings: &[DunningRecord], zone: Tz) {
    for dunning in dunnings {
        let DunningRecord { source, token, stage_key, dated, pay_by, .. } = dunning;
        let said = match dunning.state {
            DunningState::Made => format!("made there, of {dated}, to be paid by {pay_by}"),
            DunningState::Intended => format!("asked for at {}; what came of it is not known yet", moment(dunning.intended_at, zone)),
            DunningState::Unknown => "nobody knows whether it was made".to_owned(),
            DunningState::NotMade => "not made".to_owned(),
            DunningState::Gone => "made, and not there any more".to_owned(),
        };
        let error = dunning.error.as_ref().map_or(String::new(), |error| format!(": {error}"));
        fact("dunning", &format!("{token} in {source} ({stage_key}): {said}{error}"));
        fact("", &link(dunning).unwrap_or_default());
    }
}
