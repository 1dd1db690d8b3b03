//! The people's tool, on laptops and in CI.

use std::process::ExitCode;

use vestry::decide::evaluator;
use vestry::declare::Environment;

fn main() -> ExitCode {
    if evaluator::is_asked() {
        return evaluator::serve();
    }
    vestry::cli::run(&Environment::of_process())
}
