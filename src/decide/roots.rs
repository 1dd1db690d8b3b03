//! Whose part of `data` something is: a bundle defines what its roots permit, and nobody else defines anything there.

use std::path::Path;

use regorus::Value;

use super::bundle::Bundle;

/// What is wrong with a definition at `path` that the file at `file` makes; `None` where nothing is.
pub(super) fn trespass(bundles: &[Bundle], file: &Path, path: &[String]) -> Option<String> {
    let own = owner(bundles, file);
    let shown = path.join("/");
    if let Some(bundle) = own.filter(|bundle| !bundle.manifest.permits(path)) {
        return Some(format!("the roots of {} do not permit data/{shown}", bundle.path.display()));
    }
    let is_own = |bundle: &&Bundle| own.is_some_and(|own| own.path == bundle.path);
    let other = bundles.iter().find(|bundle| !is_own(bundle) && bundle.manifest.claims(path))?;
    Some(format!("data/{shown} is the bundle's {} alone: it is one of its roots", other.path.display()))
}

/// As [`trespass`], for every part of a data document.
pub(super) fn trespass_of_data(bundles: &[Bundle], file: &Path, document: &Value) -> Option<String> {
    if bundles.iter().all(|bundle| bundle.manifest.roots.is_none()) {
        return None;
    }
    walk(bundles, file, &mut Vec::new(), document)
}

fn walk(bundles: &[Bundle], file: &Path, path: &mut Vec<String>, value: &Value) -> Option<String> {
    // An object on the way to a root is nobody's; what is not below one is told at its members.
    let leads_on =
        |roots: &[Vec<String>]| roots.iter().any(|root| root.len() > path.len() && root.starts_with(path));
    let on_the_way = bundles.iter().filter_map(|bundle| bundle.manifest.roots.as_deref()).any(leads_on);
    match value.as_object() {
        Ok(object) if on_the_way || path.is_empty() => object.iter().find_map(|(key, value)| {
            path.push(key.as_string().map_or_else(|_| key.to_string(), |text| text.to_string()));
            let found = walk(bundles, file, path, value);
            path.pop();
            found
        }),
        _ => trespass(bundles, file, path),
    }
}

/// The innermost: a bundle may lie in a directory that is one itself.
fn owner<'a>(bundles: &'a [Bundle], file: &Path) -> Option<&'a Bundle> {
    let around = bundles.iter().filter(|bundle| file.starts_with(&bundle.path));
    around.max_by_key(|bundle| bundle.path.as_os_str().len())
}

/// Roots that two bundles of one place both claim.
pub(super) fn overlaps(bundles: &[Bundle]) -> Vec<String> {
    let mut found = Vec::new();
    for (i, one) in bundles.iter().enumerate() {
        for other in &bundles[i + 1..] {
            if let Some(root) = one.manifest.overlap(&other.manifest) {
                let (one, other) = (one.path.display(), other.path.display());
                found.push(format!("bundles {one} and {other} both have the root {root:?}"));
            }
        }
    }
    found
}
