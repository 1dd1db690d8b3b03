//! This process becomes the command.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::changes::Changes;
use super::run_dir;
use super::value_files::{self, ValueFiles};
use crate::decide::Approved;
use crate::declare::Environment;
use crate::error::Refusal;

/// Why the command did not start.
#[derive(Debug, thiserror::Error)]
#[error("{}: {}", .program.display(), explained(.source))]
pub struct Failure {
    program: OsString,
    source: io::Error,
}

impl Failure {
    /// As `env` and the shells have it: 127 where there is no such program, 126 where it cannot be started.
    pub fn exit_code(&self) -> u8 {
        if self.source.kind() == io::ErrorKind::NotFound { 127 } else { 126 }
    }
}

fn explained(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            "there is no such program, or none of the interpreter that it names".into()
        }
        io::ErrorKind::ArgumentListTooLong => {
            "all variables and arguments together are larger than Linux takes; declare less, or set \
             VESTRY_DELIVERY=file"
                .into()
        }
        _ => error.to_string(),
    }
}

/// The environment of a command that is to have the values, and the files that some of them are in: gone when dropped,
/// and left to the command that takes this process over.
pub fn environment(
    approved: &Approved,
    environment: &Environment,
) -> Result<(Environment, Option<ValueFiles>), Refusal> {
    let environment = Changes::of(approved)?.apply(environment);
    let run_dir = &approved.declared().settings.run_dir;
    // What is in the way of a file of this one's is told when that is written.
    let _ = value_files::sweep_ended(run_dir);
    if !approved.files().is_empty() {
        run_dir::ensure(run_dir)?;
    }
    Ok((environment, value_files::write(approved)?))
}

/// Becomes the command, found through `PATH`: same pid, descriptors, working directory. Returns only on failure.
pub fn replace(program: &OsStr, arguments: &[OsString], environment: &Environment) -> Failure {
    let mut command = Command::new(program);
    // Where a name occurs twice the command keeps the last one, and `getenv` takes the first: so backwards.
    let mut variables: Vec<_> = environment.iter().collect();
    variables.reverse();
    command.args(arguments).env_clear().envs(variables);
    Failure { program: program.into(), source: command.exec() }
}
