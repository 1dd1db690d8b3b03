//! The people's tool, on laptops and in CI.

use std::process::ExitCode;

use vestry::declare::Environment;

fn main() -> ExitCode {
    vestry::cli::run(&Environment::of_process())
}
