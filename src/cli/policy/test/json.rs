//! Results with the fields that `opa test --format json` has.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::Result;
use crate::decide::testing::{Case, Failure, Verdict};

/// A list of `{location {file, row, col}, package, name, duration}`, besides `fail`, `skip`, `error {code, message}`,
/// `output` (base64), `sub_results` and `failed_at` where there is any. Durations are nanoseconds.
pub(super) fn report(results: &[Result]) -> Value {
    results.iter().map(result).collect()
}

fn result(result: &Result) -> Value {
    let test = &result.test;
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.into(), value);
    set("location", json!({"file": test.file, "row": test.row, "col": test.col}));
    set("package", json!(test.package));
    set("name", json!(test.name));
    set("duration", json!(result.ran.as_ref().map_or(0, |ran| ran.duration.as_nanos() as u64)));
    match result.verdict() {
        None => drop(set("skip", json!(true))),
        Some(Verdict::Pass) => {}
        Some(Verdict::Fail) => drop(set("fail", json!(true))),
        Some(Verdict::Error(why)) => drop(set("error", error("eval_error", why))),
        Some(Verdict::TimedOut(why)) => drop(set("error", error("eval_cancel_error", why))),
    }
    if let Some(ran) = &result.ran {
        if !ran.output.is_empty() {
            let text: String = ran.output.iter().map(|line| format!("{line}\n")).collect();
            set("output", json!(base64::engine::general_purpose::STANDARD.encode(text)));
        }
        if !ran.cases.is_empty() {
            set("sub_results", cases(&ran.cases));
        }
    }
    if !result.why.is_empty() {
        set("failed_at", result.why.iter().map(failure).collect());
    }
    Value::Object(fields)
}

/// The codes are OPA's.
fn error(code: &str, why: &str) -> Value {
    json!({"code": code, "message": why})
}

fn cases(of: &BTreeMap<String, Case>) -> Value {
    let case = |(name, case): (&String, &Case)| {
        let mut fields = Map::from_iter([("name".to_string(), json!(name))]);
        if case.fail {
            fields.insert("fail".into(), json!(true));
        }
        if !case.cases.is_empty() {
            fields.insert("sub_results".into(), cases(&case.cases));
        }
        (name.clone(), Value::Object(fields))
    };
    Value::Object(of.iter().map(case).collect())
}

fn failure(failure: &Failure) -> Value {
    let operands: Vec<_> = failure
        .operands
        .iter()
        .map(|operand| json!({"text": operand.text, "value": operand.value}))
        .collect();
    let mut fields = json!({
        "location": {"file": failure.file, "row": failure.row, "col": failure.col},
        "text": failure.text,
        "values": operands,
    });
    if let Some(case) = &failure.case {
        fields["case"] = json!(case);
    }
    fields
}
