//! Elements of entries that no decision understands, where they stand there as they are: the rule would refuse every
//! function on the day that it speaks.

use super::entries::entry_of;
use super::finding::{Code, Finding};
use super::ir::{Brackets, Clause, Form, Module, Rule, Term, What};
use crate::decide::rules::Kind;
use crate::declare::suggest::nearest;

pub(super) fn check(modules: &[Module<'_>], findings: &mut Vec<Finding>) {
    for rule in modules.iter().filter(|module| !module.is_test).flat_map(|module| &module.rules) {
        let Some(kind) = entry_of(rule).filter(|_| rule.open.is_empty()) else { continue };
        for clause in &rule.clauses {
            for element in elements(rule, clause) {
                let element = value_of(element, clause);
                let wrong = if kind == Kind::Exception { no_exception(element) } else { no_finding(element) };
                findings.extend(wrong.map(|(at, why, advice)| {
                    let name = rule.path.last().copied().unwrap_or_default();
                    Finding::at(Code::Entry, at.at(), format!("`{name}` {why}")).advice(advice)
                }));
            }
        }
    }
}

/// `x` of `deny contains x`, of `deny := {x}` and of `deny := {x | …}`.
fn elements<'r, 'a>(rule: &Rule<'a>, clause: &'r Clause<'a>) -> Vec<&'r Term<'a>> {
    match (rule.form, clause.head.last()) {
        (Form::Set, Some(element)) => vec![element],
        (Form::Complete, Some(Term::Set(_, items))) => items.iter().collect(),
        (Form::Complete, Some(Term::Comprehension { kind: Brackets::Set, head, .. })) => {
            head.iter().collect()
        }
        _ => Vec::new(),
    }
}

/// What a variable is, where the body says so in one place.
fn value_of<'r, 'a>(term: &'r Term<'a>, clause: &'r Clause<'a>) -> &'r Term<'a> {
    let Some(variable) = term.variable() else { return term };
    let mut values = clause.body.statements.iter().filter_map(|statement| match &statement.what {
        What::Unify { left, right, .. } if left.variable() == Some(variable) => Some(right),
        _ => None,
    });
    match (values.next(), values.next()) {
        (Some(value), None) => value,
        _ => term,
    }
}

type Wrong<'r, 'a> = (&'r Term<'a>, String, String);

fn no_finding<'r, 'a>(element: &'r Term<'a>) -> Option<Wrong<'r, 'a>> {
    let neither = "holds an element that is neither a string nor an object with a string `msg`".to_string();
    match element {
        Term::Object(_, fields) => {
            let names: Option<Vec<&str>> = fields.iter().map(|(key, _)| key.text()).collect();
            let names = names?;
            let Some(msg) = names.iter().position(|name| *name == "msg") else {
                let near = nearest("msg", names.iter().copied())
                    .or_else(|| names.into_iter().find(|name| ["message", "text", "reason"].contains(name)));
                let advice = near.map_or_else(
                    || "add `\"msg\": \"…\"` to the object".to_string(),
                    |near| format!("write `msg` for `{near}`"),
                );
                return Some((element, neither, advice));
            };
            let msg = &fields[msg].1;
            is_no_text(msg).then(|| (msg, neither, "make its `msg` a string".into()))
        }
        _ => is_no_text(element).then(|| (element, neither, "write a string there".into())),
    }
}

fn no_exception<'r, 'a>(element: &'r Term<'a>) -> Option<Wrong<'r, 'a>> {
    let is_one = match element {
        Term::Array(_, names) => !names.iter().any(is_no_text),
        Term::Scalar(..) | Term::Set(..) => false,
        _ => true,
    };
    (!is_one).then(|| {
        let why = "holds something other than a list of rule names, or a waiver".into();
        (element, why, "write `exception contains [\"name\"]` to exempt deny_name".into())
    })
}

/// Written out, and something else.
fn is_no_text(term: &Term<'_>) -> bool {
    match term {
        Term::Scalar(..) => term.text().is_none(),
        Term::Array(..) | Term::Set(..) | Term::Object(..) | Term::Comprehension { .. } => true,
        Term::Ref(_) | Term::Call { .. } | Term::Infix(..) => false,
    }
}
