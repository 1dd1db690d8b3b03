//! crypteia: `x-crypteia-ssm:NAME`, and `x-crypteia` for what lies below an `x-crypteia-ssm-path:PATH`.
//!
//! <https://github.com/rails-lambda/crypteia#usage>: what lies below a tree is delivered only to variables that hold
//! `x-crypteia`, each under the name that its parameter has.

use super::{Claim, whole};
use crate::declare::grammar::{Fault, fault};
use crate::declare::reference::{Reference, Store};

pub const PLACEHOLDER: &str = "x-crypteia";
const PARAMETER: &str = "x-crypteia-ssm:";
const TREE: &str = "x-crypteia-ssm-path:";

/// The paths that the environment's variables name.
#[derive(Default)]
pub struct Trees<'a>(Vec<&'a str>);

impl<'a> Trees<'a> {
    pub fn of(variables: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let paths = variables.filter_map(|(_, value)| value.strip_prefix(TREE));
        let mut paths: Vec<_> = paths.map(|path| path.trim_end_matches('/')).collect();
        paths.sort_unstable();
        paths.dedup();
        Self(paths)
    }

    pub fn claim(&self, name: &str, value: &str) -> Claim {
        if let Some(parameter) = value.strip_prefix(PARAMETER) {
            Some(whole(Store::Ssm, PARAMETER, parameter))
        } else if let Some(path) = value.strip_prefix(TREE) {
            // It stays as it is, as with crypteia: what it names is asked for by the placeholders.
            let path = whole(Store::Ssm, TREE, path.trim_end_matches('/'));
            path.and_then(|reference| match reference.source.selector.is_none() {
                true => Ok(()),
                false => fault("a tree has no version or label", format!("write {TREE}/path")),
            })
            .err()
            .map(Err)
        } else if value == PLACEHOLDER {
            Some(self.below(name))
        } else if value.starts_with(PLACEHOLDER) {
            Some(fault(
                "it is nearly crypteia's syntax",
                format!("write {PARAMETER}/path/name, or {PLACEHOLDER} alone beside a {TREE}/path"),
            ))
        } else {
            None
        }
    }

    fn below(&self, name: &str) -> Result<Reference, Fault> {
        match self.0.as_slice() {
            [path] => whole(Store::Ssm, PARAMETER, &format!("{path}/{name}")),
            [] => fault(
                format!("{PLACEHOLDER} is for what lies below a tree, and no variable names one"),
                format!("write {PARAMETER}/path/{name}, or name the tree: X_CRYPTEIA_SSM={TREE}/path"),
            ),
            [first, .., last] => fault(
                format!("several variables name trees ({first}, {last}): it may lie below any of them"),
                format!("write {PARAMETER} and its whole name"),
            ),
        }
    }
}
