//! E-mail out: a `Mail` becomes bytes, and the bytes are handed over, to an SMTP server or into a folder.
//!
//! * [`compose`] makes the message: pure and deterministic, so that a crash and a repeat give the same bytes and hash.
//! * [`SmtpMailer`] hands it to a server and says how that ended. What counts there is which byte was the last:
//!   before the final dot nothing has happened, after it only the server's reply tells. So the dialogue is our own
//!   (`session`, over `wire`); a library that folds both sides of the dot into one error can't tell them apart.
//! * [`FileMailer`] writes `.eml` files.
//!
//! Nothing here decides what is sent to whom or when, and nothing here repeats a message by itself.

mod address;
mod error;
mod files;
mod message;
mod pool;
mod quoted;
mod recorded;
mod reply;
mod session;
mod smtp;
mod wire;

pub use error::MailError;
pub use files::FileMailer;
pub use message::compose;
pub use recorded::Records;
pub use smtp::{Login, Security, SmtpMailer, SmtpSettings, Timeouts};
