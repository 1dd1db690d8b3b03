//! `vestry policy init`: a directory to begin with.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::super::{Usage, say};

/// Write a first rule, its test, its data and a README into DIR
///
/// DIR is made where it does not exist. Nothing is ever overwritten: with one of the files there, none is written.
///
/// Example:
///   vestry policy init policy && vestry policy test policy
///
/// Exit codes: 0, or 2 when the files cannot be written
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The directory to begin
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

const STARTER: [(&str, &str); 4] = [
    ("README.md", include_str!("starter/README.md")),
    ("data.yaml", include_str!("starter/data.yaml")),
    ("own_stage.rego", include_str!("starter/own_stage.rego")),
    ("own_stage_test.rego", include_str!("starter/own_stage_test.rego")),
];

pub(super) fn run(args: &Args) -> Result<ExitCode, Usage> {
    let directory = &args.directory;
    let there: Vec<&str> = STARTER
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| directory.join(name).symlink_metadata().is_ok())
        .collect();
    if !there.is_empty() {
        return Err(Usage(format!(
            "{} has {} already; nothing was written, name another directory",
            directory.display(),
            there.join(", ")
        )));
    }
    fs::create_dir_all(directory).map_err(|e| format!("cannot make {}: {e}", directory.display()))?;
    for (name, text) in STARTER {
        let path = directory.join(name);
        write_new(&path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        say(&path.display().to_string());
    }
    say(&format!("\nNow: vestry policy test {}", directory.display()));
    Ok(ExitCode::SUCCESS)
}

/// Fails where anything is in its place, be it a link to nowhere.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    File::create_new(path)?.write_all(text.as_bytes())
}
