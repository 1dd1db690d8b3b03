//! `settings.toml` at the top of a policy directory or bundle: part of what its signature covers.
//!
//! It is TOML, of which only `key = "text"` and comments are read: the layer carries no whole parser for one word.
//! Whatever else there is refuses.

use std::path::Path;

use super::check::finding::{Code, Finding};
use super::directory::{Directory, PolicyFile};
use super::policy;
use crate::declare::suggest::did_you_mean;
use crate::error::Problem;

pub(super) const FILE: &str = "settings.toml";

/// What a directory's denials do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    #[default]
    Enforce,
    /// They warn. What is no clean answer refuses all the same: nobody knows what it would have said.
    Report,
}

const KEYS: [&str; 1] = ["mode"];
const MODES: [(&str, Mode); 2] = [("enforce", Mode::Enforce), ("report", Mode::Report)];

/// The mode of a place.
pub(super) fn mode(directory: &Directory) -> Result<Mode, Vec<Problem>> {
    check(directory).map_err(|findings| findings.iter().map(policy::problem).collect())
}

/// The same, with what is wrong at its place. A bundle in a directory may have settings of its own, but one place is one
/// policy: its parts have to agree.
pub(super) fn check(directory: &Directory) -> Result<Mode, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut modes: Vec<(&Path, Mode)> = Vec::new();
    for file in &directory.settings {
        match parse(&file.text) {
            Ok(mode) => modes.push((file.path.parent().unwrap_or(&directory.root), mode)),
            Err(faults) => findings.extend(faults.into_iter().map(|(line, col, fault)| {
                let place = |n: usize| u32::try_from(n).unwrap_or_default();
                Finding::in_file(Code::Data, file.path.display().to_string(), fault.why)
                    .place(place(line), place(col))
                    .advice(fault.advice)
            })),
        }
    }
    let of = |policy: &PolicyFile| {
        let around = modes.iter().filter(|(part, _)| policy.path.starts_with(part));
        around.max_by_key(|(part, _)| part.as_os_str().len()).map_or(Mode::Enforce, |(_, mode)| *mode)
    };
    let first = directory.policies.first().map(of).unwrap_or_default();
    if let Some(other) = directory.policies.iter().find(|policy| of(policy) != first) {
        let one = directory.policies[0].path.display();
        let why = format!("{one} and this are of one place and have different modes");
        let advice = format!("write the same mode into the {FILE} of each, or one {FILE} beside all of them");
        findings.push(Finding::in_file(Code::Data, other.path.display().to_string(), why).advice(advice));
    }
    if findings.is_empty() { Ok(first) } else { Err(findings) }
}

/// What is wrong, and what to do.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    why: String,
    advice: String,
}

fn fault(why: impl Into<String>, advice: impl Into<String>) -> Fault {
    Fault { why: why.into(), advice: advice.into() }
}

/// Each fault with its line and column.
fn parse(text: &str) -> Result<Mode, Vec<(usize, usize, Fault)>> {
    let mut faults = Vec::new();
    let mut mode = None;
    for (number, line) in (1..).zip(text.lines()) {
        // The key's column; that of a value is the one of its quote.
        let start = line.chars().take_while(|c| [' ', '\t'].contains(c)).count() + 1;
        let result = match assignment(line) {
            Ok(None) => continue,
            Ok(Some(("mode", _))) if mode.is_some() => {
                Err((start, fault("`mode` is there twice", "keep one of them")))
            }
            Ok(Some(("mode", word))) => match MODES.iter().find(|(known, _)| *known == word) {
                Some((_, found)) => {
                    mode = Some(*found);
                    Ok(())
                }
                None => {
                    let near = did_you_mean(word, MODES.map(|(word, _)| word), "it is enforce or report");
                    let quote = line.chars().take_while(|c| !['"', '\''].contains(c)).count() + 1;
                    Err((quote, fault(format!("mode is {word:?}"), near)))
                }
            },
            Ok(Some((key, _))) => {
                let near = did_you_mean(key, KEYS, "the only key is mode");
                Err((start, fault(format!("unknown key {key:?}"), near)))
            }
            Err(fault) => Err((start, fault)),
        };
        faults.extend(result.err().map(|(col, fault)| (number, col, fault)));
    }
    if faults.is_empty() { Ok(mode.unwrap_or_default()) } else { Err(faults) }
}

