//! What goes before what on a machine with fewer CPUs than programs.
//!
//! Where it may, the bench runs in real time (`make bench` starts it with `chrt -f 10`), and with it the stub. The stub
//! stands for services on machines of their own: what is measured runs one step below it, so that the policy's process,
//! which may come to the stub's CPU, does not hold up a handshake there.

use std::fs;
use std::sync::OnceLock;

/// `SCHED_FIFO`, sched(7).
const FIFO: &str = "1";

/// The arguments of `chrt` for a program that is measured; `None` where it runs as the bench itself does.
///
/// What runs in real time knows no quota, so nothing throttled does.
pub fn of_measured(throttled: bool) -> Option<[&'static str; 2]> {
    match (throttled, is_real_time()) {
        (true, _) => Some(["-o", "0"]),
        (false, true) => Some(["-f", "9"]),
        (false, false) => None,
    }
}

/// proc_pid_stat(5): the scheduling policy is field 41, the 39th behind the name in brackets.
fn is_real_time() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        behind_name.split_whitespace().nth(38) == Some(FIFO)
    })
}
