//! `vestry policy`: what a governance team does with a policy directory before it ships.

mod eval;
mod init;
mod input;
mod template;
mod test;

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

/// How a result is printed.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Pretty,
    Json,
}

#[derive(Subcommand)]
enum Command {
    Test(test::Args),
    Eval(eval::Args),
    Input(input::Args),
    Init(init::Args),
}

pub(super) fn run(args: &Args, environment: &Environment) -> Result<ExitCode, Usage> {
    match &args.command {
        Command::Test(args) => test::run(args),
        Command::Eval(args) => eval::run(args, environment),
        Command::Input(args) => input::run(args, environment),
        Command::Init(args) => init::run(args),
    }
}

/// A command's result. A reader that has gone away misses nothing.
fn say(text: &str) {
    use std::io::Write as _;
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}
