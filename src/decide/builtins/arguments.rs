//! What a function was given, as what it expects.

use base64::Engine;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use regorus::Value;
use regorus::value::Object;

pub(super) use crate::decide::hex::hex;
use crate::decide::order::as_json;

/// `operand 2 must be string but got number`, counted from 1.
fn mismatch(arguments: &[Value], at: usize, expected: &str) -> String {
    format!(
        "operand {} must be {expected} but got {}",
        at + 1,
        arguments.get(at).map_or("nothing", type_name)
    )
}

pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Set(_) => "set",
        Value::Object(_) => "object",
        Value::Undefined => "undefined",
    }
}

pub(super) fn string(arguments: &[Value], at: usize) -> Result<&str, String> {
    match arguments.get(at) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(mismatch(arguments, at, "string")),
    }
}

pub(super) fn object(arguments: &[Value], at: usize) -> Result<&Object, String> {
    match arguments.get(at) {
        Some(Value::Object(object)) => Ok(object),
        _ => Err(mismatch(arguments, at, "object")),
    }
}

/// The elements of an array, or of a set in order.
pub(super) fn elements(arguments: &[Value], at: usize) -> Result<Vec<Value>, String> {
    match arguments.get(at) {
        Some(Value::Array(items)) => Ok(items.iter().cloned().collect()),
        Some(Value::Set(items)) => Ok(items.iter_sorted().cloned().collect()),
        _ => Err(mismatch(arguments, at, "array or set")),
    }
}

pub(super) fn array(arguments: &[Value], at: usize) -> Result<Vec<Value>, String> {
    match arguments.get(at) {
        Some(Value::Array(items)) => Ok(items.iter().cloned().collect()),
        _ => Err(mismatch(arguments, at, "array")),
    }
}

/// An object of these fields.
pub(super) fn object_of<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let mut object = Value::new_object();
    if let Ok(inner) = object.as_object_mut() {
        for (name, value) in fields {
            inner.insert(Value::from(name), value);
        }
    }
    object
}

pub(super) fn set_of(items: impl IntoIterator<Item = Value>) -> Value {
    let mut set = Value::new_set();
    if let Ok(inner) = set.as_set_mut() {
        for item in items {
            inner.insert(item);
        }
    }
    set
}

/// As Go reads base64: bits left over at the end may be anything.
fn lenient(alphabet: &Alphabet, padding: DecodePaddingMode) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config.with_decode_padding_mode(padding))
}

/// With its padding, and line breaks anywhere.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    lenient(&STANDARD, DecodePaddingMode::RequireCanonical).decode(text).ok()
}

/// In the alphabet of URLs, padded or not.
pub(super) fn base64url(text: &str) -> Option<Vec<u8>> {
    lenient(&URL_SAFE, DecodePaddingMode::Indifferent).decode(text).ok()
}

/// JSON as Go writes it: no space between tokens, and what is special in HTML escaped.
pub(super) fn compact_json(value: &Value) -> Result<String, String> {
    let json = as_json(value)?.to_json_str().map_err(|e| e.to_string())?;
    let (mut out, mut in_string, mut escaped) = (String::new(), false, false);
    for c in json.chars() {
        match c {
            _ if !in_string && c.is_ascii_whitespace() => continue,
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
        in_string ^= c == '"' && !escaped;
        escaped = in_string && c == '\\' && !escaped;
    }
    Ok(out)
}
