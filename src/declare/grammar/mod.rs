//! The grammar of a reference: `NAME[:SELECTOR][#KEY][?OPTION[&OPTION]...]` behind its store's scheme.
//!
//! Pure, and total: any text gives a reference or one reason why it is none.

mod arn;
mod options;
mod parameter;
mod scheme;
mod secret;

pub use scheme::scheme;

use super::reference::{Key, Reference, Store};
use crate::secret::SecretValue;
use options::Options;

/// Why a text is no reference, and what to do. Neither quotes the text of a default.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub why: String,
    pub advice: String,
}

pub(in crate::declare) fn fault<T>(why: impl Into<String>, advice: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { why: why.into(), advice: advice.into() })
}

/// Reads what stands behind the scheme (`/prod/db:3#key?optional`), or an entry of the store's list.
pub fn reference(store: Store, text: &str) -> Result<Reference, Fault> {
    let (locator, options) = match text.split_once('?') {
        Some((locator, options)) => (locator, Some(options)),
        None => (text, None),
    };
    let (id, key) = match locator.split_once('#') {
        Some((id, key)) => (id, Some(key)),
        None => (locator, None),
    };
    let (mut source, ecs_key) = match store {
        Store::Ssm => (parameter::source(id)?, None),
        Store::SecretsManager => secret::source(id)?,
    };
    let key = match (key, ecs_key) {
        (Some(_), Some(_)) => {
            return fault("it names a key twice, in the ARN and after #", "keep one of them");
        }
        (Some(text), None) => json_key(text)?,
        (None, Some(member)) => Key::Member(member),
        (None, None) => Key::Whole,
    };
    let options = Options::parse(options)?;
    options.select(&mut source)?;
    let reference = Reference {
        source: source.into(),
        key,
        optional: options.optional,
        default: options.default.map(SecretValue::from),
        decode: options.decode,
    };
    check_combination(reference)
}

fn check_combination(reference: Reference) -> Result<Reference, Fault> {
    if reference.source.tree && reference.key != Key::Whole {
        return fault("a tree has no key", "name the parameter whose key you want");
    }
    if reference.source.tree && !reference.source.selector.is_none() {
        return fault("a tree has no version or label", "drop the selector, or name one parameter");
    }
    if reference.expands() && reference.default.is_some() {
        return fault("what becomes several variables has no default", "use ?optional, or name one key");
    }
    Ok(reference)
}

fn json_key(text: &str) -> Result<Key, Fault> {
    match text {
        "" => fault("the key after # is empty", "write #key, #/a/b or #*, or drop the #"),
        "*" => Ok(Key::Every),
        pointer if pointer.starts_with('/') => match bad_escape(pointer) {
            true => {
                fault("the JSON pointer has a ~ that is neither ~0 nor ~1", "write ~0 for ~ and ~1 for /")
            }
            false => Ok(Key::Pointer(pointer.into())),
        },
        member => Ok(Key::Member(member.into())),
    }
}

fn bad_escape(pointer: &str) -> bool {
    pointer.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1']))
}

/// A reference as it may be shown: without the text of a default, on one line, not endless.
pub fn shown(text: &str) -> String {
    let (locator, options) = match text.split_once('?') {
        Some((locator, _)) => (locator, "?…"),
        None => (text, ""),
    };
    let mut line: String =
        locator.chars().take(200).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if line.len() < locator.len() {
        line.push('…');
    }
    line + options
}

fn spell(c: char) -> String {
    match c {
        ' ' => "a space".into(),
        c if c.is_control() || c.is_whitespace() => format!("the character U+{:04X}", c as u32),
        c => format!("'{c}'"),
    }
}
