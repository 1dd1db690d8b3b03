//! Patterns that hold for more with the engine than with OPA.
//!
//! - `{"name": name} = x` is to it an `x` with a field `name`, whatever else there is; with OPA, one with that field alone.
//!   As a statement it is written out (see [`super::undefined`]), within others and elsewhere refused.
//! - `same(x, x)` is to it any two arguments; with OPA, two that are equal.
//! - `of("prod") := …` in one file and `of(other) := …` in another: the engine holds the arguments of the one against what
//!   stands in the other.
//! - `"a", "a" in {"a"}` is false to it: it finds no keys in a set.

use std::collections::{HashMap, HashSet};

use super::finding::{Code, Finding};
use super::functions::Functions;
use super::ir::{
    Brackets, Declared, Id, Module, Node, Operator, Reference, Root, Rule, Statement, Term, What,
};
use super::undefined::written;

pub(super) fn check(modules: &[Module<'_>], functions: &Functions<'_>, findings: &mut Vec<Finding>) {
    in_several_files(modules, findings);
    for rule in modules.iter().flat_map(|module| &module.rules) {
        let mut check = Check { given: Given::of(rule), findings };
        check.arguments();
        rule.visit(&mut |node| match node {
            Node::Term(Term::Infix(_, Operator::Member, operands)) => {
                check.findings.extend(key_of_a_set(operands));
            }
            Node::Term(Term::Call { function, args, .. })
                if function.name == ["internal", "template_string"] =>
            {
                let Some(Term::Array(_, parts)) = args.first() else { return };
                let mut findings = parts.iter().filter_map(|part| wildcard_of_template(rule, part));
                check.findings.extend(findings.next());
            }
            Node::Term(_) | Node::With(_) => {}
        });
        rule.statements(&mut |statement| match &statement.what {
            _ if statement.negated => {}
            What::SomeIn { key, value, .. } => {
                key.iter().chain([value]).for_each(|pattern| check.pattern(pattern));
            }
            What::Unify { left, right, assigns } => {
                check.sides(left, right, statement.with.is_empty());
                if !assigns {
                    check.sides(right, left, statement.with.is_empty());
                }
            }
            What::Term(Term::Call { function, args, .. }) if functions.takes_result(function, args.len()) => {
                args.last().into_iter().for_each(|pattern| check.pattern(pattern));
            }
            _ => {}
        });
    }
}

/// Which variables a pattern may give a value.
pub(super) struct Given<'r, 'a> {
    rule: &'r Rule<'a>,
    /// Bound by an `every`.
    bound: HashSet<Id>,
}

impl<'r, 'a> Given<'r, 'a> {
    pub fn of(rule: &'r Rule<'a>) -> Self {
        let mut bound = HashSet::new();
        rule.statements(&mut |statement| {
            if let What::Every { key, value, .. } = &statement.what {
                bound.extend(key.iter().chain([value]));
            }
        });
        Self { rule, bound }
    }

    /// Whether a pattern gives a variable its value.
    pub fn by(&self, pattern: &Term<'a>) -> bool {
        let mut gives = false;
        each_variable(pattern, &mut |id| gives |= self.is_given(id, pattern));
        gives
    }

    fn is_given(&self, id: Id, pattern: &Term<'a>) -> bool {
        let variable = &self.rule.variables[id];
        let is_here = written(pattern).contains(&(variable.at.start as usize));
        variable.name == "_" || is_here || (variable.declared == Declared::Some && !self.bound.contains(&id))
    }
}

struct Check<'c, 'a> {
    given: Given<'c, 'a>,
    findings: &'c mut Vec<Finding>,
}

impl<'a> Check<'_, 'a> {
    fn arguments(&mut self) {
        let mut seen = HashSet::new();
        for arg in &self.given.rule.args {
            self.pattern(arg);
            self.findings.extend(computed(arg));
            let mut variables = HashSet::new();
            each_variable(arg, &mut |id| {
                variables.insert(id);
            });
            for id in variables {
                let name = self.given.rule.variables[id].name;
                if name != "_" && !seen.insert(id) {
                    let why =
                        format!("the engine does not hold two arguments called {name} against each other");
                    let advice = "give them two names, and compare them in the body";
                    self.findings.push(Finding::at(Code::Compile, arg.at(), why).advice(advice));
                }
            }
        }
    }

    /// What is written on both sides is compared part by part.
    fn sides(&mut self, pattern: &Term<'a>, other: &Term<'a>, is_whole: bool) {
        match (pattern, other) {
            (Term::Array(_, items), Term::Array(_, others)) if items.len() == others.len() => {
                items.iter().zip(others).for_each(|(item, other)| self.sides(item, other, false));
            }
            (Term::Object(_, fields), Term::Object(_, others)) => {
                for (key, value) in fields {
                    let other =
                        others.iter().find(|(other, _)| key.text().is_some() && other.text() == key.text());
                    match other {
                        Some((_, other)) => self.sides(value, other, false),
                        None => self.pattern(value),
                    }
                }
            }
            (_, Term::Scalar(..) | Term::Comprehension { .. } | Term::Set(..))
            | (Term::Object(..), Term::Array(..)) => {}
            (Term::Object(_, fields), _) if is_whole => {
                fields.iter().for_each(|(_, value)| self.pattern(value));
            }
            _ => self.pattern(pattern),
        }
    }

    fn pattern(&mut self, pattern: &Term<'a>) {
        match pattern {
            Term::Array(_, items) => items.iter().for_each(|item| self.pattern(item)),
            Term::Object(_, fields) => {
                if !self.given.by(pattern) {
                    return fields.iter().for_each(|(_, value)| self.pattern(value));
                }
                let why = "the engine takes an object with more fields than these for one, too";
                let advice = "name the object, and ask for its fields: `x.name`";
                // The engine's span of an object begins at its last field.
                let at = fields.first().map_or(pattern, |(key, _)| key).at();
                self.findings.push(Finding::at(Code::Compile, at, why).advice(advice));
            }
            _ => {}
        }
    }
}

