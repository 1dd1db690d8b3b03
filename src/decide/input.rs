//! What a policy is told: names, versions and dates, never a value and never the text of a default.
//!
//! `tests/fixtures/input-declare.json` and `input-resolve.json` show the whole of it.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::declare::{Declaration, Declared, Form, Origin, Selector};
use crate::log::rfc3339;
use crate::resolved::{Record, Resolved};

/// `input`, borrowed from what it tells of: it is written into JSON once, and nothing is copied before.
///
/// Here and below the members are in the order of their names: the engine keeps them so, and has nothing to sort.
#[derive(Serialize)]
pub struct Document<'a> {
    delivery: &'static str,
    function: Function<'a>,
    now: String,
    now_ns: u64,
    references: Vec<Reference<'a>>,
    stage: &'static str,
    variables: Vec<&'a str>,
}

/// What is unknown is null, so that a rule can ask for it.
#[derive(Serialize)]
struct Function<'a> {
    account: Option<&'a str>,
    initialization_type: Option<&'a str>,
    memory_mb: Option<u64>,
    name: Option<&'a str>,
    region: Option<&'a str>,
    version: Option<&'a str>,
}

/// What may be absent is left out where it is `None`; `Some(None)` is null.
#[derive(Default, Serialize)]
struct Reference<'a> {
    arn: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<Option<&'a str>>,
    /// This, `part`, `region`, `role_arn` and `source` only the manifest can say: absent elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<bool>,
    /// This and the others that may be absent are what the store said of it: absent before it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<bool>,
    has_default: bool,
    key: Option<&'a str>,
    /// Only where a policy reads it: the stores were not asked else.
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_id: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified: Option<Option<&'a str>>,
    name: Cow<'a, str>,
    optional: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_arn: Option<&'a str>,
    selector: Option<Selected<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<Option<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stages: Option<&'a [String]>,
    store: &'static str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    value_type: Option<Option<&'static str>>,
    variable: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Option<&'a str>>,
}

/// Only what is given.
#[derive(Serialize)]
struct Selected<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
}

/// `input` of the stage `vestry.declare`: one reference for each declaration.
pub fn at_declare(declared: &Declared, now: SystemTime) -> Document<'_> {
    let references = declared.declarations.iter().map(declared_reference).collect();
    document("declare", declared, None, references, now)
}

/// `input` of the stage `vestry.resolve`: one reference for each variable that came of a declaration, and for each that
/// is missing and may be.
pub fn at_resolve<'a>(declared: &'a Declared, resolved: &'a Resolved, now: SystemTime) -> Document<'a> {
    let references =
        resolved.records.iter().map(|record| resolved_reference(declared, resolved, record)).collect();
    document("resolve", declared, resolved.account.as_deref(), references, now)
}

fn document<'a>(
    stage: &'static str,
    declared: &'a Declared,
    account: Option<&'a str>,
    references: Vec<Reference<'a>>,
    now: SystemTime,
) -> Document<'a> {
    let function = &declared.function;
    // What is composed is set as much as what stands in the environment, whatever it is composed of.
    let composed = declared.composed.iter().map(|composed| &composed.name);
    Document {
        stage,
        function: Function {
            name: function.name.as_deref(),
            version: function.version.as_deref(),
            region: function.region.as_deref(),
            memory_mb: function.memory_mb,
            initialization_type: function.initialization_type.as_deref(),
            account,
        },
        references,
        delivery: declared.delivery.as_str(),
        variables: declared.variables.iter().chain(composed).map(String::as_str).collect(),
        now: rfc3339(now),
        now_ns: now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64),
    }
}

fn declared_reference(declaration: &Declaration) -> Reference<'_> {
    let Declaration { origin, reference, form, .. } = declaration;
    let source = &reference.source;
    let mut name = Cow::from(source.name());
    if source.tree {
        // As it is written, so that rules on prefixes see `/prod/` in `/prod/*` too.
        name += if name.ends_with('/') { "*" } else { "/*" };
    }
    Reference {
        variable: declaration.name.as_deref(),
        store: source.store.as_str(),
        name,
        arn: source.arn.as_ref().map(|arn| arn.to_string().into()),
        selector: selected(&source.selector),
        key: reference.key.text(),
        optional: reference.optional,
        has_default: reference.default.is_some(),
        source: matches!(origin, Origin::Manifest { .. }).then_some("manifest"),
        region: source.region.as_deref(),
        role_arn: source.role.as_ref().map(|role| role.arn.as_str()),
        file: matches!(form, Form::File { .. }).then_some(true),
        part: if let Form::Part(name) = form { Some(name) } else { None },
        ..Reference::default()
    }
}

fn resolved_reference<'a>(
    declared: &'a Declared,
    resolved: &'a Resolved,
    record: &'a Record,
) -> Reference<'a> {
    let reference = declared_reference(&declared.declarations[record.declaration]);
    Reference {
        variable: reference.part.is_none().then_some(&record.variable),
        key: record.key.as_deref(),
        name: record.name.as_deref().map_or(reference.name, Cow::from),
        arn: record.arn.as_deref().map(Cow::from).or(reference.arn),
        found: Some(record.found),
        version: Some(record.version.as_deref()),
        value_type: Some(record.value_type),
        created: Some(record.created.as_deref()),
        last_modified: Some(record.last_modified.as_deref()),
        stages: Some(&record.stages),
        kms_key_id: resolved.keys_asked.then_some(record.kms_key_id.as_deref()),
        size: Some(record.found.then_some(record.size)),
        ..reference
    }
}

fn selected(selector: &Selector) -> Option<Selected<'_>> {
    let Selector { version, label, stage } = selector;
    let selected = Selected { version: version.as_deref(), label: label.as_deref(), stage: stage.as_deref() };
    (!selector.is_none()).then_some(selected)
}
