//! `data.system.log.mask`: what the decision log leaves out of its input and result, as OPA has it
//! (openpolicyagent.org, "Decision Logs", "Masking Sensitive Data").
//!
//! Where OPA would not log a decision whose mask fails, its line is written without input and result.

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::escapes::{self, KEPT};
use super::evaluator::doing;
use super::explain::{advice, engine_error, place_of};
use super::policy::Policy;
use super::rules::{Stage, defined};

pub(super) const PATH: [&str; 3] = ["system", "log", "mask"];
const QUERY: &str = "data.system.log.mask";
const MAX_MASKS: usize = 1_000;
/// What nobody writes by hand, and no log line takes.
const MAX_VALUE_BYTES: usize = 4 << 10;
/// Longer and deeper than any input or result is: a mask that makes the objects on its way would make so many.
const MAX_PATH_BYTES: usize = 1 << 10;
const MAX_PATH_PARTS: usize = 32;

/// What a directory says of its log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Masks {
    Rules(Vec<Mask>),
    /// Nobody knows what was to be left out.
    Failed(String),
}

impl Default for Masks {
    fn default() -> Self {
        Self::Rules(Vec::new())
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mask {
    /// `/input/references/0/name`
    path: String,
    /// What stands there instead; `None` takes it out.
    upsert: Option<Value>,
}

/// What a mask changed, by its path.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Changes {
    pub erased: Vec<String>,
    pub masked: Vec<String>,
}

impl Masks {
    /// Asks the policy, where it has masks, about the line that is to be written: `input` is the line, so that
    /// `input.input` is what was decided on.
    pub(super) fn ask(policy: &mut Policy, stage: Stage, line: impl FnOnce() -> Value) -> Self {
        if policy.namespaces.touching(&PATH).is_none() {
            return Self::default();
        }
        if is_function(policy) {
            return Self::Failed(format!("{QUERY} is a function, which nobody calls"));
        }
        doing(format_args!("evaluating {QUERY} of {}", policy.root.display()));
        let engine = policy.engine(stage);
        engine.set_input(regorus::Value::from(line()));
        let answer = match engine.eval_query(QUERY.into(), false) {
            Ok(answer) => answer,
            // What the engine says may quote the very thing that was to be hidden.
            Err(error) => {
                let at =
                    place_of(&error).map_or_else(|| QUERY.to_string(), |place| format!("{place}: {QUERY}"));
                return Self::Failed(format!("{at} fails; {}", advice(&engine_error(&error))));
            }
        };
        let value = answer.result.first().and_then(|result| result.expressions.first());
        match value.map(|expression| &expression.value) {
            None | Some(regorus::Value::Undefined) => Self::default(),
            Some(value) => {
                let masks = serde_json::to_value(value).map_err(|e| e.to_string()).and_then(sound);
                match masks.and_then(|masks| read(&masks)) {
                    Ok(rules) => Self::Rules(rules),
                    Err(why) => Self::Failed(format!("{QUERY} {why}")),
                }
            }
        }
    }

    /// Whether nothing is left out.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Rules(rules) if rules.is_empty())
    }

    /// Takes out of `{input, result}` what is to be left out; both of them where that is not known, with the reason.
    pub(super) fn apply(&self, line: &mut Map<String, Value>) -> (Changes, Option<&str>) {
        let mut changes = Changes::default();
        match self {
            Self::Rules(rules) => {
                rules.iter().for_each(|mask| mask.apply(line, &mut changes));
                (changes, None)
            }
            Self::Failed(why) => {
                changes.erased = line.keys().map(|part| format!("/{part}")).collect();
                line.clear();
                (changes, Some(why))
            }
        }
    }
}

/// It would be undefined, as a mask is that does not hold.
fn is_function(policy: &mut Policy) -> bool {
    let modules = policy.engine.get_modules();
    modules.iter().flat_map(|module| defined(module)).any(|rule| rule.function.is_some() && rule.path == PATH)
}

fn sound(masks: Value) -> Result<Value, String> {
    if masks.to_string().contains(KEPT) {
        return Err(escapes::keeps());
    }
    Ok(masks)
}

pub(super) fn read(value: &Value) -> Result<Vec<Mask>, String> {
    let masks = value.as_array().ok_or("is neither a set nor an array")?;
    if masks.len() > MAX_MASKS {
        return Err(format!("holds more than {MAX_MASKS} masks"));
    }
    masks.iter().map(mask).collect()
}

