//! Why a test failed: the first expression that does not hold, and what its parts are.
//!
//! The engine tells nothing of a rule that is undefined. So the rule's own expressions are asked once more: first how
//! many of them hold together, then the parts of the one that does not.

use std::collections::BTreeSet;

use regorus::Value;
use regorus::unstable::{Expr, Literal, LiteralStmt, Query, Rule, RuleHead, Span};

use super::discover::Found;
use super::operands::{Part, binds, of_expr, of_statement, variables};
use super::probe::{Bindings, Probe, body};
use super::run::case_name;
use super::span::{expr_text, place, text};
use super::{Failure, Operand, Suite, shown};

impl Suite {
    /// What made a failed test fail, for each of its cases where it has any. Empty where it cannot be told.
    pub fn why(&self, index: usize) -> Vec<Failure> {
        self.reasons(index).into_iter().map(Failure::into_written).collect()
    }

    fn reasons(&self, index: usize) -> Vec<Failure> {
        let Some(found) = self.tests.get(index) else { return Vec::new() };
        let probe = Probe { engine: &self.engine, module: &found.module };
        let (assign, bodies) = match found.rule.as_ref() {
            Rule::Spec { head: RuleHead::Compr { assign, .. }, bodies, .. } => (assign, bodies),
            Rule::Default { value, .. } => return vec![failing_value(probe, value, None)],
            Rule::Spec { .. } => return Vec::new(),
        };
        if found.open_ended {
            return self.why_cases(found, probe);
        }
        let last = bodies.last();
        let first = last.and_then(|body| failing(probe, &body.query.stmts, &Bindings::new(), None));
        // Where the body holds, it is the value that is not `true`.
        let value =
            last.and_then(|body| body.assign.as_ref()).or(assign.as_ref()).map(|assign| &assign.value);
        first
            .or_else(|| value.map(|value| failing_value(probe, value, last.map(|body| body.query.as_ref()))))
            .into_iter()
            .collect()
    }

    fn why_cases(&self, found: &Found, probe: Probe<'_>) -> Vec<Failure> {
        let Some(cases) = Cases::of(found) else { return Vec::new() };
        let passed = self.cases_that_hold(found);
        let failed = cases.all(probe).into_iter().filter(|case| !passed.contains(&names(case)));
        failed
            .filter_map(|case| {
                let filter = Filter { after: cases.bound_after, text: cases.only(&case) };
                let mut failure = failing(probe, &cases.query.stmts, &Bindings::new(), Some(&filter))?;
                failure.case = Some(names(&case).join(": "));
                Some(failure)
            })
            .collect()
    }

    /// The paths of all cases that the statements before the first expression on them give, whether they hold or not.
    pub(super) fn cases(&self, found: &Found) -> Vec<Vec<String>> {
        let probe = Probe { engine: &self.engine, module: &found.module };
        let all = Cases::of(found).map(|cases| cases.all(probe)).unwrap_or_default();
        all.iter().map(|case| names(case)).collect()
    }
}

fn names(case: &[Value]) -> Vec<String> {
    case.iter().map(case_name).collect()
}

/// The cases of `test_x[case]`.
struct Cases<'a> {
    query: &'a Query,
    keys: Vec<&'a Expr>,
    /// How many statements it takes until each key has its value.
    bound_after: usize,
}

impl<'a> Cases<'a> {
    fn of(found: &'a Found) -> Option<Self> {
        let Rule::Spec { head: RuleHead::Compr { refr, .. }, bodies, .. } = found.rule.as_ref() else {
            return None;
        };
        let query = bodies.first()?.query.as_ref();
        let keys = keys(refr, &found.test.name)?;
        let mut wanted = BTreeSet::new();
        keys.iter().for_each(|key| variables(key, &mut wanted));
        let mut bound_after = 0;
        while !wanted.is_empty() {
            let bound = binds(query.stmts.get(bound_after)?);
            wanted.retain(|name| !bound.contains(name));
            bound_after += 1;
        }
        Some(Self { query, keys, bound_after })
    }

    fn all(&self, probe: Probe<'_>) -> Vec<Vec<Value>> {
        let keys: Vec<_> = self.keys.iter().map(|key| expr_text(key)).collect();
        let lines = body(&Bindings::new(), &self.query.stmts[..self.bound_after]);
        let question = format!("{{name}} contains [{}] if {{\n{lines}}}", keys.join(", "));
        let answer = probe.ask(&[question]).and_then(|mut answers| answers.of(0));
        let Ok(Value::Set(set)) = answer else { return Vec::new() };
        set.iter_sorted().filter_map(|case| Some(case.as_array().ok()?.to_vec())).collect()
    }

    /// The condition that leaves one case.
    fn only(&self, case: &[Value]) -> String {
        let equal =
            |(key, value): (&&Expr, &Value)| format!("{} == {}", expr_text(key), super::show::literal(value));
        self.keys.iter().zip(case).map(equal).collect::<Vec<_>>().join("\n")
    }
}

/// What follows the test's own name in its head, outermost first.
fn keys<'a>(refr: &'a Expr, name: &str) -> Option<Vec<&'a Expr>> {
    let mut keys = Vec::new();
    let mut at = refr;
    while at.span().text() != name {
        match at {
            Expr::RefBrack { refr, index, .. } => {
                keys.push(index.as_ref());
                at = refr;
            }
            _ => return None,
        }
    }
    keys.reverse();
    Some(keys)
}

