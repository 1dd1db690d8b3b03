//! Calls: to functions that exist, with as many arguments as they take.
//!
//! The engine finds an unknown one only where evaluation comes by, so a rule behind a condition would stay silent until
//! the day it is needed.

use std::collections::HashMap;

use regorus::unstable::BUILTINS;

use super::finding::{Code, Finding};
use super::ir::{Form, Function, Module, Node, Term};
use crate::decide::builtins;
use crate::declare::suggest::nearest;

/// What a policy defines itself: path below `data`, and number of arguments.
pub(super) struct Functions<'a>(HashMap<Vec<&'a str>, usize>);

/// How many arguments a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arity {
    Any,
    Exactly(usize),
}

/// They leave the policy for the network or the process, so that a decision would depend on more than its input.
const REACHES_OUT: [&str; 3] = ["http.send", "net.lookup_ip_addr", "opa.runtime"];

/// OPA 1.0 took them away.
const DEPRECATED: [&str; 10] = [
    "all",
    "any",
    "cast_array",
    "cast_boolean",
    "cast_null",
    "cast_object",
    "cast_set",
    "cast_string",
    "re_match",
    "set_diff",
];

/// Names that an unknown one is compared with; nobody writes more functions, and of more it would take seconds.
const MAX_COMPARED: usize = 500;

pub(super) fn is_built_in(name: &str) -> bool {
    built_in(name).is_some()
}

fn built_in(name: &str) -> Option<Arity> {
    if name == "print" {
        return Some(Arity::Any);
    }
    if let Some(function) = builtins::find(name) {
        return Some(Arity::Exactly(usize::from(function.arity)));
    }
    BUILTINS.get(name).map(|(_, arity)| Arity::Exactly(usize::from(*arity)))
}

impl<'a> Functions<'a> {
    pub fn of(modules: &[Module<'a>]) -> Self {
        let rules = modules.iter().flat_map(|module| &module.rules);
        Self(
            rules
                .filter_map(|rule| match rule.form {
                    Form::Function(arity) => Some((rule.path.clone(), arity)),
                    _ => None,
                })
                .collect(),
        )
    }

    pub fn arity(&self, function: &Function<'_>) -> Option<Arity> {
        if let Some(arity) = self.0.get(&function.path) {
            return Some(Arity::Exactly(*arity));
        }
        if function.shadowed { None } else { built_in(&function.name.join(".")) }
    }

    /// Whether a call of so many arguments has one more than the function takes.
    pub fn takes_result(&self, function: &Function<'_>, args: usize) -> bool {
        matches!(self.arity(function), Some(Arity::Exactly(arity)) if args == arity + 1)
    }

    pub fn is_own(&self, path: &[&str]) -> bool {
        self.0.contains_key(path)
    }

    fn suggestion(&self, name: &str) -> Option<&str> {
        let few_own = self.0.len() <= MAX_COMPARED;
        let own = self.0.keys().filter(|_| few_own).filter_map(|path| path.last().copied());
        let added = builtins::all().map(|function| function.name);
        nearest(name, own.chain(BUILTINS.keys().copied()).chain(added))
    }
}

pub(super) fn check(modules: &[Module<'_>], functions: &Functions<'_>, findings: &mut Vec<Finding>) {
    for rule in modules.iter().flat_map(|module| &module.rules) {
        findings.extend(rule.args.iter().filter_map(template));
        let mut stands_in = false;
        rule.visit(&mut |node| match node {
            // `with count as mock`: the one place where a function is named and not called.
            Node::Term(Term::Ref(_)) if std::mem::take(&mut stands_in) => {}
            Node::Term(term) => {
                stands_in = false;
                findings.extend(problem_with(term, functions));
            }
            Node::With(with) => {
                stands_in = true;
                let target = with.target.join(".");
                let known = matches!(with.target.first(), Some(&"input" | &"data")) || is_built_in(&target);
                if !known {
                    let why = format!(
                        "with keyword target must reference existing input, data, or a function, not {target}"
                    );
                    let near = with.target.first().and_then(|root| nearest(root, ["input", "data"]));
                    let advice = near.map_or_else(
                        || "name a part of input or data, or a function that there is".into(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    findings.push(Finding::at(Code::Type, with.at, why).advice(advice));
                }
            }
        });
    }
}

/// The engine cannot say what matches the text that a template comes to.
fn template(argument: &Term<'_>) -> Option<Finding> {
    let mut found = None;
    argument.visit(&mut |node| {
        if let Node::Term(Term::Call { at, function, .. }) = node
            && function.name == ["internal", "template_string"]
        {
            let why = "a template string in the head of a function is not supported";
            let advice = "take an argument there, and compare it with the template in the body";
            found = Some(Finding::at(Code::Parse, at, why).advice(advice));
        }
    });
    found
}

fn problem_with(term: &Term<'_>, functions: &Functions<'_>) -> Option<Finding> {
    match term {
        Term::Call { at, function, args } => {
            let name = function.name.join(".");
            match functions.arity(function) {
                None if function.shadowed => {
                    let why = format!("called function {name} shadowed: a local variable has the name");
                    Some(Finding::at(Code::Compile, at, why).advice("give the variable another name"))
                }
                None => Some(Finding::at(Code::Type, at, unknown(&name)).advice(instead(&name, functions))),
                // One more than it takes is the form that binds the result: `walk(input, [path, value])`.
                Some(Arity::Exactly(arity)) if args.len() != arity && args.len() != arity + 1 => {
                    let advice = "write it with as many; one more takes the result";
                    Some(Finding::at(Code::Type, at, wrong_number(&name, arity, args.len())).advice(advice))
                }
                Some(_) => None,
            }
        }
        // `f` instead of `f(x)` is undefined, always.
        Term::Ref(reference) => {
            let path = reference.data_path().filter(|path| functions.0.contains_key(path))?;
            let why = format!("function data.{} used as reference, not called", path.join("."));
            let advice = "call it, with its arguments in brackets";
            Some(Finding::at(Code::Type, reference.at, why).advice(advice))
        }
        _ => None,
    }
}

fn unknown(name: &str) -> String {
    if let Some(why) = builtins::refusal(name) {
        format!("`{name}` {why}")
    } else if DEPRECATED.contains(&name) {
        format!("deprecated built-in function calls in expression: {name}; OPA 1.0 took it away")
    } else {
        format!("there is no function `{name}`")
    }
}

fn instead(name: &str, functions: &Functions<'_>) -> String {
    match name {
        "all" => "write `every x in xs { x }`".into(),
        "any" => "write `true in xs`".into(),
        "re_match" => "write `regex.match`".into(),
        "set_diff" => "write `a - b`".into(),
        _ if REACHES_OUT.contains(&name) => "put what it would fetch into a data file of the policy".into(),
        "io.jwt.verify_es512" => "have the token signed by ES256 or ES384, and verify that".into(),
        _ if builtins::refusal(name).is_some() => "do without it; docs/rego.md says what there is".into(),
        _ => functions.suggestion(name).map_or_else(
            || "define it, or import what defines it; docs/rego.md says which there are".into(),
            |near| format!("did you mean `{near}`?"),
        ),
    }
}

fn wrong_number(name: &str, arity: usize, arguments: usize) -> String {
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    format!("`{name}` takes {arity} argument{}, not {arguments}", plural(arity))
}
