//! What a policy is told: names, versions and dates, never a value and never the text of a default.
//!
//! `tests/fixtures/input-declare.json` and `input-resolve.json` show the whole of it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::declare::{Declaration, Declared, Form, Origin, Selector};
use crate::log::rfc3339;
use crate::resolved::{Record, Resolved};

/// `input` of the stage `vestry.declare`: one reference for each declaration.
pub fn at_declare(declared: &Declared, now: SystemTime) -> Value {
    let references = declared.declarations.iter().map(|d| Value::Object(declared_reference(d))).collect();
    document("declare", declared, None, references, now)
}

/// `input` of the stage `vestry.resolve`: one reference for each variable that came of a declaration, and for each that
/// is missing and may be.
pub fn at_resolve(declared: &Declared, resolved: &Resolved, now: SystemTime) -> Value {
    let references = resolved.records.iter().map(|record| resolved_reference(declared, record)).collect();
    document("resolve", declared, resolved.account.as_deref(), references, now)
}

fn document(
    stage: &str,
    declared: &Declared,
    account: Option<&str>,
    references: Vec<Value>,
    now: SystemTime,
) -> Value {
    let function = &declared.function;
    // What is composed is set as much as what stands in the environment, whatever it is composed of.
    let composed = declared.composed.iter().map(|composed| &composed.name);
    let variables: Vec<&String> = declared.variables.iter().chain(composed).collect();
    json!({
        "stage": stage,
        "function": {
            "name": function.name,
            "version": function.version,
            "region": function.region,
            "memory_mb": function.memory_mb,
            "initialization_type": function.initialization_type,
            "account": account,
        },
        "references": references,
        "delivery": declared.delivery.as_str(),
        "variables": variables,
        "now": rfc3339(now),
        "now_ns": now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64),
    })
}

/// What is unknown is null, so that a rule can ask for it.
fn declared_reference(declaration: &Declaration) -> Map<String, Value> {
    let reference = &declaration.reference;
    let source = &reference.source;
    let mut name = source.name().to_string();
    if source.tree {
        // As it is written, so that rules on prefixes see `/prod/` in `/prod/*` too.
        name.push_str(if name.ends_with('/') { "*" } else { "/*" });
    }
    let Value::Object(mut object) = json!({
        "variable": declaration.name,
        "store": source.store.as_str(),
        "name": name,
        "arn": source.arn.as_ref().map(ToString::to_string),
        "selector": selector(&source.selector),
        "key": reference.key.text(),
        "optional": reference.optional,
        "has_default": reference.default.is_some(),
    }) else {
        unreachable!("written as an object")
    };
    object.extend(manifest_only(declaration));
    object
}

/// What only the manifest can say: absent elsewhere.
fn manifest_only(declaration: &Declaration) -> impl Iterator<Item = (String, Value)> {
    let Declaration { origin, reference, form, .. } = declaration;
    let source = &reference.source;
    let part = if let Form::Part(name) = form { Some(name.as_str()) } else { None };
    let region = source.region.as_deref();
    let told = [
        ("source", matches!(origin, Origin::Manifest { .. }).then_some(json!("manifest"))),
        ("region", region.map(|region| json!(region))),
        ("role_arn", source.role.as_ref().map(|role| json!(role.arn))),
        ("file", matches!(form, Form::File { .. }).then_some(json!(true))),
        ("part", part.map(|part| json!(part))),
    ];
    told.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?)))
}

fn resolved_reference(declared: &Declared, record: &Record) -> Value {
    let mut object =
        declared.declarations.get(record.declaration).map(declared_reference).unwrap_or_default();
    let is_part = object.contains_key("part");
    let mut set = |name: &str, value: Value| object.insert(name.to_string(), value);
    set("variable", if is_part { Value::Null } else { json!(record.variable) });
    set("key", json!(record.key));
    if let Some(name) = &record.name {
        set("name", json!(name));
    }
    if let Some(arn) = &record.arn {
        set("arn", json!(arn));
    }
    set("found", json!(record.found));
    set("version", json!(record.version));
    set("type", json!(record.value_type));
    set("created", json!(record.created));
    set("last_modified", json!(record.last_modified));
    set("stages", json!(record.stages));
    set("size", json!(record.found.then_some(record.size)));
    Value::Object(object)
}

/// Null where none is given, else only what is.
fn selector(selector: &Selector) -> Value {
    let Selector { version, label, stage } = selector;
    let parts: Map<String, Value> = [("version", version), ("label", label), ("stage", stage)]
        .into_iter()
        .filter_map(|(name, part)| Some((name.to_string(), json!(part.as_ref()?))))
        .collect();
    if parts.is_empty() { Value::Null } else { Value::Object(parts) }
}
