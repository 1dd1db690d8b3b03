//! Loads the policies of all places and puts them to one document; runs in the evaluating process alone.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use regorus::Value;
use serde::{Deserialize, Serialize};

use super::builtins;
use super::bundle::Bundle;
use super::bundle::trust::Trust;
use super::decision_log;
use super::evaluate::Outcome;
use super::evaluator::{Task, doing};
use super::key_readers;
use super::mask::Masks;
use super::policy::{self, Policy, invalid};
use super::question::Input;
use super::rules::Stage;
use super::settings::Mode;
use super::sources;
use crate::declare::settings::PolicyKey;
use crate::error::Problem;

/// What the decision log says of the policies.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Loaded {
    /// Directory and revision; the layer first.
    pub revisions: Vec<(PathBuf, String)>,
    pub ignored: Vec<PathBuf>,
    /// Path and manifest of each bundle; the layer's first.
    pub bundles: Vec<Bundle>,
    /// The directories in report mode.
    pub reporting: Vec<PathBuf>,
    /// The files that read under which KMS key a value lies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_readers: Vec<String>,
}

/// What the next input will take of the heap, for some twenty references.
const INPUT_BYTES: usize = 64 << 10;

/// The policies, ready to be asked.
pub struct Work {
    policies: Vec<Policy>,
}

impl Work {
    /// All problems, not the first.
    pub fn load(task: &Task) -> Result<(Self, Loaded), Vec<Problem>> {
        let (policies, loaded) = guarded(|| load(&task.directories, task.key.as_ref(), task.limits.time))?;
        Ok((Self { policies }, loaded))
    }

    pub fn judge(&mut self, stage: Stage, input: &Input) -> Result<Outcome, Vec<Problem>> {
        guarded(|| judge(&mut self.policies, stage, input))
    }

    /// To be called when nobody waits: lets go of what was asked about, and gets ready for the next question.
    pub fn rest(&mut self) {
        for policy in &mut self.policies {
            policy.complete();
            policy.engine.set_input(Value::Undefined);
        }
        builtins::get_ready();
        // It is wiped as it is freed, so that its pages are there.
        drop(black_box(Vec::<u8>::with_capacity(INPUT_BYTES)));
    }
}

fn load(
    directories: &[PathBuf],
    key: Option<&PolicyKey>,
    limit: Duration,
) -> Result<(Vec<Policy>, Loaded), Vec<Problem>> {
    let trust = Trust::of(key).map_err(|problem| vec![problem])?;
    let mut policies: Vec<Policy> = Vec::new();
    let mut loaded = Loaded::default();
    let mut problems = Vec::new();
    for root in without_repetition(directories) {
        doing(format_args!("reading {}", root.display()));
        match sources::read(root, &trust).and_then(|directory| {
            let mut policy = policy::load(&directory, limit)?;
            loaded.key_readers.extend(key_readers::of(&directory, policy.engine(Stage::Declare)));
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
        let repeated = i > 0
            && real(path)
                .is_some_and(|here| directories[..i].iter().any(|d| real(d).as_ref() == Some(&here)));
        (!repeated).then_some(path.as_path())
    })
}

fn judge(policies: &mut [Policy], stage: Stage, input: &Input) -> Result<Outcome, Vec<Problem>> {
    let mut outcome = Outcome::default();
    let mut problems = Vec::new();
    for policy in policies.iter_mut() {
        problems.extend(outcome.add(policy, stage, input).err().into_iter().flatten());
    }
    // The first is the layer's: nobody else says what its decisions may hide.
    if let Some(first) = policies.first_mut().filter(|_| problems.is_empty()) {
        outcome.masks =
            Masks::ask(first, stage, || decision_log::maskable(stage, input.document(), &outcome));
    }
    if problems.is_empty() { Ok(outcome) } else { Err(problems) }
}

/// A panic of the engine is a refusal like any other. What it was working on is not used again.
fn guarded<T>(work: impl FnOnce() -> Result<T, Vec<Problem>>) -> Result<T, Vec<Problem>> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let why =
            panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
        let problem = invalid(&format!("made the engine panic: {}", why.unwrap_or("no message")));
        Err(vec![
            problem.advice("it is a fault of the engine: please report it, and write the rule otherwise"),
        ])
    })
}
