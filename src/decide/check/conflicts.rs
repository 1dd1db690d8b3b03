//! Definitions that cannot stand side by side.

use super::finding::{Code, Finding};
use super::ir::{Form, Module, Node as Seen, Rule, Term};
use super::tree::{Node, Tree};

pub(super) fn check(modules: &[Module<'_>], tree: &Tree<'_, '_>, findings: &mut Vec<Finding>) {
    for (id, node) in tree.nodes.iter().enumerate() {
        if !node.rules.is_empty() {
            findings.extend(conflict(tree, id, node));
        }
    }
    for rule in modules.iter().flat_map(|module| &module.rules) {
        findings.extend(illegal_default(rule));
        findings.extend(partial_replacements(tree, rule));
    }
}

fn conflict(tree: &Tree<'_, '_>, id: usize, node: &Node<'_, '_>) -> Option<Finding> {
    let (name, at) = (node.name(), node.rules[0].1.at);
    let rules = || node.rules.iter().map(|(_, rule)| *rule);
    let refuse = |why: String| Finding::at(Code::Type, at, why);
    let rename = "give one of them another name";
    if node.is_package && rules().any(|rule| rule.open.is_empty()) {
        let why = format!("package {} conflicts with rule {name}", node.path.join("."));
        return Some(refuse(why).advice(rename));
    }
    if rules().any(|rule| rule.open.is_empty()) && !node.children.is_empty() {
        let below = tree.below(id).into_iter().filter(|below| *below != id);
        let below: Vec<String> = below
            .map(|below| &tree.nodes[below])
            .filter(|below| !below.rules.is_empty())
            .map(Node::name)
            .take(5)
            .collect();
        if !below.is_empty() {
            return Some(refuse(format!("rule {name} conflicts with {}", below.join(", "))).advice(rename));
        }
    }
    let shape = |rule: &Rule<'_>| (rule.form, rule.open.is_empty());
    let first = shape(rules().next()?);
    if let Some(other) = rules().find(|rule| shape(rule) != first) {
        let place = Finding::at(Code::Type, other.at, "").location();
        let what = match (first.0, other.form) {
            (Form::Function(_), Form::Function(_)) => "they take different numbers of arguments",
            _ => "all rules of one name are sets, objects, functions or single values",
        };
        return Some(refuse(format!("conflicting rules {name} found: another at {place}")).advice(what));
    }
    let defaults: Vec<&Rule<'_>> = rules().filter(|rule| rule.is_default).collect();
    if let [_, second, ..] = defaults.as_slice() {
        let why = format!("multiple default rules {name} found");
        return Some(Finding::at(Code::Type, second.at, why).advice("keep one of them"));
    }
    None
}

fn illegal_default(rule: &Rule<'_>) -> Option<Finding> {
    let value = rule.clauses.first().filter(|_| rule.is_default)?.head.first()?;
    let what = computed(value)?;
    let why = format!("illegal default rule (value cannot contain {what})");
    let advice = "write the value out, or compute it by a last `else` of the rule";
    Some(Finding::at(Code::Parse, rule.at, why).advice(advice))
}

/// What a term needs evaluation for; comprehensions are allowed.
fn computed(term: &Term<'_>) -> Option<&'static str> {
    match term {
        Term::Scalar(..) | Term::Comprehension { .. } => None,
        Term::Ref(reference) if reference.steps.is_empty() && term.variable().is_some() => Some("var"),
        Term::Ref(_) => Some("ref"),
        Term::Call { .. } | Term::Infix(..) => Some("call"),
        Term::Array(_, items) | Term::Set(_, items) => items.iter().find_map(computed),
        Term::Object(_, fields) => {
            fields.iter().find_map(|(key, value)| computed(key).or_else(|| computed(value)))
        }
    }
}

/// `with data.lib.config.days as 1` where `data.lib.config` is a rule: the engine could replace it only whole.
fn partial_replacements(tree: &Tree<'_, '_>, rule: &Rule<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    rule.visit(&mut |seen| {
        let Seen::With(with) = seen else { return };
        let Some((&"data", path)) = with.target.split_first() else { return };
        let partly = (0..path.len()).filter_map(|end| tree.find(&path[..end]));
        if let Some(whole) = partly.into_iter().find(|node| !tree.nodes[*node].rules.is_empty()) {
            let why = "with keyword cannot partially replace virtual document(s)";
            let advice = format!("replace all of {}", tree.nodes[whole].name());
            found.push(Finding::at(Code::Compile, with.at, why).advice(advice));
        }
    });
    found
}