/// What is no part of an argument's pattern.
fn computed(arg: &Term<'_>) -> Option<Finding> {
    let refuse = |code: Code, why: &str| {
        let advice = "give the argument a name, and compare it in the body";
        Some(Finding::at(code, arg.at(), why).advice(advice))
    };
    match arg {
        Term::Ref(Reference { root: Root::Data, .. }) => refuse(Code::UnsafeVar, "var data is unsafe"),
        Term::Ref(Reference { root: Root::Input, .. }) => refuse(Code::UnsafeVar, "var input is unsafe"),
        // A template string, of which is told elsewhere.
        Term::Call { function, .. } if function.name.first() == Some(&"internal") => None,
        Term::Call { .. } | Term::Infix(..) => refuse(Code::Compile, "rule arguments cannot contain calls"),
        _ => {
            let mut found = None;
            arg.each_part(&mut |part| found = found.take().or_else(|| computed(part)));
            found
        }
    }
}

/// A function whose arguments are more than names, in more than one file.
fn in_several_files(modules: &[Module<'_>], findings: &mut Vec<Finding>) {
    let mut first: HashMap<&[&str], (&str, bool)> = HashMap::new();
    for module in modules {
        for rule in module.rules.iter().filter(|rule| !rule.args.is_empty()) {
            let pattern = rule.args.iter().find(|arg| arg.variable().is_none());
            let (file, is_patterned) = first.entry(&rule.path).or_insert((module.file, pattern.is_some()));
            if *file != module.file && (*is_patterned || pattern.is_some()) {
                let why = "the engine mixes up the arguments of a function that is defined in several files";
                let advice = format!(
                    "define it in {file} alone, or give every argument a name, and compare it in the body"
                );
                findings.push(Finding::at(Code::Compile, rule.at, why).advice(advice));
            }
            *is_patterned |= pattern.is_some();
        }
    }
}

/// `$"{xs[_]}"`, which could say more than one thing. It is a comprehension by now.
fn wildcard_of_template(rule: &Rule<'_>, part: &Term<'_>) -> Option<Finding> {
    fn has_wildcard(rule: &Rule<'_>, term: &Term<'_>) -> bool {
        let mut found = false;
        term.each_part(&mut |part| found |= has_wildcard(rule, part));
        found
            || matches!(term, Term::Ref(Reference { root: Root::Variable(id), .. }) if rule.variables[*id].name == "_")
    }
    let Term::Comprehension { body, .. } = part else { return None };
    let [Statement { what: What::Unify { left, right, .. }, .. }] = body.statements.as_slice() else {
        return None;
    };
    let found = [left, right].into_iter().find(|side| has_wildcard(rule, side))?;
    let advice = "go through it before the template, `some x in xs`";
    Some(Finding::at(Code::UnsafeVar, found.at(), "var _ is undeclared").advice(advice))
}

fn key_of_a_set(operands: &[Term<'_>]) -> Option<Finding> {
    let [key, _, collection] = operands else { return None };
    let is_no_set = matches!(
        collection,
        Term::Ref(Reference { root: Root::Input, .. })
            | Term::Array(..)
            | Term::Object(..)
            | Term::Comprehension { kind: Brackets::Array | Brackets::Object, .. }
    );
    let why = "the engine finds no keys in a set";
    let advice = "write `xs[key] == value` instead of `key, value in xs`";
    (!is_no_set).then(|| Finding::at(Code::Compile, key.at(), why).advice(advice))
}

pub(super) fn each_variable(pattern: &Term<'_>, see: &mut dyn FnMut(Id)) {
    match pattern {
        Term::Array(_, items) => items.iter().for_each(|item| each_variable(item, see)),
        Term::Object(_, fields) => fields.iter().for_each(|(_, value)| each_variable(value, see)),
        _ => pattern.variable().into_iter().for_each(see),
    }
}
