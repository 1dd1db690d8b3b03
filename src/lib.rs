//! Vestry makes an AWS Lambda function ready before its first line runs.
//!
//! The way of the data, one room a stage, each knowing nothing of the later ones:
//!
//! ```text
//! declare -> decide -> resolve -> decide -> deliver -> register -> serve -> shut down
//! ```
//!
//! [`pipeline`] is that line as code; start reading there.
#![forbid(unsafe_code)]

#[cfg(feature = "tool")]
pub mod cli;
pub mod decide;
pub mod declare;
pub mod deliver;
pub mod error;
#[cfg(feature = "tool")]
pub mod iam;
pub mod lambda;
#[cfg(feature = "tool")]
pub mod local;
pub mod log;
#[cfg(feature = "tool")]
pub mod named_file;
pub mod pipeline;
#[cfg(feature = "tool")]
pub mod preflight;
pub mod process;
pub mod report;
pub mod resolve;
pub mod resolved;
pub mod secret;
#[cfg(feature = "tool")]
pub mod template;
