//! The tables of the document, or of one profile in it.

use std::collections::BTreeSet;

use super::compose::{self, Composed, Piece};
use super::entry::{self, told};
use super::fields::{Fields, Findings, wrong_type};
use super::node::{Entry, Place, Value};
use crate::declare::grammar::{self, Fault, fault};
use crate::declare::naming::{Case, Naming};
use crate::declare::reference::{Declaration, Form, Reference, Source, Store};
use crate::declare::{list, names};

/// The tables that a document and a profile may have.
pub(super) const TABLES: [&str; 6] = ["parameters", "secrets", "variables", "references", "lists", "trees"];

pub(super) const NAMING: [&str; 4] = ["prefix", "strip", "case", "rename"];

/// What one set of tables declares.
#[derive(Default)]
pub(super) struct Layer {
    pub declarations: Vec<Declaration>,
    pub composed: Vec<(Composed, Place)>,
    /// What was told of already: the names whose entries stand for nothing.
    pub unread: BTreeSet<String>,
}

impl Layer {
    pub fn read(fields: &Fields<'_>, findings: &mut Findings) -> Self {
        let mut layer = Self::default();
        for (key, store) in [("parameters", Store::Ssm), ("secrets", Store::SecretsManager)] {
            for (text, at) in fields.texts(key, findings) {
                let declaration = list::declaration(store, findings.origin(at), text.trim());
                layer.declarations.extend(told(declaration, text, at, findings));
            }
        }
        for list in fields.tables("lists", findings) {
            layer.list(&list, findings);
        }
        for tree in fields.tables("trees", findings) {
            layer.declarations.extend(self::tree(&tree, findings));
        }
        if let Some(references) = fields.table("references", findings) {
            for entry in references.entries() {
                match part(entry, &references.below(&entry.key), findings) {
                    Some(declaration) => layer.declarations.push(declaration),
                    None => drop(layer.unread.insert(entry.key.clone())),
                }
            }
        }
        if let Some(variables) = fields.table("variables", findings) {
            for entry in variables.entries() {
                let before = layer.declarations.len() + layer.composed.len();
                layer.variable(entry, &variables.below(&entry.key), findings);
                if layer.declarations.len() + layer.composed.len() == before {
                    layer.unread.insert(entry.key.clone());
                }
            }
        }
        layer
    }

    fn variable(&mut self, entry: &Entry, path: &str, findings: &mut Findings) {
        let (name, at) = (&entry.key, entry.place);
        check_name(name, path, at, findings);
        match &entry.node.value {
            Value::Text(text) => match grammar::scheme(text) {
                Some(Ok(_)) => {
                    self.reference(name, at, short(text, entry, findings), Form::Variable, findings)
                }
                _ if compose::is_composed(text) => {
                    self.composed(name, at, text, path, Form::Variable, findings);
                }
                Some(Err(found)) => {
                    findings.fault(entry.node.place, found).variable = Some(path.to_string());
                }
                None => plain_text(entry.node.place, path, findings),
            },
            Value::Table(_) => {
                let Some(fields) = Fields::of(&entry.node, path, findings) else { return };
                if fields.get("value").is_some() {
                    return self.composed_table(name, at, &fields, findings);
                }
                fields.only(&variable_keys(), findings);
                let form = entry::form(&fields, findings);
                let reference = entry::spelt_out(&fields, "name", findings);
                self.reference(name, at, reference, form, findings);
            }
            _ => wrong_type(&entry.node, path, "text or a table", findings),
        }
    }

    fn reference(
        &mut self,
        name: &str,
        at: Place,
        reference: Option<Reference>,
        form: Form,
        findings: &mut Findings,
    ) {
        let origin = findings.origin(at);
        self.declarations.extend(reference.map(|reference| Declaration {
            form,
            ..Declaration::new(origin, Some(name.to_string()), reference)
        }));
    }

    fn composed_table(&mut self, name: &str, at: Place, fields: &Fields<'_>, findings: &mut Findings) {
        fields.only(&COMPOSED, findings);
        let form = entry::form(fields, findings);
        let Some(text) = fields.text("value", findings) else { return };
        self.composed(name, at, text, &fields.below("value"), form, findings);
    }

