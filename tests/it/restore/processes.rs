//! The real binary and a real mail server: a burst, a backup in it, more mails, `kill -9`, yesterday's ledger.

use mahnwerk::adapters::sandbox::smtp::{Act, Fault, Point, SandboxSettings, SmtpSandbox};
use mahnwerk::engine::clock::{Clock, SystemClock};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const COMES_ABOUT_WITHIN: Duration = Duration::from_secs(60);
const WORKFLOW: &str = "name = \"at-once\"\nholidays = \"none\"\n[rules]\nconsolidate = false\n
    [[stages]]\nkey = \"reminder-1\"\nkind = \"reminder\"\nafter_days = 0\n
    [[stages]]\nkey = \"reminder-2\"\nkind = \"reminder\"\nafter_days = 30\n";

/// An installation in a folder of its own that sends to a sandbox.
struct Place {
    folder: tempfile::TempDir,
    sandbox: SmtpSandbox,
}

struct Serving {
    child: Child,
    log: PathBuf,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Serving {
    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// `GET` of one of its pages: the answer with its head. Waits until it listens.
    fn get(&self, path: &str) -> String {
        let began = Instant::now();
        loop {
            let log = self.log();
            let place = log.split("http://").nth(1).and_then(|rest| rest.split(['/', '\n']).next());
            if let Some(mut stream) = place.and_then(|place| TcpStream::connect(place).ok()) {
                let mut answer = String::new();
                stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
                stream.read_to_string(&mut answer).unwrap();
                return answer;
            }
            assert!(began.elapsed() < COMES_ABOUT_WITHIN, "serve does not listen: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the planner has looked some times: what it would do by itself is done then.
    fn looked(&self) {
        let began = Instant::now();
        let looked = || {
            let text = self.get("/metrics");
            text.lines().find(|line| line.starts_with("mahnwerk_planner_last_success_timestamp")).unwrap_or_default().to_owned()
        };
        let mut seen = std::collections::BTreeSet::new();
        while seen.len() < 4 {
            seen.insert(looked());
            assert!(began.elapsed() < COMES_ABOUT_WITHIN, "the planner does not look: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Place {
    async fn new() -> Self {
        let sandbox = SmtpSandbox::start(SandboxSettings::new(Arc::new(|| SystemClock.now().0))).await.unwrap();
        // Slow enough that a burst can be cut.
        sandbox.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 8 })).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let toml = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n[smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n[mail]\nfrom = \"dunning@creditor.example\"\n\
             [tenant.creditor]\nname = \"Creditor GmbH\"\n",
            sandbox.addr().port()
        );
        std::fs::write(folder.path().join("worker.toml"), toml).unwrap();
        std::fs::write(folder.path().join("workflow.toml"), WORKFLOW).unwrap();
        Self { folder, sandbox }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mahnwerk"));
        command.args(args).current_dir(self.folder.path()).env("USER", "tester").stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    #[track_caller]
    fn fine(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Takes overdue invoices in; they are due at once.
    fn import(&self, numbers: std::ops::Range<usize>) {
        let mut rows =
            "invoice_number,invoice_date,due_date,amount,customer_number,customer_name,email,street,postcode,city,country\n".to_owned();
        for n in numbers {
            writeln!(rows, "RE-{n},2025-01-02,2025-02-01,10.00,C{n},Kunde {n},c{n}@customers.example,,,,DE").unwrap();
        }
        std::fs::write(self.path("invoices.csv"), rows).unwrap();
        self.fine(&["import", "invoices", "invoices.csv", "--tenant", "acme", "--workflow", "workflow.toml"]);
    }

    fn serve(&self) -> Serving {
        let log = self.path("serve.log");
        let file = std::fs::File::create(&log).unwrap();
        Serving { child: self.command(&["serve"]).stdout(Stdio::null()).stderr(file).spawn().unwrap(), log }
    }

    async fn arrived(&self, total: u64) {
        let arrived = self.sandbox.wait_for(total, COMES_ABOUT_WITHIN).await;
        assert!(arrived.is_ok(), "{arrived:?}\n{}", std::fs::read_to_string(self.path("serve.log")).unwrap_or_default());
    }

    /// What the server has recorded, as a log.
    fn server_log(&self) -> PathBuf {
        let ids = self.sandbox.count_by_message_id().into_keys().map(|id| format!("mx: message-id=<{id}>\n")).collect::<String>();
        let path = self.path("mail.log");
        std::fs::write(&path, ids).unwrap();
        path
    }

    #[track_caller]
    fn nobody_got_two(&self) {
        let counts = self.sandbox.count_by_message_id();
        assert!(
            counts.values().all(|times| *times == 1),
            "doubled: {:?}",
            counts.iter().filter(|(_, times)| **times > 1).collect::<Vec<_>>()
        );
        let mut recipients: Vec<_> = self.sandbox.messages().iter().map(|mail| mail.recipients.join(",")).collect();
        let total = recipients.len();
        recipients.sort();
        recipients.dedup();
        assert_eq!(recipients.len(), total, "somebody was dunned twice under two Message-IDs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_from_yesterday_sends_only_what_was_never_sent() {
    let place = Place::new().await;
    // Day 1: forty are sent, the next day's eighty are known. The backup is made while it runs.
    place.import(0..40);
    {
        let _day_1 = place.serve();
        place.arrived(40).await;
    }
    place.import(40..120);
    {
        let _day_2 = place.serve();
        place.arrived(50).await;
        let said = place.fine(&["backup", "yesterday.db"]);
        assert!(said.contains("entries of the history, verified"), "{said}");
        // It sends on, and dies in the midst of it.
        place.arrived(90).await;
    }
    let said = place.fine(&["restore", "yesterday.db"]);
    assert!(said.contains("fenced for acme") && said.contains("lies beside it"), "{said}");

    let serving = place.serve();
    let before = place.sandbox.total();
    serving.looked();
    assert_eq!(place.sandbox.total(), before, "nothing leaves behind a fence");
    let health = serving.get("/healthz");
    assert!(health.starts_with("HTTP/1.1 503") && health.contains("\"status\":\"fenced\"") && health.contains("acme"), "{health}");
    let doctor = place.run(&["doctor"]);
    assert!(!doctor.status.success() && String::from_utf8_lossy(&doctor.stdout).contains("mahnwerk fence lift"), "{doctor:?}");

    // Facts are taken in; they are not sent either.
    place.import(120..125);
    let log = place.server_log();
    let said = place.fine(&["fence", "lift", "--sent", log.to_str().unwrap(), "--reason", "restored from yesterday"]);
    assert!(said.contains("The fence is lifted"), "{said}");
    place.arrived(125).await;
    drop(serving);
    place.nobody_got_two();
    assert_eq!(place.sandbox.total(), 125, "everybody got one");
    place.fine(&["audit", "verify", "--tenant", "acme"]);
    let shown = place.fine(&["fence", "show", "--json"]);
    assert!(shown.contains("\"cause\":\"restored\"") && shown.contains("\"lifted_by\":\"user:tester\""), "{shown}");
    place.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_file_that_was_copied_back_is_recognised() {
    let place = Place::new().await;
    place.import(0..60);
    {
        let _serving = place.serve();
        place.arrived(10).await;
        place.fine(&["backup", "old.db"]);
        place.arrived(60).await;
        // Orderly, so that the mark is where the ledger is.
        let _ = Command::new("kill").args(["-TERM", &_serving.child.id().to_string()]).status().unwrap();
        let began = Instant::now();
        while place.run(&["doctor"]).stdout.windows(4).any(|four| four == b"held") {
            assert!(began.elapsed() < COMES_ABOUT_WITHIN, "serve does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(place.path(&format!("data/ledger.db{suffix}")));
    }
    std::fs::copy(place.path("old.db"), place.path("data/ledger.db")).unwrap();

    let serving = place.serve();
    serving.looked();
    assert!(serving.get("/healthz").contains("\"fenced\":[\"acme\"]"), "{}", serving.log());
    assert!(place.fine(&["fence", "show"]).contains("behind what was done under it"));

    // Nobody knows what was sent. First the list, then the answer.
    let reason = ["--reason", "the archive is lost"];
    let short = place.run(&[&["fence", "lift", "--confirm-window", "2020-01-01..2020-01-02", "--as-unknown"], &reason[..]].concat());
    assert!(String::from_utf8_lossy(&short.stderr).contains("after the window ends"), "{short:?}");
    let window = ["fence", "lift", "--confirm-window", "2020-01-01..2099-12-31"];
    let asked = place.run(&[&window[..], &reason[..]].concat());
    assert_eq!(asked.status.code(), Some(3), "{asked:?}");
    assert!(String::from_utf8_lossy(&asked.stdout).contains("Nothing was changed"), "{asked:?}");
    place.fine(&[&window[..], &["--as-unknown"], &reason[..]].concat());
    let began = Instant::now();
    let unknown = || place.fine(&["notice", "list", "--state", "unknown", "--json", "--limit", "1000"]).lines().count();
    let sent = || place.fine(&["notice", "list", "--state", "sent", "--json", "--limit", "1000"]).lines().count();
    while unknown() + sent() < 60 {
        assert!(began.elapsed() < COMES_ABOUT_WITHIN, "{} unknown, {} sent\n{}", unknown(), sent(), serving.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(unknown() > 0);
    assert_eq!(place.sandbox.total(), 60, "nothing was sent again");
    drop(serving);
    place.nobody_got_two();
    place.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_gives_must_suffice() {
    let place = Place::new().await;
    place.import(0..3);
    let refused = place.run(&["fence", "lift", "--sent", "worker.toml", "--reason", "x"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no fence holds"), "{refused:?}");
    place.fine(&["backup", "b.db"]);
    let again = place.run(&["backup", "b.db"]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("never overwrites"), "{again:?}");
    std::fs::write(place.path("junk.db"), "no database").unwrap();
    let junk = place.run(&["restore", "junk.db"]);
    assert!(!junk.status.success() && String::from_utf8_lossy(&junk.stderr).contains("junk.db can't be restored"), "{junk:?}");
    place.fine(&["restore", "b.db"]);
    let means = place.run(&["fence", "lift", "--reason", "x"]);
    assert_eq!(means.status.code(), Some(2), "{means:?}");
    let none = place.run(&["fence", "lift", "--sent", "worker.toml", "--reason", "x"]);
    assert!(String::from_utf8_lossy(&none.stderr).contains("no Message-ID of ours"), "{none:?}");
    std::fs::write(place.path("list"), format!("{}@creditor.example\n", "ab".repeat(16))).unwrap();
    let unexplained = place.run(&["fence", "lift", "--sent", "list", "--reason", "x"]);
    assert_eq!(unexplained.status.code(), Some(3), "{unexplained:?}");
    assert!(String::from_utf8_lossy(&unexplained.stdout).contains("Facts are missing"), "{unexplained:?}");
    place.fine(&["fence", "lift", "--confirm-window", "2020-01-01..2099-12-31", "--nothing-sent", "--reason", "no server was up"]);
    assert!(place.fine(&["fence", "show"]).contains("no server was up"));
    // A serve that runs holds the ledger.
    let serving = place.serve();
    place.arrived(3).await;
    let held = place.run(&["restore", "b.db"]);
    assert!(String::from_utf8_lossy(&held.stderr).contains("in use by another process"), "{held:?}");
    drop(serving);
    place.sandbox.stop().await;
}
