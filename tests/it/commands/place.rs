//! A folder with a configuration of its own, in which the binary is run.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a running `serve` may take to do what is waited for.
const COMES_ABOUT_WITHIN: Duration = Duration::from_secs(60);

/// Sends at once, at any hour; the second stage is far away.
pub(super) const AT_ONCE: &str = "name = \"at-once\"\nholidays = \"none\"\n[rules]\nconsolidate = false\n
    [[stages]]\nkey = \"reminder-1\"\nkind = \"reminder\"\nafter_days = 0\n
    [[stages]]\nkey = \"reminder-2\"\nkind = \"reminder\"\nafter_days = 30\n";

const HEADING: &str =
    "invoice_number,invoice_date,due_date,amount,customer_number,customer_name,email,street,postcode,city,country,document,kind\n";

pub(super) struct Place {
    folder: tempfile::TempDir,
}

/// How a command ended and what it said.
#[derive(Debug)]
pub(super) struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// Standard output of a command that must have ended well.
    #[track_caller]
    pub(super) fn fine(&self) -> &str {
        assert_eq!(self.code, 0, "{self:#?}");
        &self.out
    }

    /// The lines of `--json`.
    #[track_caller]
    pub(super) fn objects(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
    }
}

impl Place {
    /// With a creditor, and whatever else the configuration shall say.
    pub(super) fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = Self { folder };
        place.write(
            "worker.toml",
            format!(
                "[server]\nlisten = \"127.0.0.1:0\"\n[tenant.creditor]\nname = \"Muster GmbH\"\nstreet = \"Weg 1\"\npostcode = \"10115\"\n\
                 city = \"Berlin\"\niban = \"DE02120300000000202051\"\n[mail]\nfrom = \"dunning@muster.example\"\n{more}"
            ),
        );
        place
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).expect("the temporary folder takes files");
        path
    }

    /// Writes invoices in the columns of the standard map; `document` and `kind` come last.
    pub(super) fn write_invoices(&self, name: &str, rows: &[&str]) {
        self.write(name, format!("{HEADING}{}\n", rows.join("\n")));
    }

    pub(super) fn run(&self, args: &[&str]) -> Ended {
        let output = self.command(args).output().expect("the binary can be started");
        Ended {
            code: output.status.code().expect("an exit code"),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Imports overdue invoices `RE-1` … of customers `C1` … under a workflow, for the tenant `acme`.
    pub(super) fn enrol(&self, count: usize, workflow: &str) {
        self.write("workflow.toml", workflow);
        let rows: Vec<_> = (1..=count)
            .map(|n| format!("RE-{n},2025-01-02,2025-02-0{n},10.0{n},C{n},Kunde {n},c{n}@customers.example,Weg {n},10115,Berlin,DE,,"))
            .collect();
        self.write_invoices("invoices.csv", &rows.iter().map(String::as_str).collect::<Vec<_>>());
        self.run(&["import", "invoices", "invoices.csv", "--tenant", "acme", "--workflow", "workflow.toml"]).fine();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mahnwerk"));
        command.args(args).current_dir(self.folder.path()).env("COLUMNS", "100").env("USER", "tester").stdin(Stdio::null());
        command
    }

    /// Starts `serve`; it is killed when the handle is dropped.
    pub(super) fn serve(&self) -> Serving {
        let log = std::fs::File::create(self.path("serve.log")).expect("a log");
        Serving(self.command(&["serve"]).stdout(Stdio::null()).stderr(log).spawn().expect("serve starts"))
    }

    /// Runs a command again and again until its output fits.
    #[track_caller]
    pub(super) fn until(&self, args: &[&str], fits: impl Fn(&Ended) -> bool) -> Ended {
        let began = Instant::now();
        loop {
            let ended = self.run(args);
            if fits(&ended) {
                return ended;
            }
            let log = || std::fs::read_to_string(self.path("serve.log")).unwrap_or_default();
            assert!(began.elapsed() < COMES_ABOUT_WITHIN, "{args:?} did not come to what was waited for: {ended:#?}\n{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A running `serve`.
pub(super) struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
