//! The thread that loads and evaluates, so that whatever a policy does to it, the caller still has its say.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc as jobs;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::bundle::{Bundle, trust};
use super::decision_log;
use super::evaluate::Outcome;
use super::mask::Masks;
use super::policy::{self, Policy, invalid};
use super::rules::Stage;
use super::settings::Mode;
use super::sources;
use crate::declare::settings::PolicyKey;
use crate::error::{Problem, Refusal};

/// Virtual memory: only what recursion touches is ever paid for. A policy that needs more aborts the process, and the
/// function does not start.
const STACK_BYTES: usize = 64 << 20;

pub(super) struct Worker {
    jobs: jobs::Sender<(Stage, serde_json::Value)>,
    answers: mpsc::UnboundedReceiver<Answer>,
}

pub(super) enum Answer {
    /// What was loaded, and how long it took.
    Loaded(Result<Loaded, Refusal>, Duration),
    /// Of which stage, so that an answer nobody waited for is not taken for the next.
    Judged(Stage, Result<Outcome, Refusal>),
}

/// What the decision log says of the policies.
#[derive(Clone, Debug, Default)]
pub(super) struct Loaded {
    /// Directory and revision; the layer first.
    pub revisions: Vec<(PathBuf, String)>,
    pub ignored: Vec<PathBuf>,
    /// Path and manifest of each bundle; the layer's first.
    pub bundles: Vec<Bundle>,
    /// The directories in report mode.
    pub reporting: Vec<PathBuf>,
}

impl Worker {
    /// Loading begins at once. The first directory is the layer's where there is one.
    /// With a key, each has to be signed with it.
    pub fn start(
        directories: Vec<PathBuf>,
        key: Option<PolicyKey>,
        limit: Duration,
    ) -> Result<Self, Refusal> {
        let (job_sender, job_receiver) = jobs::channel();
        let (answer_sender, answers) = mpsc::unbounded_channel();
        std::thread::Builder::new()
            .name("policy".into())
            .stack_size(STACK_BYTES)
            .spawn(move || work(&directories, key.as_ref(), limit, &job_receiver, &answer_sender))
            .map_err(|e| invalid(&format!("thread cannot be started: {e}")))?;
        Ok(Self { jobs: job_sender, answers })
    }

    /// A send that fails shows itself in the answer that does not come.
    pub fn ask(&self, stage: Stage, input: serde_json::Value) {
        let _ = self.jobs.send((stage, input));
    }

    /// `None` when the thread is gone.
    pub async fn answer(&mut self) -> Option<Answer> {
        self.answers.recv().await
    }
}

fn work(
    directories: &[PathBuf],
    key: Option<&PolicyKey>,
    limit: Duration,
    jobs: &jobs::Receiver<(Stage, serde_json::Value)>,
    answers: &mpsc::UnboundedSender<Answer>,
) {
    let started = Instant::now();
    let (mut policies, loaded) = match guarded(|| load(directories, key, limit)) {
        Ok((policies, loaded)) => (policies, Ok(loaded)),
        Err(refusal) => (Vec::new(), Err(refusal)),
    };
    let usable = loaded.is_ok();
    let _ = answers.send(Answer::Loaded(loaded, started.elapsed()));
    while usable && let Ok((stage, input)) = jobs.recv() {
        let outcome = guarded(|| judge(&mut policies, stage, input));
        if answers.send(Answer::Judged(stage, outcome)).is_err() {
            return;
        }
    }
}

fn load(
    directories: &[PathBuf],
    key: Option<&PolicyKey>,
    limit: Duration,
) -> Result<(Vec<Policy>, Loaded), Vec<Problem>> {
    let key = key.map(trust::key).transpose().map_err(|problem| vec![problem])?;
    let mut policies: Vec<Policy> = Vec::new();
    let mut loaded = Loaded::default();
    let mut problems = Vec::new();
    for root in without_repetition(directories) {
        match sources::read(root, key.as_ref()).and_then(|directory| {
            let policy = policy::load(&directory, limit)?;
            loaded.bundles.extend(directory.bundles);
            loaded.ignored.extend(directory.ignored);
            Ok(policy)
        }) {
            Ok(policy) => {
                loaded.revisions.push((policy.root.clone(), policy.revision.clone()));
                loaded.reporting.extend((policy.mode == Mode::Report).then(|| policy.root.clone()));
                policies.push(policy);
            }
            Err(found) => problems.extend(found),
        }
    }
    for (i, layer) in policies.iter().enumerate() {
        for further in &policies[i + 1..] {
            problems.extend(layer.namespaces.conflicts(&further.namespaces));
        }
    }
    if problems.is_empty() { Ok((policies, loaded)) } else { Err(problems) }
}

/// `VESTRY_POLICY=/opt/policy` adds nothing, and takes nothing away.
fn without_repetition(directories: &[PathBuf]) -> impl Iterator<Item = &Path> {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    directories.iter().enumerate().filter_map(move |(i, path)| {
        let repeated =
            real(path).is_some_and(|here| directories[..i].iter().any(|d| real(d) == Some(here.clone())));
        (!repeated).then_some(path.as_path())
    })
}

fn judge(policies: &mut [Policy], stage: Stage, input: serde_json::Value) -> Result<Outcome, Vec<Problem>> {
    let mut outcome = Outcome::default();
    let mut problems = Vec::new();
    for policy in policies.iter_mut() {
        problems.extend(outcome.add(policy, stage, &input).err().into_iter().flatten());
    }
    // The first is the layer's: nobody else says what its decisions may hide.
    if let Some(first) = policies.first_mut().filter(|_| problems.is_empty()) {
        outcome.masks = Masks::ask(first, decision_log::maskable(stage, &input, &outcome));
    }
    if problems.is_empty() { Ok(outcome) } else { Err(problems) }
}

/// A panic of the engine is a refusal like any other. What it was working on is not used again.
fn guarded<T>(work: impl FnOnce() -> Result<T, Vec<Problem>>) -> Result<T, Refusal> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(problems)) => match Refusal::unless_empty(problems) {
            Err(refusal) => Err(refusal),
            Ok(()) => Err(invalid("failed without a reason").into()),
        },
        Err(panic) => {
            let why =
                panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
            Err(invalid(&format!("made the engine panic: {}", why.unwrap_or("no message"))).into())
        }
    }
}
