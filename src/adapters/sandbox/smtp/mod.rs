//! An SMTP server that keeps what it gets, counts it, and fails as it is told.
//!
//! It speaks ESMTP (PIPELINING, 8BITMIME, SIZE; STARTTLS, TLS and AUTH if set up) and nothing leaves it: every
//! recipient is accepted and ends here. `server` listens, `session` talks, `inbox` keeps, `fault` says what goes wrong.
//! The page over it is `web::mailbox`.

mod command;
mod fault;
mod inbox;
mod server;
mod session;
mod settings;

pub use fault::{Act, Fault, FaultError, Point};
pub use inbox::{Received, TooFew};
pub use server::SmtpSandbox;
pub use settings::{Encryption, SandboxSettings};
