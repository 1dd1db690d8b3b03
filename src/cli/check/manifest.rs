//! Where a function's manifest lies on this machine.

use std::path::{Path, PathBuf};

use crate::declare::Environment;
use crate::declare::manifest::NAMES;
use crate::preflight::Layers;
use crate::template::{Function, Value};

/// The variables that say which manifest, and what of it.
pub(in crate::cli) const MANIFEST: [&str; 2] = ["VESTRY_MANIFEST", "VESTRY_PROFILE"];

/// Whether there is one.
pub(in crate::cli) struct ManifestOf {
    pub there: bool,
    /// Where it cannot be read from here: of what, why, and whether it is sure that there is one.
    pub unknown: Option<(&'static str, String, bool)>,
}

/// Names the manifest as it lies on this machine, in the package or in a layer.
pub(in crate::cli) fn locate(
    known: &mut Environment,
    overriding: &Environment,
    function: &Function,
    task: Option<&Path>,
    layers: &Layers,
) -> ManifestOf {
    if let Some(path) = known.text("VESTRY_MANIFEST").map(PathBuf::from) {
        let here = match (path.strip_prefix("/opt"), path.strip_prefix("/var/task")) {
            (Ok(below), _) => below.to_str().and_then(|below| layers.find(below)),
            (_, Ok(below)) => task.map(|task| task.join(below)),
            _ => task.map(|task| task.join(&path)),
        };
        match here.and_then(|here| std::path::absolute(here).ok()) {
            Some(here) => known.set("VESTRY_MANIFEST", here),
            None => known.remove("VESTRY_MANIFEST"),
        }
        if known.get("VESTRY_MANIFEST").is_none() && overriding.get("VESTRY_MANIFEST").is_none() {
            let why = format!(
                "{} is not on this machine, so it was not read; name it with --manifest",
                path.display()
            );
            known.remove("VESTRY_PROFILE");
            return ManifestOf { there: true, unknown: Some(("VESTRY_MANIFEST", why, true)) };
        }
    }
    *known = with(known, overriding, &MANIFEST);
    if task.is_none() && known.get("VESTRY_MANIFEST").is_none() {
        // Of which manifest it is the profile cannot be told from here.
        let profile = known.text("VESTRY_PROFILE").map(str::to_string);
        known.remove("VESTRY_PROFILE");
        let unknown = package_unseen(function, profile.as_deref());
        return ManifestOf { there: profile.is_some(), unknown };
    }
    let usual = || task.is_some_and(|task| NAMES.iter().any(|name| task.join(name).is_file()));
    ManifestOf { there: known.get("VESTRY_MANIFEST").is_some() || usual(), unknown: None }
}

fn package_unseen(function: &Function, profile: Option<&str>) -> Option<(&'static str, String, bool)> {
    let written = |name: &str| function.property(name).and_then(Value::text).map(str::to_string);
    let inline = function.property("InlineCode").is_some()
        || function.property("Code").is_some_and(|code| code.get("ZipFile").is_some());
    if inline && profile.is_none() {
        return None;
    }
    let package = written("CodeUri").map_or("the package".into(), |uri| format!("the package {uri}"));
    Some(match profile {
        Some(profile) => (
            "VESTRY_PROFILE",
            format!(
                "{package} is not on this machine, so the manifest with {profile} was not read; name it with --manifest"
            ),
            true,
        ),
        None => (
            if function.property("Code").is_some() { "Code" } else { "CodeUri" },
            format!(
                "{package} is no directory of this machine, so a manifest in it was not looked at; name it with --manifest"
            ),
            false,
        ),
    })
}

/// The environment with these variables as another has them.
pub(in crate::cli) fn with(environment: &Environment, other: &Environment, names: &[&str]) -> Environment {
    let mut environment = environment.clone();
    for name in names {
        if let Some(value) = other.get(name) {
            environment.set(name, value);
        }
    }
    environment
}
