//! The policy gate from outside: the shipped rules' own tests, and every way in which a policy can fail to answer.

mod bounds;
#[cfg(feature = "tool")]
mod check;
mod decisions;
mod documents;
mod hostile;
mod leftovers;
mod loosening;
mod process;
mod refused;
mod starter;
mod support;
