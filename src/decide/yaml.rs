//! YAML that OPA reads as something else than the engine does.

use std::cell::LazyCell;

use regorus::Value;
use saphyr_parser::{Event, Parser, ScalarStyle};

/// Where in the text, why, and what to write instead.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misread {
    pub at: usize,
    pub why: &'static str,
    pub advice: &'static str,
}

const NUMBER: (&str, &str) = (
    "holds a number with a zero in front, or with `_` in it, which OPA reads as a number and Vestry as text",
    "write it in decimal digits or, where it is a name, in quotes",
);
const MERGE: (&str, &str) = ("merges by `<<`, which Vestry takes for a name", "write the fields out");
const BINARY: (&str, &str) = ("has `!!binary`, which Vestry does not decode", "write what it says");
const TIMESTAMP: (&str, &str) = (
    "has `!!timestamp`, of which OPA makes a date with its time",
    "write the date as it is to be read, without the tag",
);
const TAG: (&str, &str) = ("spells a tag of YAML out, which Vestry does not look at", "leave the tag away");
const ESCAPE: (&str, &str) = ("has `\\/` in double quotes, which OPA refuses", "write `/` alone");
const LONG: (&str, &str) = (
    "holds a number of more than 64 bits that is not decimal, which OPA reads as text",
    "put it in quotes or write it in decimal digits",
);
const NULL_KEY: (&str, &str) = ("has a name that is null, which OPA refuses", "put it in quotes");
const WHOLE_KEY: (&str, &str) =
    ("has a list or an object as a name, which OPA refuses", "write a text there");

/// The first place, by `read`, which is what the engine took the text for.
///
/// Only a scalar that stands there without quotes counts, so that `"010"` is the text that it is in OPA.
pub(super) fn misread(text: &str, read: &Value) -> Option<Misread> {
    let mut found = None;
    let mut keep = |at: usize, (why, advice): (&'static str, &'static str)| {
        if found.as_ref().is_none_or(|before: &Misread| at < before.at) {
            found = Some(Misread { at, why, advice });
        }
    };
    if let Some(at) = plain(text, "!!binary").next() {
        keep(at, BINARY);
    }
    plain(text, "!!timestamp").take(1).for_each(|at| keep(at, TIMESTAMP));
    spelt_out_tags(text).into_iter().for_each(|at| keep(at, TAG));
    if let Some(at) = long_numbers(text, read) {
        keep(at, LONG);
    }
    if let Some(at) = escaped_slash(text, read) {
        keep(at, ESCAPE);
    }
    let scalars = LazyCell::new(|| plain_scalars(text));
    let unquoted = |word: &str| -> Vec<usize> {
        match &*scalars {
            Some(scalars) => scalars.iter().filter(|(_, scalar)| scalar == word).map(|(at, _)| *at).collect(),
            None => plain(text, word).collect(),
        }
    };
    each_text(read, false, &mut |word, is_key| {
        if is_number_to_opa(word) {
            unquoted(word).first().into_iter().for_each(|at| keep(*at, NUMBER));
        }
        if is_key && word == "<<" {
            unquoted(word).first().into_iter().for_each(|at| keep(*at, MERGE));
        }
        if is_key && word == "null" {
            for null in ["null", "Null", "NULL", "~"] {
                let is_key = |at: &usize| text[at + null.len()..].trim_start().starts_with(':');
                unquoted(null).into_iter().filter(is_key).for_each(|at| keep(at, NULL_KEY));
            }
        }
        if is_key && word.starts_with(['[', '{']) {
            plain(text, "?").take(1).for_each(|at| keep(at, WHOLE_KEY));
        }
    });
    found
}

fn each_text(value: &Value, is_key: bool, see: &mut dyn FnMut(&str, bool)) {
    match value {
        Value::String(text) => see(text, is_key),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, false, see)),
        Value::Object(fields) => {
            for (key, value) in fields.iter() {
                match key {
                    Value::Null => see("null", true),
                    Value::Array(_) | Value::Object(_) => see("[", true),
                    _ => each_text(key, true, see),
                }
                each_text(value, false, see);
            }
        }
        _ => {}
    }
}

/// `!<tag:yaml.org,2002:timestamp>`, and what gives such a tag another name.
fn spelt_out_tags(text: &str) -> Option<usize> {
    let renamed = text.starts_with("%TAG").then_some(0).or_else(|| text.find("\n%TAG").map(|at| at + 1));
    renamed.or_else(|| text.find("!<tag:").filter(|at| is_at_a_beginning(text, *at)))
}

