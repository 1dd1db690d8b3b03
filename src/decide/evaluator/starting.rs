//! A child that another thread starts: whoever starts a process waits until it is one, and there is else to do.

use std::convert::Infallible;
use std::path::PathBuf;
use std::thread::Builder;

use tokio::sync::oneshot::{Receiver, channel};

use super::asker::{Started, Worker};
use super::message::Task;
use crate::error::Refusal;

const NAME: &str = "policy";
/// A program is started from little more than a few strings.
const STACK_BYTES: usize = 256 << 10;

impl Worker {
    /// Starts a child from another thread, and returns at once.
    pub fn start(program: PathBuf, task: Task) -> Self {
        Self::soon(begin(program, task))
    }
}

fn begin(program: PathBuf, task: Task) -> Receiver<Result<Started, Refusal>> {
    let (starting, started) = channel();
    let (wanted, unwanted) = channel::<Infallible>();
    let start = move || {
        let begun = Started::start(&program, &task).map(|started| started.wanted_by(wanted));
        let _ = starting.send(begun);
        // The child ends with the thread that started it (PR_SET_PDEATHSIG counts threads), so this one stays.
        let _ = unwanted.blocking_recv();
    };
    // Where there can be no thread, nobody tells of a child, which refuses.
    let _ = Builder::new().name(NAME.into()).stack_size(STACK_BYTES).spawn(start);
    started
}

#[cfg(test)]
mod tests {
    use std::fs::{read_dir, read_to_string};
    use std::time::Duration;

    use super::super::Limits;
    use super::*;
    use crate::declare::settings::PolicyKey;

    /// With a name that no other test's has. It ends soon, and stays there until it is waited for.
    const PROGRAM: &str = "/usr/bin/tac";

    fn task(key_bytes: usize) -> Task {
        let limits = Limits { time: Duration::from_secs(1), memory_mb: 64 };
        let key = Some(PolicyKey::Variable("k".repeat(key_bytes)));
        Task { directories: Vec::new(), key, limits }
    }

    /// Sought among all processes: a list of this one's threads, which come and go with other tests, may leave some out.
    fn runs() -> bool {
        let own = std::process::id().to_string();
        let ours = |stat: &str| Some(stat.split_once(" (tac) ")?.1.split(' ').nth(1)? == own);
        let mut processes = read_dir("/proc").unwrap().flatten();
        processes.any(|process| {
            read_to_string(process.path().join("stat")).is_ok_and(|stat| ours(&stat) == Some(true))
        })
    }

    #[test]
    fn a_child_runs_as_long_as_it_is_wanted() {
        let started = begin(PROGRAM.into(), task(0)).blocking_recv().unwrap();
        assert!(started.is_ok() && runs());
        std::thread::sleep(Duration::from_millis(50));
        // A list of threads that come and go may leave one out.
        assert!((0..100).any(|_| its_thread_stays()));
        drop(started);
        assert!(!runs());

        drop(begin(PROGRAM.into(), task(0)));
        while runs() {
            std::thread::yield_now();
        }
    }

    /// Whether a thread of ours has it for a child, and not another that it was left to.
    fn its_thread_stays() -> bool {
        let is_it = |pid: &str| read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm == "tac\n");
        let mut threads = read_dir("/proc/self/task").unwrap().flatten().map(|thread| thread.path());
        threads.any(|thread| {
            let name = read_to_string(thread.join("comm")).unwrap_or_default();
            let children = read_to_string(thread.join("children")).unwrap_or_default();
            name.trim() == NAME && children.split_whitespace().any(is_it)
        })
    }

    #[test]
    fn a_task_larger_than_a_pipe_keeps_nobody_waiting() {
        assert!(begin("/usr/bin/true".into(), task(1 << 20)).blocking_recv().unwrap().is_ok());
    }

    #[test]
    fn a_program_that_is_not_there_refuses() {
        let started = begin("/nonexistent".into(), task(0)).blocking_recv().unwrap();
        let refusal = started.err().unwrap().to_string();
        assert!(refusal.contains("has no process to be evaluated in"), "{refusal}");
    }
}
