//! What changes in the function's environment.

use crate::decide::Approved;
use crate::declare::{Declared, Environment, Origin};
use crate::error::{ErrorType, Problem, Refusal};

/// The variables to set and those to remove, borrowed from whoever wipes them.
///
/// Not Debug: it holds values.
#[derive(Default)]
pub struct Changes<'a> {
    pub set: Vec<(&'a str, &'a [u8])>,
    /// No name in here is also set.
    pub removed: Vec<&'a str>,
}

impl<'a> Changes<'a> {
    pub fn of(approved: &'a Approved) -> Result<Self, Refusal> {
        let set: Vec<_> = approved.variables().iter().map(|v| (v.name.as_str(), v.value.expose())).collect();
        let problems = set.iter().filter_map(|(name, value)| undeliverable(name, value)).collect();
        Refusal::unless_empty(problems)?;
        let mut removed: Vec<_> =
            approved.removed().filter(|name| !set.iter().any(|(set, _)| set == name)).collect();
        removed.sort_unstable();
        removed.dedup();
        Ok(Self { set, removed })
    }

    /// The labels of what is declared but neither set nor removed here: a placeholder that would stay, a value
    /// that would be missing.
    pub fn unanswered(&self, declared: &Declared) -> Vec<String> {
        let sets = |name: &str| self.set.iter().any(|(set, _)| *set == name);
        let answers = |name: &str| sets(name) || self.removed.contains(&name);
        let unanswered = declared.declarations.iter().filter(|d| match (&d.origin, &d.name) {
            (Origin::Variable(name), _) => !answers(name),
            (Origin::List { .. } | Origin::Manifest { .. }, Some(name)) => {
                !d.reference.expands() && !d.reference.optional && !sets(name)
            }
            (Origin::List { .. } | Origin::Manifest { .. }, None) => false,
        });
        let composed =
            declared.composed.iter().filter(|composed| !composed.optional && !sets(&composed.name));
        unanswered.map(|d| d.label()).chain(composed.map(|composed| composed.name.clone())).collect()
    }

    /// The function's environment: without Vestry's settings and the references, with the values.
    pub fn apply(&self, environment: &Environment) -> Environment {
        let mut result: Environment =
            environment.iter().filter(|(name, _)| !name.as_encoded_bytes().starts_with(b"VESTRY_")).collect();
        for name in &self.removed {
            result.remove(name);
        }
        for (name, value) in &self.set {
            result.set(name, bytes_as_os(value));
        }
        result
    }
}

fn bytes_as_os(bytes: &[u8]) -> &std::ffi::OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(bytes)
}

/// The last guard: what gets here was checked where it was resolved.
fn undeliverable(name: &str, value: &[u8]) -> Option<Problem> {
    let why = if name.is_empty() || name.contains(['=', '\0']) {
        "no environment variable can have this name"
    } else if value.contains(&0) {
        "the value has a NUL byte in it, which no environment variable can hold"
    } else {
        return None;
    };
    Some(Problem::new(ErrorType::Undeliverable, why).variable(name))
}
