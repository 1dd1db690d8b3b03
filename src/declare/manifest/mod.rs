//! The manifest: a file with the same declarations as the environment's, past its 4 KB.
//!
//! [`read`] is pure; [`find`] finds the file.

mod compose;
mod entry;
mod fields;
mod find;
mod json;
mod layer;
mod node;
mod profile;
#[cfg(feature = "tool")]
mod schema;
#[cfg(test)]
mod tests;
mod toml;
mod yaml;

use std::path::Path;

pub use compose::{Composed, Filter, Piece};
pub use find::{Found, NAMES, find, is_there, usual};
#[cfg(feature = "tool")]
pub use schema::SCHEMA;

use self::fields::{Fields, Findings};
use self::layer::{Layer, TABLES};
use self::node::{Malformed, Node, Place};
use self::profile::View;
use super::reference::{Declaration, Form};
use super::suggest::did_you_mean;
use crate::error::{ErrorType, Problem};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Toml,
    Json,
    Yaml,
}

impl Format {
    /// By the extension of the file's name.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

/// What a manifest declares with the profile that was chosen.
#[derive(Debug, Default)]
pub struct Manifest {
    pub declarations: Vec<Declaration>,
    /// Each behind those that it is made of.
    pub composed: Vec<Composed>,
    /// The names of all profiles.
    pub profiles: Vec<String>,
    pub warnings: Vec<String>,
}

/// Understands a manifest as a whole, or tells everything that is wrong with it, its other profiles included.
pub fn read(
    text: &[u8],
    path: &Path,
    format: Format,
    profile: Option<&str>,
) -> Result<Manifest, Vec<Problem>> {
    let mut findings = Findings::new(&path.to_string_lossy());
    let manifest = document(text, format, &mut findings)
        .and_then(|document| manifest(&document, profile, &mut findings));
    let problems = findings.into_problems();
    match manifest {
        Some(manifest) if problems.is_empty() => Ok(manifest),
        _ => Err(problems),
    }
}

fn document(text: &[u8], format: Format, findings: &mut Findings) -> Option<Node> {
    let Ok(text) = std::str::from_utf8(text) else {
        findings.tell(Place::START, "it is not UTF-8", "save it as UTF-8");
        return None;
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let read = match format {
        Format::Toml => toml::parse(text),
        Format::Json => json::parse(text).map_err(|malformed| vec![malformed]),
        Format::Yaml => yaml::parse(text).map_err(|malformed| vec![malformed]),
    };
    read.map_err(|found| {
        for Malformed { place, why } in found {
            findings.tell(place, why, "");
        }
    })
    .ok()
}

fn manifest(document: &Node, chosen: Option<&str>, findings: &mut Findings) -> Option<Manifest> {
    let fields = Fields::of(document, "", findings)?;
    fields.only(&[&TABLES[..], &["profile", "$schema"]].concat(), findings);
    let base = Layer::read(&fields, findings);
    let mut profiles = profiles(&fields, findings);

    View::of(&base, None).check(findings);
    let mut used = View::of(&base, None).used();
    for (_, layer) in &profiles {
        let view = View::of(&base, Some(layer));
        view.check(findings);
        used.extend(view.used());
    }
    let names: Vec<String> = profiles.iter().map(|(name, _)| name.clone()).collect();
    let layer = match chosen {
        None => base,
        Some(chosen) => match names.iter().position(|name| name == chosen) {
            Some(at) => profile::merge(base, profiles.swap_remove(at).1),
            None => {
                unknown_profile(chosen, &names, findings);
                return None;
            }
        },
    };
    if findings.is_empty() { Some(assembled(layer, names, &used)) } else { None }
}

fn profiles(fields: &Fields<'_>, findings: &mut Findings) -> Vec<(String, Layer)> {
    let Some(table) = fields.table("profile", findings) else { return Vec::new() };
    let mut profiles = Vec::new();
    for entry in table.entries() {
        let Some(fields) = Fields::of(&entry.node, &table.below(&entry.key), findings) else { continue };
        fields.only(&TABLES, findings);
        profiles.push((entry.key.clone(), Layer::read(&fields, findings)));
    }
    profiles
}

fn unknown_profile(chosen: &str, names: &[String], findings: &mut Findings) {
    let otherwise = match names {
        [] => "it has none at all; unset VESTRY_PROFILE, or write [profile.NAME]".to_string(),
        names => format!("its profiles are {}", names.join(", ")),
    };
    let near = did_you_mean(chosen, names.iter().map(String::as_str), "");
    let advice = if near.is_empty() { otherwise } else { format!("{near} {otherwise}") };
    let problem = findings.tell(Place::START, "the manifest has no such profile", advice);
    problem.variable = Some("VESTRY_PROFILE".into());
}

fn assembled(layer: Layer, profiles: Vec<String>, used: &std::collections::BTreeSet<String>) -> Manifest {
    let view = View::of(&layer, None);
    let (order, needed) = (view.in_order(), view.used());
    let Layer { mut declarations, composed, .. } = layer;
    let mut warnings = Vec::new();
    // What nothing is composed of here is not asked for.
    declarations.retain(|declaration| {
        let Form::Part(name) = &declaration.form else { return true };
        if !used.contains(name) {
            warnings.push(format!("{}: nothing is composed of references.{name}", declaration.origin));
        }
        needed.contains(name)
    });
    let mut composed: Vec<Composed> = composed.into_iter().map(|(composed, _)| composed).collect();
    for one in &mut composed {
        one.optional = order.iter().any(|(name, optional)| *name == one.name && *optional);
    }
    composed.sort_by_key(|one| order.iter().position(|(name, _)| *name == one.name));
    Manifest { declarations, composed, profiles, warnings }
}

/// What is wrong with the manifest as a file.
fn unusable(path: &Path, why: impl std::fmt::Display, advice: impl Into<String>) -> Problem {
    Problem::new(ErrorType::InvalidDeclaration, format!("the manifest {} {why}", path.display()))
        .variable("VESTRY_MANIFEST")
        .advice(advice)
}
