//! OPA's own cases, counted a folder at a time.
//!
//! `cargo test --test conformance -- DIR [--only FOLDER] [--list]`, or the directory in `OPA_CASES`. Without one it says
//! so and passes: the cases are not part of this project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Deserialize;
use vestry::decide::conformance::{Case, Verdict, run};

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Default)]
struct Count {
    passed: usize,
    refused: Vec<(String, String)>,
    wrong: Vec<(String, String)>,
}

fn main() -> ExitCode {
    std::thread::Builder::new().stack_size(1 << 30).spawn(work).unwrap().join().unwrap()
}

fn work() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    std::panic::set_hook(Box::new(|_| ()));
    let dir = PathBuf::from(&arguments[0]);
    let only = arguments.get(1);
    let mut folders: BTreeMap<String, Count> = BTreeMap::new();
    for path in files(&dir) {
        let folder = path.file_stem().unwrap().to_string_lossy().into_owned();
        if only.is_some_and(|o| *o != folder) { continue }
        let file: File = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let count = folders.entry(folder).or_default();
        for case in file.cases {
            match run(&case) {
                Verdict::Passed => count.passed += 1,
                Verdict::Refused(why) => count.refused.push((case.note, why)),
                Verdict::Wrong(why) => count.wrong.push((case.note, why)),
            }
        }
    }
    let (mut p, mut r, mut w) = (0, 0, 0);
    for (folder, count) in &folders {
        p += count.passed; r += count.refused.len(); w += count.wrong.len();
        println!("{folder} {} {} {}", count.passed, count.refused.len(), count.wrong.len());
        for (note, why) in &count.refused { println!("  REFUSED {note}: {}", why.chars().take(300).collect::<String>()); }
        for (note, why) in &count.wrong { println!("  WRONG {note}: {}", why.chars().take(600).collect::<String>()); }
    }
    println!("passed={p} refused={r} wrong={w}");
    ExitCode::SUCCESS
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "json")).collect();
    found.sort();
    found
}