fn mask(value: &Value) -> Result<Mask, String> {
    let (path, upsert) = match value {
        Value::String(path) => (path, None),
        Value::Object(object) => {
            let Some(Value::String(path)) = object.get("path") else {
                return Err("holds a mask without a path".into());
            };
            match object.get("op").and_then(Value::as_str) {
                Some("remove") => (path, None),
                Some("upsert") => (path, Some(object.get("value").cloned().unwrap_or(Value::Null))),
                _ => return Err("holds a mask whose op is neither remove nor upsert".into()),
            }
        }
        _ => return Err("holds a mask that is neither text nor an object".into()),
    };
    if path.len() > MAX_PATH_BYTES || path.split('/').count() > MAX_PATH_PARTS {
        return Err(format!("holds a path of more than {MAX_PATH_BYTES} bytes or {MAX_PATH_PARTS} parts"));
    }
    let first = path.strip_prefix('/').and_then(|path| path.split('/').next());
    if !matches!(first, Some("input" | "result" | "nd_builtin_cache")) {
        return Err("holds a path that begins neither with /input nor with /result".into());
    }
    if upsert.as_ref().is_some_and(|value| value.to_string().len() > MAX_VALUE_BYTES) {
        return Err(format!("holds a value larger than {MAX_VALUE_BYTES} bytes"));
    }
    Ok(Mask { path: path.clone(), upsert })
}

impl Mask {
    /// As in OPA, a path that leads nowhere changes nothing.
    fn apply(&self, line: &mut Map<String, Value>, changes: &mut Changes) {
        let parts: Vec<&str> = self.path.split('/').skip(1).collect();
        let Some((last, way)) = parts.split_last() else { return };
        // An upsert makes the objects on its way, but neither the input nor the result itself.
        let makes = self.upsert.is_some();
        if !line.contains_key(parts[0]) {
            return;
        }
        let done = match (way, &self.upsert) {
            ([], Some(value)) => line.insert(last.to_string(), value.clone()).is_some(),
            ([], None) => line.remove(*last).is_some(),
            ([first, way @ ..], _) => line
                .get_mut(*first)
                .and_then(|top| walk(top, way, makes))
                .is_some_and(|parent| change(parent, last, self.upsert.as_ref())),
        };
        if done {
            let list = if makes { &mut changes.masked } else { &mut changes.erased };
            list.push(self.path.clone());
        }
    }
}

