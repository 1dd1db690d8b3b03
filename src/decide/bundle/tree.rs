//! A signed directory, read as the bundle that it is: every file in it, hidden ones and texts nobody evaluates too,
//! because every one of them has to be listed.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::archive::{File, MAX_FILE_BYTES, MAX_FILES, MAX_UNPACKED_BYTES};
use super::fault::{Fault, brief};
use super::name;

#[derive(Debug, Default)]
pub struct Tree {
    /// Sorted by name.
    pub files: Vec<File>,
    /// `*.tar.gz` directly in it: bundles, which have signatures of their own.
    pub archives: Vec<PathBuf>,
}

impl Tree {
    pub fn read(root: &Path) -> Result<Self, Fault> {
        let mut walk = Walk { tree: Self::default(), entries: 0, bytes: 0 };
        walk.directory(root, "")?;
        walk.tree.files.sort_by(|a, b| a.name.cmp(&b.name));
        walk.tree.archives.sort();
        Ok(walk.tree)
    }
}

struct Walk {
    tree: Tree,
    entries: usize,
    bytes: u64,
}

impl Walk {
    fn directory(&mut self, path: &Path, below: &str) -> Result<(), Fault> {
        for entry in fs::read_dir(path).map_err(Fault::Unreadable)? {
            let entry = entry.map_err(Fault::Unreadable)?;
            self.entries += 1;
            if self.entries > MAX_FILES {
                return Err(Fault::ManyFiles);
            }
            let (path, raw) = (entry.path(), entry.file_name());
            let bad = |why| Fault::Name { name: brief(raw.to_string_lossy()), why };
            let raw_name = raw.to_str().ok_or_else(|| bad("is not UTF-8"))?;
            let joined = if below.is_empty() { raw_name.to_string() } else { format!("{below}/{raw_name}") };
            let name = name::normal(&joined).map_err(bad)?;
            let kind = entry.file_type().map_err(Fault::Unreadable)?;
            if kind.is_dir() {
                self.directory(&path, name)?;
            } else if !kind.is_file() {
                let what = if kind.is_symlink() { "a link" } else { "a device" };
                return Err(Fault::Kind { name: name.into(), what });
            } else if is_archive(raw_name) && below.is_empty() {
                self.tree.archives.push(path);
            } else {
                let bytes = self.read(&path, name)?;
                self.tree.files.push(File { name: name.into(), bytes });
            }
        }
        Ok(())
    }

    fn read(&mut self, path: &Path, name: &str) -> Result<Vec<u8>, Fault> {
        let bytes = bounded(path, MAX_FILE_BYTES)?.ok_or_else(|| Fault::LargeFile { name: name.into() })?;
        self.bytes += bytes.len() as u64;
        if self.bytes > MAX_UNPACKED_BYTES { Err(Fault::LargeUnpacked) } else { Ok(bytes) }
    }
}

/// Whether a directory's entry is a bundle by its name.
pub fn is_archive(name: &str) -> bool {
    name.ends_with(".tar.gz")
}

/// A file's bytes; `None` where there are more than `limit`.
pub fn bounded(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Fault> {
    // Before it is opened: a pipe that nobody writes to would never open.
    let metadata = fs::metadata(path).map_err(Fault::Unreadable)?;
    if !metadata.is_file() {
        return Err(Fault::NoFile);
    }
    if metadata.len() > limit {
        return Ok(None);
    }
    let file = fs::File::open(path).map_err(Fault::Unreadable)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(Fault::Unreadable)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}
