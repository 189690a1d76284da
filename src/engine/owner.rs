//! The name under which this process holds leases, and whether it may take any.
//!
//! On a shared ledger the name is worth something only while the process holds its lock ([`super::process`]). While the
//! lock is lost nothing new is begun; what is under way goes on, since its epoch decides whether its outcome counts.

use std::sync::Arc;
use tokio::sync::watch;

/// This process in leases. A name is unique among all processes that ever were.
#[derive(Debug)]
pub struct Owner(watch::Sender<Standing>);

#[derive(Clone, Debug)]
struct Standing {
    name: Arc<str>,
    present: bool,
}

impl Owner {
    #[must_use]
    pub fn new(name: String) -> Self {
        Self(watch::Sender::new(Standing { name: name.into(), present: true }))
    }

    /// The name as it is now; another one after the process was taken for dead.
    #[must_use]
    pub fn name(&self) -> Arc<str> {
        self.0.borrow().name.clone()
    }

    /// The name, as soon as leases may be taken under it. At once, unless the lock is lost.
    pub async fn present(&self) -> Arc<str> {
        {
            let standing = self.0.borrow();
            if standing.present {
                return standing.name.clone();
            }
        }
        let mut changes = self.0.subscribe();
        let name = changes.wait_for(|standing| standing.present).await.ok().map(|standing| standing.name.clone());
        match name {
            Some(name) => name,
            // The sender is `self`, which is borrowed here.
            None => std::future::pending().await,
        }
    }

    /// The lock is gone: nothing new is begun.
    pub(super) fn lose(&self) {
        self.0.send_modify(|standing| standing.present = false);
    }

    /// The lock is held, under this name.
    pub(super) fn hold(&self, name: &str) {
        self.0.send_modify(|standing| *standing = Standing { name: name.into(), present: true });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn whoever_lost_its_lock_waits_for_the_next_name() {
        let owner = Owner::new("first".to_owned());
        assert_eq!(&*owner.present().await, "first");
        owner.lose();
        assert_eq!(&*owner.name(), "first");
        let mut waiting = Box::pin(owner.present());
        assert!((&mut waiting).now_or_never().is_none());
        owner.hold("second");
        assert_eq!(&*waiting.await, "second");
    }
}
