//! OPA's bundles: policy and data in one `.tar.gz` (or a directory), with a manifest and, where a key is in force, a
//! signature over every file.
//!
//! The format is OPA's (`opa build`, `opa sign`; openpolicyagent.org, "Bundles"). What two readers could understand
//! differently is refused, also where OPA would take it: compiled WebAssembly, delta bundles, Rego v0, hidden files,
//! MD5 and SHA-1. Nothing is unpacked to disk.

mod archive;
mod canonical;
mod der;
mod fault;
mod key;
mod manifest;
mod name;
#[cfg(feature = "tool")]
pub mod pack;
mod pem;
#[cfg(feature = "tool")]
pub mod sign;
mod signature;
mod tree;
pub mod trust;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use archive::{File, MAX_ARCHIVE_BYTES, MAX_FILE_BYTES, unpack};
#[cfg(feature = "fuzz")]
pub use canonical::canonical;
pub use fault::Fault;
pub use key::VerificationKey;
pub use manifest::Manifest;
pub use name::SIGNATURES;
pub use tree::{Tree, bounded, is_archive};
pub use trust::Trust;

use crate::error::Problem;

/// What is known of a bundle besides its files.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Bundle {
    /// Of the archive or the directory; the decision log names the revision under it, as that of `opa run` does.
    pub path: PathBuf,
    pub manifest: Manifest,
}

impl Bundle {
    fn at(path: &Path, manifest: Manifest) -> Self {
        Self { path: path.to_path_buf(), manifest }
    }
}

/// The bundle in the archive at `path`, verified where there is a key.
pub fn read(path: &Path, trust: &Trust) -> Result<(Bundle, Vec<File>), Vec<Problem>> {
    let files = files(path).map_err(|fault| vec![problem(path, &fault)])?;
    open(path, files, trust)
}

/// What the archive at `path` holds, nothing of it held against anything.
pub fn files(path: &Path) -> Result<Vec<File>, Fault> {
    unpack(&bounded(path, MAX_ARCHIVE_BYTES)?.ok_or(Fault::LargeArchive)?)
}

/// A directory's own manifest or signature, where it has one: a file in it and no link, which could lead anywhere.
pub fn own_file(root: &Path, name: &str) -> Result<Option<File>, Problem> {
    let path = root.join(name);
    let Ok(metadata) = path.symlink_metadata() else { return Ok(None) };
    if !metadata.is_file() {
        return Err(problem(&path, &Fault::NoFile));
    }
    let bytes = bounded(&path, MAX_FILE_BYTES).map_err(|fault| problem(&path, &fault))?;
    let large = || problem(root, &Fault::LargeFile { name: name.into() });
    Ok(Some(File { name: name.into(), bytes: bytes.ok_or_else(large)? }))
}

/// A bundle's files, held against the key, the manifest and what Vestry can run.
///
/// Without a key a signed bundle is refused, as by OPA.
pub fn open(path: &Path, files: Vec<File>, trust: &Trust) -> Result<(Bundle, Vec<File>), Vec<Problem>> {
    let mut faults = hold(&files, trust, path.is_dir().then_some(path));
    faults.extend(files.iter().filter_map(unsupported));
    let manifest = files.iter().find(|file| file.name == name::MANIFEST);
    let manifest = manifest.map_or(Ok(Manifest::default()), |file| Manifest::parse(&file.bytes));
    match manifest {
        Ok(manifest) if faults.is_empty() => {
            let files = files.into_iter().filter(|file| !name::is_the_bundles_own(&file.name)).collect();
            return Ok((Bundle::at(path, manifest), files));
        }
        Ok(_) => {}
        Err(fault) => faults.push(fault),
    }
    Err(faults.iter().map(|fault| problem(path, fault)).collect())
}

fn hold(files: &[File], trust: &Trust, directory: Option<&Path>) -> Vec<Fault> {
    let signatures = files.iter().find(|file| file.name == name::SIGNATURES);
    match (trust, signatures) {
        (Trust::NoKey, None) => Vec::new(),
        (Trust::NoKey, Some(_)) => vec![Fault::NoKey],
        (Trust::Key(key), None) => vec![Fault::Unsigned(key.algorithm.into())],
        (Trust::Key(key), Some(signatures)) => match signature::verify(&signatures.bytes, key) {
            Ok(claims) => claims.hold(files, directory),
            Err(fault) => vec![fault],
        },
        #[cfg(feature = "tool")]
        (Trust::Unchecked, _) => Vec::new(),
    }
}

/// What OPA would evaluate, or take for the manifest, and Vestry would silently leave out.
fn unsupported(file: &File) -> Option<Fault> {
    let base = file.name.rsplit('/').next().unwrap_or(&file.name);
    let why = match base {
        "policy.wasm" => "rules compiled to WebAssembly; build it with --target rego",
        "plan.json" | "plan.pb" => "a compiled plan; build it with --target rego",
        "patch.json" => "the patch of a delta bundle; build the whole bundle",
        _ if base.ends_with(".manifest") && file.name != name::MANIFEST => {
            "a manifest that is not at the root"
        }
        _ => return None,
    };
    Some(Fault::Unsupported { name: file.name.clone(), why })
}

pub fn problem(path: &Path, fault: &Fault) -> Problem {
    super::policy::invalid(&format!("{} {fault}", path.display())).advice(fault.advice())
}
