//! One process of a fleet: started, signalled and killed by its id; it never outlives its test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

pub(crate) struct Member {
    process: Child,
    log: PathBuf,
}

impl Member {
    /// Starts the program with the folder's `worker.toml`; what it says goes into `NAME.log` there.
    pub(super) fn start(folder: &Path, name: &str, command: &[&str], clock_ahead_ms: i64) -> Self {
        let log = folder.join(format!("{name}.log"));
        let file = std::fs::File::options().create(true).append(true).open(&log).unwrap();
        // An ignored signal stays ignored over `exec`: a write beyond a file size limit fails then, as on a full disk.
        let mut program = Command::new("sh");
        program.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_mahnwerk")]);
        program.args(command).arg("--config").arg(folder.join("worker.toml")).current_dir(folder);
        if clock_ahead_ms != 0 {
            program.env("MAHNWERK_TEST_CLOCK_AHEAD_MS", clock_ahead_ms.to_string());
        }
        Self { process: program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn().unwrap(), log }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// As `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// `TERM`, `STOP`, `CONT` …
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.id().to_string()]).status().unwrap();
        assert!(sent.success(), "no signal {name} to {}", self.id());
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().unwrap()
    }

    /// What it wrote.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // A stopped process dies of this too.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
