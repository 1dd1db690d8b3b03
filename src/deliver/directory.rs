//! A directory that is opened once and known by its descriptor from then on.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::error::{ErrorType, Problem};

pub struct Directory {
    fd: OwnedFd,
    path: PathBuf,
}

/// One file in its life, whatever name it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl From<&Stat> for Identity {
    fn from(stat: &Stat) -> Self {
        Self { device: stat.st_dev, inode: stat.st_ino }
    }
}

pub fn unsafe_to_use(why: impl Into<String>) -> Problem {
    Problem::new(ErrorType::UnsafeRunDirectory, why)
}

impl Identity {
    /// What [`Display`](std::fmt::Display) writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (device, inode) = text.split_once(' ')?;
        Some(Self { device: device.parse().ok()?, inode: inode.parse().ok()? })
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.device, self.inode)
    }
}

/// What the system refused, where nothing is unsafe about it.
pub fn cannot(what: &str, path: &Path, error: Errno) -> Problem {
    let error = std::io::Error::from(error);
    Problem::new(ErrorType::Undeliverable, format!("cannot {what} {}: {error}", path.display()))
}

impl Directory {
    /// Opens a directory whose last component is no link, and whose ancestors nobody else can exchange.
    /// `None`: there is none.
    pub fn open(path: &Path) -> Result<Option<Self>, Problem> {
        // A path descriptor: enough to look and to reach what is in it, and needs no permission of its own.
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = match rustix::fs::openat(CWD, path, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP | Errno::NOTDIR) => {
                return Err(unsafe_to_use(format!("{} is a link, or no directory", path.display())));
            }
            Err(error) => return Err(cannot("open", path, error)),
        };
        check_ancestors(path)?;
        Ok(Some(Self { fd, path: path.into() }))
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    pub fn join(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    pub fn stat(&self) -> Result<Stat, Problem> {
        rustix::fs::fstat(&self.fd).map_err(|error| cannot("look at", &self.path, error))
    }

    /// Looks at an entry itself, never at what a link points to.
    pub fn entry(&self, name: &OsStr) -> Result<Option<Stat>, Problem> {
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(cannot("look at", &self.join(name), error)),
        }
    }

    /// Refuses an entry that is something else than ours of this type; none at all is fine.
    pub fn expect_ours(&self, name: &OsStr, wanted: FileType) -> Result<Option<Stat>, Problem> {
        let Some(stat) = self.entry(name)? else { return Ok(None) };
        let path = self.join(name);
        let found = FileType::from_raw_mode(stat.st_mode);
        if found == FileType::Symlink {
            return Err(unsafe_to_use(format!("{} is a link", path.display()))
                .advice("remove it if nothing else uses it, or choose another place"));
        }
        if found != wanted {
            return Err(unsafe_to_use(format!(
                "{} is something else than Vestry puts there",
                path.display()
            ))
            .advice("remove it if nothing else uses it, or choose another place"));
        }
        if stat.st_uid != own_uid() {
            return Err(unsafe_to_use(format!("{} belongs to another user", path.display())));
        }
        Ok(Some(stat))
    }

    /// Removes what an earlier attempt left under this name, if it is ours and of this type.
    pub fn sweep(&self, name: &OsStr, wanted: FileType) -> Result<(), Problem> {
        if self.expect_ours(name, wanted)?.is_none() {
            return Ok(());
        }
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(cannot("remove", &self.join(name), error)),
        }
    }

    /// Removes an entry if it still is the one that was made; what came to stand in its place is not ours to touch.
    pub fn remove(&self, name: &OsStr, made: Identity) {
        if let Ok(Some(stat)) = self.entry(name)
            && Identity::from(&stat) == made
        {
            let _ = rustix::fs::unlinkat(&self.fd, name, AtFlags::empty());
        }
    }
}

pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Refuses a path of which somebody else can exchange a part: a directory or a link of another user's, or one that
/// others may write to, unless it is sticky as `/tmp` is.
pub fn check_ancestors(path: &Path) -> Result<(), Problem> {
    let parent = path.parent().unwrap_or(path);
    // As it is written, for the links on the way, and as it is, for what they lead to.
    let real = std::fs::canonicalize(parent).unwrap_or_else(|_| parent.into());
    parent.ancestors().chain(real.ancestors()).try_for_each(check_ancestor)
}

fn check_ancestor(dir: &Path) -> Result<(), Problem> {
    let stat = rustix::fs::lstat(dir).map_err(|error| cannot("look at", dir, error))?;
    if !trusted(stat.st_uid) {
        return Err(unsafe_to_use(format!("{} belongs to another user", dir.display()))
            .advice("choose a directory below your own or root's"));
    }
    let mode = Mode::from_raw_mode(stat.st_mode);
    let shared = mode.intersects(Mode::WGRP | Mode::WOTH) && !mode.contains(Mode::SVTX);
    if shared && FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
        return Err(unsafe_to_use(format!("others may write to {}", dir.display()))
            .advice(format!("chmod go-w {}, or choose another directory", dir.display())));
    }
    Ok(())
}

/// Ours, or root's. In a user namespace the outside root has no number of its own and shows as the overflow user.
fn trusted(uid: u32) -> bool {
    const OVERFLOW: u32 = 65534;
    uid == 0 || uid == own_uid() || (uid == OVERFLOW && in_user_namespace())
}

fn in_user_namespace() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let fields: Vec<_> = map.split_whitespace().collect();
    !fields.is_empty() && fields != ["0", "0", "4294967295"]
}
