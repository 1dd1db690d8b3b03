//! Text that the engine would not understand, as text that it does, before it is parsed.
//!
//! - `io.jwt.decode(token, [_, payload, _])`: the engine knows a last argument that takes the result only of functions
//!   of its own. It becomes `io.jwt.decode(token)=[_, payload, _]`, columns kept.
//! - `rego.metadata.rule()`: a function does not learn who calls it, so the call is given a number (`metadata.rs`).

use std::ops::Range;

use regorus::unstable::{Expr, Literal, Query, Rule, RuleBody, RuleHead, Span};
use regorus::{Engine, Source};

use super::find;
use crate::decide::rules::static_path;

/// One piece of text in the place of another, in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub at: Range<usize>,
    pub with: String,
}

/// The text that the engine is to parse instead, `None` where it takes the original.
///
/// Text that does not parse is left to the engine's own message.
pub(in crate::decide) fn rewritten(source: &Source) -> Option<String> {
    let text = source.get_contents();
    if !super::is_called_in(text) {
        return None;
    }
    let mut engine = Engine::new();
    super::permit_long_lines(&mut engine);
    engine.add_policy(source.get_path().clone(), text.clone()).ok()?;
    let mut edits = Vec::new();
    for rule in &engine.get_modules()[0].policy {
        of_rule(rule, text, &mut edits);
    }
    (!edits.is_empty()).then(|| apply(text, edits))
}

fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.at.start);
    let (mut out, mut copied) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        out.push_str(&text[copied..edit.at.start]);
        out.push_str(&edit.with);
        copied = edit.at.end;
    }
    out.push_str(&text[copied..]);
    out
}

fn of_rule(rule: &Rule, text: &str, edits: &mut Vec<Edit>) {
    let mut expressions = Expressions { text, edits };
    match rule {
        Rule::Default { value, .. } => expressions.within(value),
        Rule::Spec { head, bodies, .. } => {
            expressions.head(head);
            for RuleBody { assign, query, .. } in bodies {
                assign.iter().for_each(|assign| expressions.within(&assign.value));
                expressions.query(query);
            }
        }
    }
}

struct Expressions<'a> {
    text: &'a str,
    edits: &'a mut Vec<Edit>,
}

impl Expressions<'_> {
    fn head(&mut self, head: &RuleHead) {
        match head {
            RuleHead::Compr { refr, assign, .. } => {
                self.within(refr);
                assign.iter().for_each(|assign| self.within(&assign.value));
            }
            RuleHead::Set { refr, key, .. } => {
                self.within(refr);
                key.iter().for_each(|key| self.within(key));
            }
            RuleHead::Func { args, assign, .. } => {
                args.iter().for_each(|arg| self.within(arg));
                assign.iter().for_each(|assign| self.within(&assign.value));
            }
        }
    }

    fn query(&mut self, query: &Query) {
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { .. } => {}
                Literal::SomeIn { key, value, collection, .. } => {
                    key.iter().for_each(|key| self.within(key));
                    self.within(value);
                    self.within(collection);
                }
                Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => {
                    self.statement(expr);
                    self.within(expr);
                }
                Literal::Every { domain, query, .. } => {
                    self.within(domain);
                    self.query(query);
                }
            }
            statement.with_mods.iter().for_each(|with| self.within(&with.r#as));
        }
    }

    /// Only here does a last argument take the result: within an expression it would be one too many.
    fn statement(&mut self, expr: &Expr) {
        let Expr::Call { span, fcn, params, .. } = expr else { return };
        let (path, open_ended) = static_path(fcn);
        let Some(function) = find(&path.join(".")).filter(|_| !open_ended) else { return };
        if params.len() != usize::from(function.arity) + 1 || function.is_in_engine() {
            return;
        }
        let Some((last, before)) = params.split_last() else { return };
        let from = before.last().map_or(end(fcn.span()), |argument| end(argument.span()));
        self.edits.extend(taken_out(self.text, from, start(last.span()), end(span)));
    }

    fn within(&mut self, expr: &Expr) {
        match expr {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. }
            | Expr::Var { .. } => {}
            Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().for_each(|item| self.within(item)),
            Expr::Object { fields, .. } => {
                for (_, key, value) in fields {
                    self.within(key);
                    self.within(value);
                }
            }
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.within(term);
                self.query(query);
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                self.within(key);
                self.within(value);
                self.query(query);
            }
            Expr::Call { params, .. } => params.iter().for_each(|param| self.within(param)),
            Expr::UnaryExpr { expr, .. } => self.within(expr),
            Expr::RefDot { refr, .. } => self.within(refr),
            Expr::RefBrack { refr, index, .. } => {
                self.within(refr);
                self.within(index);
            }
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. }
            | Expr::AssignExpr { lhs, rhs, .. } => {
                self.within(lhs);
                self.within(rhs);
            }
            Expr::Membership { key, value, collection, .. } => {
                key.iter().for_each(|key| self.within(key));
                self.within(value);
                self.within(collection);
            }
        }
    }
}

