//! The pages of invoices, customers and notices, over real HTTP: what they list, what they say, and what their forms do.

mod acts;
mod lists;
mod runs;
mod shop;
mod speed;
