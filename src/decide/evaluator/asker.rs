//! The side that asks: starts the child, and sees to it that it ends.

use std::io::{self, PipeReader, PipeWriter, Write, pipe};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe as tokio_pipe;

use super::super::policy::invalid;
use super::super::rules::Stage;
use super::ARGUMENT;
use super::end::End;
use super::ledger::Ledger;
use super::message::{Answer, Job, MAX_ANSWER_BYTES, Task, framed};
use crate::error::Refusal;

/// A child that loads and evaluates. It is gone when this is, which is waited for.
pub struct Worker {
    requests: tokio_pipe::Sender,
    answers: tokio_pipe::Receiver,
    process: Process,
    /// What is not sent yet.
    outgoing: Vec<u8>,
}

/// A child that is told what to load, and may be asked once there is a runtime.
pub struct Started {
    requests: PipeWriter,
    answers: PipeReader,
    process: Process,
    outgoing: Vec<u8>,
}

struct Process {
    child: Child,
    ledger: Option<Ledger>,
    memory_mb: u64,
}

/// What any pipe takes while nobody reads: pipe(7), `PIPE_BUF`.
const PIPE_BYTES: usize = 4096;

impl Started {
    /// `program` is one whose `main` asks [`is_asked`](super::is_asked), `/proc/self/exe` as a rule. Loading begins at once,
    /// and this returns at once.
    pub fn start(program: &Path, task: &Task) -> Result<Self, Refusal> {
        Self::spawn(program, task).map_err(no_process)
    }

    fn spawn(program: &Path, task: &Task) -> io::Result<Self> {
        // Without it a death is still a refusal; only what the child was at is not known.
        let (ledger, stderr) = Ledger::create().map_or((None, Stdio::null()), |(l, s)| (Some(l), s));
        // What it is told is there before it is: it would wait for who started it to have a CPU again.
        let (told, mut requests) = pipe()?;
        let mut outgoing = framed(task)?;
        let rest = outgoing.split_off(outgoing.len().min(PIPE_BYTES));
        requests.write_all(&outgoing)?;
        let (answers, says) = pipe()?;
        // The working directory stays: VESTRY_POLICY may be relative to it.
        let child = Command::new(program)
            .arg(ARGUMENT)
            .env_clear()
            .stdin(told)
            .stdout(says)
            .stderr(stderr)
            .spawn()?;
        let process = Process { child, ledger, memory_mb: task.limits.memory_mb };
        Ok(Self { requests, answers, process, outgoing: rest })
    }
}

impl Worker {
    /// To be called within a runtime.
    pub fn of(started: Started) -> Result<Self, Refusal> {
        let Started { requests, answers, process, outgoing } = started;
        let requests = tokio_pipe::Sender::from_owned_fd(OwnedFd::from(requests)).map_err(no_process)?;
        let answers = tokio_pipe::Receiver::from_owned_fd(OwnedFd::from(answers)).map_err(no_process)?;
        Ok(Self { requests, answers, process, outgoing })
    }

    /// Takes effect with the next [`answer`](Self::answer).
    pub fn ask(&mut self, stage: Stage, input: &RawValue) {
        // It is JSON already, which can be written.
        self.outgoing.extend(framed(&Job { stage, input }).unwrap_or_default());
    }

    /// Nothing more will be asked: the child ends while its asker does something else.
    pub fn stop(&mut self) {
        let _ = self.process.child.kill();
    }

    /// The next answer; a child that has none, or no sound one, is ended and refuses.
    pub async fn answer(&mut self) -> Result<Answer, Refusal> {
        let outgoing = std::mem::take(&mut self.outgoing);
        // At once: both may be more than a pipe holds. A child that does not take it is gone, which the answer shows.
        let (_, answer) = tokio::join!(self.requests.write_all(&outgoing), read(&mut self.answers));
        let body = match answer {
            Ok(body) => body,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(unsound()),
            Err(_) => return Err(self.process.end().problem().into()),
        };
        serde_json::from_slice(&body).map_err(|_| unsound())
    }

    /// What the child is at.
    pub fn doing(&self) -> Option<String> {
        self.process.ledger.as_ref()?.doing()
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

fn unsound() -> Refusal {
    invalid("had its process answer what is no answer").advice("nothing was decided; please report it").into()
}

fn no_process(error: io::Error) -> Refusal {
    invalid(&format!("has no process to be evaluated in: {error}"))
        .advice("the function's memory may be too small, or its layer incomplete")
        .into()
}

impl Process {
    /// To be called when it says no more: how it ended, or that it had to be.
    fn end(&mut self) -> End {
        // One that is ending already keeps its own status.
        let _ = self.child.kill();
        let status = self.child.wait().unwrap_or_default();
        let words = self.ledger.as_ref().map(Ledger::last_words);
        let doing = self.ledger.as_ref().and_then(Ledger::doing);
        End { status, doing, last_words: words.unwrap_or_default(), memory_mb: self.memory_mb }
    }
}

/// No process is left, not even a dead one.
impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
        let process = started.process.child.id();
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