/// `0xFFFFFFFFFFFFFFFFFF`, where some number is that long.
fn long_numbers(text: &str, read: &Value) -> Option<usize> {
    if !has_long_number(read) {
        return None;
    }
    let mut starts = ["0x", "0o", "0b"].into_iter().flat_map(|prefix| text.match_indices(prefix));
    starts.find_map(|(at, prefix)| {
        let is_signed = text[..at].ends_with(['-', '+']);
        let is_negative = text[..at].ends_with('-');
        let digits = text[at + 2..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let radix = match prefix {
            "0x" => 16,
            "0o" => 8,
            _ => 2,
        };
        let limit = if is_negative { 1 << 63 } else { u128::from(u64::MAX) };
        let is_long = !digits.is_empty()
            && digits.chars().all(|c| c.is_digit(radix))
            && u128::from_str_radix(digits, radix).map_or(true, |number| number > limit);
        let start = at - usize::from(is_signed);
        (is_long && is_at_a_beginning(text, start)).then_some(start)
    })
}

fn has_long_number(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_i64().is_none() && number.as_u64().is_none(),
        Value::Array(items) => items.iter().any(has_long_number),
        Value::Object(fields) => {
            fields.iter().any(|(key, value)| has_long_number(key) || has_long_number(value))
        }
        _ => false,
    }
}

/// `"a\/b"`; what stands with its quotes in a text was not read as quoted.
fn escaped_slash(text: &str, read: &Value) -> Option<usize> {
    let mut rest = 0;
    while let Some(found) = text[rest..].find('"') {
        let start = rest + found;
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        if !is_at_a_beginning(text, start) || text[line..start].trim_start().starts_with('#') {
            rest = start + 1;
            continue;
        }
        let (mut escape, mut end, mut is_escaped) = (None, text.len(), false);
        for (at, c) in text[start + 1..].char_indices().map(|(at, c)| (start + 1 + at, c)) {
            match c {
                '/' if is_escaped && escape.is_none() => escape = Some(at - 1),
                '"' if !is_escaped => {
                    end = at + 1;
                    break;
                }
                _ => {}
            }
            is_escaped = c == '\\' && !is_escaped;
        }
        let mut is_literal = false;
        each_text(read, false, &mut |word, _| is_literal |= word.contains(&text[start..end]));
        match escape {
            Some(at) if !is_literal => return Some(at),
            _ => rest = if is_literal { start + 1 } else { end },
        }
    }
    None
}

/// `010`, `1_000`, `0X1F`: Go's parser reads YAML 1.1 here.
fn is_number_to_opa(word: &str) -> bool {
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let closed = digits.replace('_', "");
    let radix = [("0x", 16), ("0o", 8), ("0b", 2)].into_iter().find_map(|(prefix, radix)| {
        let lower = closed.to_ascii_lowercase();
        // Go takes a sign behind `0o` and `0b`, but not two.
        let signed = |rest: &str| radix != 16 && digits == word && i64::from_str_radix(rest, radix).is_ok();
        lower.strip_prefix(prefix).map(|rest| u64::from_str_radix(rest, radix).is_ok() || signed(rest))
    });
    let is_decimal = || {
        closed.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b)) && closed.parse::<f64>().is_ok()
    };
    // What the engine reads as a number, too, is none of the texts.
    radix.unwrap_or_else(is_decimal)
}

/// Whether OPA puts a text in quotes because it would be read as something else: a number, a boolean, a date.
pub(super) fn is_more_than_text(text: &str) -> bool {
    let words = [
        "", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", "y", "Y", "yes",
        "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", ".nan", ".NaN",
        ".NAN",
    ];
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    words.contains(&text)
        || [".inf", ".Inf", ".INF"].contains(&unsigned)
        || is_number_to_opa(text)
        || is_fraction(unsigned)
        || is_base_60(unsigned)
        || is_date(text)
}

/// `.5`
fn is_fraction(text: &str) -> bool {
    text.strip_prefix('.').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit()) && is_number_to_opa(&format!("0{text}"))
    })
}

/// `12:30:45`
fn is_base_60(text: &str) -> bool {
    let mut parts = text.split(':');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_sixtieth =
        |part: &str| is_number(part) && part.len() <= 2 && part < "6" || part.len() == 1 && is_number(part);
    parts.next().is_some_and(is_number) && text.contains(':') && parts.all(is_sixtieth)
}

/// `2026-11-22`, of days that every month has.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let within = |part: &str, most: u32| {
        (1..=2).contains(&part.len()) && part.parse().is_ok_and(|number: u32| (1..=most).contains(&number))
    };
    matches!(parts[..], [year, month, day] if year.len() == 4
        && year.bytes().all(|byte| byte.is_ascii_digit())
        && within(month, 12)
        && within(day, 28))
}