/// `key = "text"`, or nothing but a comment.
fn assignment(line: &str) -> Result<Option<(&str, &str)>, Fault> {
    if line.chars().any(|c| c.is_control() && c != '\t') {
        return Err(fault("a control character", "take it out"));
    }
    let line = trim(line);
    if is_comment(line) {
        return Ok(None);
    }
    read(line).map(Some).ok_or_else(|| fault("is not understood", "write `mode = \"report\"`"))
}

fn read(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once('=')?;
    let (key, value) = (trim(key), trim(value));
    let is_bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    let quote = value.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let (text, rest) = value[1..].split_once(quote)?;
    // An escape is nothing that a word needs, and `\"` would not end the text.
    (is_bare && !text.contains('\\') && is_comment(trim(rest))).then_some((key, text))
}

fn is_comment(text: &str) -> bool {
    text.is_empty() || text.starts_with('#')
}

/// TOML's white space, which is less than Unicode's.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: [(&str, Mode); 8] = [
        ("", Mode::Enforce),
        ("# mode = \"report\"\n", Mode::Enforce),
        ("mode = \"enforce\"", Mode::Enforce),
        ("mode = \"report\"\n", Mode::Report),
        ("\r\n# for the roll-out\r\nmode = \"report\"\r\n", Mode::Report),
        ("\tmode='report'\t# until March", Mode::Report),
        ("mode=\"report\"#", Mode::Report),
        ("mode = \"enforce\" # \"report\"", Mode::Enforce),
    ];

    #[test]
    fn the_mode_is_read() {
        for (text, mode) in READ {
            assert_eq!(parse(text), Ok(mode), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_understood_refuses_with_its_place() {
        for (text, line, why) in [
            ("mode = \"reprot\"", 1, "did you mean report?"),
            ("mode = \"Report\"", 1, "did you mean report?"),
            ("mode = \"\"", 1, "it is enforce or report"),
            ("\nmod = \"report\"", 2, "did you mean mode?"),
            ("Mode = \"report\"", 1, "did you mean mode?"),
            ("colour = \"red\"", 1, "the only key is mode"),
            ("mode = \"report\"\nmode = \"report\"", 2, "twice"),
            ("mode = report", 1, "not understood"),
            ("mode = true", 1, "not understood"),
            ("mode = \"report", 1, "not understood"),
            ("mode = \"report\" x", 1, "not understood"),
            ("mode = \"\"\"report\"\"\"", 1, "not understood"),
            ("mode = \"re\\u0070ort\"", 1, "not understood"),
            ("[policy]\nmode = \"report\"", 1, "not understood"),
            ("policy.mode = \"report\"", 1, "not understood"),
            ("\u{feff}mode = \"report\"", 1, "not understood"),
            ("mode\u{a0}= \"report\"", 1, "not understood"),
            ("mode = \"report\"\u{1}", 1, "control character"),
            ("mode", 1, "not understood"),
            ("=", 1, "not understood"),
        ] {
            let faults = parse(text).unwrap_err();
            assert_eq!(faults[0].0, line, "{text:?}");
            let Fault { why: is, advice } = &faults[0].2;
            assert!(format!("{is}; {advice}").contains(why), "{text:?}: {faults:?}");
        }
        for (text, col) in [(" mode = \"reprot\"", 9), ("\tmod = \"report\"", 2), ("mode = true", 1)] {
            assert_eq!(parse(text).unwrap_err()[0].1, col, "{text:?}");
        }
    }

    /// What is read here, every reader of TOML reads the same.
    #[cfg(feature = "tool")]
    #[test]
    fn it_is_toml() {
        for (text, mode) in READ {
            let table: toml::Table = text.parse().unwrap();
            let word = table.get("mode").map_or("enforce", |mode| mode.as_str().unwrap());
            assert!(MODES.contains(&(word, mode)), "{text:?}");
        }
    }
}
