//! `vestry policy input`: what a policy is asked of a function.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use serde_json::Value;

use super::super::{REFUSED, Usage, complain};
use super::{say, template};
use crate::decide::input;
use crate::declare::{self, Delivery, Environment, Host};
use crate::error::Refusal;

/// Print the input document that a policy would be asked on a function
///
/// Of the environment (the function's configuration, as for `vestry local`), of a file of NAME=VALUE lines, or of a
/// function of a SAM or CloudFormation template. It is the document of the stage vestry.declare: that of vestry.resolve
/// holds what only the stores tell.
///
/// What a template alone does not tell is null, stands under `unknown` with its place and reason, and is said on
/// standard error: nothing is guessed. Parameters have their defaults, or what --parameter says.
///
/// Examples:
///   DB_PASSWORD=ssm:/prod/db/password vestry policy input
///   vestry policy input --env-file function.env
///   vestry policy input --template template.yaml --function Orders --parameter Stage=prod > input.json
///
/// Exit codes: 0, 2 usage, 3 the declarations are wrong, so that the function would not start
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Args {
    /// Lines of NAME=VALUE in place of the environment
    #[arg(long, value_name = "FILE", conflicts_with = "template")]
    env_file: Option<PathBuf>,
    #[command(flatten)]
    template: template::Args,
}

pub(in crate::cli) fn run(args: &Args, environment: &Environment) -> Result<ExitCode, Usage> {
    let document = match args.template.read()? {
        Some(template) => {
            let functions = args.template.functions(&template)?;
            let [function] = functions.as_slice() else {
                let ids: Vec<_> = functions.iter().map(|function| function.id.as_str()).collect();
                return Err(Usage(format!("name one of its functions with --function: {}", ids.join(", "))));
            };
            template::foresee(function).map(|foreseen| {
                foreseen.unknown.iter().for_each(|gap| complain(&format!("{}:{gap}", template.path())));
                foreseen.warnings.iter().for_each(|warning| complain(warning));
                foreseen.document
            })
        }
        None => of_environment(&match &args.env_file {
            Some(path) => env_file(path)?,
            None => environment.clone(),
        }),
    };
    match document {
        Ok(document) => {
            say(&format!("{document:#}\n"));
            Ok(ExitCode::SUCCESS)
        }
        Err(refusal) => {
            complain(&format!("{}: {refusal}", refusal.error_type()));
            Ok(ExitCode::from(REFUSED))
        }
    }
}

/// Where nothing says how the values travel it is as for `vestry local`: by the socket.
fn of_environment(environment: &Environment) -> Result<Value, Refusal> {
    let said =
        declare::delivery::wrapper_is_ours(environment) || environment.get("VESTRY_DELIVERY").is_some();
    let host = if said { Host::lambda() } else { Host::with_delivery(Delivery::Socket) };
    let declared = declare::read(environment, &host)?;
    declared.warnings.iter().for_each(|warning| complain(warning));
    Ok(input::at_declare(&declared, SystemTime::now()))
}

/// `NAME=VALUE`, a line each; empty lines and those that begin with `#` are none. Values are taken as they stand, but
/// for a pair of quotes around the whole.
pub(in crate::cli) fn env_file(path: &Path) -> Result<Environment, Usage> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let mut environment = Environment::default();
    for (i, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=').filter(|(name, _)| !name.trim().is_empty()) else {
            return Err(Usage(format!("{}:{}: write NAME=VALUE", path.display(), i + 1)));
        };
        environment.set(name.trim(), unquoted(value.trim()));
    }
    Ok(environment)
}

fn unquoted(value: &str) -> &str {
    let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}
