//! The parts of an expression, in the order in which they are written.

use regorus::unstable::{Expr, Literal, Query, Rule, RuleHead};

/// What stands directly within an expression; a comprehension's query is not looked into.
pub(super) fn parts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. }
        | Expr::ArrayCompr { .. }
        | Expr::SetCompr { .. }
        | Expr::ObjectCompr { .. } => Vec::new(),
        Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().map(AsRef::as_ref).collect(),
        Expr::Object { fields, .. } => {
            fields.iter().flat_map(|(_, key, value)| [key.as_ref(), value.as_ref()]).collect()
        }
        Expr::Call { params, .. } => params.iter().map(AsRef::as_ref).collect(),
        Expr::UnaryExpr { expr, .. } => vec![expr],
        Expr::RefDot { refr, .. } => vec![refr],
        Expr::RefBrack { refr, index, .. } => vec![refr, index],
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => vec![lhs, rhs],
        Expr::Membership { key, value, collection, .. } => {
            key.iter().map(AsRef::as_ref).chain([value.as_ref(), collection.as_ref()]).collect()
        }
    }
}

/// Every query of a rule: its bodies, and those of comprehensions and of `every` within them. Those in the value of an
/// `else` are left out, as the engine's report of what it came by leaves them out.
pub(super) fn each_query<'a>(rule: &'a Rule, visit: &mut dyn FnMut(&'a Query)) {
    match rule {
        Rule::Default { value, .. } => each_query_of_expr(value, visit),
        Rule::Spec { head, bodies, .. } => {
            let value = match head {
                RuleHead::Compr { assign, .. } | RuleHead::Func { assign, .. } => {
                    assign.as_ref().map(|assign| &assign.value)
                }
                RuleHead::Set { key, .. } => key.as_ref(),
            };
            value.into_iter().for_each(|value| each_query_of_expr(value, visit));
            bodies.iter().for_each(|body| each_query_of_query(&body.query, visit));
        }
    }
}

fn each_query_of_query<'a>(query: &'a Query, visit: &mut dyn FnMut(&'a Query)) {
    visit(query);
    for statement in &query.stmts {
        match &statement.literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn { key, value, collection, .. } => {
                key.iter().for_each(|key| each_query_of_expr(key, visit));
                each_query_of_expr(value, visit);
                each_query_of_expr(collection, visit);
            }
            Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => each_query_of_expr(expr, visit),
            Literal::Every { domain, query, .. } => {
                each_query_of_expr(domain, visit);
                each_query_of_query(query, visit);
            }
        }
        statement.with_mods.iter().for_each(|with| each_query_of_expr(&with.r#as, visit));
    }
}

fn each_query_of_expr<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Query)) {
    match expr {
        Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
            each_query_of_expr(term, visit);
            each_query_of_query(query, visit);
        }
        Expr::ObjectCompr { key, value, query, .. } => {
            each_query_of_expr(key, visit);
            each_query_of_expr(value, visit);
            each_query_of_query(query, visit);
        }
        _ => parts(expr).into_iter().for_each(|part| each_query_of_expr(part, visit)),
    }
}

/// Every expression of a rule, from the whole to its parts, those of comprehensions included.
pub(super) fn each_expr<'a>(rule: &'a Rule, visit: &mut dyn FnMut(&'a Expr)) {
    match rule {
        Rule::Default { value, .. } => each_part(value, visit),
        Rule::Spec { head, bodies, .. } => {
            match head {
                RuleHead::Compr { assign, .. } => assign.iter().for_each(|a| each_part(&a.value, visit)),
                RuleHead::Set { key, .. } => key.iter().for_each(|key| each_part(key, visit)),
                RuleHead::Func { args, assign, .. } => {
                    args.iter().for_each(|arg| each_part(arg, visit));
                    assign.iter().for_each(|a| each_part(&a.value, visit));
                }
            }
            bodies.iter().flat_map(|body| &body.assign).for_each(|assign| each_part(&assign.value, visit));
        }
    }
    each_query(rule, &mut |query| {
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { .. } => {}
                Literal::SomeIn { key, value, collection, .. } => {
                    key.iter().for_each(|key| each_part(key, visit));
                    each_part(value, visit);
                    each_part(collection, visit);
                }
                Literal::Every { domain: expr, .. }
                | Literal::Expr { expr, .. }
                | Literal::NotExpr { expr, .. } => {
                    each_part(expr, visit);
                }
            }
            statement.with_mods.iter().for_each(|with| each_part(&with.r#as, visit));
        }
    });
}

fn each_part<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    visit(expr);
    match expr {
        Expr::ArrayCompr { term, .. } | Expr::SetCompr { term, .. } => each_part(term, visit),
        Expr::ObjectCompr { key, value, .. } => {
            each_part(key, visit);
            each_part(value, visit);
        }
        _ => parts(expr).into_iter().for_each(|part| each_part(part, visit)),
    }
}
