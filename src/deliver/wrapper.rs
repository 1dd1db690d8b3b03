//! `vestry-exec`: takes the values and becomes the runtime.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use super::changes::Changes;
use super::exec;
use super::take::take;
use crate::declare::{self, Declared, Delivery, Environment, Host, delivery};
use crate::error::{ErrorType, Problem, Refusal};

const USAGE: &str = "\
usage: vestry-exec CMD [ARGS...]

Takes the values that the Vestry extension resolved and starts CMD with them in its environment.
In Lambda: AWS_LAMBDA_EXEC_WRAPPER=/opt/vestry-exec, or the ENTRYPOINT of an image.
As /opt/bootstrap (OS-only runtimes) it starts the program that the handler names.
";

/// Runs until the command takes this process over; what it returns is the exit code of a failure.
pub fn run(arguments: impl Iterator<Item = OsString>, environment: &Environment) -> ExitCode {
    let began = Instant::now();
    let arguments: Vec<OsString> = arguments.collect();
    let command = match Command::of(&arguments, environment) {
        Ok(Some(command)) => command,
        Ok(None) => {
            say(USAGE.trim_end());
            return ExitCode::from(2);
        }
        Err(problem) => return refuse(&problem.into()),
    };
    let environment = match environment_for(environment, began) {
        Ok(environment) => environment,
        Err(refusal) => return refuse(&refusal),
    };
    let failure = exec::replace(command.program.as_os_str(), &command.arguments, &environment);
    say(&format!("vestry-exec: {failure}"));
    if command.is_handler {
        say("the function's handler (_HANDLER) has to name its program in the deployment package");
    }
    ExitCode::from(failure.exit_code())
}

/// The environment for the command, or why it must not start.
fn environment_for(environment: &Environment, began: Instant) -> Result<Environment, Refusal> {
    let host = Host::with_delivery(Delivery::Socket);
    let declared = declare::read_beside_extension(environment, &host)?;
    if declared.delivery == Delivery::None {
        return Ok(Changes::default().apply(environment));
    }
    let taken = take(&declared.settings.run_dir, began + declared.settings.deadline)?;
    let changes = taken.changes();
    whole(&changes, &declared)?;
    let mut result = changes.apply(environment);
    // A start script that looks for the wrapper again would have us wait for a second message: of the settings
    // only the layer's policy would be left to see, and the socket is gone.
    if delivery::policy_in_force(&declared.settings, &host) && delivery::wrapper_is_ours(environment) {
        result.remove("AWS_LAMBDA_EXEC_WRAPPER");
    }
    Ok(result)
}

/// No placeholder may stay in the environment, and no value may be missing from it.
fn whole(changes: &Changes<'_>, declared: &Declared) -> Result<(), Refusal> {
    let problem = |label| {
        Problem::new(ErrorType::Undeliverable, "it is declared here, but the extension did not resolve it")
            .variable(label)
            .advice("set it in the function's configuration, where the extension sees it as well")
    };
    Refusal::unless_empty(changes.unanswered(declared).into_iter().map(problem).collect())
}

struct Command {
    program: PathBuf,
    arguments: Vec<OsString>,
    is_handler: bool,
}

impl Command {
    /// `None`: there is nothing to run.
    fn of(arguments: &[OsString], environment: &Environment) -> Result<Option<Self>, Problem> {
        let (own, rest) =
            arguments.split_first().map_or((OsStr::new(""), arguments), |(own, rest)| (own, rest));
        let is_bootstrap = Path::new(own).file_name().is_some_and(|name| name == "bootstrap");
        // Lambda starts a bootstrap without arguments, its emulator with the handler as the only one.
        let names_handler = matches!(rest, [one] if Some(one.as_os_str()) == environment.get("_HANDLER"));
        if is_bootstrap && (rest.is_empty() || names_handler) {
            let program = handler(environment)?;
            return Ok(Some(Self { program, arguments: Vec::new(), is_handler: true }));
        }
        Ok(rest.split_first().map(|(program, arguments)| Self {
            program: program.into(),
            arguments: arguments.to_vec(),
            is_handler: false,
        }))
    }
}

/// `$LAMBDA_TASK_ROOT/$_HANDLER`, which stays inside the task root.
fn handler(environment: &Environment) -> Result<PathBuf, Problem> {
    let invalid = |variable: &str, why: &str| {
        Problem::new(ErrorType::InvalidDeclaration, why)
            .variable(variable)
            .advice("as bootstrap, vestry-exec starts the program that the function's handler names")
    };
    let set = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let root = set("LAMBDA_TASK_ROOT").ok_or_else(|| invalid("LAMBDA_TASK_ROOT", "it is not set"))?;
    let handler = set("_HANDLER").ok_or_else(|| invalid("_HANDLER", "it is not set"))?;
    let stays_inside =
        Path::new(handler).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !stays_inside {
        return Err(invalid("_HANDLER", "the handler leads out of the deployment package"));
    }
    Ok(Path::new(root).join(handler))
}

fn refuse(refusal: &Refusal) -> ExitCode {
    say(&format!("vestry-exec: {}: {refusal}", refusal.error_type()));
    say("vestry-exec: the command was not started");
    ExitCode::FAILURE
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
