//! A file with the values: the owner's alone from its first instant, and there as a whole or not at all.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags};

use super::directory::{Directory, Identity, cannot, check_ancestors, unsafe_to_use};
use crate::error::{ErrorType, Problem};

/// A file that was written; gone when dropped.
pub struct Written {
    directory: Directory,
    name: OsString,
    identity: Identity,
}

impl Written {
    fn rename(&mut self, name: &OsStr) -> Result<(), Problem> {
        rustix::fs::renameat(self.directory.fd(), &self.name, self.directory.fd(), name)
            .map_err(|error| cannot("write", &self.directory.join(name), error))?;
        self.name = name.into();
        Ok(())
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        self.directory.remove(&self.name, self.identity);
    }
}

/// The name under which a file is written before it gets its own. Always the same one, so that what a crash left
/// under it is found at the next start.
pub(super) fn temporary(name: &OsStr) -> OsString {
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(".vestry");
    temporary
}

/// Removes what an earlier attempt left, and refuses to touch a file that is somebody's own: whatever is there, unless the
/// directory `is_ours`.
pub fn sweep(path: &Path, is_ours: bool) -> Result<(), Problem> {
    let Some((directory, name)) = open(path)? else { return Ok(()) };
    directory.sweep(&temporary(name), FileType::RegularFile).map_err(advise)?;
    let found = directory.expect_ours(name, FileType::RegularFile).map_err(advise)?;
    if found.is_some() && !is_ours {
        return Err(unsafe_to_use(format!(
            "{} is there already, and Vestry did not make it",
            path.display()
        ))
        .variable("VESTRY_FILE")
        .advice("name another file, or remove this one"));
    }
    directory.sweep(name, FileType::RegularFile).map_err(advise)
}

/// The note in the run directory of which file is ours, wherever that lies: what a crash leaves is known by it.
pub(super) const CLAIM: &str = "file";
/// The two numbers of an identity, and a path.
const CLAIM_MAX: u64 = 64 + 4096;

pub(super) struct Claim {
    identity: Identity,
    path: PathBuf,
}

impl Claim {
    fn read(run_dir: &Directory) -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(run_dir.fd(), CLAIM, flags, Mode::empty()).ok()?;
        let mut note = String::new();
        File::from(fd).take(CLAIM_MAX).read_to_string(&mut note).ok()?;
        let (identity, path) = note.split_once('\n')?;
        Some(Self { identity: Identity::parse(identity)?, path: path.into() })
    }
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{}", self.identity, self.path.display())
    }
}

/// Removes the file that the note names, if it still is the one, under either of the names that it has in its life.
pub(super) fn sweep_claimed(run_dir: &Directory) -> Result<(), Problem> {
    if let Some(Claim { identity, path }) = Claim::read(run_dir)
        && let Ok(Some((directory, name))) = open(&path)
    {
        directory.remove(&temporary(name), identity);
        directory.remove(name, identity);
    }
    run_dir.sweep(OsStr::new(CLAIM), FileType::RegularFile)
}

/// Writes a new file beside its place, notes it in the run directory where it does not lie in there itself, and
/// moves it to its place. Answers file and note.
pub fn write(
    path: &Path,
    bytes: &[u8],
    run_dir: Option<Directory>,
) -> Result<(Written, Option<Written>), Problem> {
    let (directory, name) = open(path)?.ok_or_else(|| {
        let parent = path.parent().unwrap_or(path);
        Problem::new(ErrorType::Undeliverable, format!("there is no directory {}", parent.display()))
            .variable("VESTRY_FILE")
            .advice("name a file in a directory that exists and that the function may write to")
    })?;
    directory.expect_ours(name, FileType::RegularFile).map_err(advise)?;
    let mut file = create(directory, temporary(name), bytes)?;
    let note = Claim { identity: file.identity, path: path.into() }.to_string();
    let claim = run_dir.map(|run_dir| create(run_dir, CLAIM.into(), note.as_bytes())).transpose()?;
    file.rename(name)?;
    Ok((file, claim))
}

fn create(directory: Directory, name: OsString, bytes: &[u8]) -> Result<Written, Problem> {
    let identity = create_in(&directory, &name, bytes, Mode::RUSR | Mode::WUSR)?;
    Ok(Written { directory, name, identity })
}

/// A new file with these bytes, the owner's alone from its first instant; none is left where something fails.
pub(super) fn create_in(
    directory: &Directory,
    name: &OsStr,
    bytes: &[u8],
    mode: Mode,
) -> Result<Identity, Problem> {
    let path = directory.join(name);
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(directory.fd(), name, flags, mode)
        .map_err(|error| cannot("make", &path, error))?;
    let stat = rustix::fs::fstat(&fd).map_err(|error| cannot("look at", &path, error))?;
    let identity = Identity::from(&stat);
    File::from(fd).write_all(bytes).map_err(|error| {
        directory.remove(name, identity);
        Problem::new(ErrorType::Undeliverable, format!("cannot write {}: {error}", path.display()))
    })?;
    Ok(identity)
}

/// The directory of a file, and its name in there. `None`: there is no such directory.
fn open(path: &Path) -> Result<Option<(Directory, &OsStr)>, Problem> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(advise(unsafe_to_use(format!("{} is no name of a file", path.display()))));
    };
    let Some(directory) = Directory::open(parent).map_err(advise)? else { return Ok(None) };
    // Whoever may write to the directory may put another file in the place of ours.
    check_ancestors(path).map_err(advise)?;
    Ok(Some((directory, name)))
}

fn advise(problem: Problem) -> Problem {
    if !problem.advice.is_empty() {
        return problem;
    }
    problem.advice("set VESTRY_FILE to a file in a directory of this function's own")
}
