//! Unions in braces that the engine takes for something else than OPA, which has braces for sets, comprehensions and bodies.
//!
//! - `if { a | b; c }` is to OPA a comprehension, `{a | b; c}`, and holds always; to the engine, two statements.
//! - `else := x if { a | b }` is to the engine a comprehension, and to OPA, behind `else`, a statement.
//! - `{a | b | c}` is to OPA `{a | (b | c)}`, a comprehension; to the engine, a set of one union.

use super::finding::{Code, Finding};
use super::ir::{Brackets, Clause, Module, Node, Rule, Statement, Term, What};
use super::undefined::written;
use crate::decide::span::range;

pub(super) fn check(modules: &[Module<'_>], findings: &mut Vec<Finding>) {
    for module in modules.iter().filter(|module| module.text.contains('|')) {
        for rule in &module.rules {
            findings.extend(bodies(module.text, rule));
            rule.visit(&mut |node| {
                if let Node::Term(term) = node {
                    findings.extend(literal(module.text, term));
                }
            });
        }
    }
}

fn bodies(text: &str, rule: &Rule<'_>) -> Option<Finding> {
    rule.clauses.iter().enumerate().find_map(|(number, clause)| match number {
        0 => first_body(text, clause),
        _ => body_of_else(clause),
    })
}

fn first_body(text: &str, clause: &Clause<'_>) -> Option<Finding> {
    let (first, at) = (clause.body.statements.first()?, clause.at?);
    let before = text.get(range(at).start..range(first.at).start)?;
    let first_term = leftmost(first)?;
    let why = "OPA takes this body for a set comprehension, which always holds";
    (opens_braces(before) && begins_with_union(text, range(first.at).start, first_term))
        .then(|| refused(first_term, why, "put the union in parentheses"))
}

/// The term that a statement begins with.
fn leftmost<'s, 'a>(statement: &'s Statement<'a>) -> Option<&'s Term<'a>> {
    match &statement.what {
        _ if statement.negated => None,
        What::Unify { left, .. } => Some(left),
        What::Term(term) => Some(term),
        _ => None,
    }
}

/// Whether a body's first brace stands right before: nothing but space, comments and parentheses is behind it.
fn opens_braces(before: &str) -> bool {
    let without_comments = before.lines().map(|line| {
        let comment = line.match_indices('#').map(|(at, _)| at);
        let mut outside = comment.filter(|at| line[..*at].matches(['"', '`']).count() % 2 == 0);
        outside.next().map_or(line, |at| &line[..at])
    });
    let text: String = without_comments.collect();
    text.trim_end_matches(|c: char| c.is_whitespace() || c == '(').ends_with('{')
}

fn body_of_else(clause: &Clause<'_>) -> Option<Finding> {
    let [Statement { negated: false, what: What::Term(term), .. }] = clause.body.statements.as_slice() else {
        return None;
    };
    let Term::Comprehension { kind: Brackets::Set, at, .. } = term else { return None };
    let is_whole = range(at).end >= range(clause.at?).end;
    let why = "the engine takes this body for a set comprehension, OPA behind `else` does not";
    is_whole.then(|| refused(term, why, "put the union in parentheses"))
}

/// A set, array or object of one element.
fn literal(text: &str, term: &Term<'_>) -> Option<Finding> {
    let (from, item) = match term {
        Term::Set(_, items) | Term::Array(_, items) => match items.as_slice() {
            [item @ Term::Infix(..)] => (written(term).start + 1, item),
            _ => return None,
        },
        Term::Object(_, fields) => match fields.as_slice() {
            [(key, item @ Term::Infix(..))] => (written(key).end, item),
            _ => return None,
        },
        _ => return None,
    };
    let why = "OPA takes this for a comprehension, the engine for a union";
    begins_with_union(text, from, item).then(|| refused(item, why, "put the union in parentheses"))
}

fn refused(term: &Term<'_>, why: &str, advice: &str) -> Finding {
    Finding::at(Code::Compile, term.at(), why).advice(advice)
}

/// Whether the first operator from there on is a `|` that stands in no parentheses.
fn begins_with_union(text: &str, from: usize, term: &Term<'_>) -> bool {
    let Term::Infix(_, _, operands) = term else { return false };
    let [left, right, ..] = operands.as_slice() else { return false };
    let (left_at, right_at) = (written(left), written(right));
    let (before, between) = (text.get(from..left_at.start), text.get(left_at.end..right_at.start));
    let (Some(before), Some((closing, _))) = (before, between.and_then(|between| between.split_once('|')))
    else {
        return begins_with_union(text, from, left);
    };
    let opened = before.matches('(').count();
    let in_parentheses = opened > 0 || text[left_at].starts_with('(');
    let is_first = in_parentheses || !matches!(left, Term::Infix(..));
    (is_first && opened == closing.matches(')').count()) || begins_with_union(text, from, left)
}
