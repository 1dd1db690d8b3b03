//! What is undefined, where the engine makes something else of it than OPA.
//!
//! - A head that is undefined for one of several bindings, `deny contains ref.role_arn if some ref in …`: the engine
//!   forgets what it found for those before. With OPA it is no element, and nothing else.
//! - `not startswith(ref.role_arn, "arn:")`: with OPA the arguments of what is negated have to have a value, or the
//!   statement is undefined; to the engine it holds. The same of the value of a `with`.
//! - `not bad[x]` in an `every x`, or behind a `walk` that gives `x` its value: to the engine it holds for no `x` that `bad`
//!   does not have.
//!
//! Such a term gets a statement of its own, `vestry__0 := ref.role_arn`: behind the body, or before what is negated.
//! Only terms that may be undefined do: each change has the whole policy parsed again.

mod asked;
mod file;
mod lookups;

use std::collections::HashSet;

use regorus::Value;
#[cfg(feature = "tool")]
use regorus::unstable::{AssignOp, Expr, Literal, LiteralStmt};

use super::budget::Budget;
use super::functions::{Functions, is_built_in};
use super::imports::Edits;
use super::ir::{
    Body, Clause, Declared, Id, Module, Node, Operator, Reference, Root, Rule, Statement, Term, What, With,
};
use super::patterns::Given;
use super::shapes::Followed;
use super::sure::Sure;
use super::tree::Tree;
use crate::decide::span::range;
use asked::is_asked;
use file::{Copied, File, Rank};
use lookups::{is_print, unforeseen};

pub(super) use file::written;

/// What variables begin with that no policy's author wrote.
const MADE: &str = "vestry__";

/// Whether a statement stands there for the engine's sake alone.
#[cfg(feature = "tool")]
pub(in crate::decide) fn is_made(statement: &LiteralStmt) -> bool {
    let Literal::Expr { expr, .. } = &statement.literal else { return false };
    let is_name = |expr: &Expr| matches!(expr, Expr::Var { span, .. } if span.text().starts_with(MADE));
    match expr.as_ref() {
        Expr::AssignExpr { op: AssignOp::ColEq, lhs, rhs, .. } => is_name(lhs) || is_name(rhs),
        Expr::Call { params, .. } => params.iter().any(|param| is_name(param)),
        Expr::BoolExpr { lhs, .. } => {
            matches!(lhs.as_ref(), Expr::Call { params, .. } if params.iter().any(|param| is_name(param)))
        }
        _ => false,
    }
}

/// What is known of the documents that the modules are evaluated with.
pub(super) struct Documents<'d> {
    pub data: &'d Value,
    /// For each rule; empty where the input may be any.
    pub followed: &'d [Option<Followed>],
}

pub(super) fn written_out<'a>(
    modules: &'a [Module<'a>],
    tree: &Tree<'_, 'a>,
    functions: &Functions<'a>,
    documents: &Documents<'_>,
    budget: &mut Budget,
    edits: &mut Edits,
) {
    let replaced = Replaced::of(modules);
    let data = if replaced.data { &Value::Undefined } else { documents.data };
    let mut followed = documents.followed.iter();
    let mut made = 0;
    for module in modules {
        let mut file = File { made, pieces: Vec::new(), copies: Vec::new(), edits: &mut *edits, module };
        for rule in &module.rules {
            let followed = followed.next().and_then(Option::as_ref).filter(|_| !replaced.input);
            let sure = Sure { tree, functions, data, followed };
            let given = Given::of(rule);
            let unforeseen = unforeseen(rule, functions);
            Guards { rule, sure, given, unforeseen, budget: &mut *budget, file: &mut file }.rule();
        }
        made = file.made;
        file.write();
    }
}

/// Whether a `with` puts something else in the place of the documents.
#[derive(Default)]
struct Replaced {
    input: bool,
    data: bool,
}

