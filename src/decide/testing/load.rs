//! Directories and files to be tested, in one engine, as `opa test` has them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use regorus::{Engine, Value};

use super::coverage::Covering;
use super::{Suite, discover, edit, mocks};
use crate::decide::bundle::Trust;
use crate::decide::check::directory::{add_text, data_document};
use crate::decide::check::guard::Guard;
use crate::decide::check::{self, Mode};
use crate::decide::directory::PolicyFile;
use crate::decide::policy::{self, invalid};
use crate::decide::{builtins, explain, named, roots};
use crate::error::{Problem, Refusal};

/// Loads everything below `paths`, tests included. `limit` is what each evaluation may take.
///
/// Fails with every problem of every file.
pub fn load(paths: &[PathBuf], trust: &Trust, limit: Duration, coverage: bool) -> Result<Suite, Refusal> {
    let mut problems = Vec::new();
    let files = Files::read(paths, trust, &mut problems);
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
        let findings = check::modules(modules, &Value::Undefined, Mode::Language).err().unwrap_or_default();
        findings.into_iter().chain(check::misread_in_tests(modules)).collect()
    } else {
        check::modules_beside_broken_ones(modules, Mode::Language)
    };
    problems.extend(findings.iter().map(policy::problem));
    Refusal::unless_empty(problems)?;

    let modules = engine.get_modules().clone();
    let tests = discover::tests(&modules);
    let mut edits = edit::Edits::new();
    edit::rename(&tests, &mut edits);
    mocks::write_calls_out(&modules, &mut edits);
    let added = edit::write_imports_out(&modules, &mut edits);
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
    let covering = coverage.then(|| {
        let blank = policy::engine(limit);
        Covering::of(engine.get_modules(), &[check::imports::ADDED], blank)
    });
    let (mut covering, rows) = match covering.transpose() {
        Ok(covering) => covering.unzip(),
        Err(e) => return Err(Refusal::from(invalid(&explain::engine_error(&e)))),
    };
    for engine in std::iter::once(&mut engine).chain(covering.iter_mut().map(|covering| &mut covering.engine))
    {
        add_data(engine, &data)?;
        builtins::install(engine, "", true);
    }
    Ok(Suite { engine, tests, rows: rows.unwrap_or_default(), covering, limit })
}

fn add_data(engine: &mut Engine, data: &[(&PolicyFile, Value)]) -> Result<(), Refusal> {
    let added = data.iter().filter_map(|(file, document)| {
        let error = engine.add_data(document.clone()).err()?;
        Some(invalid(&format!("{}: {}", file.path.display(), explain::engine_error(&error))))
    });
    Refusal::unless_empty(added.collect())
}

struct Files {
    policies: Vec<PolicyFile>,
    data: Vec<PolicyFile>,
}

impl Files {
    /// A file that is reached in two ways is read once.
    fn read(paths: &[PathBuf], trust: &Trust, problems: &mut Vec<Problem>) -> Self {
        let mut found = Self { policies: Vec::new(), data: Vec::new() };
        let mut bundles = Vec::new();
        let mut seen = BTreeSet::new();
        // What lies in a bundle has no other name.
        let real = |file: &PolicyFile| fs::canonicalize(&file.path).unwrap_or_else(|_| file.path.clone());
        let mut fresh = |file: &PolicyFile| seen.insert(real(file));
        for path in paths {
            let (read, unread) = named::read(path, trust);
            let policies = plain(read.policies.into_iter().chain(read.tests));
            found.policies.extend(policies.filter(&mut fresh));
            found.data.extend(plain(read.data.into_iter()).filter(&mut fresh));
            bundles.extend(read.bundles);
            problems.extend(unread);
        }
        problems.extend(roots::overlaps(&bundles).iter().map(|why| invalid(why)));
        found
    }
}

/// `policy.rego` rather than `./policy.rego`, as OPA names it.
fn plain(files: impl Iterator<Item = PolicyFile>) -> impl Iterator<Item = PolicyFile> {
    files.map(|file| {
        let path = file.path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(file.path.clone());
        PolicyFile { path, ..file }
    })
}
