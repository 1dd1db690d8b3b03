//! A process of its own for everything that a policy can do harm with: reading, parsing, evaluating.
//!
//! The extension makes it the first thing that it does, as a copy of itself that forgets the environment: there is nothing
//! else in it yet. Other programs start themselves again with one argument, [`ARGUMENT`]. Either way it has an empty
//! environment, no value and no credential, a bound of memory and stack, and nothing to say but answers. It ends itself,
//! or is ended, whatever the policy makes of it; how it ended and what it was at goes into the refusal.
//!
//! ```text
//! asker (Worker)                      child
//!   Task: places, key, limits   -->     limits itself, loads
//!                               <--   Loaded
//!   Job: stage, input           -->     evaluates
//!                               <--   Judged
//! ```
//! Each message is a length (four bytes, little-endian) and as much JSON.

use std::io;

use super::policy::invalid;
use crate::error::Problem;

mod asker;
mod child;
mod copy;
mod end;
mod ledger;
mod message;
mod process;

pub(super) use asker::{Started, Waiting, Worker};
pub use child::{is_asked, serve};
pub(super) use ledger::doing;
pub use message::Limits;
pub(super) use message::{Answer, Task};
#[cfg(feature = "fuzz")]
pub(super) use message::{Job, framed, read};

/// This very program, also where its file has been replaced.
pub(super) const SELF: &str = "/proc/self/exe";

/// What no person would write.
pub const ARGUMENT: &str = "--evaluate-policy-for-parent";

fn no_process(error: &io::Error) -> Problem {
    invalid(&format!("has no process to be evaluated in: {error}"))
        .advice("the function's memory may be too small, or its layer incomplete")
}
