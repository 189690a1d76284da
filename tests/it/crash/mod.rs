//! Nothing is sent twice and nothing is forgotten, whatever dies: the engine is struck at every call to its ledger and
//! every effect, and lives stories that chance invents. What is proven and how is told in `docs/proof.md`.
//!
//! * What may happen: [`op`], [`story`], the files read by [`stories`], [`invented`] by chance, made [`smaller`].
//! * The scene: [`scene`] has the process that comes and goes, [`acts`] does what people do, [`fault`] strikes; [`outside`],
//!   [`bell`] and [`place`] (the ledger) outlive it. [`telling`] goes through a story.
//! * The judgement, which asks nothing of the engine: [`tables`], [`judgement`], [`known`], [`hours`].
//! * The tests: [`points`], [`random`], [`backlog`].

mod acts;
mod backlog;
mod bell;
pub(crate) mod fault;
mod hours;
mod invented;
mod judgement;
mod known;
mod ladders;
mod op;
mod outside;
mod place;
mod points;
mod random;
mod scene;
mod smaller;
mod stories;
mod story;
mod tables;
mod telling;
