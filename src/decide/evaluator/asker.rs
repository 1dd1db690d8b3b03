//! The side that asks: starts the child, and sees to it that it ends.

use std::io::{self, PipeReader, PipeWriter, Write, pipe};
use std::os::fd::OwnedFd;
use std::path::Path;

use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe as tokio_pipe;

use super::super::policy::{OURS, invalid};
use super::super::rules::Stage;
use super::ledger::Ledger;
use super::message::{Answer, Job, MAX_ANSWER_BYTES, Task, framed};
use super::no_process;
use super::process::{Ends, Process};
use crate::error::Refusal;

/// A child that loads and evaluates. It is gone when this is, which is waited for.
pub struct Worker {
    requests: tokio_pipe::Sender,
    answers: tokio_pipe::Receiver,
    process: Process,
    /// What is not sent yet.
    outgoing: Vec<u8>,
    memory_mb: u64,
}

/// A child that is told what to load, and may be asked once there is a runtime.
pub struct Started {
    line: Line,
    process: Process,
    outgoing: Vec<u8>,
    memory_mb: u64,
}

/// A child that waits to be told.
pub struct Waiting {
    line: Line,
    process: Process,
}

/// The asker's ends of the pipes.
struct Line {
    requests: PipeWriter,
    answers: PipeReader,
}

/// What any pipe takes while nobody reads: pipe(7), `PIPE_BUF`.
const PIPE_BYTES: usize = 4096;

impl Waiting {
    /// A copy of this very process, which is there at once: no program has to be loaded, nor is that waited for. To be
    /// called as the first thing that `main` does: a copy has all that its original has, and one thread alone.
    pub fn fork() -> Result<Self, Refusal> {
        let fork = || {
            let (line, ends, ledger) = line()?;
            let (process, line) = Process::fork(ends, ledger, line)?;
            Ok(Self { line, process })
        };
        fork().map_err(refused)
    }

    /// Loading begins at once, and this returns at once.
    pub fn tell(mut self, task: &Task) -> Result<Started, Refusal> {
        let outgoing = self.line.tell(task).map_err(refused)?;
        Ok(Started { line: self.line, process: self.process, outgoing, memory_mb: task.limits.memory_mb })
    }
}

impl Started {
    /// `program` is one whose `main` asks [`is_asked`](super::is_asked), [`SELF`](super::SELF) as a rule. Loading begins at
    /// once, and this returns at once.
    pub fn start(program: &Path, task: &Task) -> Result<Self, Refusal> {
        let start = || {
            let (mut line, ends, ledger) = line()?;
            // What it is told is there before it is: it would wait for who started it to have a CPU again.
            let outgoing = line.tell(task)?;
            let process = Process::spawn(program, ends, ledger)?;
            Ok(Self { line, process, outgoing, memory_mb: task.limits.memory_mb })
        };
        start().map_err(refused)
    }
}

fn line() -> io::Result<(Line, Ends, Option<Ledger>)> {
    let (told, requests) = pipe()?;
    let (answers, says) = pipe()?;
    let (own, ledger) = Ledger::create().ok().unzip();
    Ok((Line { requests, answers }, Ends { told, says, ledger }, own))
}

impl Line {
    /// What does not fit at once is left.
    fn tell(&mut self, task: &Task) -> io::Result<Vec<u8>> {
        let mut message = framed(task)?;
        let rest = message.split_off(message.len().min(PIPE_BYTES));
        self.requests.write_all(&message)?;
        Ok(rest)
    }
}

impl Worker {
    /// To be called within a runtime.
    pub fn of(started: Started) -> Result<Self, Refusal> {
        let Started { line: Line { requests, answers }, process, outgoing, memory_mb } = started;
        let requests = tokio_pipe::Sender::from_owned_fd(OwnedFd::from(requests)).map_err(refused)?;
        let answers = tokio_pipe::Receiver::from_owned_fd(OwnedFd::from(answers)).map_err(refused)?;
        Ok(Self { requests, answers, process, outgoing, memory_mb })
    }

    /// Takes effect with the next [`answer`](Self::answer). Having answered the `last` question the child ends.
    pub fn ask(&mut self, stage: Stage, last: bool, input: &RawValue) {
        // It is JSON already, which can be written.
        self.outgoing.extend(framed(&Job { stage, last, input }).unwrap_or_default());
    }

    /// The next answer; a child that has none, or no sound one, is ended and refuses.
    pub async fn answer(&mut self) -> Result<Answer, Refusal> {
        let outgoing = std::mem::take(&mut self.outgoing);
        // At once: both may be more than a pipe holds. A child that does not take it is gone, which the answer shows.
        let (_, answer) = tokio::join!(self.requests.write_all(&outgoing), read(&mut self.answers));
        let body = match answer {
            Ok(body) => body,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(unsound()),
            Err(_) => return Err(self.process.end(self.memory_mb).problem().into()),
        };
        serde_json::from_slice(&body).map_err(|_| unsound())
    }

    /// What the child is at.
    pub fn doing(&self) -> Option<String> {
        self.process.doing()
    }
}

async fn read(answers: &mut tokio_pipe::Receiver) -> io::Result<Vec<u8>> {
    let length = answers.read_u32_le().await? as usize;
    if length > MAX_ANSWER_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length];
    answers.read_exact(&mut body).await?;
    Ok(body)
}

fn refused(error: io::Error) -> Refusal {
    no_process(&error).into()
}

fn unsound() -> Refusal {
    invalid("had its process answer what is no answer").advice(OURS).into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Limits;
    use super::*;
    use crate::declare::settings::PolicyKey;

    fn start(program: &str, key_bytes: usize) -> Result<Started, Refusal> {
        let limits = Limits { time: Duration::from_secs(1), memory_mb: 64 };
        let key = Some(PolicyKey::Variable("k".repeat(key_bytes)));
        Started::start(Path::new(program), &Task { directories: Vec::new(), key, limits })
    }

    fn runs(process: u32) -> bool {
        Path::new("/proc").join(process.to_string()).exists()
    }

    #[test]
    fn a_child_runs_as_long_as_it_is_wanted() {
        let started = start("/usr/bin/tac", 0).unwrap();
        let process = started.process.id();
        assert!(runs(process));
        drop(started);
        assert!(!runs(process));
    }

    #[tokio::test]
    async fn a_task_larger_than_a_pipe_keeps_nobody_waiting() {
        let mut worker = Worker::of(start("/usr/bin/true", 1 << 20).unwrap()).unwrap();
        let refusal = worker.answer().await.err().unwrap().to_string();
        assert!(refusal.contains("had its process end (exit status: 0)"), "{refusal}");
    }

    #[test]
    fn a_program_that_is_not_there_refuses() {
        let refusal = start("/nonexistent", 0).err().unwrap().to_string();
        assert!(refusal.contains("has no process to be evaluated in"), "{refusal}");
    }
}
