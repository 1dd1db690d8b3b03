//! One directory's policy in an engine of its own: what another directory holds cannot reach its rules or its data.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use regorus::Engine;
use regorus::utils::limits::ExecutionTimerConfig;

use super::builtins;
use super::check::directory::{Checked, load as check};
use super::check::{Finding, Mode};
use super::directory::Directory;
use super::namespaces::Namespaces;
use super::rules::Entry;
use super::settings::{self, Mode as Enforcing};
use crate::error::{ErrorType, Problem};

/// More than this no error that Lambda shows has room for.
const MAX_TOLD: usize = 100;

pub(super) struct Policy {
    pub root: PathBuf,
    pub revision: String,
    pub engine: Engine,
    /// Sorted and each once, however many modules define it.
    pub entries: Vec<Entry>,
    pub namespaces: Namespaces,
    pub mode: Enforcing,
}

/// Parses a directory and holds it against everything that can be known before evaluation. All problems are reported,
/// not the first.
pub(super) fn load(directory: &Directory, limit: Duration) -> Result<Policy, Vec<Problem>> {
    let mut engine = engine(limit);
    let mut problems = Vec::new();
    let mode = settings::mode(directory).unwrap_or_else(|found| {
        problems.extend(found);
        Enforcing::Enforce
    });
    let Checked { findings, entries, namespaces } = check(&mut engine, directory, Mode::Load);
    problems.extend(findings.iter().take(MAX_TOLD).map(problem));
    if findings.len() > MAX_TOLD {
        let more = format!("{} has {} more", directory.root.display(), findings.len() - MAX_TOLD);
        problems.push(invalid(&more).advice("`vestry policy check` tells all of them"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    builtins::install(&mut engine, "", true);
    let (root, revision) = (directory.root.clone(), directory.revision.clone());
    Ok(Policy { root, revision, engine, entries, namespaces, mode })
}

/// As every policy is evaluated: an error refuses, what is printed is kept, and time is short.
pub(super) fn engine(limit: Duration) -> Engine {
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(true);
    engine.set_gather_prints(true);
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit,
        check_interval: NonZeroU32::new(256).expect("not zero"),
    });
    builtins::permit_long_lines(&mut engine);
    engine
}

pub(super) fn problem(finding: &Finding) -> Problem {
    let Finding { message, advice, .. } = finding;
    invalid(&format!("{}{message}", finding.prefix())).advice(advice)
}

/// What to do about what no policy brings about by what it says.
pub(super) const OURS: &str = "nothing was decided; please report it";

pub(super) fn invalid(why: &str) -> Problem {
    Problem::new(ErrorType::PolicyInvalid, format!("policy {why}"))
}
