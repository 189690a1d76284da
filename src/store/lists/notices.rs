//! The list of notices, the newest first or last.

use super::{FEW, Order, Page, Words};
use crate::domain::ids::{CustomerId, NoticeId, TenantId};
use crate::domain::time::Timestamp;
use crate::store::db::{Row, Store, Value};
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use crate::store::tenant::rows_json;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// What a filter lets through, of `n` and its `c`.
macro_rules! fits {
    ($state:literal, $channel:literal, $stage:literal, $customer:literal, $from:literal, $to:literal, $a:literal, $b:literal, $c:literal, $d:literal, $e:literal, $f:literal) => {
        concat!(
            "(",
            $state,
            " = '' OR n.state = ",
            $state,
            ") AND (",
            $channel,
            " = '' OR n.channel = ",
            $channel,
            ")
             AND (",
            $stage,
            " = '' OR n.stage_key = ",
            $stage,
            ") AND (",
            $customer,
            " = 0 OR n.customer_id = ",
            $customer,
            ")
             AND (",
            $from,
            " = '' OR n.local_date >= ",
            $from,
            ") AND (",
            $to,
            " = '' OR n.local_date <= ",
            $to,
            ")
             AND (c.search LIKE ",
            $b,
            " ESCAPE '!' OR EXISTS (SELECT 1 FROM notice_line l CROSS JOIN invoice v WHERE l.tenant_id = n.tenant_id
                AND l.notice_id = n.id AND v.tenant_id = n.tenant_id AND v.id = l.instance_id AND lower(v.number) LIKE ",
            $a,
            " ESCAPE '!'))
             AND (c.search LIKE ",
            $d,
            " ESCAPE '!' OR EXISTS (SELECT 1 FROM notice_line l CROSS JOIN invoice v WHERE l.tenant_id = n.tenant_id
                AND l.notice_id = n.id AND v.tenant_id = n.tenant_id AND v.id = l.instance_id AND lower(v.number) LIKE ",
            $c,
            " ESCAPE '!'))
             AND (c.search LIKE ",
            $f,
            " ESCAPE '!' OR EXISTS (SELECT 1 FROM notice_line l CROSS JOIN invoice v WHERE l.tenant_id = n.tenant_id
                AND l.notice_id = n.id AND v.tenant_id = n.tenant_id AND v.id = l.instance_id AND lower(v.number) LIKE ",
            $e,
            " ESCAPE '!'))"
        )
    };
}

/// The next rows along an index: `$14` and `$15` are where the last page ended, `$16` is how many, `$17` where the way ends.
macro_rules! walk {
    ($name:literal, $behind:literal, $order:literal) => {
        Statement::new(
            $name,
            concat!(
                "SELECT n.id, n.issued_at FROM notice n CROSS JOIN customer c WHERE n.tenant_id = $1 AND c.tenant_id = $1 AND c.id = n.customer_id AND ",
                $behind, " AND ", fits!("$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13"),
                " ORDER BY ", $order, " LIMIT $16"
            ),
        )
    };
}

static OLDEST: Statement = walk!("list notices", "(n.issued_at, n.id) > ($14, $15) AND n.issued_at < $17", "n.issued_at, n.id");
static NEWEST: Statement =
    walk!("list notices down", "(n.issued_at, n.id) < ($14, $15) AND n.issued_at >= $17", "n.issued_at DESC, n.id DESC");
static OF_CUSTOMER: Statement =
    Statement::new("list notices of a customer", "SELECT n.id FROM notice n WHERE n.tenant_id = $1 AND n.customer_id = $2 LIMIT $3");
static PRESSING: Statement = Statement::new(
    "list notices that press",
    "SELECT n.id FROM notice n WHERE n.tenant_id = $1 AND n.state = $2 AND (n.state = 'proposed' OR n.state = 'failed' OR n.state = 'unknown') LIMIT $3",
);
static ASIDE: Statement = Statement::new(
    "list notices set aside",
    "SELECT n.id FROM notice n WHERE n.tenant_id = $1 AND n.state = $2 AND n.state IN ('paper', 'recalled') LIMIT $3",
);
static UNDER_WAY: Statement = Statement::new(
    "list notices under way",
    "SELECT DISTINCT s.id FROM (
        SELECT q.notice_id AS id FROM step q WHERE q.tenant_id = $1 AND q.state = 'queued'
        UNION ALL SELECT q.notice_id FROM step q WHERE q.tenant_id = $1 AND q.state = 'retry'
        UNION ALL SELECT q.notice_id FROM step q WHERE q.tenant_id = $1 AND q.state = 'started'
     ) AS s LIMIT $2",
);
static FOUND: Statement = Statement::new(
    "list notices found",
    "SELECT n.id FROM customer c CROSS JOIN notice n
        WHERE c.tenant_id = $1 AND c.search >= '' AND c.search LIKE $3 ESCAPE '!' AND n.tenant_id = $1 AND n.customer_id = c.id
     UNION ALL SELECT l.notice_id AS id FROM invoice v CROSS JOIN notice_line l
        WHERE v.tenant_id = $1 AND lower(v.number) LIKE $2 ESCAPE '!' AND l.tenant_id = $1 AND l.instance_id = v.id LIMIT $4",
);
static FITTING: Statement = Statement::new(
    "list notices fitting",
    concat!(
        "SELECT n.id, n.issued_at FROM {rows} JOIN notice n ON n.tenant_id = $2 AND n.id = {t0}
         JOIN customer c ON c.tenant_id = n.tenant_id AND c.id = n.customer_id WHERE n.tenant_id = $2 AND ",
        fits!("$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14")
    ),
);
static LINES: Statement = Statement::new(
    "list notices lines",
    "SELECT n.id, n.state, n.channel, n.reason, n.stage_key, n.slot_at, n.issued_at, n.dispatched_at, n.open_minor, n.fee_minor, n.currency, n.recipient,
        c.id AS customer_id, c.number AS customer_number, c.name AS customer_name,
        (SELECT COUNT(*) FROM notice_line l WHERE l.tenant_id = n.tenant_id AND l.notice_id = n.id) AS invoices
     FROM {rows} JOIN notice n ON n.tenant_id = $2 AND n.id = {t0} JOIN customer c ON c.tenant_id = n.tenant_id AND c.id = n.customer_id
     WHERE n.tenant_id = $2",
);

pub(super) fn statements() -> Vec<&'static Statement> {
    vec![&OLDEST, &NEWEST, &OF_CUSTOMER, &PRESSING, &ASIDE, &UNDER_WAY, &FOUND, &FITTING, &LINES]
}

/// A notice's place in the list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NoticeSpot {
    pub issued_at: Timestamp,
    pub id: String,
}

impl NoticeSpot {
    fn of(row: &Row) -> Result<Self, StoreError> {
        Ok(Self { issued_at: Timestamp(row.int("issued_at")?), id: row.text("id")? })
    }

    fn start(order: Order) -> Self {
        if order == Order::Up {
            Self { issued_at: Timestamp(i64::MIN), id: String::new() }
        } else {
            Self { issued_at: Timestamp(i64::MAX), id: super::LAST_TEXT.to_owned() }
        }
    }
}

/// Which notices are listed. Empty texts and `None` mean all.
#[derive(Clone, Debug, Default)]
pub struct NoticeFilter {
    pub state: String,
    pub channel: String,
    /// The key of its highest stage.
    pub stage: String,
    pub customer: Option<CustomerId>,
    /// Planned from this day to that one, both included, as `YYYY-MM-DD`.
    pub from: String,
    pub to: String,
    /// Issued from this instant on and before that one: those of one run.
    pub issued: Option<(Timestamp, Timestamp)>,
    pub words: Words,
}

impl NoticeFilter {
    fn values(&self) -> [Value<'_>; 12] {
        let [a, b, c, d, e, f] = self.words.values();
        let customer = Value::Int(self.customer.map_or(0, |customer| customer.0));
        let [state, channel, stage, from, to] =
            [&self.state, &self.channel, &self.stage, &self.from, &self.to].map(|text| Value::Text(text));
        [state, channel, stage, customer, from, to, a, b, c, d, e, f]
    }

    fn was_issued(&self, at: Timestamp) -> bool {
        self.issued.is_none_or(|(from, to)| from <= at && at < to)
    }

    /// Behind which spot a walk begins, and the instant at which it ends.
    fn way(&self, order: Order, after: Option<&NoticeSpot>) -> (NoticeSpot, Timestamp) {
        let (from, to) = self.issued.unwrap_or((Timestamp(i64::MIN), Timestamp(i64::MAX)));
        let edge = |issued_at| if self.issued.is_some() { NoticeSpot { issued_at, id: String::new() } } else { NoticeSpot::start(order) };
        let (edge, end) = if order == Order::Up { (edge(from), to) } else { (edge(to), from) };
        let after = after.cloned().unwrap_or_else(|| edge.clone());
        (if order == Order::Up { after.max(edge) } else { after.min(edge) }, end)
    }
}

/// A line of the list.
#[derive(Clone, Debug)]
pub struct NoticeLine {
    pub id: NoticeId,
    pub state: String,
    pub channel: String,
    pub reason: Option<String>,
    pub stage: String,
    pub slot_at: Timestamp,
    pub dispatched_at: Option<Timestamp>,
    pub open_minor: i64,
    pub fee_minor: i64,
    pub currency: String,
    pub recipient: Option<String>,
    pub customer: CustomerId,
    pub customer_number: String,
    pub customer_name: String,
    pub invoices: i64,
    pub spot: NoticeSpot,
}

fn line(row: &Row) -> Result<NoticeLine, StoreError> {
    Ok(NoticeLine {
        id: NoticeId(row.text("id")?),
        state: row.text("state")?,
        channel: row.text("channel")?,
        reason: row.opt_text("reason")?,
        stage: row.text("stage_key")?,
        slot_at: Timestamp(row.int("slot_at")?),
        dispatched_at: row.opt_int("dispatched_at")?.map(Timestamp),
        open_minor: row.int("open_minor")?,
        fee_minor: row.int("fee_minor")?,
        currency: row.text("currency")?,
        recipient: row.opt_text("recipient")?,
        customer: CustomerId(row.int("customer_id")?),
        customer_number: row.text("customer_number")?,
        customer_name: row.text("customer_name")?,
        invoices: row.int("invoices")?,
        spot: NoticeSpot::of(row)?,
    })
}

impl Store {
    /// The notices that fit, after `after` in this order of issue, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_notices(
        &self,
        tenant: TenantId,
        filter: &NoticeFilter,
        order: Order,
        after: Option<&NoticeSpot>,
        limit: i64,
    ) -> Result<Page<NoticeLine>, StoreError> {
        let way = |one: &NoticeSpot, other: &NoticeSpot| if order == Order::Up { one.cmp(other) } else { other.cmp(one) };
        let page = match self.few_notices(tenant, filter).await? {
            Some(ids) => {
                let values = [[Value::Text(&ids), Value::Int(tenant.0)].as_slice(), &filter.values()].concat();
                let rows = self.rows(&FITTING, &values).await?;
                let mut spots = rows.iter().map(NoticeSpot::of).collect::<Result<Vec<_>, _>>()?;
                spots.retain(|spot| filter.was_issued(spot.issued_at));
                let total = spots.len();
                spots.sort_by(way);
                spots.retain(|spot| after.is_none_or(|after| way(spot, after) == Ordering::Greater));
                Page::cut(spots, limit, Some(total))
            }
            None => {
                let (behind, last) = filter.way(order, after);
                let size = Value::Int(limit.saturating_add(1));
                let end = [Value::Int(behind.issued_at.0), Value::Text(&behind.id), size, Value::Int(last.0)];
                let values = [[Value::Int(tenant.0)].as_slice(), &filter.values(), &end].concat();
                let rows = self.rows(if order == Order::Up { &OLDEST } else { &NEWEST }, &values).await?;
                Page::cut(rows.iter().map(NoticeSpot::of).collect::<Result<_, _>>()?, limit, None)
            }
        };
        let ids = rows_json(&page.lines.iter().map(|spot| (&spot.id,)).collect::<Vec<_>>());
        let rows = self.rows(&LINES, &[Value::Text(&ids), Value::Int(tenant.0)]).await?;
        let mut known = rows.iter().map(|row| Ok((row.text("id")?, line(row)?))).collect::<Result<BTreeMap<_, _>, StoreError>>()?;
        let lines = page.lines.iter().filter_map(|spot| known.remove(&spot.id)).collect();
        Ok(Page { lines, more: page.more, total: page.total })
    }

    /// The ids, as rows, of few notices among which are all that fit; `None` where they are not few.
    async fn few_notices(&self, tenant: TenantId, filter: &NoticeFilter) -> Result<Option<String>, StoreError> {
        let (own, limit) = (Value::Int(tenant.0), Value::Int(FEW + 1));
        let mut sieves: Vec<(&'static Statement, Vec<Value<'_>>)> = Vec::new();
        if let Some(customer) = filter.customer {
            sieves.push((&OF_CUSTOMER, vec![own, Value::Int(customer.0), limit]));
        }
        match filter.state.as_str() {
            "" | "sent" => {}
            "released" => sieves.push((&UNDER_WAY, vec![own, limit])),
            state @ ("paper" | "recalled") => sieves.push((&ASIDE, vec![own, Value::Text(state), limit])),
            state => sieves.push((&PRESSING, vec![own, Value::Text(state), limit])),
        }
        sieves.extend(filter.words.each().map(|[number, name]| (&FOUND, vec![own, number, name, limit])));
        for (statement, values) in sieves {
            let rows = self.rows(statement, &values).await?;
            if i64::try_from(rows.len()).is_ok_and(|count| count <= FEW) {
                let ids = rows.iter().map(|row| Ok((row.text("id")?,))).collect::<Result<BTreeSet<_>, StoreError>>()?;
                let ids: Vec<_> = ids.into_iter().collect();
                return Ok(Some(rows_json(&ids)));
            }
        }
        Ok(None)
    }
}
