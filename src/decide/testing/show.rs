//! Values as Rego writes them, in one line.

use regorus::Value;

use crate::decide::order;

/// More of a value than anybody reads.
const MAX_BYTES: usize = 2_000;

/// `{"a", "b"}`, `{"k": [1]}`, `undefined`; what is very long is cut.
pub fn shown(value: &Value) -> String {
    let mut text = String::new();
    write(value, MAX_BYTES, &mut text);
    if text.len() > MAX_BYTES {
        let end = (0..=MAX_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The same in full, as it can stand in a policy.
pub(super) fn literal(value: &Value) -> String {
    let mut text = String::new();
    write(value, usize::MAX, &mut text);
    text
}

fn write(value: &Value, limit: usize, text: &mut String) {
    if text.len() > limit {
        return;
    }
    match value {
        Value::Undefined => text.push_str("undefined"),
        Value::Array(items) => list(items.iter(), ["[", "]"], limit, text),
        Value::Set(items) if items.is_empty() => text.push_str("set()"),
        Value::Set(items) => list(order::elements(items).into_iter(), ["{", "}"], limit, text),
        Value::Object(fields) => {
            text.push('{');
            for (i, (key, value)) in order::members(fields).into_iter().enumerate() {
                text.push_str(if i == 0 { "" } else { ", " });
                write(key, limit, text);
                text.push_str(": ");
                write(value, limit, text);
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn list<'a>(
    items: impl Iterator<Item = &'a Value>,
    [open, close]: [&str; 2],
    limit: usize,
    text: &mut String,
) {
    text.push_str(open);
    for (i, item) in items.enumerate() {
        text.push_str(if i == 0 { "" } else { ", " });
        write(item, limit, text);
    }
    text.push_str(close);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_told_from_objects_and_lists() {
        let mut engine = regorus::Engine::new();
        let mut of = |text: &str| {
            let result = engine.eval_query(format!("x := {text}"), false).unwrap();
            shown(&result.result[0].bindings["x"])
        };
        for text in [r#"{"a": [1, null], "b": {"x"}}"#, "set()", "{}", "[]", r#""a\"b""#, "-1.5"] {
            assert_eq!(of(text), text);
        }
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let text = shown(&Value::from("ö".repeat(MAX_BYTES)));
        assert!(text.ends_with('…') && text.len() <= MAX_BYTES + "…".len());
    }
}