    fn composed(
        &mut self,
        name: &str,
        at: Place,
        text: &str,
        path: &str,
        form: Form,
        findings: &mut Findings,
    ) {
        match compose::pieces(text) {
            Ok(pieces) if pieces.iter().any(|piece| matches!(piece, Piece::Value { .. })) => {
                let (origin, name) = (findings.origin(at), name.to_string());
                self.composed.push((Composed { origin, name, form, pieces, optional: false }, at));
            }
            Ok(_) => plain_text(at, path, findings),
            Err(faults) => {
                for found in faults {
                    findings.fault(at, found).variable = Some(path.to_string());
                }
            }
        }
    }

    fn list(&mut self, fields: &Fields<'_>, findings: &mut Findings) {
        fields.only(&list_keys(), findings);
        let naming = naming(fields, findings);
        let (region, role) = (entry::region(fields, findings), entry::role(fields, findings));
        let entries = fields.texts("entries", findings);
        if fields.get("entries").is_none() {
            findings.tell(
                fields.place,
                format!("{} has no entries", fields.path),
                "write entries = [\"ssm:…\"]",
            );
        }
        let (Some(region), Some(role)) = (region, role) else { return };
        let first = self.declarations.len();
        for (text, at) in entries {
            let extras =
                grammar::Extras { region: region.clone(), role: role.clone(), ..grammar::Extras::default() };
            let declaration = list::split_name(text.trim()).and_then(|(name, text)| {
                let reference = entry::short(text)?.with(extras)?;
                list::named(findings.origin(at), name, reference, naming.clone())
            });
            self.declarations.extend(told(declaration, text, at, findings));
        }
        let declared = &self.declarations[first..];
        // What expands may bring any name.
        if declared.iter().any(|declaration| declaration.reference.expands()) {
            return;
        }
        // What is no name at all was told of, and is not quoted.
        for name in naming.rename.values().filter(|name| names::is_valid(name)) {
            if !declared.iter().any(|declaration| declaration.name.as_ref() == Some(name)) {
                let why = format!("{} renames something to {name} that no entry is called", fields.path);
                findings.tell(fields.place_of("rename"), why, "write the last part of an entry's name");
            }
        }
    }
}

fn check_name(name: &str, path: &str, at: Place, findings: &mut Findings) {
    if !names::is_valid(name) {
        let why = format!("{path} is no name that a variable can have");
        findings.tell(at, why, "letters, digits and _ may stand there, no digit first");
    } else if name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("VESTRY_")) {
        let why = format!("{path} is a name of Vestry's own settings");
        findings.tell(at, why, "settings are set in the function's configuration");
    }
}

fn plain_text(at: Place, path: &str, findings: &mut Findings) {
    findings.tell(
        at,
        format!("{path} is neither a reference nor composed of any"),
        "a reference begins with ssm: or secretsmanager:; a plain value belongs in the function's own environment \
         variables",
    );
}

fn short(text: &str, entry: &Entry, findings: &mut Findings) -> Option<Reference> {
    told(entry::short(text), text, entry.node.place, findings)
}

/// An entry of `[references]`.
fn part(entry: &Entry, path: &str, findings: &mut Findings) -> Option<Declaration> {
    let (name, at) = (&entry.key, entry.place);
    if !compose::is_name(name) {
        let why = format!("{path} is no name that ${{…}} can have in it");
        findings.tell(at, why, "letters, digits, _ and - may stand there, a letter or _ first");
    }
    let reference = match &entry.node.value {
        Value::Text(text) => short(text, entry, findings)?,
        Value::Table(_) => {
            let fields = Fields::of(&entry.node, path, findings)?;
            fields.only(&part_keys(), findings);
            entry::spelt_out(&fields, "name", findings)?
        }
        _ => {
            wrong_type(&entry.node, path, "text or a table", findings);
            return None;
        }
    };
    if reference.expands() {
        findings.tell(
            at,
            format!("{path} is several values"),
            "name one of them, or declare it in [variables]",
        );
        return None;
    }
    Some(Declaration {
        form: Form::Part(name.clone()),
        ..Declaration::new(findings.origin(at), None, reference)
    })
}