fn walk<'a>(mut at: &'a mut Value, way: &[&str], makes: bool) -> Option<&'a mut Value> {
    for part in way {
        at = match at {
            Value::Object(object) => {
                let key = key(object, part);
                if makes && !object.contains_key(&key) {
                    object.insert(key.clone(), json!({}));
                }
                object.get_mut(&key)?
            }
            Value::Array(array) => array.get_mut(part.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(at)
}

fn change(parent: &mut Value, part: &str, upsert: Option<&Value>) -> bool {
    match (parent, upsert) {
        (Value::Object(object), Some(value)) => {
            object.insert(key(object, part), value.clone());
            true
        }
        (Value::Object(object), None) => object.remove(&key(object, part)).is_some(),
        (Value::Array(array), upsert) => {
            let Some(at) = part.parse().ok().filter(|at: &usize| *at < array.len()) else { return false };
            match upsert {
                Some(value) => array[at] = value.clone(),
                None => drop(array.remove(at)),
            }
            true
        }
        _ => false,
    }
}

/// As it is written, or as it is without its percent-escapes: whichever is there. OPA is of two minds about that, and
/// better one name too many is left out.
fn key(object: &Map<String, Value>, part: &str) -> String {
    if object.contains_key(part) {
        return part.into();
    }
    let decoded = percent_decode_str(part).decode_utf8_lossy();
    if object.contains_key(decoded.as_ref()) { decoded.into() } else { part.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line after the masks, with what they changed.
    fn masked(masks: Value, line: Value) -> Value {
        let masks = Masks::Rules(read(&masks).unwrap());
        let Value::Object(mut line) = line else { unreachable!() };
        let (Changes { erased, masked }, why) = masks.apply(&mut line);
        assert_eq!(why, None);
        json!({"line": line, "erased": erased, "masked": masked})
    }

    #[test]
    fn a_path_that_would_be_made_without_end_is_none() {
        for path in [format!("/input{}", "/a".repeat(1_000_000)), format!("/input/{}", "a".repeat(2_000))] {
            let why = read(&json!([{"op": "upsert", "path": path, "value": 1}])).unwrap_err();
            assert!(why.contains("1024 bytes or 32 parts"), "{why}");
        }
        read(&json!([format!("/input{}", "/a".repeat(30))])).unwrap();
    }

    #[test]
    fn masks_are_opas() {
        for (masks, line, after, erased, changed) in [
            (json!(["/input"]), json!({"input": {"a": 1}}), json!({}), json!(["/input"]), json!([])),
            (
                json!([{"op": "upsert", "path": "/input", "value": {"b": 2}}]),
                json!({"input": {"a": 1}}),
                json!({"input": {"b": 2}}),
                json!([]),
                json!(["/input"]),
            ),
            (json!(["/input/foo"]), json!({}), json!({}), json!([]), json!([])),
            (
                json!(["/input/foo"]),
                json!({"input": {"bar": 1}}),
                json!({"input": {"bar": 1}}),
                json!([]),
                json!([]),
            ),
            (
                json!(["/input/foo/bar"]),
                json!({"input": {"foo": {"bar": 1, "baz": 2}}}),
                json!({"input": {"foo": {"baz": 2}}}),
                json!(["/input/foo/bar"]),
                json!([]),
            ),
            (
                json!(["/input/foo/1"]),
                json!({"input": {"foo": [0, 1, 2]}}),
                json!({"input": {"foo": [0, 2]}}),
                json!(["/input/foo/1"]),
                json!([]),
            ),
            (
                json!(["/input/foo/0/a", {"op": "remove", "path": "/result/deny/5"}]),
                json!({"input": {"foo": [{"a": 1}]}, "result": {"deny": []}}),
                json!({"input": {"foo": [{}]}, "result": {"deny": []}}),
                json!(["/input/foo/0/a"]),
                json!([]),
            ),
            (
                json!([{"op": "upsert", "path": "/input/a/b/c", "value": "x"}]),
                json!({"input": {}}),
                json!({"input": {"a": {"b": {"c": "x"}}}}),
                json!([]),
                json!(["/input/a/b/c"]),
            ),
            (
                json!([{"op": "upsert", "path": "/input/a/0", "value": null}]),
                json!({"input": {"a": [1]}}),
                json!({"input": {"a": [null]}}),
                json!([]),
                json!(["/input/a/0"]),
            ),
            (
                json!([{"op": "upsert", "path": "/input/a", "value": 1}, "/nd_builtin_cache/x", "/input/a%20b"]),
                json!({"input": "text", "result": {}}),
                json!({"input": "text", "result": {}}),
                json!([]),
                json!([]),
            ),
            (
                json!(["/input/a%2Fb"]),
                json!({"input": {"a/b": 1}}),
                json!({"input": {}}),
                json!(["/input/a%2Fb"]),
                json!([]),
            ),
        ] {
            let expected = json!({"line": after, "erased": erased, "masked": changed});
            assert_eq!(masked(masks.clone(), line), expected, "{masks}");
        }
    }

    #[test]
    fn a_mask_that_is_none_fails_and_then_nothing_is_logged() {
        for wrong in [
            json!({"path": "/input"}),
            json!("/input"),
            json!([1]),
            json!([""]),
            json!(["input/a"]),
            json!(["/labels/id"]),
            json!(["/"]),
            json!([{"op": "remove"}]),
            json!([{"path": "/input"}]),
            json!([{"op": "replace", "path": "/input"}]),
            json!([{"op": "", "path": "/input"}]),
            json!([{"op": "remove", "path": 1}]),
            json!([{"op": "upsert", "path": "/input", "value": "x".repeat(5000)}]),
            json!(["/input", {"op": "remove", "path": ""}]),
            json!(vec!["/input"; 1001]),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
        let Value::Object(mut line) = json!({"input": {"a": 1}, "result": {}}) else { unreachable!() };
        let failed = Masks::Failed("why".into());
        let (changes, why) = failed.apply(&mut line);
        assert_eq!((line.len(), changes.erased.len(), why), (0, 2, Some("why")));
    }
}
