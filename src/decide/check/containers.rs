//! What holds rules, and is there with OPA where the engine has nothing, or the other way round.
//!
//! - `limits`, where only `limits.ssm` is defined, or `approved` of `approved[x].since`: where none of them holds, it is an
//!   empty object with OPA, and undefined to the engine. `count(approved) == 0` would never hold, and `every x in approved
//!   { … }` never either. The same of what lies within another: the `ssm` of `limits.ssm.days`, for who goes through
//!   `limits`.
//! - The set or object `limits.regions` beside rules for every key, `limits[x]`: where it is empty it is there to the
//!   engine, and with OPA it is not.

use std::collections::HashSet;

use super::budget::Budget;
use super::finding::{Code, Finding};
use super::ir::{Form, Module, Node as Seen, Reference, Rule, Term, What};
use super::tree::{Node, NodeId, Tree};

pub(super) fn check(
    modules: &[Module<'_>],
    tree: &Tree<'_, '_>,
    budget: &mut Budget,
    findings: &mut Vec<Finding>,
) {
    let doubtful = Doubtful::of(modules, tree);
    if doubtful.nodes.is_empty() {
        return;
    }
    for rule in modules.iter().filter(|module| !module.is_test).flat_map(|module| &module.rules) {
        let gone_through = gone_through(rule);
        rule.visit(&mut |seen| {
            let Seen::Term(Term::Ref(reference)) = seen else { return };
            let is_gone_through = gone_through.contains(&std::ptr::from_ref(reference));
            let mut ends = tree.reached(reference, budget).trees.into_iter();
            let found = ends.find_map(|end| Some((end, doubtful.within(end, is_gone_through)?)));
            findings.extend(found.map(|(end, doubt)| doubt.finding(tree, reference, end)));
        });
    }
}

/// What is there to one of the two only, by the order of the nodes: what holds others, before them.
struct Doubtful<'t, 'm, 'a> {
    tree: &'t Tree<'m, 'a>,
    nodes: Vec<Doubt>,
}

#[derive(Clone, Copy)]
struct Doubt {
    at: NodeId,
    /// Where it is beside rules for every key: what holds them all.
    beside: Option<NodeId>,
}

impl<'t, 'm, 'a> Doubtful<'t, 'm, 'a> {
    fn of(modules: &[Module<'_>], tree: &'t Tree<'m, 'a>) -> Self {
        let packages: HashSet<&[&str]> = modules
            .iter()
            .flat_map(|module| (0..=module.package.len()).map(|end| &module.package[..end]))
            .collect();
        let mut nodes = Vec::new();
        for (at, node) in tree.nodes.iter().enumerate() {
            let holds_rules = !node.children.is_empty() || !node.rules.is_empty();
            if holds_rules && !packages.contains(node.path.as_slice()) && may_be_empty(tree, at, node) {
                nodes.push(Doubt { at, beside: None });
            }
            if !node.children.is_empty() && node.rules.iter().any(|(_, rule)| !rule.open.is_empty()) {
                let below = tree.below(at).into_iter().filter(|below| *below != at);
                let empty =
                    below.filter(|below| tree.nodes[*below].rules.iter().any(|(_, rule)| is_filled(rule)));
                nodes.extend(empty.map(|below| Doubt { at: below, beside: Some(at) }));
            }
        }
        nodes.sort_by_key(|doubt| (doubt.at, doubt.beside));
        Self { tree, nodes }
    }

    /// The first that is part of what stands at a node.
    fn within(&self, end: NodeId, is_gone_through: bool) -> Option<Doubt> {
        let path = |at: NodeId| self.tree.nodes[at].path.as_slice();
        let is_part = |doubt: &&Doubt| path(doubt.at).starts_with(path(end));
        self.nodes.iter().filter(is_part).find(|doubt| !is_gone_through || doubt.at != end).copied()
    }
}

impl Doubt {
    fn finding(self, tree: &Tree<'_, '_>, reference: &Reference<'_>, end: NodeId) -> Finding {
        let name = tree.nodes[self.at].name();
        let (why, advice) = match self.beside {
            Some(all) => {
                let all = tree.nodes[all].name();
                let why = format!(
                    "{name} is a rule beside those for every key of {all}, and where it is empty the engine has it there, and OPA has not"
                );
                (why, "write one rule for every key".to_string())
            }
            None => {
                let why = format!(
                    "{name} has parts alone, and the engine would take it for undefined where none is there"
                );
                let advice = match tree.nodes[self.at].rules.first() {
                    Some(_) if self.at == end => format!("go through it, `{{x | {name}[x]}}`"),
                    _ => "give one of its parts a `default`, or ask for a part".to_string(),
                };
                (why, advice)
            }
        };
        Finding::at(Code::Compile, reference.at, why).advice(advice)
    }
}

fn may_be_empty(tree: &Tree<'_, '_>, at: NodeId, node: &Node<'_, '_>) -> bool {
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

/// A set, or an object of keys that only evaluation tells: empty where none holds.
fn is_filled(rule: &Rule<'_>) -> bool {
    let is_object = rule.open.len() == 1 && rule.behind == 1;
    (rule.form == Form::Set && rule.open.is_empty()) || (rule.form == Form::Complete && is_object)
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
