//! A process of its own for everything that a policy can do harm with: reading, parsing, evaluating.
//!
//! The program starts itself again with one argument, [`ARGUMENT`]. What runs then has an empty environment, no value
//! and no credential, a bound of memory and stack, and nothing to say but answers. It ends itself, or is ended,
//! whatever the policy makes of it; how it ended and what it was at goes into the refusal.
//!
//! ```text
//! asker (Worker)                      child
//!   Task: places, key, limits   -->     (is in its pipe already)
//!   starts it                   -->     limits itself, loads
//!                               <--   Loaded
//!   Job: stage, input           -->     evaluates
//!                               <--   Judged
//! ```
//! Each message is a length (four bytes, little-endian) and as much JSON.

mod asker;
mod child;
mod end;
mod ledger;
mod message;

pub(super) use asker::{Started, Worker};
pub use child::{is_asked, serve};
pub(super) use ledger::doing;
pub use message::Limits;
pub(super) use message::{Answer, Task};
#[cfg(feature = "fuzz")]
pub(super) use message::{Job, framed, read};

/// What no person would write.
pub const ARGUMENT: &str = "--evaluate-policy-for-parent";
