//! The engine's syntax tree, lowered to what the checks read. Nothing else in the checks reads the former.
//!
//! How deep this recurses is bounded by [`super::guard`], which has read the text before it was parsed.

use std::collections::HashSet;

use regorus::unstable::{
    AssignOp, Expr, Literal, LiteralStmt, Module as Parsed, Query, Ref, Rule as ParsedRule, RuleBody,
    RuleHead, Span,
};

use super::finding::{Code, Finding};
use super::ir::{
    Body, Brackets, Clause, Declared, Form, Function, Id, Import, Module, Operator, Reference, Root, Rule,
    Statement, Step, Term, What, With,
};
use super::scope::{Meaning, Packages, Scopes};

/// All modules of a policy, and what their scopes forbid.
pub(super) fn modules<'a>(parsed: &'a [Ref<Parsed>], findings: &mut Vec<Finding>) -> Vec<Module<'a>> {
    let mut packages = Packages::default();
    for module in parsed {
        let names = packages.entry(static_path(&module.package.refr).0).or_default();
        names.extend(module.policy.iter().filter_map(|rule| static_path(rule_ref(rule)).0.first().copied()));
    }
    parsed.iter().map(|module| lower_module(module, &packages, findings)).collect()
}

fn lower_module<'a>(parsed: &'a Parsed, packages: &Packages<'a>, findings: &mut Vec<Finding>) -> Module<'a> {
    let file = parsed.package.span.source.get_path().as_str();
    let text = parsed.package.span.source.get_contents().as_str();
    let package = static_path(&parsed.package.refr).0;
    let mut imports: Vec<Import<'a>> = parsed.imports.iter().map(lower_import).collect();
    let rules = parsed
        .policy
        .iter()
        .map(|rule| {
            let scopes = Scopes::default();
            let names = packages.get(&package);
            Lower { package: &package, imports: &mut imports, names, scopes, findings }.rule(rule)
        })
        .collect();
    let is_test = super::directory::is_test(file);
    Module { file, text, package, imports, rules, is_test }
}

fn lower_import<'a>(import: &'a regorus::unstable::Import) -> Import<'a> {
    let path = static_path(&import.refr).0;
    let name = match (&import.r#as, path.first()) {
        (_, Some(&"rego" | &"future")) => "",
        (Some(alias), _) => alias.text(),
        (None, _) => path.last().copied().unwrap_or_default(),
    };
    Import { at: &import.span, path, name, uses: Vec::new() }
}

fn rule_ref(rule: &ParsedRule) -> &Expr {
    match rule {
        ParsedRule::Default { refr, .. }
        | ParsedRule::Spec {
            head: RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. },
            ..
        } => refr,
    }
}

/// The steps of a reference from its root outwards.
fn unroll(mut expr: &Expr) -> (&Expr, Vec<&Expr>) {
    let mut steps = Vec::new();
    while let Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } = expr {
        steps.push(expr);
        expr = refr;
    }
    steps.reverse();
    (expr, steps)
}

