//! A value where a reference, a setting or a field of the manifest belongs stands in no message.

use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::texts::Texts;

/// No name in a store can have a `!`, so where it stands the text is a reference only as a key or a default.
const CANARY: &str = "hunter2!Pw";

/// What means something to one grammar or another.
const PIECES: [&str; 46] = [
    CANARY,
    CANARY,
    CANARY,
    "ssm:",
    "secretsmanager:",
    "smm:",
    "SECRETSMANAGER:",
    "ssm://",
    "sm://",
    "kms://",
    "https://",
    "user:",
    "@host",
    "x-crypteia",
    "x-crypteia-ssm:",
    "x-crypteia-ssm-path:",
    "bref-ssm:",
    "bref-secretsmanager:",
    "bref-smm:",
    "gcp:secretmanager:",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:",
    "arn:aws:ssm:eu-west-1:123456789012:parameter/",
    "arn:aws:",
    "/prod/db",
    "/",
    "//",
    "a",
    "NAME=",
    "=",
    ":",
    ":3",
    ":label",
    "#",
    "#key",
    "#*",
    "#/a/b",
    "?",
    "?optional",
    "?default=",
    "?stage=",
    "&version=",
    "/*",
    ",",
    " ",
    "${",
    "}",
];

/// What is said of it: the problems as people and programs get them, or the warnings.
fn said(result: Result<Declared, Refusal>) -> (bool, String) {
    match result {
        Ok(declared) => (true, declared.warnings.concat()),
        Err(refusal) => (false, format!("{refusal}{}", json!(refusal.problems()))),
    }
}

fn nowhere() -> Host {
    Host { opt: "/nonexistent".into(), task: "/nonexistent".into(), delivery: Some(Delivery::Exec) }
}

/// Reads it, and counts what was refused.
fn hold(variables: &[(&str, &str)], refused: &mut usize) {
    let (accepted, said) = said(read(&variables.iter().copied().collect(), &nowhere()));
    assert!(!said.contains("hunter2"), "{variables:?}: {said}");
    *refused += usize::from(!accepted);
}

#[test]
fn whatever_stands_in_the_environment_no_message_quotes_a_value() {
    let tools = compat::Tool::NAMES.map(|(name, _)| name).join(",");
    let mut texts = Texts::of(&PIECES, 4);
    let mut refused = 0;
    for _ in 0..3_000 {
        let (text, other) = (texts.text(7), texts.text(4));
        for variables in [
            &[("NAME", text.as_str())][..],
            &[("NAME", &text), ("OTHER", &other), ("VESTRY_COMPAT", &tools)],
            &[("BREF_PARAMETER_STORE", &text), ("VESTRY_COMPAT", "bref")],
            &[("VESTRY_PARAMETERS", &text)],
            &[("VESTRY_SECRETS", &text)],
        ] {
            hold(variables, &mut refused);
        }
    }
    assert!(refused > 5_000, "only {refused} were refused");
}

#[test]
fn whatever_a_setting_is_its_value_is_not_quoted() {
    let settings = read_settings::SETTINGS.iter().filter(|name| {
        // A path is a name.
        !["VESTRY_MANIFEST", "VESTRY_POLICY"].contains(name)
    });
    let aws = [
        "AWS_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_SSM",
        "AWS_ENDPOINT_URL_STS",
        "AWS_USE_FIPS_ENDPOINT",
        "HTTPS_PROXY",
        "NO_PROXY",
    ];
    let mut refused = 0;
    for name in settings.chain(&aws) {
        for value in [CANARY, "https://user:hunter2!Pw@host", "hunter2!Pw,hunter2!Pw=x"] {
            hold(&[(name, value)], &mut refused);
        }
    }
    assert!(refused > 30, "only {refused} were refused");
}

/// A text in every place of a manifest that holds one.
fn manifests(text: &str) -> Vec<Value> {
    let mut manifests = vec![
        json!({"parameters": [text]}),
        json!({"secrets": [text]}),
        json!({"variables": {"A": text}}),
        json!({"variables": {"A": {"value": text}}}),
        json!({"references": {"a": text}}),
        json!({"lists": [{"entries": [text]}]}),
        json!({"lists": [{"entries": ["ssm:/a"], "rename": {"a": text}}]}),
        json!({"trees": [{"path": text}]}),
        json!({"trees": [{"path": "ssm:/t/*", "rename": {"a": text}}]}),
        json!({"profile": {"p": {"variables": {"A": text}}}}),
    ];
    for (field, of) in [("lists", json!({"entries": ["ssm:/a"]})), ("trees", json!({"path": "ssm:/t/*"}))] {
        for key in ["prefix", "strip", "case", "region", "role_arn", "external_id"] {
            let mut table = of.clone();
            table[key] = json!(text);
            manifests.push(json!({ field: [table] }));
        }
    }
    let keys = ["ref", "name", "store", "key", "stage", "version", "label", "default", "decode", "region"];
    for key in keys.into_iter().chain(["role_arn", "external_id", "as", "mode", "optional"]) {
        for of in [json!({"ref": "ssm:/a"}), json!({"store": "secretsmanager", "name": "a"}), json!({})] {
            let mut table = of;
            table[key] = json!(text);
            manifests.push(json!({"variables": {"A": table}, "references": {"r": table}}));
        }
    }
    manifests
}

