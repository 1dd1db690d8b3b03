//! One case of OPA's own suite, put to the engine as the extension sets it up.
//!
//! The product evaluates rules, the suite asks queries; where a query is `data.path = name`, both ways must agree.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use regorus::{Engine, Value};
use serde::Deserialize;

use super::check::directory::add_text;
use super::check::guard::Guard;
use super::check::{self, Finding, Mode};
use super::{builtins, policy};

/// As the suite's files spell it; <https://github.com/open-policy-agent/opa/tree/main/v1/test/cases>.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    pub note: String,
    pub query: String,
    #[serde(default)]
    pub modules: Vec<String>,
    pub data: Option<Value>,
    pub input: Option<Value>,
    /// A Rego term instead of JSON: it may hold sets.
    pub input_term: Option<String>,
    /// One object of bindings a result; empty when the query is undefined.
    pub want_result: Option<Vec<Value>>,
    pub want_error: Option<String>,
    pub want_error_code: Option<String>,
    #[serde(default)]
    pub strict_error: bool,
    #[serde(default)]
    pub sort_bindings: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    /// No answer where one was wanted; the first reason.
    Refused(String),
    /// An answer that OPA does not give, or one where OPA gives none: what came instead.
    Wrong(String),
}

const PATIENCE: Duration = Duration::from_secs(10);

/// Runs one case; a panic of the engine is a refusal, as it is in the extension.
pub fn run(case: &Case) -> Verdict {
    let panicked = |_| Verdict::Refused("the engine panicked".into());
    catch_unwind(AssertUnwindSafe(|| judged(case))).unwrap_or_else(panicked)
}

fn judged(case: &Case) -> Verdict {
    let error_wanted = case.want_result.is_none() || case.want_error.is_some();
    match (answer(case), &case.want_result) {
        (Ok(got), Some(wanted)) => {
            let wanted = canonical(&Value::from(wanted.clone()), case.sort_bindings);
            if got == wanted { Verdict::Passed } else { Verdict::Wrong(format!("{got}, not {wanted}")) }
        }
        (Ok(got), None) => Verdict::Wrong(format!("{got}, not an error")),
        // To lack the function is no answer to what the function should have refused.
        (Err(refusal), _) if error_wanted && !refusal.missing => Verdict::Passed,
        (Err(refusal), _) => Verdict::Refused(refusal.why),
    }
}

struct Refusal {
    why: String,
    /// Of a function or of syntax that Vestry does not have.
    missing: bool,
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self { why: super::explain::engine_error(&error), missing: false }
    }
}

/// The bindings, one object a result, in the form of JSON.
fn answer(case: &Case) -> Result<Value, Refusal> {
    let query = interpolated(&case.query)?;
    let mut engine = prepared(case, &query)?;
    let rule = asked_rule(&case.query);
    let by_rule = rule.map(|(path, name)| {
        let value = engine.clone().eval_rule(path.to_string());
        value.map(|value| bindings_of(name, value))
    });
    let answers = engine.eval_query(query, false)?;
    let mut rows = Vec::new();
    for row in answers.result {
        // A lone `false` is no result; a query without bindings gives its truth.
        if row.expressions.iter().any(|e| e.value == Value::from(false) || e.value == Value::Undefined) {
            continue;
        }
        rows.push(if row.bindings == Value::new_object() { Value::new_object() } else { row.bindings });
    }
    let rows = canonical(&Value::from(rows), case.sort_bindings);
    match by_rule {
        Some(Ok(value)) if canonical(&value, case.sort_bindings) != rows => {
            Ok(Value::from(vec![Value::from("rule and query disagree"), value, rows]))
        }
        Some(Err(error)) if !error.to_string().contains("not a valid rule path") => Err(error.into()),
        _ => Ok(rows),
    }
}

