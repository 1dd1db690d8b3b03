//! OPA's own cases, counted a folder at a time, and the table of them in docs/rego.md.
//!
//! `cargo test --test conformance -- [DIR] [--write FILE] [--list FOLDER]`; DIR may be in `OPA_CASES`. Without one it says
//! so and passes: the cases are not part of this project. `--write` brings the table up to date; without it, a FILE
//! that differs (docs/rego.md) fails the run.

#![allow(clippy::print_stdout, reason = "a report to whoever runs it")]

mod reasons;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Deserialize;
use vestry::decide::conformance::{Case, Verdict, run};

use reasons::Reasons;

/// What the contract asks of the whole suite.
const AT_LEAST: usize = 1_800;
const WHOLE_SUITE: usize = 2_075;

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

/// What became of a folder's cases; of those that did not pass, note, what came instead and why.
#[derive(Default)]
struct Folder {
    passed: usize,
    refused: Vec<Miss>,
    wrong: Vec<Miss>,
}

struct Miss {
    note: String,
    instead: String,
    why: Option<usize>,
}

fn main() -> ExitCode {
    // Recursion that OPA bounds is bounded by the stack here.
    let work = std::thread::Builder::new().stack_size(256 << 20).spawn(work).expect("a thread");
    work.join().expect("the runner itself does not panic")
}

#[expect(clippy::disallowed_methods, reason = "a test's own setting")]
fn work() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after =
        |flag: &str| arguments.iter().position(|a| a == flag).and_then(|at| arguments.get(at + 1)).cloned();
    let given =
        arguments.first().filter(|a| Path::new(a).is_dir()).cloned().or(std::env::var("OPA_CASES").ok());
    let given = given.filter(|dir| !dir.is_empty());
    let Some(dir) = given else {
        println!("conformance: no cases; name their directory in OPA_CASES");
        return ExitCode::SUCCESS;
    };
    // A panic of the engine is one of the results.
    std::panic::set_hook(Box::new(|_| ()));
    let reasons = Reasons::read();
    let folders = count(Path::new(&dir), &reasons);
    if let Some(folder) = after("--list") {
        list(&folders, &folder);
        return ExitCode::SUCCESS;
    }
    let docs = after("--write").map(|path| (PathBuf::from(path), true));
    let (path, write) =
        docs.unwrap_or_else(|| (Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rego.md"), false));
    report(&folders, &reasons, &path, write)
}

fn count(dir: &Path, reasons: &Reasons) -> BTreeMap<String, Folder> {
    let mut folders: BTreeMap<String, Folder> = BTreeMap::new();
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
        .map(|entry| entry.expect("a directory entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    for path in files {
        let name = path.file_stem().expect("it has an extension").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let file: Cases = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let folder = folders.entry(name.clone()).or_default();
        for case in file.cases {
            let miss = |instead: String, wrong: bool| {
                let why = reasons.of(&name, &instead, wrong);
                Miss { note: case.note.clone(), instead, why }
            };
            match run(&case) {
                Verdict::Passed => folder.passed += 1,
                Verdict::Refused(instead) => folder.refused.push(miss(instead, false)),
                Verdict::Wrong(instead) => folder.wrong.push(miss(instead, true)),
            }
        }
    }
    folders
}

fn list(folders: &BTreeMap<String, Folder>, name: &str) {
    for (_, folder) in folders.iter().filter(|(folder, _)| *folder == name || name == "all") {
        for (kind, misses) in [("refused", &folder.refused), ("WRONG", &folder.wrong)] {
            misses.iter().for_each(|miss| println!("{kind} {}: {}", miss.note, miss.instead));
        }
    }
}

fn report(folders: &BTreeMap<String, Folder>, reasons: &Reasons, docs: &Path, write: bool) -> ExitCode {
    let sum = |of: &dyn Fn(&Folder) -> usize| folders.values().map(of).sum::<usize>();
    let (passed, refused, wrong) = (sum(&|f| f.passed), sum(&|f| f.refused.len()), sum(&|f| f.wrong.len()));
    let total = passed + refused + wrong;
    let misses = || folders.values().flat_map(|f| f.refused.iter().chain(&f.wrong));
    let mut failures = Vec::new();
    for miss in misses().filter(|miss| miss.why.is_none()) {
        failures.push(format!("{} is not explained: {}", miss.note, miss.instead));
    }
    if total == WHOLE_SUITE {
        if passed < AT_LEAST {
            failures.push(format!("{passed} pass, at least {AT_LEAST} must"));
        }
        let unused = |at: &usize| !misses().any(|miss| miss.why == Some(*at));
        let unused = (0..reasons.len())
            .filter(unused)
            .map(|at| format!("reasons.toml explains nothing: {}", reasons.why(at)));
        failures.extend(unused);
        failures.extend(table::hold(folders, reasons, docs, write));
    }
    let explained = folders.values().flat_map(|f| &f.wrong).filter(|miss| miss.why.is_some()).count();
    println!(
        "{{\"total\":{total},\"passed\":{passed},\"refused\":{refused},\"wrong\":{},\"wrong_explained\":{explained}}}",
        wrong - explained
    );
    failures.iter().for_each(|failure| println!("FAILED: {failure}"));
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
