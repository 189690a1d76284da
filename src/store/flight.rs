//! The flight log: which of the started steps may have had their effect, in a small file of each process.
//!
//! Steps are started many at a time, before there is a connection for each of them. What the ledger calls `started` may
//! therefore not have begun at all when its process dies. A step is entered here right before its effect begins, without waiting
//! for the disk: what the operating system has taken over outlives the process, however it ends. The other side's answer is
//! added when it comes, and the entry struck out when the ledger has it. Whoever comes next on this machine knows that a step which
//! is not in the log never began, and what was answered. It does not outlive the machine: the log bears the boot that it was
//! written under, and under another one it proves nothing. Missing, foreign or damaged, it proves nothing either.

use super::error::StoreError;
use crate::domain::ids::{StepId, TenantId};
use crate::domain::time::Timestamp;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Where the operating system says which boot this is.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";
const HEADING: &str = "mahnwerk flight 1";
/// The heading, boot and owner; entries follow.
const HEAD: usize = 256;
/// Six words of eight bytes (check, tenant, step, epoch, instant of the answer or 0, its length) and the answer.
const ENTRY: usize = 512;
const WORDS: usize = 48;
/// An entry of zeros is a free place; this keeps it from being its own check.
const SALT: u64 = 0x6d61_686e_7765_726b;
/// Processes of one installation on one machine.
const PROCESSES: usize = 64;

/// A step under the epoch that it was started with.
type Key = (TenantId, StepId, i64);

/// What the other side answered, and when. Only that it has taken it on: what it refused is struck out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub at: Timestamp,
    /// Its words, the first few hundred bytes.
    pub reply: String,
}

/// The log of this process.
#[derive(Debug)]
pub struct Flight {
    /// Locked as long as the process lives: so its successor knows it dead.
    file: File,
    path: PathBuf,
    free: Mutex<Vec<u64>>,
}

/// A step's place in the log. It stays taken until [`Flight::landed`]: what was never settled may be out.
#[derive(Debug)]
#[must_use = "a step that is not struck out counts as one that may be out"]
pub struct Airborne {
    place: u64,
    key: Key,
}

/// What the log of an earlier process proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flown {
    owner: String,
    begun: BTreeMap<Key, Option<Answered>>,
}

impl Flown {
    /// Whether this step, started by `owner` under `epoch`, certainly never began.
    #[must_use]
    pub fn never_began(&self, owner: &str, tenant: TenantId, step: StepId, epoch: i64) -> bool {
        self.owner == owner && !self.begun.contains_key(&(tenant, step, epoch))
    }

    /// What the other side answered to this step, started by `owner` under `epoch`.
    #[must_use]
    pub fn answered(&self, owner: &str, tenant: TenantId, step: StepId, epoch: i64) -> Option<&Answered> {
        self.begun.get(&(tenant, step, epoch)).filter(|_| self.owner == owner)?.as_ref()
    }

    /// The process that wrote it, which is dead.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// What stands in a log; `None` where it proves nothing.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (head, entries) = bytes.split_at_checked(HEAD)?;
        let head = std::str::from_utf8(head).ok()?;
        let mut lines = head.trim_end_matches('\0').lines();
        let (heading, boot, owner) = (lines.next()?, lines.next()?, lines.next()?);
        if heading != HEADING || boot != this_boot()? || entries.len() % ENTRY != 0 {
            return None;
        }
        let begun = entries.chunks_exact(ENTRY).map(decode).collect::<Option<Vec<_>>>()?;
        Some(Self { owner: owner.to_owned(), begun: begun.into_iter().flatten().collect() })
    }
}

/// Reads what the dead of this machine have left beside `base` by now. Any number may read at once, and none of them keeps the
/// log of a dead process from another: a planner that could not see one would take its steps for lost.
///
/// # Errors
/// When the files can't be read.
pub fn fallen(base: &Path) -> Result<Vec<Flown>, StoreError> {
    let mut found = Vec::new();
    for path in paths(base) {
        let Some(mut file) = existing(&path)? else { continue };
        if file.try_lock_shared().is_ok() {
            found.extend(read(&mut file, &path)?);
        }
    }
    Ok(found)
}

