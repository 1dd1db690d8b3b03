//! Doors for `fuzz/`: what the tool makes of files that others wrote.

pub use super::iam::fuzz::{Foreseen, foresee};
pub use super::import::fuzz as import;
use super::policy::template::{Meant, meant};
use crate::declare::compat::Foreign;
use crate::template::Unknown;

/// Whether a variable that is not known is none of our references, whatever it is.
pub fn is_no_reference(name: &str, unknown: &Unknown) -> bool {
    matches!(meant(name, unknown, &Foreign::new(&[], std::iter::empty())), Meant::Text)
}
