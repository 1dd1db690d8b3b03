//! Lambda on loopback: the Extensions API, the Runtime API, and the life of one sandbox with the limits that
//! aws-lambda-rie does not have (10 s for INIT, 2 s for SHUTDOWN, the second INIT inside the first invocation).
//!
//! Statuses, headers and errors of the two APIs are those that aws-lambda-rie gives.

mod api;
mod environment;
mod errors;
mod function;
mod lifecycle;
mod process;
mod report;
mod state;

pub use function::{Extension, Function};
pub use lifecycle::Sandbox;
pub use report::{
    Answer, Exit, Failure, FailureKind, Init, Invocation, Moment, Reason, Report, Shutdown, Source, Stream,
    What,
};
