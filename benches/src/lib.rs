//! Cold start against its floor: what `make bench` runs.
//!
//! ```text
//! cell -> stub + Extensions API <- one run (launch -> extension or floor) -> summary -> table, JSON, picture
//! ```
#![forbid(unsafe_code)]

pub mod cell;
pub mod clock;
pub mod extensions_api;
pub mod hand_over;
pub mod http;
pub mod instructions;
pub mod picture;
pub mod precedence;
pub mod report;
pub mod run;
pub mod start_order;
pub mod store_answers;
pub mod stub;
pub mod summary;
pub mod throttle;
