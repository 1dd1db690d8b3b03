//! The input documents, whole, as the README quotes them.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use vestry::decide::input;
use vestry::declare::Function;
#[cfg(feature = "tool")]
use vestry::declare::{Declared, Form, Origin, Role};
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
    let input = json!(input::at_declare(&declared(patient()), now()));
    assert_eq!(input, fixture(include_str!("../fixtures/input-declare.json")), "{input:#}");
}

#[test]
fn the_input_at_resolve_is_the_documented_one() {
    let input = json!(input::at_resolve(&declared(patient()), &resolved(), now()));
    assert_eq!(input, fixture(include_str!("../fixtures/input-resolve.json")), "{input:#}");
}

#[test]
fn members_are_in_the_order_of_their_names_as_the_engine_keeps_them() {
    let (declared, resolved) = (declared(patient()), resolved());
    for input in [input::at_declare(&declared, now()), input::at_resolve(&declared, &resolved, now())] {
        assert_eq!(serde_json::to_string(&input).unwrap(), json!(input).to_string());
    }
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
    let input = json!(input::at_resolve(&declared(patient()), &resolved, now()));
    let reference = &input["references"][0];
    assert_eq!((&reference["found"], &reference["optional"]), (&json!(false), &json!(true)));
    assert_eq!(reference["name"], "prod/stripe-AbCdEf");
    for unknown in ["version", "type", "created", "last_modified", "kms_key_id", "size"] {
        assert_eq!(reference.get(unknown), Some(&Value::Null), "{unknown}");
    }
}

#[test]
fn the_key_is_there_only_where_it_was_asked_for() {
    let resolved = vestry::resolved::Resolved { keys_asked: false, ..resolved() };
    let input = json!(input::at_resolve(&declared(patient()), &resolved, now()));
    assert!(!input.to_string().contains("kms_key_id"), "{input:#}");
}

#[test]
fn what_the_environment_does_not_tell_is_null_and_not_absent() {
    let mut declared = declared(patient());
    declared.function = Function::default();
    let input = json!(input::at_declare(&declared, now()));
    for unknown in ["name", "version", "region", "memory_mb", "initialization_type", "account"] {
        assert_eq!(input["function"].get(unknown), Some(&Value::Null), "{unknown}");
    }
}

#[test]
fn no_value_and_no_default_is_in_them() {
    let declared = declared(patient());
    for input in
        [json!(input::at_declare(&declared, now())), json!(input::at_resolve(&declared, &resolved(), now()))]
    {
        assert!(!input.to_string().contains("canary"), "{input}");
    }
}

/// Each path of a schema, as `references[].name`.
#[cfg(feature = "tool")]
fn documented(schema: &Value, path: &str, found: &mut Vec<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        documented(field, &path, found);
        documented(&field["items"], &format!("{path}[]"), found);
        found.push(path);
    }
}

