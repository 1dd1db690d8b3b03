//! What holds rules and is none: `limits`, where only `limits.ssm` is defined, or `approved` of `approved[x].since`.
//!
//! Where none of them holds, it is an empty object with OPA, and undefined to the engine: `count(approved) == 0` would
//! never hold, and `every x in approved { … }` never either.

use std::collections::{HashMap, HashSet};

use super::finding::{Code, Finding};
use super::ir::{Form, Module, Node as Seen, Reference, Rule, Term, What};
use super::tree::{Node, Tree};

pub(super) fn check(modules: &[Module<'_>], tree: &Tree<'_, '_>, findings: &mut Vec<Finding>) {
    let packages: HashSet<&[&str]> = modules
        .iter()
        .flat_map(|module| (0..=module.package.len()).map(|end| &module.package[..end]))
        .collect();
    let mut known = HashMap::new();
    for rule in modules.iter().filter(|module| !module.is_test).flat_map(|module| &module.rules) {
        let gone_through = gone_through(rule);
        rule.visit(&mut |seen| {
            let Seen::Term(Term::Ref(reference)) = seen else { return };
            let Some(path) = reference.data_path() else { return };
            if packages.contains(path.as_slice()) || gone_through.contains(&std::ptr::from_ref(reference)) {
                return;
            }
            let Some(at) = tree.find(&path) else { return };
            let node = &tree.nodes[at];
            if !*known.entry(at).or_insert_with(|| may_be_empty(tree, at, node)) {
                return;
            }
            let name = node.name();
            let why = format!(
                "{name} has parts alone, and the engine would take it for undefined where none is there"
            );
            let advice = match node.rules.first() {
                Some(_) => format!("go through it, `{{x | {name}[x]}}`"),
                None => "give one of its parts a `default`, or ask for a part".to_string(),
            };
            findings.push(Finding::at(Code::Compile, reference.at, why).advice(advice));
        });
    }
}

fn may_be_empty(tree: &Tree<'_, '_>, at: usize, node: &Node<'_, '_>) -> bool {
    let is_part = |rule: &Rule<'_>| !rule.open.is_empty() && (rule.form == Form::Set || rule.behind > 1);
    if !node.rules.iter().all(|(_, rule)| is_part(rule)) {
        return false;
    }
    let below = tree.below(at);
    let mut rules = below.iter().flat_map(|id| &tree.nodes[*id].rules).map(|(_, rule)| *rule).peekable();
    let is_function = |rule: &Rule<'_>| matches!(rule.form, Form::Function(_));
    let is_always = |rule: &Rule<'_>| {
        let values = || rule.clauses.iter().flat_map(|clause| &clause.head);
        let is_plain = rule.open.is_empty() && rule.clauses.iter().all(|clause| clause.at.is_none());
        rule.is_default
            || (is_plain && values().all(|value| matches!(value, Term::Scalar(..))))
            || (rule.open.is_empty() && rule.form == Form::Set)
    };
    rules.peek().is_some() && !rules.clone().all(is_function) && !rules.any(is_always)
}

/// `some x in approved` goes through nothing where there is nothing.
fn gone_through<'a>(rule: &Rule<'a>) -> HashSet<*const Reference<'a>> {
    let mut found = HashSet::new();
    rule.statements(&mut |statement| {
        if let What::SomeIn { collection: Term::Ref(reference), .. } = &statement.what {
            found.insert(std::ptr::from_ref(reference));
        }
    });
    found
}
