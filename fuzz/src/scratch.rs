//! A directory for as long as a target needs one.

use std::path::{Path, PathBuf};

pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let name = format!("vestry-fuzz-{}-{name}", std::process::id());
        // In memory, where there is room for it: a disk takes longer than what is fuzzed.
        let places = [PathBuf::from("/dev/shm"), std::env::temp_dir()].map(|place| place.join(&name));
        let made = places.into_iter().find(|path| std::fs::create_dir_all(path).is_ok());
        Self(made.expect("a directory can be made"))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.join(name);
        if std::fs::write(&path, bytes).is_err() {
            std::fs::create_dir_all(path.parent().expect("it lies in a directory"))
                .expect("a directory can be made");
            std::fs::write(&path, bytes).expect("a file can be written");
        }
    }

    /// Whether or not it is there.
    pub fn remove(&self, name: &str) {
        let _ = std::fs::remove_file(self.0.join(name));
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
