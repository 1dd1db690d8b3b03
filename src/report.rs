//! The INIT line: one log line that says what an INIT took and how it ended.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::decide::Unenforced;
use crate::declare::Declared;
use crate::error::Refusal;
use crate::log::{Level, Log, milliseconds};
use crate::resolved::Calls;

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
            line["problems"] = json!(refusal.problems());
        }
        line
    }
}
