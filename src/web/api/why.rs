//! Why an instance was not dunned yet, in words for programs. The rules themselves: `domain/instance/hindrance.rs`.

use super::problem::Problem;
use super::shape::{Kind, Shape, optional, required};
use crate::domain::backlog::Backlog;
use crate::domain::ids::{InvoiceId, TenantId};
use crate::domain::instance::{DateRule, Hindrance, hindrance};
use crate::domain::time::Timestamp;
use crate::engine::{Engine, EngineError};
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
pub(super) const HELD: &[&str] = &["fenced", "sending_off", "backlog_undecided"];

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

/// The first rule that stops an instance.
#[derive(Debug)]
pub(super) struct Why {
    hindrance: Hindrance,
    /// What its source is waited for with.
    source: Option<String>,
    pub(super) held: Option<&'static str>,
    pub(super) next: Option<Timestamp>,
}

/// `None` if there is no such instance. The facts are read as a decision would read them; nothing is written.
pub(super) async fn of(engine: &Engine, tenant: TenantId, invoice: InvoiceId) -> Result<Option<Why>, Problem> {
    let held = engine.tenant_with_editions(tenant).await?;
    let mut tx = engine.store.begin_tenant(tenant).await?;
    let case = tx.cases([invoice]).await?.pop();
    drop(tx);
    let Some(case) = case else { return Ok(None) };
    let edition = held
        .known(case.instance.workflow)
        .ok_or_else(|| EngineError::Workflow { id: case.instance.workflow, why: "it is not known to this process yet".to_owned() })?;
    let facts = case.facts(edition.minimum_minor(case.currency));
    let (hindrance, next) = hindrance(&case.instance, edition.ladder(), &facts, case.slot.is_some(), engine.clock.now());
    let gate = engine.store.gate(tenant).await?;
    let word = [("fenced", gate.fenced), ("sending_off", gate.off), ("backlog_undecided", gate.backlog == Some(Backlog::Asked))];
    let goes_on = case.instance.state.keeps_a_place() || hindrance == Hindrance::Place;
    let word = word.into_iter().find(|(_, holds)| *holds && goes_on).map(|(word, _)| word);
    let due = matches!(
        hindrance,
        Hindrance::TimeOfDay | Hindrance::Window | Hindrance::Throttle | Hindrance::NextRound | Hindrance::UnderWay { .. }
    );
    let source = engine.freshness(tenant, invoice).await?.and_then(|(_, why)| why).filter(|_| due);
    Ok(Some(Why { hindrance, source, held: word, next: next.filter(|_| word.is_none()) }))
}

impl Why {
    pub(super) fn rule(&self) -> Value {
        if let Some(reason) = &self.source {
            return object("payment_data", [("reason", json!(reason))]);
        }
        match &self.hindrance {
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
