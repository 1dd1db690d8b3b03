//! A fourteenth of a CPU, what Lambda gives a function of 128 MB: a control group of its own, version 1 or 2.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const PERIOD_US: u32 = 20_000;
const QUOTA_US: u32 = PERIOD_US / 14;

/// Removed when dropped.
pub struct Throttle(PathBuf);

impl Throttle {
    /// Why there is none is told: the machine may not let us.
    pub fn new() -> io::Result<Self> {
        let name = format!("vestry-bench-{}", std::process::id());
        let version_1 = Path::new("/sys/fs/cgroup/cpu");
        if version_1.join("cpu.shares").exists() || version_1.join("tasks").exists() {
            let group = Self::make(version_1.join(name))?;
            fs::write(group.0.join("cpu.cfs_period_us"), PERIOD_US.to_string())?;
            fs::write(group.0.join("cpu.cfs_quota_us"), QUOTA_US.to_string())?;
            return Ok(group);
        }
        let root = Path::new("/sys/fs/cgroup");
        fs::write(root.join("cgroup.subtree_control"), "+cpu")?;
        let group = Self::make(root.join(name))?;
        fs::write(group.0.join("cpu.max"), format!("{QUOTA_US} {PERIOD_US}"))?;
        Ok(group)
    }

    fn make(path: PathBuf) -> io::Result<Self> {
        fs::create_dir(&path)?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Throttle {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}
