//! Regular expressions as Go has them; the engine's own are those of the crate that it is built on.

mod go;

use std::cell::RefCell;
use std::collections::HashMap;

use regex::{Regex, RegexBuilder};
use regorus::Value;

use super::arguments::string;
use super::numbers::integer;
use super::{Function, function};

pub(super) const FUNCTIONS: &[Function] = &[
    function("regex.find_all_string_submatch_n", 3, find_all_string_submatch_n),
    function("regex.find_n", 3, find_n),
    function("regex.is_valid", 1, |given| {
        Ok(Value::from(matches!(given, [Value::String(pattern)] if compiled(pattern).is_ok())))
    }),
    function("regex.match", 2, |given| {
        Ok(Value::from(compiled(string(given, 0)?)?.is_match(string(given, 1)?)))
    }),
    function("regex.replace", 3, |given| {
        let pattern = compiled(string(given, 1)?)?;
        Ok(Value::from(pattern.replace_all(string(given, 0)?, string(given, 2)?).into_owned()))
    }),
    function("regex.split", 2, |given| Ok(split(&compiled(string(given, 0)?)?, string(given, 1)?))),
    function("regex.template_match", 4, template_match),
];

/// Bounds the time that compiling takes, and matching.
const SIZE_LIMIT: usize = 100 << 10;
/// A rule asks with the same few over and over.
const CACHED: usize = 64;

thread_local! {
    static CACHE: RefCell<HashMap<String, Regex>> = RefCell::default();
}

fn compiled(pattern: &str) -> Result<Regex, String> {
    if let Some(known) = CACHE.with_borrow(|cache| cache.get(pattern).cloned()) {
        return Ok(known);
    }
    let regex = RegexBuilder::new(&go::translated(pattern)?).size_limit(SIZE_LIMIT).build();
    let regex = regex.map_err(|error| format!("invalid regex: {}", error.to_string().replace('\n', " ")))?;
    CACHE.with_borrow_mut(|cache| {
        if cache.len() >= CACHED {
            cache.clear();
        }
        cache.insert(pattern.to_string(), regex.clone());
    });
    Ok(regex)
}

/// How many are asked for: all, where it is negative.
fn most(given: &[Value]) -> Result<usize, String> {
    Ok(usize::try_from(integer(given, 2)?).unwrap_or(usize::MAX))
}

fn find_n(given: &[Value]) -> Result<Value, String> {
    let pattern = compiled(string(given, 0)?)?;
    let found = pattern.find_iter(string(given, 1)?).take(most(given)?);
    Ok(Value::from(found.map(|found| Value::from(found.as_str())).collect::<Vec<_>>()))
}

fn find_all_string_submatch_n(given: &[Value]) -> Result<Value, String> {
    let pattern = compiled(string(given, 0)?)?;
    let found = pattern.captures_iter(string(given, 1)?).take(most(given)?);
    let groups = found.map(|found| {
        let texts = found.iter().map(|group| Value::from(group.map_or("", |group| group.as_str())));
        Value::from(texts.collect::<Vec<_>>())
    });
    Ok(Value::from(groups.collect::<Vec<_>>()))
}

/// As Go: what an empty match splits off in front is left out, and what it would split off behind.
fn split(pattern: &Regex, text: &str) -> Value {
    if text.is_empty() && !pattern.as_str().is_empty() {
        return Value::from(vec![Value::from("")]);
    }
    let mut parts = Vec::new();
    let (mut begin, mut end) = (0, 0);
    for found in pattern.find_iter(text) {
        end = found.start();
        if found.end() != 0 {
            parts.push(Value::from(&text[begin..end]));
        }
        begin = found.end();
    }
    if end != text.len() {
        parts.push(Value::from(&text[begin..]));
    }
    Value::from(parts)
}

/// `urn:foo:{.*}` between delimiters of one character each.
fn template_match(given: &[Value]) -> Result<Value, String> {
    let (template, text) = (string(given, 0)?, string(given, 1)?);
    let delimiter = |at: usize| -> Result<char, String> {
        let text = string(given, at)?;
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if c.is_ascii() => Ok(c),
            _ => Err(format!("{text:?} is no delimiter of exactly one character")),
        }
    };
    let (start, end) = (delimiter(2)?, delimiter(3)?);
    let unbalanced = || format!("unbalanced braces in {template:?}");
    let (mut pattern, mut inner, mut depth) = (String::from("^"), String::new(), 0_usize);
    for c in template.chars() {
        if c == start {
            depth += 1;
        } else if c == end {
            depth = depth.checked_sub(1).ok_or_else(unbalanced)?;
        }
        match depth {
            0 if c == end => {
                let inner = std::mem::take(&mut inner);
                // The first character is the delimiter.
                let inner = inner.strip_prefix(start).unwrap_or(&inner);
                compiled(&format!("^{inner}$"))?;
                pattern.push_str(&format!("({inner})"));
            }
            0 => pattern.push_str(&quoted(c)),
            _ => inner.push(c),
        }
    }
    if depth > 0 {
        return Err(unbalanced());
    }
    pattern.push('$');
    Ok(Value::from(compiled(&pattern)?.is_match(text)))
}

fn quoted(c: char) -> String {
    if r"\.+*?()|[]{}^$".contains(c) { format!(r"\{c}") } else { c.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Value {
        Value::from(texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>())
    }

    /// As OPA 1.22 answers.
    #[test]
    fn text_is_split_as_go_splits_it() {
        for (pattern, text, wanted) in [
            ("", "äö", texts(&["ä", "ö"])),
            ("", "", texts(&[])),
            (",", "", texts(&[""])),
            ("a*", "baac", texts(&["b", "c"])),
            ("x", "axbx", texts(&["a", "b", ""])),
        ] {
            assert_eq!(split(&compiled(pattern).unwrap(), text), wanted, "{pattern} {text}");
        }
    }

    #[test]
    fn classes_are_those_of_ascii_and_case_is_folded() {
        for (pattern, text, wanted) in [
            (r"^\d$", "٣", false),
            (r"^\D$", "٣", true),
            (r"^[^\W]$", "ä", false),
            (r"\bä", "xä", true),
            (r"(?i)^ÄK$", "ä\u{212a}", true),
            (r"(?i)^[a-z]$", "Q", true),
            (r"(?i:a)b", "AB", false),
            (r"^[[a]$", "[", true),
        ] {
            assert_eq!(compiled(pattern).unwrap().is_match(text), wanted, "{pattern} {text}");
        }
    }

    #[test]
    fn templates_need_their_braces_closed() {
        let matches = |template: &str, text: &str| {
            template_match(&["{", "}"].iter().fold(
                vec![Value::from(template), Value::from(text)],
                |mut all, c| {
                    all.push(Value::from(*c));
                    all
                },
            ))
        };
        assert_eq!(matches("urn.{[a-z]{2}}", "urn.ab"), Ok(Value::from(true)));
        assert_eq!(matches("urn.{a}", "urnxa"), Ok(Value::from(false)));
        for template in ["{", "a}", "{{a}", "{(}"] {
            assert!(matches(template, "a").is_err(), "{template}");
        }
    }
}
