//! Built-in functions within `with`: `with io.jwt.decode as mock`, `with trusted as startswith`.
//!
//! The engine knows only its own functions as what is replaced, and only a policy's as what stands in. So both are
//! called through a function of a package made for them. A rule of the package, `with limits as mock`, it knows by its
//! whole path alone.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{BUILTINS, Expr, Module, Ref, Span};

use super::{Edit, find};
use crate::decide::check::imports::Edits;
use crate::decide::rules::{defined, dotted, static_path};
use crate::decide::visit::{self, Seen};

const PACKAGE: &str = "vestry_stand_in";

/// Adds the changes, and the package.
pub(in crate::decide) fn stand_ins(modules: &[Ref<Module>], edits: &mut Edits) {
    // As good as none has one, and every start is asked.
    if !modules.iter().any(|module| module.package.span.source.get_contents().contains("with")) {
        return;
    }
    let mut asked = Asked::default();
    for rule in modules.iter().flat_map(|module| defined(module)) {
        if rule.function.is_none() {
            asked.rules.insert(rule.path.clone());
        }
        asked.own.insert(rule.path);
    }
    for module in modules {
        each_with(module, &mut |target, value| {
            if let Some(path) = asked.rule(module, target) {
                edits.put(target.span(), dotted(["data"].into_iter().chain(path.iter().map(String::as_str))));
            }
            if let Some(name) =
                asked.built_in(module, target).filter(|name| !BUILTINS.contains_key(name.as_str()))
            {
                edits.put(target.span(), asked.call(&name));
                asked.replaced.insert(name);
            }
            if let Some(name) = asked.built_in(module, value) {
                edits.put(value.span(), asked.call(&name));
            }
        });
    }
    if asked.used.is_empty() {
        return;
    }
    for module in modules {
        for rule in &module.policy {
            visit::expressions(rule, &mut |expr, _| {
                let Expr::Call { fcn, .. } = expr else { return };
                if let Some(name) = asked.built_in(module, fcn).filter(|name| asked.replaced.contains(name)) {
                    edits.put(fcn.span(), asked.call(&name));
                }
            });
        }
    }
    let functions = asked.used.iter().map(|(name, arity)| {
        let arguments: Vec<String> = (0..*arity).map(|number| format!("a{number}")).collect();
        let arguments = arguments.join(", ");
        format!("{}({arguments}) := {name}({arguments})\n", plain(name))
    });
    edits.added = Some(format!("package {PACKAGE}\n\n{}", functions.collect::<String>()));
}

#[derive(Default)]
struct Asked {
    /// Paths of the policy's own rules.
    own: BTreeSet<Vec<String>>,
    /// Those that are no functions.
    rules: BTreeSet<Vec<String>>,
    replaced: BTreeSet<String>,
    /// Each with the number of its arguments.
    used: BTreeMap<String, u8>,
}

impl Asked {
    /// The name of a built-in function, where the expression is one and no function of the package has it.
    fn built_in(&self, module: &Module, expr: &Expr) -> Option<String> {
        let (path, open_ended) = static_path(expr);
        let name = path.join(".");
        let own: Vec<String> = static_path(&module.package.refr).0.into_iter().chain(path).collect();
        (!open_ended && arity(&name).is_some_and(|arity| arity > 0) && !self.own.contains(&own))
            .then_some(name)
    }

    /// The whole path of a rule of the package, where the expression names one, or a part of one.
    fn rule(&self, module: &Module, expr: &Expr) -> Option<Vec<String>> {
        let (path, open_ended) = static_path(expr);
        let package = static_path(&module.package.refr).0;
        let first = package.len() + 1;
        let own: Vec<String> = package.into_iter().chain(path).collect();
        let is_one = (first..=own.len()).any(|end| self.rules.contains(&own[..end]));
        (!open_ended && is_one).then_some(own)
    }

    /// Its name in the package.
    fn call(&mut self, name: &str) -> String {
        self.used.insert(name.to_string(), arity(name).unwrap_or_default());
        format!("data.{PACKAGE}.{}", plain(name))
    }
}

/// None that a built-in function has: it would call itself.
fn plain(name: &str) -> String {
    format!("call_{}", name.replace('.', "_"))
}

fn arity(name: &str) -> Option<u8> {
    find(name).map(|function| function.arity).or_else(|| BUILTINS.get(name).map(|(_, arity)| *arity))
}

fn each_with(module: &Module, see: &mut dyn FnMut(&Expr, &Expr)) {
    for rule in &module.policy {
        visit::rule(rule, &mut |seen| {
            let Seen::Query { query, .. } = seen else { return };
            for with in query.stmts.iter().flat_map(|statement| &statement.with_mods) {
                see(&with.refr, &with.r#as);
            }
        });
    }
}

impl Edits {
    fn put(&mut self, at: &Span, with: String) {
        let edit = Edit { at: at.start as usize..at.end as usize, with };
        self.of(at.source.get_path()).push(edit);
    }
}
