//! Values that have a file of their own: byte for byte, the owner's alone, in a private directory in the run directory.

use std::ffi::{OsStr, OsString};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Dir, FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::directory::{Directory, Identity, cannot};
use super::{file, run_dir};
use crate::decide::Approved;
use crate::declare::VALUE_FILES;
use crate::error::Problem;

/// Files that were written; gone when dropped, and their directory with them.
pub struct ValueFiles {
    path: PathBuf,
    directory: Directory,
    written: Vec<(OsString, Identity)>,
}

impl Drop for ValueFiles {
    fn drop(&mut self) {
        for (name, identity) in &self.written {
            self.directory.remove(name, *identity);
        }
        let _ = rustix::fs::rmdir(&self.path);
    }
}

/// In the run directory, which has to be there. `None`: no value has a file.
pub(super) fn write(approved: &Approved) -> Result<Option<ValueFiles>, Problem> {
    if approved.files().is_empty() {
        return Ok(None);
    }
    let path = approved.declared().value_dir();
    rustix::fs::mkdir(&path, Mode::RWXU).map_err(|error| cannot("make", &path, error))?;
    let directory = run_dir::open(&path)?.ok_or_else(|| cannot("open", &path, Errno::NOENT))?;
    let mut files = ValueFiles { path, directory, written: Vec::new() };
    for value in approved.files() {
        let name = OsString::from(&value.name);
        let mode = Mode::from_raw_mode(value.mode) & (Mode::RUSR | Mode::WUSR);
        let identity = file::create_in(&files.directory, &name, value.value.expose(), mode)?;
        files.written.push((name, identity));
    }
    Ok(Some(files))
}

/// Removes what an earlier attempt left in a directory of ours, and the directory.
pub(super) fn sweep(path: &Path) -> Result<(), Problem> {
    let Some(directory) = run_dir::open(path)? else { return Ok(()) };
    for name in names(&directory, path)? {
        directory.sweep(&name, FileType::RegularFile)?;
    }
    rustix::fs::rmdir(path).map_err(|error| cannot("remove", path, error))
}

/// Removes the files of commands that have ended.
pub(super) fn sweep_ended(run_dir: &Path) -> Result<(), Problem> {
    let Some(directory) = run_dir::open(run_dir)? else { return Ok(()) };
    for name in names(&directory, run_dir)? {
        let process = name.to_str().and_then(|name| name.strip_prefix(VALUE_FILES)?.strip_prefix('-'));
        let Some(process) = process.and_then(|number| number.parse().ok()) else { continue };
        if has_ended(process) {
            sweep(&run_dir.join(&name))?;
        }
    }
    Ok(())
}

/// This process has written none yet: those of its number are another's that had it before.
fn has_ended(process: u32) -> bool {
    let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) else { return true };
    pid == rustix::process::getpid() || test_kill_process(pid) == Err(Errno::SRCH)
}

fn names(directory: &Directory, path: &Path) -> Result<Vec<OsString>, Problem> {
    let failed = |error| cannot("read", path, error);
    // What a directory is known by is a path descriptor, which cannot be read.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(directory.fd(), ".", flags, Mode::empty()).map_err(failed)?;
    let mut names = Vec::new();
    for entry in Dir::read_from(fd.as_fd()).map_err(failed)? {
        let name = OsStr::from_bytes(entry.map_err(failed)?.file_name().to_bytes()).to_os_string();
        if name != "." && name != ".." {
            names.push(name);
        }
    }
    Ok(names)
}
