//! Instructions as valgrind counts them, from exec to the arrival of `register`.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::run::{Bench, Program};

pub fn can_be_counted() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Only the program's own, in all of its threads; the kernel's are not among them.
pub fn count(bench: &Bench, program: &Program) -> io::Result<u64> {
    bench.stub.reset(Duration::ZERO);
    let profile = bench.paths.scratch.join("callgrind.out");
    let mut child = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(&program.path)
        .args(&program.arguments)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        // Everything takes fifty times as long.
        .envs([("VESTRY_DEADLINE_MS", "60000"), ("VESTRY_POLICY_TIMEOUT_MS", "60000")])
        .envs(program.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let _registering = bench.api.register_arrives()?;
    // Nobody handles this signal: valgrind writes its count down and ends.
    kill(Pid::from_raw(child.id() as i32), Signal::SIGUSR1)?;
    child.wait()?;
    total(&profile).ok_or_else(|| io::Error::other("valgrind left no count"))
}

fn total(profile: &Path) -> Option<u64> {
    let profile = std::fs::read_to_string(profile).ok()?;
    profile.lines().find_map(|line| line.strip_prefix("totals: "))?.trim().parse().ok()
}
