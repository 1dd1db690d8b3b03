//! What is known of a part of the input.

use crate::decide::schema::Shape;
use crate::declare::suggest::nearest;

/// A part of the input, within so many lists or sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) shape: &'static Shape,
    pub(super) lists: u8,
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.shape, other.shape) && self.lists == other.lists
    }
}

/// What a rule or an argument holds, over all its definitions or calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Held {
    Always(Known),
    Mixed,
}

pub(super) fn merge<K>(entry: std::collections::hash_map::Entry<'_, K, Held>, known: Option<Known>) {
    let held = known.map_or(Held::Mixed, Held::Always);
    entry.and_modify(|before| *before = if *before == held { held } else { Held::Mixed }).or_insert(held);
}

impl Known {
    pub(super) fn wrapped(self) -> Self {
        Self { lists: self.lists.saturating_add(1), ..self }
    }

    pub(super) fn element(self) -> Option<Self> {
        match (self.lists, self.shape) {
            (0, Shape::List(element)) => Some(Self { shape: element, lists: 0 }),
            (0, _) => None,
            (lists, _) => Some(Self { lists: lists - 1, ..self }),
        }
    }
}

pub(super) enum Missing {
    Unknown(&'static Shape),
    AtDeclare,
    List,
    Scalar(&'static Shape),
}

impl Missing {
    /// Why, and what to do.
    pub(super) fn tell(&self, of: &str, name: &str) -> (String, String) {
        let why = format!("undefined ref: {of}.{name}");
        match self {
            Self::Unknown(shape) => {
                let names = || shape.fields().iter().map(|field| field.name);
                let advice = match nearest(name, names()) {
                    Some(near) => format!("the input has no such field; did you mean `{near}`?"),
                    None => format!(
                        "the input has no such field; {of} has {}",
                        names().collect::<Vec<_>>().join(", ")
                    ),
                };
                (why, advice)
            }
            Self::AtDeclare => (
                format!("{why} at declare: it is known at resolve only"),
                "put the rule into package vestry.resolve or one below it".into(),
            ),
            Self::List => (why, format!("{of} is a list; write `some x in {of}` and `x.{name}`")),
            Self::Scalar(shape) => {
                let what = match shape {
                    Shape::Number => "a number",
                    Shape::Flag => "a boolean",
                    _ => "a string",
                };
                (why, format!("{of} is {what} and has no fields"))
            }
        }
    }
}
