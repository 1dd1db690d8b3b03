//! JSON into nodes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::node::{Entry, Lines, MAX_DEPTH, Malformed, Node, Place, Value};
use crate::json::Members;

pub(super) fn parse(text: &str) -> Result<Node, Malformed> {
    let document: &RawValue = serde_json::from_str(text).map_err(|error| malformed(&error, Place::START))?;
    node(document, &Lines::of(text), 0)
}

/// Of its syntax the parser says what it wanted, in words of its own; what it says of data may quote them.
fn malformed(error: &serde_json::Error, start: Place) -> Malformed {
    let why = match error.classify() {
        Category::Eof => "this is no JSON: it ends too early".to_string(),
        Category::Syntax => {
            let said = error.to_string();
            format!("this is no JSON: {}", said.rsplit_once(" at line ").map_or(&*said, |(why, _)| why))
        }
        Category::Data | Category::Io => "this is no JSON".to_string(),
    };
    let column = if error.line() > 1 { error.column() } else { start.column + error.column() - 1 };
    Malformed { place: Place { line: start.line + error.line().max(1) - 1, column }, why }
}

fn node(raw: &RawValue, lines: &Lines<'_>, depth: usize) -> Result<Node, Malformed> {
    let text = raw.get();
    let place = lines.place_of(text);
    if depth > MAX_DEPTH {
        return Err(Malformed { place, why: format!("it is nested deeper than {MAX_DEPTH}") });
    }
    let value = match text.as_bytes()[0] {
        b'n' => Value::Null,
        b't' => Value::Flag(true),
        b'f' => Value::Flag(false),
        b'"' => Value::Text(read(text, place)?),
        b'[' => {
            let items: Vec<&RawValue> = read(text, place)?;
            Value::List(items.into_iter().map(|item| node(item, lines, depth + 1)).collect::<Result<_, _>>()?)
        }
        b'{' => {
            let Members(members): Members<Key<'_>, &RawValue> = read(text, place)?;
            let mut entries: Vec<Entry> = Vec::with_capacity(members.len());
            for (Key(key), value) in members {
                let node = node(value, lines, depth + 1)?;
                // A key with an escape in it is no piece of the text any more; then its value's place has to do.
                let place = if let Cow::Borrowed(key) = key { lines.place_of(key) } else { node.place };
                entries.push(Entry { key: key.into_owned(), place, node });
            }
            Value::Table(entries)
        }
        _ => Value::Number(text.to_string()),
    };
    Ok(Node { place, value })
}

fn read<'a, T: Deserialize<'a>>(text: &'a str, place: Place) -> Result<T, Malformed> {
    serde_json::from_str(text).map_err(|error| malformed(&error, place))
}

struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;
        impl<'de> Visitor<'de> for Borrowing {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(key.into())))
            }
        }
        deserializer.deserialize_str(Borrowing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_told_with_why_and_never_quoted() {
        for (text, line, column, why) in [
            ("{\"c4n4ry\": c4n4ry}", 1, 12, "this is no JSON: expected value"),
            ("{\n  \"A\": \"c4n4ry\"\n  \"B\": 1\n}", 3, 3, "this is no JSON: expected `,` or `}`"),
            ("{\"A\": \"c4n4ry\",}", 1, 16, "this is no JSON: key must be a string"),
            ("{} c4n4ry", 1, 4, "this is no JSON: trailing characters"),
            ("{\"A\": \"c4n4ry", 1, 13, "this is no JSON: it ends too early"),
        ] {
            let Err(malformed) = parse(text) else { panic!("{text}") };
            assert_eq!((malformed.place.line, malformed.place.column), (line, column), "{text}");
            assert_eq!(malformed.why, why, "{text}");
        }
    }
}
