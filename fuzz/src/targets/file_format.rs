//! The file formats: what their readers read is what was written, or nothing is. The readers are models of python-dotenv
//! and node, of a POSIX shell, and serde_json; the real ones are in tests/file_readers.rs.

use std::collections::BTreeMap;

use vestry::declare::FileFormat as Format;
use vestry::deliver::changes::Changes;
use vestry::deliver::format::render;

use crate::seeds;
use crate::target::{Broken, CANARY, Outcome, Target, says_nothing, shape_of, text};

/// A name, a line end, the value.
pub struct FileFormat;

type Variables = Vec<(String, Vec<u8>)>;
type Reader = fn(&[u8]) -> Option<Variables>;

impl Target for FileFormat {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::texts(&[
            "KEY\nplain",
            "KEY\nit's",
            "KEY\n \"a\" # b",
            "KEY\n${HOME}",
            "KEY\n\\n",
            "KEY\n-----BEGIN KEY-----\nAAAA\n-----END-----\n",
            "KEY\n{\"a\": \"it's\"}",
            "A-B\nx",
            "KEY\nends\\",
            "KEY\na\\\\b",
            "KEY\n$(id)`id`",
        ])
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "'", "\"", "`", "\\", "\\'", "\\\"", "\\n", "\\\\", "\n", "\r\n", "#", " #", "${X}", "${X:-y}",
            "${", "}", ":-", "$(", "=", "export ", "\u{a0}", "\u{85}", "\u{1c}", "\u{feff}", "\u{2028}",
            "\u{b}", "KEY=", "\nKEY=", " ", "\t",
        ]
    }

    fn longest(&self) -> usize {
        300
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let at = case.iter().position(|byte| *byte == b'\n').unwrap_or(case.len());
        let name = text(&case[..at]);
        let value: Vec<u8> =
            case.get(at + 1..).unwrap_or_default().iter().copied().filter(|byte| *byte != 0).collect();
        let mut outcome = String::new();
        for (format, what) in [(Format::Dotenv, "dotenv"), (Format::Shell, "shell"), (Format::Json, "json")] {
            tells_nothing(format, &name, &value)?;
            let file = match render(format, &Changes { set: vec![(&name, &value)], removed: vec![] }) {
                Ok(file) => file,
                Err(refusal) => {
                    outcome += &shape_of(refusal.problems());
                    continue;
                }
            };
            let readers: &[Reader] = match format {
                Format::Dotenv => &[python, node],
                Format::Shell => &[shell],
                Format::Json => &[json],
            };
            for (i, reader) in readers.iter().enumerate() {
                let read = reader(&file);
                if read.as_deref() != Some(&[(name.to_string(), value.clone())]) {
                    let file = String::from_utf8_lossy(&file).into_owned();
                    return Err(format!("{what}, reader {i}: of {file:?} it reads {read:?}"));
                }
            }
            outcome += &format!("{what}{:?}", file.get(name.len() + 1));
        }
        Ok(outcome)
    }
}

fn tells_nothing(format: Format, name: &str, value: &[u8]) -> Result<(), Broken> {
    let value = [&value[..value.len() / 2], CANARY.as_bytes(), &value[value.len() / 2..]].concat();
    let rendered = render(format, &Changes { set: vec![(name, &value)], removed: vec![] });
    rendered.map_or_else(|refusal| says_nothing(&format!("{refusal} {refusal:?}")), |_| Ok(()))
}

/// python-dotenv 1.x, `parser.py` and `variables.py`, for one binding after another without `export`.
fn python(file: &[u8]) -> Option<Variables> {
    let text = std::str::from_utf8(file).ok()?;
    let mut rest = text;
    let mut read = Vec::new();
    while !rest.trim().is_empty() {
        let (name, behind) = rest.split_once('=')?;
        let (value, behind) = match behind.chars().next() {
            Some(quote @ ('\'' | '"')) => {
                let end = python_end(&behind[1..], quote)?;
                (
                    python_unescaped(&behind[1..=end], quote),
                    behind[end + 2..].trim_start_matches(' ').strip_prefix('\n')?,
                )
            }
            _ => {
                let (line, behind) = behind.split_once('\n')?;
                let end = line
                    .char_indices()
                    .find(|(at, c)| c.is_whitespace() && { line[*at..].trim_start().starts_with('#') });
                let line = end.map_or(line, |(at, _)| &line[..at]);
                (line.trim_end_matches(python_blank).to_string(), behind)
            }
        };
        if expands(&value) {
            return None;
        }
        read.push((name.to_string(), value.into_bytes()));
        rest = behind;
    }
    Some(read)
}