/// Each path of a document at which there is something else than null.
#[cfg(feature = "tool")]
fn produced(document: &Value, path: &str, found: &mut std::collections::BTreeSet<String>) {
    match document {
        Value::Object(object) => {
            for (name, value) in object {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                produced(value, &path, found);
                if !value.is_null() {
                    found.insert(path);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| produced(item, &format!("{path}[]"), found)),
        _ => {}
    }
}

/// The same declarations with all that only a manifest can say.
#[cfg(feature = "tool")]
fn in_a_manifest() -> Declared {
    let mut declared = declared(patient());
    for (line, declaration) in declared.declarations.iter_mut().enumerate() {
        declaration.origin = Origin::Manifest { path: "vestry.toml".into(), line };
        let source = std::sync::Arc::make_mut(&mut declaration.reference.source);
        source.region = Some("us-east-1".into());
        source.role = Some(Role { arn: "arn:aws:iam::123456789012:role/r".into(), external_id: None });
    }
    declared.declarations[0].form = Form::File { mode: 0o600 };
    declared.declarations[1].form = Form::Part("key".into());
    declared.declarations[1].name = None;
    declared
}

/// Both documents as they are in full, and with everything unknown that can be.
#[cfg(feature = "tool")]
fn documents(stage: vestry::decide::Stage) -> Vec<Value> {
    use vestry::decide::Stage;
    let mut labelled = declared(patient());
    std::sync::Arc::make_mut(&mut labelled.declarations[0].reference.source).selector.label =
        Some("blue".into());
    let mut unknown = declared(patient());
    unknown.function = Function::default();
    let of_manifest = in_a_manifest();
    let mut missing = resolved();
    missing.account = None;
    missing.records = (0..3).map(|declaration| Record { declaration, ..Record::default() }).collect();
    match stage {
        Stage::Declare => [declared(patient()), labelled, unknown, of_manifest]
            .iter()
            .map(|d| json!(input::at_declare(d, now())))
            .collect(),
        Stage::Resolve => vec![
            json!(input::at_resolve(&declared(patient()), &resolved(), now())),
            json!(input::at_resolve(&labelled, &resolved(), now())),
            json!(input::at_resolve(&of_manifest, &resolved(), now())),
            json!(input::at_resolve(&unknown, &missing, now())),
        ],
    }
}

#[cfg(feature = "tool")]
#[test]
fn the_schema_documents_what_is_produced_and_nothing_else() {
    use vestry::decide::{Stage, json_schema, undocumented};
    for stage in [Stage::Declare, Stage::Resolve] {
        let (mut schema, mut there) = (Vec::new(), std::collections::BTreeSet::new());
        documented(&json_schema(Some(stage)), "", &mut schema);
        for document in documents(stage) {
            assert_eq!(undocumented(&document, stage), Vec::<String>::new(), "{document:#}");
            produced(&document, "", &mut there);
        }
        schema.retain(|path| !there.contains(path));
        // Nobody has said what it is yet.
        let expected: &[&str] = if stage == Stage::Declare { &["function.account"] } else { &[] };
        assert_eq!(schema, expected, "documented and never produced at {stage:?}");
    }
}

#[cfg(feature = "tool")]
#[test]
fn a_document_that_differs_is_told_where() {
    use vestry::decide::{Stage, undocumented};
    let mut document = fixture(include_str!("../fixtures/input-resolve.json"));
    document["references"][1]["naem"] = json!("x");
    document["references"][0]["size"] = json!("12");
    document["function"].as_object_mut().unwrap().remove("region");
    document["delivery"] = json!("pigeon");
    document["references"][2]["name"] = Value::Null;
    let mut told = undocumented(&document, Stage::Resolve);
    told.sort();
    assert_eq!(
        told,
        [
            "delivery is not as documented",
            "function.region is missing",
            "references[0].size is not as documented",
            "references[1].naem is not documented",
            "references[2].name is not as documented",
        ]
    );
    let at_declare = undocumented(&fixture(include_str!("../fixtures/input-resolve.json")), Stage::Declare);
    assert!(at_declare.contains(&"references[0].found is not documented".to_string()), "{at_declare:?}");
}

#[cfg(feature = "tool")]
#[test]
fn the_printed_schema_is_that_of_the_stage() {
    let schema = |args: &[&str]| -> Value {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vestry"));
        let output = command.args(["policy", "schema"]).args(args).env_clear().output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let (both, declare, resolve) =
        (schema(&[]), schema(&["--stage", "declare"]), schema(&["--stage", "resolve"]));
    let of = |schema: &Value| schema["properties"]["references"]["items"].clone();
    assert_eq!(both["$schema"], "http://json-schema.org/draft-07/schema#");
    assert!(of(&declare)["properties"].get("found").is_none());
    assert_eq!(of(&resolve)["properties"]["found"]["type"], "boolean");
    let requires = |schema: &Value| of(schema)["required"].as_array().unwrap().contains(&json!("found"));
    assert!(requires(&resolve) && !requires(&both));
    assert_eq!(both["properties"]["stage"]["enum"], json!(["declare", "resolve"]));
    assert_eq!(declare["properties"]["stage"]["enum"], json!(["declare"]));
    assert_eq!(of(&resolve)["properties"]["size"]["type"], json!(["number", "null"]));
}

/// README's table and the schema name the same fields.
#[cfg(feature = "tool")]
#[test]
fn the_readme_names_every_field() {
    let readme = include_str!("../../README.md");
    let section = readme.split("### The input").nth(1).unwrap();
    let table = section.split("<details>").next().unwrap();
    let mut paths = Vec::new();
    documented(&vestry::decide::json_schema(None), "", &mut paths);
    for path in paths {
        let name = path.rsplit('.').next().unwrap();
        assert!(table.contains(&format!("`.{name}`")) || table.contains(name), "{path} is not in the README");
    }
}
