//! A second `vestry` that evaluates: whatever a test does to it, it can be ended, and the others go on.

use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, setrlimit};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::super::Usage;
use super::Args;
use super::duration::go;
use crate::decide::bundle::Trust;
use crate::decide::testing::{self, Failure, Ran, Rows, Suite, Test, Verdict};

/// For loading everything. Tests have a time of their own.
const LOADING: Duration = Duration::from_secs(60);
/// The engine looks at the clock itself, and says more; it is ended where it does not.
const GRACE: Duration = Duration::from_millis(500);
/// As the extension's: what recursion overflows there it overflows here.
const STACK_BYTES: usize = 64 << 20;

/// Of address space, of which a start takes a little: a test that fills the machine's memory would stop more than itself.
const MEMORY_BYTES: u64 = 2 << 30;

/// The first line of a worker.
#[derive(Serialize, Deserialize)]
enum Loaded {
    Suite { tests: Vec<Test>, rows: Rows },
    Problems(Vec<String>),
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Request {
    Run(usize),
    Why(usize),
}

/// What a worker is started with.
pub(super) struct Job {
    paths: Vec<PathBuf>,
    key: Option<PathBuf>,
    timeout: Duration,
    coverage: bool,
}

impl Job {
    pub fn new(args: &Args, coverage: bool) -> Self {
        Self { paths: args.paths.clone(), key: args.key.path().cloned(), timeout: args.timeout, coverage }
    }
}

pub(super) struct Worker {
    job: Job,
    process: Process,
    tests: Vec<Test>,
    rows: Rows,
}

impl Worker {
    /// Fails with what is wrong with the policies.
    pub fn start(job: Job) -> Result<Result<Self, Vec<String>>, Usage> {
        let mut process = Process::start(&job)?;
        match process.receive(LOADING) {
            Ok(Loaded::Suite { tests, rows }) => Ok(Ok(Self { job, process, tests, rows })),
            Ok(Loaded::Problems(problems)) => Ok(Err(problems)),
            Err(end) => Ok(Err(vec![format!("loading {}", end.why(LOADING))])),
        }
    }

    pub fn tests(&self) -> &[Test] {
        &self.tests
    }

    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Runs one test; why it failed, where it did.
    pub fn run(&mut self, index: usize) -> Result<(Option<Ran>, Vec<Failure>), Usage> {
        let started = Instant::now();
        let ran: Ran = match self.ask(Request::Run(index))? {
            Ok(ran) => ran,
            Err(end) => {
                let took = started.elapsed().min(self.job.timeout);
                let ran = Ran::ended(end.verdict(self.job.timeout), took);
                return Ok((Some(ran), Vec::new()));
            }
        };
        let why = if ran.verdict == Verdict::Fail {
            self.ask(Request::Why(index))?.unwrap_or_default()
        } else {
            Vec::new()
        };
        Ok((Some(ran), why))
    }

    /// A worker that is gone is followed by another.
    fn ask<T: DeserializeOwned>(&mut self, request: Request) -> Result<Result<T, End>, Usage> {
        let answer = self.process.send(request).and_then(|()| self.process.receive(self.job.timeout + GRACE));
        if answer.is_err() {
            self.process = Process::start(&self.job)?;
            let loaded = self.process.receive::<Loaded>(LOADING);
            loaded.map_err(|end| Usage(format!("loading again {}", end.why(LOADING))))?;
        }
        Ok(answer)
    }
}

/// How a worker came to be no more.
enum End {
    TimedOut,
    Gone(String),
}

impl End {
    fn verdict(&self, limit: Duration) -> Verdict {
        match self {
            Self::TimedOut => Verdict::TimedOut(self.why(limit)),
            Self::Gone(_) => Verdict::Error(self.why(limit)),
        }
    }

    fn why(&self, limit: Duration) -> String {
        match self {
            Self::TimedOut => format!("timed out after {}", go(limit)),
            Self::Gone(how) => format!("ended the process ({how}): too deep a recursion, or too much memory"),
        }
    }
}

struct Process {
    child: Child,
    requests: ChildStdin,
    answers: Receiver<String>,
}

impl Process {
    fn start(job: &Job) -> Result<Self, Usage> {
        let own =
            std::env::current_exe().map_err(|e| format!("cannot tell where vestry itself lies: {e}"))?;
        let mut command = Command::new(own);
        command.args(["policy", "test", "--worker"]).args(job.coverage.then_some("--coverage"));
        if let Some(key) = &job.key {
            command.arg("--key").arg(key);
        }
        command.arg("--timeout").arg(format!("{}ns", job.timeout.as_nanos())).arg("--").args(&job.paths);
        // No rule can ask for a variable, so none is handed on.
        command.env_clear();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("cannot start a process for the tests: {e}"))?;
        let (Some(requests), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Usage("cannot talk to the process for the tests".into()));
        };
        let (sender, answers) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, requests, answers })
    }

    fn send(&mut self, request: Request) -> Result<(), End> {
        let line = serde_json::to_string(&request).map_err(|error| End::Gone(error.to_string()))?;
        writeln!(self.requests, "{line}").map_err(|_| self.gone())
    }

    fn receive<T: DeserializeOwned>(&mut self, limit: Duration) -> Result<T, End> {
        match self.answers.recv_timeout(limit) {
            Ok(line) => serde_json::from_str(&line).map_err(|error| End::Gone(error.to_string())),
            Err(RecvTimeoutError::Timeout) => Err(End::TimedOut),
            Err(RecvTimeoutError::Disconnected) => Err(self.gone()),
        }
    }

    fn gone(&mut self) -> End {
        End::Gone(self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The worker's side: answers until nobody asks any more.
pub(super) fn serve(args: &Args, coverage: bool) -> ExitCode {
    let enough = Rlimit { current: Some(MEMORY_BYTES), maximum: Some(MEMORY_BYTES) };
    let _ = setrlimit(Resource::As, enough);
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let served = thread.spawn_scoped(scope, || answer_requests(args, coverage));
        match served.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        }
    })
}

fn answer_requests(args: &Args, coverage: bool) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let mut answer = |value: serde_json::Result<String>| {
        writeln!(stdout, "{}", value?)?;
        stdout.flush()
    };
    let loaded = Trust::of(Some(&args.key.policy_key()))
        .map_err(Into::into)
        .and_then(|trust| testing::load(&args.paths, &trust, args.timeout, coverage));
    let suite: Suite = match loaded {
        Ok(suite) => suite,
        Err(refusal) => {
            let problems = refusal.problems().iter().map(ToString::to_string).collect();
            return answer(serde_json::to_string(&Loaded::Problems(problems)));
        }
    };
    let loaded = Loaded::Suite { tests: suite.tests().cloned().collect(), rows: suite.rows().clone() };
    answer(serde_json::to_string(&loaded))?;
    for line in io::stdin().lock().lines() {
        match serde_json::from_str(&line?)? {
            Request::Run(index) => answer(serde_json::to_string(&suite.run(index)))?,
            Request::Why(index) => answer(serde_json::to_string(&suite.why(index)))?,
        }
    }
    Ok(())
}
