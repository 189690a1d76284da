//! Listens, starts a session for each connection, and is the handle that tests and pages hold.

use super::fault::{Disturbance, Fault, FaultError, Faults, Point};
use super::inbox::{self, Inbox, Received, TooFew};
use super::session;
use super::settings::{Encryption, SandboxSettings};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};

/// After a failed accept or bind, so that the loop does not spin.
const BREATH: Duration = Duration::from_millis(5);

/// A running server. Clones are handles to the same one; it stops with [`SmtpSandbox::stop`] or the last handle.
#[derive(Clone)]
pub struct SmtpSandbox {
    shared: Arc<Shared>,
    listening: watch::Receiver<Listening>,
    _stop_with_last_handle: Arc<DropGuard>,
}

impl fmt::Debug for SmtpSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSandbox").field("addr", &self.shared.addr).finish_non_exhaustive()
    }
}

/// What the accepting task does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listening {
    Yes,
    Refusing,
    Stopped,
}

/// What sessions share.
pub(super) struct Shared {
    pub(super) settings: SandboxSettings,
    pub(super) acceptor: Option<TlsAcceptor>,
    addr: SocketAddr,
    inbox: Mutex<Inbox>,
    arrived: Notify,
    faults: Mutex<Faults>,
    /// Spares sessions the lock as long as nothing is to go wrong.
    has_faults: AtomicBool,
    refusing: watch::Sender<bool>,
    connections: AtomicU64,
    open: AtomicUsize,
    connections_max: AtomicUsize,
    stop: CancellationToken,
    /// Cancelled and replaced to drop all open connections.
    generation: Mutex<CancellationToken>,
}

