//! A `.tar.gz`, unpacked in memory and within bounds; nothing is ever written to disk.

use std::collections::HashSet;
use std::io::Read;

use flate2::bufread::GzDecoder;
use tar::{Archive, EntryType};

use super::fault::{Fault, brief};
use super::name;

/// More than any team writes, less than a slow start is made of. Those of a directory are alike.
pub const MAX_ARCHIVE_BYTES: u64 = 16 << 20;
pub const MAX_UNPACKED_BYTES: u64 = 24 << 20;
pub const MAX_FILE_BYTES: u64 = 1 << 20;
pub const MAX_FILES: usize = 2_000;
/// Rego and JSON come to 5 or 20; a bomb to 1,000.
pub const MAX_RATIO: u64 = 200;
/// Below it no ratio harms anybody: an archive of one empty file is 30 times its size.
const RATIO_FROM: u64 = 1 << 20;
const BLOCK: u64 = 512;

/// One file of a bundle or of a signed directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Below the root, without a slash in front: `lib/data.json`.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The files of a `.tar.gz`, in its order.
///
/// Refuses whatever two readers could see differently: a second gzip member, something behind the archive's end, two
/// entries of one name, links, devices, sparse files, names that leave the root.
pub fn unpack(archive: &[u8]) -> Result<Vec<File>, Fault> {
    if archive.len() as u64 > MAX_ARCHIVE_BYTES {
        return Err(Fault::LargeArchive);
    }
    entries(&inflate(archive)?)
}

fn inflate(archive: &[u8]) -> Result<Vec<u8>, Fault> {
    if !archive.starts_with(&[0x1f, 0x8b]) {
        return Err(Fault::NoGzip);
    }
    let by_ratio = RATIO_FROM.max(archive.len() as u64 * MAX_RATIO);
    let limit = by_ratio.min(MAX_UNPACKED_BYTES);
    let mut gzip = GzDecoder::new(archive).take(limit + 1);
    let mut unpacked = Vec::new();
    gzip.read_to_end(&mut unpacked).map_err(|e| Fault::Gzip(brief(e)))?;
    if unpacked.len() as u64 > limit {
        return Err(if limit < MAX_UNPACKED_BYTES { Fault::Bomb } else { Fault::LargeUnpacked });
    }
    if !gzip.into_inner().into_inner().is_empty() {
        return Err(Fault::SecondMember);
    }
    Ok(unpacked)
}

fn entries(unpacked: &[u8]) -> Result<Vec<File>, Fault> {
    let mut files = Vec::new();
    let mut names = HashSet::new();
    let mut count = 0;
    let mut end = 0;
    for entry in Archive::new(unpacked).entries().map_err(tar_fault)? {
        let mut entry = entry.map_err(tar_fault)?;
        count += 1;
        if count > MAX_FILES {
            return Err(Fault::ManyFiles);
        }
        let size = entry.size();
        end = entry.raw_file_position().saturating_add(size.saturating_add(BLOCK - 1) / BLOCK * BLOCK);
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            said_of_all(&mut entry)?;
            continue;
        }
        let raw = String::from_utf8(entry.path_bytes().into_owned()).map_err(|e| Fault::Name {
            name: shown(&String::from_utf8_lossy(e.as_bytes())),
            why: "is not UTF-8",
        })?;
        if let Some(what) = refused_kind(&mut entry)? {
            return Err(Fault::Kind { name: shown(&raw), what });
        }
        said_of_one(&mut entry)?;
        let trimmed = if kind.is_dir() { raw.strip_suffix('/').unwrap_or(&raw) } else { &raw };
        let name = name::normal(trimmed).map_err(|why| Fault::Name { name: shown(&raw), why })?;
        if kind.is_dir() {
            // Go's reader takes what follows for the next entry, others for the directory's own.
            if size > 0 {
                return Err(Fault::Kind { name: shown(&raw), what: "a directory with content of its own" });
            }
            continue;
        }
        if name.is_empty() {
            return Err(Fault::Name { name: shown(&raw), why: "is the bundle's root" });
        }
        if size > MAX_FILE_BYTES {
            return Err(Fault::LargeFile { name: name.into() });
        }
        if !names.insert(name::folded(name)) {
            return Err(Fault::Twice(name.into()));
        }
        let mut bytes = Vec::with_capacity(size as usize);
        entry.read_to_end(&mut bytes).map_err(tar_fault)?;
        if bytes.len() as u64 != size {
            return Err(Fault::NoEnd);
        }
        files.push(File { name: name.into(), bytes });
    }
    // POSIX: two blocks of zeros; programs pad with more.
    match unpacked.get(end as usize..) {
        Some(rest) if rest.len() as u64 >= 2 * BLOCK && rest.iter().all(|byte| *byte == 0) => Ok(files),
        _ => Err(Fault::NoEnd),
    }
}

fn refused_kind(entry: &mut tar::Entry<'_, &[u8]>) -> Result<Option<&'static str>, Fault> {
    // Go's reader knows sparse files in this form, the crate does not.
    for extension in entry.pax_extensions().map_err(tar_fault)?.into_iter().flatten() {
        if extension.map_err(tar_fault)?.key_bytes().starts_with(b"GNU.sparse.") {
            return Ok(Some("a sparse file"));
        }
    }
    Ok(match entry.header().entry_type() {
        EntryType::Regular | EntryType::Directory => None,
        EntryType::Symlink | EntryType::Link => Some("a link"),
        EntryType::Char | EntryType::Block | EntryType::Fifo => Some("a device"),
        EntryType::GNUSparse => Some("a sparse file"),
        _ => Some("of an unknown kind"),
    })
}

/// Of the names and sizes that an entry's headers give, some readers believe the first and some the last.
fn said_of_one(entry: &mut tar::Entry<'_, &[u8]>) -> Result<(), Fault> {
    let (name, size) = (entry.path_bytes().into_owned(), entry.size().to_string());
    for extension in entry.pax_extensions().map_err(tar_fault)?.into_iter().flatten() {
        let extension = extension.map_err(tar_fault)?;
        let agrees = match extension.key_bytes() {
            b"path" => extension.value_bytes() == name,
            b"size" => extension.value_bytes() == size.as_bytes(),
            _ => true,
        };
        if !agrees {
            let what = format!("{} has two names, or two sizes", shown(&String::from_utf8_lossy(&name)));
            return Err(Fault::Tar(what));
        }
    }
    Ok(())
}

/// For all entries behind it, in some readers' eyes; others leave it aside. `git archive` writes a comment there.
fn said_of_all(header: &mut tar::Entry<'_, &[u8]>) -> Result<(), Fault> {
    for extension in header.pax_extensions().map_err(tar_fault)?.into_iter().flatten() {
        let extension = extension.map_err(tar_fault)?;
        let key = extension.key_bytes();
        if [&b"path"[..], b"size", b"linkpath"].contains(&key) || key.starts_with(b"GNU.sparse.") {
            return Err(Fault::Tar("it has one name or one size for all of its entries".into()));
        }
    }
    Ok(())
}

fn shown(name: &str) -> String {
    if name.is_empty() { "an entry".into() } else { brief(name) }
}

fn tar_fault(error: std::io::Error) -> Fault {
    Fault::Tar(brief(error))
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
