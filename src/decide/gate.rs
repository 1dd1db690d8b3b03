//! The door of this room: asks the worker, keeps the time, writes the decision down.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use super::decision_log::{Asked, Unanswered, write_decision, write_failure};
#[cfg(feature = "tool")]
use super::directory::without_copies;
use super::enforcement::{Softened, Unenforced};
use super::evaluate::{Finding, Outcome};
use super::evaluator::{Answer, Limits, SELF, Started, Task, Waiting, Worker};
use super::input;
use super::policy::{OURS, invalid};
use super::rules::Stage;
use super::verdict::{Approved, Permitted};
use super::worker::Loaded;
use crate::declare::settings::PolicyKey;
use crate::declare::{Declared, Function, Settings, delivery};
use crate::error::{ErrorType, Problem, Refusal};
use crate::log::{Level, Log};
use crate::resolved::Resolved;

/// Decides what may be asked for and what may be delivered. Nothing else makes a [`Permitted`] or an [`Approved`].
///
/// After the last decision its process is told to end; dropped, the gate waits until it has, so keep it until there is
/// time for that.
pub struct Gate {
    state: State,
    log: Log,
    unenforced: Unenforced,
    /// What was allowed and is not written down yet.
    unwritten: Vec<(Asked, Outcome, Loaded)>,
}

/// A directory may have thousands.
const MAX_IGNORED_TOLD: usize = 50;

enum State {
    /// No directory anywhere, and none is required.
    NoPolicy,
    Working(Box<Working>),
    /// Once refused, always refused.
    Refused(Refusal),
}

struct Working {
    worker: Worker,
    loaded: Option<Loaded>,
    opened: Instant,
    /// What passes between the decisions does not count.
    limits: Limits,
    spent: Duration,
    /// What loading and the last decision took, for the decision log.
    loading: Option<Duration>,
    evaluating: Option<Duration>,
}

/// The policy's process, made before anything else is done: it takes the longest.
pub struct Forked {
    waiting: Result<Waiting, Refusal>,
    layer_seen: bool,
}

/// The same, loading.
pub struct Ahead(Option<(Result<Started, Refusal>, Task)>);

impl Forked {
    /// Where `VESTRY_POLICY` is set or the layer was seen, and before anything was read that is not a policy's business:
    /// it is a copy of this process.
    pub fn begin(layer_seen: bool) -> Self {
        Self { waiting: Waiting::fork(), layer_seen }
    }

    pub fn tell(self, layer: &Path, settings: &Settings) -> Ahead {
        // A layer that was seen and is gone has to be heard of.
        let there = self.layer_seen || delivery::is_there(layer);
        let task = task(layer, there, settings);
        Ahead(task.map(|task| (self.waiting.and_then(|waiting| waiting.tell(&task)), task)))
    }
}

impl Ahead {
    /// Whether the layer was there when this was started; without it nothing else would have been.
    fn saw(&self, layer: &Path) -> bool {
        self.0.as_ref().is_none_or(|(_, told)| told.directories.iter().any(|directory| directory == layer))
    }

    /// Unless it was told otherwise, or nothing: then what is there was not all there yet.
    fn having(self, task: &Task) -> Option<Result<Started, Refusal>> {
        self.0.filter(|(_, told)| told == task).map(|(started, _)| started)
    }
}

/// What is to be loaded, where there is anything. `there`: whether the layer is.
fn task(layer: &Path, there: bool, settings: &Settings) -> Option<Task> {
    let layer = there.then(|| layer.to_path_buf());
    let directories: Vec<PathBuf> = layer.into_iter().chain(settings.policy.clone()).collect();
    let limits = Limits { time: settings.policy_timeout, memory_mb: settings.policy_memory_mb };
    (!directories.is_empty()).then(|| Task { directories, key: settings.policy_key.clone(), limits })
}

/// A process that is loading.
fn loading(program: &Path, task: &Task) -> Result<Worker, Refusal> {
    Worker::of(Started::start(program, task)?)
}

