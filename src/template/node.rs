//! A template as it is written: scalars as text, and the intrinsic functions apart from other mappings.

use std::fmt;

/// Line and column, from 1; both 0 where nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub place: Place,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    /// Numbers and booleans, too, as they are written: that is how they reach an environment.
    Text(String),
    Sequence(Vec<Node>),
    Mapping(Vec<(String, Node)>),
    /// `!Sub x` and `{"Fn::Sub": "x"}` are both `Fn::Sub`.
    Call(String, Box<Node>),
}

impl Node {
    pub fn mapping(&self) -> Option<&[(String, Node)]> {
        match &self.kind {
            Kind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.mapping()?.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The entries of a mapping below this one; none where there is no such mapping.
    pub fn entries(&self, key: &str) -> impl Iterator<Item = (&str, &Node)> {
        let entries = self.get(key).and_then(Node::mapping).unwrap_or_default();
        entries.iter().map(|(name, node)| (name.as_str(), node))
    }

    /// A mapping of one entry that names an intrinsic function is a call of it.
    pub fn with_calls(self) -> Self {
        match self.kind {
            Kind::Mapping(mut entries) if entries.len() == 1 && is_function(&entries[0].0) => {
                let (name, argument) = entries.remove(0);
                Self { place: self.place, kind: Kind::Call(name, Box::new(argument)) }
            }
            kind => Self { place: self.place, kind },
        }
    }
}

fn is_function(key: &str) -> bool {
    key == "Ref" || (key.starts_with("Fn::") && !key.starts_with(FOR_EACH))
}

/// `Fn::ForEach::Name: [...]` stands among other entries and becomes any number of them.
const FOR_EACH: &str = "Fn::ForEach::";

/// Whether an entry of a mapping stands for others, which a macro or a transform makes of it.
pub(super) fn stands_for_entries(key: &str) -> bool {
    key.starts_with(FOR_EACH) || key == "Fn::Transform"
}

/// The name that a short form stands for: `Sub` is `Fn::Sub`, `Ref` and `Condition` are themselves.
pub(super) fn long_form(tag: &str) -> String {
    if tag == "Ref" || tag == "Condition" { tag.into() } else { format!("Fn::{tag}") }
}
