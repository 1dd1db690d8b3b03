//! A module written anew for coverage: each row holds one head or one statement, so that what the engine tells of rows
//! tells them apart; and a body begins with what OPA's index asks before it looks at the body at all.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Literal, Module, Ref, Rule, RuleBody, RuleHead};
use serde::{Deserialize, Serialize};

use super::documents::{Documents, Rules, local_names};
use super::early::{Early, argument};
use super::guards::{Known, guards, guards_of_value};
use super::span::range;
use crate::decide::check::undefined::is_made;
use crate::decide::visit::{self, Seen};

/// What coverage counts: a head, or a statement; its rows in the file, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    pub first: u32,
    pub last: u32,
    pub start: usize,
    pub end: usize,
    /// `some x in xs`: counts where it was come by, and is not missed where it was not.
    pub is_declaration: bool,
}

/// One module's new text.
pub(super) struct Layout {
    pub text: String,
    /// In the order of the file, a whole before its parts.
    pub units: Vec<Unit>,
    /// For rows of the text the number of the unit that they are of.
    pub rows: BTreeMap<u32, usize>,
}

/// Where a unit leaves its mark.
enum Mark {
    /// In the rows of these bytes of the old text.
    Bytes(usize, usize),
    /// In the row behind so many newlines of what is put in there.
    PutIn(usize, usize),
}

struct Writer<'a> {
    source: &'a str,
    put_in: BTreeMap<usize, String>,
    units: Vec<(Unit, Mark)>,
}

impl Layout {
    pub(super) fn of(module: &Module, split: &BTreeSet<Vec<String>>, rules: &Rules) -> Self {
        let source = module.package.span.source.get_contents().as_str();
        let early = Early::of(module, split);
        let documents = Documents::of(module, rules);
        let mut writer = Writer { source, put_in: BTreeMap::new(), units: Vec::new() };
        for (number, rule) in module.policy.iter().enumerate() {
            let known = Known { documents: &documents, local: &local_names(rule) };
            writer.rule(known, rule, early.before.get(&number).map_or("", String::as_str));
            if let (Rule::Default { args, value, .. }, Some(body)) =
                (rule.as_ref(), early.instead.get(&number))
            {
                writer.default(range(rule.span()).start, args, value, body);
            }
        }
        let mut layout = writer.written();
        layout.text.push_str(&early.behind);
        layout
    }
}

