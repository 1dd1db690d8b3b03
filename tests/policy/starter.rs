//! The rules shipped in `policy/`: their tests in Rego, and the whole of them at the gate.

use std::path::{Path, PathBuf};

use vestry::error::ErrorType;

use crate::support::{Dir, decide_with, patient, quiet, refused};

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policy")
}

fn files(ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![shipped()];
    while let Some(directory) = directories.pop() {
        for path in std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                directories.push(path);
            } else if path.to_str().unwrap().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The files that are loaded.
fn rules() -> Vec<PathBuf> {
    files(".rego").into_iter().filter(|path| !path.to_str().unwrap().ends_with("_test.rego")).collect()
}

#[cfg(feature = "tool")]
#[test]
fn every_rego_test_passes_and_every_line_is_covered() {
    for file in files("_test.rego") {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains("todo_test_"), "{} has tests that are skipped", file.display());
    }
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_vestry"))
        .env_clear()
        .args(["policy", "test", "--coverage", "--threshold", "100"])
        .arg(shipped())
        .output()
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&said));
}

/// What is shared (`common/`, `group*.rego`) is tested with the rules that ask it.
#[test]
fn every_rule_has_a_test_file_and_says_why_it_is_there() {
    let rules: Vec<_> = rules()
        .into_iter()
        .filter(|path| std::fs::read_to_string(path).unwrap().contains("# METADATA"))
        .collect();
    assert!(rules.len() >= 16, "{rules:?}");
    for rule in rules {
        let stem = rule.file_stem().unwrap().to_str().unwrap();
        assert!(rule.with_file_name(format!("{stem}_test.rego")).exists(), "{}", rule.display());
        let text = std::fs::read_to_string(&rule).unwrap();
        for part in
            ["# title: ", "# description: >-", "#   - ref: https://", "#   severity: ", "settings.fault("]
        {
            assert!(text.contains(part), "{} has no {part}", rule.display());
        }
    }
}

#[test]
fn a_careful_function_passes_all_of_them() {
    let policy = copy();
    careful(&policy);
    let _ = decide_with(policy.path(), &patient(), quiet()).unwrap();
}

#[test]
fn a_careless_one_is_refused_by_id() {
    let policy = copy();
    let data = std::fs::read_to_string(policy.path().join("data.yaml")).unwrap();
    policy.write("data.yaml", data.replace("[dev, test, staging, prod]", "[dev]"));
    let message = refused(decide_with(policy.path(), &patient(), quiet()), ErrorType::PolicyDenied);
    assert!(message.contains("DB_PASSWORD (ssm:/prod/db/password:3?default=…): [stage-path] "), "{message}");
    assert!(message.contains("/prod/flags/* carries no stage"), "{message}");
    assert!(message.contains("[fallbacks] /prod/db/password has a default in production"), "{message}");
}

/// What is declared is refused before a store is asked, a name that a tree brought when it is known.
#[test]
fn a_forbidden_variable_is_refused_whatever_sets_it() {
    for (name, why) in [
        ("LOG_LEVEL", "LOG_LEVEL: [forbidden-variables] this variable may not be set; remove it"),
        ("DB_PASSWORD", "[forbidden-variables] this variable may not be set, not by a reference either"),
        (
            "CHECKOUT",
            "CHECKOUT (ssm:/prod/flags/*): [forbidden-variables] this variable may not be set; rename",
        ),
    ] {
        let policy = copy();
        careful(&policy);
        let data = std::fs::read_to_string(policy.path().join("data.yaml")).unwrap();
        policy.write("data.yaml", data.replace("names: [LD_AUDIT, ", &format!("names: [{name}, ")));
        let message = refused(decide_with(policy.path(), &patient(), quiet()), ErrorType::PolicyDenied);
        assert!(message.contains(why), "{name}: {message}");
        assert_eq!(message.matches("[forbidden-variables]").count(), 1, "{name}: {message}");
    }
}