#[test]
fn whatever_stands_in_a_manifest_no_message_quotes_a_value() {
    let mut texts = Texts::of(&PIECES, 5);
    let mut refused = 0;
    for _ in 0..300 {
        let text = texts.text(6);
        for manifest in manifests(&text) {
            let written = manifest.to_string();
            let (json, path) = (manifest::Format::Json, Path::new("vestry.json"));
            let said = match manifest::read(written.as_bytes(), path, json, None) {
                Ok(manifest) => manifest.warnings.concat(),
                Err(problems) => json!(problems).to_string(),
            };
            assert!(!said.contains("hunter2"), "{written}: {said}");
            refused += usize::from(!said.is_empty());
        }
    }
    assert!(refused > 5_000, "only {refused} were refused");
}

#[test]
fn a_malformed_manifest_is_not_quoted() {
    use manifest::Format;
    for (format, text) in [
        (Format::Toml, "A = hunter2!Pw"),
        (Format::Toml, "[variables]\nA = \"ssm:/a\" hunter2!Pw"),
        (Format::Toml, "A = \"hunter2!Pw"),
        (Format::Toml, "A = \"\\hunter2!Pw\""),
        (Format::Toml, "A = { hunter2!Pw"),
        (Format::Json, "{\"variables\": hunter2!Pw}"),
        (Format::Json, "\"hunter2!Pw"),
        (Format::Yaml, "variables: {A: \"hunter2!Pw"),
        (Format::Yaml, "variables: *hunter2!Pw"),
        (Format::Yaml, "variables: !hunter2 x"),
        (Format::Yaml, "variables: %hunter2!Pw"),
    ] {
        let problems = manifest::read(text.as_bytes(), Path::new("m"), format, None).unwrap_err();
        let said = json!(problems).to_string();
        assert!(!said.contains("hunter2"), "{text}: {said}");
    }
}

#[test]
fn advice_does_not_repeat_what_may_be_a_value() {
    for (name, value) in [
        ("NAME", "ssm:hunter2/x"),
        ("NAME", "ssm:/prod//hunter2"),
        ("NAME", "ssm:hunter2/*"),
        ("NAME", "ssm:/a:00000hunter2"),
        ("NAME", "secretsmanager:hunter2:x"),
        ("NAME", "ssm:/a?default=x&hunter2"),
        ("VESTRY_PARAMETERS", "hunter2/x"),
        ("VESTRY_SECRETS", "prod/1hunter2"),
        ("VESTRY_SECRETS", "AWS_hunter2"),
        ("VESTRY_PARAMETERS", "hunter2=="),
    ] {
        let mut refused = 0;
        hold(&[(name, value)], &mut refused);
        assert_eq!(refused, 1, "{value}");
    }
}

#[test]
fn of_what_is_malformed_a_sound_path_is_shown_and_nothing_else() {
    for (value, shown) in [
        ("ssm:/prod/db?defualt=hunter2", "ssm:/prod/db?…"),
        ("ssm:/prod/db#hunter2?x", "ssm:/prod/db#…?…"),
        ("ssm:/prod//db", "ssm:…"),
        ("ssm:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "ssm:…"),
        ("ssm:https://user:hunter2@host/", "ssm:…"),
        ("secretsmanager:user:hunter2@host", "secretsmanager:…"),
        ("secretsmanager:hunter2?x", "secretsmanager:…"),
        (
            "secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-AbCdEf:hunter2?x",
            "secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-AbCdEf:…?…",
        ),
        ("sm://user:hunter2@host", "sm://…"),
        ("ssm://user:hunter2@host", "ssm://…"),
        ("ssm:///prod/db?optional", "ssm:///prod/db?…"),
        ("bref-secretsmanager:hunter2!", "bref-secretsmanager:…"),
        ("x-crypteia-ssm:hunter2!", "x-crypteia-ssm:…"),
        ("kms:///prod/hunter2", "kms://…"),
    ] {
        let variables = [("NAME", value), ("VESTRY_COMPAT", "aws-env,bref,crypteia")];
        let refusal = read(&variables.into_iter().collect(), &nowhere()).expect_err(value);
        assert_eq!(refusal.problems()[0].reference.as_deref(), Some(shown), "{value}");
    }
}
