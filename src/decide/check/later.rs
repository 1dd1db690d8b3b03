//! What only the decision on what was resolved needs: the engine gets ready for it while the stores answer.
//!
//! The engine evaluates more than a reference names, the whole of what lies below its plain beginning, and that in the
//! order of the files. So the files are put apart only where that is the same with and without the later ones.

use std::collections::BTreeSet;

use super::Mode;
use super::graph::Graph;
use super::ir::{Module, Node, Root, Term};
use super::tree::Tree;
use crate::decide::directory::PolicyFile;

const PACKAGE: [&str; 2] = ["vestry", "resolve"];

/// The files, those last that look as if: which they are is known only when all are parsed, and the engine lets go of none.
/// In their own order, and none for later, where another file's package may lie around those, or may be another one than
/// it looks.
pub(super) fn told_apart(files: &[PolicyFile], mode: Mode) -> (Vec<&PolicyFile>, Vec<&PolicyFile>) {
    let looks = files.iter().map(|file| look(&file.text)).collect::<Option<Vec<_>>>();
    match looks.filter(|_| mode == Mode::Load) {
        None => (files.iter().collect(), Vec::new()),
        Some(looks) => {
            let (early, late): (Vec<_>, Vec<_>) =
                files.iter().zip(looks).partition(|(_, look)| *look == Look::Early);
            let files = |both: Vec<(_, _)>| both.into_iter().map(|(file, _)| file).collect();
            (files(early), files(late))
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Early,
    Later,
}

/// By the line of its package, where that stands there plainly and holds none of the others'.
fn look(text: &str) -> Option<Look> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let (_, name) = line.split_once(char::is_whitespace).filter(|(word, _)| *word == "package")?;
    let name = name.split('#').next().unwrap_or_default().trim();
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte)) {
        return None;
    }
    let parts: Vec<&str> = name.split('.').collect();
    match parts.starts_with(&PACKAGE) {
        true => Some(Look::Later),
        false => (!PACKAGE.starts_with(&parts)).then_some(Look::Early),
    }
}

/// The files that nothing outside `vestry.resolve` comes by, and that the engine does not evaluate on its way either; `None`
/// where it evaluates files of both kinds as one whole, for that is done in their order.
pub(super) fn files(
    modules: &[Module<'_>],
    tree: &Tree<'_, '_>,
    graph: &Graph<'_, '_, '_>,
) -> Option<BTreeSet<String>> {
    if !modules.iter().any(|module| module.package.starts_with(&PACKAGE)) {
        return Some(BTreeSet::new());
    }
    let rules = modules.iter().flat_map(|module| &module.rules);
    let others = rules.filter(|rule| !rule.path.starts_with(&PACKAGE));
    let reached = graph.reachable(others.filter_map(|rule| tree.find(&rule.path)));
    let is_reached = |path: &[&str]| tree.find(path).is_none_or(|node| reached.contains(&node));
    let mut left = Vec::new();
    let mut evaluated = BTreeSet::new();
    for module in modules {
        let wholes = wholes(module);
        if wholes.iter().any(|whole| whole.len() < PACKAGE.len()) {
            return None;
        }
        if module.rules.iter().any(|rule| is_reached(&rule.path)) {
            evaluated.extend(wholes);
        } else {
            left.push(module);
        }
    }
    left.retain(|module| !evaluated.iter().any(|whole| module.package.starts_with(whole)));
    Some(left.into_iter().map(|module| module.file.to_string()).collect())
}

/// What a module's rules make the engine evaluate as a whole, as far as `vestry.resolve` lies in it or around it: below
/// `data`, all that begins so.
fn wholes<'a>(module: &Module<'a>) -> Vec<Vec<&'a str>> {
    let imports = module.imports.iter().map(|import| import.path.as_slice());
    let mut wholes: Vec<Vec<&str>> = imports.filter_map(below_data).collect();
    for rule in &module.rules {
        rule.visit(&mut |seen| match seen {
            Node::Term(Term::Ref(reference)) if matches!(reference.root, Root::Data) => {
                if reference.names().next().is_none_or(|name| name == PACKAGE[0]) {
                    wholes.push(reference.names().collect());
                }
            }
            // These tell what is annotated anywhere, and fail with it.
            Node::Term(Term::Call { function, .. }) if function.name.starts_with(&["rego", "metadata"]) => {
                wholes.push(Vec::new());
            }
            Node::With(with) => wholes.extend(below_data(&with.target)),
            Node::Term(_) => {}
        });
    }
    wholes.retain(|whole| whole.starts_with(&PACKAGE) || PACKAGE.starts_with(whole));
    wholes
}

fn below_data<'a>(path: &[&'a str]) -> Option<Vec<&'a str>> {
    path.split_first().filter(|(root, _)| **root == "data").map(|(_, path)| path.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_for_is_seen_by_its_package_where_that_is_plain() {
        for (text, wanted) in [
            ("package vestry.resolve\n", Some(Look::Later)),
            ("# Why.\n\n\tpackage\tvestry.resolve.found # what\r\n", Some(Look::Later)),
            ("package vestry.resolved", Some(Look::Early)),
            ("package lib", Some(Look::Early)),
            ("package vestry", None),
            ("package vestry[\"resolve\"]", None),
            ("package vestry .resolve", None),
            ("package\nvestry.resolve", None),
            ("packages vestry.resolve", None),
            ("", None),
        ] {
            assert!(look(text) == wanted, "{text}");
        }
    }
}
