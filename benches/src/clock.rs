//! Clocks in nanoseconds, the same for every process of this machine.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

/// Monotonic time.
pub fn now() -> u64 {
    read(ClockId::CLOCK_MONOTONIC)
}

/// The CPU time that this process has used, over all programs it has been.
pub fn own_cpu() -> u64 {
    read(ClockId::CLOCK_PROCESS_CPUTIME_ID)
}

/// The CPU time that another process has used, all its threads together, those that ended too.
pub fn cpu_of(pid: u32) -> u64 {
    read(clock_getcpuclockid(Pid::from_raw(pid as i32)).expect("a process that lives"))
}

/// Waits until a child has ended, and leaves it to be waited for: its clock can still be read.
pub fn ended(pid: u32) {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    waitid(Id::Pid(Pid::from_raw(pid as i32)), flags).expect("a child");
}

/// The CPU time of all children that were waited for, and of theirs.
pub fn cpu_of_children() -> u64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("a process has usage");
    let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    microseconds as u64 * 1_000
}

fn read(clock: ClockId) -> u64 {
    let time = clock_gettime(clock).expect("a clock");
    time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
}
