//! Where what a team has is read from.

use std::path::Path;

use super::super::Usage;
use super::found::{Found, Text};
use crate::declare::Environment;
use crate::named_file;
use crate::template::{Function, Setting, Template};

pub(super) const ENVIRONMENT: &str = "the environment";
/// More than any of these files has.
const MAX_BYTES: u64 = 2 << 20;

pub(super) fn of_environment(environment: &Environment) -> Found {
    let mut found = Found::of(ENVIRONMENT);
    for (name, value) in environment.texts() {
        found.add(name.into(), None, Text::Value(value.into()));
    }
    found
}

/// A manifest is of one function.
pub(super) fn only_function(template: &Template, functions: &[Function]) -> Result<Found, Usage> {
    match functions {
        [function] => Ok(of_function(template, function)),
        [] => Err(Usage(format!(
            "{} has no function; of a task definition, --task-definition reads the secrets",
            template.path()
        ))),
        _ => {
            let ids: Vec<&str> = functions.iter().map(|function| function.id.as_str()).collect();
            Err(Usage(format!(
                "{} has {} functions, and a manifest is of one; choose it with --function, or have one written for each \
                 with -o DIRECTORY: {}",
                template.path(),
                ids.len(),
                ids.join(", ")
            )))
        }
    }
}

pub(super) fn of_function(template: &Template, function: &Function) -> Found {
    let mut found = Found::of(template.path());
    for (name, setting) in &function.variables {
        let line = template.place_of(&function.id, name).map(|place| place.line);
        let text = match setting {
            Setting::Known(value) => Text::Value(value.clone()),
            Setting::Unknown(unknown) => match &unknown.written {
                Some(written) => Text::Value(written.clone()),
                None => Text::Unknown { prefix: unknown.prefix.clone(), why: unknown.why.clone() },
            },
        };
        found.add(name.clone(), line, text);
    }
    if let Some((_, unknown)) = function.unknown.iter().find(|(property, _)| *property == "Environment") {
        let line = Some(unknown.place.line).filter(|line| *line > 0);
        found.unread.push((line, format!("its variables are known to a deployment only: {}", unknown.why)));
    }
    found
}

pub(super) fn read(path: &Path) -> Result<String, Usage> {
    let cannot = |why: String| Usage(format!("cannot read {}: {why}", path.display()));
    named_file::text(path, MAX_BYTES).map_err(|e| cannot(e.to_string()))
}