/// A condition for every question that has so many statements.
struct Filter {
    after: usize,
    text: String,
}

/// The first statement that does not hold together with those before it; `None` where all of them do.
fn failing(
    probe: Probe<'_>,
    statements: &[LiteralStmt],
    given: &Bindings,
    filter: Option<&Filter>,
) -> Option<Failure> {
    let lines = |count: usize| {
        let only = filter.filter(|filter| count >= filter.after).map_or("", |filter| filter.text.as_str());
        format!("{}{only}\n", body(given, &statements[..count]))
    };
    let questions: Vec<String> =
        (1..=statements.len()).map(|count| format!("{{name}} if {{\n{}}}", lines(count))).collect();
    let mut answers = probe.ask(&questions).ok()?;
    let at = (0..statements.len()).find(|at| answers.of(*at) != Ok(Value::Bool(true)))?;
    let before: BTreeSet<String> = statements[..at].iter().flat_map(binds).collect();
    let (bindings, others) = first_solution(probe, &before, &lines(at), given);
    let statement = &statements[at];
    if let Some(inner) = failing_every(probe, statement, &bindings) {
        return Some(inner);
    }
    let bound = bindings.keys().cloned().collect();
    let parts = of_statement(statement, &bound);
    let with: String = statement.with_mods.iter().map(|with| format!(" {}", text(&with.span))).collect();
    Some(Failure { operands: values(probe, &parts, &bindings, &with), others, ..at_span(&statement.span) })
}

/// The values of the variables in the first of all ways in which `lines` hold, and how many others there are.
fn first_solution(
    probe: Probe<'_>,
    names: &BTreeSet<String>,
    lines: &str,
    given: &Bindings,
) -> (Bindings, usize) {
    let fields: Vec<String> = names.iter().map(|name| format!("\"{name}\": {name}")).collect();
    let question = format!("{{name}} := [{{{}}} |\n{lines}]", fields.join(", "));
    let answer = probe.ask(&[question]).and_then(|mut answers| answers.of(0));
    let solutions = answer.ok().and_then(|answer| Some(answer.as_array().ok()?.clone())).unwrap_or_default();
    let mut bindings = given.clone();
    if let Some(Ok(first)) = solutions.first().map(Value::as_object) {
        bindings.extend(first.iter().map(|(name, value)| (case_name(name), value.clone())));
    }
    (bindings, solutions.len().saturating_sub(1))
}

/// Of `every x in xs { … }` the expression that fails for the first `x` that it fails for.
fn failing_every(probe: Probe<'_>, statement: &LiteralStmt, bindings: &Bindings) -> Option<Failure> {
    let Literal::Every { key, value, domain, query, .. } = &statement.literal else { return None };
    if !statement.with_mods.is_empty() {
        return None;
    }
    let lines = body(bindings, &[]);
    let question =
        format!("{{name}} := vestry_domain if {{\n{lines}vestry_domain := {}\n}}", expr_text(domain));
    let domain = probe.ask(&[question]).ok()?.of(0).ok()?;
    elements(&domain).into_iter().find_map(|(at, element)| {
        let mut bindings = bindings.clone();
        bindings.extend(key.as_ref().map(|key| (key.text().to_string(), at)));
        bindings.insert(value.text().to_string(), element);
        failing(probe, &query.stmts, &bindings, None)
    })
}

fn elements(domain: &Value) -> Vec<(Value, Value)> {
    match domain {
        Value::Array(items) => {
            items.iter().enumerate().map(|(at, item)| (Value::from(at as u64), item.clone())).collect()
        }
        Value::Set(items) => items.iter_sorted().map(|item| (item.clone(), item.clone())).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        _ => Vec::new(),
    }
}

fn failing_value(probe: Probe<'_>, value: &Expr, query: Option<&Query>) -> Failure {
    let statements = query.map(|query| query.stmts.as_slice()).unwrap_or_default();
    let names = statements.iter().flat_map(binds).collect();
    let (bindings, others) =
        first_solution(probe, &names, &body(&Bindings::new(), statements), &Bindings::new());
    let parts = of_expr(value, &bindings.keys().cloned().collect());
    Failure { operands: values(probe, &parts, &bindings, ""), others, ..at_span(value.span()) }
}

fn at_span(span: &Span) -> Failure {
    let (row, col) = place(span);
    Failure {
        case: None,
        file: span.source.get_path().clone(),
        row,
        col,
        text: text(span).to_string(),
        operands: Vec::new(),
        others: 0,
    }
}

/// A part that cannot be asked for on its own is left out.
pub(super) fn values(probe: Probe<'_>, parts: &[Part<'_>], bindings: &Bindings, with: &str) -> Vec<Operand> {
    let value = |part: &Part<'_>| {
        let text = expr_text(part.expr);
        let with = if part.in_with { "" } else { with };
        let lines = body(bindings, &[]);
        let question = format!("{{name}} := [vestry_part |\n{lines}vestry_part := {text}{with}\n]");
        let answer = probe.ask(&[question]).ok()?.of(0).ok()?;
        let value = answer.as_array().ok()?.first().map(shown);
        // The name of a function that stands in for another has no value.
        let value = if part.in_with { value? } else { value.unwrap_or("undefined".into()) };
        let (row, col) = place(part.expr.span());
        Some(Operand { row, col, text: text.to_string(), value })
    };
    parts.iter().filter_map(value).collect()
}
