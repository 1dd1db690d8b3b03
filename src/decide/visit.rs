//! Everything that is written in a rule, and where it stands.

use regorus::unstable::{Expr, Literal, Query, Rule, RuleHead};

/// Where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is the whole of a statement.
    Statement,
    /// It is part of another expression, a head or a value.
    Within,
}

/// What a rule is made of, from the whole to its parts.
pub(super) enum Seen<'a> {
    Expr(&'a Expr, Place),
    /// A body, of the rule, a comprehension or an `every`.
    Query {
        query: &'a Query,
        #[cfg_attr(not(feature = "tool"), expect(dead_code, reason = "coverage alone asks for it"))]
        in_else_value: bool,
    },
}

/// Shows every expression and query of a rule.
pub(super) fn rule<'a>(rule: &'a Rule, see: &mut dyn FnMut(Seen<'a>)) {
    let mut walk = Walk { see, in_else_value: false };
    match rule {
        Rule::Default { value, .. } => walk.within(value),
        Rule::Spec { head, bodies, .. } => {
            walk.head(head);
            for body in bodies {
                if let Some(assign) = &body.assign {
                    walk.in_else_value = body.is_else;
                    walk.within(&assign.value);
                    walk.in_else_value = false;
                }
                walk.query(&body.query);
            }
        }
    }
}

/// Shows every expression of a rule.
pub(super) fn expressions<'a>(of: &'a Rule, see: &mut dyn FnMut(&'a Expr, Place)) {
    rule(of, &mut |seen| {
        if let Seen::Expr(expr, place) = seen {
            see(expr, place);
        }
    });
}

struct Walk<'v, 'a> {
    see: &'v mut dyn FnMut(Seen<'a>),
    in_else_value: bool,
}

impl<'a> Walk<'_, 'a> {
    fn head(&mut self, head: &'a RuleHead) {
        match head {
            RuleHead::Compr { refr, assign, .. } => {
                self.keys(refr);
                assign.iter().for_each(|assign| self.within(&assign.value));
            }
            RuleHead::Set { refr, key, .. } => {
                self.keys(refr);
                key.iter().for_each(|key| self.within(key));
            }
            RuleHead::Func { args, assign, .. } => {
                args.iter().for_each(|arg| self.within(arg));
                assign.iter().for_each(|assign| self.within(&assign.value));
            }
        }
    }

    /// What stands in brackets in a rule's name, which itself is no expression.
    fn keys(&mut self, name: &'a Expr) {
        match name {
            Expr::RefDot { refr, .. } => self.keys(refr),
            Expr::RefBrack { refr, index, .. } => {
                self.keys(refr);
                self.within(index);
            }
            _ => {}
        }
    }

    fn query(&mut self, query: &'a Query) {
        (self.see)(Seen::Query { query, in_else_value: self.in_else_value });
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { .. } => {}
                Literal::SomeIn { key, value, collection, .. } => {
                    key.iter().for_each(|key| self.within(key));
                    self.within(value);
                    self.within(collection);
                }
                Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => {
                    self.expr(expr, Place::Statement);
                }
                Literal::Every { domain, query, .. } => {
                    self.within(domain);
                    self.query(query);
                }
            }
            statement.with_mods.iter().for_each(|with| self.within(&with.r#as));
        }
    }

    fn within(&mut self, expr: &'a Expr) {
        self.expr(expr, Place::Within);
    }

    fn expr(&mut self, expr: &'a Expr, place: Place) {
        (self.see)(Seen::Expr(expr, place));
        match expr {
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.within(term);
                self.query(query);
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                self.within(key);
                self.within(value);
                self.query(query);
            }
            _ => each_part(expr, &mut |part| self.within(part)),
        }
    }
}

/// What stands directly within an expression; a comprehension is not looked into.
pub(super) fn each_part<'a>(expr: &'a Expr, see: &mut dyn FnMut(&'a Expr)) {
    match expr {
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. }
        | Expr::ArrayCompr { .. }
        | Expr::SetCompr { .. }
        | Expr::ObjectCompr { .. } => {}
        Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().for_each(|item| see(item)),
        Expr::Object { fields, .. } => {
            for (_, key, value) in fields {
                see(key);
                see(value);
            }
        }
        Expr::Call { params, .. } => params.iter().for_each(|param| see(param)),
        Expr::UnaryExpr { expr, .. } => see(expr),
        Expr::RefDot { refr, .. } => see(refr),
        Expr::RefBrack { refr, index, .. } => {
            see(refr);
            see(index);
        }
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => {
            see(lhs);
            see(rhs);
        }
        Expr::Membership { key, value, collection, .. } => {
            key.iter().for_each(|key| see(key));
            see(value);
            see(collection);
        }
    }
}

/// [`each_part`] as a list.
#[cfg(feature = "tool")]
pub(super) fn parts(expr: &Expr) -> Vec<&Expr> {
    let mut parts = Vec::new();
    each_part(expr, &mut |part| parts.push(part));
    parts
}
