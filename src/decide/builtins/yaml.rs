//! YAML, as far as it is written and read here as in OPA.

use regorus::Value;

use super::arguments::string;
use super::engine::by_engine;
use super::{Function, function};

pub(super) const FUNCTIONS: &[Function] =
    &[function("yaml.marshal", 1, marshal), function("yaml.unmarshal", 1, unmarshal)];

/// OPA indents a list within an object, the engine does not.
fn marshal(given: &[Value]) -> Result<Value, String> {
    let written = by_engine("yaml.marshal", given)?;
    if given.first().is_some_and(|value| holds_list_in_object(value, false)) {
        return Err("a list within an object is not written as OPA writes it; use json.marshal".into());
    }
    Ok(written)
}

fn holds_list_in_object(value: &Value, in_object: bool) -> bool {
    match value {
        Value::Array(items) => {
            (in_object && !items.is_empty()) || items.iter().any(|item| holds_list_in_object(item, in_object))
        }
        Value::Set(items) => {
            !items.is_empty() && (in_object || items.iter().any(|item| holds_list_in_object(item, false)))
        }
        Value::Object(fields) => fields.iter().any(|(_, value)| holds_list_in_object(value, true)),
        _ => false,
    }
}

/// `010` is eight in OPA and `1_000` a thousand; the engine takes both for text.
fn unmarshal(given: &[Value]) -> Result<Value, String> {
    let words = string(given, 0)?.split(|c: char| c.is_whitespace() || "[]{},".contains(c));
    for word in words {
        if is_number_of_old(word) {
            return Err(format!(
                "{word} is a number to OPA and none here; write it in decimal digits, or in quotes"
            ));
        }
    }
    by_engine("yaml.unmarshal", given)
}

fn is_number_of_old(word: &str) -> bool {
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
    let octal =
        digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    let apart = digits.contains('_')
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
    octal || apart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_opa_alone_reads_are_refused() {
        for text in ["a: 010", "[1_000]", "- -07"] {
            assert!(unmarshal(&[Value::from(text)]).is_err(), "{text}");
        }
        let wanted = Value::from_json_str(r#"{"a": [10, "010", 0, "a_1"]}"#).unwrap();
        assert_eq!(unmarshal(&[Value::from("a: [10, '010', 0, a_1]")]), Ok(wanted));
    }

    #[test]
    fn lists_within_objects_are_not_written() {
        let of = |json: &str| marshal(&[Value::from_json_str(json).unwrap()]).map(|text| text.to_string());
        assert_eq!(of(r#"{"a": {"b": 1}}"#), Ok(r#""a:\n  b: 1\n""#.into()));
        assert!(of(r#"[{"a": [1]}]"#).is_err());
        assert!(of(r#"{"a": []}"#).is_ok());
    }
}
