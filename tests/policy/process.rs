//! Both decisions in a process of their own: for what is logged, and for policies that take the process with them.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use vestry::decide::{Forked, Gate};
use vestry::declare::Settings;
use vestry::log::{Level, Log, Sink};

use crate::support::{Dir, decide_with, declared, patient, quiet, run};

/// Printed when, and only when, something may be delivered.
pub const APPROVED: &str = "approved for delivery";

/// What the process says on standard output.
pub fn output(layer: &Dir, owner: Option<&Dir>) -> String {
    output_with(layer, owner, &[])
}

/// The same where only errors are to be logged.
pub fn output_at_error(layer: &Dir) -> String {
    output_with(layer, None, &[("TEST_QUIET", "1")])
}

/// The same where whoever waits for the first decision gives up on it; it is asked of `program`.
pub fn output_given_up(layer: &Dir, program: &Path) -> String {
    output_with(layer, None, &[("TEST_GIVEN_UP", program.to_str().unwrap())])
}

/// The same of a process that has been copied to evaluate, when the layer was seen or was not.
pub fn output_of_a_copy(layer: &Path, owner: Option<&Dir>, layer_seen: bool) -> String {
    let seen = layer_seen.then_some(("TEST_SEEN", "1"));
    output_by("process::decides_in_a_copy", layer, owner, seen.as_slice())
}

fn output_with(layer: &Dir, owner: Option<&Dir>, more: &[(&str, &str)]) -> String {
    output_by("process::decides", layer.path(), owner, more)
}

fn output_by(test: &str, layer: &Path, owner: Option<&Dir>, more: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    // One thread: only such a process can be copied.
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]).env_clear();
    command.env("TEST_LAYER", layer).envs(owner.map(|owner| ("TEST_OWNER", owner.path())));
    command.envs(more.iter().copied());
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

#[test]
#[ignore = "other tests start it"]
#[expect(clippy::disallowed_methods, reason = "the process's only way to be told")]
#[expect(clippy::print_stdout, reason = "its only way to tell")]
fn decides() {
    let settings = Settings { policy: std::env::var_os("TEST_OWNER").map(Into::into), ..patient() };
    let layer = std::env::var_os("TEST_LAYER").unwrap();
    let level = if std::env::var_os("TEST_QUIET").is_some() { Level::Error } else { Level::Debug };
    let log = Log { level, sink: Sink::Stdout };
    if let Some(program) = std::env::var_os("TEST_GIVEN_UP") {
        run(async {
            let mut gate = Gate::open_as(program.as_ref(), layer.as_ref(), &settings, log);
            let deciding = gate.judge_declared(declared(settings.clone()));
            tokio::time::timeout(Duration::from_millis(50), deciding).await.expect_err("nobody answers");
        });
        return;
    }
    if decide_with(layer.as_ref(), &settings, log).is_ok() {
        println!("{APPROVED}");
    }
}

#[test]
#[ignore = "other tests start it"]
#[expect(clippy::disallowed_methods, reason = "the process's only way to be told")]
#[expect(clippy::print_stdout, reason = "its only way to tell")]
fn decides_in_a_copy() {
    let forked = Forked::begin(std::env::var_os("TEST_SEEN").is_some());
    let settings = Settings { policy: std::env::var_os("TEST_OWNER").map(Into::into), ..patient() };
    let layer = std::env::var_os("TEST_LAYER").unwrap();
    let ahead = forked.tell(layer.as_ref(), &settings);
    let decided = run(async {
        let mut gate = Gate::open(Some(ahead), layer.as_ref(), &settings, quiet());
        gate.judge_declared(declared(settings.clone())).await.map(drop)
    });
    match decided {
        Ok(()) => println!("{APPROVED}"),
        Err(refusal) => println!("{:?}", refusal.error_type()),
    }
}
