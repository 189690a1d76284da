//! What the ledger's tables must hold whenever everything that is due has happened: each rule is plain SQL that must find
//! nothing. Nothing of the engine is asked.

use super::known::STAGES;
use super::place::Place;
use super::scene::Scene;
use mahnwerk::engine::clock::Clock;
use mahnwerk::store::Value;
use mahnwerk::store::statement::Statement;

/// A rule: what it forbids, and the SQL that finds it; `$1` is the tenant, `$2` the instant.
struct Rule {
    forbids: &'static str,
    finds: Statement,
}

macro_rules! rules {
    ($($forbids:literal: $sql:literal;)+) => {
        [$(Rule { forbids: $forbids, finds: Statement::new($forbids, $sql) }),+]
    };
}

/// The engine's patience with bells in every story: 30 seconds (`support::world::limits`).
static AT_REST: [Rule; 26] = rules! {
    "an instance is overdue and nobody looks":
        "SELECT CAST(id AS TEXT) AS what FROM instance WHERE tenant_id = $1 AND state = 'waiting' AND slot_seq IS NULL AND wake_at <= $2
            AND EXISTS (SELECT 1 FROM tenant t WHERE t.id = $1 AND t.sending = 'on')";
    "a lease ended and nobody looks":
        "SELECT notice_id || ' ' || state AS what FROM step WHERE tenant_id = $1 AND state IN ('claimed', 'started') AND (lease_until IS NULL OR lease_until <= $2)
            AND EXISTS (SELECT 1 FROM tenant t WHERE t.id = $1 AND t.sending = 'on')";
    "a step is queued and nobody rings":
        "SELECT notice_id || ' ' || pool AS what FROM step WHERE tenant_id = $1 AND state = 'queued' AND due_at + 30000 <= $2
            AND EXISTS (SELECT 1 FROM tenant t WHERE t.id = $1 AND t.sending = 'on')";
    "a retry is due and nobody looks":
        "SELECT notice_id || ' ' || pool AS what FROM step WHERE tenant_id = $1 AND state = 'retry' AND due_at <= $2
            AND EXISTS (SELECT 1 FROM tenant t WHERE t.id = $1 AND t.sending = 'on')";
    "an instance stands at a place that no queue has":
        "SELECT CAST(i.id AS TEXT) AS what FROM instance i WHERE i.tenant_id = $1 AND i.slot_seq IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM slot s WHERE s.tenant_id = $1 AND s.seq = i.slot_seq) AND $2 > 0";
    "a notice is on its way without a step that is":
        "SELECT n.id AS what FROM notice n WHERE n.tenant_id = $1 AND n.state = 'released' AND $2 > 0
            AND (SELECT COUNT(*) FROM step s WHERE s.tenant_id = $1 AND s.notice_id = n.id AND s.state IN ('queued', 'claimed', 'started', 'retry')) <> 1";
    "a notice is over and a step is not":
        "SELECT n.id || ' ' || n.state || ' ' || s.pool || ' ' || s.state AS what FROM notice n JOIN step s ON s.tenant_id = $1 AND s.notice_id = n.id
         WHERE n.tenant_id = $1 AND n.state IN ('sent', 'paper', 'failed', 'unknown', 'recalled') AND $2 > 0
            AND s.state IN ('ready', 'queued', 'claimed', 'started', 'retry')";
    "a proposal has begun":
        "SELECT n.id AS what FROM notice n JOIN step s ON s.tenant_id = $1 AND s.notice_id = n.id
         WHERE n.tenant_id = $1 AND n.state = 'proposed' AND s.state <> 'ready' AND $2 > 0";
    "a step came before its turn":
        "SELECT s.notice_id AS what FROM step s JOIN step b ON b.tenant_id = $1 AND b.notice_id = s.notice_id AND b.position < s.position
         JOIN notice n ON n.tenant_id = $1 AND n.id = s.notice_id AND n.state <> 'recalled'
         WHERE s.tenant_id = $1 AND s.state IN ('queued', 'claimed', 'started', 'retry', 'done') AND b.state NOT IN ('done', 'gave_up') AND $2 > 0";
    "a notice is unknown, and none of its steps is":
        "SELECT n.id AS what FROM notice n WHERE n.tenant_id = $1 AND n.state = 'unknown' AND $2 > 0
            AND NOT EXISTS (SELECT 1 FROM step s WHERE s.tenant_id = $1 AND s.notice_id = n.id AND s.state = 'unknown')";
    "a notice failed, and none of its steps did":
        "SELECT n.id AS what FROM notice n WHERE n.tenant_id = $1 AND n.state = 'failed' AND $2 > 0
            AND NOT EXISTS (SELECT 1 FROM step s WHERE s.tenant_id = $1 AND s.notice_id = n.id AND s.state = 'gave_up')";
    "a notice was sent without a date or without its document":
        "SELECT n.id AS what FROM notice n WHERE n.tenant_id = $1 AND n.state IN ('sent', 'paper') AND $2 > 0
            AND (n.dispatched_at IS NULL OR (n.mail_hash IS NULL AND n.letter_hash IS NULL))";
    "a document is missing":
        "SELECT n.id AS what FROM notice n WHERE n.tenant_id = $1 AND n.mail_hash IS NOT NULL AND $2 > 0
            AND NOT EXISTS (SELECT 1 FROM document d WHERE d.tenant_id = $1 AND d.hash = n.mail_hash)";
    "a line is recalled without its notice, or the notice without its line":
        "SELECT n.id AS what FROM notice n JOIN notice_line l ON l.tenant_id = $1 AND l.notice_id = n.id
         WHERE n.tenant_id = $1 AND (n.state = 'recalled') <> (l.recalled = 1) AND $2 > 0";
    "an instance is under way on no notice of its stage":
        "SELECT CAST(i.id AS TEXT) || ' ' || i.state AS what FROM instance i WHERE i.tenant_id = $1 AND i.state IN ('proposed', 'issued', 'failed') AND $2 > 0
            AND NOT EXISTS (SELECT 1 FROM notice_line l WHERE l.tenant_id = $1 AND l.notice_id = i.notice_id AND l.instance_id = i.id AND l.stage = i.stage AND l.recalled = 0)";
    "an instance and its notice disagree":
        "SELECT CAST(i.id AS TEXT) || ' ' || i.state || ' ' || n.state AS what FROM instance i JOIN notice n ON n.tenant_id = $1 AND n.id = i.notice_id
         WHERE i.tenant_id = $1 AND $2 > 0 AND NOT ((i.state = 'proposed' AND n.state = 'proposed') OR (i.state = 'failed' AND n.state = 'failed')
            OR (i.state = 'issued' AND n.state IN ('released', 'unknown')))";
    "a history has a gap":
        "SELECT CAST(t.instance_id AS TEXT) AS what FROM transition t WHERE t.tenant_id = $1 AND $2 > 0
         GROUP BY t.instance_id HAVING MIN(t.instance_seq) <> 1 OR MAX(t.instance_seq) <> COUNT(*)";
    "an instance and its history are not equally long":
        "SELECT CAST(i.id AS TEXT) AS what FROM instance i WHERE i.tenant_id = $1 AND $2 > 0
            AND i.seq <> (SELECT COUNT(*) FROM transition t WHERE t.tenant_id = $1 AND t.instance_id = i.id)";
    "a change does not begin where the one before ended":
        "SELECT CAST(a.instance_id AS TEXT) || ' ' || b.cause AS what FROM transition a
         JOIN transition b ON b.tenant_id = $1 AND b.instance_id = a.instance_id AND b.instance_seq = a.instance_seq + 1
         WHERE a.tenant_id = $1 AND a.instance_id > 0 AND a.to_state <> b.from_state AND $2 > 0";
    "an instance is not where its history ends":
        "SELECT CAST(i.id AS TEXT) AS what FROM instance i JOIN transition t ON t.tenant_id = $1 AND t.instance_id = i.id AND t.instance_seq = i.seq
         WHERE i.tenant_id = $1 AND i.state <> t.to_state AND $2 > 0";
    "the tenant counts its places otherwise":
        "SELECT CAST(places AS TEXT) AS what FROM tenant WHERE id = $1 AND $2 > 0
            AND places <> (SELECT COUNT(*) FROM instance i WHERE i.tenant_id = $1 AND i.place = 1)";
    "the tenant counts those who wait for a place otherwise":
        "SELECT CAST(place_queue AS TEXT) AS what FROM tenant WHERE id = $1 AND $2 > 0
            AND place_queue <> (SELECT COUNT(*) FROM instance i WHERE i.tenant_id = $1 AND i.state = 'queued_by_quota')";
    "the chain's head counts otherwise":
        "SELECT CAST(chain_seq AS TEXT) AS what FROM tenant WHERE id = $1 AND $2 > 0 AND chain_seq <> (SELECT COUNT(*) FROM transition WHERE tenant_id = $1)";
    "a dispatch is missing in a history":
        "SELECT n.id || ' ' || CAST(l.instance_id AS TEXT) AS what FROM notice n JOIN notice_line l ON l.tenant_id = $1 AND l.notice_id = n.id
         WHERE n.tenant_id = $1 AND n.state IN ('sent', 'paper') AND $2 > 0
            AND NOT EXISTS (SELECT 1 FROM transition t WHERE t.tenant_id = $1 AND t.instance_id = l.instance_id AND t.cause = 'delivered')";
    "a history has more dispatches than were made":
        "SELECT CAST(t.instance_id AS TEXT) AS what FROM transition t WHERE t.tenant_id = $1 AND t.cause = 'delivered' AND $2 > 0
         GROUP BY t.instance_id HAVING COUNT(*) > (SELECT COUNT(*) FROM notice_line l JOIN notice n ON n.tenant_id = $1 AND n.id = l.notice_id
            WHERE l.tenant_id = $1 AND l.instance_id = t.instance_id AND n.state IN ('sent', 'paper'))";
    "an open invoice has a place twice on its ladder":
        "SELECT CAST(instance_id AS TEXT) AS what FROM notice_line WHERE tenant_id = $1 AND recalled = 0 AND $2 > 0
         GROUP BY instance_id, stage HAVING COUNT(*) > 1";
};

