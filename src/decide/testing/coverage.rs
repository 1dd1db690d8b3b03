//! Which rows the tests came by: a rule's head where the rule held, an expression where it was evaluated.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Literal, Module, Ref, Rule, RuleBody};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::discover::file_of;
use super::edit::else_row;
use crate::decide::visit::{self, Seen};

/// Rows of files.
type InFiles = BTreeMap<String, BTreeSet<u32>>;

/// The rows that count: heads of rules, and expressions of their bodies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    counted: InFiles,
    /// Declarations, and calls within other expressions, count where they were come by, and are not missed where they
    /// were not.
    declarations: InFiles,
    /// Rows that stand for those of an `else`.
    marks: BTreeMap<String, BTreeMap<u32, u32>>,
}

/// The row of what OPA makes an expression of its own of, wherever it stands.
fn lifted(expr: &Expr) -> Option<u32> {
    let own = matches!(
        expr,
        Expr::Call { .. }
            | Expr::RefDot { .. }
            | Expr::RefBrack { .. }
            | Expr::ArrayCompr { .. }
            | Expr::SetCompr { .. }
            | Expr::ObjectCompr { .. }
    );
    own.then_some(expr.span().line)
}

fn else_bodies(rule: &Rule) -> impl Iterator<Item = &RuleBody> {
    let bodies = if let Rule::Spec { bodies, .. } = rule { bodies.as_slice() } else { &[] };
    bodies.iter().filter(|body| body.is_else)
}

impl Rows {
    pub(super) fn of_modules(modules: &[Ref<Module>]) -> Self {
        let mut rows = Self::default();
        for module in modules {
            let counted = rows.counted.entry(file_of(module).to_string()).or_default();
            let declarations = rows.declarations.entry(file_of(module).to_string()).or_default();
            for rule in &module.policy {
                counted.insert(rule.span().line);
                for body in else_bodies(rule) {
                    counted.insert(body.span.line);
                    rows.marks
                        .entry(file_of(module).to_string())
                        .or_default()
                        .insert(else_row(body), body.span.line);
                }
                visit::rule(rule, &mut |seen| match seen {
                    Seen::Expr(expr, _) => declarations.extend(lifted(expr)),
                    // The engine's report leaves them out.
                    Seen::Query { in_else_value: true, .. } => {}
                    Seen::Query { query, .. } => {
                        for statement in &query.stmts {
                            let row = statement.span.line;
                            match statement.literal {
                                Literal::SomeVars { .. } => {}
                                Literal::SomeIn { .. } => declarations.extend([row]),
                                _ => counted.extend([row]),
                            }
                        }
                    }
                });
            }
        }
        rows
    }

    fn counts(&self, file: &str, row: u32) -> bool {
        [&self.counted, &self.declarations]
            .iter()
            .any(|rows| rows.get(file).is_some_and(|rows| rows.contains(&row)))
    }
}

/// What all tests together came by.
#[derive(Debug, Default)]
pub struct Coverage {
    covered: InFiles,
}

/// One file's part: rows covered and rows not.
struct Part {
    covered: BTreeSet<u32>,
    missed: BTreeSet<u32>,
}

impl Coverage {
    /// Adds what one test came by.
    pub fn add(&mut self, covered: &InFiles) {
        for (file, rows) in covered {
            self.covered.entry(file.clone()).or_default().extend(rows);
        }
    }

    fn parts(&self, rows: &Rows) -> BTreeMap<String, Part> {
        let none = BTreeSet::new();
        let part = |(file, counted): (&String, &BTreeSet<u32>)| {
            let here = self.covered.get(file).unwrap_or(&none);
            let marked = here.iter().filter_map(|row| rows.marks.get(file)?.get(row));
            let covered = here.iter().chain(marked).copied().filter(|row| rows.counts(file, *row)).collect();
            (file.clone(), Part { missed: counted.difference(&covered).copied().collect(), covered })
        };
        rows.counted.iter().map(part).collect()
    }

    /// The part of the rows that is covered, 0 to 100; 0 where there is none.
    pub fn percent(&self, rows: &Rows) -> f64 {
        let parts = self.parts(rows);
        let sum = |of: fn(&Part) -> usize| parts.values().map(of).sum::<usize>();
        percent(sum(|part| part.covered.len()), sum(|part| part.missed.len()))
    }

    /// `{files: {FILE: {covered, not_covered, covered_lines, not_covered_lines, coverage}}, covered_lines,
    /// not_covered_lines, coverage}`, a file's own fields left out where they are empty, as OPA has it.
    pub fn report(&self, rows: &Rows) -> Value {
        let parts = self.parts(rows);
        let covered: usize = parts.values().map(|part| part.covered.len()).sum();
        let missed: usize = parts.values().map(|part| part.missed.len()).sum();
        let files: Map<String, Value> =
            parts.iter().map(|(file, part)| (file.clone(), part.report())).collect();
        json!({
            "files": files,
            "covered_lines": covered,
            "not_covered_lines": missed,
            "coverage": percent(covered, missed),
        })
    }

    /// `policy/a.rego:12-14`, for each stretch that no test came by.
    pub fn missed(&self, rows: &Rows) -> Vec<String> {
        let place = |file: &str, (start, end): (u32, u32)| {
            if start == end { format!("{file}:{start}") } else { format!("{file}:{start}-{end}") }
        };
        let parts = self.parts(rows);
        let stretches = parts.iter().flat_map(|(file, part)| {
            stretches(&part.missed).into_iter().map(move |stretch| place(file, stretch))
        });
        stretches.collect()
    }
}

impl Part {
    fn report(&self) -> Value {
        let ranges = |rows: &BTreeSet<u32>| -> Value {
            let range = |(start, end)| json!({"start": {"row": start}, "end": {"row": end}});
            stretches(rows).into_iter().map(range).collect()
        };
        let mut fields = Map::new();
        let (covered, missed) = (self.covered.len(), self.missed.len());
        if covered > 0 {
            fields.insert("covered".into(), ranges(&self.covered));
        }
        if missed > 0 {
            fields.insert("not_covered".into(), ranges(&self.missed));
        }
        for (name, lines) in [("covered_lines", covered), ("not_covered_lines", missed)] {
            if lines > 0 {
                fields.insert(name.into(), json!(lines));
            }
        }
        if covered > 0 {
            fields.insert("coverage".into(), json!(percent(covered, missed)));
        }
        Value::Object(fields)
    }
}

fn percent(covered: usize, missed: usize) -> f64 {
    if covered == 0 { 0.0 } else { 100.0 * covered as f64 / (covered + missed) as f64 }
}

/// Rows that follow each other, as first and last.
fn stretches(rows: &BTreeSet<u32>) -> Vec<(u32, u32)> {
    let mut found: Vec<(u32, u32)> = Vec::new();
    for row in rows {
        match found.last_mut() {
            Some((_, end)) if *end + 1 == *row => *end = *row,
            _ => found.push((*row, *row)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_follow_each_other_are_one_stretch() {
        assert_eq!(stretches(&BTreeSet::from([1, 2, 3, 5, 7, 8])), [(1, 3), (5, 5), (7, 8)]);
        assert_eq!(stretches(&BTreeSet::new()), []);
    }
}
