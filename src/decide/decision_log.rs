//! Each decision as one line of the log, with the names that OPA's decision logs have
//! (openpolicyagent.org, "Decision Logs", "Decision Log Service API").

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ring::rand::{SecureRandom, SystemRandom};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::bundle::Bundle;
use super::evaluate::{Finding, Outcome, Waived};
use super::hex::hex;
use super::rules::Stage;
use super::worker::Loaded;
use crate::declare::Function;
use crate::error::{ErrorType, Problem, Refusal};
use crate::log::{Level, Log, fitting, milliseconds, rfc3339};

/// A line of Lambda's log is cut at 256 KiB; what is larger than its share is left out, and named in `omitted`.
const MAX_INPUT_BYTES: usize = 64 << 10;
const MAX_RESULT_BYTES: usize = 48 << 10;
/// Of each list.
const MAX_LIST_BYTES: usize = 24 << 10;
/// What a policy prints has a line of its own.
const MAX_PRINTS_BYTES: usize = 192 << 10;
/// Of what one exception exempts: who waives it has to be in the line, however much it is.
const MAX_EXEMPTED_BYTES: usize = 4 << 10;

/// One decision, from the moment it is asked for.
pub(super) struct Asked {
    stage: Stage,
    started: Instant,
    labels: Value,
    input: Option<Box<RawValue>>,
    /// When there was an answer.
    decided: Option<(SystemTime, Duration)>,
    /// What loading took, on the first decision, and evaluation.
    pub loading: Option<Duration>,
    pub evaluating: Option<Duration>,
}

impl Asked {
    pub fn new(stage: Stage, function: &Function) -> Self {
        let Function { name, version, region, initialization_type, .. } = function;
        let labels = labels([name, version, region, initialization_type].map(Option::as_deref));
        Self {
            stage,
            started: Instant::now(),
            labels,
            input: None,
            decided: None,
            loading: None,
            evaluating: None,
        }
    }

    /// The input it is judged by.
    pub fn of(&mut self, input: Box<RawValue>) -> &RawValue {
        self.input.insert(input)
    }

    /// There is an answer: its time is this, whenever it is written down.
    fn decided(&mut self) {
        self.decided = Some((SystemTime::now(), self.started.elapsed()));
    }

    /// What every decision's line has.
    fn fields(&self) -> Map<String, Value> {
        let (at, took) = self.decided.unwrap_or_else(|| (SystemTime::now(), self.started.elapsed()));
        let fields = json!({
            "decision_id": decision_id(),
            "labels": self.labels,
            "path": path(self.stage),
            "metrics": self.metrics(took),
            "timestamp": nanoseconds(at),
            "stage": self.stage.as_str(),
            "ms": milliseconds(took),
        });
        match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    /// Named as in OPA, where it is the same that is measured.
    fn metrics(&self, took: Duration) -> Value {
        let timers = [
            ("timer_rego_load_files_ns", self.loading),
            ("timer_rego_query_eval_ns", self.evaluating),
            ("timer_sdk_decision_eval_ns", Some(took)),
        ];
        timers.into_iter().filter_map(|(name, time)| Some((name, json!(time?.as_nanos() as u64)))).collect()
    }
}

/// A decision under way. Whoever waits for it may give up, at the deadline: that is written down too.
pub(super) struct Unanswered {
    asked: Option<Asked>,
    log: Log,
}

impl Unanswered {
    pub fn new(asked: Asked, log: Log) -> Self {
        Self { asked: Some(asked), log }
    }

    pub fn asked(&mut self) -> &mut Asked {
        self.asked.as_mut().expect("there is no answer yet")
    }

