//! A policy's rules, evaluated, and what they say, understood.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use regorus::Value;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::enforcement::{Level, Softened, level};
use super::escapes::{self, KEPT};
use super::evaluator::doing;
use super::explain::evaluation_error;
use super::mask::Masks;
use super::order::as_json;
use super::policy::{Policy, invalid};
use super::question::Input;
use super::rules::{Entry, Kind, Stage};
use super::settings::Mode;
use super::waiver::{Unfit, Waiver};
use crate::error::Problem;

/// More than anybody reads, and less than makes a log line or an error that Lambda would cut.
const MAX_FINDINGS: usize = 1_000;
const MAX_FINDING_BYTES: usize = 4 << 10;
const MAX_BYTES: usize = 256 << 10;
const SAY_LESS: &str = "say in one message what many things have in common";

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
    /// A denial that only warns, and why.
    pub softened: Option<Softened>,
}

/// A rule that would have spoken, had an `exception` not exempted it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waived {
    pub package: String,
    pub rule: String,
    pub msg: Vec<String>,
    /// None for an exception that only names rules, as conftest's.
    pub waiver: Option<Waiver>,
}

impl Waived {
    /// `{package, rule, messages}`, besides what its waiver says where it is one.
    pub fn told(&self) -> serde_json::Value {
        let mut fields = json!({"package": self.package, "rule": self.rule, "messages": self.msg});
        if let Some(waiver) = &self.waiver {
            fields["waiver"] = json!(waiver);
        }
        fields
    }
}

/// `exception to vestry.declare.deny_a: no (waived by team-a until 2026-12-31: migration)`
impl fmt::Display for Waived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exception to {}.{}: {}", self.package, self.rule, self.msg.join("; "))?;
        if let Some(Waiver { owner, expires, reason, .. }) = &self.waiver {
            write!(f, " (waived by {owner} until {expires}: {reason})")?;
        }
        Ok(())
    }
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// `deny` and `violation`, none of which an exception exempts. Sorted.
    pub denials: Vec<Finding>,
    pub warnings: Vec<Finding>,
    pub waived: Vec<Waived>,
    /// Waivers that do not waive: faulty ones, and expired ones that something is denied in spite of.
    pub unfit: Vec<Unfit>,
    /// How many rules were evaluated.
    pub rules: usize,
    /// What the policies `print`.
    pub prints: Vec<String>,
    /// What the decision log leaves out.
    pub masks: Masks,
}

impl Outcome {
    /// Evaluates one directory's rules of a stage into this outcome.
    pub(super) fn add(
        &mut self,
        policy: &mut Policy,
        stage: Stage,
        input: &Input,
    ) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        policy.engine(stage).set_input(input.engine.clone());
        let mut packages: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for entry in policy.entries.iter().filter(|entry| entry.stage == stage) {
            packages.entry(entry.package.clone()).or_default().push(entry.clone());
        }
        for entries in packages.values() {
            problems.extend(self.add_package(policy, entries, input).err());
        }
        self.prints.extend(policy.take_prints(stage));
        if self.denials.len() + self.warnings.len() > MAX_FINDINGS || self.bytes() > MAX_BYTES {
            let why = format!(
                "{} says too much: more than {MAX_FINDINGS} messages or {MAX_BYTES} bytes",
                policy.root.display()
            );
            problems.push(invalid(&why).advice(SAY_LESS));
        }
        self.denials.sort_by_key(sort_key);
        self.denials.dedup();
        self.warnings.sort_by_key(sort_key);
        self.warnings.dedup();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn add_package(&mut self, policy: &mut Policy, entries: &[Entry], input: &Input) -> Result<(), Problem> {
        let exceptions = self.exceptions(policy, entries)?;
        for entry in entries.iter().filter(|e| e.kind != Kind::Exception) {
            self.rules += 1;
            let mut findings = Vec::new();
            for element in set_of(policy, entry)? {
                findings.push(finding(policy, entry, &element)?);
            }
            let findings = self.waive(&exceptions, entry, findings, input);
            let (denials, warnings): (Vec<_>, Vec<_>) =
                findings.into_iter().partition(|f| entry.kind != Kind::Warn && f.softened.is_none());
            self.denials.extend(denials);
            self.warnings.extend(warnings);
        }
        Ok(())
    }

    fn exceptions(&mut self, policy: &mut Policy, entries: &[Entry]) -> Result<Exceptions, Problem> {
        let mut exceptions = Exceptions::default();
        for exception in entries.iter().filter(|e| e.kind == Kind::Exception) {
            for element in set_of(policy, exception)? {
                match element.as_object().map(Waiver::read) {
                    Some(Ok(waiver)) => exceptions.waivers.push(waiver),
                    Some(Err(why)) => self.unfit.push(Unfit {
                        package: exception.package.clone(),
                        why: format!("{} holds a waiver that does not waive: {why}", exception.path()),
                    }),
                    None => exceptions.suffixes.extend(exempted(exception, &element)?),
                }
            }
        }
        Ok(exceptions)
    }

