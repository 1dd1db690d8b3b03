//! `vestry policy`: what a governance team does with a policy directory before it ships.

mod bundle;
mod files;
mod init;
mod sign;
mod verify;

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
    Init(init::Args),
    Bundle(bundle::Args),
    Sign(sign::Args),
    Verify(verify::Args),
}

pub(super) fn run(args: &Args, _environment: &Environment) -> Result<ExitCode, Usage> {
    match &args.command {
        Command::Init(args) => init::run(args),
        Command::Bundle(args) => bundle::run(args),
        Command::Sign(args) => sign::run(args),
        Command::Verify(args) => verify::run(args),
    }
}
