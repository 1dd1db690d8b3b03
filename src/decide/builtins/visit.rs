//! Every expression of a rule, with where it stands.

use regorus::unstable::{Expr, Literal, Query, Rule, RuleBody, RuleHead};

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(in crate::decide) enum Place {
    /// It is the whole of a statement.
    Statement,
    /// It is part of another expression, a head or a value.
    Within,
}

pub(in crate::decide) type Visit<'v> = dyn for<'e> FnMut(&'e Expr, Place) + 'v;

pub(in crate::decide) fn rule(rule: &Rule, visit: &mut Visit<'_>) {
    match rule {
        Rule::Default { value, .. } => within(value, visit),
        Rule::Spec { head: of_rule, bodies, .. } => {
            head(of_rule, visit);
            for RuleBody { assign, query: body, .. } in bodies {
                assign.iter().for_each(|assign| within(&assign.value, visit));
                query(body, visit);
            }
        }
    }
}

fn head(head: &RuleHead, visit: &mut Visit<'_>) {
    match head {
        RuleHead::Compr { refr, assign, .. } => {
            keys(refr, visit);
            assign.iter().for_each(|assign| within(&assign.value, visit));
        }
        RuleHead::Set { refr, key, .. } => {
            keys(refr, visit);
            key.iter().for_each(|key| within(key, visit));
        }
        RuleHead::Func { args, assign, .. } => {
            args.iter().for_each(|arg| within(arg, visit));
            assign.iter().for_each(|assign| within(&assign.value, visit));
        }
    }
}

/// What stands in brackets in a rule's name, which itself is no expression.
fn keys(name: &Expr, visit: &mut Visit<'_>) {
    match name {
        Expr::RefDot { refr, .. } => keys(refr, visit),
        Expr::RefBrack { refr, index, .. } => {
            keys(refr, visit);
            within(index, visit);
        }
        _ => {}
    }
}

fn query(of: &Query, visit: &mut Visit<'_>) {
    for statement in &of.stmts {
        match &statement.literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn { key, value, collection, .. } => {
                key.iter().for_each(|key| within(key, visit));
                within(value, visit);
                within(collection, visit);
            }
            Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => {
                visit(expr, Place::Statement);
                parts(expr, visit);
            }
            Literal::Every { domain, query: body, .. } => {
                within(domain, visit);
                query(body, visit);
            }
        }
        statement.with_mods.iter().for_each(|with| within(&with.r#as, visit));
    }
}

fn within(expr: &Expr, visit: &mut Visit<'_>) {
    visit(expr, Place::Within);
    parts(expr, visit);
}

fn parts(expr: &Expr, visit: &mut Visit<'_>) {
    match expr {
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. } => {}
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().for_each(|item| within(item, visit))
        }
        Expr::Object { fields, .. } => {
            for (_, key, value) in fields {
                within(key, visit);
                within(value, visit);
            }
        }
        Expr::ArrayCompr { term, query: body, .. } | Expr::SetCompr { term, query: body, .. } => {
            within(term, visit);
            query(body, visit);
        }
        Expr::ObjectCompr { key, value, query: body, .. } => {
            within(key, visit);
            within(value, visit);
            query(body, visit);
        }
        Expr::Call { params, .. } => params.iter().for_each(|param| within(param, visit)),
        Expr::UnaryExpr { expr, .. } => within(expr, visit),
        Expr::RefDot { refr, .. } => within(refr, visit),
        Expr::RefBrack { refr, index, .. } => {
            within(refr, visit);
            within(index, visit);
        }
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => {
            within(lhs, visit);
            within(rhs, visit);
        }
        Expr::Membership { key, value, collection, .. } => {
            key.iter().for_each(|key| within(key, visit));
            within(value, visit);
            within(collection, visit);
        }
    }
}
