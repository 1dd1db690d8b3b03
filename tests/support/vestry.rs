//! `vestry` in a built environment, and how it ended.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub const VESTRY: &str = env!("CARGO_BIN_EXE_vestry");

/// What no output may contain.
pub const CANARY: &str = "c4n4ry-5up3r-s3cret";

/// With a built environment: the machine's own would steer it.
pub fn vestry(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(VESTRY);
    command
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .envs(variables.iter().copied())
        .args(arguments)
        .stdin(Stdio::null());
    command
}

pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

pub fn run(command: &mut Command) -> Ended {
    let Output { status, stdout, stderr } = command.output().expect("vestry runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ended { code: status.code().expect("an exit code"), stdout: text(stdout), stderr: text(stderr) }
}

impl Ended {
    pub fn document(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|_| panic!("one JSON document: {}{}", self.stdout, self.stderr))
    }

    pub fn has_line(&self, line: &str) {
        let there = self.stdout.lines().any(|there| there == line);
        assert!(there, "no {line} in:\n{}{}", self.stdout, self.stderr);
    }

    pub fn lacks(&self, text: &str) {
        let there = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(!there, "{text} in:\n{}{}", self.stdout, self.stderr);
    }

    pub fn has_no_value(&self) {
        assert!(!self.stdout.contains(CANARY) && !self.stderr.contains(CANARY), "a value was printed");
    }

    pub fn says(&self, text: &str) {
        assert!(self.stderr.contains(text), "no {text:?} in:\n{}", self.stderr);
    }
}
