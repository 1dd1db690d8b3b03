//! `vestry check`: what INIT would do, before there is one.

mod json;
pub(in crate::cli) mod judge;
mod made;
pub(in crate::cli) mod manifest;
mod of_template;
mod progress;
mod row;
pub(in crate::cli) mod subject;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use self::judge::{Means, Report};
use super::{Usage, complain, say};
use crate::declare::Environment;
use crate::error::ErrorType;
use crate::process;
use crate::resolve::Ask;

/// Say what INIT would do: which references are there, and what would refuse it
///
/// Of the environment (the function's configuration, as for `vestry local`), of a file of NAME=VALUE lines, or of each
/// function of a SAM or CloudFormation template; and of the manifest that belongs to it.
///
/// Offline, no store is asked: the grammar, the names, the sizes, the policy on what is declared, and of a template's
/// function its layers, wrapper and runtime. Online, the stores are asked besides, for metadata alone where that tells
/// whether the value is there (GetParameters without decryption, DescribeSecret); a key of a JSON secret is known by its
/// value only, and so is what a policy may ask, so these are fetched and dropped. No value is ever printed. Whether they
/// may be read and decrypted by these credentials, --fetch proves: it makes the very calls that INIT makes.
///
/// A store that does not answer at all is asked for 10 s, or for VESTRY_DEADLINE_MS where that is less; one that is slow for
/// 60 s.
///
/// Online is the default where credentials are configured (keys, a profile, a container's or web identity's), offline where
/// there are none. What a template alone does not tell is shown as unknown, and is no error; what it makes itself is shown
/// as such. A name that nothing in the template has is an error.
///
/// Examples:
///   DB_PASSWORD=ssm:/prod/db/password vestry check
///   vestry check --manifest vestry.toml --profile prod
///   vestry check --template template.yaml --offline --policy policy
///   vestry check --template template.yaml --function Orders --parameter Stage=prod --online --json
///
/// Exit codes: of several problems, that of the first in this order
///   0  INIT would succeed, as far as is known
///   2  usage: a missing file, a template that cannot be read
///   3  a declaration or the function's configuration is wrong
///   4  the policy denies it, or is not valid
///   6  a permission is missing
///   5  a parameter, a secret, a version or a key is not there
///   7  a store could not be asked
///   8  a value is there but cannot be delivered
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(flatten)]
    source: subject::Args,
    /// Ask no store
    #[arg(long, conflicts_with = "online")]
    offline: bool,
    /// Ask the stores
    #[arg(long)]
    online: bool,
    /// Ask the stores for all that INIT asks for, by the same calls; the values are dropped
    #[arg(long, conflicts_with = "offline")]
    fetch: bool,
    /// One JSON document on standard output
    #[arg(long)]
    json: bool,
    /// A policy directory or bundle to hold it against; may be given several times
    #[arg(long = "policy", value_name = "DIR")]
    policies: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, environment: &Environment) -> Result<ExitCode, Usage> {
    for directory in &args.policies {
        if !directory.is_dir() && !directory.is_file() {
            return Err(Usage(format!("{} is neither a directory nor a bundle", directory.display())));
        }
    }
    let subjects = args.source.subjects(environment)?;
    let online = args.online || args.fetch || (!args.offline && configured(environment));
    let ask = if args.fetch { Ask::Values } else { Ask::Metadata };
    let reports = process::block_on(async {
        let means = Means::new(&args.policies, online.then_some(ask), environment).await?;
        let mut reports = Vec::new();
        for subject in subjects {
            reports.push(judge::judge(subject, &means).await);
        }
        Ok::<_, Usage>(reports)
    })??;
    let code = reports.iter().filter_map(Report::error_type).min().map_or(0, exit_code);
    if args.json {
        say(&format!("{:#}", json::document(&reports, online, code)));
    } else {
        say(table::text(&reports, online, environment).trim_end());
        if !online && !args.offline {
            complain("no credentials are configured, so no store was asked; --online asks in any case");
        }
    }
    Ok(ExitCode::from(code))
}

fn exit_code(error_type: ErrorType) -> u8 {
    match error_type {
        ErrorType::InvalidDeclaration => 3,
        ErrorType::PolicyInvalid | ErrorType::PolicyDenied => 4,
        ErrorType::NotFound => 5,
        ErrorType::AccessDenied => 6,
        ErrorType::Unavailable => 7,
        ErrorType::UnsafeRunDirectory | ErrorType::Undeliverable => 8,
    }
}

/// Whether anything says where credentials are. The address that a virtual machine has them at is not tried: on any other
/// machine that takes seconds.
fn configured(environment: &Environment) -> bool {
    const NAMES: [&str; 6] = [
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
    ];
    let in_home = |name: &str| {
        environment.text("HOME").is_some_and(|home| PathBuf::from(home).join(".aws").join(name).is_file())
    };
    NAMES.iter().any(|name| environment.text(name).is_some()) || in_home("credentials") || in_home("config")
}
