//! Comes next: not written yet.
