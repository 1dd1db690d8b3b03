//! What the organisation's policy says of it: facts in, verdict out.

pub mod verdict;

pub use verdict::{Approved, Permitted};
