//! Each decision as one line of the log.

use std::time::Instant;

use serde_json::{Value, json};

use super::bundle::Bundle;
use super::evaluate::{Finding, Outcome};
use super::rules::Stage;
use super::worker::Loaded;
use crate::error::Refusal;
use crate::log::{Level, Log, milliseconds};

/// A clean answer: `{stage, decision, messages, warnings, rules, revision, ms}`, besides `exceptions` where one was
/// used, `revisions` where there are two directories and OPA's `bundles` where there are any. Each warning has a line of
/// its own, too.
pub(super) fn write_decision(log: Log, stage: Stage, outcome: &Outcome, loaded: &Loaded, started: Instant) {
    for warning in &outcome.warnings {
        let mut fields = described(warning);
        fields["stage"] = json!(stage.as_str());
        log.write(Level::Warn, "policy_warning", fields);
    }
    if !outcome.prints.is_empty() {
        log.write(Level::Debug, "policy_print", json!({"stage": stage.as_str(), "lines": outcome.prints}));
    }
    let denied = !outcome.denials.is_empty();
    let mut fields = json!({
        "stage": stage.as_str(),
        "decision": if denied { "deny" } else { "allow" },
        "messages": outcome.denials.iter().map(described).collect::<Vec<_>>(),
        "warnings": outcome.warnings.iter().map(described).collect::<Vec<_>>(),
        "rules": outcome.rules,
        "revision": loaded.revisions.first().map(|(_, revision)| revision),
        "ms": milliseconds(started.elapsed()),
    });
    if !outcome.waived.is_empty() {
        let waived = outcome.waived.iter();
        fields["exceptions"] =
            waived.map(|w| json!({"package": w.package, "rule": w.rule, "messages": w.msg})).collect();
    }
    if !loaded.bundles.is_empty() {
        let bundle = |b: &Bundle| (b.path.display().to_string(), json!({"revision": b.manifest.revision}));
        fields["bundles"] = Value::Object(loaded.bundles.iter().map(bundle).collect());
    }
    if loaded.revisions.len() > 1 {
        let revisions = loaded.revisions.iter().map(|(path, hash)| (path.display().to_string(), json!(hash)));
        fields["revisions"] = Value::Object(revisions.collect());
    }
    log.record(if denied { Level::Warn } else { Level::Info }, "decision", fields);
}

/// No clean answer: `{stage, decision: "deny", error, messages, warnings, ms}`.
pub(super) fn write_failure(log: Log, stage: Stage, refusal: &Refusal, started: Instant) {
    let fields = json!({
        "stage": stage.as_str(),
        "decision": "deny",
        "error": refusal.error_type(),
        "messages": refusal.problems().iter().map(|p| json!({"msg": p.to_string()})).collect::<Vec<_>>(),
        "warnings": [],
        "ms": milliseconds(started.elapsed()),
    });
    log.record(Level::Warn, "decision", fields);
}

fn described(finding: &Finding) -> Value {
    let mut fields = finding.metadata.clone();
    fields.insert("msg".into(), json!(finding.msg));
    if let Some(id) = &finding.id {
        fields.insert("id".into(), json!(id));
    }
    fields.insert("package".into(), json!(finding.package));
    fields.insert("rule".into(), json!(finding.rule));
    Value::Object(fields)
}
