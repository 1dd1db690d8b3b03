//! The parts of a statement whose values tell why it does not hold, and the variables that a statement binds.

use std::collections::BTreeSet;

use regorus::unstable::{AssignOp, Expr, Literal, LiteralStmt};

use super::span::expr_text;
use crate::decide::visit::parts;

/// A part that can be asked for.
pub(super) struct Part<'a> {
    pub expr: &'a Expr,
    /// Whether it stands in the statement's `with`, which holds for everything else.
    pub in_with: bool,
}

/// In the order in which they are written, each text once. `bound` are the variables that have a value already.
pub(super) fn of_statement<'a>(statement: &'a LiteralStmt, bound: &BTreeSet<String>) -> Vec<Part<'a>> {
    let own: BTreeSet<String> = binds(statement).difference(bound).cloned().collect();
    let mut found = Found { parts: Vec::new(), own, bound, in_with: false };
    match &statement.literal {
        Literal::SomeVars { .. } => {}
        Literal::SomeIn { collection, .. } => found.add(collection),
        Literal::Every { domain, .. } => found.add(domain),
        Literal::NotExpr { expr, .. } => found.add(expr),
        Literal::Expr { expr, .. } => match expr.as_ref() {
            Expr::AssignExpr { op: AssignOp::ColEq, rhs, .. } => found.add(rhs),
            expr => found.add(expr),
        },
    }
    found.in_with = true;
    statement.with_mods.iter().for_each(|with| found.add(&with.r#as));
    found.parts
}

/// The parts of an expression on its own.
pub(super) fn of_expr<'a>(expr: &'a Expr, bound: &BTreeSet<String>) -> Vec<Part<'a>> {
    let mut found = Found { parts: Vec::new(), own: BTreeSet::new(), bound, in_with: false };
    found.add(expr);
    found.parts
}

struct Found<'a, 'b> {
    parts: Vec<Part<'a>>,
    /// What the statement binds itself has no value yet.
    own: BTreeSet<String>,
    bound: &'b BTreeSet<String>,
    in_with: bool,
}

impl<'a> Found<'a, '_> {
    fn add(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Var { span, .. } if span.text() != "_" && !self.own.contains(span.text()) => self.put(expr),
            Expr::RefDot { .. } | Expr::RefBrack { .. } => self.add_reference(expr),
            Expr::Call { .. } => {
                if !self.is_open(expr) {
                    self.put(expr);
                }
                parts(expr).into_iter().for_each(|part| self.add(part));
            }
            Expr::ArrayCompr { .. } | Expr::SetCompr { .. } | Expr::ObjectCompr { .. } => self.put(expr),
            _ => parts(expr).into_iter().for_each(|part| self.add(part)),
        }
    }

    /// Of `r.tags[i]` the whole, or without a value for `i` what comes before it; then `r` and `i`.
    fn add_reference(&mut self, expr: &'a Expr) {
        let mut at = expr;
        let mut whole = true;
        while let Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } = at {
            if whole && !self.is_open(at) {
                self.put(at);
                whole = false;
            }
            if let Expr::RefBrack { index, .. } = at {
                self.add(index);
            }
            at = refr;
        }
        match at {
            Expr::Var { span, .. } if !self.bound.contains(span.text()) => {}
            _ => self.add(at),
        }
    }

    /// Whether it has a variable in it that has no value yet.
    fn is_open(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Var { span, .. } => span.text() == "_" || self.own.contains(span.text()),
            _ => parts(expr).into_iter().any(|part| self.is_open(part)),
        }
    }

    fn put(&mut self, expr: &'a Expr) {
        let same = |part: &Part<'_>| expr_text(part.expr) == expr_text(expr);
        if !self.parts.iter().any(same) {
            self.parts.push(Part { expr, in_with: self.in_with });
        }
    }
}

/// The variables that have a value once the statement holds. Of `=`, which binds in both directions, every variable.
pub(super) fn binds(statement: &LiteralStmt) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    match &statement.literal {
        Literal::SomeVars { vars, .. } => names.extend(vars.iter().map(|var| var.text().to_string())),
        Literal::SomeIn { key, value, .. } => {
            key.iter().for_each(|key| variables(key, &mut names));
            variables(value, &mut names);
        }
        Literal::Expr { expr, .. } => match expr.as_ref() {
            Expr::AssignExpr { op: AssignOp::ColEq, lhs, .. } => variables(lhs, &mut names),
            Expr::AssignExpr { lhs, rhs, .. } => {
                [lhs, rhs].into_iter().for_each(|side| pattern(side, &mut names))
            }
            // The form of a call that binds its result: `walk(input, [path, value])`.
            Expr::Call { params, .. } => {
                if let Some(Expr::Array { items, .. }) = params.last().map(AsRef::as_ref) {
                    items.iter().for_each(|item| pattern(item, &mut names));
                }
            }
            _ => {}
        },
        Literal::NotExpr { .. } | Literal::Every { .. } => {}
    }
    names.remove("_");
    names
}

/// Every variable within, whatever stands around it.
pub(super) fn variables(expr: &Expr, names: &mut BTreeSet<String>) {
    if let Expr::Var { span, .. } = expr {
        names.insert(span.text().to_string());
    }
    parts(expr).into_iter().for_each(|part| variables(part, names));
}

/// The variables of a pattern; what a reference or a call names is no variable of it.
fn pattern(expr: &Expr, names: &mut BTreeSet<String>) {
    match expr {
        Expr::Var { .. } | Expr::Array { .. } | Expr::Object { .. } => {
            if let Expr::Var { span, .. } = expr {
                names.insert(span.text().to_string());
            }
            parts(expr).into_iter().for_each(|part| pattern(part, names));
        }
        _ => {}
    }
}
