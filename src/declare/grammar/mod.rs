//! The grammar of a reference: `NAME[:SELECTOR][#KEY][?OPTION[&OPTION]...]` behind its store's scheme.
//!
//! Pure, and total: any text gives a reference or one reason why it is none.

mod arn;
mod options;
mod parameter;
mod scheme;
mod secret;

use std::sync::Arc;

pub use scheme::scheme;

use super::reference::{Decode, Key, Reference, Role, Store};
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

/// What the manifest writes beside a reference, field by field; nothing in it is percent-encoded.
#[derive(Default)]
pub struct Extras {
    pub key: Option<String>,
    pub stage: Option<String>,
    pub version: Option<String>,
    pub label: Option<String>,
    pub optional: bool,
    pub default: Option<SecretValue>,
    pub decode: Option<Decode>,
    pub region: Option<String>,
    pub role: Option<Role>,
}

impl Reference {
    /// Refuses what does not go together.
    pub fn checked(self) -> Result<Self, Fault> {
        check_combination(self)
    }

    /// The reference with the fields beside it. None of them says what the reference says already.
    pub fn with(self, extras: Extras) -> Result<Self, Fault> {
        let twice = |what: &str| fault(format!("it names {what} twice"), "keep one of them");
        let mut source = Arc::unwrap_or_clone(self.source);
        let key = match (self.key, extras.key) {
            (key, None) => key,
            (Key::Whole, Some(text)) => json_key(&text)?,
            _ => return twice("a key"),
        };
        options::select(&mut source, extras.stage.as_ref(), extras.version.as_ref())?;
        if let Some(label) = extras.label {
            options::select_label(&mut source, &label)?;
        }
        if extras.default.is_some() && self.default.is_some() {
            return twice("a default");
        }
        if let (Some(arn), Some(region)) = (&source.arn, &extras.region)
            && arn.region != *region
        {
            return fault(format!("the ARN is of {}, not of {region}", arn.region), "drop the region");
        }
        source.region = extras.region.or(source.region);
        source.role = extras.role.or(source.role);
        check_combination(Self {
            source: source.into(),
            key,
            optional: self.optional || extras.optional,
            default: extras.default.or(self.default),
            decode: extras.decode.or(self.decode),
        })
    }
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

/// What may be quoted of a text that should have been `[NAME=]REFERENCE` and is none. Whoever pastes a value where a
/// reference belongs must not find it in a log: of such a text no more is shown than [`shown`] shows.
pub fn quotable(text: &str) -> Option<String> {
    let text = text.trim();
    let (name, rest) = match text.split_once('=') {
        Some((name, rest)) if super::names::is_valid(name.trim_end()) => {
            (format!("{}=", name.trim_end()), rest.trim_start())
        }
        _ => (String::new(), text),
    };
    if let Some(Ok((store, rest))) = scheme(rest) {
        return Some(format!("{name}{}:{}", store.as_str(), shown(store, rest)));
    }
    let store = [Store::Ssm, Store::SecretsManager]
        .into_iter()
        .find(|store| located(*store, id_of(rest)).is_some())?;
    Some(name + &shown(store, rest))
}

/// What may be shown of what stands behind a scheme where it is no reference: a path or an ARN that would be one by
/// itself, and of all else that it is there.
pub fn shown(store: Store, text: &str) -> String {
    const LONGEST: usize = 200;
    let id = id_of(text);
    let Some(mut line) = located(store, id) else {
        return if text.is_empty() { String::new() } else { "…".into() };
    };
    if line.len() > LONGEST {
        // Both are ASCII alone.
        line.truncate(LONGEST);
        line.push('…');
    }
    let rest = &text[id.len()..];
    line.push_str(if rest.starts_with('#') { "#…" } else { "" });
    line.push_str(if rest.contains('?') { "?…" } else { "" });
    line
}

/// What stands before the key and the options.
fn id_of(text: &str) -> &str {
    text.split(['#', '?']).next().unwrap_or_default()
}

/// A path or an ARN, where it is a sound one beyond doubt; without the suffix of ECS, in which anything may stand.
fn located(store: Store, id: &str) -> Option<String> {
    if !id.starts_with('/') && !id.starts_with("arn:aws") {
        return None;
    }
    match store {
        Store::Ssm => parameter::source(id).is_ok().then(|| id.to_string()),
        Store::SecretsManager => {
            let (source, _) = secret::source(id).ok()?;
            let suffix = if source.id.len() < id.len() { ":…" } else { "" };
            Some(source.id + suffix)
        }
    }
}

fn spell(c: char) -> String {
    match c {
        ' ' => "a space".into(),
        c if c.is_control() || c.is_whitespace() => format!("the character U+{:04X}", c as u32),
        c => format!("'{c}'"),
    }
}
