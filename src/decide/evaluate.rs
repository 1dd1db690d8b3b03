//! A policy's rules, evaluated, and what they say, understood.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;
use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::evaluator::doing;
use super::explain::engine_error;
use super::policy::{Policy, invalid};
use super::rules::{Entry, Kind, Stage};
use crate::error::Problem;

/// More than anybody reads, and less than makes a log line or an error that Lambda would cut.
const MAX_FINDINGS: usize = 1_000;
const MAX_FINDING_BYTES: usize = 4 << 10;
const MAX_BYTES: usize = 256 << 10;

/// One element of a `deny`, `violation` or `warn` set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub directory: String,
    pub package: String,
    pub rule: String,
    pub msg: String,
    pub id: Option<String>,
    /// The variable it is about, where the rule says so.
    pub variable: Option<String>,
    /// Everything else that the rule's object says: `severity` and the like.
    pub metadata: Map<String, serde_json::Value>,
}

/// A rule that would have spoken, had an `exception` not exempted it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waived {
    pub package: String,
    pub rule: String,
    pub msg: Vec<String>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// `deny` and `violation`, none of which an exception exempts. Sorted.
    pub denials: Vec<Finding>,
    pub warnings: Vec<Finding>,
    pub waived: Vec<Waived>,
    /// How many rules were evaluated.
    pub rules: usize,
    /// What the policies `print`.
    pub prints: Vec<String>,
}

impl Outcome {
    /// Evaluates one directory's rules of a stage into this outcome.
    pub(super) fn add(
        &mut self,
        policy: &mut Policy,
        stage: Stage,
        input: &Value,
    ) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        policy.engine.set_input(input.clone());
        let mut packages: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for entry in policy.entries.iter().filter(|entry| entry.stage == stage) {
            packages.entry(entry.package.clone()).or_default().push(entry.clone());
        }
        for entries in packages.values() {
            problems.extend(self.add_package(policy, entries).err());
        }
        self.prints.extend(policy.engine.take_prints().unwrap_or_default());
        if self.denials.len() + self.warnings.len() > MAX_FINDINGS || self.bytes() > MAX_BYTES {
            problems.push(invalid(&format!(
                "{} says too much: more than {MAX_FINDINGS} messages or {MAX_BYTES} bytes",
                policy.root.display()
            )));
        }
        self.denials.sort_by_key(sort_key);
        self.denials.dedup();
        self.warnings.sort_by_key(sort_key);
        self.warnings.dedup();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn add_package(&mut self, policy: &mut Policy, entries: &[Entry]) -> Result<(), Problem> {
        let mut exempt = BTreeSet::new();
        for exception in entries.iter().filter(|e| e.kind == Kind::Exception) {
            for element in set_of(policy, exception)? {
                exempt.extend(exempted(exception, &element)?);
            }
        }
        for entry in entries.iter().filter(|e| e.kind != Kind::Exception) {
            self.rules += 1;
            let mut findings = Vec::new();
            for element in set_of(policy, entry)? {
                findings.push(finding(&policy.root.display().to_string(), entry, &element)?);
            }
            if exempt.contains(&entry.suffix) {
                if !findings.is_empty() {
                    let msg = findings.into_iter().map(|f| f.msg).collect();
                    self.waived.push(Waived {
                        package: entry.package.clone(),
                        rule: entry.rule.clone(),
                        msg,
                    });
                }
            } else if entry.kind == Kind::Warn {
                self.warnings.extend(findings);
            } else {
                self.denials.extend(findings);
            }
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.denials.iter().chain(&self.warnings).map(|f| f.msg.len()).sum()
    }
}

fn sort_key(finding: &Finding) -> (String, String, String, Option<String>, Option<String>) {
    let Finding { package, rule, msg, variable, directory, .. } = finding;
    (package.clone(), rule.clone(), msg.clone(), variable.clone(), Some(directory.clone()))
}

/// The elements of a rule's set; everything that is no set refuses.
fn set_of(policy: &mut Policy, entry: &Entry) -> Result<Vec<serde_json::Value>, Problem> {
    doing(format_args!("evaluating {} of {}", entry.path(), policy.root.display()));
    let value =
        policy.engine.eval_rule(entry.path()).map_err(|e| invalid(&evaluation_error(policy, entry, &e)))?;
    let kind = match value {
        Value::Set(set) => {
            if set.len() > MAX_FINDINGS {
                return Err(unclean(policy, entry, &format!("holds more than {MAX_FINDINGS} messages")));
            }
            let elements = set.iter_sorted().map(serde_json::to_value).collect::<Result<_, _>>();
            return elements.map_err(|_| unclean(policy, entry, "holds what JSON cannot say"));
        }
        Value::Undefined => "undefined",
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Err(unclean(policy, entry, &format!("is {kind}, not a set")))
}

fn evaluation_error(policy: &Policy, entry: &Entry, error: &anyhow::Error) -> String {
    let line = engine_error(error);
    if line.contains(&policy.root.display().to_string()) {
        line
    } else {
        format!("{}: {}: {line}", policy.root.display(), entry.path())
    }
}

fn unclean(policy: &Policy, entry: &Entry, why: &str) -> Problem {
    invalid(&format!("{}: {} {why}", policy.root.display(), entry.path()))
        .advice(format!("write `{} contains msg if {{ … }}`", entry.rule))
}

/// The suffixes that one element of `exception` names, as in conftest: `["region"]` exempts `deny_region`,
/// `violation_region` and `warn_region`, `[""]` those without a suffix.
fn exempted(entry: &Entry, element: &serde_json::Value) -> Result<Vec<String>, Problem> {
    let names = element.as_array().and_then(|names| {
        names.iter().map(|name| name.as_str().map(str::to_string)).collect::<Option<Vec<_>>>()
    });
    names.ok_or_else(|| {
        invalid(&format!("{} holds something other than a list of rule names", entry.path()))
            .advice("write `exception contains [\"name\"]` to exempt deny_name")
    })
}

/// A string, or an object with `msg`.
fn finding(directory: &str, entry: &Entry, element: &serde_json::Value) -> Result<Finding, Problem> {
    let mut metadata = element.as_object().cloned().unwrap_or_default();
    let msg = match element {
        serde_json::Value::String(msg) => Some(msg.clone()),
        _ => metadata.remove("msg").and_then(|msg| msg.as_str().map(str::to_string)),
    };
    let refuse = |why: &str| invalid(&format!("{directory}: {} {why}", entry.path()));
    let Some(msg) = msg else {
        return Err(refuse("holds an element that is neither a string nor an object with a string `msg`")
            .advice("add `\"msg\": \"…\"` to the object"));
    };
    if element.to_string().len() > MAX_FINDING_BYTES {
        return Err(refuse(&format!("holds a message larger than {MAX_FINDING_BYTES} bytes")));
    }
    let id = match metadata.remove("id") {
        None | Some(serde_json::Value::Null) => None,
        Some(serde_json::Value::String(id)) => Some(id),
        Some(other) => Some(other.to_string()),
    };
    let variable = metadata.get("variable").and_then(|v| v.as_str()).map(str::to_string);
    let (package, rule) = (entry.package.clone(), entry.rule.clone());
    Ok(Finding { directory: directory.to_string(), package, rule, msg, id, variable, metadata })
}
