//! From answers to variables.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::declared;
use crate::declare::manifest::{Filter, Piece};
use crate::declare::{Composed, Declared, Form};
use crate::error::{ErrorType, Refusal};
use crate::resolve::answer::{self, Answer, Fetched};
use crate::resolve::failure::Failure;
use crate::resolve::values::assemble;
use crate::resolved::Resolved;

fn fetched(name: &str, value: &[u8]) -> Fetched {
    Fetched {
        name: Some(name.into()),
        arn: Some(format!("arn:aws:ssm:eu-west-1:123456789012:parameter{name}")),
        version: Some("3".into()),
        value_type: Some("SecureString"),
        created: None,
        last_modified: Some("2026-01-02T03:04:05Z".into()),
        stages: Vec::new(),
        kms_key_id: None,
        value: value.to_vec().into(),
    }
}

fn one(value: impl AsRef<[u8]>) -> answer::Result {
    Ok(Answer::One(fetched("/x", value.as_ref())))
}

fn missing() -> answer::Result {
    Err(Failure::missing("not found in eu-west-1"))
}

fn assembled(declarations: Vec<(&str, &str, answer::Result)>) -> Result<Resolved, Refusal> {
    let pairs: Vec<(&str, &str)> =
        declarations.iter().map(|(name, reference, _)| (*name, *reference)).collect();
    let declared = declared(&pairs);
    let sources = declared.declarations.iter().map(|d| Arc::clone(&d.reference.source));
    let answers: BTreeMap<_, _> =
        sources.zip(declarations.into_iter().map(|(_, _, answer)| answer)).collect();
    assemble(&declared, &answers)
}

fn composed_of(declared: &Declared, name: &str, part: &str) -> Composed {
    let piece = Piece::Value { name: part.into(), filters: vec![Filter::Base64] };
    let origin = declared.declarations[0].origin.clone();
    Composed { origin, name: name.into(), form: Form::Variable, pieces: vec![piece], optional: false }
}

#[test]
fn of_what_cannot_be_composed_only_the_root_is_told() {
    let mut declared = declared(&[("A", "ssm:/x")]);
    let composed = [("B", "A"), ("C", "B"), ("D", "C")].map(|(name, of)| composed_of(&declared, name, of));
    declared.composed = composed.into();
    let source = Arc::clone(&declared.declarations[0].reference.source);
    let answer = |size: usize| BTreeMap::from([(Arc::clone(&source), one(vec![b'x'; size]))]);
    let refusal = assemble(&declared, &answer(120 << 10)).unwrap_err();
    assert_eq!(refusal.problems().len(), 1, "{refusal}");
    assert_eq!(refusal.error_type(), ErrorType::Undeliverable);
    assert!(refusal.to_string().contains('B'), "{refusal}");
    assert_eq!(variables(&assemble(&declared, &answer(3)).unwrap()).len(), 4);
}

fn variables(resolved: &Resolved) -> Vec<(&str, &str)> {
    resolved.variables.iter().map(|v| (v.name.as_str(), v.value.expose_str().unwrap())).collect()
}

/// The one problem that this declaration ends in.
fn problem(name: &str, reference: &str, answer: answer::Result) -> (ErrorType, String) {
    let refusal = assembled(vec![(name, reference, answer)]).unwrap_err();
    assert_eq!(refusal.problems().len(), 1, "{refusal}");
    (refusal.error_type(), refusal.to_string())
}

#[test]
fn a_whole_value_is_delivered_byte_for_byte_with_its_record() {
    let bytes = b" \xff\xfe\n$x ";
    let resolved = assembled(vec![("A", "ssm:/x:3", one(bytes))]).unwrap();
    assert_eq!(resolved.variables[0].value.expose(), bytes);
    let record = &resolved.records[0];
    assert_eq!((record.variable.as_str(), record.declaration, record.found), ("A", 0, true));
    assert_eq!(
        (record.size, record.version.as_deref(), record.key.as_deref()),
        (bytes.len(), Some("3"), None)
    );
    assert_eq!(resolved.account.as_deref(), Some("123456789012"));
}

#[test]
fn the_account_is_learned_from_plain_names_only() {
    let arn = "ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/x";
    assert_eq!(assembled(vec![("A", arn, one("v"))]).unwrap().account, None);
}

