//! Marks: how far each tenant's chain was when this process last wrote it, kept outside the ledger.
//!
//! A ledger that is behind its mark was replaced by an older one, by a backup that was copied back or by a database that
//! lost its last commits. What it has forgotten was sent all the same, so it is fenced ([`super::fence`]). A mark is made only
//! after the commit that it names, so it is never ahead of a ledger that nobody touched. It may lag: then less is noticed.

use super::error::StoreError;
use crate::domain::ids::TenantId;
pub use crate::domain::mark::Mark;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

const HEADING: &str = "# How far the ledger of Mahnwerk was when something was last done under it: tenant, entry, hash, lineage, instant.\n\
                       # Keep it: an older ledger is recognised by it, and does not send again what it has forgotten.\n";

/// The marks that a process knows.
#[derive(Debug, Default)]
pub struct Marks {
    known: Mutex<BTreeMap<TenantId, Mark>>,
    changed: AtomicBool,
}

impl Marks {
    #[must_use]
    pub fn of(&self, tenant: TenantId) -> Option<Mark> {
        self.lock().get(&tenant).cloned()
    }

    /// All marks.
    #[must_use]
    pub fn all(&self) -> Vec<(TenantId, Mark)> {
        self.lock().iter().map(|(tenant, mark)| (*tenant, mark.clone())).collect()
    }

    /// Takes down where a commit left the chain. Whoever waited longer for the disk does not take back what a later one has noted.
    pub(super) fn note(&self, tenant: TenantId, mark: Mark) {
        let mut known = self.lock();
        if known.get(&tenant).is_none_or(|own| own.lineage != mark.lineage || own.seq < mark.seq) {
            known.insert(tenant, mark);
            self.changed.store(true, Ordering::Relaxed);
        }
    }

    /// Forgets a mark that was made before a fence was lifted.
    pub(super) fn forget(&self, tenant: TenantId) {
        self.lock().remove(&tenant);
    }

    /// Takes on a mark from elsewhere if it is further than the one that is known.
    pub fn learn(&self, tenant: TenantId, mark: Mark) {
        let mut known = self.lock();
        // Of two lineages the one with the later instant was alive last.
        let further = known.get(&tenant).is_none_or(|own| if own.lineage == mark.lineage { own.seq < mark.seq } else { own.at < mark.at });
        if further {
            known.insert(tenant, mark);
        }
    }

    /// Whether something was taken down since this was last asked.
    #[must_use]
    pub fn take_changed(&self) -> bool {
        self.changed.swap(false, Ordering::Relaxed)
    }

    /// Learns what stands in a file; a missing one says nothing.
    ///
    /// # Errors
    /// When it can't be read, or a line of it is none of ours.
    pub fn read(&self, path: &Path) -> Result<(), StoreError> {
        let fault = |why: String| StoreError::Mark { path: path.display().to_string(), why };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(fault(error.to_string())),
        };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.is_empty()) {
            let (tenant, mark) = Mark::parse(line).ok_or_else(|| fault(format!("line {} is no mark", number + 1)))?;
            self.learn(tenant, mark);
        }
        Ok(())
    }

    /// Writes all marks to a file, whole or not at all, and waits for the disk. Of two marks of a tenant the further one stays: other
    /// processes of this machine write to the same file, one after the other.
    ///
    /// # Errors
    /// When it can't be written, or what stands there is none of ours.
    pub fn write(&self, path: &Path) -> Result<(), StoreError> {
        let fault = |error: std::io::Error| StoreError::Mark { path: path.display().to_string(), why: error.to_string() };
        // Beside it, since the file itself is exchanged.
        let turn = std::fs::File::create(path.with_extension("mark-lock")).map_err(fault)?;
        turn.lock().map_err(fault)?;
        let furthest = Self::default();
        furthest.read(path)?;
        self.all().into_iter().for_each(|(tenant, mark)| furthest.learn(tenant, mark));
        let mut text = HEADING.to_owned();
        for (tenant, mark) in furthest.all() {
            let _ = writeln!(text, "{}", mark.line(tenant));
        }
        let beside = path.with_extension("mark-new");
        let mut file = std::fs::File::create(&beside).map_err(fault)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(fault)?;
        std::fs::rename(&beside, path).map_err(fault)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<TenantId, Mark>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn mark(seq: i64, lineage: &str, at: i64) -> Mark {
        Mark { seq, hash: [7; 32], lineage: lineage.to_owned(), at: Timestamp(at) }
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.mark");
        let marks = Marks::default();
        marks.read(&path).expect("a missing file says nothing");
        marks.note(TenantId(1), mark(12, "", 5));
        marks.note(TenantId(2), mark(7, "ab12", 6));
        assert!(marks.take_changed() && !marks.take_changed());
        marks.write(&path).unwrap();
        let again = Marks::default();
        again.read(&path).unwrap();
        assert_eq!(again.all(), marks.all());
        std::fs::write(&path, "1 12 zz - 5\n").unwrap();
        assert_eq!(again.read(&path).unwrap_err().to_string(), format!("the mark {}: line 1 is no mark", path.display()));
    }

    #[test]
    fn several_processes_write_to_one_file_and_none_takes_back_what_another_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.mark");
        std::thread::scope(|threads| {
            for process in 1..=8 {
                let path = &path;
                threads.spawn(move || {
                    let marks = Marks::default();
                    for seq in 1..=20 {
                        marks.note(TenantId(1), mark(process * seq, "", process * seq));
                        marks.write(path).unwrap();
                    }
                });
            }
        });
        let again = Marks::default();
        again.read(&path).unwrap();
        assert_eq!(again.all(), [(TenantId(1), mark(160, "", 160))]);
    }

    #[test]
    fn of_two_marks_the_further_one_counts() {
        let marks = Marks::default();
        marks.learn(TenantId(1), mark(12, "", 5));
        marks.learn(TenantId(1), mark(9, "", 9));
        assert_eq!(marks.of(TenantId(1)), Some(mark(12, "", 5)));
        marks.learn(TenantId(1), mark(3, "ab", 6));
        assert_eq!(marks.of(TenantId(1)), Some(mark(3, "ab", 6)), "the lineage that lived last");
    }
}
