//! Which rules of a policy Vestry evaluates, and where they stand.

use regorus::Value;
use regorus::unstable::{Expr, Module, Rule, RuleHead, Span};

use super::check::finding::{Code, Finding};
use crate::declare::suggest::nearest;

/// When a decision is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Stage {
    /// Before any store is asked.
    Declare,
    /// Before anything is delivered.
    Resolve,
}

impl Stage {
    /// `input.stage`, and the package below `vestry`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Declare => "declare",
            Self::Resolve => "resolve",
        }
    }

    /// `declare` and `resolve`.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Declare, Self::Resolve].into_iter().find(|stage| stage.as_str() == name)
    }

    pub(super) fn of_package(package: &[String]) -> Option<Self> {
        match package {
            [root, stage, ..] if root == "vestry" => Self::named(stage),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Deny,
    Violation,
    Warn,
    Exception,
}

impl Kind {
    const NAMES: [(&'static str, Self); 4] = [
        ("deny", Self::Deny),
        ("violation", Self::Violation),
        ("warn", Self::Warn),
        ("exception", Self::Exception),
    ];

    /// `deny` and `deny_region` are both `Deny`, the latter with the suffix that an exception would name.
    pub fn of_rule(name: &str) -> Option<(Self, &str)> {
        Self::NAMES.iter().find_map(|(prefix, kind)| {
            let rest = name.strip_prefix(prefix)?;
            let suffix =
                if rest.is_empty() { "" } else { rest.strip_prefix('_').filter(|s| !s.is_empty())? };
            (*kind != Self::Exception || rest.is_empty()).then_some((*kind, suffix))
        })
    }
}

/// A rule that is evaluated for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub stage: Stage,
    pub kind: Kind,
    /// `region` of `deny_region`, empty of `deny`.
    pub suffix: String,
    /// `vestry.declare.base`
    pub package: String,
    /// `deny_region`
    pub rule: String,
}

impl Entry {
    /// As the engine is asked for it.
    pub fn path(&self) -> String {
        format!("data.{}.{}", self.package, self.rule)
    }
}

/// A rule as its module writes it, with the whole path of what it defines.
pub(super) struct Defined<'a> {
    /// `["vestry", "declare", "base", "deny"]`
    pub path: Vec<String>,
    /// How many of the path's components the package statement gives.
    pub in_package: usize,
    /// Behind the path comes something only evaluation tells: `deny[msg]`.
    pub open_ended: bool,
    pub function: Option<usize>,
    pub span: &'a Span,
}

/// Every rule of a module, defaults included.
pub(super) fn defined(module: &Module) -> impl Iterator<Item = Defined<'_>> {
    let (package, _) = static_path(&module.package.refr);
    module.policy.iter().map(move |rule| {
        let (refr, function) = match rule.as_ref() {
            Rule::Spec { head: RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. }, .. } => {
                (refr, None)
            }
            Rule::Spec { head: RuleHead::Func { refr, args, .. }, .. } => (refr, Some(args.len())),
            Rule::Default { refr, args, .. } => (refr, (!args.is_empty()).then_some(args.len())),
        };
        let (head, open_ended) = static_path(refr);
        let path = package.iter().cloned().chain(head).collect();
        Defined { path, in_package: package.len(), open_ended, function, span: rule.span() }
    })
}

/// `data.a["b-c"]`
pub(super) fn dotted<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    let mut text = String::new();
    for part in parts {
        let plain = part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        match (plain, text.is_empty()) {
            (true, true) => text.push_str(part),
            (true, false) => text.extend([".", part]),
            (false, _) => text.push_str(&format!("[{}]", serde_json::json!(part))),
        }
    }
    text
}

/// `data.lib.f` as its components, up to the first that only evaluation tells; whether there is such a one.
pub(super) fn static_path(refr: &Expr) -> (Vec<String>, bool) {
    match refr {
        Expr::Var { span, .. } => (vec![span.text().to_string()], false),
        Expr::RefDot { refr, field, .. } => extend(refr, Some(field.0.text().to_string())),
        Expr::RefBrack { refr, index, .. } => extend(
            refr,
            match index.as_ref() {
                Expr::String { value: Value::String(text), .. } => Some(text.to_string()),
                _ => None,
            },
        ),
        _ => (Vec::new(), true),
    }
}

fn extend(refr: &Expr, component: Option<String>) -> (Vec<String>, bool) {
    let (mut path, open_ended) = static_path(refr);
    if open_ended {
        return (path, true);
    }
    let open_ended = component.is_none();
    path.extend(component);
    (path, open_ended)
}

/// The entry that a rule is part of, `None` for one that only serves others.
///
/// Fails for a rule that looks like an entry and would never be evaluated, or could never give a clean answer.
pub(super) fn entry(rule: &Defined<'_>) -> Result<Option<Entry>, Box<Finding>> {
    let Some(at) = (rule.in_package..rule.path.len()).find(|at| Kind::of_rule(&rule.path[*at]).is_some())
    else {
        return Ok(None);
    };
    let (package, name) = (&rule.path[..at], &rule.path[at]);
    let (kind, suffix) = Kind::of_rule(name).expect("found above");
    let Some(stage) = Stage::of_package(package) else {
        // Functions of that name elsewhere are helpers; a rule would deny in vain.
        return if rule.function.is_some() { Ok(None) } else { Err(misplaced(rule.span, package, name)) };
    };
    if rule.function.is_some() {
        // `deny_message(reference)` is a fair name for a helper.
        let is_helper = !suffix.is_empty();
        return if is_helper { Ok(None) } else { Err(no_set(rule.span, name, "is a function")) };
    }
    if rule.open_ended || at + 1 < rule.path.len() {
        return Err(no_set(rule.span, name, "is no set"));
    }
    if let Some(odd) = package.iter().find(|part| !is_identifier(part)) {
        let why = format!("the package has {odd:?} in its name");
        return Err(at_span(rule.span, why, "use letters, digits and `_`"));
    }
    let (suffix, package, rule) = (suffix.to_string(), package.join("."), name.clone());
    Ok(Some(Entry { stage, kind, suffix, package, rule }))
}

