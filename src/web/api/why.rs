//! Why an instance was not dunned yet, in words for programs. The rules themselves: `domain/instance/hindrance.rs`; how they are asked: `engine/prospect.rs`.

use super::problem::Problem;
use super::shape::{Kind, Shape, optional, required};
use crate::domain::ids::{InvoiceId, TenantId};
use crate::domain::instance::{DateRule, Hindrance};
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::engine::prospect::{Halt, Held};
use serde_json::{Map, Value, json};

const RULES: &[&str] = &[
    "date",
    "time_of_day",
    "window",
    "one_a_day",
    "throttle",
    "place",
    "next_round",
    "payment_data",
    "below_minimum",
    "block",
    "review",
    "under_way",
    "failed",
    "settled",
    "ended",
    "exhausted",
];

/// Why nothing of a tenant leaves.
pub(super) const HELD: &[&str] = &[FENCED, SENDING_OFF, BACKLOG_UNDECIDED];
const FENCED: &str = "fenced";
const SENDING_OFF: &str = "sending_off";
const BACKLOG_UNDECIDED: &str = "backlog_undecided";

pub(super) const WHY: Shape = Shape {
    name: "Why",
    text: "A rule and what it hangs on.",
    fields: &[
        required("rule", Kind::Word(RULES), "`next_round`: nothing stops it. `payment_data`: its source is waited for."),
        optional("stage_date", Kind::Date, "`date`: before it the stage is not due."),
        optional("date_rule", Kind::Word(&["due_date", "previous_stage", "gap"]), "`date`: from what the days count."),
        optional("days", Kind::Number, "`date`"),
        optional("legal_shift", Kind::Flag, "`date`: the due date was moved to a working day."),
        optional("dunnable_minor", Kind::Number, "`below_minimum`"),
        optional("minimum_minor", Kind::Number, "`below_minimum`"),
        optional("reason", Kind::Text, "`block`, `failed`, `payment_data`"),
        optional("until", Kind::Date, "`block`"),
        optional("notice", Kind::Text, "`review`, `under_way`, `failed`"),
    ],
};

/// What stops an instance.
#[derive(Debug)]
pub(super) struct Why(Halt);

/// `None` if there is no such instance.
pub(super) async fn of(engine: &Engine, tenant: TenantId, invoice: InvoiceId) -> Result<Option<Why>, Problem> {
    Ok(engine.halt(tenant, invoice).await?.map(Why))
}

impl Why {
    /// When it may go on, where that is known.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.0.next
    }

    /// Why nothing of the tenant leaves: one of [`HELD`].
    pub(super) fn held(&self) -> Option<&'static str> {
        self.0.held.as_ref().map(|held| match held {
            Held::Fenced => FENCED,
            Held::Off { .. } => SENDING_OFF,
            Held::BacklogAsked => BACKLOG_UNDECIDED,
        })
    }

    pub(super) fn rule(&self) -> Value {
        if let Some(reason) = self.0.waits_for_source() {
            return object("payment_data", [("reason", json!(reason))]);
        }
        match &self.0.why {
            Hindrance::Date { stage_date, rule } => {
                let (rule, days, shifted) = match *rule {
                    DateRule::DueDate { days, shifted } => ("due_date", days, shifted),
                    DateRule::PreviousStage { days } => ("previous_stage", days, false),
                    DateRule::Gap { days } => ("gap", days, false),
                };
                object(
                    "date",
                    [("stage_date", json!(stage_date)), ("date_rule", json!(rule)), ("days", json!(days)), ("legal_shift", json!(shifted))],
                )
            }
            Hindrance::TimeOfDay => object("time_of_day", []),
            Hindrance::Window => object("window", []),
            Hindrance::OneADay => object("one_a_day", []),
            Hindrance::Throttle => object("throttle", []),
            Hindrance::Place => object("place", []),
            Hindrance::NextRound => object("next_round", []),
            Hindrance::BelowMinimum { dunnable_minor, minimum_minor } => {
                object("below_minimum", [("dunnable_minor", json!(dunnable_minor)), ("minimum_minor", json!(minimum_minor))])
            }
            Hindrance::Block { reason, until } => object("block", [("reason", json!(reason)), ("until", json!(until))]),
            Hindrance::Review { notice } => object("review", [("notice", json!(notice))]),
            Hindrance::UnderWay { notice } => object("under_way", [("notice", json!(notice))]),
            Hindrance::Failed { notice, reason } => object("failed", [("notice", json!(notice)), ("reason", json!(reason))]),
            Hindrance::Settled => object("settled", []),
            Hindrance::Ended => object("ended", []),
            Hindrance::Exhausted => object("exhausted", []),
        }
    }
}

fn object<const N: usize>(rule: &str, members: [(&str, Value); N]) -> Value {
    let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
    Value::Object(Map::from_iter(std::iter::once(("rule".to_owned(), Value::from(rule))).chain(members)))
}
