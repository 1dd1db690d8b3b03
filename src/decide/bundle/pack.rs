//! Making a bundle of a policy directory: the same bytes for the same files, wherever and whenever.

use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::{Compression, GzBuilder};
use serde_json::{Map, Value, json};
use tar::{Builder, EntryType, Header};

use super::archive::{self, File};
use super::fault::{Fault, brief};
use super::manifest::Manifest;
use super::{name, own_file, problem};
use crate::decide::{directory, policy};
use crate::error::Problem;

/// What evaluation may take while a directory is loaded to be looked at.
const LOADING: Duration = Duration::from_secs(10);
/// What the manifest says besides what the directory's own says.
#[derive(Debug, Default)]
pub struct Options {
    pub revision: Option<String>,
    /// `vestry/declare`; none leaves the manifest's, or all of `data`.
    pub roots: Vec<String>,
}

/// What is packed, and what lies in the directory and looks as if it were meant to be.
pub struct Packed {
    pub files: Vec<File>,
    pub ignored: Vec<PathBuf>,
}

/// A directory as the files of a bundle: as with `opa build`, the policies as they are, all data as one `data.json`,
/// and the manifest; tests, which the extension never loads, stay behind. No bundle is made of what the extension would refuse.
pub fn bundle(root: &Path, options: &Options) -> Result<Packed, Vec<Problem>> {
    let faulty = |fault: Fault| vec![problem(root, &fault)];
    let mut directory = directory::read(root)?;
    let within = |archive: &PathBuf| Fault::Unsupported {
        name: archive.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        why: "a bundle within a bundle; put its files beside the others",
    };
    if !directory.archives.is_empty() {
        return Err(directory.archives.iter().map(|archive| problem(root, &within(archive))).collect());
    }
    let manifest = manifest(root, options)?;
    let read = Manifest::parse(&manifest).map_err(faulty)?;
    directory.bundles.push(super::Bundle::at(root, read));
    let data = policy::load(&directory, LOADING)?.engine.get_data();
    let mut files: Vec<File> = directory.policies.into_iter().filter_map(text_file).collect();
    if !directory.data.is_empty() {
        let value: Value = serde_json::to_value(&data).map_err(|e| faulty(unspeakable(&e)))?;
        files.push(File { name: "data.json".into(), bytes: format!("{value}\n").into_bytes() });
    }
    // Neither data nor policy, and part of the policy all the same.
    files.extend(directory.settings.into_iter().filter_map(text_file));
    files.push(File { name: name::MANIFEST.into(), bytes: manifest });
    files.sort_by(|a, b| a.name.cmp(&b.name));
    // What this writes, this has to read.
    let files = archive::unpack(&pack(&files)).map_err(faulty)?;
    Ok(Packed { files, ignored: directory.ignored })
}

fn text_file(file: directory::PolicyFile) -> Option<File> {
    Some(File { name: file.relative.to_str()?.to_string(), bytes: file.text.into_bytes() })
}

fn unspeakable(error: &serde_json::Error) -> Fault {
    Fault::Hash { name: "data".into(), why: brief(error) }
}

fn manifest(root: &Path, options: &Options) -> Result<Vec<u8>, Vec<Problem>> {
    let mut manifest: Map<String, Value> = Map::new();
    if let Some(own) = own_file(root, name::MANIFEST).map_err(|problem| vec![problem])? {
        let wrong = |e| vec![problem(root, &Fault::Manifest(brief(e)))];
        // As it will be read: what is written anew would have lost what it says twice.
        Manifest::parse(&own.bytes).map_err(|fault| vec![problem(root, &fault)])?;
        manifest = serde_json::from_slice(&own.bytes).map_err(wrong)?;
    }
    if let Some(revision) = &options.revision {
        manifest.insert("revision".into(), json!(revision));
    }
    if !options.roots.is_empty() {
        manifest.insert("roots".into(), json!(options.roots));
    }
    manifest.entry("revision").or_insert_with(|| json!(""));
    manifest.entry("roots").or_insert_with(|| json!([""]));
    manifest.entry("rego_version").or_insert_with(|| json!(1));
    Ok(format!("{}\n", Value::Object(manifest)).into_bytes())
}

/// The `.tar.gz`: no times, no owners, no host.
pub fn pack(files: &[File]) -> Vec<u8> {
    let gzip = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
    let mut tar = Builder::new(gzip);
    for file in files {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_size(file.bytes.len() as u64);
        tar.append_data(&mut header, &file.name, file.bytes.as_slice()).expect("memory takes everything");
    }
    let gzip = tar.into_inner().expect("memory takes everything");
    gzip.finish().expect("memory takes everything")
}
