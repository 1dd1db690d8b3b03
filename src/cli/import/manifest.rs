//! The manifest that is written: what was translated, and nothing else.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::plain;
use crate::declare::Reference;

#[derive(Default)]
pub(super) struct Manifest {
    /// Names, and a reference or what is composed of references.
    variables: BTreeMap<String, String>,
    /// What composed values are made of.
    references: BTreeMap<String, String>,
    trees: Vec<String>,
}

impl Manifest {
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.trees.is_empty()
    }

    pub fn has(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    pub fn count(&self) -> usize {
        self.variables.len() + self.trees.len()
    }

    pub fn variable(&mut self, name: &str, reference: &Reference) {
        self.variables.insert(name.into(), reference.to_string());
    }

    /// `text` has the names of references in it, as `${name}`.
    pub fn composed(&mut self, name: &str, text: String, parts: Vec<(String, Reference)>) {
        self.variables.insert(name.into(), text);
        self.references.extend(parts.iter().map(|(part, reference)| (part.clone(), reference.to_string())));
    }

    pub fn tree(&mut self, reference: &Reference) {
        let tree = reference.to_string();
        if !self.trees.contains(&tree) {
            self.trees.push(tree);
        }
    }

    /// As TOML.
    pub fn text(&self, source: &str) -> String {
        let mut text = format!("# Written by vestry import from {}.\n", one_line(source));
        for (table, entries) in [("variables", &self.variables), ("references", &self.references)] {
            if entries.is_empty() {
                continue;
            }
            let _ = writeln!(text, "\n[{table}]");
            for (name, value) in entries {
                let _ = writeln!(text, "{} = {}", key(name), string(value));
            }
        }
        for tree in &self.trees {
            let _ = writeln!(text, "\n[[trees]]\npath = {}", string(tree));
        }
        text
    }
}

fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { name.into() } else { string(name) }
}

fn string(text: &str) -> String {
    toml::Value::from(text).to_string()
}

pub(super) fn one_line(text: &str) -> String {
    plain::line(text).into_owned()
}