#[test]
fn a_waiver_lets_a_function_start_until_it_ends() {
    let policy = copy();
    let data = std::fs::read_to_string(policy.path().join("data.yaml")).unwrap();
    let waived = |expires: &str| {
        let waiver = format!(
            "waivers:\n  - {{rule: fallbacks, function: orders-*, owner: a@example.com, reason: moving, expires: {expires:?}}}"
        );
        let data = data.replace("days: 365", "days: 36500").replace("max_days: 90", "max_days: 36500");
        policy.write("data.yaml", data.replace("waivers: []", &waiver));
        decide_with(policy.path(), &patient(), quiet())
    };
    let _ = waived("2099-12-31").unwrap();
    let message = refused(waived("2020-12-31"), ErrorType::PolicyDenied);
    assert!(message.contains("[fallbacks] /prod/db/password has a default in production"), "{message}");
}

/// What narrows it is Vestry's to hold against what is said; what is misspelt waives nothing.
#[test]
fn a_waiver_waives_no_more_than_was_written() {
    let policy = copy();
    let data = std::fs::read_to_string(policy.path().join("data.yaml")).unwrap();
    let data = data.replace("days: 365", "days: 36500").replace("max_days: 90", "max_days: 36500");
    for (more, waives) in [
        ("rule: fallbacks, variable: DB_PASSWORD", true),
        ("rule: deny_fallbacks, reference: /prod/db/password", true),
        ("rule: fallbacks, variable: ANOTHER", false),
        ("rule: fallbacks, reference: /prod/another", false),
        ("rule: fallbacks, varable: DB_PASSWORD", false),
        ("rule: fallback", false),
    ] {
        let waiver = format!(
            "waivers:\n  - {{{more}, function: orders-*, owner: a@example.com, reason: moving, expires: \"2099-12-31\"}}"
        );
        policy.write("data.yaml", data.replace("waivers: []", &waiver));
        let message = refused(decide_with(policy.path(), &patient(), quiet()), ErrorType::PolicyDenied);
        let denied = message.contains("[fallbacks] /prod/db/password has a default in production");
        assert_eq!(denied, !waives, "{more}: {message}");
    }
}

#[test]
fn without_its_data_nothing_passes() {
    let policy = copy();
    std::fs::remove_file(policy.path().join("data.yaml")).unwrap();
    let message = refused(decide_with(policy.path(), &patient(), quiet()), ErrorType::PolicyDenied);
    for id in ["stage-path", "team-path", "version-stage", "delivery", "forbidden-variables", "waivers"] {
        assert!(message.contains(&format!("[{id}] data.")), "{message}");
    }
}

/// Each setting once as text: a list becomes it by a pair of brackets that is forgotten.
#[test]
fn a_setting_of_another_kind_is_a_denial_that_names_it() {
    let policy = copy();
    careful(&policy);
    let data = std::fs::read_to_string(policy.path().join("data.yaml")).unwrap();
    let settings: Vec<_> = data
        .lines()
        .filter(|line| line.starts_with("      ") && !line.trim().starts_with('#'))
        .map(|line| line.split_once(": ").unwrap())
        .collect();
    assert!(settings.len() >= 20, "{settings:?}");
    for (name, value) in settings {
        policy
            .write("data.yaml", data.replacen(&format!("{name}: {value}\n"), &format!("{name}: prod\n"), 1));
        let message = refused(decide_with(policy.path(), &patient(), quiet()), ErrorType::PolicyDenied);
        let named = format!("{} has to be a ", name.trim());
        assert!(message.contains("cannot be used: ") && message.contains(&named), "{name}: {message}");
    }
}

/// Dates in the test's answers are of 2026; how old they are when this runs is no matter here. Its references have
/// fallbacks, which the rules forbid in production.
fn careful(policy: &Dir) {
    let data = std::fs::read_to_string(policy.path().join("data.yaml")).unwrap();
    let data = data
        .replace("days: 365", "days: 36500")
        .replace("may_default: [", "may_default: [\"/prod/db/password\", ")
        .replace("may_be_optional: [", "may_be_optional: [\"prod/stripe-*\", ");
    policy.write("data.yaml", data);
}

fn copy() -> Dir {
    let dir = Dir::new(&[]);
    for path in rules().into_iter().chain([shipped().join("data.yaml")]) {
        let relative = path.strip_prefix(shipped()).unwrap();
        dir.write(relative.to_str().unwrap(), std::fs::read(&path).unwrap());
    }
    dir
}