    pub fn answered(mut self) -> Asked {
        let mut asked = self.asked.take().expect("there is one answer");
        asked.decided();
        asked
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if let Some(asked) = self.asked.take() {
            write_failure(self.log, &asked, &too_late().into());
        }
    }
}

/// A decision that comes after the deadline comes too late.
pub fn too_late() -> Problem {
    Problem::new(ErrorType::Unavailable, "VESTRY_DEADLINE_MS ran out while the policy was deciding")
}

/// What a mask is asked about: the line as far as the policy's own process knows it.
pub(super) fn maskable(stage: Stage, input: &Value, outcome: &Outcome) -> Value {
    let function = &input["function"];
    let labels =
        labels(["name", "version", "region", "initialization_type"].map(|name| function[name].as_str()));
    json!({"input": input, "result": result(outcome), "path": path(stage), "labels": labels})
}

fn result(outcome: &Outcome) -> Value {
    json!({"deny": all(&outcome.denials), "warn": all(&outcome.warnings)})
}

fn path(stage: Stage) -> String {
    format!("vestry/{}", stage.as_str())
}

/// Texts, as OPA's are; what is unknown is left away.
fn labels([name, version, region, initialization_type]: [Option<&str>; 4]) -> Value {
    let labels = [
        ("app", Some("vestry")),
        ("version", Some(env!("CARGO_PKG_VERSION"))),
        ("function_name", name),
        ("function_version", version),
        ("region", region),
        ("initialization_type", initialization_type),
    ];
    labels.into_iter().filter_map(|(label, text)| Some((label, json!(text?)))).collect()
}

/// A clean answer: OPA's fields, and `{stage, decision, messages, warnings, rules, revision, ms}`. Besides, where there is
/// something to say: `exceptions`, `unfit_waivers`, `mode` and `would_deny`, `revisions`, `erased`, `masked`, `omitted`.
/// Each warning, and each waiver that does not waive, has a line of its own, too.
pub(super) fn write_decision(log: Log, asked: Asked, outcome: &Outcome, loaded: &Loaded) {
    write_warnings(log, asked.stage, outcome);
    let denied = !outcome.denials.is_empty();
    let mut fields = asked.fields();
    let mut set = |name: &str, value: Value| fields.insert(name.into(), value);
    set("decision", json!(if denied { "deny" } else { "allow" }));
    set("rules", json!(outcome.rules));
    set("revision", json!(loaded.revisions.first().map(|(_, revision)| revision)));
    set("bundles", bundles(loaded));
    if loaded.revisions.len() > 1 {
        let revisions = loaded.revisions.iter().map(|(path, hash)| (path.display().to_string(), json!(hash)));
        set("revisions", Value::Object(revisions.collect()));
    }
    if !loaded.reporting.is_empty() {
        set("mode", json!("report"));
    }
    let would_deny = outcome.warnings.iter().filter(|finding| finding.softened.is_some()).count();
    if would_deny > 0 {
        set("would_deny", json!(would_deny));
    }
    let mut input = asked.input;
    let mut line = Map::from_iter([("result".to_string(), result(outcome))]);
    if !outcome.masks.is_empty()
        && let Some(whole) = input.take()
    {
        // What cannot be looked into is not shown.
        line.insert("input".into(), serde_json::from_str(whole.get()).unwrap_or_default());
    }
    let (changes, mask_error) = outcome.masks.apply(&mut line);
    for (name, paths) in [("erased", changes.erased), ("masked", changes.masked)] {
        if !paths.is_empty() {
            fields.insert(name.into(), json!(paths));
        }
    }
    if let Some(why) = mask_error {
        fields.insert("mask_error".into(), json!(why));
    }
    let list = |name: &str| line.get("result").and_then(|r| r[name].as_array()).cloned().unwrap_or_default();
    let denials_are_told = line.get("result").is_some_and(|result| result["deny"].is_array());
    let mut omitted = Vec::new();
    let lists = [
        ("messages", list("deny")),
        ("warnings", list("warn")),
        ("exceptions", exceptions(&outcome.waived, denials_are_told, &mut omitted)),
        ("unfit_waivers", outcome.unfit.iter().map(|unfit| json!(unfit)).collect()),
    ];
    for (name, list) in lists {
        let (list, left_out) = fitting(&format!("/{name}"), list, MAX_LIST_BYTES);
        omitted.extend(left_out);
        if !list.is_empty() || ["messages", "warnings"].contains(&name) {
            fields.insert(name.into(), Value::Array(list));
        }
    }
    let masked = line.iter().map(|(name, part)| (name.as_str(), part.to_string()));
    // Where nothing is masked the input is text as it is.
    let unmasked = input.map(|input| ("input", Box::<str>::from(input).into_string()));
    let mut parts: BTreeMap<&str, String> = masked.chain(unmasked).collect();
    let mut written = Vec::new();
    for (name, limit) in [("input", MAX_INPUT_BYTES), ("result", MAX_RESULT_BYTES)] {
        match parts.remove(name) {
            Some(part) if part.len() > limit => omitted.push(format!("/{name}")),
            Some(part) => written.push((name, part)),
            None => {}
        }
    }
    if !omitted.is_empty() {
        fields.insert("omitted".into(), json!(omitted));
    }
    let level = if denied { Level::Warn } else { Level::Info };
    log.record_with(level, "decision", Value::Object(fields), &written);
}

/// A denial that only warns is told whatever `VESTRY_LOG` says: no variable makes it silent.
fn write_warnings(log: Log, stage: Stage, outcome: &Outcome) {
    for warning in &outcome.warnings {
        let mut fields = described(warning);
        fields["stage"] = json!(stage.as_str());
        if warning.softened.is_some() {
            log.record(Level::Warn, "policy_warning", fields);
        } else {
            log.write(Level::Warn, "policy_warning", fields);
        }
    }
    for unfit in &outcome.unfit {
        let fields = json!({"stage": stage.as_str(), "package": unfit.package, "message": unfit.why});
        log.write(Level::Warn, "policy_waiver", fields);
    }
    if !outcome.prints.is_empty() {
        let lines = outcome.prints.iter().map(|line| json!(line)).collect();
        let (lines, left_out) = fitting("/lines", lines, MAX_PRINTS_BYTES);
        let mut fields = json!({"stage": stage.as_str(), "lines": lines});
        if let Some(left_out) = left_out {
            fields["omitted"] = json!([left_out]);
        }
        log.write(Level::Debug, "policy_print", fields);
    }
}

/// As OPA names them; a plain directory has the hash of what it holds for its revision.
fn bundles(loaded: &Loaded) -> Value {
    let directories = loaded.revisions.iter().map(|(path, hash)| (path, hash));
    let bundles = loaded.bundles.iter().map(|Bundle { path, manifest }| (path, &manifest.revision));
    let named = directories.chain(bundles);
    Value::Object(
        named.map(|(path, revision)| (path.display().to_string(), json!({"revision": revision}))).collect(),
    )
}

/// No clean answer: `{stage, decision: "deny", error, messages, warnings, ms}`. The input is left out, because nobody
/// could say what of it was to be masked.
pub(super) fn write_failure(log: Log, asked: &Asked, refusal: &Refusal) {
    let mut fields = asked.fields();
    let mut set = |name: &str, value: Value| fields.insert(name.into(), value);
    set("decision", json!("deny"));
    set("error", json!(refusal.error_type()));
    let messages = refusal.problems().iter().map(|problem| json!({"msg": problem.to_string()})).collect();
    let (messages, left_out) = fitting("/messages", messages, MAX_LIST_BYTES);
    set("messages", Value::Array(messages));
    set("warnings", json!([]));
    if let Some(left_out) = left_out {
        set("omitted", json!([left_out]));
    }
    log.record(Level::Warn, "decision", Value::Object(fields));
}

/// Each with as many of its messages as there is room for. Where masks took the denials out, what was waived is not said
/// either: who answers for it is.
fn exceptions(waived: &[Waived], denials_are_told: bool, omitted: &mut Vec<String>) -> Vec<Value> {
    let told = waived.iter().enumerate().map(|(i, waived)| {
        let mut told = waived.told();
        if !denials_are_told {
            for (of, name) in [("", "messages"), ("/waiver", "reference")] {
                told.pointer_mut(of).and_then(Value::as_object_mut).map(|fields| fields.remove(name));
            }
            return told;
        }
        let messages = waived.msg.iter().map(|msg| json!(msg)).collect();
        let place = format!("/exceptions/{i}/messages");
        let (messages, left_out) = fitting(&place, messages, MAX_EXEMPTED_BYTES);
        omitted.extend(left_out);
        told["messages"] = Value::Array(messages);
        told
    });
    told.collect()
}

/// What report mode let pass, for the INIT line.
pub(super) fn reported(findings: &[Finding]) -> Value {
    Value::Array(fitting("", findings.iter().map(described).collect(), MAX_LIST_BYTES).0)
}

fn all(findings: &[Finding]) -> Vec<Value> {
    findings.iter().map(described).collect()
}

fn described(finding: &Finding) -> Value {
    let mut fields = finding.metadata.clone();
    fields.insert("msg".into(), json!(finding.msg));
    if let Some(id) = &finding.id {
        fields.insert("id".into(), json!(id));
    }
    fields.insert("package".into(), json!(finding.package));
    fields.insert("rule".into(), json!(finding.rule));
    // Ours to say, whatever the rule's object says.
    fields.remove("would_deny");
    if let Some(softened) = finding.softened {
        fields.insert("would_deny".into(), json!(softened.as_str()));
    }
    Value::Object(fields)
}

/// `2026-11-22T15:31:04.928123456Z`, as OPA's.
fn nanoseconds(time: SystemTime) -> String {
    let text = rfc3339(time);
    let nanoseconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    format!("{}.{nanoseconds:09}Z", text.split_once('.').map_or("", |(seconds, _)| seconds))
}

/// A random UUID (RFC 9562, version 4).
fn decision_id() -> String {
    let mut bytes = [0u8; 16];
    // Without it two decisions cannot be told apart by their ids, but by their times.
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_nine_digits() {
        let time = UNIX_EPOCH + Duration::new(1_795_357_800, 250_000_007);
        assert_eq!(nanoseconds(time), "2026-11-22T14:30:00.250000007Z");
    }
}
