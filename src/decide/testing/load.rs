//! Directories and files to be tested, in one engine, as `opa test` has them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Rows, Suite, discover, edit, mocks};
use crate::decide::check::directory::{add_text, data_document};
use crate::decide::check::guard::Guard;
use crate::decide::check::{self, Mode};
use crate::decide::directory::{self, PolicyFile};
use crate::decide::policy::{self, invalid};
use crate::decide::{builtins, explain};
use crate::error::{Problem, Refusal};

/// Loads everything below `paths`, tests included. `limit` is what each evaluation may take.
///
/// Fails with every problem of every file.
pub fn load(paths: &[PathBuf], limit: Duration, coverage: bool) -> Result<Suite, Refusal> {
    let mut problems = Vec::new();
    let files = Files::read(paths, &mut problems);
    let mut engine = policy::engine(limit);
    let mut guard = Guard::default();
    for file in &files.policies {
        let name = file.path.display().to_string();
        let added = add_text(&mut engine, &mut guard, name, &file.text);
        problems.extend(added.err().iter().map(policy::problem));
    }
    let mut data = Vec::new();
    for file in &files.data {
        match data_document(file) {
            Ok(document) => data.push((file, document)),
            Err(finding) => problems.push(policy::problem(&finding)),
        }
    }
    let modules = engine.get_modules();
    let findings = if problems.is_empty() {
        check::modules(modules, Mode::Language).err().unwrap_or_default()
    } else {
        check::modules_beside_broken_ones(modules, Mode::Language)
    };
    problems.extend(findings.iter().map(policy::problem));
    Refusal::unless_empty(problems)?;

    let modules = engine.get_modules().clone();
    let tests = discover::tests(&modules);
    let rows = Rows::of_modules(&modules);
    let mut edits = edit::Edits::new();
    edit::rename(&tests, &mut edits);
    mocks::write_calls_out(&modules, &mut edits);
    let added = edit::write_imports_out(&modules, &mut edits);
    if coverage {
        edit::give_heads_a_value(&modules, &mut edits);
    }
    if !edits.is_empty() {
        engine = policy::engine(limit);
        for module in &modules {
            let text = edit::edited(module, &edits)
                .unwrap_or_else(|| module.package.span.source.get_contents().to_string());
            let added = engine.add_policy(discover::file_of(module).to_string(), text);
            added.map_err(|e| Refusal::from(invalid(&explain::engine_error(&e))))?;
        }
        if let Some(text) = added {
            let added = engine.add_policy(check::imports::ADDED.into(), text);
            added.map_err(|e| Refusal::from(invalid(&explain::engine_error(&e))))?;
        }
    }
    let mut problems = Vec::new();
    for (file, document) in data {
        let added = engine.add_data(document);
        problems.extend(
            added
                .map_err(|e| invalid(&format!("{}: {}", file.path.display(), explain::engine_error(&e))))
                .err(),
        );
    }
    Refusal::unless_empty(problems)?;
    builtins::install(&mut engine, "", true);
    engine.set_enable_coverage(coverage);
    Ok(Suite { engine, tests, rows, coverage, limit })
}

struct Files {
    policies: Vec<PolicyFile>,
    data: Vec<PolicyFile>,
}

impl Files {
    /// A file that is reached in two ways is read once.
    fn read(paths: &[PathBuf], problems: &mut Vec<Problem>) -> Self {
        let mut found = Self { policies: Vec::new(), data: Vec::new() };
        let mut seen = BTreeSet::new();
        let mut fresh = |file: &PolicyFile| fs::canonicalize(&file.path).is_ok_and(|real| seen.insert(real));
        for path in paths {
            let read = if path.is_dir() {
                directory::read_with_tests(path).map(|directory| {
                    let policies = directory.policies.into_iter().chain(directory.tests).collect();
                    (plain(policies), plain(directory.data))
                })
            } else {
                one_file(path)
            };
            match read {
                Ok((policies, data)) => {
                    found.policies.extend(policies.into_iter().filter(&mut fresh));
                    found.data.extend(data.into_iter().filter(&mut fresh));
                }
                Err(problem) => problems.push(problem),
            }
        }
        found
    }
}

/// `policy.rego` rather than `./policy.rego`, as OPA names it.
fn plain(files: Vec<PolicyFile>) -> Vec<PolicyFile> {
    let plain = |file: PolicyFile| {
        let path = file.path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(file.path.clone());
        PolicyFile { path, ..file }
    };
    files.into_iter().map(plain).collect()
}

/// A file that is named is meant, whatever its name: Rego, or data for the root.
fn one_file(path: &Path) -> Result<(Vec<PolicyFile>, Vec<PolicyFile>), Problem> {
    let refuse = |why: &str| invalid(&format!("{} {why}", path.display()));
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let relative = path.file_name().map(PathBuf::from).unwrap_or_default();
    let text = fs::read_to_string(path).map_err(|e| refuse(&format!("cannot be read: {e}")))?;
    let file = PolicyFile { path: path.to_path_buf(), relative, text };
    match extension {
        "rego" => Ok((vec![file], Vec::new())),
        "json" | "yaml" | "yml" => Ok((Vec::new(), vec![file])),
        _ => {
            Err(refuse("is neither .rego, .json nor .yaml")
                .advice("name a policy directory, or files of one"))
        }
    }
}
