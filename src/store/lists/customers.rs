//! The list of customers, with what is open of each.

use super::{FEW, Key, Order, Page, Spot, Words, in_order, sorted};
use crate::domain::ids::{CustomerId, TenantId};
use crate::store::db::{Row, Store, Value};
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use crate::store::tenant::rows_json;
use std::collections::BTreeMap;

/// What a filter lets through, of `c`.
macro_rules! fits {
    ($a:literal, $b:literal, $c:literal, $resting:literal) => {
        concat!(
            "c.search LIKE ",
            $a,
            " ESCAPE '!' AND c.search LIKE ",
            $b,
            " ESCAPE '!' AND c.search LIKE ",
            $c,
            " ESCAPE '!'
             AND (",
            $resting,
            " = 0 OR EXISTS (SELECT 1 FROM block b WHERE b.tenant_id = c.tenant_id AND b.customer_id = c.id
                AND b.invoice_id IS NULL AND b.ended_at IS NULL))"
        )
    };
}

/// The next rows along an index: `$6` and `$7` are where the last page ended, `$8` is how many.
macro_rules! walk {
    ($name:literal, $key:literal, $behind:literal, $order:literal) => {
        Statement::new(
            concat!("list customers by ", $name),
            concat!(
                "SELECT c.id, ",
                $key,
                " AS k FROM customer c WHERE c.tenant_id = $1 AND ",
                $behind,
                " AND ",
                fits!("$2", "$3", "$4", "$5"),
                " ORDER BY ",
                $order,
                " LIMIT $8"
            ),
        )
    };
}

static BY_NAME: Statement = walk!("name", "c.name", "(c.name, c.id) > ($6, $7)", "c.name, c.id");
static BY_NAME_DOWN: Statement = walk!("name down", "c.name", "(c.name, c.id) < ($6, $7)", "c.name DESC, c.id DESC");
/// A number is one customer's alone.
static BY_NUMBER: Statement = walk!("number", "c.number", "(c.number, c.id) > ($6, $7)", "c.number");
static BY_NUMBER_DOWN: Statement = walk!("number down", "c.number", "(c.number, c.id) < ($6, $7)", "c.number DESC");
static FOUND: Statement = Statement::new(
    "list customers found",
    "SELECT c.id FROM customer c WHERE c.tenant_id = $1 AND c.search >= '' AND c.search LIKE $2 ESCAPE '!' LIMIT $3",
);
static RESTING: Statement = Statement::new(
    "list customers that rest",
    "SELECT DISTINCT b.customer_id AS id FROM block b WHERE b.tenant_id = $1 AND b.ended_at IS NULL AND b.invoice_id IS NULL LIMIT $2",
);
static FITTING: Statement = Statement::new(
    "list customers fitting",
    concat!(
        "SELECT c.id, c.number, c.name FROM {rows} JOIN customer c ON c.tenant_id = $2 AND c.id = {i0} WHERE c.tenant_id = $2 AND ",
        fits!("$3", "$4", "$5", "$6")
    ),
);
static LINES: Statement = Statement::new(
    "list customers lines",
    "SELECT c.id, c.number, c.name, c.email, c.email_blocked, c.street, c.postcode, c.city, c.country, c.language, c.kind,
        k.owner AS rest_owner, k.until_date AS rest_until
     FROM {rows} JOIN customer c ON c.tenant_id = $2 AND c.id = {i0}
     LEFT JOIN block k ON k.tenant_id = c.tenant_id AND k.id = (SELECT MIN(b.id) FROM block b WHERE b.tenant_id = c.tenant_id
        AND b.customer_id = c.id AND b.invoice_id IS NULL AND b.ended_at IS NULL)
     WHERE c.tenant_id = $2",
);
/// What is open of claims that have not ended, by customer and currency.
static OPEN: Statement = Statement::new(
    "list customers open",
    "SELECT o.customer_id, o.currency, COUNT(*) AS n, CAST(SUM(o.open_minor) AS BIGINT) AS open_minor FROM (
        SELECT v.customer_id, v.currency, v.amount_minor - COALESCE((SELECT CAST(SUM(p.amount_minor) AS BIGINT) FROM payment p
            WHERE p.tenant_id = v.tenant_id AND p.invoice_id = v.id), 0) AS open_minor
        FROM {rows} JOIN invoice v ON v.tenant_id = $2 AND v.customer_id = {i0} JOIN instance i ON i.tenant_id = v.tenant_id AND i.id = v.id
        WHERE v.tenant_id = $2 AND i.state NOT IN ('settled', 'withdrawn', 'handed_over')
     ) AS o GROUP BY o.customer_id, o.currency ORDER BY o.customer_id, o.currency",
);

pub(super) fn statements() -> Vec<&'static Statement> {
    vec![&BY_NAME, &BY_NAME_DOWN, &BY_NUMBER, &BY_NUMBER_DOWN, &FOUND, &RESTING, &FITTING, &LINES, &OPEN]
}

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CustomerSort {
    #[default]
    Name,
    Number,
}

impl CustomerSort {
    fn statement(self, order: Order) -> &'static Statement {
        match (self, order) {
            (Self::Name, Order::Up) => &BY_NAME,
            (Self::Name, Order::Down) => &BY_NAME_DOWN,
            (Self::Number, Order::Up) => &BY_NUMBER,
            (Self::Number, Order::Down) => &BY_NUMBER_DOWN,
        }
    }

    fn column(self) -> &'static str {
        if self == Self::Name { "name" } else { "number" }
    }
}

