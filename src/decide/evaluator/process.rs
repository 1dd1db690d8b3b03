//! The child as a process: how it comes to be, and that it goes.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use fork::Fork;
use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use super::end::End;
use super::ledger::Ledger;
use super::{ARGUMENT, copy};

pub struct Process {
    pid: Pid,
    /// Once it was waited for.
    status: Option<ExitStatus>,
    ledger: Option<Ledger>,
}

/// What the child has for standard input, output and error.
pub struct Ends {
    pub told: PipeReader,
    pub says: PipeWriter,
    /// Without it a death is still a refusal; only what the child was at is not known.
    pub ledger: Option<File>,
}

/// `program`, told to evaluate, in an empty environment.
pub fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    // The working directory stays: VESTRY_POLICY may be relative to it.
    command.arg(ARGUMENT).env_clear();
    command
}

impl Process {
    pub fn spawn(program: &Path, ends: Ends, ledger: Option<Ledger>) -> io::Result<Self> {
        let stderr = ends.ledger.map_or_else(Stdio::null, Stdio::from);
        let child = command(program).stdin(ends.told).stdout(ends.says).stderr(stderr).spawn()?;
        Self::new(child.id().cast_signed(), ledger)
    }

    /// In the child this does not return. `kept` is what the asker alone has a use for.
    pub fn fork<K>(ends: Ends, ledger: Option<Ledger>, kept: K) -> io::Result<(Self, K)> {
        match fork::fork()? {
            Fork::Parent(pid) => Ok((Self::new(pid, ledger)?, kept)),
            Fork::Child => {
                drop((ledger, kept));
                copy::evaluate(ends)
            }
        }
    }

    fn new(pid: i32, ledger: Option<Ledger>) -> io::Result<Self> {
        let pid = Pid::from_raw(pid).ok_or(io::ErrorKind::NotFound)?;
        Ok(Self { pid, status: None, ledger })
    }

    /// What the child is at.
    pub fn doing(&self) -> Option<String> {
        self.ledger.as_ref()?.doing()
    }

    fn kill(&self) {
        // After it was waited for, its number may be another's.
        if self.status.is_none() {
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }

    fn wait(&mut self) -> ExitStatus {
        *self.status.get_or_insert_with(|| {
            let ended = retry_on_intr(|| waitpid(Some(self.pid), WaitOptions::empty())).ok().flatten();
            ended.map_or_else(ExitStatus::default, |(_, status)| ExitStatus::from_raw(status.as_raw()))
        })
    }

    /// To be called when it says no more: how it ended, or that it had to be.
    pub fn end(&mut self, memory_mb: u64) -> End {
        // One that is ending already keeps its own status.
        self.kill();
        let status = self.wait();
        let last_words = self.ledger.as_ref().map(Ledger::last_words).unwrap_or_default();
        End { status, doing: self.doing(), last_words, memory_mb }
    }

    #[cfg(test)]
    pub fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().cast_unsigned()
    }
}

/// No process is left, not even a dead one.
impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        self.wait();
    }
}
