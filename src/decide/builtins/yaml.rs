//! YAML, as far as it is written and read here as in OPA.

use regorus::Value;
use regorus::value::Object;

use super::arguments::string;
use super::engine::by_engine;
use super::{Function, function, json};
use crate::decide::{order, yaml};

pub(super) const FUNCTIONS: &[Function] =
    &[function("yaml.marshal", 1, marshal), function("yaml.unmarshal", 1, unmarshal)];

/// OPA indents a list within an object, the engine does not.
fn marshal(given: &[Value]) -> Result<Value, String> {
    let [value] = given else { return Err("takes one argument".into()) };
    let mut out = String::new();
    write(value, 0, &mut out)?;
    Ok(Value::from(out))
}

/// A value whose first line is begun; the others are `indent` columns in. Ends with a newline.
fn write(value: &Value, indent: usize, out: &mut String) -> Result<(), String> {
    match value {
        Value::Array(items) if !items.is_empty() => write_list(items.iter(), indent, out),
        Value::Set(items) if !items.is_empty() => write_list(order::elements(items).into_iter(), indent, out),
        Value::Object(fields) if !fields.is_empty() => write_fields(fields, indent, out),
        Value::Set(_) => {
            out.push_str("[]\n");
            Ok(())
        }
        _ => write_scalar(value, indent, out),
    }
}

fn write_list<'a>(
    items: impl Iterator<Item = &'a Value>,
    indent: usize,
    out: &mut String,
) -> Result<(), String> {
    for (number, item) in items.enumerate() {
        if number > 0 {
            out.extend(std::iter::repeat_n(' ', indent));
        }
        out.push_str("- ");
        write(item, indent + 2, out)?;
    }
    Ok(())
}

fn write_fields(fields: &Object, indent: usize, out: &mut String) -> Result<(), String> {
    for (number, (key, value)) in fields.iter_sorted().enumerate() {
        if number > 0 {
            out.extend(std::iter::repeat_n(' ', indent));
        }
        let key = match key {
            Value::String(_) => scalar(key)?,
            _ => return Err("a name that is no text".into()),
        };
        // Longer ones OPA announces by a question mark.
        if key.contains('\n') || key.len() > 120 {
            return Err(
                "a name of several lines, or a long one, is written otherwise by OPA; use json.marshal"
                    .into(),
            );
        }
        out.push_str(&key);
        out.push(':');
        if is_filled(value) {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent + 2));
        } else {
            out.push(' ');
        }
        write(value, indent + 2, out)?;
    }
    Ok(())
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Set(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => false,
    }
}

fn write_scalar(value: &Value, indent: usize, out: &mut String) -> Result<(), String> {
    let text = scalar(value)?;
    for (number, line) in text.lines().enumerate() {
        // Within a block the engine has indented by two columns already.
        if number > 0 && !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent.saturating_sub(2)));
        }
        out.push_str(line);
        out.push('\n');
    }
    Ok(())
}

/// Without the newline behind it.
fn scalar(value: &Value) -> Result<String, String> {
    if let Value::String(text) = value {
        if is_written_otherwise(text) {
            return Err("a text of this kind is written otherwise by OPA; use json.marshal".into());
        }
        if yaml::is_more_than_text(text) {
            return Ok(format!("\"{text}\""));
        }
    }
    let written = by_engine("yaml.marshal", std::slice::from_ref(value))?;
    let text = written.as_string().map_err(|e| e.to_string())?;
    Ok(text.strip_suffix('\n').unwrap_or(text).to_string())
}

/// Characters that OPA escapes or refuses, lines that begin or end with nothing, and times: each has its own rules.
fn is_written_otherwise(text: &str) -> bool {
    let is_odd = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}'..)
    };
    let lines = || text.strip_suffix('\n').unwrap_or(text).split('\n');
    let has_odd_lines = text.contains('\n') && lines().any(|line| line.trim() != line || line.is_empty());
    let is_like_a_time = text.len() > 5
        && text.bytes().take(4).all(|byte| byte.is_ascii_digit())
        && text.as_bytes()[4] == b'-'
        && !yaml::is_more_than_text(text);
    text.contains(is_odd) || has_odd_lines || is_like_a_time
}

/// What OPA would read otherwise is an error.
fn unmarshal(given: &[Value]) -> Result<Value, String> {
    let text = string(given, 0)?;
    let read = json::unmarshal("yaml.unmarshal", given)?;
    match yaml::misread(text, &read) {
        Some(misread) => Err(format!("the text {}; {}", misread.why, misread.advice)),
        None => Ok(read),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opa_reads_otherwise_is_an_error() {
        for text in ["a: 010", "[1_000]", "- -07"] {
            assert!(unmarshal(&[Value::from(text)]).is_err(), "{text}");
        }
        let wanted = Value::from_json_str(r#"{"a": [10, "010", 0, "a_1"]}"#).unwrap();
        assert_eq!(unmarshal(&[Value::from("a: [10, '010', 0, a_1]")]), Ok(wanted));
    }

    #[test]
    fn lists_within_objects_are_indented() {
        let of = |json: &str| marshal(&[Value::from_json_str(json).unwrap()]).map(|text| text.to_string());
        for (json, wanted) in [
            (r#"{"a": {"b": 1}}"#, r#""a:\n  b: 1\n""#),
            (
                r#"[{"a": [1], "b": [[2, 3], []]}]"#,
                r#""- a:\n    - 1\n  b:\n    - - 2\n      - 3\n    - []\n""#,
            ),
            (r#"{"a": []}"#, r#""a: []\n""#),
            (r#"{"a": ["x\ny", {"k": "l\n"}]}"#, r#""a:\n  - |-\n    x\n    y\n  - k: |\n      l\n""#),
            ("1", r#""1\n""#),
        ] {
            assert_eq!(of(json), Ok(wanted.to_string()), "{json}");
        }
    }
}
