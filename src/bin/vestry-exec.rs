//! What stands before the runtime: `AWS_LAMBDA_EXEC_WRAPPER=/opt/vestry-exec`.

use std::process::ExitCode;

use vestry::declare::Environment;
use vestry::deliver::wrapper;
use vestry::process;

fn main() -> ExitCode {
    process::forbid_inspection();
    wrapper::run(std::env::args_os(), &Environment::of_process())
}