    /// Puts what an exception exempts among what is waived; the rest.
    fn waive(
        &mut self,
        exceptions: &Exceptions,
        entry: &Entry,
        findings: Vec<Finding>,
        input: &Input,
    ) -> Vec<Finding> {
        let mut left = Vec::new();
        for finding in findings {
            let mut about =
                exceptions.waivers.iter().filter(|w| w.is_about(entry, &finding, input.document()));
            let waiver = about.clone().find(|waiver| waiver.in_force(input.document()));
            if waiver.is_some() || exceptions.suffixes.contains(&entry.suffix) {
                self.add_waived(entry, finding.msg, waiver);
                continue;
            }
            if let Some(Waiver { owner, expires, .. }) = about.next() {
                let why = format!("the waiver of {owner} for {} expired {expires}", entry.path());
                self.unfit.push(Unfit { package: entry.package.clone(), why });
            }
            left.push(finding);
        }
        self.unfit.sort();
        self.unfit.dedup();
        left
    }

    /// One for each rule and waiver.
    fn add_waived(&mut self, entry: &Entry, msg: String, waiver: Option<&Waiver>) {
        let same = |w: &&mut Waived| {
            (&w.package, &w.rule, w.waiver.as_ref()) == (&entry.package, &entry.rule, waiver)
        };
        match self.waived.iter_mut().find(same) {
            Some(waived) => waived.msg.push(msg),
            None => self.waived.push(Waived {
                package: entry.package.clone(),
                rule: entry.rule.clone(),
                msg: vec![msg],
                waiver: waiver.cloned(),
            }),
        }
    }

    fn bytes(&self) -> usize {
        self.denials.iter().chain(&self.warnings).map(|f| f.msg.len()).sum()
    }
}

/// What a package's `exception` says.
#[derive(Default)]
struct Exceptions {
    suffixes: BTreeSet<String>,
    waivers: Vec<Waiver>,
}

fn sort_key(finding: &Finding) -> (String, String, String, Option<String>, Option<String>) {
    let Finding { package, rule, msg, variable, directory, .. } = finding;
    (package.clone(), rule.clone(), msg.clone(), variable.clone(), Some(directory.clone()))
}

/// The elements of a rule's set; everything that is no set refuses.
fn set_of(policy: &mut Policy, entry: &Entry) -> Result<Vec<serde_json::Value>, Problem> {
    doing(format_args!("evaluating {} of {}", entry.path(), policy.root.display()));
    let value = policy
        .engine(entry.stage)
        .eval_rule(entry.path())
        .map_err(|e| evaluation_error(policy, entry, &e))?;
    let kind = match value {
        Value::Set(set) => {
            if set.len() > MAX_FINDINGS {
                let why = format!("holds more than {MAX_FINDINGS} messages");
                return Err(unclean(policy, entry, &why).advice(SAY_LESS));
            }
            let elements = set.iter_sorted().map(|element| serde_json::to_value(as_json(element).ok()?).ok());
            let elements: Option<_> = elements.collect();
            return elements.ok_or_else(|| unclean(policy, entry, "holds what JSON cannot say"));
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
        invalid(&format!("{} holds something other than a list of rule names, or a waiver", entry.path()))
            .advice("write `exception contains [\"name\"]` to exempt deny_name")
    })
}

/// A string, or an object with `msg`.
fn finding(policy: &Policy, entry: &Entry, element: &serde_json::Value) -> Result<Finding, Problem> {
    let directory = policy.root.display().to_string();
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
    let written = element.to_string();
    if written.contains(KEPT) {
        let why = escapes::keeps();
        return Err(refuse(&why).advice("give it another name"));
    }
    if written.len() > MAX_FINDING_BYTES {
        let why = format!("holds a message larger than {MAX_FINDING_BYTES} bytes");
        return Err(refuse(&why).advice("make it shorter, and give its object less to carry"));
    }
    let id = match metadata.remove("id") {
        None | Some(serde_json::Value::Null) => None,
        Some(serde_json::Value::String(id)) => Some(id),
        Some(other) => Some(other.to_string()),
    };
    let variable = metadata.get("variable").and_then(|v| v.as_str()).map(str::to_string);
    let softened = softened(policy.mode, entry, &metadata)
        .map_err(|why| refuse(&format!("holds an element that {why}")))?;
    let (package, rule) = (entry.package.clone(), entry.rule.clone());
    Ok(Finding { directory, package, rule, msg, id, variable, metadata, softened })
}

fn softened(
    mode: Mode,
    entry: &Entry,
    metadata: &Map<String, serde_json::Value>,
) -> Result<Option<Softened>, String> {
    match (level(metadata)?, entry.kind == Kind::Warn) {
        (Some(Level::Mandatory), true) => Err("is mandatory and only warns; name its rule deny".into()),
        (_, true) => Ok(None),
        (Some(Level::Advisory), false) => Ok(Some(Softened::Advisory)),
        _ => Ok((mode == Mode::Report).then_some(Softened::Report)),
    }
}
