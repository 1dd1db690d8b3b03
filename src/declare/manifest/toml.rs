//! TOML into nodes.

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::node::{Entry, Lines, Malformed, Node, Value};

/// Everything that is malformed at once.
pub(super) fn parse(text: &str) -> Result<Node, Vec<Malformed>> {
    let lines = Lines::of(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(Node { place: lines.place(0), value: Value::Table(entries(table.into_inner(), &lines)) });
    }
    let malformed = errors.iter().map(|error| Malformed {
        place: lines.place(error.span().map_or(0, |span| span.start)),
        why: format!("this is no TOML: {}", error.message()),
    });
    Err(malformed.collect())
}

fn entries(table: DeTable<'_>, lines: &Lines<'_>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| Entry {
            place: lines.place(key.span().start),
            key: key.into_inner().into_owned(),
            node: node(value, lines),
        })
        .collect();
    // As they are written: the table sorts them by name.
    entries.sort_by_key(|entry| entry.place);
    entries
}

fn node(value: Spanned<DeValue<'_>>, lines: &Lines<'_>) -> Node {
    let place = lines.place(value.span().start);
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => Value::Number(as_written(number.as_str(), number.radix())),
        DeValue::Float(number) => Value::Number(number.as_str().to_string()),
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Array(items) => Value::List(items.into_iter().map(|item| node(item, lines)).collect()),
        DeValue::Table(table) => Value::Table(entries(table, lines)),
    };
    Node { place, value }
}

fn as_written(digits: &str, radix: u32) -> String {
    let prefix = match radix {
        2 => "0b",
        8 => "0o",
        16 => "0x",
        _ => "",
    };
    format!("{prefix}{digits}")
}
