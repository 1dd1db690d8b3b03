//! What the engine takes for something else than OPA does, without a word: refused before it is evaluated.

use std::collections::HashMap;

use regorus::unstable::{Expr, Module, Ref};

use crate::decide::check::{Code, Finding};
use crate::decide::rules::{Defined, defined, static_path};
use crate::decide::visit::{self, Place};

/// Every such place; `asked` is a reference from outside, where there is one: `data.a.p`.
pub(in crate::decide) fn misread(modules: &[Ref<Module>], asked: &[String]) -> Vec<Finding> {
    let mut problems = overlapping_heads(modules, asked);
    for rule in modules.iter().flat_map(|module| &module.policy) {
        visit::expressions(rule, &mut |expr, place| {
            problems.extend(lost_walk(expr, place));
            problems.extend(print_as_value(expr, place));
        });
    }
    problems
}

/// The engine walks only in `walk(x, pattern)`; anything else finds nothing at all.
fn lost_walk(expr: &Expr, place: Place) -> Option<Finding> {
    let Expr::Call { span, params, .. } = expr else { return None };
    let walks = is_call_of(expr, "walk") && (params.len() == 1 || matches!(place, Place::Within));
    walks.then(|| {
        Finding::at(Code::Compile, span, "the engine finds nothing by `walk` here")
            .advice("write `walk(x, [path, value])` as a statement of its own")
    })
}

/// The engine takes it for true.
fn print_as_value(expr: &Expr, place: Place) -> Option<Finding> {
    (place == Place::Within && is_print(expr)).then(|| {
        Finding::at(Code::Type, expr.span(), "print used as value")
            .advice("write it as a statement of its own: `print(x)`")
    })
}

pub(super) fn is_print(expr: &Expr) -> bool {
    matches!(expr, Expr::Call { fcn, .. } if matches!(fcn.as_ref(), Expr::Var { span, .. } if span.text() == "print"))
}

pub(super) fn is_call_of(expr: &Expr, name: &str) -> bool {
    let Expr::Call { fcn, .. } = expr else { return false };
    let (path, open_ended) = static_path(fcn);
    !open_ended && path == [name]
}

/// Asked for `p.b`, the engine forgets what `p[q]` says of it as soon as there is a `p.b` of its own.
fn overlapping_heads(modules: &[Ref<Module>], asked: &[String]) -> Vec<Finding> {
    let rules: Vec<Defined<'_>> = modules.iter().flat_map(|module| defined(module)).collect();
    let mut overlaps: Vec<(&[String], &Defined<'_>)> = Vec::new();
    for general in rules.iter().filter(|rule| rule.open_ended) {
        let below = rules
            .iter()
            .filter(|rule| rule.path.len() > general.path.len() && rule.path.starts_with(&general.path));
        overlaps.extend(below.map(|rule| (&rule.path[..=general.path.len()], rule)));
    }
    if overlaps.is_empty() {
        return Vec::new();
    }
    let lost = |path: &[String], rule: &Defined<'_>| {
        let (name, file, line) = (path.join("."), rule.span.source.get_path(), rule.span.line);
        format!(
            "`{name}` has rules of its own ({file}:{line}) beside one for every key, and only they would be found"
        )
    };
    const ADVICE: &str = "write one rule for every key";
    let mut problems = Vec::new();
    if let Some((root, path)) = asked.split_first().filter(|(root, _)| *root == "data")
        && let Some((_, rule)) = overlaps.iter().find(|(prefix, _)| path.starts_with(prefix))
    {
        problems.push(Finding::in_file(Code::Compile, root, lost(path, rule)).advice(ADVICE));
    }
    for module in modules {
        let scope = Scope::of(module);
        let mut look = |expr: &Expr, _| {
            let (Expr::RefDot { span, .. } | Expr::RefBrack { span, .. }) = expr else { return };
            let path = scope.absolute(static_path(expr).0);
            // Of `p.b.r` its beginning `p.b` is looked at, too.
            if let Some((_, rule)) = overlaps.iter().find(|(prefix, _)| path == *prefix) {
                problems.push(Finding::at(Code::Compile, span, lost(&path, rule)).advice(ADVICE));
            }
        };
        module.policy.iter().for_each(|rule| visit::expressions(rule, &mut look));
    }
    problems
}

/// What the first name of a reference may stand for.
struct Scope {
    package: Vec<String>,
    imports: HashMap<String, Vec<String>>,
}

impl Scope {
    fn of(module: &Module) -> Self {
        let imports = module.imports.iter().filter_map(|import| {
            let (path, _) = static_path(&import.refr);
            let name =
                import.r#as.as_ref().map(|span| span.text().to_string()).or_else(|| path.last().cloned())?;
            (path.first()? == "data").then(|| (name, path[1..].to_vec()))
        });
        Self { package: static_path(&module.package.refr).0, imports: imports.collect() }
    }

    /// Below `data`; a local variable is taken for a rule, which at worst refuses what would do.
    fn absolute(&self, path: Vec<String>) -> Vec<String> {
        match path.split_first() {
            Some((root, rest)) if root == "data" => rest.to_vec(),
            Some((root, rest)) => match self.imports.get(root) {
                Some(target) => target.iter().chain(rest).cloned().collect(),
                None => self.package.iter().chain(&path).cloned().collect(),
            },
            None => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        let mut engine = regorus::Engine::new();
        engine.add_policy("a.rego".into(), format!("package a\n{text}")).unwrap();
        misread(engine.get_modules(), &[]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_walk_that_would_find_nothing_is_refused() {
        for body in [
            "x := count(walk(input))",
            "walk(input)[0] == 1",
            "y := {p | p := walk(input)[0]}",
            "walk(input)",
        ] {
            let found = of(&format!("p if {{ {body} }}"));
            assert!(found.len() == 1 && found[0].starts_with("a.rego:2:"), "{body}: {found:?}");
        }
        assert_eq!(of("p if { walk(input, [path, value]) }"), [""; 0]);
    }

    #[test]
    fn print_is_a_statement_and_no_value() {
        for body in ["x := print(1)", "print(1) == true", "count(print(1)) == 1", "{x | x := print(1)} == 1"]
        {
            assert_eq!(of(&format!("p if {{ {body} }}")).len(), 1, "{body}");
        }
        for body in ["print(1)", "not print(1)", "every x in [1] { print(x) }", "print(1) with input as 2"] {
            assert_eq!(of(&format!("p if {{ {body} }}")), [""; 0], "{body}");
        }
    }

    #[test]
    fn a_reference_that_would_miss_a_general_rule_is_refused() {
        let rules = "p[q].r contains s if { q := \"b\"; s := 1 }\np.b.r contains 2\n";
        for reference in ["p.b.r", "p.b", "data.a.p.b.r[_]", "p[\"b\"]"] {
            assert_eq!(of(&format!("{rules}x if {reference}")).len(), 1, "{reference}");
        }
        for reference in ["p", "p[input.q].r", "p.c.r", "data.a.p"] {
            assert_eq!(of(&format!("{rules}x if {reference}")), [""; 0], "{reference}");
        }
    }
}
