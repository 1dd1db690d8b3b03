//! How a child came to be no more, and what that says of the policy.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::process::Signal;

use super::super::policy::{OURS, invalid};
use crate::error::Problem;

/// What the child leaves behind.
pub struct End {
    pub status: ExitStatus,
    /// What it was at, where it said so.
    pub doing: Option<String>,
    pub last_words: String,
    pub memory_mb: u64,
}

impl End {
    pub fn problem(&self) -> Problem {
        let doing = self.doing.as_deref().unwrap_or("starting");
        let (what, advice) = self.cause();
        invalid(&format!("{what} {doing}")).advice(advice)
    }

    fn cause(&self) -> (String, &'static str) {
        let signal = self.status.signal();
        let is = |other: Signal| signal == Some(other.as_raw());
        // Rust's own words before it aborts; the system's answer to a stack that may grow no further is SIGSEGV.
        if self.last_words.contains("memory allocation of") {
            let what = format!("took more than the {} MB of VESTRY_POLICY_MEMORY_MB", self.memory_mb);
            (what, "make the rule build less, or raise VESTRY_POLICY_MEMORY_MB")
        } else if is(Signal::SEGV) || self.last_words.contains("overflowed its stack") {
            (
                "overflowed the stack".into(),
                "rules or values refer to each other too deeply; make them flatter",
            )
        } else if is(Signal::XCPU) {
            (
                "took more CPU time than VESTRY_POLICY_TIMEOUT_MS allows".into(),
                "make its rules simpler, or raise it",
            )
        } else if is(Signal::KILL) {
            (
                "had its process killed from outside (signal 9)".into(),
                "the function's memory ran out, or somebody ended it",
            )
        } else {
            (format!("had its process end ({})", self.status), OURS)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(status: i32, last_words: &str) -> String {
        let doing = Some("evaluating data.vestry.declare.deny of /opt/policy".into());
        let status = ExitStatus::from_raw(status);
        End { status, doing, last_words: last_words.into(), memory_mb: 64 }.problem().to_string()
    }

    #[test]
    fn each_end_is_told_by_its_cause_and_names_the_rule() {
        for (status, words, cause) in [
            (
                6,
                "memory allocation of 9 bytes failed",
                "took more than the 64 MB of VESTRY_POLICY_MEMORY_MB ",
            ),
            (6, "\nthread 'main' has overflowed its stack", "overflowed the stack "),
            (11, "", "overflowed the stack "),
            (24, "", "took more CPU time than VESTRY_POLICY_TIMEOUT_MS allows "),
            (9, "", "had its process killed from outside (signal 9) "),
            (6, "", "had its process end (signal: 6 (SIGABRT)) "),
            (256, "", "had its process end (exit status: 1) "),
        ] {
            let told = end(status, words);
            let expected = format!("policy {cause}evaluating data.vestry.declare.deny of /opt/policy; ");
            assert!(told.starts_with(&expected), "{status}: {told}");
        }
    }
}