/// The query may call what no module does.
fn prepared(case: &Case, query: &str) -> Result<Engine, Refusal> {
    let blank = policy::engine(PATIENCE);
    let mut engine = blank.clone();
    let mut guard = Guard::default();
    for (i, module) in case.modules.iter().enumerate() {
        let added = add_text(&mut engine, &mut guard, format!("{i}.rego"), module);
        added.map_err(|finding| Refusal { why: finding.to_string(), missing: false })?;
    }
    let asked: Vec<String> = query.split(' ').next().unwrap_or("").split('.').map(str::to_string).collect();
    let refuse = |findings: Vec<Finding>| {
        let why = findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        Refusal { missing: is_missing(&why), why }
    };
    let sound = check::modules(engine.get_modules(), &Value::Undefined, Mode::Language).map_err(refuse)?;
    let misread = builtins::misread(engine.get_modules(), &asked);
    if !misread.is_empty() {
        return Err(refuse(misread));
    }
    check::imports::write_out(&mut engine, &mut None, &blank, sound.edits)?;
    builtins::install(&mut engine, query, true);
    if let Some(data) = &case.data {
        engine.add_data(data.clone())?;
    }
    if let Some(term) = &case.input_term {
        let mut answer = Engine::new().eval_query(term.clone(), false)?;
        let value = answer.result.pop().and_then(|mut row| row.expressions.pop());
        engine.set_input(value.map_or(Value::Undefined, |expression| expression.value));
    } else if let Some(input) = &case.input {
        engine.set_input(input.clone());
    }
    Ok(engine)
}

fn interpolated(text: &str) -> Result<String, Refusal> {
    let plain = builtins::interpolated(text).map_err(|(_, why)| Refusal { why, missing: false })?;
    Ok(plain.unwrap_or_else(|| text.to_string()))
}

fn is_missing(why: &str) -> bool {
    ["there is no function", "is not available"].iter().any(|part| why.contains(part))
}

/// `data.a.b = x` as `("data.a.b", "x")`.
fn asked_rule(query: &str) -> Option<(&str, &str)> {
    let (path, name) = query.split_once(" = ")?;
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    (path.starts_with("data.") && plain(path) && plain(name) && !name.contains('.')).then_some((path, name))
}

fn bindings_of(name: &str, value: Value) -> Value {
    if value == Value::Undefined {
        return Value::new_array();
    }
    let mut bindings = Value::new_object();
    bindings.as_object_mut().expect("made as one").insert(Value::from(name), value);
    Value::from(vec![bindings])
}

/// As JSON would carry it: sets as sorted arrays, keys as text; with `sort`, the arrays right below a binding sorted.
fn canonical(rows: &Value, sort: bool) -> Value {
    let mut rows: Vec<Value> = match rows.as_array() {
        Ok(rows) => rows.iter().map(plain).collect(),
        Err(_) => return plain(rows),
    };
    if sort {
        for row in &mut rows {
            let Ok(bindings) = row.as_object() else { continue };
            let mut sorted = Value::new_object();
            for (name, value) in bindings.iter() {
                let value = match value.as_array() {
                    Ok(items) => {
                        let mut items: Vec<Value> = items.iter().cloned().collect();
                        items.sort();
                        Value::from(items)
                    }
                    Err(_) => value.clone(),
                };
                sorted.as_object_mut().expect("made as one").insert(name.clone(), value);
            }
            *row = sorted;
        }
    }
    rows.sort();
    Value::from(rows)
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::from(items.iter().map(plain).collect::<Vec<_>>()),
        Value::Set(items) => {
            let mut items: Vec<Value> = items.iter().map(plain).collect();
            items.sort();
            Value::from(items)
        }
        Value::Object(fields) => {
            let mut object = Value::new_object();
            for (key, value) in fields.iter() {
                let key = match key {
                    Value::String(_) => key.clone(),
                    other => Value::from(plain(other).to_string()),
                };
                object.as_object_mut().expect("made as one").insert(key, plain(value));
            }
            object
        }
        other => other.clone(),
    }
}
