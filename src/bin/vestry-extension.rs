//! The extension: `/opt/extensions/vestry` in Lambda.

use std::path::Path;
use std::pin::pin;
use std::process::ExitCode;

use vestry::decide::evaluator;
use vestry::declare::Environment;
use vestry::{pipeline, process};

fn main() -> anyhow::Result<ExitCode> {
    if evaluator::is_asked() { Ok(evaluator::serve()) } else { extension() }
}

/// Apart from the other half, which has no need of so much stack.
#[inline(never)]
fn extension() -> anyhow::Result<ExitCode> {
    process::forbid_core();
    // A copy of this process: before it knows anything, and while it may still be told to forget its environment.
    let forked = pipeline::forked();
    process::harden();
    let environment = Environment::of_process();
    let Some(api) = environment.text("AWS_LAMBDA_RUNTIME_API").map(str::to_string) else {
        #[expect(clippy::print_stderr, reason = "said to a person")]
        {
            eprintln!(
                "vestry-extension {} is an AWS Lambda extension: Lambda starts it, from /opt/extensions.\n\
                 On this machine, `vestry local -- CMD...` runs it against an emulator of Lambda.",
                env!("CARGO_PKG_VERSION")
            );
        }
        return Ok(ExitCode::from(2));
    };
    let ahead = pipeline::ahead(forked, &environment);
    // Lambda knows an extension by its file name.
    let path = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&path).file_name().map_or("vestry".into(), |name| name.to_string_lossy());
    // It is large, and stays where it is made.
    let init = pin!(pipeline::extension(environment, ahead, &name, &api));
    Ok(process::block_on(init)?)
}
