//! `print`: the engine shows an empty set as `{}`, and texts within lists as Rust does.
//!
//! Before evaluation each argument, `print(deny)`, becomes the text that OPA prints, `print(internal.shown(deny))`.
//! OPA evaluates the arguments before the statement, so that a `with` of it changes nothing, and prints under `not`, too,
//! which it takes for true: both are taken out.

use regorus::Value;
use std::ops::Range;

use regorus::unstable::{Literal, LiteralStmt, Module, Ref};

use super::interpolation::shown;
use super::misread::is_print;
use super::{Edit, Function, function};
use crate::decide::check::imports::Edits;
use crate::decide::visit::{self, Seen};

pub(super) const FUNCTIONS: &[Function] = &[function("internal.shown", 1, |given| {
    Ok(match given {
        [text @ Value::String(_)] => text.clone(),
        _ => {
            let mut text = String::new();
            given.iter().for_each(|value| shown(value, &mut text));
            Value::from(text)
        }
    })
})];

/// Adds the changes, each of one character, so that whatever is changed within an argument stays as it is.
pub(in crate::decide) fn prints(modules: &[Ref<Module>], edits: &mut Edits) {
    for module in modules {
        let source = &module.package.span.source;
        let text = source.get_contents();
        if !text.contains("print(") {
            continue;
        }
        let edits = edits.of(source.get_path());
        let mut idle = Vec::new();
        for rule in &module.policy {
            visit::rule(rule, &mut |seen| match seen {
                Seen::Expr(expr, _) if is_print(expr) => {
                    edits.extend(around_arguments(text, expr.span().start as usize));
                }
                Seen::Query { query, .. } => idle.extend(query.stmts.iter().flat_map(without_effect)),
                Seen::Expr(..) => {}
            });
        }
        edits.retain(|edit| !idle.iter().any(|idle| idle.contains(&edit.at.start)));
        let whole = |at: &&Range<usize>| !idle.iter().any(|other| other != *at && other.contains(&at.start));
        edits.extend(
            idle.iter().filter(whole).map(|at| Edit { at: at.clone(), with: blank(&text[at.clone()]) }),
        );
    }
}

/// `not` and `with` of a statement that prints.
fn without_effect(statement: &LiteralStmt) -> Vec<Range<usize>> {
    let (expr, is_negated) = match &statement.literal {
        Literal::Expr { expr, .. } => (expr, false),
        Literal::NotExpr { expr, .. } => (expr, true),
        _ => return Vec::new(),
    };
    if !is_print(expr) {
        return Vec::new();
    }
    let (start, end) = (statement.span.start as usize, statement.span.end as usize);
    let not = is_negated.then(|| start..start + "not".len());
    let with = statement.with_mods.first().map(|with| with.span.start as usize..end);
    not.into_iter().chain(with).collect()
}

/// As many characters, in as many lines.
fn blank(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { c } else { ' ' }).collect()
}

/// `(`, `,` and `)` of the call whose name ends at `at`. The engine's spans of arguments are not always the whole of them.
fn around_arguments(text: &str, at: usize) -> Vec<Edit> {
    let mut edits = Vec::new();
    let (mut depth, mut is_blank) = (0_usize, true);
    let mut rest = text.char_indices().skip_while(|(i, _)| *i < at);
    while let Some((i, c)) = rest.next() {
        let edit = |with: &str| Edit { at: i..i + 1, with: with.into() };
        match c {
            '"' => skip_string(&mut rest),
            '`' => drop(rest.find(|(_, c)| *c == '`')),
            '#' => drop(rest.find(|(_, c)| *c == '\n')),
            '(' if depth == 0 => edits.push(edit("(internal.shown(")),
            ')' if depth == 1 && is_blank => return Vec::new(),
            ')' if depth == 1 => {
                edits.push(edit("))"));
                return edits;
            }
            ',' if depth == 1 => edits.push(edit("),internal.shown(")),
            _ => {}
        }
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let opens = matches!(c, '(' | ',') && depth == 1;
        is_blank = opens || (is_blank && (c.is_whitespace() || c == '#'));
    }
    Vec::new()
}

fn skip_string(rest: &mut impl Iterator<Item = (usize, char)>) {
    while let Some((_, c)) = rest.next() {
        match c {
            '\\' => drop(rest.next()),
            '"' => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::builtins::applied;

    fn of(call: &str) -> String {
        applied(call, around_arguments(call, "print".len())).unwrap_or_else(|| call.into())
    }

    #[test]
    fn each_argument_is_shown() {
        for (call, wanted) in [
            ("print(x)", "print(internal.shown(x))"),
            (
                "print(\"a,)\\\"\", [1, (2)], `),`)",
                "print(internal.shown(\"a,)\\\"\"),internal.shown( [1, (2)]),internal.shown( `),`))",
            ),
            ("print(x, # ),\n\ty)", "print(internal.shown(x),internal.shown( # ),\n\ty))"),
            ("print({\"a\": f(1)}, set())", "print(internal.shown({\"a\": f(1)}),internal.shown( set()))"),
            ("print()", "print()"),
            ("print( )", "print( )"),
            ("print(x,)", "print(x,)"),
        ] {
            assert_eq!(of(call), wanted);
        }
    }
}
