//! A few open connections that many messages share.
//!
//! At most `connections` exist at once. One that has been idle too long is closed politely; a small task does that and
//! ends when nothing is idle any more, so an idle mailer holds neither connections nor a task.

use super::session::{Session, Unready};
use super::smtp::SmtpSettings;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

/// After a server has turned a connection away, one fewer is tried for so long.
const FEWER_FOR: Duration = Duration::from_secs(60);

pub(super) struct Pool {
    pub(super) settings: SmtpSettings,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    permits: Semaphore,
    /// How many permits there are: fewer than `connections` while the server takes fewer.
    limit: AtomicUsize,
    /// The last given back is the first taken, so a lull leaves the others to expire.
    idle: Mutex<Vec<Session>>,
    reaping: AtomicBool,
    /// A refused login is remembered: knocking again for every waiting message would lock the account.
    login_refused: Mutex<Option<(Instant, Unready)>>,
}

/// The right to one connection.
pub(super) struct Turn<'a> {
    permit: SemaphorePermit<'a>,
}

impl Pool {
    pub(super) fn new(settings: SmtpSettings, tls: Option<(Arc<ClientConfig>, ServerName<'static>)>) -> Arc<Self> {
        let (permits, limit) = (Semaphore::new(settings.connections), AtomicUsize::new(settings.connections));
        Arc::new(Self {
            settings,
            tls,
            permits,
            limit,
            idle: Mutex::default(),
            reaping: AtomicBool::new(false),
            login_refused: Mutex::default(),
        })
    }

    /// Waits for a turn. `None` only if the pool was closed.
    pub(super) async fn turn(&self) -> Option<Turn<'_>> {
        self.permits.acquire().await.ok().map(|permit| Turn { permit })
    }

    /// Does with a connection less for a while, since the server turned this one away; `false` if there is no other.
    pub(super) fn shrink(self: &Arc<Self>, turn: Turn<'_>) -> bool {
        if self.limit.fetch_update(Ordering::AcqRel, Ordering::Acquire, |limit| (limit > 1).then(|| limit - 1)).is_err() {
            return false;
        }
        turn.permit.forget();
        tokio::spawn(grow_again(Arc::downgrade(self)));
        true
    }

    /// An idle connection that still looks alive.
    pub(super) fn reuse(&self, _turn: &Turn<'_>) -> Option<Session> {
        let expired = Instant::now().checked_sub(self.settings.idle);
        loop {
            let mut session = locked(&self.idle).pop()?;
            if expired.is_none_or(|expired| session.last_used > expired) && session.is_usable() {
                return Some(session);
            }
        }
    }

    pub(super) async fn open(&self, _turn: &Turn<'_>) -> Result<Session, Unready> {
        if let Some(refused) = self.login_is_paused() {
            return Err(refused);
        }
        self.open_now().await
    }

    /// Opens a connection though the last login was refused; for the check that a person asked for.
    pub(super) async fn open_now(&self) -> Result<Session, Unready> {
        let opened = Session::open(&self.settings, self.tls.as_ref()).await;
        *locked(&self.login_refused) = match &opened {
            Err(unready) if unready.after.is_some() => Some((Instant::now(), unready.clone())),
            _ => None,
        };
        opened
    }

    fn login_is_paused(&self) -> Option<Unready> {
        let guard = locked(&self.login_refused);
        let (since, unready) = guard.as_ref()?;
        let left = unready.after?.checked_sub(since.elapsed()).filter(|left| !left.is_zero())?;
        Some(Unready { after: Some(left), ..unready.clone() })
    }

    pub(super) fn give_back(self: &Arc<Self>, mut session: Session) {
        if !session.is_usable() || self.permits.is_closed() {
            return;
        }
        session.last_used = Instant::now();
        locked(&self.idle).push(session);
        if !self.reaping.swap(true, Ordering::AcqRel) {
            tokio::spawn(reap(Arc::downgrade(self), self.settings.idle));
        }
    }

    /// Says goodbye on every idle connection; later messages are refused.
    pub(super) async fn close(&self) {
        self.permits.close();
        let sessions = std::mem::take(&mut *locked(&self.idle));
        futures::future::join_all(sessions.into_iter().map(Session::quit)).await;
    }

    /// Takes out what has been idle too long, and says when to look again; `None` when nothing is left.
    fn take_expired(&self) -> (Vec<Session>, Option<Instant>) {
        let mut idle = locked(&self.idle);
        let now = Instant::now();
        let (expired, kept) = std::mem::take(&mut *idle).into_iter().partition(|session| session.last_used + self.settings.idle <= now);
        *idle = kept;
        let next = idle.iter().map(|session| session.last_used + self.settings.idle).min();
        if next.is_none() {
            // Under the lock, so that whoever gives back next starts a new task.
            self.reaping.store(false, Ordering::Release);
        }
        (expired, next)
    }
}

async fn grow_again(pool: Weak<Pool>) {
    tokio::time::sleep(FEWER_FOR).await;
    if let Some(pool) = pool.upgrade() {
        pool.limit.fetch_add(1, Ordering::AcqRel);
        pool.permits.add_permits(1);
    }
}

async fn reap(pool: Weak<Pool>, idle: Duration) {
    let mut next = Instant::now() + idle;
    loop {
        tokio::time::sleep_until(next).await;
        let Some(pool) = pool.upgrade() else { return };
        let (expired, later) = pool.take_expired();
        drop(pool);
        futures::future::join_all(expired.into_iter().map(Session::quit)).await;
        let Some(later) = later else { return };
        next = later;
    }
}

/// A panic elsewhere leaves the list itself whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
