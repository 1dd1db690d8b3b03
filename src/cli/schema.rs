//! `vestry schema`: what editors complete and check files with.

use super::say;
use crate::declare::manifest::SCHEMA;

/// Print the JSON Schema of a file, for editors
///
/// Examples:
///   vestry schema manifest > vestry.schema.json
///
/// In vestry.toml, as the first line (Even Better TOML, Taplo): #:schema ./vestry.schema.json
/// In vestry.yaml, as the first line: # yaml-language-server: $schema=./vestry.schema.json
/// In vestry.json, as the first key: "$schema": "./vestry.schema.json"
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Whose schema
    #[arg(value_enum)]
    file: File,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum File {
    /// vestry.toml, vestry.json, vestry.yaml
    Manifest,
}

pub(super) fn run(args: &Args) {
    match args.file {
        File::Manifest => say(SCHEMA.trim_end()),
    }
}
