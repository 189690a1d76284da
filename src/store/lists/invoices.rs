//! The list of invoices, each with where its instance stands.

use super::{FEW, Key, Order, Page, Spot, Words, in_order, sorted};
use crate::domain::ids::{CustomerId, InvoiceId, TenantId};
use crate::domain::time::Timestamp;
use crate::store::db::{Row, Store, Value};
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use crate::store::tenant::rows_json;
use std::collections::BTreeSet;

/// What a filter lets through, of `v`, its `i` and its `c`.
macro_rules! fits {
    ($state:literal, $stages:literal, $customer:literal, $from:literal, $to:literal, $a:literal, $b:literal, $c:literal, $d:literal, $e:literal, $f:literal) => {
        concat!(
            "(",
            $state,
            " = '' OR i.state = ",
            $state,
            ")
             AND (",
            $stages,
            " = '' OR ",
            $stages,
            " LIKE '%,' || CAST(i.workflow_id AS TEXT) || ':' || CAST(i.stage AS TEXT) || ',%')
             AND (",
            $customer,
            " = 0 OR v.customer_id = ",
            $customer,
            ")
             AND (",
            $from,
            " = '' OR v.due_date >= ",
            $from,
            ") AND (",
            $to,
            " = '' OR v.due_date <= ",
            $to,
            ")
             AND (lower(v.number) LIKE ",
            $a,
            " ESCAPE '!' OR c.search LIKE ",
            $b,
            " ESCAPE '!')
             AND (lower(v.number) LIKE ",
            $c,
            " ESCAPE '!' OR c.search LIKE ",
            $d,
            " ESCAPE '!')
             AND (lower(v.number) LIKE ",
            $e,
            " ESCAPE '!' OR c.search LIKE ",
            $f,
            " ESCAPE '!')"
        )
    };
}

/// The next rows along an index: `$13` and `$14` are where the last page ended, `$15` is how many. `$key` stands twice so that the
/// index is entered at that place whatever the database makes of the comparison of rows.
macro_rules! walk {
    ($name:literal, $from:literal, $key:literal, $enter:literal, $behind:literal, $order:literal) => {
        Statement::new(
            concat!("list invoices by ", $name),
            concat!(
                "SELECT v.id, c.id AS tie, ",
                $key,
                " AS k FROM ",
                $from,
                "
                 WHERE v.tenant_id = $1 AND i.tenant_id = $1 AND c.tenant_id = $1 AND i.id = v.id AND c.id = v.customer_id
                    AND ",
                $key,
                $enter,
                " $13 AND ",
                $behind,
                " AND ",
                fits!("$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12"),
                " ORDER BY ",
                $order,
                " LIMIT $15"
            ),
        )
    };
}

static BY_NUMBER: Statement = walk!(
    "number",
    "invoice v CROSS JOIN instance i CROSS JOIN customer c",
    "v.number",
    " >=",
    "(v.number, v.id) > ($13, $14)",
    "v.number, v.id"
);
static BY_NUMBER_DOWN: Statement = walk!(
    "number down",
    "invoice v CROSS JOIN instance i CROSS JOIN customer c",
    "v.number",
    " <=",
    "(v.number, v.id) < ($13, $14)",
    "v.number DESC, v.id DESC"
);
static BY_DUE: Statement = walk!(
    "due date",
    "invoice v CROSS JOIN instance i CROSS JOIN customer c",
    "v.due_date",
    " >=",
    "(v.due_date, v.id) > ($13, $14)",
    "v.due_date, v.id"
);
static BY_DUE_DOWN: Statement = walk!(
    "due date down",
    "invoice v CROSS JOIN instance i CROSS JOIN customer c",
    "v.due_date",
    " <=",
    "(v.due_date, v.id) < ($13, $14)",
    "v.due_date DESC, v.id DESC"
);
static BY_AMOUNT: Statement = walk!(
    "amount",
    "invoice v CROSS JOIN instance i CROSS JOIN customer c",
    "v.amount_minor",
    " >=",
    "(v.amount_minor, v.id) > ($13, $14)",
    "v.amount_minor, v.id"
);
static BY_AMOUNT_DOWN: Statement = walk!(
    "amount down",
    "invoice v CROSS JOIN instance i CROSS JOIN customer c",
    "v.amount_minor",
    " <=",
    "(v.amount_minor, v.id) < ($13, $14)",
    "v.amount_minor DESC, v.id DESC"
);
/// Only those that have a next date.
static BY_NEXT: Statement = walk!(
    "next date",
    "instance i CROSS JOIN invoice v CROSS JOIN customer c",
    "i.wake_at",
    " >=",
    "i.wake_at IS NOT NULL AND i.slot_seq IS NULL AND (i.wake_at, i.id) > ($13, $14)",
    "i.wake_at, i.id"
);
static BY_NEXT_DOWN: Statement = walk!(
    "next date down",
    "instance i CROSS JOIN invoice v CROSS JOIN customer c",
    "i.wake_at",
    " <=",
    "i.wake_at IS NOT NULL AND i.slot_seq IS NULL AND (i.wake_at, i.id) < ($13, $14)",
    "i.wake_at DESC, i.id DESC"
);
static BY_NAME: Statement = walk!(
    "customer",
    "customer c CROSS JOIN invoice v CROSS JOIN instance i",
    "c.name",
    " >=",
    "(c.name, c.id, v.id) > ($13, $16, $14)",
    "c.name, c.id, v.id"
);
static BY_NAME_DOWN: Statement = walk!(
    "customer down",
    "customer c CROSS JOIN invoice v CROSS JOIN instance i",
    "c.name",
    " <=",
    "(c.name, c.id, v.id) < ($13, $16, $14)",
    "c.name DESC, c.id DESC, v.id DESC"
);

static OF_CUSTOMER: Statement = Statement::new(
    "list invoices of a customer",
    "SELECT v.id FROM invoice v WHERE v.tenant_id = $1 AND v.customer_id = $2 ORDER BY v.id LIMIT $3",
);
static IN_STATE: Statement = Statement::new(
    "list invoices in a state",
    "SELECT i.id FROM instance i WHERE i.tenant_id = $1 AND i.state = $2 AND i.state NOT IN ('waiting', 'issued') ORDER BY i.id LIMIT $3",
);
static WAITING: Statement = Statement::new(
    "list invoices that wait",
    "SELECT i.id FROM instance i WHERE i.tenant_id = $1 AND i.wake_at IS NOT NULL AND i.slot_seq IS NULL
     UNION ALL SELECT i.id FROM instance i WHERE i.tenant_id = $1 AND i.slot_seq IS NOT NULL LIMIT $2",
);
/// By the steps that are under way, and the notices of which nobody knows whether they arrived.
static ON_THEIR_WAY: Statement = Statement::new(
    "list invoices on their way",
    "SELECT DISTINCT l.instance_id AS id FROM (
        SELECT s.notice_id FROM step s WHERE s.tenant_id = $1 AND s.state = 'queued'
        UNION ALL SELECT s.notice_id FROM step s WHERE s.tenant_id = $1 AND s.state = 'retry'
        UNION ALL SELECT s.notice_id FROM step s WHERE s.tenant_id = $1 AND s.state = 'started'
        UNION ALL SELECT n.id FROM notice n WHERE n.tenant_id = $1 AND (n.state = 'proposed' OR n.state = 'failed' OR n.state = 'unknown') AND n.state = 'unknown'
     ) AS u CROSS JOIN notice_line l WHERE l.tenant_id = $1 AND l.notice_id = u.notice_id LIMIT $2",
);
/// By one word, some twice. The numbers are read from their index alone, and so are the names: that is what `>= ''` is for. The fewer names
/// come first: a word that fits too many of them ends it there.
static FOUND: Statement = Statement::new(
    "list invoices found",
    "SELECT v.id FROM customer c CROSS JOIN invoice v
        WHERE c.tenant_id = $1 AND c.search >= '' AND c.search LIKE $3 ESCAPE '!' AND v.tenant_id = $1 AND v.customer_id = c.id
     UNION ALL SELECT v.id FROM invoice v WHERE v.tenant_id = $1 AND lower(v.number) LIKE $2 ESCAPE '!' LIMIT $4",
);
/// Of few invoices those that fit, with all that they may be sorted by.
static FITTING: Statement = Statement::new(
    "list invoices fitting",
    concat!(
        "SELECT v.id, v.number, v.due_date, v.amount_minor, i.wake_at, i.slot_seq, c.name, c.id AS tie
         FROM {rows} JOIN invoice v ON v.tenant_id = $2 AND v.id = {i0} JOIN instance i ON i.tenant_id = v.tenant_id AND i.id = v.id
         JOIN customer c ON c.tenant_id = v.tenant_id AND c.id = v.customer_id WHERE v.tenant_id = $2 AND ",
        fits!("$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13")
    ),
);
static LINES: Statement = Statement::new(
    "list invoices lines",
    "SELECT v.id, v.number, v.currency, v.amount_minor, v.invoice_date, v.due_date, c.id AS customer_id, c.number AS customer_number, c.name AS customer_name,
        i.state, i.stage, i.wake_at, i.slot_seq, i.reason, i.until_date, i.workflow_id,
        v.amount_minor - COALESCE((SELECT CAST(SUM(p.amount_minor) AS BIGINT) FROM payment p
            WHERE p.tenant_id = v.tenant_id AND p.invoice_id = v.id), 0) AS open_minor
     FROM {rows} JOIN invoice v ON v.tenant_id = $2 AND v.id = {i0} JOIN instance i ON i.tenant_id = v.tenant_id AND i.id = v.id
     JOIN customer c ON c.tenant_id = v.tenant_id AND c.id = v.customer_id WHERE v.tenant_id = $2",
);

pub(super) fn statements() -> Vec<&'static Statement> {
    let walks = InvoiceSort::ALL.into_iter().flat_map(|sort| [sort.statement(Order::Up), sort.statement(Order::Down)]);
    walks.chain([&OF_CUSTOMER, &IN_STATE, &WAITING, &ON_THEIR_WAY, &FOUND, &FITTING, &LINES]).collect()
}

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InvoiceSort {
    Number,
    #[default]
    Due,
    /// The next planned date; whoever has none is not in this list.
    Next,
    /// What was claimed, not what is still open of it.
    Amount,
    /// The customer's name.
    Customer,
}

impl InvoiceSort {
    pub const ALL: [Self; 5] = [Self::Number, Self::Due, Self::Next, Self::Amount, Self::Customer];

    fn statement(self, order: Order) -> &'static Statement {
        match (self, order) {
            (Self::Number, Order::Up) => &BY_NUMBER,
            (Self::Number, Order::Down) => &BY_NUMBER_DOWN,
            (Self::Due, Order::Up) => &BY_DUE,
            (Self::Due, Order::Down) => &BY_DUE_DOWN,
            (Self::Next, Order::Up) => &BY_NEXT,
            (Self::Next, Order::Down) => &BY_NEXT_DOWN,
            (Self::Amount, Order::Up) => &BY_AMOUNT,
            (Self::Amount, Order::Down) => &BY_AMOUNT_DOWN,
            (Self::Customer, Order::Up) => &BY_NAME,
            (Self::Customer, Order::Down) => &BY_NAME_DOWN,
        }
    }

    /// Whether its keys are texts; else they are numbers.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, Self::Number | Self::Due | Self::Customer)
    }

    /// Where a row of [`FITTING`] stands; `None` if it is not in this list.
    fn spot(self, row: &Row) -> Result<Option<Spot>, StoreError> {
        let key = match self {
            Self::Number => Key::Text(row.text("number")?),
            Self::Due => Key::Text(row.text("due_date")?),
            Self::Customer => Key::Text(row.text("name")?),
            Self::Amount => Key::Int(row.int("amount_minor")?),
            Self::Next => match (row.opt_int("wake_at")?, row.opt_int("slot_seq")?) {
                (Some(at), None) => Key::Int(at),
                _ => return Ok(None),
            },
        };
        Ok(Some(Spot { key, tie: self.tie(row)?, id: row.int("id")? }))
    }

    fn tie(self, row: &Row) -> Result<i64, StoreError> {
        if self == Self::Customer { row.int("tie") } else { Ok(0) }
    }

    /// Where a row of a walk stands.
    fn walked(self, row: &Row) -> Result<Spot, StoreError> {
        let key = if self.is_text() { Key::Text(row.text("k")?) } else { Key::Int(row.int("k")?) };
        Ok(Spot { key, tie: self.tie(row)?, id: row.int("id")? })
    }
}

/// Which invoices are listed. Empty texts and `None` mean all.
#[derive(Clone, Debug, Default)]
pub struct InvoiceFilter {
    pub state: String,
    /// Stages as workflow version and position; an empty list of them fits nothing.
    pub stages: Option<Vec<(i64, usize)>>,
    pub customer: Option<CustomerId>,
    /// Due from this day to that one, both included, as `YYYY-MM-DD`.
    pub due_from: String,
    pub due_to: String,
    pub words: Words,
}

impl InvoiceFilter {
    /// `,3:0,4:1,`: what the statements look for a stage in.
    fn stages(&self) -> String {
        let Some(stages) = &self.stages else { return String::new() };
        stages.iter().fold(",".to_owned(), |text, (workflow, stage)| format!("{text}{workflow}:{stage},"))
    }

    fn values<'a>(&'a self, stages: &'a str) -> [Value<'a>; 11] {
        let [a, b, c, d, e, f] = self.words.values();
        let customer = Value::Int(self.customer.map_or(0, |customer| customer.0));
        [Value::Text(&self.state), Value::Text(stages), customer, Value::Text(&self.due_from), Value::Text(&self.due_to), a, b, c, d, e, f]
    }
}

/// A line of the list.
#[derive(Clone, Debug)]
pub struct InvoiceLine {
    pub id: InvoiceId,
    pub number: String,
    pub customer: CustomerId,
    pub customer_number: String,
    pub customer_name: String,
    pub currency: String,
    pub amount_minor: i64,
    pub open_minor: i64,
    pub invoice_date: String,
    pub due_date: String,
    pub state: String,
    pub stage: Option<usize>,
    pub workflow: i64,
    pub wake_at: Option<Timestamp>,
    /// It waits for a slot of its sender's throttle.
    pub queued: bool,
    pub reason: Option<String>,
    pub until: Option<String>,
    /// Where it stands in the order of its list.
    pub spot: Spot,
}

fn line(row: &Row, spot: Spot) -> Result<InvoiceLine, StoreError> {
    Ok(InvoiceLine {
        id: InvoiceId(row.int("id")?),
        number: row.text("number")?,
        customer: CustomerId(row.int("customer_id")?),
        customer_number: row.text("customer_number")?,
        customer_name: row.text("customer_name")?,
        currency: row.text("currency")?,
        amount_minor: row.int("amount_minor")?,
        open_minor: row.int("open_minor")?,
        invoice_date: row.text("invoice_date")?,
        due_date: row.text("due_date")?,
        state: row.text("state")?,
        stage: row.opt_int("stage")?.and_then(|stage| usize::try_from(stage).ok()),
        workflow: row.int("workflow_id")?,
        wake_at: row.opt_int("wake_at")?.map(Timestamp),
        queued: row.opt_int("slot_seq")?.is_some(),
        reason: row.opt_text("reason")?,
        until: row.opt_text("until_date")?,
        spot,
    })
}

impl Store {
    /// The invoices that fit, after `after` in this order, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_invoices(
        &self,
        tenant: TenantId,
        filter: &InvoiceFilter,
        (sort, order): (InvoiceSort, Order),
        after: Option<&Spot>,
        limit: i64,
    ) -> Result<Page<InvoiceLine>, StoreError> {
        let page = match self.few_invoices(tenant, filter).await? {
            Some(ids) => sorted(self.fitting_invoices(tenant, filter, sort, &ids).await?, order, after, limit),
            None => Page::cut(self.walk_invoices(tenant, filter, (sort, order), after, limit).await?, limit, None),
        };
        let ids = rows_json(&page.lines.iter().map(|spot| (spot.id,)).collect::<Vec<_>>());
        let rows = self.rows(&LINES, &[Value::Text(&ids), Value::Int(tenant.0)]).await?;
        Ok(Page { lines: in_order(&rows, page.lines, line)?, more: page.more, total: page.total })
    }

    /// The ids of few invoices among which are all that fit; `None` where they are not few.
    async fn few_invoices(&self, tenant: TenantId, filter: &InvoiceFilter) -> Result<Option<Vec<i64>>, StoreError> {
        let (own, limit) = (Value::Int(tenant.0), Value::Int(FEW + 1));
        let mut sieves: Vec<(&'static Statement, Vec<Value<'_>>)> = Vec::new();
        if let Some(customer) = filter.customer {
            sieves.push((&OF_CUSTOMER, vec![own, Value::Int(customer.0), limit]));
        }
        match filter.state.as_str() {
            "" => {}
            "waiting" => sieves.push((&WAITING, vec![own, limit])),
            "issued" => sieves.push((&ON_THEIR_WAY, vec![own, limit])),
            state => sieves.push((&IN_STATE, vec![own, Value::Text(state), limit])),
        }
        sieves.extend(filter.words.each().map(|[number, name]| (&FOUND, vec![own, number, name, limit])));
        for (statement, values) in sieves {
            let rows = self.rows(statement, &values).await?;
            let ids = rows.iter().map(|row| row.int("id")).collect::<Result<BTreeSet<_>, _>>()?;
            if i64::try_from(rows.len()).is_ok_and(|count| count <= FEW) {
                return Ok(Some(ids.into_iter().collect()));
            }
        }
        Ok(None)
    }

    async fn fitting_invoices(
        &self,
        tenant: TenantId,
        filter: &InvoiceFilter,
        sort: InvoiceSort,
        ids: &[i64],
    ) -> Result<Vec<Spot>, StoreError> {
        let ids = rows_json(&ids.iter().map(|id| (id,)).collect::<Vec<_>>());
        let stages = filter.stages();
        let values = [[Value::Text(&ids), Value::Int(tenant.0)].as_slice(), &filter.values(&stages)].concat();
        let rows = self.rows(&FITTING, &values).await?;
        rows.iter().filter_map(|row| sort.spot(row).transpose()).collect()
    }

    async fn walk_invoices(
        &self,
        tenant: TenantId,
        filter: &InvoiceFilter,
        (sort, order): (InvoiceSort, Order),
        after: Option<&Spot>,
        limit: i64,
    ) -> Result<Vec<Spot>, StoreError> {
        let start = Spot::start(sort.is_text(), order);
        let spot = after.unwrap_or(&start);
        let stages = filter.stages();
        let end = [spot.key.value(), Value::Int(spot.id), Value::Int(limit.saturating_add(1)), Value::Int(spot.tie)];
        let end = if sort == InvoiceSort::Customer { &end[..] } else { &end[..3] };
        let values = [[Value::Int(tenant.0)].as_slice(), &filter.values(&stages), end].concat();
        self.rows(sort.statement(order), &values).await?.iter().map(|row| sort.walked(row)).collect()
    }
}
