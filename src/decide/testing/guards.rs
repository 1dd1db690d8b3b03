//! What OPA's index of rules asks of the input and of data files before it evaluates a body: that what the body reads is
//! there, and equal to what it is compared with.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use regorus::unstable::{BoolOp, Expr, Literal, Query, RuleHead};

use super::documents::Documents;
use super::span::{expr_text, text};
use crate::decide::check::undefined::is_made;
use crate::decide::rules::static_path;
use crate::decide::visit;

/// Statements to stand in front of a body, a row each; of `value`, which is the head's, what it reads. As in OPA, what is
/// negated or under a `with` is not asked, and nothing is where the body prints.
pub(super) fn guards(known: Known<'_>, head: &RuleHead, value: Option<&Expr>, body: &Query) -> String {
    if text(&body.span).contains("print(") {
        return String::new();
    }
    let mut guards = Guards { known, out: String::new(), names: BTreeMap::new(), number: 0 };
    guards.names.extend(arguments(head).map(|name| (name, name.to_string())));
    let written = body.stmts.iter().filter(|statement| !is_made(statement));
    for statement in written.filter(|statement| statement.with_mods.is_empty()) {
        if let Literal::Expr { expr, .. } = &statement.literal {
            guards.statement(expr);
        }
    }
    value.into_iter().for_each(|value| guards.paths(value));
    if guards.out.is_empty() { guards.out } else { format!("\n{}", guards.out) }
}

/// The same of a rule that has no body.
pub(super) fn guards_of_value(known: Known<'_>, value: &Expr) -> String {
    let mut guards = Guards { known, out: String::new(), names: BTreeMap::new(), number: 0 };
    guards.paths(value);
    guards.out
}

/// What is there before a body: the documents, but for those that a name of the rule hides.
#[derive(Clone, Copy)]
pub(super) struct Known<'k> {
    pub documents: &'k Documents<'k>,
    pub local: &'k BTreeSet<&'k str>,
}

impl Known<'_> {
    fn has(self, expr: &Expr) -> bool {
        self.documents.have(expr, self.local)
    }
}

struct Guards<'k, 'a> {
    known: Known<'k>,
    out: String,
    /// What is known before the body, and what it is called here: arguments, and variables that hold a path.
    names: BTreeMap<&'a str, String>,
    number: usize,
}

impl<'a> Guards<'_, 'a> {
    fn statement(&mut self, expr: &'a Expr) {
        if let Expr::AssignExpr { lhs, rhs, .. } = expr {
            // A pattern on the other side says nothing to the index.
            match (lhs.as_ref(), rhs.as_ref()) {
                (Expr::Var { span, .. }, path) | (path, Expr::Var { span, .. }) if self.known.has(path) => {
                    let name = self.path(expr_text(path));
                    self.names.entry(span.text()).or_insert(name);
                }
                (one, other) if self.known.has(one) || self.known.has(other) => {
                    if is_scalar(one) || is_scalar(other) {
                        self.ask(expr);
                    }
                }
                _ => {
                    self.paths(expr);
                    self.ask(expr);
                }
            }
            return;
        }
        self.paths(expr);
        self.ask(expr);
    }

    /// Every `input.a.b` or `data.a.b` that is read whatever the rest comes to.
    fn paths(&mut self, expr: &Expr) {
        if self.known.has(expr) {
            self.path(expr_text(expr));
            return;
        }
        visit::each_part(expr, &mut |part| self.paths(part));
    }

    fn path(&mut self, path: &str) -> String {
        let name = format!("vestry_guard_{}", self.number);
        self.number += 1;
        let _ = writeln!(self.out, "{name} := {path}");
        name
    }

    /// A comparison of something known before the body with something written out.
    fn ask(&mut self, expr: &Expr) {
        let known = |expr: &Expr| match expr {
            Expr::Var { span, .. } if self.names.contains_key(span.text()) => {
                self.names.get(span.text()).cloned()
            }
            _ => self.known.has(expr).then(|| expr_text(expr).to_string()),
        };
        let written = |is: fn(&Expr) -> bool, expr: &Expr| is(expr).then(|| expr_text(expr).to_string());
        let asked = match expr {
            Expr::BoolExpr { op: BoolOp::Eq, lhs, rhs, .. } | Expr::AssignExpr { lhs, rhs, .. } => {
                let one = known(lhs).zip(written(is_scalar, rhs));
                one.or_else(|| known(rhs).zip(written(is_scalar, lhs))).map(|(a, b)| format!("{a} == {b}"))
            }
            Expr::Membership { key: None, value, collection, .. } => {
                let one = known(value).zip(written(is_list_of_scalars, collection));
                one.or_else(|| written(is_scalar, value).zip(known(collection)))
                    .map(|(a, b)| format!("{a} in {b}"))
            }
            Expr::Call { fcn, params, .. } => match (static_path(fcn).0.as_slice(), &params[..]) {
                ([name], [of, with]) if name == "startswith" || name == "endswith" => {
                    // What is no text is an error of theirs, and no match to the index.
                    let call = |(of, with)| format!("{name}(sprintf(\"%v\", [{of}]), {with})");
                    known(of).zip(written(is_scalar, with)).map(call)
                }
                _ => None,
            },
            _ => None,
        };
        if let Some(asked) = asked {
            let _ = writeln!(self.out, "{asked}");
        }
    }
}

fn arguments(head: &RuleHead) -> impl Iterator<Item = &str> {
    let args = if let RuleHead::Func { args, .. } = head { args.as_slice() } else { &[] };
    args.iter().filter_map(|arg| match arg.as_ref() {
        Expr::Var { span, .. } => Some(span.text()),
        _ => None,
    })
}

pub(super) fn is_scalar(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. }
    )
}

fn is_list_of_scalars(expr: &Expr) -> bool {
    match expr {
        Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().all(|item| is_scalar(item)),
        _ => false,
    }
}