fn static_step(step: &Expr) -> Option<(&str, &Span)> {
    match step {
        Expr::RefDot { field, .. } => Some((field.0.text(), &field.0)),
        Expr::RefBrack { index, .. } => match index.as_ref() {
            Expr::String { value, span, .. } | Expr::RawString { value, span, .. } => match value {
                regorus::Value::String(text) => Some((text, span)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// `data.lib["f"]` as its components, up to the first that only evaluation tells; and what stands behind it.
fn static_path(expr: &Expr) -> (Vec<&str>, Vec<&Expr>) {
    let (root, steps) = unroll(expr);
    let Expr::Var { span, .. } = root else { return (Vec::new(), steps) };
    let mut path = vec![span.text()];
    let known = steps.iter().take_while(|step| static_step(step).is_some()).count();
    path.extend(steps[..known].iter().filter_map(|step| Some(static_step(step)?.0)));
    (path, steps[known..].to_vec())
}

/// The name that a reference begins with.
fn root_of(expr: &Expr) -> Option<&Span> {
    match unroll(expr).0 {
        Expr::Var { span, .. } => Some(span),
        _ => None,
    }
}

struct Lower<'a, 'm> {
    package: &'m [&'a str],
    imports: &'m mut Vec<Import<'a>>,
    names: Option<&'m HashSet<&'a str>>,
    scopes: Scopes<'a>,
    findings: &'m mut Vec<Finding>,
}

impl<'a> Lower<'a, '_> {
    fn rule(mut self, rule: &'a ParsedRule) -> Rule<'a> {
        let (head, behind) = static_path(rule_ref(rule));
        let path = self.package.iter().copied().chain(head).collect();
        let steps = behind.len();
        let before = self.findings.len();
        self.scopes.push();
        let (form, is_default, args) = match rule {
            ParsedRule::Default { args, .. } if args.is_empty() => (Form::Complete, true, Vec::new()),
            ParsedRule::Default { args, .. } => (Form::Function(args.len()), true, self.arguments(args)),
            ParsedRule::Spec { head: RuleHead::Compr { .. }, .. } => (Form::Complete, false, Vec::new()),
            ParsedRule::Spec { head: RuleHead::Set { .. }, .. } => (Form::Set, false, Vec::new()),
            ParsedRule::Spec { head: RuleHead::Func { args, .. }, .. } => {
                (Form::Function(args.len()), false, self.arguments(args))
            }
        };
        let (clauses, open) = match rule {
            ParsedRule::Default { value, .. } => {
                (vec![Clause { at: None, head: vec![self.term(value)], body: Body::default() }], Vec::new())
            }
            ParsedRule::Spec { head, bodies, .. } => self.clauses(head, bodies, &behind),
        };
        let variables = self.scopes.variables;
        let in_package = self.package.len();
        let is_broken = self.findings.len() > before;
        Rule {
            at: rule.span(),
            path,
            in_package,
            form,
            is_default,
            is_broken,
            args,
            open,
            behind: steps,
            clauses,
            variables,
        }
    }

    fn arguments(&mut self, args: &'a [Ref<Expr>]) -> Vec<Term<'a>> {
        args.iter().for_each(|arg| self.declare_pattern(arg, Declared::Argument));
        args.iter().map(|arg| self.pattern(arg)).collect()
    }

    fn clauses(
        &mut self,
        head: &'a RuleHead,
        bodies: &'a [RuleBody],
        behind: &[&'a Expr],
    ) -> (Vec<Clause<'a>>, Vec<Term<'a>>) {
        let value = match head {
            RuleHead::Compr { assign, .. } | RuleHead::Func { assign, .. } => {
                assign.as_ref().map(|a| &a.value)
            }
            RuleHead::Set { key, .. } => key.as_ref(),
        };
        let mut clauses = Vec::new();
        self.scopes.push();
        let body = bodies.first().map(|body| self.query(&body.query)).unwrap_or_default();
        let head = value.map(|value| self.term(value)).into_iter().collect();
        let open = behind.iter().filter_map(|step| self.bracket(step)).collect();
        self.scopes.pop();
        let at = bodies.first().filter(|body| !body.is_else).map(|body| &body.span);
        clauses.push(Clause { at, head, body });
        for other in bodies.iter().skip(1) {
            self.scopes.push();
            let body = self.query(&other.query);
            let head = other.assign.as_ref().map(|assign| self.term(&assign.value)).into_iter().collect();
            self.scopes.pop();
            clauses.push(Clause { at: Some(&other.span), head, body });
        }
        (clauses, open)
    }

    /// What stands in the brackets of a head, where it is no plain name.
    fn bracket(&mut self, step: &'a Expr) -> Option<Term<'a>> {
        match step {
            Expr::RefBrack { index, .. } if static_step(step).is_none() => Some(self.term(index)),
            _ => None,
        }
    }

    fn query(&mut self, query: &'a Query) -> Body<'a> {
        Body { statements: query.stmts.iter().map(|statement| self.statement(statement)).collect() }
    }

    fn statement(&mut self, statement: &'a LiteralStmt) -> Statement<'a> {
        // As OPA: what follows `with` is read in the scope before the statement declares anything.
        let with = statement.with_mods.iter().map(|with| self.with(with)).collect();
        let (what, negated) = match &statement.literal {
            Literal::SomeVars { vars, .. } => {
                for at in vars {
                    self.declare(at.text(), at, Declared::Some);
                }
                (What::Declaration, false)
            }
            Literal::SomeIn { key, value, collection, .. } => {
                let collection = self.term(collection);
                let both = key.iter().chain([value]);
                both.for_each(|pattern| self.declare_pattern(pattern, Declared::SomeIn));
                let key = key.as_ref().map(|key| self.pattern(key));
                let value = self.pattern(value);
                (What::SomeIn { key, value, collection }, false)
            }
            Literal::Every { key, value, domain, query, .. } => {
                let domain = self.term(domain);
                self.scopes.push();
                let key = key.as_ref().map(|key| self.declare(key.text(), key, Declared::Some));
                let value = self.declare(value.text(), value, Declared::Some);
                let body = self.query(query);
                self.scopes.pop();
                (What::Every { key, value, domain, body }, false)
            }
            Literal::Expr { expr, .. } => (self.expression(expr), false),
            Literal::NotExpr { expr, .. } => {
                if let Expr::AssignExpr { op: AssignOp::ColEq, span, .. } = expr.as_ref() {
                    let why = "cannot assign vars inside negated expression";
                    let advice = "assign it in a statement before, or compare with `==`";
                    self.findings.push(Finding::at(Code::Compile, span, why).advice(advice));
                }
                (self.expression(expr), true)
            }
        };
        Statement { at: &statement.span, negated, what, with }
    }

    fn with(&mut self, with: &'a regorus::unstable::WithModifier) -> With<'a> {
        let mut target = static_path(&with.refr).0;
        if let Some(number) = target.first().and_then(|first| self.import(first)) {
            self.imports[number].uses.extend(root_of(&with.refr));
            target = self.imports[number].path.iter().chain(&target[1..]).copied().collect();
        } else if target.first().is_some_and(|first| self.names.is_some_and(|names| names.contains(first))) {
            target = ["data"].iter().chain(self.package).chain(&target).copied().collect();
        }
        let value = match static_path(&with.r#as) {
            // A function that stands in for another is named, not called.
            (path, behind) if behind.is_empty() && super::functions::is_built_in(&path.join(".")) => {
                Term::Array(with.r#as.span(), Vec::new())
            }
            _ => self.term(&with.r#as),
        };
        With { at: &with.span, written: static_path(&with.refr).0, target, value }
    }

    fn import(&self, name: &str) -> Option<usize> {
        self.imports.iter().rposition(|import| import.name == name)
    }

    fn expression(&mut self, expr: &'a Expr) -> What<'a> {
        match expr {
            Expr::AssignExpr { op, lhs, rhs, .. } => {
                let right = self.term(rhs);
                let left = if *op == AssignOp::ColEq {
                    self.declare_pattern(lhs, Declared::Assigned);
                    self.pattern(lhs)
                } else {
                    self.term(lhs)
                };
                What::Unify { left, right, assigns: *op == AssignOp::ColEq }
            }
            _ => What::Term(self.term(expr)),
        }
    }

    fn declare(&mut self, name: &'a str, at: &'a Span, how: Declared) -> Id {
        if how == Declared::Argument {
            return self.scopes.argument(name, at);
        }
        let (id, finding) = self.scopes.declare(name, at, how);
        self.findings.extend(finding);
        id
    }

    /// Declares the variables that a pattern binds: not those within references, calls or an object's keys.
    fn declare_pattern(&mut self, expr: &'a Expr, how: Declared) {
        match expr {
            Expr::Var { span, .. } if span.text() != "_" => {
                self.declare(span.text(), span, how);
            }
            Expr::Array { items, .. } => items.iter().for_each(|item| self.declare_pattern(item, how)),
            Expr::Object { fields, .. } => {
                fields.iter().for_each(|(_, _, value)| self.declare_pattern(value, how));
            }
            Expr::Var { .. } => {}
            other if how == Declared::Assigned => {
                let what = kind_of(other);
                let finding = Finding::at(Code::Compile, other.span(), format!("cannot assign to {what}"));
                self.findings.push(finding.advice("`:=` gives a name to a value; compare with `==`"));
            }
            _ => {}
        }
    }

    /// A pattern that was declared: its own variables are no uses.
    fn pattern(&mut self, expr: &'a Expr) -> Term<'a> {
        match expr {
            Expr::Var { span, .. } if span.text() != "_" && self.scopes.local(span.text()).is_some() => {
                let id = self.scopes.local(span.text()).unwrap_or_default();
                Term::Ref(Reference { at: span, root: Root::Variable(id), steps: Vec::new() })
            }
            Expr::Array { span, items, .. } => {
                Term::Array(span, items.iter().map(|item| self.pattern(item)).collect())
            }
            Expr::Object { span, fields, .. } => Term::Object(
                span,
                fields.iter().map(|(_, key, value)| (self.term(key), self.pattern(value))).collect(),
            ),
            _ => self.term(expr),
        }
    }

    fn terms(&mut self, exprs: &'a [Ref<Expr>]) -> Vec<Term<'a>> {
        exprs.iter().map(|expr| self.term(expr)).collect()
    }

    fn term(&mut self, expr: &'a Expr) -> Term<'a> {
        match expr {
            Expr::String { span, value, .. }
            | Expr::RawString { span, value, .. }
            | Expr::Number { span, value, .. }
            | Expr::Bool { span, value, .. }
            | Expr::Null { span, value, .. } => Term::Scalar(span, value),
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => self.reference(expr),
            Expr::Array { span, items, .. } => Term::Array(span, self.terms(items)),
            Expr::Set { span, items, .. } => Term::Set(span, self.terms(items)),
            Expr::Object { span, fields, .. } => Term::Object(
                span,
                fields.iter().map(|(_, key, value)| (self.term(key), self.term(value))).collect(),
            ),
            Expr::ArrayCompr { span, term, query, .. } => {
                self.comprehension(span, Brackets::Array, [Some(term), None], query)
            }
            Expr::SetCompr { span, term, query, .. } => {
                self.comprehension(span, Brackets::Set, [Some(term), None], query)
            }
            Expr::ObjectCompr { span, key, value, query, .. } => {
                self.comprehension(span, Brackets::Object, [Some(key), Some(value)], query)
            }
            Expr::Call { span, fcn, params, .. } => {
                let function = self.function(fcn);
                Term::Call { at: span, function, args: self.terms(params) }
            }
            Expr::UnaryExpr { span, expr, .. } => Term::Infix(span, Operator::Other, vec![self.term(expr)]),
            Expr::BoolExpr { span, lhs, rhs, .. } => {
                Term::Infix(span, Operator::Compare, vec![self.term(lhs), self.term(rhs)])
            }
            Expr::BinExpr { span, lhs, rhs, .. }
            | Expr::ArithExpr { span, lhs, rhs, .. }
            | Expr::AssignExpr { span, lhs, rhs, .. } => {
                Term::Infix(span, Operator::Other, vec![self.term(lhs), self.term(rhs)])
            }
            Expr::Membership { span, key, value, collection, .. } => {
                let key = key.as_ref().map(|key| self.term(key));
                let operands = key.into_iter().chain([self.term(value), self.term(collection)]).collect();
                Term::Infix(span, Operator::Member, operands)
            }
        }
    }

    fn comprehension(
        &mut self,
        at: &'a Span,
        kind: Brackets,
        head: [Option<&'a Ref<Expr>>; 2],
        query: &'a Query,
    ) -> Term<'a> {
        self.scopes.push();
        let body = self.query(query);
        let head = head.into_iter().flatten().map(|expr| self.term(expr)).collect();
        self.scopes.pop();
        Term::Comprehension { at, kind, head, body }
    }

    fn function(&mut self, expr: &'a Expr) -> Function<'a> {
        let (name, behind) = static_path(expr);
        let Some((first, rest)) = name.split_first().filter(|_| behind.is_empty()) else {
            return Function { name, path: Vec::new(), shadowed: false };
        };
        let shadowed = self.scopes.local(first).is_some();
        let path = match self.import(first) {
            _ if *first == "data" => rest.to_vec(),
            _ if shadowed => Vec::new(),
            Some(number) => {
                self.imports[number].uses.extend(root_of(expr));
                self.imports[number].path.iter().skip(1).chain(rest).copied().collect()
            }
            None => self.package.iter().chain(&name).copied().collect(),
        };
        Function { name, path, shadowed }
    }

    fn reference(&mut self, expr: &'a Expr) -> Term<'a> {
        let (root, steps) = unroll(expr);
        let (root, mut path) = match root {
            Expr::Var { span, .. } => self.root(span),
            other => (Root::Term(Box::new(self.term(other))), Vec::new()),
        };
        for step in steps {
            path.push(match (static_step(step), step) {
                (Some((name, at)), _) => Step::Name(name, Some(at)),
                (None, Expr::RefBrack { index, .. }) => Step::Index(self.term(index)),
                (None, _) => continue,
            });
        }
        Term::Ref(Reference { at: expr.span(), root, steps: path })
    }

    fn root(&mut self, span: &'a Span) -> (Root<'a>, Vec<Step<'a>>) {
        let name = |part: &&'a str| Step::Name(part, None);
        match self.scopes.mean(span.text(), span, self.imports, self.names) {
            Meaning::Input => (Root::Input, Vec::new()),
            Meaning::Data => (Root::Data, Vec::new()),
            Meaning::Variable(id) => (Root::Variable(id), Vec::new()),
            Meaning::Rule => {
                let own = [Step::Name(span.text(), Some(span))];
                (Root::Data, self.package.iter().map(name).chain(own).collect())
            }
            Meaning::Import(number) => {
                let import = &mut self.imports[number];
                import.uses.push(span);
                let root = if import.path.first() == Some(&"input") { Root::Input } else { Root::Data };
                (root, import.path.iter().skip(1).map(name).collect())
            }
        }
    }
}

fn kind_of(expr: &Expr) -> &'static str {
    match expr {
        Expr::RefDot { .. } | Expr::RefBrack { .. } => "ref",
        Expr::Call { .. } => "call",
        Expr::Number { .. } => "number",
        Expr::String { .. } | Expr::RawString { .. } => "string",
        Expr::Bool { .. } => "boolean",
        Expr::Null { .. } => "null",
        Expr::Set { .. } => "set",
        Expr::ArrayCompr { .. } | Expr::SetCompr { .. } | Expr::ObjectCompr { .. } => "comprehension",
        _ => "expression",
    }
}
