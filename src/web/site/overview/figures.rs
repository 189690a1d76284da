//! Sums that take longer than a page may, kept for a while.

/// What was summed up lately.
#[derive(Debug, Default)]
pub(in crate::web::site) struct Figures {}
