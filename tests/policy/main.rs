//! The policy gate from outside: the shipped rules' own tests, and every way in which a policy can fail to answer.

mod advice;
mod bounds;
#[cfg(feature = "tool")]
mod check;
mod decision_log;
mod decisions;
mod documents;
mod enforcement;
mod hostile;
mod imports;
mod keys;
mod leftovers;
mod loosening;
mod process;
mod refused;
mod starter;
mod support;
mod undefined;
mod waivers;
