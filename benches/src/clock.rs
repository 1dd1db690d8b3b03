//! Clocks in nanoseconds, the same for every process of this machine.

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

fn read(clock: ClockId) -> u64 {
    let time = clock_gettime(clock).expect("a clock");
    time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
}
