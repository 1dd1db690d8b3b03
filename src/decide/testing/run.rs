//! One test, evaluated.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use regorus::{Engine, Value};

use super::discover::{Found, file_of};
use super::{Case, Ran, Suite, Verdict};
use crate::decide::explain::engine_error;

impl Ran {
    /// A test that left nothing but how it ended.
    pub fn ended(verdict: Verdict, duration: Duration) -> Self {
        Self { verdict, duration, output: Vec::new(), cases: BTreeMap::new(), covered: BTreeMap::new() }
    }
}

impl Suite {
    /// Runs one of the tests, in the order of [`Suite::tests`]; `None` where there is none of that number.
    pub fn run(&self, index: usize) -> Option<Ran> {
        let found = self.tests.get(index)?;
        if found.function {
            let why = "is a function, which is never run; write it without arguments".to_string();
            return Some(Ran::ended(Verdict::Error(why), Duration::ZERO));
        }
        if found.names_no_case {
            let name = &found.test.name;
            let why = format!(
                "`{name}` is followed by a name, which is no case; write `{name}[case] if …`, or another name for each"
            );
            return Some(Ran::ended(Verdict::Error(why), Duration::ZERO));
        }
        // A test leaves nothing behind for the next one.
        let mut engine = self.engine.clone();
        let started = Instant::now();
        let value = evaluate(&mut engine, &found.path);
        let duration = started.elapsed();
        let mut cases = value.as_ref().map(cases_of).unwrap_or_default();
        if found.open_ended && value.is_ok() {
            self.add_cases_that_did_not_hold(found, &mut cases);
        }
        let verdict = match value {
            Err(_) if duration >= self.limit => {
                Verdict::TimedOut(format!("timed out after {:?}", self.limit))
            }
            Err(why) => Verdict::Error(why),
            Ok(Value::Bool(true)) if !found.open_ended => Verdict::Pass,
            Ok(Value::Object(_)) if found.open_ended && !cases.values().any(|case| case.fail) => {
                Verdict::Pass
            }
            Ok(_) => Verdict::Fail,
        };
        let output = self.output(&mut engine);
        let covered = self.covering.as_ref().map(|covering| {
            let mut engine = covering.engine.clone();
            // How it ends was told above.
            let _ = evaluate(&mut engine, &found.path);
            covering.covered(&engine)
        });
        let covered = covered.unwrap_or_default();
        Some(Ran { verdict, duration, output, cases, covered })
    }

    /// What was printed, without the place that the engine puts in front.
    fn output(&self, engine: &mut Engine) -> Vec<String> {
        let files: Vec<&String> = self.tests.iter().map(|found| file_of(&found.module)).collect();
        let lines = engine.take_prints().unwrap_or_default().into_iter();
        lines.map(|line| without_place(&line, &files).to_string()).collect()
    }
}

/// The value, or what the engine says in one line; a panic of the engine is an error like any other.
pub(super) fn evaluate(engine: &mut Engine, path: &str) -> Result<Value, String> {
    let asked = AssertUnwindSafe(|| match engine.eval_rule(path.to_string()) {
        // What rules further down make up together.
        Err(error) if error.to_string().contains("not a valid rule path") => query(engine, path),
        value => value,
    });
    match catch_unwind(asked) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(engine_error(&error)),
        Err(_) => Err("the engine panicked".into()),
    }
}

fn query(engine: &mut Engine, path: &str) -> anyhow::Result<Value> {
    let first = engine.eval_query(path.to_string(), false)?.result.into_iter().next();
    let value = first.and_then(|mut result| result.expressions.pop()).map(|expression| expression.value);
    Ok(value.unwrap_or(Value::Undefined))
}

/// `true` and everything that holds nothing else passes.
fn cases_of(value: &Value) -> BTreeMap<String, Case> {
    let Ok(object) = value.as_object() else { return BTreeMap::new() };
    object.iter().map(|(key, value)| (case_name(key), case_of(value))).collect()
}

pub(super) fn case_name(key: &Value) -> String {
    key.as_string().map_or_else(|_| super::shown(key), |text| text.to_string())
}

fn case_of(value: &Value) -> Case {
    match value {
        Value::Bool(holds) => Case { fail: !holds, cases: BTreeMap::new() },
        Value::Object(_) => {
            let cases = cases_of(value);
            Case { fail: cases.values().any(|case| case.fail), cases }
        }
        _ => Case { fail: true, cases: BTreeMap::new() },
    }
}

fn without_place<'a>(line: &'a str, files: &[&String]) -> &'a str {
    let digits = |rest: &'a str| {
        let (row, text) = rest.split_once(": ")?;
        row.bytes().all(|byte| byte.is_ascii_digit()).then_some(text)
    };
    // An empty message has no space behind its colon left.
    files.iter().find_map(|file| digits(line.strip_prefix(file.as_str())?.strip_prefix(':')?)).unwrap_or(line)
}

impl Suite {
    /// The paths of the cases that hold.
    pub(super) fn cases_that_hold(&self, found: &Found) -> Vec<Vec<String>> {
        let value = evaluate(&mut self.engine.clone(), &found.path);
        let mut paths = Vec::new();
        leaves(&value.map(|value| cases_of(&value)).unwrap_or_default(), &mut Vec::new(), &mut paths);
        paths
    }

    fn add_cases_that_did_not_hold(&self, found: &Found, cases: &mut BTreeMap<String, Case>) {
        for path in self.cases(found) {
            add(cases, &path);
        }
    }
}

fn leaves(cases: &BTreeMap<String, Case>, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    for (name, case) in cases {
        path.push(name.clone());
        if case.cases.is_empty() && !case.fail {
            paths.push(path.clone());
        }
        leaves(&case.cases, path, paths);
        path.pop();
    }
}

/// A case that began and has no value failed, and so did those it is part of.
fn add(cases: &mut BTreeMap<String, Case>, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    let there = cases.contains_key(first);
    let case = cases.entry(first.clone()).or_default();
    let fail = if rest.is_empty() { !there } else { add(&mut case.cases, rest) };
    case.fail |= fail;
    fail
}