impl SmtpSandbox {
    /// Starts listening; connections are served on the current tokio runtime.
    ///
    /// # Errors
    /// If the address can't be bound, the certificate not be read, or the folder not be made.
    pub async fn start(settings: SandboxSettings) -> io::Result<Self> {
        let acceptor = settings.encryption.acceptor()?;
        if let Some(folder) = &settings.folder {
            tokio::fs::create_dir_all(folder).await?;
        }
        let listener = TcpListener::bind(settings.listen).await?;
        let stop = CancellationToken::new();
        let (listening_sender, listening) = watch::channel(Listening::Yes);
        let shared = Arc::new(Shared {
            acceptor,
            addr: listener.local_addr()?,
            inbox: Mutex::default(),
            arrived: Notify::new(),
            faults: Mutex::default(),
            has_faults: AtomicBool::new(false),
            refusing: watch::Sender::new(false),
            connections: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            connections_max: AtomicUsize::new(settings.connections_max),
            generation: Mutex::new(stop.child_token()),
            stop: stop.clone(),
            settings,
        });
        tokio::spawn(accept(shared.clone(), listener, listening_sender));
        Ok(Self { shared, listening, _stop_with_last_handle: Arc::new(stop.drop_guard()) })
    }

    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.shared.addr
    }

    /// Whether senders meet TLS, STARTTLS or neither.
    #[must_use]
    pub fn encryption(&self) -> &Encryption {
        &self.shared.settings.encryption
    }

    /// The kept messages, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Arc<Received>> {
        locked(&self.shared.inbox).messages()
    }

    #[must_use]
    pub fn message(&self, number: u64) -> Option<Arc<Received>> {
        locked(&self.shared.inbox).message(number)
    }

    /// How often each Message-ID came since the start or the last [`SmtpSandbox::clear`], kept or not.
    #[must_use]
    pub fn count_by_message_id(&self) -> BTreeMap<String, u64> {
        locked(&self.shared.inbox).counts()
    }

    /// Messages received since the start.
    #[must_use]
    pub fn total(&self) -> u64 {
        locked(&self.shared.inbox).total()
    }

    /// Forgets messages and counts.
    pub fn clear(&self) {
        locked(&self.shared.inbox).clear();
    }

    /// Connections accepted since the start.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    #[must_use]
    pub fn open_connections(&self) -> usize {
        self.shared.open.load(Ordering::Relaxed)
    }

    /// More connections than this at once get a 421; 0 means no limit.
    pub fn set_connections_max(&self, connections_max: usize) {
        self.shared.connections_max.store(connections_max, Ordering::Relaxed);
    }

    /// Adds a fault; it holds when this returns.
    ///
    /// # Errors
    /// A [`FaultError`] if the fault can't happen.
    pub async fn set_fault(&self, fault: Fault) -> Result<(), FaultError> {
        fault.check()?;
        let refusing = self.shared.change_faults(|faults| faults.add(fault));
        self.wait_until(refusing).await;
        Ok(())
    }

    /// Everything works again when this returns.
    pub async fn clear_faults(&self) {
        let refusing = self.shared.change_faults(Faults::clear);
        self.wait_until(refusing).await;
    }

    /// The faults that are on, with how often each may still happen.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        locked(&self.shared.faults).list().to_vec()
    }

    /// Closes all open connections without a word, as a server does that is restarted.
    pub fn drop_connections(&self) {
        let fresh = self.shared.stop.child_token();
        std::mem::replace(&mut *locked(&self.shared.generation), fresh).cancel();
    }

    /// Waits until so many messages have come since the start.
    ///
    /// # Errors
    /// [`TooFew`] after `timeout`.
    pub async fn wait_for(&self, wanted: u64, timeout: Duration) -> Result<(), TooFew> {
        let enough = async {
            loop {
                let arrived = self.shared.arrived.notified();
                if self.total() >= wanted {
                    return;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(timeout, enough).await.map_err(|_| TooFew { received: self.total(), wanted })
    }

    /// Stops listening and closes all connections; the port is free when this returns.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        let mut listening = self.listening.clone();
        // An error means that the accepting task is gone, which is what we wait for.
        let _ = listening.wait_for(|now| *now == Listening::Stopped).await;
    }

    async fn wait_until(&self, refusing: bool) {
        let wanted = if refusing { Listening::Refusing } else { Listening::Yes };
        let mut listening = self.listening.clone();
        let _ = listening.wait_for(|now| *now == wanted || *now == Listening::Stopped).await;
    }
}

impl Shared {
    /// What is to go wrong at this point of a conversation, if anything.
    pub(super) fn disturbance(&self, at: Point, sender: &str, recipients: &[String]) -> Option<Disturbance> {
        if !self.has_faults.load(Ordering::Acquire) {
            return None;
        }
        let mut faults = locked(&self.faults);
        let disturbance = faults.next(at, sender, recipients);
        self.has_faults.store(!faults.list().is_empty(), Ordering::Release);
        disturbance
    }

    pub(super) async fn keep(&self, message: Received) -> io::Result<u64> {
        let copy = self.settings.folder.clone().map(|folder| (folder, message.clone()));
        let number = locked(&self.inbox).add(message, self.settings.keep_messages, self.settings.keep_bytes);
        if let Some((folder, message)) = copy {
            tokio::task::spawn_blocking(move || inbox::write_file(&folder, number, &message)).await.map_err(io::Error::other)??;
        }
        self.arrived.notify_waiters();
        Ok(number)
    }

    /// Changes the faults and says whether connections are to be refused now.
    fn change_faults(&self, change: impl FnOnce(&mut Faults)) -> bool {
        let mut faults = locked(&self.faults);
        change(&mut faults);
        self.has_faults.store(!faults.list().is_empty(), Ordering::Release);
        self.refusing.send_replace(faults.refuses());
        faults.refuses()
    }
}

/// The accepting task. While connections are to be refused it holds no listener at all.
async fn accept(shared: Arc<Shared>, listener: TcpListener, listening: watch::Sender<Listening>) {
    let mut refusing = shared.refusing.subscribe();
    let stop = shared.stop.clone();
    let mut listener = Some(listener);
    loop {
        if *refusing.borrow_and_update() {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(shared.addr).await.ok();
        }
        let wanted = !*refusing.borrow();
        listening.send_replace(if listener.is_some() { Listening::Yes } else { Listening::Refusing });
        tokio::select! {
            () = stop.cancelled() => break,
            _ = refusing.changed() => {}
            accepted = async { match &listener { Some(listener) => listener.accept().await, None => std::future::pending().await } } => match accepted {
                Ok((stream, _)) => serve(&shared, stream),
                Err(_) => tokio::time::sleep(BREATH).await,
            },
            () = tokio::time::sleep(BREATH), if wanted && listener.is_none() => {}
        }
    }
    drop(listener);
    listening.send_replace(Listening::Stopped);
}

fn serve(shared: &Arc<Shared>, stream: TcpStream) {
    let number = shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
    let open = shared.open.fetch_add(1, Ordering::Relaxed) + 1;
    let connections_max = shared.connections_max.load(Ordering::Relaxed);
    let too_many = connections_max > 0 && open > connections_max;
    let shared = shared.clone();
    let closed = locked(&shared.generation).clone();
    tokio::spawn(async move {
        tokio::select! {
            () = closed.cancelled() => {}
            // How a conversation broke is the client's concern; the server only forgets it.
            _ = session::serve(&shared, stream, number, too_many) => {}
        }
        shared.open.fetch_sub(1, Ordering::Relaxed);
    });
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
