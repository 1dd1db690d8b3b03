//! Why a rule spoke: which of its definitions, and with which values.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use regorus::Value;
use regorus::unstable::{Expr, Literal, LiteralStmt, Module, Ref, Rule, RuleHead};
use serde::Serialize;

use super::operands::{binds, of_statement};
use super::probe::{Answers, Bindings, Probe, body};
use super::run::case_name;
use super::span::{expr_text, place};
use super::{Operand, shown};
use crate::decide::bundle::Trust;
use crate::decide::policy::{self, Policy};
use crate::decide::rules::{Stage, defined};
use crate::decide::{Finding, sources};
use crate::error::{Problem, Refusal};

/// More ways for one definition to hold than anybody reads.
const MAX_SOLUTIONS: usize = 200;

/// One definition of a rule that gave a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Because {
    pub file: String,
    pub row: u32,
    /// The rule's variables, then what else its expressions name, each with its value.
    pub values: BTreeMap<String, String>,
}

/// The policies once more, to be asked why.
pub struct Explainer {
    policies: Vec<Policy>,
}

impl Explainer {
    /// Loads the directories as the gate does.
    pub fn load(directories: &[PathBuf], trust: &Trust, limit: Duration) -> Result<Self, Refusal> {
        let mut policies = Vec::new();
        let mut problems: Vec<Problem> = Vec::new();
        for root in directories {
            match sources::read(root, trust).and_then(|d| policy::load(&d, limit)) {
                Ok(mut policy) => {
                    policy.complete();
                    policies.push(policy);
                }
                Err(found) => problems.extend(found),
            }
        }
        Refusal::unless_empty(problems).map(|()| Self { policies })
    }

    /// Which definitions gave this finding on that input. Empty where that cannot be told.
    pub fn why(&mut self, finding: &Finding, stage: Stage, input: &serde_json::Value) -> Vec<Because> {
        let mut found = Vec::new();
        for policy in &mut self.policies {
            let told = policy.entries.iter().any(|entry| {
                entry.stage == stage && entry.package == finding.package && entry.rule == finding.rule
            });
            if !told || policy.root.display().to_string() != finding.directory {
                continue;
            }
            policy.engine.set_input(Value::from(input.clone()));
            let path: Vec<&str> = finding.package.split('.').chain([finding.rule.as_str()]).collect();
            for module in policy.engine.get_modules().clone() {
                for rule in definitions(&module, &path) {
                    let probe = Probe { engine: &policy.engine, module: &module };
                    found.extend(because(probe, &rule, finding));
                }
            }
        }
        found
    }
}

fn definitions(module: &Ref<Module>, path: &[&str]) -> Vec<Ref<Rule>> {
    let defined = defined(module).zip(&module.policy);
    defined.filter(|(rule, _)| rule.path.iter().eq(path)).map(|(_, rule)| rule.clone()).collect()
}

/// Each way in which one definition gives the finding.
fn because(probe: Probe<'_>, rule: &Rule, finding: &Finding) -> Vec<Because> {
    let Rule::Spec { span, head: RuleHead::Set { key: Some(key), .. }, bodies, .. } = rule else {
        return Vec::new();
    };
    let statements = bodies.first().map(|body| body.query.stmts.as_slice()).unwrap_or_default();
    let names: BTreeSet<String> = statements.iter().flat_map(binds).collect();
    let ways = ways(probe, key, &names, statements);
    let given = ways.into_iter().filter(|(element, _)| gives(element, finding));
    let (file, (row, _)) = (span.source.get_path(), place(span));
    given
        .map(|(_, bindings)| {
            let mut values: BTreeMap<String, String> =
                bindings.iter().map(|(name, value)| (name.clone(), shown(value))).collect();
            // Said already.
            values.retain(|name, _| name != "msg");
            for operand in named(probe, statements, &bindings) {
                values.entry(operand.text).or_insert(operand.value);
            }
            Because { file: file.clone(), row, values }
        })
        .collect()
}

/// Every element that a definition gives, with the variables' values.
fn ways(
    probe: Probe<'_>,
    key: &Expr,
    names: &BTreeSet<String>,
    statements: &[LiteralStmt],
) -> Vec<(Value, Bindings)> {
    let fields: Vec<String> = names.iter().map(|name| format!("\"{name}\": {name}")).collect();
    let lines = body(&Bindings::new(), statements);
    let question = format!("{{name}} := [[{}, {{{}}}] |\n{lines}]", expr_text(key), fields.join(", "));
    let Ok(answer) = probe.ask(&[question]).and_then(|mut answers: Answers| answers.of(0)) else {
        return Vec::new();
    };
    let Ok(found) = answer.as_array() else { return Vec::new() };
    let way = |pair: &Value| {
        let [element, bindings] = pair.as_array().ok()?.as_slice() else { return None };
        let bindings =
            bindings.as_object().ok()?.iter().map(|(name, value)| (case_name(name), value.clone()));
        Some((element.clone(), bindings.collect()))
    };
    found.iter().take(MAX_SOLUTIONS).filter_map(way).collect()
}

/// Whether an element of the rule's set is the one that the gate found.
fn gives(element: &Value, finding: &Finding) -> bool {
    let Ok(element) = serde_json::to_value(element) else { return false };
    let field = |name: &str| element.get(name).and_then(serde_json::Value::as_str);
    let msg = element.as_str().or(field("msg"));
    msg == Some(finding.msg.as_str()) && field("variable") == finding.variable.as_deref()
}

/// References to input, data and other rules: calls and comprehensions say less than they are long.
fn named(probe: Probe<'_>, statements: &[LiteralStmt], bindings: &Bindings) -> Vec<Operand> {
    let bound: BTreeSet<String> = bindings.keys().cloned().collect();
    let mut operands = Vec::new();
    // What is gone through is long, and its element is there as a variable.
    let is_told = |statement: &&LiteralStmt| {
        statement.with_mods.is_empty() && !matches!(statement.literal, Literal::SomeIn { .. })
    };
    for statement in statements.iter().filter(is_told) {
        let parts = of_statement(statement, &bound).into_iter().filter(|part| {
            matches!(part.expr, Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. })
        });
        operands.extend(super::why::values(probe, &parts.collect::<Vec<_>>(), bindings, ""));
    }
    operands
}
