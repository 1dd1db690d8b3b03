//! `# METADATA` that OPA would not load a file with.

use regorus::Value;
use regorus::unstable::{Module, Ref};

use super::finding::{Code, Finding};
use crate::decide::builtins;

const SCOPES: [&str; 4] = ["rule", "document", "package", "subpackages"];

pub(super) fn check(modules: &[Ref<Module>], findings: &mut Vec<Finding>) {
    for module in modules {
        let source = &module.package.span.source;
        let package = module.package.span.line;
        for (end, yaml) in builtins::blocks(source.get_contents()) {
            let rule = module.policy.iter().map(|rule| rule.span().line).filter(|line| *line > end).min();
            let what = match (package > end, rule) {
                (true, _) => Some(Of::Package),
                (false, rule) => rule.map(|_| Of::Rule),
            };
            if let Err(why) = hold(&yaml, what) {
                let first = end - u32::try_from(yaml.lines().count()).unwrap_or_default();
                let why = format!("the METADATA {why}");
                let finding = Finding::in_file(Code::Parse, source.get_path(), why).place(first, 1);
                findings.push(finding.advice("correct it, or let the comment begin with another word"));
            }
        }
    }
}

/// What a block stands above.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Package,
    Rule,
}

fn hold(yaml: &str, above: Option<Of>) -> Result<(), String> {
    if yaml.trim().is_empty() {
        return Err("is empty".into());
    }
    let above = above.ok_or("stands above nothing")?;
    let parsed = Value::from_yaml_str(yaml).map_err(|_| "is no YAML")?;
    let fields = parsed.as_object().map_err(|_| "is no YAML object")?;
    for (name, value) in fields.iter() {
        let Value::String(name) = name else { continue };
        let (fits, wanted) = match name.as_ref() {
            "scope" => (
                value.as_string().is_ok_and(|scope| SCOPES.contains(&scope.as_ref())),
                "one of rule, document, package and subpackages",
            ),
            "authors" | "organizations" | "related_resources" | "schemas" => {
                (value.as_array().is_ok(), "a list")
            }
            "custom" => (value.as_object().is_ok(), "an object"),
            "entrypoint" => (value.as_bool().is_ok(), "true or false"),
            _ => continue,
        };
        if !fits && *value != Value::Null {
            return Err(format!("has a `{name}` that is not {wanted}"));
        }
    }
    match fields.get(&Value::from("scope")).and_then(|scope| scope.as_string().ok()).map(AsRef::as_ref) {
        Some(scope @ ("package" | "subpackages")) if above == Of::Rule => {
            Err(format!("of scope {scope} stands above a rule"))
        }
        Some(scope @ ("rule" | "document")) if above == Of::Package => {
            Err(format!("of scope {scope} stands above the package"))
        }
        _ => Ok(()),
    }
}
