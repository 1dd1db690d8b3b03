//! What the commands about bundles read and write.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use super::super::{Usage, complain, say};
use crate::decide::bundle::{self, Fault, File, Tree};
use crate::error::Problem;
use crate::named_file;
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

/// A key, which may come by a pipe: then it need not lie on any disk.
pub(super) fn secret(path: &Path) -> Result<SecretValue, Usage> {
    named_file::bytes(path, MAX_KEY_BYTES)
        .map(SecretValue::from)
        .map_err(|e| Usage(format!("cannot read the key {}: {e}", path.display())))
}

/// A secret that signatures are made with: everybody has the empty one.
pub(super) fn not_empty(secret: &SecretValue) -> Result<(), String> {
    if secret.expose().is_empty() { Err("it is empty".into()) } else { Ok(()) }
}

/// As a whole or not at all: a file that lies at `path`, or where a link leads from there, is replaced by a rename and keeps
/// its mode. What is none (a pipe, `/dev/stdout`) is written to; whether it was a file.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<bool, Usage> {
    let cannot = |e: std::io::Error| Usage(format!("cannot write {}: {e}", path.display()));
    if path.as_os_str() == "-" {
        return Err(Usage("- is no file name; name a file, or /dev/stdout".into()));
    }
    let there = fs::metadata(path).ok();
    if there.as_ref().is_some_and(|there| !there.is_file() && !there.is_dir()) {
        let written =
            fs::OpenOptions::new().write(true).open(path).and_then(|mut file| file.write_all(bytes));
        return written.map(|()| false).map_err(cannot);
    }
    let place = match &there {
        Some(_) => fs::canonicalize(path).map_err(cannot)?,
        None => path.to_path_buf(),
    };
    place.file_name().ok_or_else(|| Usage(format!("{} is no file name", path.display())))?;
    // In containers every process may have the same number, and one that was killed has left its file.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let beside = place.with_file_name(format!(".vestry-{}-{now}", std::process::id()));
    let written = fs::File::create_new(&beside)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| there.map_or(Ok(()), |there| fs::set_permissions(&beside, there.permissions())))
        .and_then(|()| fs::rename(&beside, &place));
    written.map(|()| true).map_err(|e| {
        let _ = fs::remove_file(&beside);
        cannot(e)
    })
}

/// What was written, beside it: on standard output only where that was not written to.
pub(super) fn tell(to_a_file: bool, text: &str) {
    if to_a_file { say(text) } else { complain(text) }
}

/// What was not packed or looked at, although somebody may believe so.
pub(super) fn not_read(ignored: &[PathBuf]) {
    for path in ignored {
        complain(&format!(
            "{} is not read: policies end in .rego, data is data.json or data.yaml, settings are settings.toml at the top",
            path.display()
        ));
    }
}

pub(super) fn refused(problems: &[Problem]) -> ExitCode {
    for problem in problems {
        complain(&problem.to_string());
    }
    ExitCode::from(REFUSED)
}