/// Which customers are listed.
#[derive(Clone, Debug, Default)]
pub struct CustomerFilter {
    /// Only those that are excluded from dunning for a while or for good.
    pub resting: bool,
    pub words: Words,
}

impl CustomerFilter {
    fn values(&self) -> [Value<'_>; 4] {
        let [a, b, c] = self.words.names();
        [a, b, c, Value::Int(i64::from(self.resting))]
    }
}

/// What is open in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSum {
    pub currency: String,
    pub invoices: i64,
    pub open_minor: i64,
}

/// A line of the list, and a customer's own facts.
#[derive(Clone, Debug)]
pub struct CustomerLine {
    pub id: CustomerId,
    pub number: String,
    pub name: String,
    pub email: String,
    pub email_blocked: Option<String>,
    pub street: String,
    pub postcode: String,
    pub city: String,
    pub country: String,
    pub language: String,
    pub kind: String,
    /// Who looks after it, where all of it rests, and until before which date; until somebody resumes it if none.
    pub rests: Option<(String, Option<String>)>,
    pub open: Vec<OpenSum>,
    pub spot: Spot,
}

fn line(row: &Row, spot: Spot) -> Result<CustomerLine, StoreError> {
    Ok(CustomerLine {
        id: CustomerId(row.int("id")?),
        number: row.text("number")?,
        name: row.text("name")?,
        email: row.text("email")?,
        email_blocked: row.opt_text("email_blocked")?,
        street: row.text("street")?,
        postcode: row.text("postcode")?,
        city: row.text("city")?,
        country: row.text("country")?,
        language: row.text("language")?,
        kind: row.text("kind")?,
        rests: match row.opt_text("rest_owner")? {
            Some(owner) => Some((owner, row.opt_text("rest_until")?)),
            None => None,
        },
        open: Vec::new(),
        spot,
    })
}

impl Store {
    /// The customers that fit, after `after` in this order, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_customers(
        &self,
        tenant: TenantId,
        filter: &CustomerFilter,
        (sort, order): (CustomerSort, Order),
        after: Option<&Spot>,
        limit: i64,
    ) -> Result<Page<CustomerLine>, StoreError> {
        let spot = |row: &Row, column| Ok(Spot { key: Key::Text(row.text(column)?), tie: 0, id: row.int("id")? });
        let page = match self.few_customers(tenant, filter).await? {
            Some(ids) => {
                let values = [[Value::Text(&ids), Value::Int(tenant.0)].as_slice(), &filter.values()].concat();
                let rows = self.rows(&FITTING, &values).await?;
                let spots = rows.iter().map(|row| spot(row, sort.column())).collect::<Result<Vec<_>, StoreError>>()?;
                sorted(spots, order, after, limit)
            }
            None => {
                let start = Spot::start(true, order);
                let behind = after.unwrap_or(&start);
                let end = [behind.key.value(), Value::Int(behind.id), Value::Int(limit.saturating_add(1))];
                let values = [[Value::Int(tenant.0)].as_slice(), &filter.values(), &end].concat();
                let rows = self.rows(sort.statement(order), &values).await?;
                Page::cut(rows.iter().map(|row| spot(row, "k")).collect::<Result<_, StoreError>>()?, limit, None)
            }
        };
        Ok(Page { lines: self.customer_lines(tenant, page.lines).await?, more: page.more, total: page.total })
    }

    /// One customer as the list shows it; `None` if there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn customer_line(&self, tenant: TenantId, customer: CustomerId) -> Result<Option<CustomerLine>, StoreError> {
        let spot = Spot { key: Key::Int(0), tie: 0, id: customer.0 };
        Ok(self.customer_lines(tenant, vec![spot]).await?.pop())
    }

    async fn customer_lines(&self, tenant: TenantId, spots: Vec<Spot>) -> Result<Vec<CustomerLine>, StoreError> {
        let ids = rows_json(&spots.iter().map(|spot| (spot.id,)).collect::<Vec<_>>());
        let values = [Value::Text(&ids), Value::Int(tenant.0)];
        let mut lines = in_order(&self.rows(&LINES, &values).await?, spots, line)?;
        let mut open: BTreeMap<i64, Vec<OpenSum>> = BTreeMap::new();
        for row in self.rows(&OPEN, &values).await? {
            let sum = OpenSum { currency: row.text("currency")?, invoices: row.int("n")?, open_minor: row.int("open_minor")? };
            open.entry(row.int("customer_id")?).or_default().push(sum);
        }
        for line in &mut lines {
            line.open = open.remove(&line.id.0).unwrap_or_default();
        }
        Ok(lines)
    }

    /// The ids, as rows, of few customers among which are all that fit; `None` where they are not few.
    async fn few_customers(&self, tenant: TenantId, filter: &CustomerFilter) -> Result<Option<String>, StoreError> {
        let (own, limit) = (Value::Int(tenant.0), Value::Int(FEW + 1));
        let resting = filter.resting.then(|| (&RESTING, vec![own, limit]));
        let found = filter.words.each().map(|[_, name]| (&FOUND, vec![own, name, limit]));
        for (statement, values) in resting.into_iter().chain(found) {
            let rows = self.rows(statement, &values).await?;
            if i64::try_from(rows.len()).is_ok_and(|count| count <= FEW) {
                let ids = rows.iter().map(|row| Ok((row.int("id")?,))).collect::<Result<Vec<_>, StoreError>>()?;
                return Ok(Some(rows_json(&ids)));
            }
        }
        Ok(None)
    }
}
