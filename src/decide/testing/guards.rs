//! What OPA's index of rules asks of the input before it evaluates a body: that what the body reads is there, and equal
//! to what it is compared with.

use std::collections::HashSet;
use std::fmt::Write as _;

use regorus::unstable::{BoolOp, Expr, Literal, Query, RuleHead};

use super::span::{expr_text, text};
use crate::decide::rules::static_path;
use crate::decide::visit;

/// Statements to stand in front of a body, a row each. As in OPA, what is negated or under a `with` is not asked, and
/// nothing is where the body prints.
pub(super) fn guards(head: &RuleHead, body: &Query) -> String {
    let mut out = String::new();
    if text(&body.span).contains("print(") {
        return out;
    }
    let arguments = arguments(head);
    let mut number = 0;
    for statement in body.stmts.iter().filter(|statement| statement.with_mods.is_empty()) {
        let Literal::Expr { expr, .. } = &statement.literal else { continue };
        input_paths(expr, &mut |path| {
            let _ = writeln!(out, "vestry_guard_{number} := {path}");
            number += 1;
        });
        if is_asked(expr, &arguments) {
            let _ = writeln!(out, "{}", text(&statement.span));
        }
    }
    if out.is_empty() { out } else { format!("\n{out}") }
}

fn arguments(head: &RuleHead) -> HashSet<&str> {
    let RuleHead::Func { args, .. } = head else { return HashSet::new() };
    args.iter()
        .filter_map(|arg| match arg.as_ref() {
            Expr::Var { span, .. } => Some(span.text()),
            _ => None,
        })
        .collect()
}

/// Every `input.a.b` that is read whatever the rest comes to.
fn input_paths(expr: &Expr, see: &mut dyn FnMut(&str)) {
    if is_input_path(expr) {
        return see(expr_text(expr));
    }
    visit::each_part(expr, &mut |part| input_paths(part, see));
}

fn is_input_path(expr: &Expr) -> bool {
    let (path, open_ended) = static_path(expr);
    !open_ended && path.len() > 1 && path[0] == "input"
}

/// A comparison of something known before the body with something written out.
fn is_asked(expr: &Expr, arguments: &HashSet<&str>) -> bool {
    let is_known = |expr: &Expr| match expr {
        Expr::Var { span, .. } => arguments.contains(span.text()),
        _ => is_input_path(expr),
    };
    match expr {
        Expr::BoolExpr { op: BoolOp::Eq, lhs, rhs, .. } => {
            (is_known(lhs) && is_scalar(rhs)) || (is_known(rhs) && is_scalar(lhs))
        }
        Expr::Membership { key: None, value, collection, .. } => {
            (is_known(value) && is_list_of_scalars(collection)) || (is_scalar(value) && is_known(collection))
        }
        Expr::Call { fcn, params, .. } => {
            let affix =
                matches!(static_path(fcn).0.as_slice(), [name] if name == "startswith" || name == "endswith");
            affix && matches!(&params[..], [of, with] if is_known(of) && is_scalar(with))
        }
        _ => false,
    }
}

fn is_scalar(expr: &Expr) -> bool {
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
