//! The INIT line: one log line that says what an INIT took and how it ended.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::decide::Unenforced;
use crate::declare::Declared;
use crate::error::Refusal;
use crate::log::{Level, Log, fitting, milliseconds};
use crate::resolved::Calls;

/// More than anybody reads; Lambda is told all of them.
const MAX_PROBLEMS_BYTES: usize = 128 << 10;

/// Gathers the INIT line while the stages go by.
#[derive(Debug)]
pub struct Report {
    started: Instant,
    lap: Instant,
    stages: Vec<(&'static str, Duration)>,
    declared: usize,
    delivery: &'static str,
    pub calls: Calls,
    pub variables: usize,
    unenforced: Unenforced,
}

impl Report {
    pub fn begin() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            lap: now,
            stages: Vec::new(),
            declared: 0,
            delivery: "none",
            calls: Calls::default(),
            variables: 0,
            unenforced: Unenforced::default(),
        }
    }

    pub fn started(&self) -> Instant {
        self.started
    }

    pub fn declared(&mut self, declared: &Declared) {
        self.declared = declared.declarations.len();
        self.delivery = declared.delivery.as_str();
    }

    /// What the policy would have denied, were it not in report mode.
    pub fn unenforced(&mut self, unenforced: &Unenforced) {
        self.unenforced = unenforced.clone();
    }

    /// Ends a stage: the time since the last one ended is its.
    pub fn stage(&mut self, name: &'static str) {
        let now = Instant::now();
        self.stages.push((name, now - self.lap));
        self.lap = now;
    }

    pub fn ready(&self, log: &Log) {
        log.record(Level::Info, "init", self.line("ready", None));
    }

    pub fn refused(&self, log: &Log, refusal: &Refusal) {
        log.record(Level::Error, "init", self.line("refused", Some(refusal)));
    }

    fn line(&self, outcome: &str, refusal: Option<&Refusal>) -> Value {
        let mut ms: Map<String, Value> =
            self.stages.iter().map(|(name, time)| (name.to_string(), milliseconds(*time))).collect();
        ms.insert("total".into(), milliseconds(self.started.elapsed()));
        let mut line = json!({
            "outcome": outcome,
            "declared": self.declared,
            "variables": self.variables,
            "delivery": self.delivery,
            "calls": {
                "ssm": self.calls.ssm,
                "secretsmanager": self.calls.secretsmanager,
                "retries": self.calls.retries,
            },
            "ms": ms,
        });
        if self.calls.sts > 0 {
            line["calls"]["sts"] = json!(self.calls.sts);
            line["ms"]["assume_roles"] = milliseconds(self.calls.assuming);
        }
        if !self.unenforced.directories.is_empty() {
            line["mode"] = json!("report");
            line["reporting"] = json!(self.unenforced.directories);
            line["would_deny"] = self.unenforced.told();
        }
        if let Some(refusal) = refusal {
            line["error_type"] = json!(refusal.error_type());
            let problems = refusal.problems().iter().map(|problem| json!(problem)).collect();
            let (problems, left_out) = fitting("/problems", problems, MAX_PROBLEMS_BYTES);
            line["problems"] = Value::Array(problems);
            if let Some(left_out) = left_out {
                line["omitted"] = json!([left_out]);
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorType, Problem};

    #[test]
    fn no_line_is_longer_than_lambda_takes() {
        let problem = |n: usize| Problem::new(ErrorType::PolicyDenied, format!("{n} {}", "x".repeat(250)));
        let refusal = |count| Refusal::unless_empty((0..count).map(problem).collect()).unwrap_err();
        let line = Report::begin().line("refused", Some(&refusal(1_000)));
        let told = line["problems"].as_array().unwrap().len();
        assert!(line.to_string().len() < 256 << 10 && told > 100, "{told}");
        assert_eq!(line["omitted"], json!([format!("/problems: {} of them", 1_000 - told)]));
        assert!(Report::begin().line("refused", Some(&refusal(3))).get("omitted").is_none());
    }
}
