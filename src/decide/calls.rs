//! Calls to functions that do not exist: the engine finds them only where evaluation comes by, so a rule behind a
//! condition would stay silent until the day it is needed.

use std::collections::HashMap;

use regorus::unstable::{BUILTINS, Expr, Import, Literal, Module, Query, Ref, Rule, RuleBody, RuleHead};

use super::builtins;
use super::rules::{at_span, defined, static_path};
use crate::declare::suggest::nearest;

/// All functions that a directory's modules define: path and number of arguments.
type Functions = HashMap<Vec<String>, usize>;

/// Every call that reaches nothing or has the wrong number of arguments, as `file:line:col: …`.
pub(super) fn unknown(modules: &[Ref<Module>]) -> Vec<String> {
    let functions: Functions = modules
        .iter()
        .flat_map(|module| defined(module))
        .filter_map(|rule| rule.function.map(|arity| (rule.path, arity)))
        .collect();
    let mut problems = Vec::new();
    for module in modules {
        let scope = Scope::of(module, &functions);
        for rule in &module.policy {
            each_call_of_rule(rule, &mut |call, path, arguments| {
                if let Some(why) = scope.problem_with(path, arguments) {
                    problems.push(at_span(call.span(), &why));
                }
            });
        }
    }
    problems
}

/// What a name may mean within one module.
struct Scope<'a> {
    package: Vec<String>,
    imports: HashMap<String, Vec<String>>,
    functions: &'a Functions,
}

impl<'a> Scope<'a> {
    fn of(module: &Module, functions: &'a Functions) -> Self {
        let imports = module.imports.iter().filter_map(alias).collect();
        Self { package: static_path(&module.package.refr).0, imports, functions }
    }

    fn problem_with(&self, path: &[String], arguments: usize) -> Option<String> {
        let name = path.join(".");
        let Some(arity) = self.arity(path, &name) else {
            return Some(match builtins::refusal(&name) {
                Some(why) => format!("`{name}` {why}"),
                None => {
                    let known = BUILTINS.keys().copied().chain(builtins::all().map(|function| function.name));
                    let suggestion = nearest(&name, known).map(|n| format!("; did you mean `{n}`?"));
                    format!("there is no function `{name}`{}", suggestion.unwrap_or_default())
                }
            });
        };
        // One more than it takes is the form that binds the result: `walk(input, [path, value])`.
        let fits = arity.is_none_or(|arity| arguments == arity || arguments == arity + 1);
        (!fits).then(|| format!("`{name}` does not take {arguments} arguments"))
    }

    /// `Some(None)` is a function of any number of arguments.
    fn arity(&self, path: &[String], name: &str) -> Option<Option<usize>> {
        let (first, rest) = path.split_first()?;
        let absolute = match self.imports.get(first) {
            _ if first == "data" => rest.to_vec(),
            Some(target) => target.iter().chain(rest).cloned().collect(),
            None => self.package.iter().chain(path).cloned().collect(),
        };
        if let Some(arity) = self.functions.get(&absolute) {
            return Some(Some(*arity));
        }
        if name == "print" {
            return Some(None);
        }
        if let Some(function) = builtins::find(name) {
            return Some(Some(usize::from(function.arity)));
        }
        BUILTINS.get(name).map(|(_, arity)| Some(usize::from(*arity)))
    }
}

/// `import data.lib.names as n`: `n` and `["lib", "names"]`.
fn alias(import: &Import) -> Option<(String, Vec<String>)> {
    let (path, _) = static_path(&import.refr);
    let (root, target) = path.split_first()?;
    if root != "data" {
        return None;
    }
    let name = import.r#as.as_ref().map(|span| span.text().to_string()).or_else(|| target.last().cloned())?;
    Some((name, target.to_vec()))
}

type Visit<'v> = dyn FnMut(&Expr, &[String], usize) + 'v;

fn each_call_of_rule(rule: &Rule, visit: &mut Visit<'_>) {
    match rule {
        Rule::Default { value, .. } => each_call(value, visit),
        Rule::Spec { head, bodies, .. } => {
            match head {
                RuleHead::Compr { refr, assign, .. } => {
                    each_call(refr, visit);
                    assign.iter().for_each(|a| each_call(&a.value, visit));
                }
                RuleHead::Set { refr, key, .. } => {
                    each_call(refr, visit);
                    key.iter().for_each(|key| each_call(key, visit));
                }
                RuleHead::Func { args, assign, .. } => {
                    args.iter().for_each(|arg| each_call(arg, visit));
                    assign.iter().for_each(|a| each_call(&a.value, visit));
                }
            }
            for RuleBody { assign, query, .. } in bodies {
                assign.iter().for_each(|a| each_call(&a.value, visit));
                each_call_of_query(query, visit);
            }
        }
    }
}

