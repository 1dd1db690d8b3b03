//! The manifest that is written: what was translated, and nothing else.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::super::plain::line as one_line;
use crate::declare::Reference;
use crate::declare::manifest::Format;

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

    /// Whether a composed value has a part of this name.
    pub fn refers_to(&self, name: &str) -> bool {
        self.references.contains_key(name)
    }

    pub fn count(&self) -> usize {
        self.variables.len() + self.trees.len()
    }

    /// Every reference in it, composed values' too.
    #[cfg(test)]
    pub fn written(&self) -> std::collections::BTreeSet<String> {
        let variables = self.variables.values().filter(|text| !text.contains("${"));
        variables.chain(self.references.values()).chain(&self.trees).cloned().collect()
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

    pub fn text(&self, source: &str, format: Format) -> String {
        let note = format!("# Written by vestry import from {}.\n", one_line(source));
        match format {
            Format::Toml => note + &self.toml(),
            // It knows no comments.
            Format::Json => format!("{:#}\n", self.document()),
            Format::Yaml => note + &yaml_serde::to_string(&self.document()).expect("it is text alone"),
        }
    }

    fn toml(&self) -> String {
        let mut text = String::new();
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

    fn document(&self) -> Value {
        let mut document = Map::new();
        for (table, entries) in [("variables", &self.variables), ("references", &self.references)] {
            if !entries.is_empty() {
                document.insert(table.into(), json!(entries));
            }
        }
        if !self.trees.is_empty() {
            let trees: Vec<Value> = self.trees.iter().map(|path| json!({"path": path})).collect();
            document.insert("trees".into(), trees.into());
        }
        document.into()
    }
}

fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { name.into() } else { string(name) }
}

fn string(text: &str) -> String {
    toml::Value::from(text).to_string()
}
