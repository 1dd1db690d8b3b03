//! crypteia: `x-crypteia-ssm:NAME`, and `x-crypteia` for what lies below an `x-crypteia-ssm-path:PATH`.
//!
//! <https://github.com/rails-lambda/crypteia#usage>: what lies below a tree is delivered only to variables that hold
//! `x-crypteia`, each under the name that its parameter has.

use super::{Claim, whole};
use crate::declare::grammar::{Fault, fault};
use crate::declare::reference::{Reference, Store};

pub const PLACEHOLDER: &str = "x-crypteia";
pub const PARAMETER: &str = "x-crypteia-ssm:";
pub const TREE: &str = "x-crypteia-ssm-path:";

/// The paths that the environment's variables name, each with the first variable that does.
#[derive(Default)]
pub struct Trees<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Trees<'a> {
    pub fn of(variables: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let trees = variables
            .filter_map(|(name, value)| Some((value.strip_prefix(TREE)?.trim_end_matches('/'), name)));
        let mut trees: Vec<_> = trees.collect();
        trees.sort_unstable();
        trees.dedup_by_key(|(path, _)| *path);
        Self(trees)
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
            [(path, _)] => whole(Store::Ssm, PARAMETER, &format!("{path}/{name}")),
            [] => fault(
                format!("{PLACEHOLDER} is for what lies below a tree, and no variable names one"),
                format!("write {PARAMETER}/path/{name}, or name the tree: X_CRYPTEIA_SSM={TREE}/path"),
            ),
            [(_, first), .., (_, last)] => fault(
                format!("several variables name trees ({first}, {last}): it may lie below any of them"),
                format!("write {PARAMETER} and its whole name"),
            ),
        }
    }
}