/// What stands there without quotes, and where; `None` of a text that only the engine can read.
fn plain_scalars(text: &str) -> Option<Vec<(usize, String)>> {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let mut scalars = Vec::new();
    for event in Parser::new_from_str(text) {
        if let (Event::Scalar(scalar, ScalarStyle::Plain, ..), span) = event.ok()? {
            // An empty one may stand at the very end.
            let at = places.get(span.start.index()).copied().unwrap_or(text.len());
            // Behind its anchor and its tag.
            let behind = text[at..].find(&*scalar).unwrap_or(0);
            scalars.push((at + behind, scalar.into_owned()));
        }
    }
    Some(scalars)
}

/// Where a word stands by itself and, as far as can be seen there, without quotes.
fn plain<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let after = text[at + word.len()..].chars().next();
        is_at_a_beginning(text, *at) && after.is_none_or(|c| c.is_whitespace() || "]},:".contains(c))
    })
}

fn is_at_a_beginning(text: &str, at: usize) -> bool {
    text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || "[{,:".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Misread> {
        misread(text, &Value::from_yaml_str(text).unwrap())
    }

    #[test]
    fn what_opa_reads_otherwise_is_found_where_it_stands() {
        for (text, at, said) in [
            ("a: 010", 3, NUMBER),
            ("accounts:\n  - 012345678901", 14, NUMBER),
            ("[1_000]", 1, NUMBER),
            ("- -07", 2, NUMBER),
            ("a: 1\n0X1F: b", 5, NUMBER),
            ("a: 1_000.5", 3, NUMBER),
            ("a: &x {k: 1}\nb:\n  <<: *x", 18, MERGE),
            ("a: !!binary aGk=", 3, BINARY),
            ("a: !!timestamp 2020-01-01", 3, TIMESTAMP),
            ("a: !<tag:yaml.org,2002:binary> aGk=", 3, TAG),
            ("%TAG !y! tag:yaml.org,2002:\n---\na: !y!binary aGk=", 0, TAG),
            ("a: 0xFFFFFFFFFFFFFFFFFF", 3, LONG),
            ("a: 1\nb: [-0xFFFFFFFFFFFFFFFF]", 9, LONG),
            ("a: 0o-7", 3, NUMBER),
            ("a: 0b+1", 3, NUMBER),
            (r#"a: "\/""#, 4, ESCAPE),
            (r#"a: {"b": 1, "x \" \/c": 2}"#, 18, ESCAPE),
            ("~: a", 0, NULL_KEY),
            ("null : a", 0, NULL_KEY),
            ("? [a]\n: 1", 0, WHOLE_KEY),
            ("a: 010\nnull: b", 3, NUMBER),
            ("\u{fc}: \"010\" # 010\nb: [x, 010]", 23, NUMBER),
            ("a:\nb:\n010:\nc: 011", 6, NUMBER),
            ("- \"012\"\n- &a 012\n- *a", 13, NUMBER),
        ] {
            let found = of(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((found.at, (found.why, found.advice)), (at, said), "{text}");
        }
    }

    #[test]
    fn what_is_the_same_to_both_is_let_pass() {
        for text in [
            "a: '010'",
            "a: [10, \"010\", 0, a_1, 0x1F, 0o7, 1e3, 1_a, 1.2.3, 2020-01-01, v1_0] # 011",
            "\"<<\": 1",
            "\"null\": null",
            "a: null",
            "a: ~",
            "a: see 010",
            "a: 0xFFFFFFFFFFFFFFFF",
            "a: 12345678901234567890123\nb: '0xFFFFFFFFFFFFFFFFFF'",
            "a: '!!timestamp x'",
            "a: '\\/'",
            "a: \\/",
            r#"a: "\\/""#,
            r#"a: 'x "\/" y'"#,
            "# \"\\/\"\na: 1",
            "a: -0o-7",
            // Quoted where it is meant; in a comment or in another text besides.
            "accounts: [\"111122223333\", \"444455556666\"] # 111122223333 is prod",
            "# our account is 111122223333\naccounts: [\"111122223333\"]",
            "a: \"arn:aws:iam::111122223333:role/x\"\nb: \"111122223333\"",
            "r: \"a, 010, b\"\nb: \"010\"",
            "r: a, 010, b\nb: \"010\"",
            "days: \"30\"   # 30",
            "\u{fc}: \"http://localhost:8080 8080\"\nport: '8080'",
            "a: \"<<\"\n# <<: *b\n\"<<\": 1",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