fn no_set(span: &Span, name: &str, is: &str) -> Box<Finding> {
    at_span(span, format!("`{name}` {is}"), format!("write `{name} contains msg if {{ … }}`"))
}

fn misplaced(span: &Span, package: &[String], name: &str) -> Box<Finding> {
    let stages = ["declare", "resolve"];
    let suggestion = match package {
        [root, stage, ..] if root == "vestry" && stage == "invoke" => {
            "`vestry.invoke` is reserved and not evaluated yet".to_string()
        }
        [root, stage, rest @ ..]
            if nearest(root, ["vestry"]).is_some() && nearest(stage, stages).is_some() =>
        {
            let stage = nearest(stage, stages).unwrap_or_default();
            let below: String = rest.iter().map(|part| format!(".{part}")).collect();
            format!("did you mean `vestry.{stage}{below}`?")
        }
        [] | [_] if package.iter().all(|root| ["vestry", "main"].contains(&root.as_str())) => {
            "write `package vestry.declare`, or `package vestry.resolve` for what was found".to_string()
        }
        package => {
            let own = package.strip_prefix(&["vestry".to_string()]).unwrap_or(package).join(".");
            format!("write `package vestry.declare.{own}`, or `vestry.resolve.{own}`")
        }
    };
    let package = package.join(".");
    let why = format!(
        "`{name}` in package `{package}` is never evaluated: only vestry.declare, vestry.resolve and packages below \
         them are"
    );
    at_span(span, why, suggestion)
}

fn at_span(span: &Span, why: String, advice: impl Into<String>) -> Box<Finding> {
    Box::new(Finding::at(Code::Entry, span, why).advice(advice))
}

fn is_identifier(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<Result<Option<Entry>, Box<Finding>>> {
        let mut engine = regorus::Engine::new();
        engine.add_policy("p.rego".into(), text.into()).unwrap();
        let modules = engine.get_modules();
        defined(&modules[0]).map(|rule| entry(&rule)).collect()
    }

    fn paths(text: &str) -> Vec<String> {
        entries(text).into_iter().filter_map(|e| e.unwrap()).map(|e| e.path()).collect()
    }

    #[test]
    fn entries_are_found_at_and_below_the_stages() {
        let rules = "deny contains 1\nviolation_x contains 1\nwarn contains 1\nexception contains [\"x\"]\nhelper := 1";
        assert_eq!(
            paths(&format!("package vestry.declare\n{rules}")),
            [
                "data.vestry.declare.deny",
                "data.vestry.declare.violation_x",
                "data.vestry.declare.warn",
                "data.vestry.declare.exception"
            ]
        );
        assert_eq!(
            paths("package vestry.resolve.team.a\ndeny contains 1"),
            ["data.vestry.resolve.team.a.deny"]
        );
    }

    #[test]
    fn a_head_of_several_parts_is_taken_for_the_package_it_defines() {
        assert_eq!(paths("package vestry\ndeclare.base.deny contains 1"), ["data.vestry.declare.base.deny"]);
    }

    #[test]
    fn names_that_only_resemble_an_entry_are_helpers() {
        assert_eq!(
            paths("package vestry.declare\ndenied contains 1\nwarnings := 1\ndeny_ := 2\nexception_x := 1"),
            [""; 0]
        );
        assert_eq!(paths("package lib\ndeny(x) := x"), [""; 0]);
        assert_eq!(paths("package vestry.declare\ndeny_message(x) := x"), [""; 0]);
    }

    #[test]
    fn what_would_never_be_evaluated_or_never_be_a_set_is_refused_with_its_place() {
        for (text, part) in [
            ("package vestry.declared\ndeny contains 1", "did you mean `vestry.declare`?"),
            ("package vestri.resolve.a\ndeny contains 1", "did you mean `vestry.resolve.a`?"),
            ("package main\ndeny contains 1", "never evaluated"),
            ("package main\ndeny contains 1", "write `package vestry.declare`, or"),
            ("package team.a\ndeny contains 1", "write `package vestry.declare.team.a`, or"),
            ("package vestry\ndeny contains 1", "write `package vestry.declare`, or"),
            ("package vestry.invoke\ndeny contains 1", "reserved"),
            ("package vestry.declare\ndeny[msg] if { msg := 1 }", "is no set"),
            ("package vestry.declare\ndeny.a contains 1", "is no set"),
            ("package vestry.declare\ndeny(x) := x", "is a function"),
            ("package vestry.declare[\"a-b\"]\ndeny contains 1", "a-b"),
        ] {
            let error = entries(text).remove(0).unwrap_err().to_string();
            assert!(error.starts_with("p.rego:2:") && error.contains(part), "{error}");
        }
    }
}
