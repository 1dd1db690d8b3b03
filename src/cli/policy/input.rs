//! `vestry policy input`: what a policy is asked of a function.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::super::{REFUSED, Usage, complain, embedded};
use super::{StageName, resolved, say, template};
use crate::cli::environment::host as in_working_directory;
use crate::decide::input;
use crate::declare::{self, Delivery, Environment, Host};
use crate::error::Refusal;
use crate::named_file;
use crate::process;

/// Print the input document that a policy would be asked on a function
///
/// Of the environment (the function's configuration, as for `vestry local`), of a file of NAME=VALUE lines, or of a
/// function of a SAM or CloudFormation template. It is the document of the stage vestry.declare. With --stage resolve the
/// stores are asked, as the function would ask them: AWS with the credentials of your profile, or with --store embedded
/// ones. What is printed holds names, versions and dates, and never a value.
///
/// What a template alone does not tell is null, stands under `unknown` with its place and reason, and is said on
/// standard error: nothing is guessed. Parameters have their defaults, or what --parameter says.
///
/// Examples:
///   DB_PASSWORD=ssm:/prod/db/password vestry policy input
///   vestry policy input --env-file function.env
///   vestry policy input --template template.yaml --function Orders --parameter Stage=prod > input.json
///   vestry policy input --env-file function.env --stage resolve --store store.toml --kms-key-ids
///
/// Exit codes: 0, 2 usage, 3 refused: the declarations are wrong or what they name is not there, so that the function
/// would not start
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Args {
    /// Lines of NAME=VALUE in place of the environment
    #[arg(long, value_name = "FILE", conflicts_with_all = ["template", "function", "parameters"])]
    env_file: Option<PathBuf>,
    #[command(flatten)]
    template: template::Args,
    /// Of which decision
    #[arg(long, value_enum, default_value = "declare")]
    stage: StageName,
    /// With --stage resolve, answer from embedded stores that hold what FILE says (TOML)
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// With --stage resolve, ask for the KMS keys too, as INIT does where a policy reads kms_key_id
    #[arg(long)]
    kms_key_ids: bool,
}

pub(in crate::cli) fn run(args: &Args, environment: &Environment) -> Result<ExitCode, Usage> {
    if args.store.is_some() && args.stage == StageName::Declare {
        return Err(Usage("at the stage declare no store is asked: give --stage resolve".into()));
    }
    if args.kms_key_ids && args.stage == StageName::Declare {
        return Err(Usage("at the stage declare no key is known: give --stage resolve".into()));
    }
    let emulator = embedded(args.store.as_deref())?;
    let resolved = |of_function: &Environment, host: &Host| {
        process::block_on(resolved::document(of_function, host, emulator.as_ref(), args.kms_key_ids))
    };
    let document = match args.template.read()? {
        Some(template) => {
            let functions = args.template.functions(&template)?;
            let [function] = functions.as_slice() else {
                let ids: Vec<_> = functions.iter().map(|function| function.id.as_str()).collect();
                return Err(Usage(format!("name one of its functions with --function: {}", ids.join(", "))));
            };
            let foreseen = template::foresee(function, &template).inspect(|foreseen| {
                foreseen.unknown.iter().for_each(|gap| complain(&format!("{}:{gap}", template.path())));
            });
            let foreseen = foreseen.and_then(template::Foreseen::that_starts);
            match (args.stage, foreseen) {
                (StageName::Resolve, Ok(foreseen)) => {
                    if foreseen.unknown.iter().any(|gap| gap.matters) {
                        let why = "what is unknown cannot be asked for: say it with --parameter";
                        return Err(Usage(why.into()));
                    }
                    let of_function = resolved::with_access(&foreseen.environment, environment);
                    resolved(&of_function, &foreseen.host)?
                }
                (StageName::Declare, Ok(foreseen)) => {
                    foreseen.warnings.iter().for_each(|warning| complain(warning));
                    Ok(foreseen.document)
                }
                (_, Err(refusal)) => Err(refusal),
            }
        }
        None => {
            let of_function = match &args.env_file {
                Some(path) => env_file(path)?,
                None => environment.clone(),
            };
            match args.stage {
                StageName::Declare => of_environment(&of_function),
                StageName::Resolve => {
                    let of_function = resolved::with_access(&of_function, environment);
                    resolved(&of_function, &host(&of_function))?
                }
            }
        }
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
fn host(environment: &Environment) -> Host {
    let said =
        declare::delivery::wrapper_is_ours(environment) || environment.get("VESTRY_DELIVERY").is_some();
    in_working_directory(if said { Host::lambda() } else { Host::with_delivery(Delivery::Socket) })
}

fn of_environment(environment: &Environment) -> Result<Value, Refusal> {
    let declared = declare::read(environment, &host(environment))?;
    declared.warnings.iter().for_each(|warning| complain(warning));
    Ok(json!(input::at_declare(&declared, SystemTime::now())))
}

/// Far more than the variables of a function may take.
const LARGEST_ENV_FILE: u64 = 2 << 20;

/// `NAME=VALUE`, a line each; empty lines and those that begin with `#` are none. Values are taken as they stand, but
/// for a pair of quotes around the whole.
pub(in crate::cli) fn env_file(path: &Path) -> Result<Environment, Usage> {
    let text = named_file::text(path, LARGEST_ENV_FILE)
        .map_err(|e| format!("cannot read {}: {e}", path.display()))?;
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
