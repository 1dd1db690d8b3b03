//! `some name`, where a rule or an import of the package is called `name`: the engine takes it for that, goes through
//! nothing, and `input.references[name]` is silently undefined. `some name in …` it refuses, in words of its own.

use std::collections::{HashMap, HashSet};

use super::finding::{Code, Finding};
use super::ir::{Body, Declared, Id, Module, Node, Rule, Term, What};

pub(super) fn check(modules: &[Module<'_>], findings: &mut Vec<Finding>) {
    let mut known: HashMap<&[&str], HashSet<&str>> = HashMap::new();
    for module in modules {
        let names = known.entry(&module.package).or_default();
        names.extend(module.rules.iter().filter_map(|rule| rule.path.get(rule.in_package).copied()));
        names.extend(module.imports.iter().map(|import| import.name).filter(|name| !name.is_empty()));
    }
    for module in modules {
        let Some(names) = known.get(module.package.as_slice()) else { continue };
        for rule in &module.rules {
            let bound = bound_by_every(rule);
            let hidden = rule.variables.iter().enumerate().filter(|(id, variable)| {
                matches!(variable.declared, Declared::Some | Declared::SomeIn)
                    && names.contains(variable.name)
                    && !bound.contains(id)
            });
            findings.extend(hidden.map(|(_, variable)| {
                let name = variable.name;
                let why = format!(
                    "var {name} has the name of a rule or an import, and the engine would take it for that"
                );
                Finding::at(Code::Compile, variable.at, why).advice("give the variable another name")
            }));
        }
    }
}

/// The engine gives them their values by itself.
fn bound_by_every(rule: &Rule<'_>) -> HashSet<Id> {
    let mut ids = HashSet::new();
    rule.clauses.iter().for_each(|clause| of_body(&clause.body, &mut ids));
    rule.visit(&mut |node| {
        if let Node::Term(Term::Comprehension { body, .. }) = node {
            of_body(body, &mut ids);
        }
    });
    ids
}

fn of_body(body: &Body<'_>, ids: &mut HashSet<Id>) {
    for statement in &body.statements {
        if let What::Every { key, value, body, .. } = &statement.what {
            ids.extend(key.iter().chain([value]));
            of_body(body, ids);
        }
    }
}
