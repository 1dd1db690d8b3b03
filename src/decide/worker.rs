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
    /// Why they are not ready for another question.
    unready: Vec<Problem>,
}

impl Work {
    /// All problems, not the first.
    pub fn load(task: &Task) -> Result<(Self, Loaded), Vec<Problem>> {
        let (policies, loaded) = guarded(|| load(&task.directories, task.key.as_ref(), task.limits.time))?;
        Ok((Self { policies, unready: Vec::new() }, loaded))
    }

    pub fn judge(&mut self, stage: Stage, input: &Input) -> Result<Outcome, Vec<Problem>> {
        match self.unready.as_slice() {
            [] => guarded(|| judge(&mut self.policies, stage, input)),
            unready => Err(unready.to_vec()),
        }
    }

    /// To be called when nobody waits: lets go of what was asked about, and gets ready for the next question.
    pub fn rest(&mut self) {
        let ready = guarded(|| {
            for policy in &mut self.policies {
                policy.complete();
                policy.engine.set_input(Value::Undefined);
            }
            builtins::get_ready();
            // It is wiped as it is freed, so that its pages are there.
            drop(black_box(Vec::<u8>::with_capacity(INPUT_BYTES)));
            Ok(())
        });
        self.unready.extend(ready.err().into_iter().flatten());
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
        outcome.prints.extend(first.take_prints(stage));
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

#[cfg(test)]
mod tests {
    use super::super::bundle::File;
    use super::super::directory::Directory;
    use super::*;

    const DECLARE: &str = "package vestry.declare\n\nwarn contains \"w\" if print(\"declared\")\n";
    const RESOLVE: &str =
        "package vestry.resolve\n\nwarn contains \"w\" if print(sprintf(\"%s\", [\"resolved\"]))\n";
    const MASK: &str = "package system.log\n\nmask contains \"/input/now\" if print(\"masked\")\n";

    fn work(files: &[(&str, &str)]) -> Work {
        let mut directory = Directory::empty(Path::new("policy"));
        for (name, text) in files {
            let file = File { name: (*name).into(), bytes: text.as_bytes().to_vec() };
            directory.add(Path::new("policy"), file).unwrap();
        }
        let policy = policy::load(&directory.complete(), Duration::from_secs(30)).unwrap();
        Work { policies: vec![policy], unready: Vec::new() }
    }

    fn judge(work: &mut Work, stage: Stage) -> Result<Outcome, Vec<Problem>> {
        let input = format!(r#"{{"stage":"{}","references":[]}}"#, stage.as_str());
        work.judge(stage, &serde_json::from_str(&input).unwrap())
    }

    #[test]
    fn what_is_printed_is_told_with_its_decision_and_once() {
        let mut work = work(&[("a.rego", DECLARE), ("b.rego", RESOLVE), ("c.rego", MASK)]);
        for (stage, said) in [(Stage::Declare, "declared"), (Stage::Resolve, "resolved")] {
            let prints = judge(&mut work, stage).unwrap().prints;
            let said: Vec<bool> =
                [said, "masked"].iter().zip(&prints).map(|(said, print)| print.ends_with(said)).collect();
            assert_eq!((said, prints.len()), (vec![true, true], 2), "{prints:?}");
            work.rest();
        }
    }

    /// What is installed twice panics where there are assertions.
    #[test]
    #[cfg(debug_assertions)]
    fn a_panic_while_it_gets_ready_is_the_answer_to_what_is_asked_then() {
        let mut work = work(&[("a.rego", DECLARE), ("b.rego", RESOLVE)]);
        builtins::install(&mut work.policies[0].engine, "", true);
        judge(&mut work, Stage::Declare).unwrap();
        work.rest();
        for stage in [Stage::Resolve, Stage::Declare] {
            let problems = judge(&mut work, stage).unwrap_err();
            let [problem] = problems.as_slice() else { panic!("{problems:?}") };
            assert!(problem.to_string().contains("made the engine panic: "), "{problem}");
        }
    }
}
