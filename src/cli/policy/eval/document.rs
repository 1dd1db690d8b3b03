//! The input document that a decision is asked on.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::super::super::{Usage, complain};
use crate::decide::{KEPT, unknown_fields};
use crate::log::rfc3339;
use crate::named_file;

/// Large enough for any function's, small enough to be read.
const MAX_BYTES: u64 = 16 << 20;

/// What `vestry policy input --template` says besides: what only a deployment tells, and why.
const OF_A_TEMPLATE: &str = "unknown";

pub(super) fn read(path: &Path) -> Result<Value, Usage> {
    let read = if path.as_os_str() == "-" {
        named_file::stdin(MAX_BYTES)
    } else {
        named_file::bytes(path, MAX_BYTES)
    };
    let path = path.display();
    let bytes = read.map_err(|e| format!("cannot read the input {path}: {e}"))?;
    if bytes.trim_ascii().is_empty() {
        return Err(Usage(format!("the input {path} is empty; `vestry policy input` prints one")));
    }
    if bytes.windows(KEPT.len()).any(|window| window == KEPT.as_bytes()) {
        let why = "which the reader of JSON keeps for itself; give it another name";
        return Err(Usage(format!("the input {path} holds `{KEPT}…`, {why}")));
    }
    let mut document: Value = serde_json::from_slice(&bytes)
        .map_err(|e| format!("the input {path} is not JSON (line {}, column {})", e.line(), e.column()))?;
    if !document.is_object() {
        return Err(Usage(format!("the input {path} is no JSON object")));
    }
    check(&document).map_err(|why| format!("the input {path} {why}"))?;
    let now = SystemTime::now();
    if document.get("now").is_none() && document.get("now_ns").is_none() {
        document["now"] = json!(rfc3339(now));
        document["now_ns"] = json!(now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64));
    }
    Ok(document)
}

/// A rule that reads what is not there never speaks, so a slip of the pen would pass for allowed.
fn check(document: &Value) -> Result<(), String> {
    let mut faults = Vec::new();
    for unknown in unknown_fields(document).into_iter().filter(|unknown| unknown.path != OF_A_TEMPLATE) {
        match unknown.near {
            Some(near) if unknown.is_at_the_top => {
                faults
                    .push(format!("has a field {}, which no input has; did you mean {near}?", unknown.path));
            }
            near => {
                let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                complain(&format!("warning: no input has the field {}{near}", unknown.path));
            }
        }
    }
    match document.get("references") {
        Some(Value::Array(references)) => {
            if let Some(at) = references.iter().position(|reference| !reference.is_object()) {
                faults.push(format!("has references[{at}], which is no object"));
            }
        }
        Some(_) => faults.push("has references that are no list".into()),
        None => faults.push("has no references; write \"references\": [] for a function without any".into()),
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join(", and ")) }
}
