//! What a process that holds secrets does to itself before the first one exists.

use std::alloc::System;

use rustix::process::{DumpableBehavior, Resource, Rlimit};

/// Every byte of the heap is wiped when it is freed: the copies that the TLS, HTTP and JSON libraries make of an
/// answer are beyond the reach of [`SecretValue`](crate::secret::SecretValue), and go with this.
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<System> = zeroizing_alloc::ZeroAlloc(System);

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
