//! `vestry exec`: the same declarations for any command, without Lambda.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use super::credentials::Chain;
use super::words::warning_line;
use super::{REFUSED, Usage, complain, embedded, environment, manifest};
use crate::decide::Approved;
use crate::declare::{Delivery, Environment, Host};
use crate::deliver::{self, Prepared};
use crate::error::Refusal;
use crate::log::{Level, Log, Sink};
use crate::pipeline;
use crate::process;
use crate::report::Report;

/// Resolve what the environment declares, then become CMD with the values
///
/// For laptops, containers and CI. Logs go to standard error; a terminal shows their warnings alone, unless VESTRY_LOG
/// is set. With --store the references are answered by embedded stores; without it by AWS, with the credentials of
/// your profile.
///
/// A manifest is taken from the working directory (vestry.toml, .json, .yaml, .yml), or from where --manifest or
/// VESTRY_MANIFEST says.
/// The files of values with as = "file" stay for as long as CMD runs; as nothing of Vestry runs beside CMD, the next
/// vestry exec removes them.
///
/// Examples:
///   DB_PASSWORD=ssm:/dev/db/password vestry exec -- ./migrate
///   VESTRY_SECRETS=prod/stripe vestry exec --store store.toml -- pytest
///   vestry exec --manifest deploy/vestry.toml --profile dev -- ./server
///
/// Exit codes: those of CMD, or
///   2    usage: a missing file, a store file that cannot be read
///   3    refused; CMD did not start
///   126  CMD cannot be started
///   127  CMD does not exist
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Answer from embedded stores that hold what FILE says (TOML)
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    #[command(flatten)]
    manifest: manifest::Args,
    /// A policy directory (sets VESTRY_POLICY)
    #[arg(long, value_name = "DIR")]
    policy: Option<PathBuf>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

pub(super) fn run(args: &Args, environment: &Environment) -> Result<ExitCode, Usage> {
    let environment = &args.manifest.over(environment)?;
    let policy = super::local::policy(args.policy.as_deref(), environment)?;
    let emulator = embedded(args.store.as_deref())?;
    let mut asking = match &emulator {
        Some(emulator) => {
            environment::for_embedded(environment, &emulator.endpoint(), &emulator.store().region)
        }
        None => environment.clone(),
    };
    environment::with_places(&mut asking, policy.as_deref(), None);
    let approved = process::block_on(approve(asking, emulator.is_some()))?;
    let made = approved.and_then(|approved| deliver::exec::environment(&approved, environment));
    // Dropped where CMD does not start.
    let (environment, _files) = match made {
        Ok(made) => made,
        Err(refusal) => {
            complain(&format!("{}: {refusal}", refusal.error_type()));
            return Ok(ExitCode::from(REFUSED));
        }
    };
    let (program, arguments) = args.command.split_first().ok_or_else(|| Usage("no command".into()))?;
    let failure = deliver::exec::replace(program, arguments, &environment);
    complain(&failure.to_string());
    Ok(ExitCode::from(failure.exit_code()))
}

async fn approve(mut environment: Environment, embedded: bool) -> Result<Approved, Refusal> {
    let mut log = Log { level: Level::Info, sink: sink(&environment) };
    let chain = if embedded { None } else { Chain::load(&environment).await };
    if let Some(region) = chain.as_ref().and_then(|chain| chain.region.as_ref()) {
        environment.set("AWS_REGION", region);
    }
    let mut report = Report::begin();
    let host = environment::host(Host::with_delivery(Delivery::Exec));
    let provider = chain.and_then(|chain| chain.provider);
    let approved =
        pipeline::approve(&environment, &host, None, provider, Prepared::make, &mut log, &mut report).await;
    // CMD takes this process over, and no child of it.
    let approved = approved.map(|(approved, ..)| approved);
    if environment.text("VESTRY_DELIVERY") == Some("file") {
        let unused = "VESTRY_DELIVERY=file is not used: exec puts the values into CMD's environment";
        log.warnings(&[unused.into()]);
    }
    match &approved {
        Ok(_) => report.ready(&log),
        Err(refusal) => report.refused(&log, refusal),
    }
    approved
}

/// Programs get every line; a person gets what there is to act on, unless they ask for the log.
fn sink(environment: &Environment) -> Sink {
    let asked = environment.text("VESTRY_LOG").is_some_and(|level| !level.is_empty());
    if !asked && std::io::stderr().is_terminal() { Sink::Person(warning_line) } else { Sink::Stderr }
}
