//! What the engine says of an error, in one line, and what to do about it.

use super::check::guard::parse_error;
use super::policy::{Policy, invalid};
use super::rules::{Defined, Entry, defined};
use crate::error::Problem;

const MAX_CHARS: usize = 1_000;

/// `stage.rego:12:3: expecting identifier` of the engine's drawing with arrows and carets.
pub(super) fn engine_error(error: &anyhow::Error) -> String {
    let text = error.to_string();
    let why = text.lines().find_map(|line| line.strip_prefix("error: "));
    match (place_of(error), why) {
        (Some(place), Some(why)) => format!("{place}: {}", why.trim()),
        _ => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// `stage.rego:12:3`
pub(super) fn place_of(error: &anyhow::Error) -> Option<String> {
    let text = error.to_string();
    let place = text.lines().find_map(|line| line.trim_start().strip_prefix("--> "))?;
    Some(place.trim().to_string())
}

/// What to do about an error of an evaluation, by the words of the engine and of the functions that stand in for its own.
pub(super) fn advice(error: &str) -> &'static str {
    const KINDS: [(&[&str], &str); 7] = [
        (&["exceeded time limit"], "make its rules simpler, or raise VESTRY_POLICY_TIMEOUT_MS"),
        (
            &["internal error", "likely a bug"],
            "it is a fault of the engine: write the rule otherwise, and report it",
        ),
        (
            &["multiple outputs", "conflicts with rule", "generated multiple times"],
            "let the conditions exclude one another, chain them with `else`, or collect the values in a set: `contains`",
        ),
        (&["divide by zero", "modulo by zero"], "ask for `!= 0` before it"),
        (
            &["expects 0 arguments", "expects 1 argument", " arguments`"],
            "give the result a name before it: `x := f()`",
        ),
        (
            &["expects", "requires", "must be", "must have", "only be used with", "is not a", "must match"],
            "ask before it what it is: `is_string(x)`, `is_number(x)`, `is_object(x)`; an error of a function refuses",
        ),
        (
            &[
                "invalid",
                "parse",
                "decode",
                "deserialize",
                "closed",
                "is none",
                "not recognized",
                "not a valid",
            ],
            "ask before it whether the text is one, with `regex.match` or what ends in `is_valid`; an error of a function refuses",
        ),
    ];
    KINDS
        .into_iter()
        .find(|(words, _)| words.iter().any(|word| error.contains(word)))
        .map_or("see to it that the call has an answer; an error of a function refuses", |(_, advice)| advice)
}

/// A rule that was not evaluated to its end. Where the engine tells no place, it is that of the rule.
pub(super) fn evaluation_error(policy: &mut Policy, entry: &Entry, error: &anyhow::Error) -> Problem {
    let line = engine_error(error);
    let source =
        policy.engine.get_modules().iter().map(|module| &module.package.span.source).find(|source| {
            line.strip_prefix(source.get_path().as_str()).is_some_and(|rest| rest.starts_with(':'))
        });
    let why = match source.map(|source| parse_error(source, error)) {
        Some(finding) => format!("{}{}", finding.prefix(), finding.message),
        None => format!("{}: {}: {line}", place(policy, entry), entry.path()),
    };
    invalid(&shortened(why)).advice(advice(&line))
}

/// What was given to a function or stands in a document is told, and may be as long as that.
pub(super) fn shortened(mut why: String) -> String {
    if let Some((end, _)) = why.char_indices().nth(MAX_CHARS) {
        why.truncate(end);
        why.push('…');
    }
    why
}

/// `/opt/policy/stage.rego:12`, the first definition.
fn place(policy: &mut Policy, entry: &Entry) -> String {
    let path: Vec<&str> = entry.package.split('.').chain([entry.rule.as_str()]).collect();
    let rules = policy.engine.get_modules().iter().flat_map(|module| defined(module));
    let is_it = |rule: &Defined<'_>| rule.path == path;
    let rule = rules.filter(is_it).min_by_key(|rule| (rule.span.source.get_path().clone(), rule.span.line));
    rule.map_or_else(
        || policy.root.display().to_string(),
        |rule| format!("{}:{}", rule.span.source.get_path(), rule.span.line),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawing_of_an_error_becomes_a_line() {
        let mut engine = regorus::Engine::new();
        let error = engine.add_policy("a.rego".into(), "package a\n\ndeny contains".into()).unwrap_err();
        let line = engine_error(&error);
        assert!(line.starts_with("a.rego:3:"), "{line}");
        assert!(!line.contains('\n') && !line.contains("-->"), "{line}");
    }
}
