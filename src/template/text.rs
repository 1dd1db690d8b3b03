//! Texts of which a part may be unknown, joined and taken apart.

use super::node::Place;
use super::value::{Unknown, Value};

/// What a variable may hold is 4 KB.
pub(super) const MAX_TEXT: usize = 64 << 10;
const DYNAMIC: &str = "{{resolve:";

/// CloudFormation puts values in for `{{resolve:…}}` as it deploys.
pub(super) fn dynamic(text: &str, place: Place) -> Value {
    match text.split_once(DYNAMIC) {
        None => Value::Text(text.into()),
        Some((prefix, _)) => Value::Unknown(Unknown {
            prefix: prefix.into(),
            written: Some(text.into()),
            ..Unknown::new(
                place,
                "a dynamic reference, which puts the value itself into the function's configuration",
            )
        }),
    }
}

/// The texts with the delimiter between them, up to the first that is unknown.
pub(super) fn join(delimiter: &str, list: Value, place: Place) -> Option<Value> {
    let Value::List(items) = list else {
        return if let Value::Unknown(_) = list { Some(list) } else { None };
    };
    let mut joined = String::new();
    let mut first_dynamic = None;
    let empty = Value::Text(String::new());
    let last = items.iter().rposition(|item| *item != empty || !delimiter.is_empty());
    for (i, item) in items.into_iter().enumerate() {
        joined.push_str(if i == 0 { "" } else { delimiter });
        match item {
            Value::Text(text) => joined.push_str(&text),
            Value::Unknown(Unknown { written: Some(text), place, .. }) => {
                first_dynamic.get_or_insert(place);
                joined.push_str(&text);
            }
            Value::Unknown(unknown) => {
                joined.push_str(&unknown.prefix);
                // What a dynamic reference stands for may be any text.
                let of_resource = unknown.of_resource && !joined.contains(DYNAMIC);
                let resource = unknown.resource.filter(|_| last == Some(i));
                let prefix = match joined.split_once(DYNAMIC) {
                    Some((prefix, _)) if first_dynamic.is_some() => prefix.into(),
                    _ => joined,
                };
                return Some(Value::Unknown(Unknown { prefix, of_resource, resource, ..unknown }));
            }
            Value::List(items) => match join(",", Value::List(items), place)? {
                Value::Text(text) => joined.push_str(&text),
                other => return Some(other),
            },
            Value::Absent | Value::Map(_) => return None,
        }
        if joined.len() > MAX_TEXT {
            return Some(too_long(place));
        }
    }
    // It may be put together here.
    Some(dynamic(&joined, first_dynamic.unwrap_or(place)))
}

pub(super) fn too_long(place: Place) -> Value {
    Value::Unknown(Unknown::new(
        place,
        format!("a text of more than {MAX_TEXT} bytes, which nothing here takes"),
    ))
}

pub(super) fn select(index: Value, list: Value) -> Option<Value> {
    match (index, list) {
        (Value::Text(index), Value::List(items)) => items.get(index.parse::<usize>().ok()?).cloned(),
        (Value::Unknown(unknown), _) | (_, Value::Unknown(unknown)) => {
            Some(Value::Unknown(unknown.of_a_part()))
        }
        _ => None,
    }
}

pub(super) fn split(delimiter: Value, text: Value) -> Option<Value> {
    match (delimiter, text) {
        (Value::Text(delimiter), Value::Text(text)) if !delimiter.is_empty() => {
            Some(Value::List(text.split(&delimiter).map(|part| Value::Text(part.into())).collect()))
        }
        (_, Value::Unknown(unknown)) => Some(Value::Unknown(unknown.of_a_part())),
        _ => None,
    }
}
