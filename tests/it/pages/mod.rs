//! The pages behind the sign-in, over real HTTP and in a real browser.

mod accounts;
mod backlog;
mod board;
mod browser;
mod every_route;
mod history;
mod looks;
mod settings;
mod texts;
mod visitor;
mod workflows;
mod writing;
