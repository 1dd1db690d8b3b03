//! Bundles and signatures from outside: the commands, the gate, and a function that starts or does not.

mod commands;
mod gate;
mod key;
mod looked_at;
#[path = "../policy/support.rs"]
#[allow(dead_code, reason = "the policy tests use the rest")]
mod policy;
mod started;
