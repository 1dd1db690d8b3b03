//! A child that another thread starts: whoever starts a process waits until it is one, and there is else to do.

use std::convert::Infallible;
use std::path::PathBuf;
use std::thread::Builder;

use tokio::sync::oneshot::{Receiver, Sender, channel};

use super::asker::{Started, Worker};
use super::message::Task;
use crate::error::Refusal;

/// A program is started from little more than a few strings.
const STACK_BYTES: usize = 256 << 10;

pub struct Starting {
    told: Sender<Task>,
    started: Receiver<Result<Started, Refusal>>,
}

impl Starting {
    /// As [`Started::start`], and returns at once.
    pub fn begin(program: PathBuf) -> Self {
        let (told, task) = channel();
        let (starting, started) = channel();
        let (wanted, unwanted) = channel::<Infallible>();
        let start = move || {
            let begun = Started::start(&program).and_then(|mut started| {
                started.wanted_by(wanted);
                task.blocking_recv().map_or(Ok(()), |task| started.load(&task)).map(|()| started)
            });
            let _ = starting.send(begun);
            // The child ends with the thread that started it (PR_SET_PDEATHSIG counts threads), so this one stays.
            let _ = unwanted.blocking_recv();
        };
        // Where there can be no thread, nobody tells of a child, which refuses.
        let _ = Builder::new().stack_size(STACK_BYTES).spawn(start);
        Self { told, started }
    }

    /// The child is told as soon as there is one.
    pub fn load(self, task: Task) -> Worker {
        let _ = self.told.send(task);
        Worker::soon(self.started)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{read_dir, read_to_string};

    use super::*;

    /// A program that waits for what it is told, as the child does, with a name that no other test's has.
    const PROGRAM: &str = "/usr/bin/tac";

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
        let Starting { told, started } = Starting::begin(PROGRAM.into());
        drop(told);
        let started = started.blocking_recv().unwrap();
        assert!(started.is_ok() && runs());
        drop(started);
        assert!(!runs());

        drop(Starting::begin(PROGRAM.into()));
        while runs() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_program_that_is_not_there_refuses() {
        let started = Starting::begin("/nonexistent".into()).started.blocking_recv().unwrap();
        let refusal = started.err().unwrap().to_string();
        assert!(refusal.contains("has no process to be evaluated in"), "{refusal}");
    }
}