impl Replaced {
    fn of(modules: &[Module<'_>]) -> Self {
        let mut replaced = Self::default();
        for rule in modules.iter().flat_map(|module| &module.rules) {
            rule.visit(&mut |node| {
                if let Node::With(with) = node {
                    replaced.input |= with.target.first() == Some(&"input");
                    replaced.data |= with.target.first() == Some(&"data");
                }
            });
        }
        replaced
    }
}

struct Guards<'g, 'f, 'm, 'a> {
    rule: &'a Rule<'a>,
    sure: Sure<'g, 'm, 'a>,
    given: Given<'a, 'a>,
    unforeseen: HashSet<Id>,
    budget: &'g mut Budget,
    file: &'g mut File<'f, 'a>,
}

impl<'a> Guards<'_, '_, '_, 'a> {
    fn rule(&mut self) {
        // What has one value at most loses nothing where it has none.
        let is_one = |declared| matches!(declared, Declared::Argument | Declared::Assigned);
        let is_many = !self.rule.variables.iter().all(|variable| is_one(variable.declared));
        for (number, clause) in self.rule.clauses.iter().enumerate() {
            let open = if number == 0 { self.rule.open.as_slice() } else { &[] };
            let mut unsure = Vec::new();
            if self.rule.is_default {
                continue;
            }
            // A function whose value is undefined does not come to its `else`.
            let is_before_else = !self.rule.args.is_empty() && number + 1 < self.rule.clauses.len();
            if is_many || is_before_else {
                clause.head.iter().chain(open).for_each(|term| self.parts(term, &mut unsure));
            } else {
                clause.head.iter().for_each(|term| self.memberships_in(term, &mut unsure));
            }
            let asked = self.body(&clause.body);
            // What stands in brackets would be made there, and empty, even where the body does not hold.
            let taken: Vec<_> = open.iter().filter(|key| is_evaluated(key)).collect();
            unsure.retain(|term| !taken.iter().any(|key| is_within(term, key)));
            if !is_many {
                unsure.retain(|term| !is_asked(self.file.text(), &clause.body, term));
            }
            if !unsure.is_empty() || !taken.is_empty() {
                unsure.iter().for_each(|term| self.name_wildcards(term));
                self.behind(number, clause, &unsure, &taken);
            } else if asked && let [only] = clause.body.statements.as_slice() {
                self.file.brackets(clause, only);
            }
            clause.head.iter().chain(open).for_each(|term| self.within(term));
        }
    }

    /// Whether a statement of the body itself got one before it.
    fn body(&mut self, body: &'a Body<'a>) -> bool {
        let mut asked = false;
        for statement in &body.statements {
            asked |= self.statement(statement);
        }
        asked
    }

    fn statement(&mut self, statement: &'a Statement<'a>) -> bool {
        let mut unsure = Vec::new();
        if statement.negated {
            self.negated(&statement.what, &mut unsure);
        }
        let asked = !unsure.is_empty();
        let at = range(statement.at).start;
        let with = statement.with.first().zip(statement.with.last());
        let with = with.map(|(first, last)| range(first.at).start..range(last.at).end);
        for term in unsure {
            self.file.copy(at, Rank::Before, [Some(written(term)), with.clone()], ("", "; "));
        }
        let mut unsure = Vec::new();
        for with in &statement.with {
            if !self.is_function(&with.value) && !self.replaces_function(with) {
                self.parts(&with.value, &mut unsure);
            }
        }
        let asked = asked || !unsure.is_empty();
        for term in unsure {
            self.file.copy(at, Rank::Before, [Some(written(term)), None], ("", "; "));
        }
        if statement.negated || is_print(&statement.what) {
            self.indices(&statement.what);
        }
        let asked = self.objects(statement) || asked;
        let mut unsure = Vec::new();
        self.memberships(&statement.what, &mut unsure);
        let asked = asked || !unsure.is_empty();
        for term in unsure {
            self.name_wildcards(term);
            self.file.copy(at, Rank::Before, [Some(written(term)), with.clone()], ("", "; "));
        }
        match &statement.what {
            What::Every { key, value, body, domain } => {
                self.within(domain);
                for id in key.iter().chain([value]) {
                    if is_in_pattern(body, *id, self.sure.functions)
                        && let Some(first) = body.statements.first()
                    {
                        let variable = &self.rule.variables[*id];
                        self.file.alias(variable.at, range(first.at).start);
                    }
                }
                self.body(body);
            }
            What::SomeIn { key, value, collection } => {
                key.iter().chain([value, collection]).for_each(|term| self.within(term));
            }
            What::Unify { left, right, .. } => [left, right].into_iter().for_each(|term| self.within(term)),
            What::Term(term) => self.within(term),
            What::Declaration => {}
        }
        statement.with.iter().for_each(|with| self.within(&with.value));
        asked
    }

