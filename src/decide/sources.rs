//! What lies where policy is expected: a directory, a bundle, or a directory with bundles in it; signed, where a key
//! is in force.
//!
//! Everything of one place is one policy with one document `data`, as all bundles of one OPA are.

use std::fs;
use std::path::Path;
#[cfg(feature = "tool")]
use std::path::PathBuf;

use super::bundle::{self, Bundle, File, Tree, Trust};
use super::directory::{self, Directory};
use crate::error::Problem;

const MANIFEST: &str = ".manifest";

/// Reads what lies at `root`. All problems, not the first.
pub(super) fn read(root: &Path, trust: &Trust) -> Result<Directory, Vec<Problem>> {
    let (whole, problems) = read_files(root, trust, false);
    if problems.is_empty() { Ok(whole) } else { Err(problems) }
}

/// The same, and its tests; what can be read, and what cannot.
#[cfg(feature = "tool")]
pub(super) fn read_with_tests(root: &Path, trust: &Trust) -> (Directory, Vec<Problem>) {
    read_files(root, trust, true)
}

fn read_files(root: &Path, trust: &Trust, tests: bool) -> (Directory, Vec<Problem>) {
    let mut whole = Directory { with_tests: tests, ..Directory::empty(root) };
    let mut problems = Vec::new();
    if fs::metadata(root).is_ok_and(|metadata| !metadata.is_dir()) {
        let added = bundle::read(root, trust).and_then(|bundle| add(&mut whole, bundle));
        problems.extend(added.err().into_iter().flatten());
    } else if matches!(trust, Trust::Key(_)) {
        problems.extend(signed(&mut whole, trust).err().into_iter().flatten());
    } else {
        (whole, problems) = directory::read_files(root, tests);
        problems.extend(own_manifest(&mut whole, trust).err().into_iter().flatten());
    }
    for archive in std::mem::take(&mut whole.archives) {
        let added = bundle::read(&archive, trust).and_then(|bundle| add(&mut whole, bundle));
        problems.extend(added.err().into_iter().flatten());
    }
    whole.incomplete = !problems.is_empty();
    (whole.complete(), problems)
}

/// With a manifest a directory is a bundle that nobody packed.
fn own_manifest(whole: &mut Directory, trust: &Trust) -> Result<(), Vec<Problem>> {
    let root = whole.root.clone();
    let mut own = Vec::new();
    for name in [MANIFEST, bundle::SIGNATURES] {
        own.extend(bundle::own_file(&root, name).map_err(|problem| vec![problem])?);
    }
    if !own.is_empty() {
        whole.bundles.push(bundle::open(&root, own, trust)?.0);
    }
    Ok(())
}

/// A directory of which every file is listed by its signature, but for the bundles, which have their own.
fn signed(whole: &mut Directory, trust: &Trust) -> Result<(), Vec<Problem>> {
    let root = whole.root.clone();
    let Tree { files, archives } = Tree::read(&root).map_err(|fault| vec![bundle::problem(&root, &fault)])?;
    whole.archives = archives;
    if !files.is_empty() || whole.archives.is_empty() {
        let is_signed = files.iter().any(|file| file.name == bundle::SIGNATURES);
        // Beside bundles that are signed, it is the file that is not.
        let named = match files.first() {
            Some(first) if !is_signed && !whole.archives.is_empty() => root.join(&first.name),
            _ => root,
        };
        add(whole, bundle::open(&named, files, trust)?)?;
    }
    Ok(())
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

/// Of what lies at `root`, what has a signature: a bundle, the directory itself, bundles in it.
#[cfg(feature = "tool")]
pub fn signed_parts(root: &Path) -> Vec<PathBuf> {
    let is_signed = |path: &Path| {
        let files = bundle::files(path).unwrap_or_default();
        files.iter().any(|file| file.name == bundle::SIGNATURES)
    };
    if !root.is_dir() {
        return is_signed(root).then(|| root.to_path_buf()).into_iter().collect();
    }
    let of_directory = root.join(bundle::SIGNATURES).is_file().then(|| root.to_path_buf());
    let archives = directory::read(root).map(|directory| directory.archives).unwrap_or_default();
    of_directory.into_iter().chain(archives.into_iter().filter(|archive| is_signed(archive))).collect()
}
