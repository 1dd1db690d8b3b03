//! Where the programs that belong together lie: beside each other.

use std::path::{Path, PathBuf};

use super::Usage;

/// The extension and the wrapper beside this very program.
pub(super) struct Programs {
    pub extension: PathBuf,
    pub exec: PathBuf,
}

impl Programs {
    pub fn find() -> Result<Self, Usage> {
        let own =
            std::env::current_exe().map_err(|e| format!("cannot tell where vestry itself lies: {e}"))?;
        let directory = own.parent().unwrap_or(Path::new("/"));
        Ok(Self {
            extension: beside(directory, "vestry-extension")?,
            exec: beside(directory, "vestry-exec")?,
        })
    }
}

fn beside(directory: &Path, name: &str) -> Result<PathBuf, Usage> {
    let path = directory.join(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(Usage(format!(
        "{name} is not in {}; vestry runs the real programs, and they belong into one directory \
         (`cargo build --bins` puts them there)",
        directory.display()
    )))
}
