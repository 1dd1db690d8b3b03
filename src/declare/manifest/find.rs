//! Where the manifest is, and its bytes.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags};

use super::{Format, unusable};
use crate::declare::delivery;
use crate::error::{ErrorType, Problem};

/// The names that are looked for where no setting says one.
pub const NAMES: [&str; 4] = ["vestry.toml", "vestry.json", "vestry.yaml", "vestry.yml"];

/// Thousands of references.
const LARGEST: u64 = 1 << 20;

/// A manifest as a file.
pub struct Found {
    pub path: PathBuf,
    pub format: Format,
    pub text: Vec<u8>,
}

/// The manifest that the setting names, a relative path from `task`; without a setting the one in `task`, if any.
pub fn find(setting: Option<&Path>, task: &Path) -> Result<Option<Found>, Problem> {
    let Some(path) = setting.map(|path| Ok(Some(task.join(path)))).unwrap_or_else(|| usual(task))? else {
        return Ok(None);
    };
    let Some(format) = Format::of(&path) else {
        return Err(unusable(&path, "is of no known format", "name it .toml, .json, .yaml or .yml"));
    };
    let text = bytes(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => unusable(
            &path,
            "is not there",
            "put it into the function's package, or correct the path (a relative one begins in /var/task)",
        ),
        ErrorKind::FileTooLarge => {
            unusable(&path, "has more than 1 MiB", "split what the function does not need off")
        }
        _ => {
            unusable(&path, format_args!("cannot be read: {error}"), "name a file that the function may read")
        }
    })?;
    Ok(Some(Found { path, format, text }))
}

/// Whether there is a manifest, or ought to be.
pub fn is_there(setting: Option<&Path>, task: &Path) -> bool {
    setting.is_some() || NAMES.iter().any(|name| delivery::is_there(&task.join(name)))
}

/// The manifest where no setting names one.
pub fn usual(task: &Path) -> Result<Option<PathBuf>, Problem> {
    let mut there = NAMES.iter().map(|name| task.join(name)).filter(|path| delivery::is_there(path));
    let Some(first) = there.next() else { return Ok(None) };
    match there.next() {
        None => Ok(Some(first)),
        Some(second) => Err(Problem::new(
            ErrorType::InvalidDeclaration,
            format!("there are two manifests, {} and {}", first.display(), second.display()),
        )
        .variable("VESTRY_MANIFEST")
        .advice("keep one, or set VESTRY_MANIFEST to the one that is meant")),
    }
}

/// The whole of a regular file. Not even opening a pipe may wait.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::openat(CWD, path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST { Err(ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}
