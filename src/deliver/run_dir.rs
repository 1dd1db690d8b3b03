//! The run directory: `/tmp/vestry`, ours alone.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::directory::{Directory, cannot, check_ancestors, own_uid, unsafe_to_use};
use super::{file, value_files};
use crate::declare::VALUE_FILES as FILES;
use crate::error::Problem;

/// The name of the socket in the run directory.
pub const SOCKET: &str = "socket";
/// The name of the file in the run directory, where no other is set.
const FILE: &str = "env";

/// Opens a run directory that is real, 0700 and ours, and refuses any other. `None`: there is none.
pub(super) fn open(path: &Path) -> Result<Option<Directory>, Problem> {
    let Some(directory) = Directory::open(path).map_err(advise)? else { return Ok(None) };
    let stat = directory.stat()?;
    if stat.st_uid != own_uid() {
        return Err(advise(unsafe_to_use(format!("{} belongs to another user", path.display()))));
    }
    let mode = Mode::from_raw_mode(stat.st_mode) & (Mode::RWXU | Mode::RWXG | Mode::RWXO);
    if mode != Mode::RWXU {
        let why = format!("the mode of {} is {:04o}, not 0700", path.display(), mode.as_raw_mode());
        let advice = format!(
            "chmod 700 {} if it is this function's own, or set VESTRY_RUN_DIR to another",
            path.display()
        );
        return Err(unsafe_to_use(why).advice(advice));
    }
    Ok(Some(directory))
}

/// Removes what an earlier attempt left in it, if it is there at all, and elsewhere the file that it noted in there.
pub(super) fn sweep(path: &Path) -> Result<(), Problem> {
    let Some(directory) = open(path)? else { return Ok(()) };
    let _lock = lock(&directory, path)?;
    value_files::sweep(&path.join(FILES))?;
    file::sweep_claimed(&directory)?;
    directory.sweep(OsStr::new(SOCKET), FileType::Socket)?;
    directory.sweep(OsStr::new(FILE), FileType::RegularFile)?;
    directory.sweep(&file::temporary(OsStr::new(FILE)), FileType::RegularFile)
}

/// Opens it, and makes it where it is missing.
pub(super) fn make(path: &Path) -> Result<(Directory, RunDir), Problem> {
    let directory = ensure(path)?;
    let lock = lock(&directory, path)?;
    Ok((directory, RunDir { path: path.into(), _lock: lock }))
}

/// The same without claiming it for one extension.
pub(super) fn ensure(path: &Path) -> Result<Directory, Problem> {
    check_ancestors(path).map_err(advise)?;
    match rustix::fs::mkdirat(CWD, path, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(Errno::NOENT) => {
            let parent = path.parent().unwrap_or(path).display();
            return Err(unsafe_to_use(format!("there is no {parent} to make the run directory in"))
                .variable("VESTRY_RUN_DIR")
                .advice("make it, or name a directory below /tmp"));
        }
        Err(error) => return Err(advise(cannot("make", path, error))),
    }
    open(path)?.ok_or_else(|| advise(cannot("open", path, Errno::NOENT)))
}

/// Two extensions in one run directory would hand over each other's values. The lock is the kernel's: it goes with
/// its process, however that ends.
fn lock(directory: &Directory, path: &Path) -> Result<OwnedFd, Problem> {
    // What it is known by is a path descriptor, which cannot be locked.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(directory.fd(), ".", flags, Mode::empty())
        .map_err(|error| advise(cannot("open", path, error)))?;
    match rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(fd),
        Err(Errno::WOULDBLOCK) => {
            Err(unsafe_to_use(format!("another extension is using {}", path.display()))
                .advice("set VESTRY_RUN_DIR to a directory of this function's own"))
        }
        Err(error) => Err(advise(cannot("lock", path, error))),
    }
}

/// A run directory in use: when dropped it goes as well, unless something is left in it.
pub(super) struct RunDir {
    path: PathBuf,
    /// Held for as long as this lives.
    _lock: OwnedFd,
}

impl Drop for RunDir {
    fn drop(&mut self) {
        let _ = rustix::fs::rmdir(&self.path);
    }
}

fn advise(problem: Problem) -> Problem {
    if !problem.advice.is_empty() {
        return problem;
    }
    problem.advice(
        "set VESTRY_RUN_DIR to a directory of this function's own, or remove this one if nothing else uses it",
    )
}
