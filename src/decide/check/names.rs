//! Imports and variables that are there twice or for nothing.

use super::finding::{Code, Finding};
use super::ir::{Declared, Form, Import, Module, Rule};

/// What follows `future`; another would be no keyword, and the engine lets it pass.
const FUTURE: [&[&str]; 5] = [
    &["keywords"],
    &["keywords", "contains"],
    &["keywords", "every"],
    &["keywords", "if"],
    &["keywords", "in"],
];

/// Keywords that OPA has since 1.22, where they change what `not` and a body mean.
const NEWER: [&[&str]; 3] = [&["keywords", "and"], &["keywords", "not"], &["keywords", "or"]];

/// What to do about an import of newer Rego.
const V1: &str = "write the file in Rego v1, which needs no import";

/// What OPA always refuses.
pub(super) fn check(module: &Module<'_>, findings: &mut Vec<Finding>) {
    for (number, import) in module.imports.iter().enumerate() {
        let earlier = module.imports[..number].iter().find(|earlier| earlier.same_name(import));
        if let Some(earlier) = earlier {
            let why = format!("import must not shadow import {}", earlier.path.join("."));
            findings.push(
                Finding::at(Code::Compile, import.at, why).advice("give one of them another name: `as …`"),
            );
        }
        if import.name == "input" && import.path != ["input"]
            || import.name == "data" && import.path != ["data"]
        {
            let why = format!("import must not shadow {}", import.name);
            findings.push(Finding::at(Code::Compile, import.at, why).advice("give it another name: `as …`"));
        }
        if let ["future", keywords @ ..] = import.path.as_slice()
            && !FUTURE.contains(&keywords)
        {
            let import_name = import.path.join(".");
            let (why, advice) = if NEWER.contains(&keywords) {
                (format!("import {import_name} is newer than the Rego that Vestry evaluates, v1"), V1)
            } else {
                let advice = "Rego v1 has its keywords without an import; remove it";
                (format!("there is no import {import_name}"), advice)
            };
            findings.push(Finding::at(Code::Parse, import.at, why).advice(advice));
        }
        if import.path.first() == Some(&"rego") && import.path != ["rego", "v1"] {
            let why =
                format!("import {} is newer than the Rego that Vestry evaluates, v1", import.path.join("."));
            findings.push(Finding::at(Code::Compile, import.at, why).advice(V1));
        }
    }
    for rule in &module.rules {
        findings.extend(shadowing(rule));
        // The declared are there to be used; OPA refuses those that are not without being asked to be strict.
        findings.extend(unused(rule, Declared::Some, "declared var"));
    }
}

impl Import<'_> {
    fn same_name(&self, other: &Self) -> bool {
        if self.name.is_empty() { self.path == other.path } else { self.name == other.name }
    }
}

fn shadowing(rule: &Rule<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(name @ (&"input" | &"data")) = rule.path.get(rule.in_package) {
        let why = format!("rules must not shadow {name} (use a different rule name)");
        found.push(Finding::at(Code::Compile, rule.at, why));
    }
    for variable in rule.variables.iter().filter(|v| v.declared == Declared::Argument) {
        if variable.name == "input" || variable.name == "data" {
            let why = format!("args must not shadow {} (use a different variable name)", variable.name);
            found.push(Finding::at(Code::Compile, variable.at, why));
        }
    }
    found
}

/// What only `opa check --strict` refuses besides.
pub(super) fn check_strictly(module: &Module<'_>, findings: &mut Vec<Finding>) {
    for import in module.imports.iter().filter(|import| import.uses.is_empty() && !import.name.is_empty()) {
        let alias = if import.path.last() == Some(&import.name) {
            String::new()
        } else {
            format!(" as {}", import.name)
        };
        let why = format!("import {}{alias} unused", import.path.join("."));
        findings.push(Finding::at(Code::Compile, import.at, why).advice("remove it"));
    }
    for rule in &module.rules {
        findings.extend(unused(rule, Declared::Assigned, "assigned var"));
        if matches!(rule.form, Form::Function(_)) {
            findings.extend(unused(rule, Declared::Argument, "unused argument"));
        }
    }
}

fn unused(rule: &Rule<'_>, declared: Declared, what: &str) -> Vec<Finding> {
    let variables = rule.variables.iter().filter(|_| !rule.is_broken);
    let variables = variables.filter(|v| v.declared == declared && v.uses == 0 && v.name != "_");
    variables
        .map(|variable| {
            let name = variable.name;
            let why = match declared {
                Declared::Argument => format!("{what} {name}"),
                _ => format!("{what} {name} unused"),
            };
            let advice = match declared {
                Declared::Argument => "use _ (wildcard variable) instead",
                _ => "use it, or remove it",
            };
            Finding::at(Code::Compile, variable.at, why).advice(advice)
        })
        .collect()
}