impl Gate {
    /// Starts the policy's process where there is a policy, or takes the one that was started ahead; loading begins at
    /// once and this returns at once. To be called within a runtime.
    ///
    /// `layer` (`/opt/policy`) is loaded when it is there, the directory of `VESTRY_POLICY` besides.
    pub fn open(ahead: Option<Ahead>, layer: &Path, settings: &Settings, log: Log) -> Self {
        // A layer that was there and is gone has to be heard of: nothing starts without a policy that was seen.
        let there = ahead.as_ref().is_some_and(|ahead| ahead.saw(layer)) || delivery::is_there(layer);
        let worker = |task: &Task| match ahead.and_then(|ahead| ahead.having(task)) {
            Some(started) => Worker::of(started?),
            None => loading(Path::new(SELF), task),
        };
        Self::open_with(worker, layer, there, settings, log)
    }

    /// As [`open`](Self::open), for a program that is none of Vestry's: one of those is started to evaluate.
    pub fn open_as(program: &Path, layer: &Path, settings: &Settings, log: Log) -> Self {
        Self::open_with(|task| loading(program, task), layer, delivery::is_there(layer), settings, log)
    }

    fn open_with(
        worker: impl FnOnce(&Task) -> Result<Worker, Refusal>,
        layer: &Path,
        there: bool,
        settings: &Settings,
        log: Log,
    ) -> Self {
        let state = match (task(layer, there, settings), &settings.policy_key) {
            (Some(task), _) => return Self::of(worker(&task), task.limits, log),
            (None, _) if settings.policy_required => State::Refused(missing(layer)),
            (None, Some(key)) => State::Refused(nothing_signed(key, layer)),
            (None, None) => State::NoPolicy,
        };
        Self { state, log, unenforced: Unenforced::default(), unwritten: Vec::new() }
    }

    fn of(worker: Result<Worker, Refusal>, limits: Limits, log: Log) -> Self {
        let state = match worker {
            Ok(worker) => State::Working(Box::new(Working {
                worker,
                loaded: None,
                opened: Instant::now(),
                limits,
                spent: Duration::ZERO,
                loading: None,
                evaluating: None,
            })),
            Err(refusal) => State::Refused(refusal),
        };
        Self { state, log, unenforced: Unenforced::default(), unwritten: Vec::new() }
    }

    /// The decision on what is declared; only with it may a store be asked.
    pub async fn judge_declared(&mut self, declared: Declared) -> Result<Permitted, Refusal> {
        let input = |now| written(&input::at_declare(&declared, now));
        let references = |variable: &str| {
            let declaration = declared.declarations.iter().find(|d| d.name.as_deref() == Some(variable))?;
            Some(declaration.reference.to_string())
        };
        self.decide(Stage::Declare, &declared.function, input, references).await?;
        Ok(Permitted::new(declared, self.key_readers()))
    }

    /// The decision on what was resolved; only with it may anything be delivered.
    pub async fn judge_resolved(
        &mut self,
        permitted: Permitted,
        resolved: Resolved,
    ) -> Result<Approved, Refusal> {
        let declared = permitted.declared();
        let input = |now| written(&input::at_resolve(declared, &resolved, now));
        let references = |variable: &str| {
            let record = resolved.records.iter().find(|record| record.variable == variable)?;
            Some(declared.declarations.get(record.declaration)?.reference.to_string())
        };
        self.decide(Stage::Resolve, &declared.function, input, references).await?;
        Ok(Approved::new(permitted, resolved))
    }

    fn key_readers(&self) -> Vec<String> {
        match &self.state {
            State::Working(working) => {
                working.loaded.as_ref().map_or_else(Vec::new, |loaded| loaded.key_readers.clone())
            }
            _ => Vec::new(),
        }
    }

    /// Writes down what was allowed so far, while others work; dropping the gate does it at the latest. What is denied is
    /// written down at once.
    pub fn write_down(&mut self) {
        for (asked, outcome, loaded) in self.unwritten.drain(..) {
            write_decision(self.log, asked, &outcome, &loaded);
        }
    }

