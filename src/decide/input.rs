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
#[derive(Serialize)]
pub struct Document<'a> {
    stage: &'static str,
    function: Function<'a>,
    references: Vec<Reference<'a>>,
    delivery: &'static str,
    variables: Vec<&'a str>,
    now: String,
    now_ns: u64,
}

/// What is unknown is null, so that a rule can ask for it.
#[derive(Serialize)]
struct Function<'a> {
    name: Option<&'a str>,
    version: Option<&'a str>,
    region: Option<&'a str>,
    memory_mb: Option<u64>,
    initialization_type: Option<&'a str>,
    account: Option<&'a str>,
}

#[derive(Serialize)]
struct Reference<'a> {
    variable: Option<&'a str>,
    store: &'static str,
    name: Cow<'a, str>,
    arn: Option<Cow<'a, str>>,
    selector: Option<Selected<'a>>,
    key: Option<&'a str>,
    optional: bool,
    has_default: bool,
    #[serde(flatten)]
    manifest: Said<'a>,
    #[serde(flatten)]
    answer: Option<Answer<'a>>,
}

/// What only the manifest can say: absent elsewhere.
#[derive(Serialize)]
struct Said<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_arn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'a str>,
}

/// Only what is given.
#[derive(Serialize)]
struct Selected<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a str>,
}

/// What the store said of it.
#[derive(Serialize)]
struct Answer<'a> {
    found: bool,
    version: Option<&'a str>,
    #[serde(rename = "type")]
    value_type: Option<&'static str>,
    created: Option<&'a str>,
    last_modified: Option<&'a str>,
    stages: &'a [String],
    /// Only where a policy reads it: the stores were not asked else.
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_id: Option<Option<&'a str>>,
    size: Option<usize>,
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
    let reference = &declaration.reference;
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
        manifest: said(declaration),
        answer: None,
    }
}

fn said(declaration: &Declaration) -> Said<'_> {
    let Declaration { origin, reference, form, .. } = declaration;
    Said {
        source: matches!(origin, Origin::Manifest { .. }).then_some("manifest"),
        region: reference.source.region.as_deref(),
        role_arn: reference.source.role.as_ref().map(|role| role.arn.as_str()),
        file: matches!(form, Form::File { .. }).then_some(true),
        part: if let Form::Part(name) = form { Some(name) } else { None },
    }
}

fn resolved_reference<'a>(
    declared: &'a Declared,
    resolved: &'a Resolved,
    record: &'a Record,
) -> Reference<'a> {
    let reference = declared_reference(&declared.declarations[record.declaration]);
    Reference {
        variable: reference.manifest.part.is_none().then_some(&record.variable),
        key: record.key.as_deref(),
        name: record.name.as_deref().map_or(reference.name, Cow::from),
        arn: record.arn.as_deref().map(Cow::from).or(reference.arn),
        answer: Some(Answer {
            found: record.found,
            version: record.version.as_deref(),
            value_type: record.value_type,
            created: record.created.as_deref(),
            last_modified: record.last_modified.as_deref(),
            stages: &record.stages,
            kms_key_id: resolved.keys_asked.then_some(record.kms_key_id.as_deref()),
            size: record.found.then_some(record.size),
        }),
        ..reference
    }
}

fn selected(selector: &Selector) -> Option<Selected<'_>> {
    let Selector { version, label, stage } = selector;
    let selected = Selected { version: version.as_deref(), label: label.as_deref(), stage: stage.as_deref() };
    (!selector.is_none()).then_some(selected)
}
