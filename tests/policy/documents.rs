//! The input documents, whole, as the README quotes them.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use vestry::decide::input;
use vestry::declare::Function;
use vestry::resolved::Record;

use crate::support::{declared, patient, resolved};

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_357_800_250)
}

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_input_at_declare_is_the_documented_one() {
    let input = input::at_declare(&declared(patient()), now());
    assert_eq!(input, fixture(include_str!("../fixtures/input-declare.json")), "{input:#}");
}

#[test]
fn the_input_at_resolve_is_the_documented_one() {
    let input = input::at_resolve(&declared(patient()), &resolved(), now());
    assert_eq!(input, fixture(include_str!("../fixtures/input-resolve.json")), "{input:#}");
}

#[test]
fn the_readme_quotes_both_whole() {
    let readme = include_str!("../../README.md");
    for quoted in
        [include_str!("../fixtures/input-declare.json"), include_str!("../fixtures/input-resolve.json")]
    {
        assert!(readme.contains(quoted.trim()), "the README has another input than {quoted}");
    }
}

#[test]
fn what_is_missing_is_told_as_not_found_with_what_was_declared() {
    let mut resolved = resolved();
    resolved.records = vec![Record { declaration: 1, variable: "STRIPE_KEY".into(), ..Record::default() }];
    let input = input::at_resolve(&declared(patient()), &resolved, now());
    let reference = &input["references"][0];
    assert_eq!((&reference["found"], &reference["optional"]), (&json!(false), &json!(true)));
    assert_eq!(reference["name"], "prod/stripe-AbCdEf");
    for unknown in ["version", "type", "created", "last_modified", "size"] {
        assert_eq!(reference.get(unknown), Some(&Value::Null), "{unknown}");
    }
}

#[test]
fn what_the_environment_does_not_tell_is_null_and_not_absent() {
    let mut declared = declared(patient());
    declared.function = Function::default();
    let input = input::at_declare(&declared, now());
    for unknown in ["name", "version", "region", "memory_mb", "initialization_type", "account"] {
        assert_eq!(input["function"].get(unknown), Some(&Value::Null), "{unknown}");
    }
}

#[test]
fn no_value_and_no_default_is_in_them() {
    let declared = declared(patient());
    for input in [input::at_declare(&declared, now()), input::at_resolve(&declared, &resolved(), now())] {
        assert!(!input.to_string().contains("canary"), "{input}");
    }
}