/// Begins a log for `owner` beside `base`, with room for so many steps at once: a new one, or one whose process is dead and whose
/// steps have been seen to (`settled` says of which processes that is so). `None` where the operating system does not tell boots
/// apart, or too many processes have their logs: then no step is started ahead.
///
/// # Errors
/// When the files can't be read or written.
pub fn begin(base: &Path, owner: &str, room: usize, settled: impl Fn(&str) -> bool) -> Result<Option<Flight>, StoreError> {
    let Some(boot) = this_boot() else { return Ok(None) };
    for path in paths(base) {
        if let Some(mut file) = existing(&path)? {
            // What nobody has seen to is not even locked against the others for a moment.
            if file.try_lock_shared().is_err() || !is_spent(&mut file, &path, &settled)? {
                continue;
            }
        }
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.map_err(|why| fault(&path, &why))?;
        if file.try_lock().is_ok() && is_spent(&mut file, &path, &settled)? {
            return write_head(&file, &boot, owner, room).map_err(|why| fault(&path, &why)).map(|()| {
                let free = Mutex::new((0..u64::try_from(room).unwrap_or(0)).rev().collect());
                Some(Flight { file, path, free })
            });
        }
    }
    Ok(None)
}

/// Whether nobody needs what stands in a log.
fn is_spent(file: &mut File, path: &Path, settled: &impl Fn(&str) -> bool) -> Result<bool, StoreError> {
    Ok(read(file, path)?.is_none_or(|flown| settled(flown.owner())))
}

fn write_head(file: &File, boot: &str, owner: &str, room: usize) -> std::io::Result<()> {
    let mut head = format!("{HEADING}\n{boot}\n{owner}\n").into_bytes();
    head.resize(HEAD, 0);
    // The head last: a log that is half written must not pass for an empty one.
    file.set_len(0)?;
    file.set_len((HEAD + room * ENTRY) as u64)?;
    file.write_all_at(&head, 0)
}

fn paths(base: &Path) -> impl Iterator<Item = PathBuf> {
    (0..PROCESSES).map(move |number| base.with_extension(format!("flight-{number}")))
}

fn existing(path: &Path) -> Result<Option<File>, StoreError> {
    match File::options().read(true).write(true).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fault(path, &error)),
    }
}

fn read(file: &mut File, path: &Path) -> Result<Option<Flown>, StoreError> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|why| fault(path, &why))?;
    Ok(Flown::parse(&bytes))
}

fn fault(path: &Path, why: &dyn std::fmt::Display) -> StoreError {
    StoreError::Flight { path: path.display().to_string(), why: why.to_string() }
}

impl Flight {
    /// Enters a step whose effect begins next. Without an entry it must not begin.
    ///
    /// # Errors
    /// When there is no place left or the file can't be written.
    pub fn take_off(&self, tenant: TenantId, step: StepId, epoch: i64) -> Result<Airborne, StoreError> {
        let place = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let place = place.ok_or_else(|| fault(&self.path, &"it has no place left"))?;
        let key = (tenant, step, epoch);
        self.write(place, &encode(key, None)).map_err(|why| fault(&self.path, &why))?;
        Ok(Airborne { place, key })
    }

    /// Adds what the other side answered. Where that can't be written the step counts as one that may be out.
    pub fn answered(&self, step: &Airborne, answered: &Answered) {
        if let Err(error) = self.write(step.place, &encode(step.key, Some(answered))) {
            tracing::warn!(%error, "an answer could not be entered in the flight log");
        }
    }

    /// Strikes out a step whose outcome is in the ledger, or that was refused. A place that can't be struck out stays taken.
    pub fn landed(&self, step: Airborne) {
        match self.write(step.place, &[0; WORDS]) {
            Ok(()) => self.free.lock().unwrap_or_else(PoisonError::into_inner).push(step.place),
            Err(error) => tracing::warn!(%error, "a step could not be struck out of the flight log"),
        }
    }

