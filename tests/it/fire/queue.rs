//! Placeholder header for now, to be filled.