fn start(span: &Span) -> usize {
    span.start as usize
}

fn end(span: &Span) -> usize {
    span.end as usize
}

/// `, out)` as `)=out `: from the end of the argument before to the end of the call.
fn taken_out(text: &str, from: usize, last: usize, end: usize) -> Vec<Edit> {
    let Some(comma) = comma_in(text, from..last) else { return Vec::new() };
    // Where a space follows the comma, it gives its column to the `=`.
    let width = if text[comma + 1..].starts_with(' ') { 2 } else { 1 };
    let mut close = end - 1;
    // What may stand before the bracket: `x,\n)`.
    let mut edits = vec![Edit { at: comma..comma + width, with: ")=".into() }];
    while close > last && !text[close..].starts_with(')') {
        close -= 1;
    }
    let before = text[last..close].trim_end();
    if before.ends_with(',') {
        let trailing = last + before.len() - 1;
        edits.push(Edit { at: trailing..trailing + 1, with: " ".into() });
    }
    edits.push(Edit { at: close..close + 1, with: " ".into() });
    edits
}

/// The comma between two arguments, not one within a comment there.
fn comma_in(text: &str, between: Range<usize>) -> Option<usize> {
    let mut in_comment = false;
    for (at, c) in text[between.clone()].char_indices() {
        match c {
            '\n' => in_comment = false,
            '#' => in_comment = true,
            ',' if !in_comment => return Some(between.start + at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Option<String> {
        let text = format!("package a\np if {{ {body} }}");
        let source = Source::from_contents("a.rego".into(), text).unwrap();
        let rewritten = rewritten(&source)?;
        // What comes out is Rego, and says the same when it is rewritten once more.
        let again = Source::from_contents("a.rego".into(), rewritten.clone()).unwrap();
        assert_eq!(super::rewritten(&again), None);
        let body = rewritten.strip_prefix("package a\np if { ").unwrap().strip_suffix(" }").unwrap();
        Engine::new().add_policy("a.rego".into(), rewritten.clone()).unwrap();
        Some(body.to_string())
    }

    #[test]
    fn a_last_argument_that_takes_the_result_becomes_an_equation() {
        for (body, wanted) in [
            ("io.jwt.decode(x, [_, y, _])", "io.jwt.decode(x)=[_, y, _] "),
            ("io.jwt.decode(x,y)", "io.jwt.decode(x)=y "),
            ("not crypto.hmac.equal(f(x), \",\", y)", "not crypto.hmac.equal(f(x), \",\")=y "),
            ("z := [y | crypto.md5(input.a, y)]", "z := [y | crypto.md5(input.a)=y ]"),
            ("crypto.md5(\n\tx, # a, b\n\ty,\n)", "crypto.md5(\n\tx)=# a, b\n\ty \n "),
            ("array.flatten(x, (y))", "array.flatten(x)=(y) "),
        ] {
            assert_eq!(of(body).as_deref(), Some(wanted), "{body}");
        }
    }

    #[test]
    fn everything_else_stays() {
        for body in [
            "y := io.jwt.decode(x)",
            "walk(input, [x, y])",
            "x := \"io.jwt.decode(x, y)\"",
            "strings.count(\"a\", \"b\", n)",
            "y := crypto.md5(x, z)",
        ] {
            assert_eq!(of(body), None, "{body}");
        }
    }
}
