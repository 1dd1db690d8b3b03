//! The corpus in `tests/policy/check/`: what is found, by the people's tool and by the extension.
//!
//! Each `NAME.rego`, or directory NAME, has what is to be found beside it in `NAME.expected`: first whether the
//! extension refuses it, then what `vestry policy check` says. A name that begins with `good_` has nothing to be found.
//! After a change, `cargo test --test policy -- --ignored rewrite_expectations` writes them anew, to be read.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vestry::decide::bundle::Trust;
use vestry::decide::check::directories;
use vestry::error::ErrorType;

use crate::support::{Dir, decide, denies};

fn corpus() -> Vec<(String, Dir)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy/check");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_none_or(|extension| extension != "expected"));
    paths.sort();
    let cases: Vec<_> =
        paths.iter().map(|path| (path.with_extension("").display().to_string(), copy(path))).collect();
    assert!(cases.len() > 30, "{}", cases.len());
    cases
}

fn copy(path: &Path) -> Dir {
    let dir = Dir::new(&[]);
    if path.is_dir() {
        copy_into(&dir, path, "");
    } else {
        dir.write(path.file_name().unwrap().to_str().unwrap(), std::fs::read(path).unwrap());
    }
    dir
}

fn copy_into(dir: &Dir, from: &Path, below: &str) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let relative = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            copy_into(dir, &entry.path(), &format!("{relative}/"));
        } else {
            dir.write(&relative, std::fs::read(entry.path()).unwrap());
        }
    }
}

fn vestry(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vestry")).args(["policy"]).args(args).env_clear().output().unwrap()
}

fn found(dir: &Dir) -> String {
    let path = dir.path().display().to_string();
    let output = vestry(&["check", &path]);
    let said = String::from_utf8(output.stderr).unwrap().replace(&path, "DIR");
    assert_eq!(output.status.code(), Some(if said.is_empty() { 0 } else { 1 }), "{said}");
    assert!(output.stdout.is_empty());
    said
}

fn by_the_extension(dir: &Dir) -> &'static str {
    match decide(Some(dir), None) {
        Err(refusal) if refusal.error_type() == ErrorType::PolicyInvalid => "refused",
        _ => "loaded",
    }
}

fn expectation(dir: &Dir) -> String {
    format!("extension: {}\n{}", by_the_extension(dir), found(dir))
}

#[test]
fn everything_that_is_wrong_is_found_and_nothing_else() {
    for (name, dir) in corpus() {
        if name.contains("/good_") {
            assert_eq!(expectation(&dir), "extension: loaded\n", "{name}");
        } else {
            let expected = std::fs::read_to_string(format!("{name}.expected")).unwrap();
            assert_eq!(expectation(&dir), expected, "{name}");
        }
    }
}

#[test]
#[ignore = "writes what the test above reads"]
fn rewrite_expectations() {
    for (name, dir) in corpus().iter().filter(|(name, _)| !name.contains("/good_")) {
        std::fs::write(format!("{name}.expected"), expectation(dir)).unwrap();
    }
}

#[test]
fn json_tells_the_same_as_opa_would_write_it() {
    for (name, dir) in corpus() {
        let path = dir.path().display().to_string();
        let output = vestry(&["check", "--format", "json", &path]);
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let report = directories(&[dir.path().to_path_buf()], &Trust::NoKey);
        if report.findings.is_empty() {
            assert_eq!((said, output.status.code()), (json!({}), Some(0)), "{name}");
            continue;
        }
        assert_eq!(output.status.code(), Some(1));
        let errors = said["errors"].as_array().unwrap();
        assert_eq!(errors.len(), report.findings.len());
        for (error, finding) in errors.iter().zip(&report.findings) {
            assert_eq!(error["code"], finding.code.as_str());
            assert_eq!(error["message"], finding.message);
            let place = json!({"file": finding.file, "row": finding.line, "col": finding.col});
            assert_eq!(error["location"], place);
            assert_eq!(error["suggestion"].as_str().unwrap_or_default(), finding.advice);
        }
    }
}

