//! `object.subset`: the engine's own panics where an array is held against an empty one.

use regorus::Value;

use super::{Function, function};

pub(super) const FUNCTIONS: &[Function] = &[function("object.subset", 2, subset)];

/// Two objects, two sets, two arrays (of which the second stands in the first in one piece), or a set of an array's items.
fn subset(given: &[Value]) -> Result<Value, String> {
    match given {
        [whole, part] => {
            let is_array_and_set = matches!((whole, part), (Value::Array(_), Value::Set(_)));
            if !is_array_and_set && !same_kind(whole, part) {
                return Err("both arguments must be of the same type, or an array and a set".into());
            }
            Ok(Value::from(is_in(whole, part)))
        }
        _ => Err("takes two arguments".into()),
    }
}

fn same_kind(whole: &Value, part: &Value) -> bool {
    matches!(
        (whole, part),
        (Value::Object(_), Value::Object(_))
            | (Value::Set(_), Value::Set(_))
            | (Value::Array(_), Value::Array(_))
    )
}

fn is_in(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part.iter().all(|(key, part)| {
            whole.get(key).is_some_and(|whole| whole == part || same_kind(whole, part) && is_in(whole, part))
        }),
        (Value::Set(whole), Value::Set(part)) => part.iter().all(|item| whole.contains(item)),
        (Value::Array(_), Value::Array(part)) if part.is_empty() => true,
        (Value::Array(whole), Value::Array(part)) => {
            whole.as_slice().windows(part.len()).any(|window| window == part.as_slice())
        }
        (Value::Array(whole), Value::Set(part)) => part.iter().all(|item| whole.contains(item)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_opa_has_it() {
        for (whole, part, expected) in [
            ("[]", "[]", Some(true)),
            ("[1]", "[]", Some(true)),
            ("[1, 2, 3]", "[2, 3]", Some(true)),
            ("[1, 2, 3]", "[1, 3]", Some(false)),
            ("[]", "[1]", Some(false)),
            (r#"{"a": {"b": [1, 2]}, "c": 1}"#, r#"{"a": {"b": [2]}}"#, Some(true)),
            (r#"{"a": 1}"#, r#"{"a": {}}"#, Some(false)),
            (r#"{"a": 1}"#, "{}", Some(true)),
            ("{}", "[]", None),
            ("1", "1", None),
        ] {
            let [whole_value, part_value] = [whole, part].map(|text| Value::from_json_str(text).unwrap());
            let answer = subset(&[whole_value, part_value]);
            assert_eq!(answer.ok(), expected.map(Value::from), "{whole} {part}");
        }
    }
}
