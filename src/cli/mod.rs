//! `vestry`, the people's tool: what it takes, what it prints, how it ends.

mod check;
mod completions;
mod credentials;
mod emulate;
mod environment;
#[cfg(test)]
mod examples;
mod exec;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod iam;
mod import;
mod init;
mod json;
mod local;
mod manifest;
mod paint;
mod plain;
mod policy;
mod print;
mod programs;
mod schema;
mod timeline;
mod words;

use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser, Subcommand};

use self::print::{complain, complain_lines, say};
use crate::declare::Environment;
use crate::local::stores::{Emulator, StoreFile};
use crate::process;

#[derive(Parser)]
#[command(name = "vestry", version, about, arg_required_else_help = true)]
#[command(about = "Try, check and run functions that get their secrets from Vestry", after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  vestry local --store store.toml -- python3 -m awslambdaric app.handler
  vestry exec -- ./migrate
  vestry import --template template.yaml -o vestry.toml
  vestry policy test policy";

#[derive(Subcommand)]
enum Command {
    Local(local::Args),
    Exec(exec::Args),
    Check(check::Args),
    Iam(iam::Args),
    Emulate(emulate::Args),
    Policy(policy::Args),
    Import(import::Args),
    Completions(completions::CompletionsArgs),
    Man(completions::ManArgs),
    Schema(schema::Args),
}

/// What went wrong before anything ran: one message, exit code 2.
#[derive(Debug)]
struct Usage(String);

impl<E: std::fmt::Display> From<E> for Usage {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

const USAGE: u8 = 2;

/// The whole program; the exit code is in the help of each command.
pub fn run(environment: &Environment) -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| with_tip(error).exit());
    let result = match cli.command {
        Command::Local(args) => {
            process::harden();
            local::run(&args, environment)
        }
        Command::Exec(args) => {
            // No limit on core dumps: that would stay with the command.
            process::forbid_inspection();
            exec::run(&args, environment)
        }
        Command::Check(args) => {
            process::harden();
            check::run(&args, environment)
        }
        Command::Iam(args) => {
            process::harden();
            iam::run(&args, environment)
        }
        Command::Emulate(args) => {
            process::harden();
            emulate::run(&args)
        }
        Command::Schema(args) => {
            schema::run(&args);
            Ok(ExitCode::SUCCESS)
        }
        Command::Policy(args) => {
            process::harden();
            policy::run(&args, environment)
        }
        Command::Import(args) => {
            process::harden();
            import::run(&args, environment)
        }
        Command::Completions(args) => completions::completions(&args, Cli::command()),
        Command::Man(args) => completions::man(&args, Cli::command()),
    };
    result.unwrap_or_else(|Usage(message)| {
        complain(&message);
        ExitCode::from(USAGE)
    })
}

/// A command without `--` before it is the likeliest mistake.
fn with_tip(mut error: clap::Error) -> clap::Error {
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) if error.kind() == ErrorKind::UnknownArgument => argument,
        _ => return error,
    };
    if !unknown.starts_with('-') {
        let tip = "put -- before the command".into();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}

/// INIT was refused: CMD did not start.
const REFUSED: u8 = 3;

/// The embedded stores that `--store` asks for.
fn embedded(store: Option<&Path>) -> Result<Option<Emulator>, Usage> {
    let Some(path) = store else { return Ok(None) };
    let StoreFile { store, faults } = StoreFile::read(path)?;
    Ok(Some(Emulator::start(store, faults)?))
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
