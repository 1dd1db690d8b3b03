//! `vestry emulate`: the two stores, for whatever speaks to them.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use super::Usage;
use crate::local::http::Plain;
use crate::local::stores::{Emulator, StoreFile};
use crate::process;

/// Serve a store file as SSM Parameter Store and Secrets Manager on loopback
///
/// Prints the endpoint, then serves until it is interrupted. Any credentials do.
///
/// Example:
///   vestry emulate --store store.toml --port 4570 &
///   AWS_ENDPOINT_URL=http://127.0.0.1:4570 aws ssm get-parameter --name /prod/db/password --with-decryption
///
/// Exit codes:
///   0  it was interrupted
///   2  usage: a store file that cannot be read, a port that is taken
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// What the stores hold (TOML)
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Usage> {
    let StoreFile { store, faults } = StoreFile::read(&args.store)?;
    let emulator = Emulator::start_on(args.port, Plain, store, faults)
        .map_err(|e| format!("cannot listen on 127.0.0.1:{}: {e}", args.port))?;
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{}", emulator.endpoint());
    let _ = stdout.flush();
    process::block_on(super::local::interrupted())?;
    Ok(ExitCode::SUCCESS)
}
