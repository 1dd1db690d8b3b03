//! A document of any of the three formats: values, and where they stand.

use std::fmt;

/// Deeper than any manifest.
pub(super) const MAX_DEPTH: usize = 16;

/// Counted from 1; the column in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub line: usize,
    pub column: usize,
}

impl Place {
    pub const START: Self = Self { line: 1, column: 1 };
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Not Debug: a default's text is a value.
pub(super) struct Node {
    pub place: Place,
    pub value: Value,
}

pub(super) enum Value {
    Text(String),
    /// As it is written.
    Number(String),
    Flag(bool),
    Date,
    Null,
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// One key of a table. That no key stands twice is the readers' to see to.
pub(super) struct Entry {
    pub key: String,
    pub place: Place,
    pub node: Node,
}

impl Value {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Number(_) => "a number",
            Self::Flag(_) => "true or false",
            Self::Date => "a date or time",
            Self::Null => "nothing",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// What keeps a text from being a document. The why quotes nothing of it.
pub(super) struct Malformed {
    pub place: Place,
    pub why: String,
}

/// Finds the place of an offset.
pub(super) struct Lines<'a> {
    text: &'a str,
    /// The offsets at which lines begin.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub fn of(text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { text, starts: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect() }
    }

    pub fn place(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset);
        Place { line, column: offset - self.starts[line - 1] + 1 }
    }

    /// The place of a piece of the text itself.
    pub fn place_of(&self, piece: &str) -> Place {
        self.place((piece.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_counted_from_one() {
        let text = "ab\n\ncd";
        let lines = Lines::of(text);
        let at = |offset| lines.place(offset).to_string();
        assert_eq!([at(0), at(1), at(2), at(3), at(4), at(6)], ["1:1", "1:2", "1:3", "2:1", "3:1", "3:3"]);
        assert_eq!(lines.place_of(&text[5..]).to_string(), "3:2");
    }
}
