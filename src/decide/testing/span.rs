//! How a part of a policy reads, and its row and column.

use regorus::unstable::{Expr, Span};

pub(super) use crate::decide::span::range;

/// An expression as it is written.
pub(super) fn expr_text(expr: &Expr) -> &str {
    // The engine's span of an object begins at its last field, that of `set()` ends behind what follows.
    let (span, fields) = match expr {
        Expr::Object { span, fields, .. } => (span, fields),
        Expr::Set { items, .. } if items.is_empty() => return "set()",
        _ => return text(expr.span()),
    };
    let Some((_, key, _)) = fields.first() else { return text(span) };
    let source = span.source.get_contents();
    let (first, end) = (range(key.span()).start, range(span).end);
    let start = source.get(..first).and_then(|before| before.rfind('{')).unwrap_or(first);
    source.get(start..end).unwrap_or_default()
}

/// As it is written.
pub(super) fn text(span: &Span) -> &str {
    span.source.get_contents().get(range(span)).unwrap_or_default()
}

/// Row and column of its first character: the engine's are those of an operator within.
pub(super) fn place(span: &Span) -> (u32, u32) {
    let before = span.source.get_contents().get(..range(span).start).unwrap_or_default();
    let row = before.matches('\n').count() + 1;
    let col = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (row as u32, col as u32)
}

#[cfg(test)]
mod tests {
    use regorus::unstable::{Rule, RuleHead};

    use super::*;

    #[test]
    fn quotes_belong_to_strings() {
        let mut engine = regorus::Engine::new();
        let values = [
            "\"a\"",
            "`raw`",
            "\"\"",
            "x[\"a\"]",
            "\"a\" + f(\"b\")",
            "[1, \"é\"]",
            "{\"a\": 1, \"b\": {\"c\": 2}}",
            "{}",
            "{1, \"x\"}",
            "{x | some x in [1]}",
            "[x | x := \"a\"]",
            "{x: \"y\" | some x in [1]}",
            "set()",
            "-1",
            "(1 + 2) * 3",
            "x.y[\"z\"].w",
            "1 in {1}",
            "\"a\" == \"b\"",
        ];
        let rules: Vec<String> = values.iter().enumerate().map(|(i, v)| format!("r{i} := {v}\n")).collect();
        engine.add_policy("p.rego".into(), format!("package p\n{}", rules.concat())).unwrap();
        let modules = engine.get_modules().clone();
        let found = modules[0].policy.iter().map(|rule| {
            let Rule::Spec { head: RuleHead::Compr { assign: Some(assign), .. }, .. } = rule.as_ref() else {
                panic!("not of the form r := value")
            };
            expr_text(&assign.value)
        });
        assert_eq!(found.collect::<Vec<_>>(), values);
    }
}
