//! Rules that a replacement reads and that are needed under it, too.
//!
//! In `waiver.rule == "a" with input as [waiver]`, where `waiver` is a rule, the engine takes the rule for undefined while
//! its value is in the place of the input: the statement fails without a word where OPA's holds.

use std::collections::{BTreeSet, HashMap};

use super::budget::Budget;
use super::finding::{Code, Finding};
use super::functions::Functions;
use super::graph::{Graph, reach};
use super::ir::{Form, Module, Node as Seen, Rule, Term};
use super::tree::{NodeId, Reached, Tree};

pub(super) fn check(
    modules: &[Module<'_>],
    tree: &Tree<'_, '_>,
    graph: &Graph<'_, '_, '_>,
    budget: &mut Budget,
    findings: &mut Vec<Finding>,
) {
    for rule in modules.iter().filter(|module| !module.is_test).flat_map(|module| &module.rules) {
        rule.statements(&mut |statement| {
            for with in &statement.with {
                let (mut read, mut needed) = (Reached::default(), Reached::default());
                with.value.visit(&mut |seen| reach(tree, &seen, &mut read, budget));
                if !read.is_any(tree) {
                    continue;
                }
                statement.what.visit(&mut |seen| reach(tree, &seen, &mut needed, budget));
                let read = values(tree, graph.behind(&read));
                if let Some(both) = values(tree, graph.behind(&needed)).intersection(&read).next() {
                    let name = tree.nodes[*both].name();
                    let why = format!(
                        "{name} is read for the value of `with` and needed under it, too, where it would be undefined"
                    );
                    let advice = "give its value to a local variable in a statement before, and name that";
                    findings.push(Finding::at(Code::Compile, with.at, why).advice(advice));
                }
            }
        });
    }
}

/// A function that a `with` replaces and that is called by another name than the one there: the engine would call the
/// function itself.
pub(super) fn check_functions(
    modules: &[Module<'_>],
    functions: &Functions<'_>,
    findings: &mut Vec<Finding>,
) {
    let decisive = || modules.iter().filter(|module| !module.is_test);
    let mut calls: HashMap<Vec<&str>, BTreeSet<Vec<&str>>> = HashMap::new();
    let mut replaced = Vec::new();
    for module in decisive() {
        for rule in &module.rules {
            rule.visit(&mut |seen| match seen {
                Seen::Term(Term::Call { function, .. }) if functions.is_own(&function.path) => {
                    calls.entry(function.path.clone()).or_default().insert(function.name.clone());
                }
                Seen::With(with) => replaced.push(with),
                Seen::Term(_) => {}
            });
        }
    }
    for with in replaced {
        let Some((&"data", path)) = with.target.split_first() else { continue };
        let names = calls.get(path);
        if let Some(other) = names.and_then(|names| names.iter().find(|name| **name != with.written)) {
            let why = format!(
                "`{}` is called `{}`, too, where it would not be replaced",
                with.written.join("."),
                other.join(".")
            );
            let advice = "call it by one name wherever it is called, and replace it by that";
            findings.push(Finding::at(Code::Compile, with.at, why).advice(advice));
        }
    }
}

/// Those of them that are rules with a value; a function has none.
fn values(tree: &Tree<'_, '_>, nodes: BTreeSet<NodeId>) -> BTreeSet<NodeId> {
    let has_value = |rule: &Rule<'_>| !matches!(rule.form, Form::Function(_));
    nodes.into_iter().filter(|node| tree.nodes[*node].rules.iter().any(|(_, rule)| has_value(rule))).collect()
}
