//! What a restore from yesterday does: it sends nothing again. `recognised` in one process under a virtual clock,
//! `processes` with the real binary and a real mail server, `postgres` with its own programs,
//! `marks` with a real Redis.

mod marks;
mod postgres;
mod processes;
mod recognised;
