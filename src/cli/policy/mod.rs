//! `vestry policy`: what a governance team does with a policy directory before it ships.

mod bundle;
mod check;
mod eval;
mod files;
mod init;
pub(in crate::cli) mod input;
mod key;
mod resolved;
mod schema;
mod sign;
pub(in crate::cli) mod template;
mod test;
mod verify;

use std::process::ExitCode;

use clap::Subcommand;

use super::Usage;
use crate::declare::Environment;

/// Write, test and try policies before they are shipped
///
/// Examples:
///   vestry policy init policy && vestry policy test policy
///   vestry policy eval policy --template template.yaml
#[derive(clap::Args)]
#[command(arg_required_else_help = true, verbatim_doc_comment)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// How a result is printed.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Pretty,
    Json,
}

/// Which of the two decisions.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum StageName {
    Declare,
    Resolve,
}

#[derive(Subcommand)]
enum Command {
    Test(test::Args),
    Eval(eval::Args),
    Input(input::Args),
    Check(check::Args),
    Schema(schema::Args),
    Init(init::Args),
    Bundle(bundle::Args),
    Sign(sign::Args),
    Verify(verify::Args),
}

pub(super) fn run(args: &Args, environment: &Environment) -> Result<ExitCode, Usage> {
    match &args.command {
        Command::Test(args) => test::run(args),
        Command::Eval(args) => eval::run(args, environment),
        Command::Input(args) => input::run(args, environment),
        Command::Check(args) => check::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Init(args) => init::run(args),
        Command::Bundle(args) => bundle::run(args),
        Command::Sign(args) => sign::run(args),
        Command::Verify(args) => verify::run(args),
    }
}

/// A command's result, with its own line ends.
fn say(text: &str) {
    super::print::write(text.as_bytes());
}
