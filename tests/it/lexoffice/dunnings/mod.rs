//! Dunnings that lexoffice makes: the real engine with real texts, mails and letters before the sandbox, whatever fails or dies meanwhile. What
//! is judged is the sandbox's truth, beside the ledger's.

mod dying;
mod faults;
mod made;
mod stage;
