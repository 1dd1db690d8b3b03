//! Reads tables by key and type, and collects what is wrong with its place.

use std::collections::HashSet;

use super::node::{Entry, Node, Place, Value};
use crate::declare::grammar::Fault;
use crate::declare::reference::Origin;
use crate::declare::suggest::did_you_mean;
use crate::error::{ErrorType, Problem};

/// The problems of one manifest.
pub(super) struct Findings {
    path: std::sync::Arc<str>,
    problems: Vec<(Place, Problem)>,
}

impl Findings {
    pub fn new(path: &str) -> Self {
        Self { path: path.into(), problems: Vec::new() }
    }

    pub fn tell(&mut self, at: Place, why: impl Into<String>, advice: impl Into<String>) -> &mut Problem {
        let place = format!("{}:{at}", self.path);
        let problem = Problem::new(ErrorType::InvalidDeclaration, why).place(place).advice(advice);
        self.problems.push((at, problem));
        &mut self.problems.last_mut().expect("it was just put there").1
    }

    pub fn fault(&mut self, at: Place, fault: Fault) -> &mut Problem {
        self.tell(at, fault.why, fault.advice)
    }

    pub fn origin(&self, at: Place) -> Origin {
        Origin::Manifest { path: self.path.clone(), line: at.line }
    }

    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// In the order of the document; what several profiles have in common, once.
    pub fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|(at, _)| *at);
        let mut problems: Vec<Problem> = self.problems.into_iter().map(|(_, problem)| problem).collect();
        problems.dedup();
        problems
    }
}

/// A table, and what it is called in messages: `profile.prod.variables.DB_PASSWORD`; empty for the document.
#[derive(Clone)]
pub(super) struct Fields<'n> {
    pub path: String,
    pub place: Place,
    entries: &'n [Entry],
}

impl<'n> Fields<'n> {
    /// `None`, and a problem, for what is no table.
    pub fn of(node: &'n Node, path: &str, findings: &mut Findings) -> Option<Self> {
        let Value::Table(entries) = &node.value else {
            wrong_type(node, path, "a table", findings);
            return None;
        };
        let path = path.to_string();
        let fields = Self { path, place: node.place, entries };
        fields.only_once(findings);
        Some(fields)
    }

    /// Formats other than TOML leave it to the reader.
    fn only_once(&self, findings: &mut Findings) {
        let mut keys = HashSet::new();
        for entry in self.entries {
            if !keys.insert(&entry.key) {
                let path = self.below(&entry.key);
                findings.tell(entry.place, format!("{path} is there twice"), "keep one of them");
            }
        }
    }

    pub fn entries(&self) -> &'n [Entry] {
        self.entries
    }

    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    pub fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub fn below(&self, key: &str) -> String {
        let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        let key = if bare { key.to_string() } else { format!("{:?}", shown(key)) };
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }

    /// Every other key is a problem, with a suggestion where one is near.
    pub fn only(&self, known: &[&str], findings: &mut Findings) {
        for entry in self.entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let otherwise = format!("the keys are {}", known.join(", "));
            let advice = did_you_mean(&entry.key, known.iter().copied(), otherwise);
            findings.tell(entry.place, format!("unknown key {}", self.below(&entry.key)), advice);
        }
    }

    pub fn text(&self, key: &str, findings: &mut Findings) -> Option<&'n str> {
        let node = self.get(key)?;
        let Value::Text(text) = &node.value else {
            wrong_type(node, &self.below(key), "text", findings);
            return None;
        };
        Some(text)
    }

    /// A version may be written as the number that it is.
    pub fn text_or_number(&self, key: &str, findings: &mut Findings) -> Option<&'n str> {
        match &self.get(key)?.value {
            Value::Number(number) => Some(number),
            _ => self.text(key, findings),
        }
    }

    pub fn flag(&self, key: &str, findings: &mut Findings) -> Option<bool> {
        let node = self.get(key)?;
        let Value::Flag(flag) = node.value else {
            wrong_type(node, &self.below(key), "true or false", findings);
            return None;
        };
        Some(flag)
    }

    pub fn one_of<T: Copy>(
        &self,
        key: &str,
        choices: &[(&'static str, T)],
        findings: &mut Findings,
    ) -> Option<T> {
        let text = self.text(key, findings)?;
        let found = choices.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let why = format!("{} is not one of {}", self.below(key), words.join(", "));
            findings.tell(self.place_of(key), why, did_you_mean(text, words, ""));
        }
        found.map(|(_, choice)| *choice)
    }

    /// The texts of a list, each with its place.
    pub fn texts(&self, key: &str, findings: &mut Findings) -> Vec<(&'n str, Place)> {
        let mut texts = Vec::new();
        for item in self.items(key, "a list of texts", findings) {
            match &item.value {
                Value::Text(text) => texts.push((text.as_str(), item.place)),
                _ => wrong_type(item, &format!("an entry of {}", self.below(key)), "text", findings),
            }
        }
        texts
    }

    /// The tables of a list.
    pub fn tables(&self, key: &str, findings: &mut Findings) -> Vec<Fields<'n>> {
        let items = self.items(key, "a list of tables", findings);
        items.iter().filter_map(|item| Fields::of(item, &self.below(key), findings)).collect()
    }

    fn items(&self, key: &str, wanted: &str, findings: &mut Findings) -> &'n [Node] {
        let Some(node) = self.get(key) else { return &[] };
        let Value::List(items) = &node.value else {
            wrong_type(node, &self.below(key), wanted, findings);
            return &[];
        };
        items
    }

    /// A table below this one; an empty one where there is none.
    pub fn table(&self, key: &str, findings: &mut Findings) -> Option<Fields<'n>> {
        Fields::of(self.get(key)?, &self.below(key), findings)
    }

    /// Where the value of a key stands.
    pub fn place_of(&self, key: &str) -> Place {
        self.get(key).map_or(self.place, |node| node.place)
    }
}

pub(super) fn wrong_type(node: &Node, path: &str, wanted: &str, findings: &mut Findings) {
    let why = format!("{path} is {}; it has to be {wanted}", node.value.kind());
    findings.tell(node.place, why, "");
}

/// A key as it may be shown: on one line, not endless.
fn shown(key: &str) -> String {
    let mut line: String =
        key.chars().take(100).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if line.len() < key.len() {
        line.push('…');
    }
    line
}