#[test]
fn what_is_shipped_and_what_the_readme_shows_passes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for policy in ["policy", "benches/policy", "src/cli/policy/starter"] {
        assert_eq!(found(&copy(&root.join(policy))), "", "{policy}");
    }
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let shown: Vec<&str> =
        readme.split("```rego\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!shown.is_empty());
    for text in shown {
        // Whole policies, and rules for one; beside another, for those that decide nothing themselves.
        let whole = if text.contains("package ") {
            text.to_string()
        } else {
            format!("package vestry.declare\n\n{text}")
        };
        let dir = Dir::new(&[("shown.rego", &whole), ("other.rego", &denies("vestry.declare.other", "x"))]);
        assert_eq!(found(&dir), "", "{text}");
    }
}

#[test]
fn directories_are_one_policy_and_each_that_is_missing_is_told() {
    let rules = Dir::new(&[(
        "a.rego",
        "package vestry.declare\n\nimport data.lib\n\ndeny contains \"x\" if lib.f(1)\n",
    )]);
    let library = Dir::new(&[("lib.rego", "package lib\n\nf(x) if x > 1\n")]);
    let paths = [rules.path().to_path_buf(), library.path().to_path_buf()];
    assert_eq!(directories(&paths, &Trust::NoKey).findings, []);
    assert!(directories(&paths[..1], &Trust::NoKey).findings[0].message.contains("there is no function"));
    let output = vestry(&["check", "/nonexistent/a", rules.path().to_str().unwrap(), "/nonexistent/b"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("/nonexistent/a: vestry_load_error: cannot be read"), "{said}");
    assert!(said.contains("/nonexistent/b: vestry_load_error"), "{said}");
}

/// Each within the second that is promised for a built program; ten for an unoptimised one on a busy machine, where
/// what is guarded against takes minutes or the process.
#[test]
fn hostile_text_is_refused_soon() {
    let head = "package vestry.declare\n\ndeny contains \"x\" if ";
    let nested =
        |open: &str, close: &str, n: usize| format!("{head}x := {}1{}\n", open.repeat(n), close.repeat(n));
    let chain = |link: &dyn Fn(usize) -> String, n: usize| {
        format!("{head}r0\n{}r{n} := 1\n", (0..n).map(link).collect::<String>())
    };
    let many_rules =
        |n: usize| (0..n).map(|i| format!("r{i} := data.a[x].b if some x in [{i}]\n")).collect::<String>();
    for (what, text) in [
        ("lists", nested("[", "]", 300)),
        ("objects", nested("{1: ", "}", 300)),
        ("sets", nested("{", "}", 15)),
        ("calls", nested("f(", ")", 400)),
        ("signs", nested("-\n", "", 15_000)),
        ("empty sets", nested("set(\n", ")", 15_000)),
        (
            "many lists",
            format!("{head}true\n{}", format!("x := {}1{}\n", "[".repeat(10), "]".repeat(10)).repeat(3_000)),
        ),
        ("sums", nested("1 +\n", "", 15_000)),
        ("paths", format!("{head}input{}\n", "[\n0]".repeat(15_000))),
        ("chain", chain(&|i| format!("r{i} := r{}\n", i + 1), 3_000)),
        (
            "heavy chain",
            chain(&|i| format!("r{i} := x if {{ {}x := r{} }}\n", "some _ in [1]; ".repeat(60), i + 1), 200),
        ),
        ("functions", chain(&|i| format!("r{i} := f{i}(1)\nf{i}(x) := x + r{}\n", i + 1), 1_500)),
        (
            "circle",
            format!(
                "{head}r0\n{}r15000 := r0\n",
                (0..15_000).map(|i| format!("r{i} := r{}\n", i + 1)).collect::<String>()
            ),
        ),
        ("statements", format!("{head}{{\n{}}}\n", "input.stage == \"x\"\n".repeat(15_000))),
        ("everything", format!("{head}data[_][_][_][_]\n{}", many_rules(10_000))),
        ("nul", format!("{head}true\n\0{}", "[".repeat(100))),
        ("quotes", format!("{head}{}", "\"".repeat(1001))),
        ("bytes", "\u{feff}package \u{1F512}".into()),
    ] {
        let dir = Dir::new(&[("a.rego", &text)]);
        let started = Instant::now();
        let findings = directories(&[dir.path().to_path_buf()], &Trust::NoKey).findings;
        let took = started.elapsed();
        assert!(!findings.is_empty(), "{what} passes");
        assert!(took < Duration::from_secs(10), "{what} took {took:?}: {}", findings[0]);
        assert_eq!(by_the_extension(&dir), "refused", "{what}");
    }
}