static NOTICES: Statement = Statement::new(
    "crash notices",
    "SELECT n.id, l.instance_id FROM notice n JOIN notice_line l ON l.tenant_id = n.tenant_id AND l.notice_id = n.id
     WHERE n.tenant_id = $1 AND n.state = $2 ORDER BY n.issued_at, n.id, l.position",
);
static SEQUENCE: Statement = Statement::new("crash sequence", "SELECT seq FROM instance WHERE tenant_id = $1 AND id = $2");
static STATES: Statement = Statement::new(
    "crash states",
    "SELECT v.number, i.state, i.passed FROM instance i JOIN invoice v ON v.tenant_id = i.tenant_id AND v.id = i.id
     WHERE i.tenant_id = $1 ORDER BY v.number",
);
static ALL_NOTICES: Statement =
    Statement::new("crash all notices", "SELECT id, state, channel FROM notice WHERE tenant_id = $1 ORDER BY issued_at, id");
static SENDERS: Statement = Statement::new(
    "crash senders",
    "SELECT s.name AS name, s.last_slot_at AS last FROM sender s WHERE s.tenant_id = $1 AND EXISTS
        (SELECT 1 FROM slot q JOIN instance i ON i.tenant_id = q.tenant_id AND i.slot_seq = q.seq WHERE q.tenant_id = $1 AND q.sender = s.name)",
);

