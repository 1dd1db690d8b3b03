//! The tables of the document and those of a profile as one: a profile adds, and what has the same name it replaces.

use std::collections::{BTreeMap, BTreeSet};

use super::compose::Composed;
use super::fields::Findings;
use super::layer::Layer;
use super::node::Place;
use crate::declare::reference::{Declaration, Form};
use crate::declare::suggest::did_you_mean;

/// Composed values, and how many may be made of one another in a row.
const MOST_COMPOSED: usize = 2_000;
const LONGEST_CHAIN: usize = 64;

/// What a name stands for.
#[derive(Clone, Copy)]
enum Named<'a> {
    Reference(&'a Declaration),
    Composed(&'a Composed, Place),
}

/// The names of one choice of profile.
pub(super) struct View<'a> {
    references: BTreeMap<&'a str, &'a Declaration>,
    variables: BTreeMap<&'a str, Named<'a>>,
    unread: BTreeSet<&'a str>,
}

impl<'a> View<'a> {
    pub fn of(base: &'a Layer, profile: Option<&'a Layer>) -> Self {
        let mut view =
            Self { references: BTreeMap::new(), variables: BTreeMap::new(), unread: BTreeSet::new() };
        // The profile comes last, so that what it names is its own.
        for layer in [Some(base), profile].into_iter().flatten() {
            for declaration in &layer.declarations {
                match (&declaration.form, &declaration.name) {
                    (Form::Part(name), _) => drop(view.references.insert(name, declaration)),
                    (_, Some(name)) => drop(view.variables.insert(name, Named::Reference(declaration))),
                    (_, None) => {}
                }
            }
            view.unread.extend(layer.unread.iter().map(String::as_str));
            for (composed, at) in &layer.composed {
                view.variables.insert(&composed.name, Named::Composed(composed, *at));
            }
        }
        view
    }

    fn composed(&self) -> impl Iterator<Item = (&'a Composed, Place)> {
        self.variables.values().filter_map(|named| match named {
            Named::Composed(composed, at) => Some((*composed, *at)),
            Named::Reference(_) => None,
        })
    }

    /// Whether all that is composed can be.
    pub fn check(&self, findings: &mut Findings) {
        for (composed, at) in self.composed() {
            for name in composed.parts() {
                if let Some((why, advice)) = self.wrong_with(name) {
                    findings.tell(at, why, advice).variable = Some(composed.name.clone());
                }
            }
        }
        if let Some((_, at)) = self.composed().nth(MOST_COMPOSED) {
            let why = format!("more than {MOST_COMPOSED} values are composed");
            findings.tell(at, why, "a function's environment has no room for as many");
            return;
        }
        let mut done = BTreeSet::new();
        for (composed, _) in self.composed() {
            self.walk(composed, &mut Vec::new(), &mut done, findings);
        }
    }

    fn wrong_with(&self, name: &str) -> Option<(String, String)> {
        let several = |declaration: &Declaration| {
            declaration.reference.expands().then(|| {
                let why = format!("${{{name}}}: {name} becomes several variables");
                (why, "name the one that is meant in [references]".to_string())
            })
        };
        match (self.references.get(name), self.variables.get(name)) {
            (Some(_), Some(_)) => Some((
                format!("${{{name}}}: {name} is in [references] and in [variables]"),
                "give one of them another name".into(),
            )),
            (None, None) if self.unread.contains(name) => None,
            (None, None) => {
                let names = self.references.keys().chain(self.variables.keys()).copied();
                let why = format!("${{{name}}}: nothing in [references] or [variables] is called {name}");
                Some((why, did_you_mean(name, names, "declare it in [references]")))
            }
            (Some(declaration), None) | (None, Some(Named::Reference(declaration))) => several(declaration),
            (None, Some(Named::Composed(..))) => None,
        }
    }

    /// Depth first, so that circles are found where they close.
    fn walk(
        &self,
        composed: &'a Composed,
        way: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
        findings: &mut Findings,
    ) {
        if done.contains(composed.name.as_str()) {
            return;
        }
        way.push(&composed.name);
        for name in composed.parts() {
            let Some(Named::Composed(next, at)) = self.variables.get(name) else { continue };
            if let Some(start) = way.iter().position(|before| *before == next.name) {
                let circle: Vec<&str> = way[start..].iter().copied().chain([next.name.as_str()]).collect();
                let why = format!("it is composed of itself: {}", circle.join(" -> "));
                findings.tell(*at, why, "take one of them out").variable = Some(next.name.clone());
            } else if way.len() == LONGEST_CHAIN {
                let why = format!("it is made of more than {LONGEST_CHAIN} composed values in a row");
                findings.tell(*at, why, "compose it of references").variable = Some(next.name.clone());
            } else {
                self.walk(next, way, done, findings);
            }
        }
        way.pop();
        done.insert(&composed.name);
    }

    /// The composed values, each behind those that it is made of, and whether a part of it may be missing.
    pub fn in_order(&self) -> Vec<(String, bool)> {
        let mut order = Vec::new();
        for (composed, _) in self.composed() {
            self.place(composed, &mut order);
        }
        order
    }

    /// Without circles.
    fn place(&self, composed: &Composed, order: &mut Vec<(String, bool)>) -> bool {
        if let Some((_, optional)) = order.iter().find(|(name, _)| *name == composed.name) {
            return *optional;
        }
        let mut optional = false;
        for name in composed.parts() {
            let reference = |declaration: &Declaration| {
                declaration.reference.optional && declaration.reference.default.is_none()
            };
            optional |= match (self.references.get(name), self.variables.get(name)) {
                (Some(declaration), _) | (None, Some(Named::Reference(declaration))) => {
                    reference(declaration)
                }
                (None, Some(Named::Composed(next, _))) => self.place(next, order),
                (None, None) => false,
            };
        }
        order.push((composed.name.clone(), optional));
        optional
    }

    /// The names of `[references]` that something is composed of.
    pub fn used(&self) -> BTreeSet<String> {
        self.composed().flat_map(|(composed, _)| composed.parts()).map(str::to_string).collect()
    }
}

/// Both as one set of tables.
pub(super) fn merge(base: Layer, profile: Layer) -> Layer {
    let taken: BTreeSet<(bool, String)> = profile
        .declarations
        .iter()
        .filter_map(key)
        .chain(profile.composed.iter().map(|(composed, _)| (false, composed.name.clone())))
        .collect();
    let is_free = |key: Option<(bool, String)>| key.is_none_or(|key| !taken.contains(&key));
    let mut merged = base;
    merged.declarations.retain(|declaration| is_free(key(declaration)));
    merged.composed.retain(|(composed, _)| is_free(Some((false, composed.name.clone()))));
    merged.declarations.extend(profile.declarations);
    merged.composed.extend(profile.composed);
    merged
}

/// What a declaration is replaced by: whether it is a part, and its name.
fn key(declaration: &Declaration) -> Option<(bool, String)> {
    match &declaration.form {
        Form::Part(name) => Some((true, name.clone())),
        Form::Variable | Form::File { .. } => declaration.name.clone().map(|name| (false, name)),
    }
}
