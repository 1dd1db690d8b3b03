//! Ends the process when one execution takes longer than its bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The process's exit status when an execution took too long.
pub const TOO_LONG: i32 = 97;
/// Of an execution that only waits. Far more than a busy machine makes of one that works.
const WAITING: Duration = Duration::from_secs(120);

/// Odd while an execution runs.
pub struct Watchdog(Arc<AtomicU64>);

impl Watchdog {
    /// `bound` is CPU time of the whole process, so that a busy machine changes nothing.
    pub fn start(bound: Duration) -> Self {
        let count = Arc::new(AtomicU64::new(0));
        let watched = Arc::clone(&count);
        std::thread::spawn(move || watch(&watched, bound));
        Self(count)
    }

    pub fn begin(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn end(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn watch(count: &AtomicU64, bound: Duration) {
    let mut seen = (0, cpu_time(), Instant::now());
    loop {
        std::thread::sleep(Duration::from_millis(50));
        let now = count.load(Ordering::Relaxed);
        if now != seen.0 || now.is_multiple_of(2) {
            seen = (now, cpu_time(), Instant::now());
        } else if cpu_time().saturating_sub(seen.1) > bound || seen.2.elapsed() > WAITING {
            std::process::exit(TOO_LONG);
        }
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}
