//! What the commands about bundles read and write.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use super::super::{Usage, complain};
use crate::decide::bundle::{self, Fault, File, Tree};
use crate::error::Problem;
use crate::secret::SecretValue;

/// The policy is not what it should be.
const REFUSED: u8 = 1;
const MAX_KEY_BYTES: u64 = 64 << 10;

/// What a key may be asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "UPPER")]
pub(super) enum Algorithm {
    Rs256,
    Es256,
    Es384,
    Hs256,
}

impl Algorithm {
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Hs256 => "HS256",
        }
    }
}

/// A bundle or a directory, as files.
pub(super) struct Subject {
    pub files: Vec<File>,
    pub packed: bool,
}

impl Subject {
    /// The outer error is a path that is not there, the inner one what lies there.
    pub fn read(path: &Path) -> Result<Result<Self, Problem>, Usage> {
        let metadata = fs::metadata(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        let read = if metadata.is_dir() {
            Tree::read(path).map(|tree| Self { files: tree.files, packed: false })
        } else {
            bundle::files(path).map(|files| Self { files, packed: true })
        };
        Ok(read.map_err(|fault: Fault| bundle::problem(path, &fault)))
    }
}

pub(super) fn secret(path: &Path) -> Result<SecretValue, Usage> {
    let cannot = |why: String| Usage(format!("cannot read the key {}: {why}", path.display()));
    let bytes = bundle::bounded(path, MAX_KEY_BYTES).map_err(|fault| match fault {
        Fault::Unreadable(error) => cannot(error.to_string()),
        other => cannot(format!("it {other}")),
    })?;
    Ok(SecretValue::from(bytes.ok_or_else(|| cannot(format!("it is larger than {MAX_KEY_BYTES} bytes")))?))
}

/// As a whole or not at all: what lies at `path` is replaced by a rename.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Usage> {
    let cannot = |e: std::io::Error| Usage(format!("cannot write {}: {e}", path.display()));
    let name = path.file_name().ok_or_else(|| Usage(format!("{} is no file name", path.display())))?;
    let beside = path.with_file_name(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let written = fs::File::create_new(&beside)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&beside, path));
    written.map_err(|e| {
        let _ = fs::remove_file(&beside);
        cannot(e)
    })
}

pub(super) fn refused(problems: &[Problem]) -> ExitCode {
    for problem in problems {
        complain(&problem.to_string());
    }
    ExitCode::from(REFUSED)
}