fn python_blank(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `(?:\\'|[^'])*'`: an escaped quote where the rest allows it.
fn python_end(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == quote && !escaped {
            return Some(at);
        }
        // `[^']` takes any backslash, but `\'` is tried first wherever one begins.
        escaped = c == '\\';
    }
    None
}

fn python_unescaped(text: &str, quote: char) -> String {
    let escapable = if quote == '\'' { "\\'" } else { "\\'\"abfnrtv" };
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(next) if c == '\\' && escapable.contains(*next) => {
                out.push(match *next {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'a' => '\u{7}',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'v' => '\u{b}',
                    other => other,
                });
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

/// `\$\{(?P<name>[^\}:]*)(?::-(?P<default>[^\}]*))?\}`
fn expands(value: &str) -> bool {
    value.match_indices("${").any(|(at, _)| {
        let rest = &value[at + 2..];
        let name = rest.find(['}', ':']).unwrap_or(rest.len());
        let rest = &rest[name..];
        rest.starts_with('}') || rest.strip_prefix(":-").is_some_and(|default| default.contains('}'))
    })
}

/// node's `Dotenv::ParseContent`, which drops every carriage return first.
fn node(file: &[u8]) -> Option<Variables> {
    let text = std::str::from_utf8(file).ok()?.replace('\r', "");
    let mut rest = text.as_str();
    let mut read = Vec::new();
    let blank = |c: char| c.is_ascii_whitespace() || c == '\u{b}';
    while !rest.trim_matches(blank).is_empty() {
        let (name, behind) = rest.split_once('=')?;
        let behind = behind.trim_start_matches([' ', '\t']);
        let quoted = behind.chars().next().filter(|c| ['"', '\'', '`'].contains(c));
        let closed =
            quoted.and_then(|quote| behind[1..].split_once(quote).map(|(value, rest)| (quote, value, rest)));
        let (value, behind) = match closed {
            Some(('"', value, rest)) => {
                (value.replace("\\n", "\n"), rest.split_once('\n').map_or("", |(_, rest)| rest))
            }
            Some((_, value, rest)) => (value.to_string(), rest.split_once('\n').map_or("", |(_, rest)| rest)),
            None => {
                let (line, rest) = behind.split_once('\n').unwrap_or((behind, ""));
                let line = line.split('#').next().unwrap_or(line);
                (line.trim_matches(blank).to_string(), rest)
            }
        };
        read.push((name.trim_matches(blank).to_string(), value.into_bytes()));
        rest = behind;
    }
    Some(read)
}

/// Quoting of a POSIX shell: `'…'` and `\'` alone.
fn shell(file: &[u8]) -> Option<Variables> {
    let mut read = Vec::new();
    let mut rest = file;
    while !rest.is_empty() {
        let at = rest.iter().position(|byte| *byte == b'=')?;
        let name = String::from_utf8(rest[..at].to_vec()).ok()?;
        rest = &rest[at + 1..];
        let mut value = Vec::new();
        loop {
            match rest {
                [b'\n', behind @ ..] => {
                    rest = behind;
                    break;
                }
                [b'\'', behind @ ..] => {
                    let end = behind.iter().position(|byte| *byte == b'\'')?;
                    value.extend_from_slice(&behind[..end]);
                    rest = &behind[end + 1..];
                }
                [b'\\', b'\'', behind @ ..] => {
                    value.push(b'\'');
                    rest = behind;
                }
                // Anything else would be evaluated.
                _ => return None,
            }
        }
        read.push((name, value));
    }
    Some(read)
}

fn json(file: &[u8]) -> Option<Variables> {
    let object: BTreeMap<String, String> = serde_json::from_slice(file).ok()?;
    Some(object.into_iter().map(|(name, value)| (name, value.into_bytes())).collect())
}
