//! Where a function's manifest lies on this machine.

use std::path::{Path, PathBuf};

use crate::declare::Environment;
use crate::declare::manifest::NAMES;
use crate::preflight::Layers;

/// Whether there is one.
pub(super) struct ManifestOf {
    pub there: bool,
    /// Where it cannot be read from here, a warning.
    pub elsewhere: Option<String>,
}

/// Names the manifest as it lies on this machine, in the package or in a layer.
pub(super) fn locate(
    known: &mut Environment,
    overriding: &Environment,
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
            let elsewhere = format!(
                "VESTRY_MANIFEST={} is not on this machine, so it was not read; name it with --manifest",
                path.display()
            );
            return ManifestOf { there: true, elsewhere: Some(elsewhere) };
        }
    }
    *known = with(known, overriding, &["VESTRY_MANIFEST", "VESTRY_PROFILE"]);
    let usual = || task.is_some_and(|task| NAMES.iter().any(|name| task.join(name).is_file()));
    ManifestOf { there: known.get("VESTRY_MANIFEST").is_some() || usual(), elsewhere: None }
}

/// The environment with these variables as another has them.
pub(super) fn with(environment: &Environment, other: &Environment, names: &[&str]) -> Environment {
    let mut environment = environment.clone();
    for name in names {
        if let Some(value) = other.get(name) {
            environment.set(name, value);
        }
    }
    environment
}