#[test]
fn keys_give_json_values_of_any_type() {
    let json = r#"{"s":"a b","n":1.10,"big":12345678901234567890123,"b":false,"o":{"y": [1, 2]},"l":[]}"#;
    let resolved = assembled(vec![
        ("S", "secretsmanager:s#s", one(json)),
        ("N", "secretsmanager:n#n", one(json)),
        ("BIG", "secretsmanager:g#big", one(json)),
        ("B", "secretsmanager:b#b", one(json)),
        ("O", "secretsmanager:o#o", one(json)),
        ("L", "secretsmanager:l#l", one(json)),
        ("P", "secretsmanager:p#/o/y/1", one(json)),
    ]);
    assert_eq!(
        variables(&resolved.unwrap()),
        [
            ("S", "a b"),
            ("N", "1.10"),
            ("BIG", "12345678901234567890123"),
            ("B", "false"),
            ("O", r#"{"y":[1,2]}"#),
            ("L", "[]"),
            ("P", "2"),
        ]
    );
}

#[test]
fn every_key_becomes_a_variable_but_null_ones() {
    let json = r#"{"user-name":"u","pass.word":"p","none":null,"port":5432}"#;
    let resolved =
        assembled(vec![("DB", "secretsmanager:a#*", one(json)), ("", "secretsmanager:b#*", one(json))]);
    let resolved = resolved.unwrap();
    assert_eq!(
        variables(&resolved),
        [
            ("DB_USER_NAME", "u"),
            ("DB_PASS_WORD", "p"),
            ("DB_PORT", "5432"),
            ("USER_NAME", "u"),
            ("PASS_WORD", "p"),
            ("PORT", "5432"),
        ]
    );
    assert_eq!(resolved.records[0].key.as_deref(), Some("user-name"));
}

#[test]
fn a_tree_names_its_leaves_by_the_path_below_it() {
    let tree = || Ok(Answer::Tree(vec![fetched("/prod/db/pass-word", b"p"), fetched("/prod/flag", b"f")]));
    let resolved = assembled(vec![("", "ssm:/prod/*", tree())]).unwrap();
    assert_eq!(variables(&resolved), [("DB_PASS_WORD", "p"), ("FLAG", "f")]);
    let resolved = assembled(vec![("APP", "ssm:/prod/*", tree())]).unwrap();
    assert_eq!(variables(&resolved), [("APP_DB_PASS_WORD", "p"), ("APP_FLAG", "f")]);
}

#[test]
fn what_is_missing_may_be_optional_or_have_a_default() {
    let resolved = assembled(vec![
        ("A", "ssm:/a?optional", missing()),
        ("B", "ssm:/b?default=d%20e", missing()),
        ("C", "ssm:/c#k?optional", one(r#"{"k":null}"#)),
        ("D", "ssm:/d#gone?default=", one("{}")),
        ("T", "ssm:/t/*?optional", Ok(Answer::Tree(Vec::new()))),
        ("E", "ssm:/e#*?optional", one("{}")),
    ])
    .unwrap();
    assert_eq!(variables(&resolved), [("B", "d e"), ("D", "")]);
    assert_eq!(resolved.absent, ["A", "C"]);
    assert!(resolved.records.iter().all(|record| !record.found));
    assert_eq!(resolved.records.len(), 6);
}

#[test]
fn optional_excuses_nothing_but_what_is_missing() {
    for (answer, error_type) in [
        (Err(Failure::new(ErrorType::AccessDenied, "denied", "")), ErrorType::AccessDenied),
        (one("not json"), ErrorType::NotFound),
        (one("[1]"), ErrorType::NotFound),
    ] {
        assert_eq!(problem("A", "ssm:/a#k?optional", answer).0, error_type);
    }
    assert_eq!(problem("A", "ssm:/a?optional&decode=base64", one("%%%")).0, ErrorType::Undeliverable);
}

#[test]
fn what_is_required_and_missing_is_not_found() {
    for (reference, answer) in [
        ("ssm:/a", missing()),
        ("ssm:/a#k", one("{}")),
        ("ssm:/a#k", one(r#"{"k":null}"#)),
        ("ssm:/a#/k/0", one(r#"{"k":[]}"#)),
        ("ssm:/a/*", Ok(Answer::Tree(Vec::new()))),
        ("ssm:/a#*", one("{}")),
        ("ssm:/a#*", one("hunter2")),
    ] {
        let (error_type, message) = problem("A", reference, answer);
        assert_eq!(error_type, ErrorType::NotFound, "{reference}");
        assert!(message.contains(reference) && !message.contains("hunter2"), "{message}");
    }
}

#[test]
fn base64_is_decoded_with_or_without_padding_and_across_lines() {
    for text in ["aGVsbG8=", "aGVsbG8", " aGVs\nbG8=\n"] {
        let resolved = assembled(vec![("A", "ssm:/a?decode=base64", one(text))]).unwrap();
        assert_eq!(variables(&resolved), [("A", "hello")], "{text:?}");
        assert_eq!(resolved.records[0].size, 5);
    }
    let json = r#"{"a":"aGVsbG8="}"#;
    let resolved = assembled(vec![("X", "ssm:/a#*?decode=base64", one(json))]).unwrap();
    assert_eq!(variables(&resolved), [("X_A", "hello")]);
    let (error_type, message) = problem("A", "ssm:/a?decode=base64", one("hunter2!"));
    assert_eq!(error_type, ErrorType::Undeliverable);
    assert!(!message.contains("hunter2") && !message.contains('!'), "{message}");
}

#[test]
fn a_nul_or_more_than_linux_takes_is_refused_and_not_cut() {
    assert_eq!(problem("A", "ssm:/a", one(b"a\0b")).0, ErrorType::Undeliverable);
    let fits = "x".repeat(128 * 1024 - "A=\0".len());
    assert!(assembled(vec![("A", "ssm:/a", one(&fits))]).is_ok());
    assert_eq!(problem("A", "ssm:/a", one(fits + "x")).0, ErrorType::Undeliverable);
}

#[test]
fn names_from_a_store_steer_nothing_and_are_names() {
    for key in ["ld_preload", "PATH", "node-options", "AWS_REGION", "1abc", "", "vestry-policy"] {
        let json = format!("{{{key:?}:\"hunter2\"}}");
        let (error_type, message) = problem("", "secretsmanager:a#*", one(json));
        assert_eq!(error_type, ErrorType::Undeliverable, "{key}");
        assert!(!message.contains("hunter2"), "{message}");
    }
    let (error_type, _) = problem("LD", "secretsmanager:a#*", one(r#"{"preload":"x"}"#));
    assert_eq!(error_type, ErrorType::Undeliverable);
    let resolved = assembled(vec![("X", "secretsmanager:a#*", one(r#"{"1abc":"v","PATH":"p"}"#))]).unwrap();
    assert_eq!(variables(&resolved), [("X_1ABC", "v"), ("X_PATH", "p")]);
    // What the owner wrote out, the owner may set.
    assert!(assembled(vec![("NODE_OPTIONS", "ssm:/a", one("v"))]).is_ok());
}

#[test]
fn a_name_is_set_once() {
    let (error_type, message) = problem("", "ssm:/t/*", Ok(Answer::Tree(vec![fetched("/t/stage", b"v")])));
    assert_eq!(error_type, ErrorType::InvalidDeclaration);
    assert!(message.contains("the variable STAGE") && message.contains("ssm:/t/*"), "{message}");
    let (_, message) = problem("", "secretsmanager:s#*", one(r#"{"a-b":"1","a.b":"2"}"#));
    assert!(message.contains("a-b") && message.contains("a.b"), "{message}");
    let refusal = assembled(vec![
        ("PASSWORD", "ssm:/p?optional", missing()),
        ("", "secretsmanager:s#*", one(r#"{"password":"1"}"#)),
    ])
    .unwrap_err();
    assert!(refusal.to_string().contains("ssm:/p?optional"), "{refusal}");
    // A variable whose reference expands is itself taken out, so another may have its name.
    let resolved = assembled(vec![("A", "ssm:/t/*", Ok(Answer::Tree(vec![fetched("/t/x", b"v")])))]).unwrap();
    assert_eq!(variables(&resolved), [("A_X", "v")]);
}

#[test]
fn all_problems_are_told_at_once() {
    let refusal = assembled(vec![
        ("A", "ssm:/a", missing()),
        ("B", "ssm:/b", one("a\0")),
        ("C", "ssm:/c", Err(Failure::new(ErrorType::AccessDenied, "denied", ""))),
        ("D", "ssm:/d", one("fine")),
    ])
    .unwrap_err();
    assert_eq!(refusal.problems().len(), 3);
    assert_eq!(refusal.error_type(), ErrorType::AccessDenied);
}
