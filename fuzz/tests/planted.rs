//! What is planted is found, its case kept, and the case alone fails again.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_vestry-fuzz");

fn findings(name: &str) -> PathBuf {
    let findings = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&findings);
    findings
}

fn run(target: &str, findings: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.arg(target).arg("--findings").arg(findings).args(more).env_clear();
    command.output().expect("it runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn cases(findings: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(findings).expect("it is made").flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "case")).collect()
}

#[test]
fn what_is_broken_is_found_and_fails_again() {
    for (target, why) in [
        ("planted-panic", "it panics: "),
        ("planted-caught-panic", "it panics: "),
        ("planted-broken", "planted-broken: planted"),
        ("planted-abort", "it ends the process (signal 6)"),
        ("planted-overflow", "it ends the process (signal 6)"),
        ("planted-endless", "it takes longer than its bound"),
    ] {
        let findings = findings(target);
        let output = run(target, &findings, &["--runs", "1000000"]);
        assert_eq!(output.status.code(), Some(1), "{target}: {}", said(&output));
        assert!(said(&output).contains(why), "{target}: {}", said(&output));
        let cases = cases(&findings);
        let [case] = cases.as_slice() else { panic!("{target}: {cases:?}") };
        assert!(std::fs::read(case).unwrap().starts_with(b"vestry"), "{target}");
        if target != "planted-endless" {
            let again = run(target, &findings, &["--case", case.to_str().unwrap()]);
            assert!(!again.status.success(), "{target}");
        }
    }
}

#[test]
fn where_nothing_is_broken_it_succeeds_and_the_same_seed_makes_the_same_cases() {
    let columns = |seed: &str| {
        let output = run("planted-sound", &findings("sound"), &["--runs", "20000", "--seed", seed]);
        assert!(output.status.success(), "{}", said(&output));
        let table = said(&output);
        let line = table.lines().find(|line| line.starts_with("planted-sound")).unwrap().to_string();
        let words: Vec<String> = line.split_whitespace().map(str::to_string).collect();
        (words[1].clone(), words[3].clone())
    };
    let (executions, corpus) = columns("5");
    assert_eq!(executions, "20000");
    // One case for each step of the way, and what it began with.
    assert!(corpus.parse::<usize>().unwrap() >= 7, "{corpus}");
    assert_eq!(columns("5"), (executions, corpus));
}

#[test]
fn an_unknown_target_is_refused() {
    let output = run("planted-nothing", &findings("unknown"), &[]);
    assert_eq!(output.status.code(), Some(2));
}
