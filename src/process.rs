//! What a process that holds secrets does to itself before the first one exists.

use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit};

// Its allocator is every program's that has this.
use vestry_heap as _;

/// No core dump, and no other process of the same user may read this one's memory.
///
/// `vestry` calls this first thing in `main`, and the extension once the policy's process is there.
pub fn harden() {
    forbid_inspection();
    forbid_core();
}

/// The part that a copy of this process has as well, made before the rest.
pub fn forbid_core() {
    let _ = rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// The part of [`harden`] that `execve` takes back, for a process that becomes the function: resource limits
/// would stay with the function, this does not.
pub fn forbid_inspection() {
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Runs a future to its end on this thread, and waits for nothing else: the system's resolver may be at a slow name
/// for many seconds after the deadline has come.
pub fn block_on<F: Future>(future: F) -> io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let output = runtime.block_on(future);
    runtime.shutdown_background();
    Ok(output)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    #[test]
    fn what_still_blocks_a_thread_is_not_waited_for() {
        let (blocked, end) = mpsc::channel::<()>();
        let output = super::block_on(async {
            tokio::task::spawn_blocking(move || end.recv());
            7
        });
        assert_eq!(output.unwrap(), 7);
        drop(blocked);
    }
}