    /// What was not enforced so far, because a directory only reports.
    pub fn unenforced(&self) -> &Unenforced {
        &self.unenforced
    }

    /// A gate for these directories alone, the first as a layer brings it, to be asked with [`Gate::judge_document`].
    #[cfg(feature = "tool")]
    pub fn for_trial(directories: Vec<PathBuf>, key: PolicyKey, limits: Limits, log: Log) -> Self {
        let task = Task { directories: without_copies(directories), key: Some(key), limits };
        Self::of(loading(Path::new(SELF), &task), limits, log)
    }

    /// What the policies say of an input document. It permits nothing, and no decision is logged.
    #[cfg(feature = "tool")]
    pub async fn judge_document(
        &mut self,
        stage: Stage,
        document: serde_json::Value,
    ) -> Result<Outcome, Refusal> {
        match &mut self.state {
            State::NoPolicy => Ok(Outcome::default()),
            State::Refused(refusal) => Err(refusal.clone()),
            State::Working(working) => {
                let document = written(&document)?;
                let judged = working.judge(stage, false, |_| Ok(&document), self.log).await;
                judged.inspect_err(|refusal| self.state = State::Refused(refusal.clone()))
            }
        }
    }

    async fn decide(
        &mut self,
        stage: Stage,
        function: &Function,
        input: impl FnOnce(SystemTime) -> Result<Box<RawValue>, Refusal>,
        references: impl Fn(&str) -> Option<String>,
    ) -> Result<(), Refusal> {
        let working = match &mut self.state {
            State::NoPolicy => {
                self.log.write(
                    Level::Debug,
                    "decision",
                    json!({"stage": stage.as_str(), "decision": "allow", "rules": 0}),
                );
                return Ok(());
            }
            State::Refused(refusal) => {
                let refusal = refusal.clone();
                write_failure(self.log, &Asked::new(stage, function), &refusal);
                return Err(refusal);
            }
            State::Working(working) => working,
        };
        let mut unanswered = Unanswered::new(Asked::new(stage, function), self.log);
        let last = stage == Stage::Resolve;
        let result = working.judge(stage, last, |now| Ok(unanswered.asked().of(input(now)?)), self.log).await;
        let mut asked = unanswered.answered();
        (asked.loading, asked.evaluating) = (working.loading.take(), working.evaluating.take());
        let loaded = working.loaded.clone().unwrap_or_default();
        self.unenforced.directories.clone_from(&loaded.reporting);
        match result {
            Ok(outcome) => {
                let reported = outcome.warnings.iter().filter(|f| f.softened == Some(Softened::Report));
                self.unenforced.findings.extend(reported.cloned());
                let denials = outcome.denials.iter().map(|finding| denial(finding, &references));
                let verdict = Refusal::unless_empty(denials.collect());
                self.unwritten.push((asked, outcome, loaded));
                if verdict.is_err() {
                    self.write_down();
                }
                verdict
            }
            Err(refusal) => {
                self.write_down();
                write_failure(self.log, &asked, &refusal);
                self.state = State::Refused(refusal.clone());
                Err(refusal)
            }
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.write_down();
    }
}

impl Working {
    async fn judge<'a>(
        &mut self,
        stage: Stage,
        last: bool,
        input: impl FnOnce(SystemTime) -> Result<&'a RawValue, Refusal>,
        log: Log,
    ) -> Result<Outcome, Refusal> {
        self.worker.ask(stage, last, input(SystemTime::now())?);
        if self.loaded.is_none() {
            let loaded = self.wait_for_loading().await?;
            tell_ignored(log, &loaded.ignored);
            self.loaded = Some(loaded);
        }
        let asked = Instant::now();
        let left = self.limits.time.saturating_sub(self.spent);
        let answer = tokio::time::timeout(left, self.worker.answer()).await;
        self.evaluating = Some(asked.elapsed());
        self.spent += asked.elapsed();
        match answer {
            Ok(Ok(Answer::Judged(of, outcome))) if of == stage => outcome.map_err(refusal),
            Ok(Ok(_)) => Err(out_of_turn().into()),
            Ok(Err(refusal)) => Err(refusal),
            Err(_) => Err(self.too_slow(&format!("deciding vestry.{}", stage.as_str()))),
        }
    }