/// A notice with the instances on it.
#[derive(Clone, Debug)]
pub(crate) struct NoticeLines {
    pub(crate) id: String,
    pub(crate) lines: Vec<i64>,
}

impl Place {
    pub(crate) async fn sequence(&self, instance: i64) -> i64 {
        let rows = self.rows(&SEQUENCE, &[Value::Int(1), Value::Int(instance)]).await;
        rows.first().map_or(0, |row| row.int("seq").unwrap())
    }

    /// Invoice number, state, last stage passed.
    pub(crate) async fn states(&self) -> Vec<(String, String, Option<i64>)> {
        let rows = self.rows(&STATES, &[Value::Int(1)]).await;
        rows.iter().map(|row| (row.text("number").unwrap(), row.text("state").unwrap(), row.opt_int("passed").unwrap())).collect()
    }

    /// Id, state, channel.
    pub(crate) async fn notices(&self) -> Vec<(String, String, String)> {
        let rows = self.rows(&ALL_NOTICES, &[Value::Int(1)]).await;
        rows.iter().map(|row| (row.text("id").unwrap(), row.text("state").unwrap(), row.text("channel").unwrap())).collect()
    }
}

impl Scene {
    pub(crate) async fn notices_in(&self, state: &str) -> Vec<NoticeLines> {
        let mut notices: Vec<NoticeLines> = Vec::new();
        for row in self.place.rows(&NOTICES, &[Value::Int(1), Value::Text(state)]).await {
            let (id, line) = (row.text("id").unwrap(), row.int("instance_id").unwrap());
            match notices.last_mut().filter(|last| last.id == id) {
                Some(last) => last.lines.push(line),
                None => notices.push(NoticeLines { id, lines: vec![line] }),
            }
        }
        notices
    }

    /// What `doctor` would find astray, which must be nothing at any moment.
    pub(crate) async fn astray(&self) -> Vec<String> {
        let strays = self.place.observer.strays(self.tenant, 10).await.expect("the observer's own read");
        strays.into_iter().map(|stray| format!("astray by the rule {:?}: {}", stray.rule, stray.name)).collect()
    }

    /// Everything that is wrong in the tables now that all that is due has happened.
    pub(crate) async fn wrong_at_rest(&self) -> Vec<String> {
        let now = self.clock.now();
        let mut wrong = Vec::new();
        for rule in &AT_REST {
            for row in self.place.rows(&rule.finds, &[Value::Int(1), Value::Int(now.0)]).await {
                wrong.push(format!("{}: {}", rule.forbids, row.text("what").unwrap()));
            }
        }
        let gate = self.place.observer.gate(self.tenant).await.expect("the observer's own read");
        if gate.place_queue > 0 && !gate.is_held() && (self.places == 0 || gate.places < i64::from(self.places)) {
            wrong.push(format!("{} wait for a place, and {} of {} are taken", gate.place_queue, gate.places, self.places));
        }
        if super::hours::open(now) && self.every_seconds > 0 && !gate.is_held() {
            for row in self.place.rows(&SENDERS, &[Value::Int(1)]).await {
                let free = row.opt_int("last").unwrap().is_none_or(|last| last + i64::from(self.every_seconds) * 1000 <= now.0);
                if free {
                    wrong.push(format!("somebody waits before the sender {}, which is free", row.text("name").unwrap()));
                }
            }
        }
        for (number, _, passed) in self.place.states().await {
            if passed.is_some_and(|stage| stage < 0 || stage >= STAGES.len() as i64) {
                wrong.push(format!("{number} stands beyond its ladder"));
            }
        }
        for notice in self.notices_in("unknown").await {
            self.judge_unknown(&notice.id);
        }
        wrong
    }
}
