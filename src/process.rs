//! What a process that holds secrets does to itself before the first one exists.

use rustix::process::{DumpableBehavior, Resource, Rlimit};

/// No core dump, and no other process of the same user may read this one's memory.
///
/// The extension and `vestry` call this first thing in `main`.
pub fn harden() {
    forbid_inspection();
    let _ = rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// The part of [`harden`] that `execve` takes back, for a process that becomes the function: resource limits
/// would stay with the function, this does not.
pub fn forbid_inspection() {
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
