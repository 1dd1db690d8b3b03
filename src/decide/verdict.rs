//! What a decision permits: values that only this room can make.

use crate::declare::Declared;
use crate::resolved::{Resolved, ValueFile, Variable};

/// What is declared may be asked of the stores.
#[derive(Debug)]
#[must_use]
pub struct Permitted {
    declared: Declared,
    key_readers: Vec<String>,
}

impl Permitted {
    pub(super) fn new(declared: Declared, key_readers: Vec<String>) -> Self {
        Self { declared, key_readers }
    }

    pub fn declared(&self) -> &Declared {
        &self.declared
    }

    /// Which files of the policy read under which KMS key a value lies. The stores are asked for it if any does.
    pub fn key_readers(&self) -> &[String] {
        &self.key_readers
    }

    /// The same, and the keys are asked for: `reader` is who wants to know.
    #[cfg(any(test, feature = "tool"))]
    pub fn read_by(mut self, reader: &str) -> Self {
        self.key_readers.push(reader.into());
        self
    }

    /// For the tests of the room after this one.
    #[cfg(test)]
    pub(crate) fn for_test(declared: Declared) -> Self {
        Self::new(declared, Vec::new())
    }
}

/// What was resolved may be delivered.
///
/// Only a decision makes one, so delivery without a decision does not compile:
/// ```compile_fail
/// let approved = vestry::decide::Approved { permitted: todo!(), resolved: todo!() };
/// ```
#[derive(Debug)]
#[must_use]
pub struct Approved {
    permitted: Permitted,
    resolved: Resolved,
}

impl Approved {
    pub(super) fn new(permitted: Permitted, resolved: Resolved) -> Self {
        Self { permitted, resolved }
    }

    pub fn declared(&self) -> &Declared {
        self.permitted.declared()
    }

    /// What the function's environment gains.
    pub fn variables(&self) -> &[Variable] {
        &self.resolved.variables
    }

    /// The values that are to have files of their own.
    pub fn files(&self) -> &[ValueFile] {
        &self.resolved.files
    }

    /// What it loses: the references themselves and what is absent, whether or not a variable takes the name again.
    pub fn removed(&self) -> impl Iterator<Item = &str> {
        use crate::declare::Origin;
        let references = self.declared().declarations.iter().filter_map(|d| match &d.origin {
            Origin::Variable(name) => Some(name.as_str()),
            Origin::List { .. } | Origin::Manifest { .. } => None,
        });
        references.chain(self.resolved.absent.iter().map(String::as_str))
    }

    /// For the tests of the room after this one.
    #[cfg(test)]
    pub(crate) fn for_test(declared: Declared, resolved: Resolved) -> Self {
        Self::new(Permitted::for_test(declared), resolved)
    }
}
