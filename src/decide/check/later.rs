//! What only the decision on what was resolved needs: the engine gets ready for it while the stores answer.

use std::collections::BTreeSet;

use super::Mode;
use super::graph::Graph;
use super::ir::Module;
use super::tree::Tree;
use crate::decide::directory::PolicyFile;

const PACKAGE: &str = "package vestry.resolve";

/// The files, those last that look as if: which they are is known only when all are parsed, and the engine lets go of none.
pub(super) fn told_apart(files: &[PolicyFile], mode: Mode) -> (Vec<&PolicyFile>, Vec<&PolicyFile>) {
    files.iter().partition(|file| mode != Mode::Load || !looks_so(&file.text))
}

fn looks_so(text: &str) -> bool {
    let package = text.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with('#'));
    package.is_some_and(|line| line.starts_with(PACKAGE))
}

/// The files that nothing outside `vestry.resolve` comes by.
pub(super) fn files(
    modules: &[Module<'_>],
    tree: &Tree<'_, '_>,
    graph: &Graph<'_, '_, '_>,
) -> BTreeSet<String> {
    let rules = modules.iter().flat_map(|module| &module.rules);
    let others = rules.filter(|rule| !rule.path.starts_with(&["vestry", "resolve"]));
    let reached = graph.reachable(others.filter_map(|rule| tree.find(&rule.path)));
    let is_reached = |path: &[&str]| tree.find(path).is_none_or(|node| reached.contains(&node));
    let later = modules.iter().filter(|module| !module.rules.iter().any(|rule| is_reached(&rule.path)));
    later.map(|module| module.file.to_string()).collect()
}
