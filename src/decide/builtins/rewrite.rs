//! Text that the engine would not understand, as text that it does, before it is parsed.
//!
//! - `io.jwt.decode(token, [_, payload, _])`: the engine knows a last argument that takes the result only of functions
//!   of its own. It becomes `io.jwt.decode(token)=[_, payload, _]`, columns kept.
//! - `[path, value] := walk(x)`: the engine walks only in `walk(x, [path, value])`.
//! - `rego.metadata.rule()`: a function does not learn who calls it, so the call is given a number (`metadata.rs`).

use std::ops::Range;

use regorus::unstable::{AssignOp, Expr, Span};
use regorus::{Engine, Source};

use super::misread::is_call_of;
use super::{find, metadata};
use crate::decide::rules::static_path;
use crate::decide::visit::{self, Place};

/// One piece of text in the place of another, in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::decide) struct Edit {
    pub at: Range<usize>,
    pub with: String,
}

/// The text that the engine is to parse instead, `None` where it takes the original.
///
/// Text that does not parse is left to the engine's own message.
pub(in crate::decide) fn rewritten(source: &Source) -> Option<String> {
    let text = source.get_contents();
    if !may_need_it(text) {
        return None;
    }
    let mut engine = Engine::new();
    super::permit_long_lines(&mut engine);
    engine.add_policy(source.get_path().clone(), text.clone()).ok()?;
    let mut edits = Vec::new();
    for (number, rule) in engine.get_modules()[0].policy.iter().enumerate() {
        let place = metadata::place(source.get_path(), number);
        visit::expressions(rule, &mut |expr, stands| {
            edits.extend(placed(expr, &place));
            edits.extend(walked(expr, stands, text));
            edits.extend(of_expression(expr, stands, text));
        });
    }
    applied(text, edits)
}

/// Parsing twice is dear at a cold start, so only what may need it is.
fn may_need_it(text: &str) -> bool {
    let mut walks = text.match_indices("walk(").map(|(at, _)| text[..at].trim_end());
    walks.any(|before| before.ends_with('='))
        || super::called_in(text).any(|function| !function.is_in_engine())
}

/// The text with its changes, which do not overlap; `None` where there is none.
pub(in crate::decide) fn applied(text: &str, mut edits: Vec<Edit>) -> Option<String> {
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|edit| edit.at.start);
    let (mut out, mut copied) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        out.push_str(&text[copied..edit.at.start]);
        out.push_str(&edit.with);
        copied = edit.at.end;
    }
    out.push_str(&text[copied..]);
    Some(out)
}

/// A call of `rego.metadata` gets its place.
fn placed(expr: &Expr, place: &str) -> Option<Edit> {
    let Expr::Call { span, fcn, params, .. } = expr else { return None };
    let is_one = params.is_empty() && metadata::is_one(&static_path(fcn).0.join("."));
    is_one.then(|| Edit { at: end(span) - 1..end(span) - 1, with: place.to_string() })
}

/// `[path, value] := walk(x)`, of which the engine makes nothing, as `some path, value; walk(x, [path, value])`.
/// What is walked stays where it is: there may be something to be rewritten in it.
fn walked(expr: &Expr, stands: Place, text: &str) -> Vec<Edit> {
    let (Place::Statement, Expr::AssignExpr { span, op, lhs, rhs, .. }) = (stands, expr) else {
        return Vec::new();
    };
    let Expr::Call { params, .. } = rhs.as_ref() else { return Vec::new() };
    let [document] = params.as_slice() else { return Vec::new() };
    let mut names = Vec::new();
    if !is_call_of(rhs, "walk") || bound(lhs, &mut names).is_none() {
        return Vec::new();
    }
    names.sort_unstable();
    names.dedup();
    let pattern = &text[start(lhs.span())..end(lhs.span())];
    let declared = match (op, names.is_empty()) {
        (AssignOp::ColEq, false) => format!("some {}; ", names.join(", ")),
        _ => String::new(),
    };
    let document = document.span();
    vec![
        Edit { at: start(span)..start(document), with: format!("{declared}walk(") },
        Edit { at: end(document)..end(span), with: format!(", {pattern})") },
    ]
}

/// The names that a pattern of variables and arrays binds; `None` for any other pattern.
fn bound<'e>(pattern: &'e Expr, names: &mut Vec<&'e str>) -> Option<()> {
    match pattern {
        Expr::Var { span, .. } if span.text() == "_" => Some(()),
        Expr::Var { span, .. } => {
            names.push(span.text());
            Some(())
        }
        Expr::Array { items, .. } => items.iter().try_for_each(|item| bound(item, names)),
        _ => None,
    }
}

/// Only of a statement does a last argument take the result: within an expression it would be one too many.
fn of_expression(expr: &Expr, stands: Place, text: &str) -> Vec<Edit> {
    let (Place::Statement, Expr::Call { span, fcn, params, .. }) = (stands, expr) else { return Vec::new() };
    let (path, open_ended) = static_path(fcn);
    let function = find(&path.join(".")).filter(|function| {
        !open_ended && params.len() == usize::from(function.arity) + 1 && !function.is_in_engine()
    });
    let (Some(_), Some((last, before))) = (function, params.split_last()) else { return Vec::new() };
    let from = before.last().map_or(end(fcn.span()), |argument| end(argument.span()));
    taken_out(text, from, start(last.span()), end(span))
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
            ("[y, _] := walk(x)", "some y; walk(x, [y, _])"),
            ("[y, [z]] = walk(x) with input as 1", "walk(x, [y, [z]]) with input as 1"),
            ("z := [y | y := walk(x)]", "z := [y | some y; walk(x, y)]"),
            ("y := walk([z | crypto.md5(x, z)])", "some y; walk([z | crypto.md5(x)=z ], y)"),
        ] {
            assert_eq!(of(body).as_deref(), Some(wanted), "{body}");
        }
    }

    #[test]
    fn what_is_walked_is_rewritten_too() {
        let text = "package a\np if { y := walk(rego.metadata.rule()) }";
        let source = Source::from_contents("a.rego".into(), text.into()).unwrap();
        let rewritten = rewritten(&source).unwrap();
        assert!(rewritten.contains("some y; walk(rego.metadata.rule("), "{rewritten}");
        assert!(!rewritten.contains("rule()"), "{rewritten}");
    }

    #[test]
    fn everything_else_stays() {
        for body in [
            "y := io.jwt.decode(x)",
            "walk(input, [x, y])",
            "not walk(input)",
            "f(walk(input))",
            "x := \"io.jwt.decode(x, y)\"",
            "strings.count(\"a\", \"b\", n)",
            "y := crypto.md5(x, z)",
        ] {
            assert_eq!(of(body), None, "{body}");
        }
    }
}
