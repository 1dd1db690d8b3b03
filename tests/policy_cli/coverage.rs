//! `vestry policy test --coverage`.

use super::support::{Dir, policy};
use super::test::run;

/// What docs/policy.md says of the library that is shipped.
#[test]
fn the_shipped_library_passes_its_tests_and_they_come_by_every_row() {
    let policies = concat!(env!("CARGO_MANIFEST_DIR"), "/policy");
    let here = Dir::new(&[]);
    let plain = policy(&here, &["test", policies]);
    let tests = plain.stdout.strip_prefix("PASS: ").and_then(|rest| rest.split_once('/'));
    let (passed, all) = tests.unwrap_or_else(|| panic!("{plain:?}"));
    assert_eq!((passed, plain.code), (all.trim(), Some(0)), "{plain:?}");
    let covered = policy(&here, &["test", policies, "--coverage", "--threshold", "100"]);
    assert_eq!((covered.code, covered.stderr.as_str()), (Some(0), ""), "{covered:?}");
    assert_eq!(covered.json()["coverage"], 100.0);
}

#[test]
fn coverage_is_reported_as_opa_reports_it() {
    let tests = "test_a if p.allow with input as {\"user\": \"a\", \"age\": 11}\n";
    let run = run(tests, &["--coverage"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let report = run.json();
    let file = &report["files"]["p.rego"];
    let range = |a: u32, b: u32| serde_json::json!({"start": {"row": a}, "end": {"row": b}});
    assert!(file["covered"].as_array().unwrap().contains(&range(5, 7)), "{report:#}");
    // Nobody asked for any other rule, although the package is imported, and the default was not needed.
    let missed = serde_json::json!([range(3, 3), range(10, 10), range(12, 13), range(16, 16), range(18, 18)]);
    assert_eq!(file["not_covered"], missed, "{report:#}");
    assert_eq!(file["not_covered_lines"], 6);
    assert_eq!(report["files"]["p_test.rego"]["coverage"], 100.0);
}

#[test]
fn one_row_with_a_head_and_a_statement_is_covered_whole_beside_a_head_of_variables() {
    let tests = "test_a if { 1 == 1 }\n\ncases[name] if {\n\tname := \"x\"\n\t1 == 2\n}\n";
    let report = run(tests, &["--coverage"]).json();
    let file = &report["files"]["p_test.rego"];
    let range = |a: u32, b: u32| serde_json::json!({"start": {"row": a}, "end": {"row": b}});
    assert_eq!(file["covered"], serde_json::json!([range(5, 5)]), "{report:#}");
    assert_eq!(file["not_covered"], serde_json::json!([range(7, 9)]), "{report:#}");
}

/// `make parity` holds the recorded figures against OPA itself.
#[test]
fn coverage_counts_the_rows_that_opa_counts() {
    let recorded = include_str!("../parity/coverage.json");
    let recorded: serde_json::Value = serde_json::from_str(recorded).unwrap();
    let here = Dir::new(&[]);
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/parity/coverage");
    let run = policy(&here, &["test", corpus, "--coverage"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report = run.json();
    for name in ["coverage", "covered_lines", "not_covered_lines"] {
        assert_eq!(report[name].as_f64(), recorded[name].as_f64(), "{name}");
    }
    let rows = |ranges: &serde_json::Value| -> Vec<u64> {
        let row = |range: &serde_json::Value, end: &str| range[end]["row"].as_u64().unwrap();
        let ranges = ranges.as_array().into_iter().flatten();
        ranges.flat_map(|range| row(range, "start")..=row(range, "end")).collect()
    };
    for (file, wanted) in recorded["files"].as_object().unwrap() {
        let got = &report["files"][format!("{corpus}/{}", file.rsplit('/').next().unwrap())];
        for kind in ["covered", "not_covered"] {
            assert_eq!(serde_json::json!(rows(&got[kind])), wanted[kind], "{file} {kind}");
        }
    }
}

#[test]
fn coverage_below_its_threshold_fails_with_the_rows() {
    let tests = "test_a if p.allow with input as {\"user\": \"a\", \"age\": 11}\n";
    let under = run(tests, &["--threshold", "90"]);
    assert_eq!((under.code, under.stdout.as_str()), (Some(2), ""), "{under:?}");
    assert!(
        under.stderr.contains("Code coverage threshold not met: got 40.00 instead of 90.00"),
        "{under:?}"
    );
    assert!(under.stderr.contains("\tp.rego:12-13\n"), "{under:?}");
    assert_eq!(run(tests, &["--threshold", "40"]).code, Some(0));
    assert_eq!(run(tests, &["--threshold", "101"]).code, Some(2));
}
