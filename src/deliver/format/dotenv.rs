//! Dotenv, in the quoting that python-dotenv and node's `--env-file` both read back to the same bytes.
//!
//! They agree on little. python-dotenv undoes escapes and puts variables in for `${NAME}`, in every quoting; node
//! undoes nothing but `\n` in double quotes, ends a quoted value at the first quote of its kind, a bare one at
//! `#`, and drops every carriage return. So no escape can be used at all: a value is written as it is, in the
//! first quoting in which both leave it as it is.

use std::io::{self, Write};

use super::{text, undeliverable};
use crate::declare::names;
use crate::error::Problem;

const OTHER_FORMAT: &str = "set VESTRY_FILE_FORMAT=json or VESTRY_FILE_FORMAT=shell";

pub fn check(name: &str, value: &[u8]) -> Result<(), Problem> {
    if !names::is_valid(name) {
        return Err(undeliverable(
            name,
            "readers of dotenv do not agree on this name",
            "give it a name of letters, digits and underscores, or set VESTRY_FILE_FORMAT=json",
        ));
    }
    let value = text(name, value, "set VESTRY_FILE_FORMAT=shell, or keep the value in base64")?;
    match quoting(value) {
        Some(_) => Ok(()),
        None => Err(undeliverable(name, obstacle(value), OTHER_FORMAT)),
    }
}

/// Writes what [`check`] let pass.
pub fn write(name: &str, value: &[u8], out: &mut impl Write) -> io::Result<()> {
    let quote = std::str::from_utf8(value).ok().and_then(quoting).unwrap_or_default();
    write!(out, "{name}={quote}")?;
    out.write_all(value)?;
    writeln!(out, "{quote}")
}

/// What to put around a value: `'`, `"`, or nothing. `None`: no quoting carries it.
fn quoting(value: &str) -> Option<&'static str> {
    if value.contains(['\r', '\0']) || has_expansion(value) {
        None
    } else if !value.contains('\'') && !has_escape(value, r"\'") {
        Some("'")
    } else if !value.contains('"') && !has_escape(value, r#"\'"abfnrtv"#) {
        Some("\"")
    } else if is_bare(value) {
        Some("")
    } else {
        None
    }
}

fn obstacle(value: &str) -> &'static str {
    if value.contains('\r') {
        "the value has a carriage return in it, which node drops from dotenv files"
    } else if has_expansion(value) {
        "the value has ${...} in it, for which python-dotenv puts in something else"
    } else {
        "the value has a combination of quotes and backslashes for which dotenv readers know no common quoting"
    }
}

/// Whether a backslash stands before one of `escapable`, or at the end, where it would escape the closing quote.
fn has_escape(value: &str, escapable: &str) -> bool {
    value.split('\\').skip(1).any(|after| match after.chars().next() {
        // Two backslashes in a row, or the last character.
        None => true,
        Some(next) => escapable.contains(next),
    })
}

/// Whether python-dotenv would find `${NAME}` or `${NAME:-DEFAULT}` in it; names may be anything, even empty.
fn has_expansion(value: &str) -> bool {
    value.match_indices("${").any(|(at, _)| {
        let rest = &value[at + 2..];
        match rest.find(['}', ':']) {
            Some(end) if rest[end..].starts_with('}') => true,
            Some(end) => rest[end..].starts_with(":-") && rest[end..].contains('}'),
            None => false,
        }
    })
}

fn is_bare(value: &str) -> bool {
    // Python counts the separators U+001C to U+001F as blank as well.
    let blank = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c) || c == '\u{feff}';
    !value.is_empty()
        && !value.contains(['\n', '#'])
        && !value.starts_with(['\'', '"', '`'])
        && !value.starts_with(blank)
        && !value.ends_with(blank)
}
