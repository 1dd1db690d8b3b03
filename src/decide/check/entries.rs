//! Which rules a decision evaluates, and those that only look as if it did.

use std::collections::BTreeSet;

use super::finding::{Code, Finding};
use super::graph::{Graph, Stages};
use super::ir::{Brackets, Clause, Form, Module, Rule, Term};
use super::tree::{NodeId, Tree};
use crate::decide::rules::{Kind, Stage};
use crate::declare::suggest::nearest;

/// Words for the same that are no slip of the finger.
const MEANT: [(&str, &str); 12] = [
    ("denied", "deny"),
    ("denies", "deny"),
    ("denials", "deny"),
    ("deny_all", "deny"),
    ("reject", "deny"),
    ("forbid", "deny"),
    ("violated", "violation"),
    ("violates", "violation"),
    ("violations", "violation"),
    ("warned", "warn"),
    ("warning", "warn"),
    ("warnings", "warn"),
];

/// Entries that are no sets, whatever they come to: evaluation would refuse them, on the day that they say something.
pub(super) fn check_strictly(modules: &[Module<'_>], findings: &mut Vec<Finding>) {
    for rule in modules.iter().filter(|module| !module.is_test).flat_map(|module| &module.rules) {
        let Some(name) = rule.path.last().filter(|_| stage_of(rule).is_some() && rule.open.is_empty()) else {
            continue;
        };
        if rule.form == Form::Complete && !rule.clauses.iter().all(is_always_a_set) {
            let why = format!("`{name}` is not always a set");
            let advice = format!("write `{name} contains msg if {{ … }}`");
            findings.push(Finding::at(Code::Entry, rule.at, why).advice(advice));
        }
    }
}

/// `deny := {msg | …}`
fn is_always_a_set(clause: &Clause<'_>) -> bool {
    let is_set =
        |term: &Term<'_>| matches!(term, Term::Set(..) | Term::Comprehension { kind: Brackets::Set, .. });
    clause.body.statements.is_empty() && clause.head.len() == 1 && clause.head.iter().all(is_set)
}

/// Sets in a stage's package that nothing uses and that are named almost as an entry is: nobody ever asks for them.
pub(super) fn check(modules: &[Module<'_>], graph: &Graph<'_, '_, '_>, findings: &mut Vec<Finding>) {
    for module in modules.iter().filter(|module| !module.is_test) {
        for rule in &module.rules {
            let Some(meant) = near_miss(rule) else { continue };
            if !graph.is_used(&rule.path) {
                let name = rule.path.last().copied().unwrap_or_default();
                let why = format!(
                    "`{name}` is never evaluated: Vestry asks for deny, violation, warn and exception"
                );
                let advice = format!("did you mean `{meant}` for `{name}`?");
                findings.push(Finding::at(Code::Entry, rule.at, why).advice(advice));
            }
        }
    }
}

fn near_miss(rule: &Rule<'_>) -> Option<&'static str> {
    let (name, package) = rule.path.split_last()?;
    let owned: Vec<String> = package.iter().map(ToString::to_string).collect();
    if rule.form != Form::Set || Kind::of_rule(name).is_some() || Stage::of_package(&owned).is_none() {
        return None;
    }
    let word = name.split('_').next().unwrap_or(name);
    let lower = word.to_lowercase();
    let meant = MEANT.iter().find(|(other, _)| *other == lower || *other == *name).map(|(_, meant)| *meant);
    meant
        .or_else(|| {
            nearest(word, ["deny", "violation", "warn", "exception"].into_iter().filter(|_| word.len() > 3))
        })
        .and_then(|meant| {
            ["deny", "violation", "warn", "exception"].into_iter().find(|known| *known == meant)
        })
}

/// Of a rule's path, the stages in which it may be evaluated; `None` where its input is another document than the
/// stages have: what `data.system` masks is a line of the decision log.
pub(super) fn stages<'t>(
    modules: &[Module<'_>],
    tree: &'t Tree<'_, '_>,
    graph: &Graph<'_, '_, '_>,
) -> impl Fn(&[&str]) -> Option<Stages> + 't {
    let rules = || modules.iter().filter(|module| !module.is_test).flat_map(|module| &module.rules);
    let reached = |is_root: &dyn Fn(&Rule<'_>) -> bool| -> BTreeSet<NodeId> {
        let roots = rules().filter(|rule| is_root(rule));
        graph.reachable(roots.filter_map(|rule| tree.find(&rule.path)))
    };
    let declare = reached(&|rule| stage_of(rule) == Some(Stage::Declare));
    let resolve = reached(&|rule| stage_of(rule) == Some(Stage::Resolve));
    let system = reached(&|rule| rule.path.first() == Some(&"system"));
    move |path| {
        let Some(node) = tree.find(path) else { return Some(Stages::BOTH) };
        let found = Stages { declare: declare.contains(&node), resolve: resolve.contains(&node) };
        match (found.declare || found.resolve, system.contains(&node)) {
            (true, _) => Some(found),
            (false, true) => None,
            (false, false) => Some(Stages::BOTH),
        }
    }
}

/// What an entry speaks of; `None` of what is none.
#[cfg(feature = "tool")]
pub(super) fn entry_of(rule: &Rule<'_>) -> Option<Kind> {
    stage_of(rule)?;
    Kind::of_rule(rule.path.last()?).map(|(kind, _)| kind)
}

fn stage_of(rule: &Rule<'_>) -> Option<Stage> {
    let (name, package) = rule.path.split_last()?;
    let owned: Vec<String> = package.iter().map(ToString::to_string).collect();
    Kind::of_rule(name)?;
    Stage::of_package(&owned)
}
