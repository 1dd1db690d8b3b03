//! The side that asks: starts the child, and sees to it that it ends.

use std::convert::Infallible;
use std::io::{self, PipeWriter, Write, pipe};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe as tokio_pipe;
use tokio::sync::oneshot;

use super::super::policy::invalid;
use super::super::rules::Stage;
use super::ARGUMENT;
use super::end::End;
use super::ledger::Ledger;
use super::message::{Answer, Job, MAX_ANSWER_BYTES, Task, framed};
use crate::error::Refusal;

/// A child that loads and evaluates. It is gone when this is, which is waited for.
pub struct Worker {
    child: Coming,
    /// What is not sent yet.
    outgoing: Vec<u8>,
}

enum Coming {
    /// Another thread is still starting it.
    Soon(oneshot::Receiver<Result<Started, Refusal>>),
    Here(Box<Running>),
}

struct Running {
    process: Process,
    requests: tokio_pipe::Sender,
    answers: tokio_pipe::Receiver,
}

struct Process {
    child: Child,
    ledger: Option<Ledger>,
    memory_mb: u64,
    /// What the thread waits for that started it.
    _wanted: Option<oneshot::Sender<Infallible>>,
}

/// A child that is on its way, and is told what to load.
pub struct Started {
    process: Process,
    requests: PipeWriter,
    answers: ChildStdout,
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
        let task_bytes = framed(task)?;
        let (before, after) = task_bytes.split_at(task_bytes.len().min(PIPE_BYTES));
        requests.write_all(before)?;
        // The working directory stays: VESTRY_POLICY may be relative to it.
        let mut child = Command::new(program)
            .arg(ARGUMENT)
            .env_clear()
            .stdin(told)
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()?;
        let answers = child.stdout.take();
        let process = Process { child, ledger, memory_mb: task.limits.memory_mb, _wanted: None };
        // A child that does not take it is gone, which the answer shows.
        let _ = requests.write_all(after);
        let answers = answers.ok_or_else(|| io::Error::other("no pipe"))?;
        Ok(Self { process, requests, answers })
    }

    /// `wanted` is let go of when the child is gone.
    pub fn wanted_by(mut self, wanted: oneshot::Sender<Infallible>) -> Self {
        self.process._wanted = Some(wanted);
        self
    }

    fn running(self) -> io::Result<Box<Running>> {
        Ok(Box::new(Running {
            process: self.process,
            requests: tokio_pipe::Sender::from_owned_fd(OwnedFd::from(self.requests))?,
            answers: tokio_pipe::Receiver::from_owned_fd(OwnedFd::from(self.answers))?,
        }))
    }
}

impl Worker {
    /// To be called within a runtime.
    pub fn of(started: Started) -> Result<Self, Refusal> {
        let child = Coming::Here(started.running().map_err(no_process)?);
        Ok(Self { child, outgoing: Vec::new() })
    }

    /// One that is still being started.
    pub fn soon(started: oneshot::Receiver<Result<Started, Refusal>>) -> Self {
        Self { child: Coming::Soon(started), outgoing: Vec::new() }
    }

    /// Takes effect with the next [`answer`](Self::answer).
    pub fn ask(&mut self, stage: Stage, input: &RawValue) {
        // It is JSON already, which can be written.
        self.outgoing.extend(framed(&Job { stage, input }).unwrap_or_default());
    }

    /// Nothing more will be asked: the child ends while its asker does something else.
    pub fn stop(&mut self) {
        if let Coming::Here(running) = &mut self.child {
            let _ = running.process.child.kill();
        }
    }

    /// The next answer; a child that has none, or no sound one, is ended and refuses.
    pub async fn answer(&mut self) -> Result<Answer, Refusal> {
        let outgoing = std::mem::take(&mut self.outgoing);
        let Running { process, requests, answers } = self.here().await?;
        // At once: both may be more than a pipe holds. A child that does not take it is gone, which the answer shows.
        let (_, answer) = tokio::join!(requests.write_all(&outgoing), read(answers));
        let body = match answer {
            Ok(body) => body,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(unsound()),
            Err(_) => return Err(process.end().problem().into()),
        };
        serde_json::from_slice(&body).map_err(|_| unsound())
    }

    async fn here(&mut self) -> Result<&mut Running, Refusal> {
        if let Coming::Soon(started) = &mut self.child {
            let no_thread = |_| no_process(io::Error::other("no thread to start it"));
            let running = started.await.map_err(no_thread)??.running().map_err(no_process)?;
            self.child = Coming::Here(running);
        }
        match &mut self.child {
            Coming::Here(running) => Ok(running),
            Coming::Soon(_) => Err(no_process(io::ErrorKind::NotConnected.into())),
        }
    }

    /// What the child is at.
    pub fn doing(&self) -> Option<String> {
        match &self.child {
            Coming::Here(running) => running.process.ledger.as_ref()?.doing(),
            Coming::Soon(_) => None,
        }
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