    /// `{"a": x} = y` as `vestry__0 := y; is_object(vestry__0); object.keys(vestry__0) == {"a"}; {"a": x} = vestry__0`:
    /// to the engine, more fields would do as well.
    fn objects(&mut self, statement: &'a Statement<'a>) -> bool {
        let What::Unify { left, right, assigns } = &statement.what else { return false };
        let sides = [(left, right), (right, left)];
        let sides = sides.into_iter().take(if *assigns { 1 } else { 2 });
        let mut found = sides.filter(|(pattern, other)| {
            matches!(other, Term::Ref(_) | Term::Call { .. } | Term::Infix(..))
                && matches!(pattern, Term::Object(..))
                && self.given.by(pattern)
        });
        let Some((Term::Object(_, fields), other)) = found.next() else { return false };
        if statement.negated || !statement.with.is_empty() {
            return false;
        }
        let keys: Vec<&str> =
            fields.iter().filter_map(|(key, _)| self.file.text().get(written(key))).collect();
        let at = range(statement.at).start;
        let name = self.file.name();
        self.file.piece(
            at,
            Rank::Held,
            format!("is_object({name}); object.keys({name}) == {{{}}}; ", keys.join(", ")),
        );
        self.file.copies.push(Copied {
            at,
            rank: Rank::Before,
            name,
            of: [Some(written(other)), None],
            around: ("", "; "),
            takes_place: true,
        });
        true
    }

    /// `x in xs` as a part of something: it is false to the engine where `xs` is undefined, and not undefined. And `k, x in
    /// xs`, where `x` is undefined, holds where there is no such key.
    fn memberships(&mut self, what: &'a What<'a>, unsure: &mut Vec<&'a Term<'a>>) {
        match what {
            What::Declaration => {}
            What::SomeIn { collection, .. } => self.memberships_in(collection, unsure),
            What::Every { domain, .. } => self.memberships_in(domain, unsure),
            What::Unify { left, right, .. } => {
                [left, right].into_iter().for_each(|side| self.memberships_in(side, unsure));
            }
            What::Term(term @ Term::Infix(_, Operator::Member, operands)) if operands.len() > 2 => {
                self.memberships_in(term, unsure);
            }
            What::Term(term) => term.each_part(&mut |part| self.memberships_in(part, unsure)),
        }
    }

    fn memberships_in(&mut self, term: &'a Term<'a>, unsure: &mut Vec<&'a Term<'a>>) {
        match term {
            Term::Infix(_, Operator::Member, operands) => {
                operands.iter().for_each(|operand| self.parts(operand, unsure));
            }
            Term::Comprehension { .. } => {}
            _ => term.each_part(&mut |part| self.memberships_in(part, unsure)),
        }
    }

    /// The bodies of comprehensions.
    fn within(&mut self, term: &'a Term<'a>) {
        match term {
            Term::Comprehension { head, body, .. } => {
                self.body(body);
                head.iter().for_each(|term| self.within(term));
            }
            _ => term.each_part(&mut |part| self.within(part)),
        }
    }

    /// What OPA asks for before it negates: all but a reference by itself, or on a side of an equation.
    fn negated(&mut self, what: &'a What<'a>, unsure: &mut Vec<&'a Term<'a>>) {
        match what {
            What::Unify { left, right, .. } => {
                [left, right].into_iter().for_each(|side| self.side(side, unsure));
            }
            What::Term(Term::Infix(_, Operator::Compare, sides)) if self.is_equation(sides) => {
                sides.iter().for_each(|side| self.side(side, unsure));
            }
            What::Term(term @ Term::Ref(_)) => self.side(term, unsure),
            What::Term(Term::Comprehension { .. }) => {}
            What::Term(term) => term.each_part(&mut |part| self.parts(part, unsure)),
            _ => {}
        }
    }

    /// A function that stands in for another is named, not called.
    fn is_function(&self, term: &Term<'a>) -> bool {
        let Term::Ref(reference) = term else { return false };
        reference.data_path().is_some_and(|path| self.sure.functions.is_own(&path))
    }

    fn replaces_function(&self, with: &With<'a>) -> bool {
        let own = with.target.split_first().filter(|(root, _)| **root == "data");
        own.is_some_and(|(_, path)| self.sure.functions.is_own(path)) || is_built_in(&with.written.join("."))
    }

    fn side(&mut self, term: &'a Term<'a>, unsure: &mut Vec<&'a Term<'a>>) {
        match term {
            Term::Ref(_) => term.each_part(&mut |part| self.parts(part, unsure)),
            _ => self.parts(term, unsure),
        }
    }

