//! A child that another thread starts: whoever starts a process waits until it is one, and there is else to do.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;

use super::asker::Started;
use super::message::Task;
use crate::error::Refusal;

/// A program is started from little more than a few strings.
const STACK_BYTES: usize = 256 << 10;

pub struct Starting {
    tasks: Sender<Task>,
    started: Receiver<Result<Started, Refusal>>,
}

impl Starting {
    /// As [`Started::start`], and returns at once.
    pub fn begin(program: PathBuf) -> Self {
        let (tasks, task) = channel();
        let (told, started) = channel();
        let (wanted, unwanted) = channel::<Infallible>();
        let start = move || {
            let begun = Started::start(&program).and_then(|mut started| {
                started.wanted_by(wanted);
                task.recv().map_or(Ok(()), |task| started.load(&task)).map(|()| started)
            });
            let _ = told.send(begun);
            // The child ends with the thread that started it (PR_SET_PDEATHSIG counts threads), so this one stays.
            let _ = unwanted.recv();
        };
        // Where there can be no thread, nobody tells of a child.
        let _ = Builder::new().stack_size(STACK_BYTES).spawn(start);
        Self { tasks, started }
    }

    /// Told as soon as there is a child; to be called once.
    pub fn load(&self, task: Task) {
        let _ = self.tasks.send(task);
    }

    /// Waits for the little that is left of starting it. None where it could not be tried.
    pub fn started(self) -> Option<Result<Started, Refusal>> {
        drop(self.tasks);
        self.started.recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{read_dir, read_to_string};

    use super::*;

    /// A program that waits for what it is told, as the child does, with a name that no other test's has.
    const PROGRAM: &str = "/usr/bin/tac";

    fn runs() -> bool {
        let is_it = |pid: &str| read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm == "tac\n");
        let children = |task: std::fs::DirEntry| read_to_string(task.path().join("children"));
        let mut tasks = read_dir("/proc/self/task").unwrap().flatten();
        tasks.any(|task| children(task).is_ok_and(|pids| pids.split_whitespace().any(is_it)))
    }

    #[test]
    fn a_child_runs_as_long_as_it_is_wanted() {
        let started = Starting::begin(PROGRAM.into()).started().unwrap();
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
        let started = Starting::begin("/nonexistent".into()).started().unwrap();
        let refusal = started.err().unwrap().to_string();
        assert!(refusal.contains("has no process to be evaluated in"), "{refusal}");
    }
}
