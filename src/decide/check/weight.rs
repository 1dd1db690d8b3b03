//! How much of the engine's stack a rule takes, estimated.
//!
//! Measured on 0.14.1, of chains that just overflow 8 MiB: 4.4 KiB for a rule, 1.2 for each statement (a loop is a call
//! within a call), 2.3 for each bracket or call around another, 0.6 for each operator. The figures here are above those.

use super::ir::{Body, Clause, Reference, Root, Rule, Step, Term, What};

const RULE: usize = 6;
const STATEMENT: usize = 2;
const BRACKET: usize = 3;
const OPERATOR: usize = 1;

/// In KiB.
pub(super) fn of(rule: &Rule<'_>) -> usize {
    let clause = |Clause { head, body, .. }: &Clause<'_>| of_body(body) + deepest(head);
    RULE + rule.clauses.iter().map(clause).max().unwrap_or(0) + deepest(&rule.args) + deepest(&rule.open)
}

fn deepest<'t, 'a: 't>(terms: impl IntoIterator<Item = &'t Term<'a>>) -> usize {
    terms.into_iter().map(of_term).max().unwrap_or(0)
}

fn of_body(body: &Body<'_>) -> usize {
    let statements = body.statements.iter().map(|statement| {
        let with = deepest(statement.with.iter().map(|with| &with.value));
        with.max(match &statement.what {
            What::Declaration => 0,
            What::SomeIn { key, value, collection } => deepest(key.iter().chain([value, collection])),
            What::Every { domain, body, .. } => of_term(domain).max(BRACKET + of_body(body)),
            What::Unify { left, right, .. } => deepest([left, right]),
            What::Term(term) => of_term(term),
        })
    });
    STATEMENT * body.statements.len() + statements.max().unwrap_or(0)
}

fn of_term(term: &Term<'_>) -> usize {
    match term {
        Term::Scalar(..) => 0,
        Term::Ref(Reference { root, steps, .. }) => {
            let indices = steps.iter().map(|step| match step {
                Step::Index(index) => BRACKET + of_term(index),
                Step::Name(..) => 0,
            });
            let root = if let Root::Term(term) = root { of_term(term) } else { 0 };
            OPERATOR * steps.len() + indices.max().unwrap_or(0).max(root)
        }
        Term::Array(_, items) | Term::Set(_, items) => BRACKET + deepest(items),
        Term::Call { args, .. } => BRACKET + deepest(args),
        Term::Infix(_, _, operands) => OPERATOR + deepest(operands),
        Term::Object(_, fields) => BRACKET + deepest(fields.iter().flat_map(|(key, value)| [key, value])),
        Term::Comprehension { head, body, .. } => BRACKET + deepest(head) + of_body(body),
    }
}