    fn is_equation(&self, sides: &[Term<'a>]) -> bool {
        let [left, right] = sides else { return false };
        let between = written(left).end..written(right).start;
        self.file.text().get(between).is_some_and(|operator| operator.contains("=="))
    }

    /// The largest parts of a term that may be undefined.
    fn parts(&mut self, term: &'a Term<'a>, unsure: &mut Vec<&'a Term<'a>>) {
        match term {
            Term::Comprehension { .. } => {}
            Term::Ref(_) | Term::Call { .. } if !self.sure.is(term, self.budget) => {
                // A call of what surely has a result lacks one for want of an argument.
                match term {
                    Term::Call { args, function, .. } if self.sure.is_total(function) => {
                        args.iter().for_each(|arg| self.parts(arg, unsure));
                    }
                    _ => unsure.push(term),
                }
            }
            _ => term.each_part(&mut |part| self.parts(part, unsure)),
        }
    }

    /// In a head and in the statement behind the body, `_` has to be the same.
    fn name_wildcards(&mut self, term: &'a Term<'a>) {
        if let Term::Comprehension { .. } = term {
            return;
        }
        if let Term::Ref(Reference { root: Root::Variable(id), at, .. }) = term
            && self.rule.variables[*id].name == "_"
        {
            self.file.replace(at);
        }
        term.each_part(&mut |part| self.name_wildcards(part));
    }

    fn behind(
        &mut self,
        number: usize,
        clause: &'a Clause<'a>,
        unsure: &[&'a Term<'a>],
        taken: &[&'a Term<'a>],
    ) {
        let at = match (clause.body.statements.as_slice(), clause.head.first()) {
            ([], Some(value)) => {
                let at = if number == 0 { range(self.rule.at).end } else { written(value).end };
                self.file.piece(at, Rank::Opening, " if { true".into());
                self.file.piece(at, Rank::Closing, " }".into());
                at
            }
            ([.., last], _) => {
                self.file.brackets(clause, last);
                range(last.at).end
            }
            _ => return,
        };
        for term in unsure {
            self.file.copy(at, Rank::Behind, [Some(written(term)), None], ("; ", ""));
        }
        for key in taken {
            self.file.copy(at, Rank::Behind, [Some(written(key)), None], ("; ", ""));
            self.file.copies.last_mut().expect("just made").takes_place = true;
        }
    }
}

/// Whether a key in brackets is more than a name or a text.
fn is_evaluated(key: &Term<'_>) -> bool {
    !matches!(key, Term::Scalar(..)) && key.variable().is_none()
}

fn is_within(part: &Term<'_>, whole: &Term<'_>) -> bool {
    let (part, whole) = (written(part), written(whole));
    whole.start <= part.start && part.end <= whole.end
}

/// Whether a variable of `every` stands where the engine would give it a value: in an equation, or as what takes the
/// result of a function.
fn is_in_pattern(body: &Body<'_>, id: usize, functions: &Functions<'_>) -> bool {
    fn binds(pattern: &Term<'_>, id: usize) -> bool {
        match pattern {
            Term::Array(_, items) => items.iter().any(|item| binds(item, id)),
            Term::Object(_, fields) => fields.iter().any(|(_, value)| binds(value, id)),
            _ => pattern.variable() == Some(id),
        }
    }
    fn of_term(term: &Term<'_>, id: usize, functions: &Functions<'_>) -> bool {
        let mut found = false;
        if let Term::Comprehension { body, .. } = term {
            found = is_in_pattern(body, id, functions);
        }
        let mut see = |part: &Term<'_>| found |= of_term(part, id, functions);
        match term {
            Term::Comprehension { head, .. } => head.iter().for_each(see),
            _ => term.each_part(&mut see),
        }
        found
    }
    body.statements.iter().any(|statement| {
        let with = statement.with.iter().any(|with| of_term(&with.value, id, functions));
        with || match &statement.what {
            What::Declaration => false,
            What::SomeIn { key, value, collection } => {
                key.iter().chain([value, collection]).any(|term| of_term(term, id, functions))
            }
            What::Every { domain, body, .. } => {
                of_term(domain, id, functions) || is_in_pattern(body, id, functions)
            }
            What::Unify { left, right, .. } => {
                [left, right].into_iter().any(|side| binds(side, id) || of_term(side, id, functions))
            }
            What::Term(term) => {
                let takes = match term {
                    Term::Call { function, args, .. } => {
                        let more = functions.takes_result(function, args.len());
                        more && args.last().is_some_and(|last| binds(last, id))
                    }
                    _ => false,
                };
                takes || of_term(term, id, functions)
            }
        }
    })
}
