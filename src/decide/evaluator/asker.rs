//! The side that asks: starts the child, and sees to it that it ends.

use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;

use super::super::policy::invalid;
use super::super::rules::Stage;
use super::ARGUMENT;
use super::end::End;
use super::ledger::Ledger;
use super::message::{Answer, Job, MAX_ANSWER_BYTES, Task, framed};
use crate::declare::settings::PolicyKey;
use crate::error::Refusal;

/// What a policy may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For loading and all decisions together.
    pub time: Duration,
    pub memory_mb: u64,
}

/// A child that loads and evaluates. It is gone when this is.
pub struct Worker {
    process: Process,
    requests: pipe::Sender,
    answers: pipe::Receiver,
    /// What is not sent yet.
    outgoing: Vec<u8>,
}

struct Process {
    child: Child,
    ledger: Option<Ledger>,
    memory_mb: u64,
}

impl Worker {
    /// Loading begins at once, and this returns at once. To be called within a runtime.
    ///
    /// `program` is one whose `main` asks [`is_asked`](super::is_asked), `/proc/self/exe` as a rule. The first
    /// directory is the layer's where there is one. With a key, each has to be signed with it.
    pub fn start(
        program: &Path,
        directories: Vec<PathBuf>,
        key: Option<PolicyKey>,
        limits: Limits,
    ) -> Result<Self, Refusal> {
        let task = Task { directories, key, time: limits.time, memory_mb: limits.memory_mb };
        Self::spawn(program, &task)
            .map_err(|e| invalid(&format!("has no process to be evaluated in: {e}")).into())
    }

    fn spawn(program: &Path, task: &Task) -> io::Result<Self> {
        // Without it a death is still a refusal; only what the child was at is not known.
        let (ledger, stderr) = Ledger::create().map_or((None, Stdio::null()), |(l, s)| (Some(l), s));
        // The working directory stays: VESTRY_POLICY may be relative to it.
        let child = Command::new(program)
            .arg(ARGUMENT)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()?;
        let mut process = Process { child, ledger, memory_mb: task.memory_mb };
        let missing = || io::Error::other("no pipe");
        let mut requests = process.child.stdin.take().ok_or_else(missing)?;
        let answers = process.child.stdout.take().ok_or_else(missing)?;
        let outgoing = send_now(&mut requests, framed(task)?)?;
        Ok(Self {
            process,
            requests: pipe::Sender::from_owned_fd(OwnedFd::from(requests))?,
            answers: pipe::Receiver::from_owned_fd(OwnedFd::from(answers))?,
            outgoing,
        })
    }

    /// Takes effect with the next [`answer`](Self::answer).
    pub fn ask(&mut self, stage: Stage, input: serde_json::Value) {
        // What cannot be written does not exist: the input's keys are strings.
        self.outgoing.extend(framed(&Job { stage, input }).unwrap_or_default());
    }

    /// The next answer; a child that has none, or no sound one, is ended and refuses.
    pub async fn answer(&mut self) -> Result<Answer, Refusal> {
        let outgoing = std::mem::take(&mut self.outgoing);
        // A child that does not take it is gone, which shows itself in the answer.
        let _ = self.requests.write_all(&outgoing).await;
        let body = match self.read().await {
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

    async fn read(&mut self) -> io::Result<Vec<u8>> {
        let length = self.answers.read_u32_le().await? as usize;
        if length > MAX_ANSWER_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut body = vec![0; length];
        self.answers.read_exact(&mut body).await?;
        Ok(body)
    }
}

fn unsound() -> Refusal {
    invalid("had its process answer what is no answer").into()
}

/// As much as the pipe takes at once, which is all of it but for a huge key; the rest.
fn send_now(to: &mut ChildStdin, mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    rustix::io::ioctl_fionbio(&*to, true)?;
    match to.write(&bytes) {
        Ok(sent) => Ok(bytes.split_off(sent)),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::BrokenPipe) => {
            Ok(bytes)
        }
        Err(error) => Err(error),
    }
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
