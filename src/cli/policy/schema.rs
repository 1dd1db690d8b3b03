//! `vestry policy schema`: the shape of what a policy is told.

use std::process::ExitCode;

use super::super::{Usage, say};
use crate::decide::{Stage, json_schema};

/// Print the JSON Schema (draft 7) of the input that policies are told
///
/// Without --stage the schema of both: what is there at resolve only is not required.
///
/// Examples:
///   vestry policy schema > input.schema.json && opa check --schema input.schema.json policy
///   vestry policy schema --stage declare
///
/// Exit codes: 0
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Of this decision only
    #[arg(long, value_name = "STAGE", value_parser = ["declare", "resolve"])]
    stage: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Usage> {
    let stage = args.stage.as_deref().and_then(Stage::named);
    say(&format!("{:#}", json_schema(stage)));
    Ok(ExitCode::SUCCESS)
}
