//! What is written in a template, as far as it is known.

use super::node::Place;

/// What a node comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `AWS::NoValue`, null, or nothing there: as if the property were not written.
    Absent,
    Text(String),
    List(Vec<Value>),
    /// What is written and comes to nothing is there as absent: it takes away what `Globals` has of that name.
    Map(Vec<(String, Value)>),
    Unknown(Unknown),
}

/// What only a deployment tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// How it begins.
    pub prefix: String,
    /// What follows is a name or ARN that AWS gives a resource: whatever it is, it begins no reference.
    pub of_resource: bool,
    /// The whole text, where all that is unknown of it is what its dynamic references stand for.
    pub written: Option<String>,
    /// The logical name of the resource that it is the name or an attribute of.
    pub resource: Option<String>,
    pub why: String,
    pub place: Place,
}

impl Unknown {
    pub(super) fn new(place: Place, why: impl Into<String>) -> Self {
        Self {
            prefix: String::new(),
            of_resource: false,
            written: None,
            resource: None,
            why: why.into(),
            place,
        }
    }

    /// Of a part of it nobody knows how it begins.
    pub(super) fn of_a_part(self) -> Self {
        Self::new(self.place, self.why)
    }
}

impl Value {
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn unknown(&self) -> Option<&Unknown> {
        match self {
            Self::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }

    /// The entry of a mapping.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.written(name).filter(|value| **value != Self::Absent)
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn weight(&self) -> usize {
        let held = match self {
            Self::Absent => 0,
            Self::Text(text) => text.len(),
            Self::List(items) => items.iter().map(Self::weight).sum(),
            Self::Map(entries) => entries.iter().map(|(name, value)| name.len() + value.weight()).sum(),
            Self::Unknown(unknown) => unknown.prefix.len() + unknown.written.as_ref().map_or(0, String::len),
        };
        size_of::<Self>() + held
    }

    /// The same, be it [`Value::Absent`].
    pub(super) fn written(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(there, _)| there == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Of a list its items, of anything else that is there itself: as IAM and SAM take one for a list of one.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Absent => &[],
            one => std::slice::from_ref(one),
        }
    }
}
