//! The changes of one file: where each stands, and what it takes along of the text.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};

use regorus::unstable::Span;

use super::super::imports::Edits;
use super::super::ir::{Clause, Module, Statement, Term};
use super::MADE;
use crate::decide::builtins::{Edit, applied};
use crate::decide::span::range;

/// In which order what is put in at one place stands there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Opening,
    Behind,
    Closing,
    Start,
    Before,
    Held,
}

pub(super) struct Copied {
    pub at: usize,
    pub rank: Rank,
    pub name: String,
    pub of: [Option<Range<usize>>; 2],
    pub around: (&'static str, &'static str),
    /// The name stands where the text stood.
    pub takes_place: bool,
}

/// The changes of one file.
pub(super) struct File<'f, 'a> {
    pub module: &'a Module<'a>,
    pub edits: &'f mut Edits,
    pub pieces: Vec<(usize, Rank, String)>,
    pub copies: Vec<Copied>,
    pub made: usize,
}

impl<'a> File<'_, 'a> {
    pub(super) fn text(&self) -> &'a str {
        self.module.text
    }

    pub(super) fn name(&mut self) -> String {
        self.made += 1;
        format!("{MADE}{}", self.made)
    }

    pub(super) fn piece(&mut self, at: usize, rank: Rank, text: String) {
        self.pieces.push((at, rank, text));
    }

    pub(super) fn copy(
        &mut self,
        at: usize,
        rank: Rank,
        of: [Option<Range<usize>>; 2],
        around: (&'static str, &'static str),
    ) {
        let name = self.name();
        self.copies.push(Copied { at, rank, name, of, around, takes_place: false });
    }

    /// A single statement without brackets gets some.
    pub(super) fn brackets(&mut self, clause: &Clause<'a>, only: &Statement<'a>) {
        let (statement, clause) = (range(only.at), clause.at.map(range));
        if clause.is_some_and(|clause| clause.end <= statement.end) {
            self.piece(statement.start, Rank::Start, "{ ".into());
            self.piece(statement.end, Rank::Closing, " }".into());
        }
    }

    pub(super) fn replace(&mut self, at: &Span) {
        let with = self.name();
        self.edits.of(self.module.file).push(Edit { at: range(at), with });
    }

    /// `every x in xs { x = y }` as `every vestry__0 in xs { x := vestry__0; x = y }`.
    pub(super) fn alias(&mut self, declared: &Span, body: usize) {
        let name = self.name();
        self.piece(body, Rank::Before, format!("{} := {name}; ", declared.text()));
        self.edits.of(self.module.file).push(Edit { at: range(declared), with: name });
    }

    pub(super) fn write(mut self) {
        if self.copies.is_empty() && self.pieces.is_empty() {
            return;
        }
        let edits = std::mem::take(self.edits.of(self.module.file));
        let mut changes: Changes = edits.into_iter().map(|edit| (edit.at.start, edit)).collect();
        let mut pieces = Pieces::new();
        for (at, rank, text) in self.pieces {
            pieces.entry(at).or_default().push((rank, text));
        }
        // What is copied may hold changes of its own, and other copies.
        self.copies.sort_by_key(|copy| copy.of.iter().flatten().map(Range::len).sum::<usize>());
        let source = self.module.text;
        for copy in self.copies {
            let of = copy.of.iter().flatten();
            let parts: Vec<String> = of.map(|part| as_changed(source, part, &changes, &pieces)).collect();
            let (before, behind) = copy.around;
            let text = format!("{before}{} := {}{behind}", copy.name, parts.join(" "));
            pieces.entry(copy.at).or_default().push((copy.rank, text));
            if copy.takes_place
                && let [Some(place), _] = copy.of
            {
                let rows = source.get(place.clone()).unwrap_or_default().matches('\n').count();
                let inner: Vec<usize> = changes.range(place.clone()).map(|(at, _)| *at).collect();
                inner.iter().for_each(|at| drop(changes.remove(at)));
                let with = copy.name + &"\n".repeat(rows);
                changes.insert(place.start, Edit { at: place, with });
            }
        }
        for (at, pieces) in pieces {
            put_in(&mut changes, at, &joined(pieces));
        }
        *self.edits.of(self.module.file) = changes.into_values().collect();
    }
}

/// By where they begin.
type Changes = BTreeMap<usize, Edit>;
type Pieces = BTreeMap<usize, Vec<(Rank, String)>>;

fn joined(mut pieces: Vec<(Rank, String)>) -> String {
    pieces.sort_by_key(|(rank, _)| *rank);
    pieces.into_iter().map(|(_, text)| text).collect()
}

/// In front of whatever is changed there.
fn put_in(changes: &mut Changes, at: usize, text: &str) {
    changes.entry(at).or_insert_with(|| Edit { at: at..at, with: String::new() }).with.insert_str(0, text);
}

/// A part of the source with its changes, in one row.
fn as_changed(source: &str, part: &Range<usize>, changes: &Changes, pieces: &Pieces) -> String {
    if part.is_empty() {
        return String::new();
    }
    let moved = |at: &Range<usize>| at.start - part.start..at.end - part.start;
    let within = changes.range(part.clone()).filter(|(_, edit)| edit.at.end <= part.end);
    let edits = within.map(|(_, edit)| Edit { at: moved(&edit.at), with: edit.with.clone() });
    let mut edits: Changes = edits.map(|edit| (edit.at.start, edit)).collect();
    // At its very beginning they are those of the statement that it is in.
    for (at, pieces) in pieces.range((Bound::Excluded(part.start), Bound::Excluded(part.end))) {
        put_in(&mut edits, at - part.start, &joined(pieces.clone()));
    }
    let text = source.get(part.clone()).unwrap_or_default();
    in_one_row(&applied(text, edits.into_values().collect()).unwrap_or_else(|| text.to_string()))
}

/// Without comments and line ends, but for those within texts.
fn in_one_row(text: &str) -> String {
    if !text.contains('\n') {
        return text.to_string();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' | '`' => {
                out.push(c);
                while let Some(inner) = chars.next() {
                    out.push(inner);
                    match inner {
                        '\\' if c == '"' => out.extend(chars.next()),
                        _ if inner == c => break,
                        _ => {}
                    }
                }
            }
            '#' => {
                let _ = chars.find(|c| *c == '\n');
                out.push(' ');
            }
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Where a term stands. The engine's span of an object begins at its last field.
pub(in crate::decide::check) fn written(term: &Term<'_>) -> Range<usize> {
    let at = range(term.at());
    let Term::Object(span, fields) = term else { return at };
    let Some((key, _)) = fields.first() else { return at };
    let before = span.source.get_contents().get(..written(key).start);
    before.and_then(|before| before.rfind('{')).map_or(at.start, |start| start)..at.end
}
