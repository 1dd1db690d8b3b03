//! Bad input for every parser of Vestry. `make fuzz` runs all targets for a while; docs/fuzzing.md says what holds.

mod arguments;
mod case_file;
mod make;
mod mutate;
mod random;
mod run;
mod scratch;
mod seeds;
mod supervise;
mod target;
mod targets;
mod watchdog;

use std::process::ExitCode;

fn main() -> ExitCode {
    // Policies are evaluated in a process of their own, which is this program again.
    if vestry::decide::evaluator::is_asked() {
        return vestry::decide::evaluator::serve();
    }
    arguments::run()
}
