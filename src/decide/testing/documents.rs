//! Which references OPA's index knows before a body: those to the input, and to what data files hold. Not those to rules.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{AssignOp, Expr, Literal, Module, Ref, Rule, RuleHead};

use crate::decide::rules::{defined, static_path};
use crate::decide::visit::{self, Seen};

/// The rules of all modules, below `data`.
pub(super) struct Rules(BTreeSet<Vec<String>>);

impl Rules {
    pub(super) fn of(modules: &[Ref<Module>]) -> Self {
        Self(modules.iter().flat_map(|module| defined(module)).map(|rule| rule.path).collect())
    }

    /// As OPA goes down its tree of rules: what leaves it lies in data files.
    fn make(&self, path: &[String]) -> bool {
        for length in 1..=path.len() {
            let beginning = &path[..length];
            if self.0.contains(beginning) {
                return true;
            }
            let is_on_the_way = |rule: &Vec<String>| rule.starts_with(beginning);
            if !self.0.range(beginning.to_vec()..).next().is_some_and(is_on_the_way) {
                return false;
            }
        }
        true
    }
}

/// What the names of one module stand for.
pub(super) struct Documents<'r> {
    rules: &'r Rules,
    imports: BTreeMap<String, Vec<String>>,
}

impl<'r> Documents<'r> {
    pub(super) fn of(module: &Module, rules: &'r Rules) -> Self {
        let imports = module.imports.iter().filter_map(|import| {
            let (path, _) = static_path(&import.refr);
            let name = import.r#as.as_ref().map(|name| name.text().to_string());
            Some((name.or_else(|| path.last().cloned())?, path))
        });
        Self { rules, imports: imports.collect() }
    }

    /// A path that is written out and leads to no rule. `local` are names that mean something else.
    pub(super) fn have(&self, expr: &Expr, local: &BTreeSet<&str>) -> bool {
        let Some((root, steps)) = ground(expr) else { return false };
        let (root, path) = match self.imports.get(root).filter(|_| !local.contains(root)) {
            Some(import) => match import.split_first() {
                Some((root, path)) => (root.as_str(), path.iter().cloned().chain(steps).collect()),
                None => return false,
            },
            None => (root, steps),
        };
        match root {
            "input" => !path.is_empty(),
            "data" => !path.is_empty() && !self.rules.make(&path),
            _ => false,
        }
    }
}

/// `input.a[0]` as `input` and `a`, `0`.
fn ground(expr: &Expr) -> Option<(&str, Vec<String>)> {
    let (refr, step) = match expr {
        Expr::Var { span, .. } => return Some((span.text(), Vec::new())),
        Expr::RefDot { refr, field, .. } => (refr, field.0.text().to_string()),
        Expr::RefBrack { refr, index, .. } => match index.as_ref() {
            Expr::String { value, .. } | Expr::RawString { value, .. } => {
                (refr, value.as_string().ok()?.to_string())
            }
            Expr::Number { span, .. } => (refr, span.text().to_string()),
            _ => return None,
        },
        _ => return None,
    };
    let (root, mut steps) = ground(refr)?;
    steps.push(step);
    Some((root, steps))
}

/// The names that a rule declares anywhere in it.
pub(super) fn local_names(rule: &Rule) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    if let Rule::Spec { head: RuleHead::Func { args, .. }, .. } | Rule::Default { args, .. } = rule {
        args.iter().for_each(|arg| variables(arg, &mut names));
    }
    visit::rule(rule, &mut |seen| match seen {
        Seen::Expr(Expr::AssignExpr { op: AssignOp::ColEq, lhs, .. }, _) => variables(lhs, &mut names),
        Seen::Expr(..) => {}
        Seen::Query { query, .. } => {
            for statement in &query.stmts {
                match &statement.literal {
                    Literal::SomeVars { vars, .. } => names.extend(vars.iter().map(|name| name.text())),
                    Literal::SomeIn { key, value, .. } => {
                        key.iter().for_each(|key| variables(key, &mut names));
                        variables(value, &mut names);
                    }
                    Literal::Every { key, value, .. } => {
                        names.extend(key.iter().chain([value]).map(|name| name.text()))
                    }
                    Literal::Expr { .. } | Literal::NotExpr { .. } => {}
                }
            }
        }
    });
    names
}

fn variables<'e>(pattern: &'e Expr, names: &mut BTreeSet<&'e str>) {
    if let Expr::Var { span, .. } = pattern {
        names.insert(span.text());
    }
    visit::each_part(pattern, &mut |part| variables(part, names));
}
