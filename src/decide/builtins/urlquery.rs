//! Queries of URLs as Go reads them; the engine reads them as a browser would.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use regorus::Value;

use super::arguments::{elements, object, string};
use super::{Function, function};

pub(super) const FUNCTIONS: &[Function] = &[
    function("urlquery.decode", 1, decode),
    function("urlquery.decode_object", 1, decode_object),
    function("urlquery.encode", 1, |given| Ok(Value::from(escaped(string(given, 0)?)))),
    function("urlquery.encode_object", 1, encode_object),
];

/// What stands for itself.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b' ');

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string().replace(' ', "+")
}

/// By name, and of each name its values in order.
fn encode_object(given: &[Value]) -> Result<Value, String> {
    let mut pairs = Vec::new();
    for (name, value) in object(given, 0)?.iter() {
        let text = |value: &Value| match value {
            Value::String(text) => Ok(escaped(text)),
            _ => Err("an object of texts, or of arrays or sets of them, is needed".to_string()),
        };
        let values = match value {
            Value::Array(_) | Value::Set(_) => elements(std::slice::from_ref(value), 0)?,
            value => vec![value.clone()],
        };
        let name = text(name)?;
        for value in &values {
            pairs.push((name.clone(), text(value)?));
        }
    }
    // Sets are sorted as they come; arrays stay as they are.
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    Ok(Value::from(pairs.join("&")))
}

fn decode(given: &[Value]) -> Result<Value, String> {
    unescaped(string(given, 0)?).map(Value::from)
}

fn unescaped(text: &str) -> Result<String, String> {
    let broken = text.match_indices('%').find(|(at, _)| {
        !text.as_bytes().get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if let Some((at, _)) = broken {
        return Err(format!("invalid URL escape {:?}", text[at..].chars().take(3).collect::<String>()));
    }
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(Into::into).map_err(|_| "what it decodes to is not UTF-8".into())
}

/// `a=1&b&a=2` as `{"a": ["1", "2"], "b": [""]}`.
fn decode_object(given: &[Value]) -> Result<Value, String> {
    let mut fields: std::collections::BTreeMap<Value, Vec<Value>> = std::collections::BTreeMap::new();
    for pair in string(given, 0)?.split('&').filter(|pair| !pair.is_empty()) {
        if pair.contains(';') {
            return Err("invalid semicolon separator in query".into());
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        fields.entry(Value::from(unescaped(name)?)).or_default().push(Value::from(unescaped(value)?));
    }
    let mut object = Value::new_object();
    let inner = object.as_object_mut().map_err(|error| error.to_string())?;
    for (name, values) in fields {
        inner.insert(name, Value::from(values));
    }
    Ok(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_broken_ones_are_errors() {
        let of = |text: &str| decode(&[Value::from(text)]);
        for (text, wanted) in
            [("a+b%20c", "a b c"), ("a=1&b=2", "a=1&b=2"), ("ä%C3%A4#", "ää#"), ("a\nb", "a\nb")]
        {
            assert_eq!(of(text), Ok(Value::from(wanted)), "{text}");
        }
        for text in ["%", "%z1", "%1", "%e4"] {
            assert!(of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_go_escapes_is_escaped() {
        assert_eq!(escaped("a b&ä~*-_."), "a+b%26%C3%A4~%2A-_.");
        let given = Value::from_json_str(r#"{"b": ["z", "y"], "a c": "x&y"}"#).unwrap();
        assert_eq!(encode_object(&[given]), Ok(Value::from("a+c=x%26y&b=z&b=y")));
        assert!(encode_object(&[Value::from_json_str(r#"{"a": 1}"#).unwrap()]).is_err());
    }

    #[test]
    fn queries_are_objects_of_lists() {
        let of = |text: &str| decode_object(&[Value::from(text)]);
        let wanted = Value::from_json_str(r#"{"a": ["1", "2 3"], "b": [""]}"#);
        assert_eq!(of("a=1&&b&a=2+3"), Ok(wanted.unwrap()));
        assert!(of("a=1;b=2").is_err() && of("a=%").is_err());
    }
}
