//! Functions that a test replaces: `with data.p.f as g`.
//!
//! The engine replaces `data.p.f(x)` and passes by `f(x)` within `p`, or the other way round, as the `with` names it, so that
//! the test would be one of the real function. Written out, both are replaced.

use std::collections::BTreeSet;

use regorus::unstable::{Expr, Import, Module, Ref};

use super::edit::{Edits, put_in_front};
use crate::decide::rules::{defined, static_path};
use crate::decide::visit::{self, Seen};

type Path = Vec<String>;

/// Calls of replaced functions by their whole path.
pub(super) fn write_calls_out(modules: &[Ref<Module>], edits: &mut Edits) {
    let functions: BTreeSet<Path> = modules
        .iter()
        .flat_map(|m| defined(m))
        .filter(|rule| rule.function.is_some())
        .map(|rule| rule.path)
        .collect();
    let replaced: BTreeSet<Path> = modules
        .iter()
        .flat_map(|module| targets(module))
        .filter(|target| functions.contains(target))
        .collect();
    if replaced.is_empty() {
        return;
    }
    for module in modules {
        let package = static_path(&module.package.refr).0;
        each_target(module, &mut |target| {
            let (path, _) = static_path(target);
            // What an import names is written out with it.
            let own: Path = package.iter().cloned().chain(path.iter().cloned()).collect();
            if replaced.contains(&own) && absolute(module, path) == Some(own) {
                put_in_front(edits, target.span(), &format!("data.{}.", package.join(".")));
            }
        });
        let prefix = format!("data.{}.", package.join("."));
        for rule in &module.policy {
            visit::expressions(rule, &mut |expr, _| {
                let Expr::Call { fcn, .. } = expr else { return };
                let own: Path = package.iter().cloned().chain(static_path(fcn).0).collect();
                if replaced.contains(&own) {
                    put_in_front(edits, fcn.span(), &prefix);
                }
            });
        }
    }
}

/// What the `with` of a module replace, without the leading `data`.
fn targets(module: &Module) -> BTreeSet<Path> {
    let mut found = BTreeSet::new();
    each_target(module, &mut |target| found.extend(absolute(module, static_path(target).0)));
    found
}

fn each_target(module: &Module, see: &mut dyn FnMut(&Expr)) {
    for rule in &module.policy {
        visit::rule(rule, &mut |seen| {
            let Seen::Query { query, .. } = seen else { return };
            query.stmts.iter().flat_map(|statement| &statement.with_mods).for_each(|with| see(&with.refr));
        });
    }
}

fn absolute(module: &Module, path: Path) -> Option<Path> {
    let (first, rest) = path.split_first()?;
    if first == "data" {
        return Some(rest.to_vec());
    }
    let import = module.imports.iter().find_map(|import| imported_as(import, first));
    let base = import
        .unwrap_or_else(|| static_path(&module.package.refr).0.into_iter().chain([first.clone()]).collect());
    Some(base.into_iter().chain(rest.iter().cloned()).collect())
}

fn imported_as(import: &Import, name: &str) -> Option<Path> {
    let (path, _) = static_path(&import.refr);
    let own = import.r#as.as_ref().map_or(path.last()?.as_str(), |span| span.text());
    (own == name && path.first()? == "data").then(|| path[1..].to_vec())
}
