//! Where a process may be struck: each call to its ledger, each effect and each ring, counted in one row.
//!
//! A strike is armed at a number of that row. What is struck by a crash is dead: all its further calls fail, whatever
//! they are. What is struck by an error lives on.

use mahnwerk::store::probe::{Call, Probe};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What happens at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The process dies before the call.
    CrashBefore,
    /// The call takes effect, then the process dies before it learns that.
    CrashAfter,
    /// The call fails; the process lives on.
    ErrorBefore,
    /// The call takes effect but is reported as failed; the process lives on.
    ErrorAfter,
}

impl Mode {
    pub(crate) const ALL: [Self; 4] = [Self::CrashBefore, Self::CrashAfter, Self::ErrorBefore, Self::ErrorAfter];

    fn word(self) -> &'static str {
        match self {
            Self::CrashBefore => "crash-before",
            Self::CrashAfter => "crash-after",
            Self::ErrorBefore => "error-before",
            Self::ErrorAfter => "error-after",
        }
    }

    pub(crate) fn kills(self) -> bool {
        matches!(self, Self::CrashBefore | Self::CrashAfter)
    }

    fn happens(self) -> bool {
        matches!(self, Self::CrashAfter | Self::ErrorAfter)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|mode| mode.word() == word).ok_or_else(|| format!("`{word}` is no way to be struck"))
    }
}

/// How a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    Free,
    /// It takes effect and must be reported as failed.
    Struck,
    /// It must not take effect.
    Barred,
}

/// All points of a story, over all its processes.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    count: AtomicUsize,
    armed: Mutex<Option<(usize, Mode)>>,
    names: Mutex<Vec<String>>,
    struck: Mutex<Vec<(String, Mode)>>,
}

impl Faults {
    pub(crate) fn arm(&self, at: usize, mode: Mode) {
        *self.armed.lock().unwrap() = Some((at, mode));
    }

    /// Arms a strike so many points from now.
    pub(crate) fn arm_in(&self, points: usize, mode: Mode) {
        self.arm(self.count.load(Ordering::SeqCst) + points, mode);
    }

    pub(crate) fn disarm(&self) {
        *self.armed.lock().unwrap() = None;
    }

    /// The points that were passed, by name.
    pub(crate) fn names(&self) -> Vec<String> {
        self.names.lock().unwrap().clone()
    }

    /// Where it struck.
    pub(crate) fn struck(&self) -> Vec<(String, Mode)> {
        self.struck.lock().unwrap().clone()
    }

    fn strike(&self, name: &str) -> Option<Mode> {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        self.names.lock().unwrap().push(name.to_owned());
        let mut armed = self.armed.lock().unwrap();
        let mode = armed.filter(|(at, _)| *at == number).map(|(_, mode)| mode)?;
        *armed = None;
        self.struck.lock().unwrap().push((name.to_owned(), mode));
        Some(mode)
    }
}

/// The life of one process.
#[derive(Debug)]
pub(crate) struct Pulse {
    faults: Arc<Faults>,
    dead: AtomicBool,
    death: tokio::sync::Notify,
    /// The call under way that is struck when it has taken effect.
    pending: Mutex<Option<(Call, Mode)>>,
}

impl Pulse {
    pub(crate) fn new(faults: Arc<Faults>) -> Self {
        Self { faults, dead: AtomicBool::new(false), death: tokio::sync::Notify::new(), pending: Mutex::default() }
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    pub(crate) fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.death.notify_waiters();
    }

    /// Waits for its death; whatever it had under way is dropped then.
    pub(crate) async fn end(&self) {
        let death = self.death.notified();
        if !self.is_dead() {
            death.await;
        }
    }

    /// An effect or a ring is about to happen.
    pub(crate) fn pass(&self, name: &str) -> Passage {
        if self.is_dead() {
            return Passage::Barred;
        }
        let Some(mode) = self.faults.strike(name) else { return Passage::Free };
        if mode.kills() {
            self.die();
        }
        if mode.happens() { Passage::Struck } else { Passage::Barred }
    }
}

fn failure() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::other("struck by the test"))
}

/// The name of a call, as it is counted.
pub(crate) fn name(call: Call) -> String {
    match call {
        Call::Begin => "begin".to_owned(),
        Call::Commit => "commit".to_owned(),
        Call::Inside(statement) => format!("sql {statement}"),
        Call::Read(statement) => format!("read {statement}"),
    }
}

impl Probe for Pulse {
    fn before(&self, call: Call) -> Result<(), sqlx::Error> {
        if self.is_dead() {
            return Err(failure());
        }
        let Some(mode) = self.faults.strike(&name(call)) else { return Ok(()) };
        if mode.happens() {
            *self.pending.lock().unwrap() = Some((call, mode));
            return Ok(());
        }
        if mode.kills() {
            self.die();
        }
        Err(failure())
    }

    fn after(&self, call: Call) -> Result<(), sqlx::Error> {
        let mut pending = self.pending.lock().unwrap();
        if let Some((_, mode)) = pending.filter(|(struck, _)| *struck == call) {
            *pending = None;
            if mode.kills() {
                self.die();
            }
            return Err(failure());
        }
        if self.is_dead() { Err(failure()) } else { Ok(()) }
    }
}