impl Writer<'_> {
    fn rule(&mut self, known: Known<'_>, rule: &Rule, before: &str) {
        let start = range(rule.span()).start;
        // To OPA, the one statement behind an `else … if` reaches from the `else` to the end of the rule.
        let mut wider = BTreeMap::new();
        match rule {
            Rule::Default { value, .. } => self.value(start, value),
            Rule::Spec { head, bodies, .. } => {
                match head {
                    RuleHead::Compr { assign: Some(assign), .. }
                    | RuleHead::Func { assign: Some(assign), .. } => {
                        self.value(start, &assign.value);
                    }
                    RuleHead::Set { key: Some(key), .. } => self.value(start, key),
                    RuleHead::Set { refr, key: None, .. } => self.value(start, refr),
                    RuleHead::Compr { refr, assign: None, .. } => {
                        self.goes_without_saying(start, end_of_name(refr))
                    }
                    RuleHead::Func { span, assign: None, .. } => {
                        self.goes_without_saying(start, range(span).end)
                    }
                }
                if bodies.is_empty() {
                    self.no_body(known, head);
                }
                let end = bodies.last().map_or(start, end_of_body);
                for body in bodies {
                    if let (true, Some(first)) =
                        (self.body(known, head, body, before), body.query.stmts.first())
                    {
                        wider.insert(range(&first.span).start, (range(&body.span).start, end));
                    }
                }
            }
        }
        visit::rule(rule, &mut |seen| {
            let Seen::Query { query, in_else_value: false } = seen else { return };
            let mut made = Vec::new();
            for statement in &query.stmts {
                let at = range(&statement.span);
                self.put(at.start, "\n");
                self.put(at.end, "\n");
                let mark = Mark::Bytes(at.start, at.end);
                if is_made(statement) {
                    made.push(mark);
                    continue;
                }
                let (start, end) = wider.get(&at.start).copied().unwrap_or((at.start, at.end));
                let is_declaration = match statement.literal {
                    Literal::SomeVars { .. } => continue,
                    Literal::SomeIn { .. } => true,
                    _ => false,
                };
                // What is asked for the statement's sake is come by with it.
                for mark in made.drain(..).chain([mark]) {
                    self.unit(start, end, is_declaration, mark);
                }
            }
        });
    }

    /// An ordinary rule instead.
    fn default(&mut self, start: usize, args: &[Ref<Expr>], value: &Expr, body: &str) {
        self.put(start, "#");
        self.put(start + "default".len(), "\n");
        for (at, arg) in args.iter().enumerate() {
            if let Some(rest) = argument(at).strip_prefix('_').filter(|_| super::span::expr_text(arg) == "_")
            {
                self.put(end_of(arg), rest);
            }
        }
        self.put(end_of(value), body);
    }

    /// A head up to its value, which is evaluated when its body held.
    fn value(&mut self, start: usize, value: &Expr) {
        let end = end_of(value);
        let first = start_of(value);
        // The engine does not tell of a comprehension itself.
        let is_comprehension =
            matches!(value, Expr::ArrayCompr { .. } | Expr::SetCompr { .. } | Expr::ObjectCompr { .. });
        let before = self.put(first, if is_comprehension { "\n[" } else { "\n" });
        self.put(end, if is_comprehension { "\n][0]\n" } else { "\n" });
        let mark = if is_comprehension { Mark::PutIn(first, before + 1) } else { Mark::Bytes(first, end) };
        self.unit(start, end, false, mark);
    }

    fn goes_without_saying(&mut self, start: usize, end: usize) {
        let before = self.put(end, "\n:= true\n");
        self.unit(start, end, false, Mark::PutIn(end, before + 1));
    }

    /// What its value reads is asked for, too.
    fn no_body(&mut self, known: Known<'_>, head: &RuleHead) {
        let value = match head {
            RuleHead::Compr { assign: Some(assign), .. } | RuleHead::Func { assign: Some(assign), .. } => {
                &assign.value
            }
            RuleHead::Set { key: Some(key), .. } => key,
            _ => return,
        };
        let guards = guards_of_value(known, value);
        if !guards.is_empty() {
            self.put(end_of(value), &format!(" if {{\n{guards}\n}}\n"));
        }
    }

    /// Whether it is the one statement behind an `else`.
    fn body(&mut self, known: Known<'_>, head: &RuleHead, body: &RuleBody, before: &str) -> bool {
        let whole = range(&body.span);
        let else_end = match &body.assign {
            Some(assign) => end_of(&assign.value),
            None => whole.start + "else".len(),
        };
        let value = match head {
            _ if body.is_else => body.assign.as_ref().map(|assign| assign.value.as_ref()),
            RuleHead::Compr { assign, .. } | RuleHead::Func { assign, .. } => {
                assign.as_ref().map(|assign| assign.value.as_ref())
            }
            RuleHead::Set { key, .. } => key.as_deref(),
        };
        let guards = guards(known, head, value, &body.query);
        let (Some(first), Some(last)) = (body.query.stmts.first(), body.query.stmts.last()) else {
            if body.is_else {
                let before = self.put(else_end, " if {\ntrue\n}\n");
                self.unit(whole.start, else_end, false, Mark::PutIn(else_end, before + 1));
            }
            return false;
        };
        let (first, last) = (range(&first.span).start, range(&last.span).end);
        let has_brackets = last < whole.end && self.source[last..whole.end].trim_end().ends_with('}');
        if body.is_else && body.assign.is_none() {
            self.put(else_end, " := true ");
        }
        if !has_brackets {
            self.put(first, "{\n");
        }
        self.put(first, &format!("{before}{guards}"));
        if body.is_else {
            let before = self.put(last, "\ntrue\n");
            self.unit(whole.start, else_end, false, Mark::PutIn(last, before + 1));
        }
        if !has_brackets {
            self.put(last, "\n}\n");
        }
        body.is_else && !has_brackets
    }

    /// How many newlines are put in there already.
    fn put(&mut self, at: usize, text: &str) -> usize {
        let there = self.put_in.entry(at).or_default();
        let before = there.matches('\n').count();
        there.push_str(text);
        before
    }

    fn unit(&mut self, start: usize, end: usize, is_declaration: bool, mark: Mark) {
        let first = self.row(start);
        let last = self.row(end.saturating_sub(1).max(start));
        self.units.push((Unit { first, last, start, end, is_declaration }, mark));
    }

    fn row(&self, at: usize) -> u32 {
        rows(self.source.get(..at).unwrap_or_default()) + 1
    }

    fn written(mut self) -> Layout {
        self.units.sort_by_key(|(unit, _)| (unit.start, std::cmp::Reverse(unit.end)));
        // Of a place, the row of what stood there.
        let row_of = |at: usize| -> u32 {
            let put_in = self.put_in.range(..=at).map(|(_, text)| rows(text)).sum::<u32>();
            self.row(at) + put_in
        };
        let mut of_rows = BTreeMap::new();
        for (number, (_, mark)) in self.units.iter().enumerate() {
            match *mark {
                Mark::Bytes(start, end) => {
                    of_rows.extend(
                        (row_of(start)..=row_of(end.saturating_sub(1).max(start))).map(|row| (row, number)),
                    );
                }
                Mark::PutIn(at, newlines) => {
                    let before = row_of(at) - rows(&self.put_in[&at]);
                    of_rows.insert(before + newlines as u32, number);
                }
            }
        }
        let mut text = self.source.to_string();
        for (at, put_in) in self.put_in.iter().rev() {
            text.insert_str(*at, put_in);
        }
        Layout { text, units: self.units.into_iter().map(|(unit, _)| unit).collect(), rows: of_rows }
    }
}

