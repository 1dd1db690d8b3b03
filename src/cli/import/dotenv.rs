//! A `.env`: `NAME=value` line by line, as docker, python-dotenv and node agree on it.

use super::found::{Found, Text};
use crate::declare::names;

/// Lines that are none of it are told by their number: what stands there may be a secret.
pub(super) fn read(source: &str, text: &str) -> Found {
    let mut found = Found::of(source);
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut line = 0;
    while !rest.is_empty() {
        line += 1;
        let (this, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let entry = this.trim_start();
        if entry.trim_end().is_empty() || entry.starts_with('#') {
            rest = after;
            continue;
        }
        let entry = entry.strip_prefix("export ").unwrap_or(entry).trim_start();
        let assigned = entry.split_once('=').map(|(name, value)| (name.trim_end(), value));
        let Some((name, value)) = assigned.filter(|(name, _)| names::is_valid(name)) else {
            found.unread.push((Some(line), "the line is no NAME=value; correct it, or leave it out".into()));
            rest = after;
            continue;
        };
        // A quoted value may go over several lines.
        let from = &rest[rest.len() - (value.len() + rest.len() - this.len())..];
        let Some((value, used)) = scan(from) else {
            found.unread.push((Some(line), format!("the quotes of {name} are never closed")));
            break;
        };
        found.add(name.into(), Some(line), Text::Value(value));
        let (value_lines, after) = from.split_at(used);
        line += value_lines.matches('\n').count();
        rest = after.split_once('\n').map_or("", |(_, after)| after);
    }
    found
}

/// The value that `text` begins with, and how many bytes of it were taken; none where a quote stays open.
fn scan(text: &str) -> Option<(String, usize)> {
    let blank = text.len() - text.trim_start_matches([' ', '\t']).len();
    let value = &text[blank..];
    match value.chars().next() {
        Some('\'') => {
            let end = value[1..].find('\'')?;
            Some((value[1..=end].into(), blank + end + 2))
        }
        Some('"') => quoted(&value[1..]).map(|(text, used)| (text, blank + used + 1)),
        _ => {
            let line = value.split('\n').next().unwrap_or_default();
            let plain = line.find(" #").map_or(line, |comment| &line[..comment]);
            Some((plain.trim_end().into(), blank + line.len()))
        }
    }
}

/// Up to the closing quote, which counts.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, at + 1)),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                escaped if "\"\\$`".contains(escaped) => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_as_the_readers_of_such_files_have_them() {
        let found = read(
            ".env",
            "# a comment\r\nA=plain # more\n\n export B = 'single # \"x' # c\nC=\"two\nlines \\\"q\\\" \\n\"\nD=\nE=a#b\nA=later",
        );
        let read: Vec<_> = found.variables.iter().map(|v| (v.name.as_str(), v.line.unwrap())).collect();
        assert_eq!(read, [("B", 4), ("C", 5), ("D", 7), ("E", 8), ("A", 9)]);
        let value = |name| found.value(name).unwrap();
        assert_eq!(value("A"), "later");
        assert_eq!(value("B"), "single # \"x");
        assert_eq!(value("C"), "two\nlines \"q\" \n");
        assert_eq!((value("D"), value("E")), ("", "a#b"));
        assert!(found.unread.is_empty());
    }

    #[test]
    fn what_is_no_entry_is_told_by_its_line_and_never_quoted() {
        let found = read(".env", "A=1\nhunter2\n2B=x\nC=\"hunter2");
        let lines: Vec<_> = found.unread.iter().map(|(line, _)| line.unwrap()).collect();
        assert_eq!(lines, [2, 3, 4]);
        assert!(found.unread.iter().all(|(_, why)| !why.contains("hunter2")), "{:?}", found.unread);
    }
}
