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
use super::evaluator::doing;
use super::namespaces::Namespaces;
use super::rules::{Entry, Stage};
use super::settings::{self, Mode as Enforcing};
use crate::error::{ErrorType, Problem};

/// More than this no error that Lambda shows has room for.
const MAX_TOLD: usize = 100;

pub(super) struct Policy {
    pub root: PathBuf,
    pub revision: String,
    pub engine: Engine,
    /// The same without what the first decision does not need, until [`complete`](Policy::complete).
    declaring: Option<Engine>,
    /// What that one printed and nobody took.
    printed: Vec<String>,
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
    let Checked { findings, entries, namespaces, mut declaring } = check(&mut engine, directory, Mode::Load);
    problems.extend(findings.iter().take(MAX_TOLD).map(problem));
    if findings.len() > MAX_TOLD {
        let more = format!("{} has {} more", directory.root.display(), findings.len() - MAX_TOLD);
        problems.push(invalid(&more).advice("`vestry policy check` tells all of them"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    builtins::install(declaring.as_mut().unwrap_or(&mut engine), "", true);
    let (root, revision) = (directory.root.clone(), directory.revision.clone());
    let printed = Vec::new();
    Ok(Policy { root, revision, engine, declaring, printed, entries, namespaces, mode })
}

impl Policy {
    /// The engine that a stage is decided with.
    pub fn engine(&mut self, stage: Stage) -> &mut Engine {
        if stage == Stage::Resolve {
            self.complete();
        }
        self.declaring.as_mut().unwrap_or(&mut self.engine)
    }

    /// What was printed since they were taken last.
    pub fn take_prints(&mut self, stage: Stage) -> Vec<String> {
        let latest = self.engine(stage).take_prints().unwrap_or_default();
        let mut prints = std::mem::take(&mut self.printed);
        prints.extend(latest);
        prints
    }

    /// From here on every stage can be decided. What the engine has against it is told when it is asked.
    pub fn complete(&mut self) {
        if let Some(mut declaring) = self.declaring.take() {
            self.printed.extend(declaring.take_prints().unwrap_or_default());
            drop(declaring);
            doing(format_args!("preparing {}", self.root.display()));
            builtins::install(&mut self.engine, "", true);
            let _ = self.engine.eval_query("true".into(), false);
        }
    }
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::bundle::File;
    use super::*;

    const SHARED: &str = "package vestry.shared\n\nlimit := 3\n";
    const DECLARE: &str = "package vestry.declare.few\n\nimport data.vestry.shared\n\n\
                           deny contains \"many\" if count(input.references) > shared.limit\n";
    const RESOLVE: &str = "# What was resolved.\n\npackage vestry.resolve.found\n\nimport data.vestry.shared\n\n\
                           large(reference) if reference.size > shared.limit\n\n\
                           deny contains \"large\" if {\n\tsome reference in input.references\n\tlarge(reference)\n}\n";

    fn loaded(files: &[(&str, &str)]) -> Policy {
        let mut directory = Directory::empty(Path::new("policy"));
        for (name, text) in files {
            let file = File { name: (*name).into(), bytes: text.as_bytes().to_vec() };
            directory.add(Path::new("policy"), file).unwrap();
        }
        load(&directory.complete(), Duration::from_secs(30)).unwrap_or_else(|p| panic!("{p:?}"))
    }

    /// The files that are there for the first decision; none where those are all.
    fn early(files: &[(&str, &str)]) -> Option<Vec<String>> {
        let mut policy = loaded(files);
        assert_eq!(files_of(&mut policy.engine).len(), files.len());
        policy.declaring.as_mut().map(files_of)
    }

    fn files_of(engine: &mut Engine) -> Vec<String> {
        let files = engine.get_modules().iter().map(|module| module.package.span.source.get_path().clone());
        files.filter(|file| file.starts_with("policy/")).collect()
    }

    #[test]
    fn what_only_the_second_decision_needs_is_left_for_later() {
        let files = [("a_resolve.rego", RESOLVE), ("declare.rego", DECLARE), ("shared.rego", SHARED)];
        assert_eq!(early(&files).unwrap(), ["policy/declare.rego", "policy/shared.rego"]);
        assert_eq!(early(&files[1..]), None);
    }

    #[test]
    fn so_it_is_where_the_engine_is_given_other_texts_than_were_written() {
        let printing = |text: &str| {
            text.replacen(" if ", " if print(\"asked\", input.stage)\n\ndeny contains \"b\" if ", 1)
        };
        let (declare, resolve) =
            (printing(DECLARE), RESOLVE.replace("\tlarge(", "\tprint(reference)\n\tlarge("));
        let files = [
            ("a_resolve.rego", resolve.as_str()),
            ("declare.rego", declare.as_str()),
            ("shared.rego", SHARED),
        ];
        assert_eq!(early(&files).unwrap(), ["policy/declare.rego", "policy/shared.rego"]);
    }

    #[test]
    fn what_the_first_decision_comes_by_is_not() {
        for more in [
            "package vestry.declare.more\n\ndeny contains \"a\" if data.vestry.resolve.found.large({\"size\": 5})\n",
            "package vestry.declare.more\n\ndeny contains \"a\" if count(data.vestry.resolve[input.stage]) > 5\n",
            "package vestry.declare.more\n\ndeny contains \"a\" if count(data.vestry.resolve) > 5\n",
            "package system.log\n\nmask contains \"/input/now\" if data.vestry.resolve.found.large({\"size\": 5})\n",
            "package vestry.asks\n\nkms_keys := data.vestry.resolve.found.large({\"size\": 5})\n",
            // What the engine evaluates on its way, and what a package without rules is.
            "package vestry.declare.more\n\ndeny contains \"a\" if data.vestry.resolve[input.stage].nothing\n",
            "package vestry.declare.more\n\nimport data.vestry.resolve.found\n\ndeny contains \"a\" if found.nothing\n",
            "package vestry.declare.more\n\ndeny contains \"a\" if data.vestry.resolve.empty == {}\n",
        ] {
            let files = [
                ("a.rego", RESOLVE),
                ("b.rego", DECLARE),
                ("c.rego", SHARED),
                ("d.rego", more),
                ("e.rego", "package vestry.resolve.empty\n"),
            ];
            assert_eq!(early(&files), None, "{more}");
        }
    }

    #[test]
    fn what_is_evaluated_in_the_order_of_the_files_stays_in_it() {
        for more in [
            "package lib\n\nnames contains name if some name, _ in data.vestry\n",
            "package lib\n\nfound contains data.vestry[name].found if some name in [\"resolve\"]\n",
            "package lib\n\nlimit := 3 if data.vestry.shared.limit == 3 with data.vestry as {}\n",
            "package lib\n\nimport data.vestry\n\nlimit := vestry.shared.limit\n",
            "package vestry\n\nresolve.deny contains \"a\"\n",
            "package vestry[\"resolve\"].found\n\ndeny contains \"a\"\n",
            "package\nvestry.resolve.found\n\ndeny contains \"a\"\n",
            "package lib\n\nchain := rego.metadata.chain()\n",
        ] {
            let files = [("a.rego", RESOLVE), ("b.rego", DECLARE), ("c.rego", SHARED), ("d.rego", more)];
            let mut policy = loaded(&files);
            assert!(policy.declaring.is_none(), "{more}");
            let names = files.map(|(name, _)| format!("policy/{name}"));
            assert_eq!(files_of(&mut policy.engine), names, "{more}");
        }
    }

    #[test]
    fn a_package_of_another_name_is_not() {
        let resolve = RESOLVE.replace("vestry.resolve.found", "vestry.resolved");
        let resolve = resolve.replace("deny contains", "found contains");
        assert_eq!(early(&[("a.rego", &resolve), ("b.rego", DECLARE), ("c.rego", SHARED)]), None);
    }
}