    async fn wait_for_loading(&mut self) -> Result<Loaded, Refusal> {
        let left = self.limits.time.saturating_sub(self.opened.elapsed());
        let answer = tokio::time::timeout(left, self.worker.answer()).await;
        match answer {
            Ok(Ok(Answer::Loaded(loaded, took))) => {
                (self.spent, self.loading) = (took, Some(took));
                if took > self.limits.time { Err(self.too_slow("loading")) } else { loaded.map_err(refusal) }
            }
            Ok(Ok(_)) => Err(out_of_turn().into()),
            Ok(Err(refusal)) => Err(refusal),
            Err(_) => Err(self.too_slow("loading")),
        }
    }

    fn too_slow(&self, doing: &str) -> Refusal {
        let at = self.worker.doing().map(|at| format!(" ({at})")).unwrap_or_default();
        invalid(&format!("was not done {doing} after {} ms in all{at}", self.limits.time.as_millis()))
            .advice("make its rules simpler, or raise VESTRY_POLICY_TIMEOUT_MS")
            .into()
    }
}

/// One line each, and one for those that nobody would read any more.
fn tell_ignored(log: Log, files: &[PathBuf]) {
    let told = files.iter().take(MAX_IGNORED_TOLD).map(|file| file.display().to_string());
    let left = files.len().saturating_sub(MAX_IGNORED_TOLD);
    for file in told.chain((left > 0).then(|| format!("{left} more"))) {
        let advice = "rename it: policies end in .rego, data is data.json or data.yaml, settings are settings.toml at the \
                      top";
        log.write(Level::Warn, "policy_file_ignored", json!({"file": file, "advice": advice}));
    }
}

fn missing(layer: &Path) -> Refusal {
    invalid(&format!("is required, and there is neither {} nor VESTRY_POLICY", layer.display()))
        .advice("add the layer that brings the policy, or unset VESTRY_POLICY_REQUIRED")
        .into()
}

/// A key says that signed policy has a say here: to take that policy away must not be the way around it.
fn nothing_signed(key: &PolicyKey, layer: &Path) -> Refusal {
    let advice = match key {
        PolicyKey::Variable(_) => "add the layer that brings the signed policy, or unset VESTRY_POLICY_KEY",
        _ => "add the layer that brings the signed policy, or take the key out of its layer",
    };
    let why = format!(
        "is missing: with the key {key} it has to be signed, and there is neither {} nor VESTRY_POLICY",
        layer.display()
    );
    invalid(&why).advice(advice).into()
}

/// The input as both sides have it.
fn written(document: &impl Serialize) -> Result<Box<RawValue>, Refusal> {
    let lacking = |e| invalid(&format!("has no input: {e}")).advice(OURS).into();
    to_raw_value(document).map_err(lacking)
}

fn out_of_turn() -> Problem {
    invalid("had its process answer what nobody asked").advice(OURS)
}

/// Nothing decided, and nothing said of why, is a refusal too.
fn refusal(problems: Vec<Problem>) -> Refusal {
    let silent = || invalid("failed without a reason").advice(OURS).into();
    Refusal::unless_empty(problems).err().unwrap_or_else(silent)
}

fn denial(finding: &Finding, references: &impl Fn(&str) -> Option<String>) -> Problem {
    let Finding { directory, package, rule, msg, id, variable, .. } = finding;
    let mut problem = Problem::new(ErrorType::PolicyDenied, msg)
        .id(id.clone())
        .advice(format!("denied by {package}.{rule} in {directory}"));
    if let Some(variable) = variable {
        problem = problem.variable(variable);
        problem.reference = references(variable);
    }
    problem
}
