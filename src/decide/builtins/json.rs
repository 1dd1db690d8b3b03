//! `is_valid` of what is no text is false; the engine's own is an error then. A patch that does not fit is an error.

use regorus::Value;

use super::arguments::{compact_json, elements, string};
use super::engine::by_engine;
use super::{Function, function};
use crate::decide::escapes::{KEPT, holds, keeps};

pub(super) const FUNCTIONS: &[Function] = &[
    function("json.is_valid", 1, json_is_valid),
    function("json.unmarshal", 1, |given| unmarshal("json.unmarshal", given)),
    function("yaml.is_valid", 1, yaml_is_valid),
    function("json.patch", 2, |given| by_engine("json.patch", given)),
    function("json.marshal", 1, |given| given.first().map_or(Ok(Value::Undefined), marshal)),
    function("json.filter", 2, |given| by_path("json.filter", given)),
    function("json.remove", 2, |given| by_path("json.remove", given)),
];

/// Of an object with a name that the library keeps for itself the engine makes a number.
pub(super) fn unmarshal(name: &str, given: &[Value]) -> Result<Value, String> {
    if holds(string(given, 0)?, KEPT) {
        return Err(format!("the text {}", keeps()));
    }
    by_engine(name, given)
}

fn marshal(value: &Value) -> Result<Value, String> {
    if has_names_alike(value) {
        return Err("two keys of an object have the same text".into());
    }
    compact_json(value).map(Value::from)
}

/// Of `{1: "a", "1": "b"}` OPA drops one.
fn has_names_alike(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_names_alike),
        Value::Set(items) => items.iter_sorted().any(has_names_alike),
        Value::Object(fields) => {
            let is_alike = |key: &Value| match key {
                Value::String(_) => false,
                _ => key.to_json_str().is_ok_and(|text| fields.contains_key(&Value::from(text))),
            };
            fields.iter().any(|(key, value)| is_alike(key) || has_names_alike(value))
        }
        _ => false,
    }
}

/// The engine does not know what `~0` and `~1` stand for.
fn by_path(name: &str, given: &[Value]) -> Result<Value, String> {
    let has_tilde = |path: &Value| matches!(path, Value::String(path) if path.contains('~'));
    if elements(given, 1)?.iter().any(has_tilde) {
        return Err("a path with `~` is not available; write it as an array".into());
    }
    by_engine(name, given)
}

fn json_is_valid(given: &[Value]) -> Result<Value, String> {
    Ok(Value::from(matches!(given, [Value::String(text)] if Value::from_json_str(text).is_ok())))
}

fn yaml_is_valid(given: &[Value]) -> Result<Value, String> {
    Ok(Value::from(matches!(given, [Value::String(text)] if Value::from_yaml_str(text).is_ok())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_that_does_not_fit_is_an_error() {
        let of = |patch: &str| {
            let given = [r#"{"a": [1]}"#, patch].map(|json| Value::from_json_str(json).unwrap());
            by_engine("json.patch", &given).map(|value| value.to_string())
        };
        assert_eq!(of(r#"[{"op": "add", "path": "/a/-", "value": 2}]"#), Ok(r#"{"a":[1,2]}"#.into()));
        for patch in [
            r#"[{"op": "remove", "path": "/a/-1"}]"#,
            r#"[{"op": "move", "from": "/a", "path": "/a/b"}]"#,
            r#"[{"op": "test", "path": "/a", "value": 2}]"#,
        ] {
            assert!(of(patch).is_err(), "{patch}");
        }
    }

    #[test]
    fn paths_with_tildes_are_refused() {
        let given = [r#"{"a~b": 1}"#, r#"["a~0b"]"#].map(|json| Value::from_json_str(json).unwrap());
        assert!(by_path("json.remove", &given).is_err());
    }

    #[test]
    fn keys_of_one_text_are_refused() {
        let object = |keys: [Value; 2]| {
            let mut object = Value::new_object();
            for key in keys {
                object.as_object_mut().unwrap().insert(key, Value::Null);
            }
            Value::from(vec![object])
        };
        assert!(marshal(&object([Value::from(1), Value::from("1")])).is_err());
        assert!(marshal(&object([Value::from(1), Value::from("2")])).is_ok());
    }

    #[test]
    fn only_text_can_be_valid() {
        for (given, valid) in
            [(Value::from("{\"a\": 1}"), true), (Value::from("{"), false), (Value::from(1), false)]
        {
            assert_eq!(json_is_valid(std::slice::from_ref(&given)), Ok(Value::from(valid)), "{given}");
            assert_eq!(yaml_is_valid(std::slice::from_ref(&given)), Ok(Value::from(valid)), "{given}");
        }
    }
}
