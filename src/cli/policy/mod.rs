//! `vestry policy`: what a governance team does with a policy directory before it ships.

mod check;
mod init;
mod schema;

use std::process::ExitCode;

use clap::Subcommand;

use super::Usage;
use crate::declare::Environment;

/// Write, test and try policies before they are shipped
#[derive(clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Args),
    Init(init::Args),
    Schema(schema::Args),
}

pub(super) fn run(args: &Args, _environment: &Environment) -> Result<ExitCode, Usage> {
    match &args.command {
        Command::Check(args) => check::run(args),
        Command::Init(args) => init::run(args),
        Command::Schema(args) => schema::run(args),
    }
}
