use super::support::{Dir, policy};

#[test]
fn the_starter_directory_passes_its_own_tests_and_is_covered() {
    let dir = Dir::new(&[]);
    let made = policy(&dir, &["init", "policy"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let tested = policy(&dir, &["test", "policy"]);
    assert_eq!((tested.code, tested.stdout.as_str()), (Some(0), "PASS: 6/6\n"), "{tested:?}");
    let covered = policy(&dir, &["test", "policy", "--threshold", "100"]);
    assert_eq!(covered.code, Some(0), "{covered:?}");
}

#[test]
fn its_rule_allows_and_denies() {
    let dir = Dir::new(&[
        (
            "own.json",
            r#"{"stage": "declare", "function": {"name": "a-prod"}, "references": [{"variable": "V", "name": "/prod/x"}]}"#,
        ),
        (
            "other.json",
            r#"{"stage": "declare", "function": {"name": "a-dev"}, "references": [{"variable": "V", "name": "/prod/x"}]}"#,
        ),
    ]);
    policy(&dir, &["init", "policy"]);
    assert_eq!(policy(&dir, &["eval", "policy", "--input", "own.json"]).code, Some(0));
    let denied = policy(&dir, &["eval", "policy", "--input", "other.json"]);
    assert_eq!(denied.code, Some(3), "{denied:?}");
    assert!(denied.stdout.contains("V: [own-stage] /prod/x is of stage prod"), "{denied:?}");
}

#[test]
fn nothing_is_overwritten() {
    let dir = Dir::new(&[("policy/data.yaml", "mine: true\n")]);
    let run = policy(&dir, &["init", "policy"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("policy has data.yaml already"), "{run:?}");
    let left: Vec<_> =
        std::fs::read_dir(dir.path().join("policy")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["data.yaml"]);
    assert_eq!(std::fs::read_to_string(dir.path().join("policy/data.yaml")).unwrap(), "mine: true\n");
}

/// One namespace defined by both would be refused.
#[test]
fn it_can_be_used_beside_the_library() {
    let dir = Dir::new(&[(
        "own.json",
        r#"{"stage": "declare", "function": {"name": "a-prod"}, "references": [], "delivery": "socket", "variables": []}"#,
    )]);
    policy(&dir, &["init", "policy"]);
    let library = concat!(env!("CARGO_MANIFEST_DIR"), "/policy");
    let run = policy(&dir, &["eval", library, "policy", "--input", "own.json"]);
    assert_eq!(run.code, Some(0), "{run:?}");
}
