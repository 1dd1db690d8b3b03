//! What lies where policy is expected: a directory, a bundle, or a directory with bundles in it; signed, where a key
//! is in force.
//!
//! Everything of one place is one policy with one document `data`, as all bundles of one OPA are.

use std::fs;
use std::path::Path;

use super::bundle::{self, Bundle, File, Tree, VerificationKey};
use super::directory::{self, Directory};
use crate::error::Problem;

const MANIFEST: &str = ".manifest";

/// Reads what lies at `root`. All problems, not the first.
pub(super) fn read(root: &Path, key: Option<&VerificationKey>) -> Result<Directory, Vec<Problem>> {
    if fs::metadata(root).is_ok_and(|metadata| metadata.is_file()) {
        let mut whole = Directory::empty(root);
        add(&mut whole, bundle::read(root, key)?)?;
        return Ok(whole.complete());
    }
    let mut problems = Vec::new();
    let mut whole = match key {
        Some(key) => signed(root, key),
        None => unsigned(root),
    }
    .unwrap_or_else(|found| {
        problems.extend(found);
        Directory::empty(root)
    });
    for archive in std::mem::take(&mut whole.archives) {
        let added = bundle::read(&archive, key).and_then(|bundle| add(&mut whole, bundle));
        problems.extend(added.err().into_iter().flatten());
    }
    if problems.is_empty() { Ok(whole.complete()) } else { Err(problems) }
}

/// A directory as it is written; with a manifest it is a bundle that nobody packed.
fn unsigned(root: &Path) -> Result<Directory, Vec<Problem>> {
    let mut whole = directory::read(root).map_err(|problem| vec![problem])?;
    let own: Vec<File> = [MANIFEST, bundle::SIGNATURES]
        .into_iter()
        .filter(|name| root.join(name).symlink_metadata().is_ok())
        .map(|name| {
            let bytes = bundle::bounded(&root.join(name), bundle::MAX_FILE_BYTES)
                .and_then(|bytes| bytes.ok_or(bundle::Fault::LargeFile { name: name.into() }));
            bytes.map(|bytes| File { name: name.into(), bytes })
        })
        .collect::<Result<_, _>>()
        .map_err(|fault| vec![bundle::problem(root, &fault)])?;
    if !own.is_empty() {
        whole.bundles.push(bundle::open(root, own, None)?.0);
    }
    Ok(whole)
}

/// A directory of which every file is listed by its signature, but for the bundles, which have their own.
fn signed(root: &Path, key: &VerificationKey) -> Result<Directory, Vec<Problem>> {
    let Tree { files, archives } = Tree::read(root).map_err(|fault| vec![bundle::problem(root, &fault)])?;
    let mut whole = Directory::empty(root);
    if !files.is_empty() || archives.is_empty() {
        add(&mut whole, bundle::open(root, files, Some(key))?)?;
    }
    whole.archives = archives;
    Ok(whole)
}

fn add(whole: &mut Directory, (bundle, files): (Bundle, Vec<File>)) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    for file in files {
        let name = file.name.clone();
        if whole.add(&bundle.path, file).is_err() {
            problems.push(bundle::problem(&bundle.path, &bundle::Fault::Encoding(name)));
        }
    }
    whole.bundles.push(bundle);
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