fn each_call_of_query(query: &Query, visit: &mut Visit<'_>) {
    for statement in &query.stmts {
        match &statement.literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn { key, value, collection, .. } => {
                key.iter().for_each(|key| each_call(key, visit));
                each_call(value, visit);
                each_call(collection, visit);
            }
            Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => each_call(expr, visit),
            Literal::Every { domain, query, .. } => {
                each_call(domain, visit);
                each_call_of_query(query, visit);
            }
        }
        statement.with_mods.iter().for_each(|with| each_call(&with.r#as, visit));
    }
}

fn each_call(expr: &Expr, visit: &mut Visit<'_>) {
    match expr {
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. } => {}
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().for_each(|item| each_call(item, visit));
        }
        Expr::Object { fields, .. } => {
            for (_, key, value) in fields {
                each_call(key, visit);
                each_call(value, visit);
            }
        }
        Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
            each_call(term, visit);
            each_call_of_query(query, visit);
        }
        Expr::ObjectCompr { key, value, query, .. } => {
            each_call(key, visit);
            each_call(value, visit);
            each_call_of_query(query, visit);
        }
        Expr::Call { fcn, params, .. } => {
            let (path, open_ended) = static_path(fcn);
            if !open_ended {
                visit(expr, &path, params.len());
            }
            params.iter().for_each(|param| each_call(param, visit));
        }
        Expr::UnaryExpr { expr, .. } => each_call(expr, visit),
        Expr::RefDot { refr, .. } => each_call(refr, visit),
        Expr::RefBrack { refr, index, .. } => {
            each_call(refr, visit);
            each_call(index, visit);
        }
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => {
            each_call(lhs, visit);
            each_call(rhs, visit);
        }
        Expr::Membership { key, value, collection, .. } => {
            key.iter().for_each(|key| each_call(key, visit));
            each_call(value, visit);
            each_call(collection, visit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(files: &[&str]) -> Vec<String> {
        let mut engine = regorus::Engine::new();
        for (i, text) in files.iter().enumerate() {
            engine.add_policy(format!("{i}.rego"), text.to_string()).unwrap();
        }
        unknown(engine.get_modules())
    }

    #[test]
    fn own_imported_absolute_and_built_in_functions_are_known() {
        let lib = "package lib.names\nstage_of(path) := split(path, \"/\")[1]\ndefault risky(_) := false\n";
        let used = r#"package vestry.declare
import data.lib.names
import data.lib.names as n
own(x) := upper(x)
deny contains msg if {
    some r in input.references
    names.stage_of(r.name) != "prod"
    n.stage_of(r.name) != data.lib.names.stage_of(r.name)
    not names.risky(r.name)
    walk(input, [path, _])
    print("at", path)
    msg := sprintf("%s", [own(r.variable)])
}"#;
        assert_eq!(problems(&[lib, used]), Vec::<String>::new());
    }

    #[test]
    fn an_unknown_function_is_found_wherever_it_hides() {
        for body in [
            "false; statswith(\"a\", \"b\")",
            "x := { y | y := nofn(1) }",
            "every x in [] { nofn(x) }",
            "not data.lib.nofn(1)",
            "input.a[nofn(1)]",
            "true with input as nofn(1)",
        ] {
            let found = problems(&[&format!("package vestry.declare\ndeny contains \"m\" if {{ {body} }}")]);
            assert_eq!(found.len(), 1, "{body}: {found:?}");
            assert!(found[0].starts_with("0.rego:2:"), "{found:?}");
        }
    }

    #[test]
    fn the_report_says_what_is_wrong() {
        let of = |body: &str| problems(&[&format!("package a\nx if {{ {body} }}")]).remove(0);
        assert!(of("statswith(\"a\", \"b\")").ends_with("did you mean `startswith`?"));
        assert!(of("http.send({})").ends_with("reaches out of the policy and is not available"));
        assert!(of("startswith(\"a\")").ends_with("does not take 1 arguments"));
    }
}
