//! `.manifest`: which revision this is, and which part of `data` is the bundle's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fault::{Fault, brief};
use crate::declare::suggest::nearest;

/// What Vestry reads of OPA's manifest; `metadata` and what it does not know decide nothing, as in OPA.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
struct Written {
    #[serde(default)]
    revision: String,
    roots: Option<Vec<String>>,
    rego_version: Option<i64>,
    #[serde(default)]
    file_rego_versions: BTreeMap<String, i64>,
    #[serde(default)]
    wasm: Vec<serde_json::Value>,
}

/// What OPA's manifest has, as far as it decides anything.
const KEYS: [&str; 5] = ["revision", "roots", "rego_version", "file_rego_versions", "wasm"];

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Empty where there is none.
    pub revision: String,
    /// Each as its components; `None` where the bundle names no part of `data`: all of it is open to it.
    pub roots: Option<Vec<Vec<String>>>,
}

impl Manifest {
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let wrong = |why: String| Fault::Manifest(why);
        let keys: BTreeMap<String, serde::de::IgnoredAny> =
            serde_json::from_slice(bytes).map_err(|e| wrong(brief(e)))?;
        // OPA reads `Roots` as `roots`; and with roots that are misspelt the bundle would be open to all of data.
        let misspelt = keys.keys().filter(|key| !KEYS.contains(&key.as_str()) && *key != "metadata");
        for key in misspelt {
            if let Some(near) = nearest(key, KEYS) {
                return Err(wrong(format!("unknown key {:?}; did you mean {near}?", brief(key))));
            }
        }
        let written: Written = serde_json::from_slice(bytes).map_err(|e| wrong(brief(e)))?;
        let versions = written.rego_version.iter().chain(written.file_rego_versions.values());
        if let Some(other) = versions.into_iter().find(|version| **version != 1) {
            return Err(wrong(format!(
                "its policies are of Rego version {other}; Vestry reads version 1 (build it with OPA 1, or with --v1-compatible)"
            )));
        }
        if !written.wasm.is_empty() {
            return Err(wrong("its rules are compiled to WebAssembly; build it with --target rego".into()));
        }
        if written.revision.len() > 256 || written.revision.chars().any(char::is_control) {
            return Err(wrong("its revision is longer than 256 bytes, or not plain text".into()));
        }
        let roots = written.roots.map(|roots| roots.iter().map(|root| components(root)).collect::<Vec<_>>());
        // One empty root is OPA's way of writing none.
        let roots = roots.filter(|roots| roots.iter().all(|root| !root.is_empty()) || roots.len() > 1);
        if let Some((one, other)) = roots.as_deref().and_then(overlap) {
            return Err(wrong(format!("its roots {:?} and {:?} overlap", brief(one), brief(other))));
        }
        Ok(Self { revision: written.revision, roots })
    }

    /// Whether the bundle may define something at this path below `data`.
    pub fn permits(&self, path: &[String]) -> bool {
        self.roots.as_ref().is_none_or(|roots| roots.iter().any(|root| path.starts_with(root)))
    }

    /// Whether this path is the bundle's alone: a root that it names contains it.
    pub fn claims(&self, path: &[String]) -> bool {
        self.roots.as_ref().is_some_and(|roots| roots.iter().any(|root| path.starts_with(root)))
    }

    /// Roots that two bundles both name.
    pub fn overlap(&self, other: &Self) -> Option<String> {
        let (mine, theirs) = (self.roots.as_ref()?, other.roots.as_ref()?);
        let both: Vec<_> =
            mine.iter().flat_map(|a| theirs.iter().map(move |b| [a.clone(), b.clone()])).collect();
        both.iter().find_map(|pair| overlap(pair)).map(|(one, _)| one)
    }
}

fn components(root: &str) -> Vec<String> {
    let root = root.trim_matches('/');
    if root.is_empty() { Vec::new() } else { root.split('/').map(str::to_string).collect() }
}

fn overlap(roots: &[Vec<String>]) -> Option<(String, String)> {
    for (i, one) in roots.iter().enumerate() {
        for other in &roots[i + 1..] {
            if one.starts_with(other) || other.starts_with(one) {
                return Some((one.join("/"), other.join("/")));
            }
        }
    }
    None
}