fn rows(text: &str) -> u32 {
    text.matches('\n').count() as u32
}

fn end_of_body(body: &RuleBody) -> usize {
    let value = body.assign.as_ref().map_or(0, |assign| end_of(&assign.value));
    let last = body.query.stmts.last().map_or(0, |last| range(&last.span).end);
    value.max(last).max(range(&body.span).start)
}

/// The engine's span of `p[x]` ends before the bracket.
fn end_of_name(refr: &Expr) -> usize {
    let Expr::RefBrack { span, index, .. } = refr else { return end_of(refr) };
    let end = end_of(index);
    span.source.get_contents()[end..].find(']').map_or(end, |bracket| end + bracket + 1)
}

pub(super) fn start_of(expr: &Expr) -> usize {
    let written = super::span::expr_text(expr);
    offset(expr, written).map_or(range(expr.span()).start, |at| at)
}

pub(super) fn end_of(expr: &Expr) -> usize {
    // The engine's span of `set()` ends behind what follows.
    if let Expr::Set { span, items, .. } = expr
        && items.is_empty()
    {
        let start = range(span).start;
        let length = span.source.get_contents()[start..].find(')').map_or(0, |at| at + 1);
        return start + length;
    }
    let written = super::span::expr_text(expr);
    offset(expr, written).map_or(range(expr.span()).end, |at| at + written.len())
}

/// Where a part of the source begins in it.
fn offset(expr: &Expr, part: &str) -> Option<usize> {
    let source = expr.span().source.get_contents();
    let at = (part.as_ptr() as usize).checked_sub(source.as_ptr() as usize)?;
    (source.get(at..at + part.len())? == part).then_some(at)
}
