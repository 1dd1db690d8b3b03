//! The processes of a sandbox: started with a built environment, their output noted line by line.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;

use super::report::{Source, Stream, What};
use super::state::Shared;
use crate::declare::Environment;

/// How long output may lag behind the end of its process: a grandchild may hold the pipe for ever.
const OUTPUT_LAG: Duration = Duration::from_millis(200);

pub(super) struct Process {
    pub source: Source,
    group: Pid,
}

impl Process {
    /// Starts a program in a process group of its own, so that whatever it starts ends with it.
    pub fn start(
        shared: &Arc<Shared>,
        attempt: usize,
        source: Source,
        command: &[OsString],
        environment: &Environment,
        directory: &Path,
    ) -> io::Result<Self> {
        let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(environment.iter())
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().ok_or_else(|| io::Error::other("ended at once"))?;
        let group = Pid::from_raw(id.cast_signed()).ok_or_else(|| io::Error::other("no process id"))?;
        shared.note(What::Started { source: source.clone(), pid: id });
        let stdout = child.stdout.take().map(|pipe| note_lines(shared, &source, Stream::Stdout, pipe));
        let stderr = child.stderr.take().map(|pipe| note_lines(shared, &source, Stream::Stderr, pipe));
        let process = Self { source: source.clone(), group };
        let shared = Arc::clone(shared);
        tokio::spawn(async move {
            let Ok(status) = child.wait().await else { return };
            for reader in [stdout, stderr].into_iter().flatten() {
                let _ = tokio::time::timeout(OUTPUT_LAG, reader).await;
            }
            shared.exited(attempt, source, status);
        });
        Ok(process)
    }

    pub fn terminate(&self) {
        let _ = rustix::process::kill_process(self.group, Signal::TERM);
    }

    /// The process and everything that it started.
    pub fn kill(&self) {
        let _ = rustix::process::kill_process_group(self.group, Signal::KILL);
    }
}

/// A sandbox that is dropped leaves nothing running.
impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn note_lines(
    shared: &Arc<Shared>,
    source: &Source,
    stream: Stream,
    pipe: impl AsyncRead + Unpin + Send + 'static,
) -> tokio::task::JoinHandle<()> {
    let (shared, source) = (Arc::clone(shared), source.clone());
    tokio::spawn(async move {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while matches!(pipe.read_until(b'\n', &mut line).await, Ok(1..)) {
            if line.ends_with(b"\n") {
                line.pop();
            }
            let text = String::from_utf8_lossy(&line).into_owned();
            shared.note(What::Line { source: source.clone(), stream, text });
            line.clear();
        }
    })
}