/// One of `[[trees]]`: whatever expands.
fn tree(fields: &Fields<'_>, findings: &mut Findings) -> Option<Declaration> {
    fields.only(&tree_keys(), findings);
    let (naming, form) = (naming(fields, findings), entry::form(fields, findings));
    let name_key = if fields.get("path").is_some() { "path" } else { "name" };
    let reference = match fields.get(name_key).map(|node| &node.value) {
        // `path = "ssm:/prod/*"`, which is a reference as a whole.
        Some(Value::Text(text)) if fields.get("store").is_none() && grammar::scheme(text).is_some() => {
            let extras = entry::extras(fields, findings)?;
            let reference = entry::short(text).and_then(|reference| reference.with(extras));
            told(reference, text, fields.place_of(name_key), findings)?
        }
        _ => entry::spelt_out(fields, name_key, findings)?,
    };
    match expanding(reference) {
        Ok(reference) => {
            let declared = Declaration::new(findings.origin(fields.place), None, reference);
            Some(Declaration { form, naming, ..declared })
        }
        Err(found) => {
            findings.fault(fields.place, found).variable = Some(fields.path.clone());
            None
        }
    }
}

/// A path is everything below it, and a secret every key of it.
fn expanding(reference: Reference) -> Result<Reference, Fault> {
    if reference.expands() {
        return Ok(reference);
    }
    if !reference.key.is_whole() {
        return fault("it names one key", "declare it in [variables], or take every key with key = \"*\"");
    }
    if reference.source.store == Store::SecretsManager {
        return reference.with(grammar::Extras { key: Some("*".into()), ..grammar::Extras::default() });
    }
    let source = &reference.source;
    if source.arn.is_some() || !source.id.starts_with('/') || !source.selector.is_none() {
        return fault(
            "it names no path of parameters",
            "write path = \"ssm:/path/*\", or declare it in [variables]",
        );
    }
    let source = Source { tree: true, ..Source::clone(source) };
    Reference { source: source.into(), ..reference }.checked()
}

fn naming(fields: &Fields<'_>, findings: &mut Findings) -> Naming {
    let mut naming = Naming {
        prefix: fields.text("prefix", findings).unwrap_or_default().to_string(),
        strip: fields.text("strip", findings).unwrap_or_default().to_string(),
        case: fields.one_of("case", &Case::NAMES, findings).unwrap_or_default(),
        rename: Default::default(),
    };
    if !naming.prefix.is_empty() && !names::is_valid(&naming.prefix) {
        let why = format!("{} begins no name that a variable can have", fields.below("prefix"));
        findings.tell(
            fields.place_of("prefix"),
            why,
            "letters, digits and _ may stand there, no digit first",
        );
    }
    let Some(rename) = fields.table("rename", findings) else { return naming };
    for entry in rename.entries() {
        let Some(name) = rename.text(&entry.key, findings) else { continue };
        check_name(name, &rename.below(&entry.key), entry.node.place, findings);
        naming.rename.insert(entry.key.clone(), name.to_string());
    }
    naming
}

/// The keys of a value that is composed.
pub(super) const COMPOSED: [&str; 3] = ["value", "as", "mode"];

pub(super) fn variable_keys() -> Vec<&'static str> {
    [&entry::WHICH[..], &entry::BESIDE, &entry::ROLE, &entry::FORM, &["value"]].concat()
}

pub(super) fn part_keys() -> Vec<&'static str> {
    [&entry::WHICH[..], &entry::BESIDE, &entry::ROLE].concat()
}

pub(super) fn list_keys() -> Vec<&'static str> {
    [&["entries", "region"][..], &entry::ROLE, &NAMING].concat()
}

/// What becomes several variables has no default.
pub(super) fn tree_keys() -> Vec<&'static str> {
    let beside = entry::BESIDE.iter().copied().filter(|key| *key != "default").collect::<Vec<_>>();
    [&["path"][..], &entry::WHICH, &beside, &entry::ROLE, &entry::FORM, &NAMING].concat()
}
