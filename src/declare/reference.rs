//! What a declaration refers to: the store, the name, the version, the part of it.

use std::fmt;
use std::sync::Arc;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::naming::Naming;
use crate::secret::SecretValue;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Store {
    Ssm,
    SecretsManager,
}

impl Store {
    /// The scheme of a reference, the service's name in ARNs and IAM actions, and `store` in the policy input.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ssm => "ssm",
            Self::SecretsManager => "secretsmanager",
        }
    }
}

/// `arn:partition:service:region:account:resource`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arn {
    pub partition: String,
    pub service: String,
    pub region: String,
    pub account: String,
    pub resource: String,
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "arn:{}:{}:{}:{}:{}",
            self.partition, self.service, self.region, self.account, self.resource
        )
    }
}

/// Which version of a parameter or secret; all absent means the current one.
///
/// A parameter has `version` (a number) or `label`; a secret `stage`, `version` (its id), or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector {
    pub version: Option<String>,
    pub label: Option<String>,
    pub stage: Option<String>,
}

impl Selector {
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What has to be asked of a store: two references with the same source are fetched once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    pub store: Store,
    /// As the store is asked for it: a name, an ARN, or for a tree its path, without selector or `/*`.
    pub id: String,
    pub arn: Option<Arn>,
    pub selector: Selector,
    /// `ssm:/path/*`: everything below `id`.
    pub tree: bool,
    /// The region that the manifest gives it; else its ARN's, else the function's.
    pub region: Option<String>,
    /// The role that it is asked for with; else the function's own.
    pub role: Option<Role>,
}

/// A role to assume, in another account for the most part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Role {
    pub arn: String,
    pub external_id: Option<String>,
}

impl Source {
    /// The current version of what has this name or ARN, asked for as usual.
    pub fn named(store: Store, id: impl Into<String>) -> Self {
        Self {
            store,
            id: id.into(),
            arn: None,
            selector: Selector::default(),
            tree: false,
            region: None,
            role: None,
        }
    }

    /// The name without what an ARN puts around it: `/prod/db/password`, `prod/stripe`.
    ///
    /// Of a secret's ARN the random suffix stays: `prod/stripe-AbCdEf`. Whether the last six characters are a
    /// suffix or part of a name only the store knows.
    pub fn name(&self) -> &str {
        let Some(arn) = &self.arn else { return &self.id };
        let prefix = match self.store {
            Store::Ssm => "parameter",
            Store::SecretsManager => "secret:",
        };
        arn.resource.strip_prefix(prefix).unwrap_or(&arn.resource)
    }
}

/// Which part of the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Whole,
    /// `#key`
    Member(String),
    /// `#/a/b`, RFC 6901
    Pointer(String),
    /// `#*`: one variable for each top-level key
    Every,
}

impl Key {
    pub fn is_whole(&self) -> bool {
        *self == Self::Whole
    }

    /// As written after `#`.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Whole => None,
            Self::Member(text) | Self::Pointer(text) => Some(text),
            Self::Every => Some("*"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decode {
    Base64,
}

/// A reference, understood. Printed, it is the reference as one would write it, without the text of a default.
#[derive(Debug)]
pub struct Reference {
    pub source: Arc<Source>,
    pub key: Key,
    /// What is missing leaves the variable out instead of refusing INIT.
    pub optional: bool,
    /// What is delivered instead of something missing.
    pub default: Option<SecretValue>,
    pub decode: Option<Decode>,
}

impl Reference {
    /// One reference that becomes any number of variables: a tree, or `#*`.
    pub fn expands(&self) -> bool {
        self.source.tree || self.key == Key::Every
    }
}

/// What would end an option, or the entry of a list.
const IN_OPTIONS: &AsciiSet = &CONTROLS.add(b'%').add(b'&').add(b',').add(b' ');

/// `ssm:/prod/db:3#password?optional`
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Source { store, id, selector, tree, .. } = &*self.source;
        write!(f, "{}:{id}", store.as_str())?;
        if *store == Store::Ssm
            && let Some(selector) = selector.version.as_ref().or(selector.label.as_ref())
        {
            write!(f, ":{selector}")?;
        }
        if *tree {
            f.write_str(if id.ends_with('/') { "*" } else { "/*" })?;
        }
        if let Some(key) = self.key.text() {
            write!(f, "#{key}")?;
        }
        let mut options = Vec::new();
        if *store == Store::SecretsManager {
            let encoded = |text| utf8_percent_encode(text, IN_OPTIONS);
            options.extend(selector.version.iter().map(|v| format!("version={}", encoded(v))));
            options.extend(selector.stage.iter().map(|s| format!("stage={}", encoded(s))));
        }
        options.extend(self.optional.then(|| "optional".into()));
        options.extend(self.default.as_ref().map(|_| "default=…".into()));
        options.extend(self.decode.map(|Decode::Base64| "decode=base64".into()));
        for (i, option) in options.iter().enumerate() {
            write!(f, "{}{option}", if i == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

/// Where a declaration stands, for messages: two declarations of one name are told apart by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The value of a variable of this name.
    Variable(String),
    /// An entry of `VESTRY_PARAMETERS` or `VESTRY_SECRETS`, counted from 1.
    List { setting: &'static str, entry: usize },
    /// A line of the manifest.
    Manifest { path: Arc<str>, line: usize },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::List { setting, entry } => write!(f, "{setting} entry {entry}"),
            Self::Manifest { path, line } => write!(f, "{path}:{line}"),
        }
    }
}

/// What becomes of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// A variable holds it.
    #[default]
    Variable,
    /// A file of its own holds it, with these permissions; a variable holds the file's path.
    File { mode: u32 },
    /// Variables are composed with it, under this name; it becomes none itself.
    Part(String),
}

/// A reference and the name it is to have.
#[derive(Debug)]
pub struct Declaration {
    pub origin: Origin,
    /// The variable; of a reference that expands, what its variables' names begin with (`NAME_KEY`), if anything.
    pub name: Option<String>,
    pub reference: Reference,
    pub form: Form,
    /// How what expands is named.
    pub naming: Naming,
}

impl Declaration {
    /// One whose value becomes a variable, named as usual.
    pub fn new(origin: Origin, name: Option<String>, reference: Reference) -> Self {
        Self { origin, name, reference, form: Form::default(), naming: Naming::default() }
    }

    /// What to call it in a message: the variable where it has one, else where it stands.
    pub fn label(&self) -> String {
        match (&self.name, &self.form) {
            (Some(name), _) => name.clone(),
            (None, Form::Part(name)) => format!("references.{name}"),
            (None, _) => self.origin.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::grammar;
    use super::*;

    #[test]
    fn what_is_printed_of_an_option_is_read_as_the_same() {
        for text in ["prod/db?version=100%25&stage=x%2C%20y%26z", "prod/db?stage=a%26version=b"] {
            let reference = grammar::reference(Store::SecretsManager, text).unwrap();
            assert_eq!(reference.to_string(), format!("secretsmanager:{text}"));
        }
    }
}