    fn write(&self, place: u64, entry: &[u8]) -> std::io::Result<()> {
        self.file.write_all_at(entry, HEAD as u64 + place * ENTRY as u64)
    }
}

fn this_boot() -> Option<String> {
    std::fs::read_to_string(BOOT).ok().map(|boot| boot.trim().to_owned()).filter(|boot| !boot.is_empty())
}

/// Tells a whole entry from one that was cut short.
fn check(words: [u64; 5], reply: &[u8]) -> u64 {
    let tail = reply.chunks(8).map(|piece| piece.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    words.into_iter().chain(tail).fold(SALT, |check, word| check.rotate_left(17) ^ word)
}

fn encode((tenant, step, epoch): Key, answered: Option<&Answered>) -> Vec<u8> {
    let reply = answered.map_or("", |answered| &answered.reply[..answered.reply.floor_char_boundary(ENTRY - WORDS)]).as_bytes();
    let at = answered.map_or(0, |answered| answered.at.0.max(1));
    let words = [tenant.0, step.0, epoch, at].map(i64::cast_unsigned);
    let words = [words[0], words[1], words[2], words[3], reply.len() as u64];
    let mut bytes = check(words, reply).to_be_bytes().to_vec();
    words.iter().for_each(|word| bytes.extend(word.to_be_bytes()));
    bytes.extend(reply);
    bytes
}

/// An entry; `Some(None)` for a free place, `None` when it is damaged.
fn decode(bytes: &[u8]) -> Option<Option<(Key, Option<Answered>)>> {
    let (words, rest) = bytes.split_at_checked(WORDS)?;
    let mut words = words.chunks_exact(8).filter_map(|field| field.try_into().ok().map(u64::from_be_bytes));
    let sum = words.next()?;
    let words = [words.next()?, words.next()?, words.next()?, words.next()?, words.next()?];
    if words == [0; 5] && sum == 0 {
        return Some(None);
    }
    let reply = rest.get(..usize::try_from(words[4]).ok()?)?;
    if sum != check(words, reply) {
        return None;
    }
    let [tenant, step, epoch, at] = [words[0], words[1], words[2], words[3]].map(u64::cast_signed);
    let answered = (at != 0).then(|| Answered { at: Timestamp(at), reply: String::from_utf8_lossy(reply).into_owned() });
    Some(Some(((TenantId(tenant), StepId(step), epoch), answered)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: TenantId = TenantId(1);

    fn base() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ledger.mark");
        (folder, path)
    }

    fn begun(base: &Path, owner: &str, room: usize) -> Flight {
        begin(base, owner, room, |_| true).expect("writable").expect("this system tells boots apart")
    }

    fn owners(base: &Path) -> Vec<String> {
        fallen(base).expect("readable").into_iter().map(|flown| flown.owner).collect()
    }

    #[test]
    fn what_took_off_and_did_not_land_may_be_out_and_nothing_else() {
        let (_folder, base) = base();
        let flight = begun(&base, "one", 4);
        let landed = flight.take_off(TENANT, StepId(7), 1).expect("a place");
        let _airborne = flight.take_off(TENANT, StepId(8), 2).expect("a place");
        flight.landed(landed);
        assert_eq!(fallen(&base).expect("readable"), [], "it lives");
        drop(flight);
        let flown = fallen(&base).expect("readable");
        let [flown] = &flown[..] else { panic!("one process died: {flown:?}") };
        assert!(flown.never_began("one", TENANT, StepId(7), 1), "it landed");
        assert!(!flown.never_began("one", TENANT, StepId(8), 2), "it is in the air");
        assert!(flown.never_began("one", TENANT, StepId(8), 3), "under another epoch it never took off");
        assert!(flown.never_began("one", TENANT, StepId(9), 1), "it never took off");
        assert!(!flown.never_began("two", TENANT, StepId(9), 1), "of another process it proves nothing");
    }

    #[test]
    fn what_was_answered_is_known_however_long_the_answer() {
        let (_folder, base) = base();
        let flight = begun(&base, "one", 4);
        let long = format!("250 {}", "ü".repeat(400));
        for (step, reply) in [(1, "250 accepted"), (2, ""), (3, long.as_str())] {
            let airborne = flight.take_off(TENANT, StepId(step), 1).expect("a place");
            flight.answered(&airborne, &Answered { at: Timestamp(1_000 + step), reply: reply.to_owned() });
        }
        let _silent = flight.take_off(TENANT, StepId(4), 1).expect("a place");
        drop(flight);
        let flown = fallen(&base).expect("readable");
        let answer = |step| flown[0].answered("one", TENANT, StepId(step), 1);
        assert_eq!(answer(1), Some(&Answered { at: Timestamp(1_001), reply: "250 accepted".to_owned() }));
        assert_eq!(answer(2), Some(&Answered { at: Timestamp(1_002), reply: String::new() }));
        assert!(answer(3).is_some_and(|answered| answered.reply.len() > 400 && long.starts_with(&answered.reply)));
        assert_eq!((answer(4), answer(5)), (None, None));
        assert_eq!(flown[0].answered("two", TENANT, StepId(1), 1), None);
    }

    #[test]
    fn every_process_has_a_log_of_its_own_and_the_dead_are_read_by_whoever_comes() {
        let (_folder, base) = base();
        let (one, two) = (begun(&base, "one", 1), begun(&base, "two", 1));
        assert_ne!(one.path, two.path);
        drop((one, two));
        assert_eq!(owners(&base), ["one", "two"]);
        let _three = begun(&base, "three", 1);
        assert_eq!(owners(&base), ["two"]);
    }

    #[test]
    fn a_log_is_not_taken_and_not_hidden_before_its_steps_were_seen_to() {
        let (_folder, base) = base();
        drop((begun(&base, "one", 1), begun(&base, "two", 1)));
        let _three = begin(&base, "three", 1, |owner| owner == "two").expect("writable").expect("room");
        assert_eq!(owners(&base), ["one"]);
        let _four = begin(&base, "four", 1, |_| false).expect("writable").expect("room");
        assert_eq!(owners(&base), ["one"]);
    }

    #[test]
    fn those_who_read_don_t_hide_a_log_from_each_other() {
        let (_folder, base) = base();
        drop(begun(&base, "one", 1));
        let reading = existing(&base.with_extension("flight-0")).expect("readable").expect("a log");
        reading.try_lock_shared().expect("nobody writes it");
        assert_eq!(owners(&base), ["one"]);
        assert_ne!(begun(&base, "two", 1).path, base.with_extension("flight-0"), "it is being read");
    }

    #[test]
    fn a_full_log_lets_nothing_begin_until_something_has_landed() {
        let (_folder, base) = base();
        let flight = begun(&base, "one", 1);
        let first = flight.take_off(TENANT, StepId(1), 1).expect("a place");
        assert!(flight.take_off(TENANT, StepId(2), 1).is_err());
        flight.landed(first);
        assert!(flight.take_off(TENANT, StepId(2), 1).is_ok());
    }

    #[test]
    fn what_is_from_another_boot_or_damaged_proves_nothing() {
        let (_folder, base) = base();
        let flight = begun(&base, "one", 2);
        let _airborne = flight.take_off(TENANT, StepId(8), 2).expect("a place");
        let whole = std::fs::read(&flight.path).expect("readable");
        assert!(Flown::parse(&whole).is_some());
        let mut other_boot = whole.clone();
        other_boot[HEADING.len() + 1] ^= 1;
        let mut torn = whole.clone();
        torn[HEAD + 9] ^= 1;
        for bytes in [&other_boot[..], &torn, &whole[..whole.len() - 1], &whole[..10], &[]] {
            assert_eq!(Flown::parse(bytes), None);
        }
    }
}
