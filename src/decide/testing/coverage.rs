//! Which rows the tests came by: a rule's head where the rule held, a statement where it was evaluated.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Engine;
use regorus::unstable::{Module, Ref, Rule};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::discover::file_of;
use super::documents::Rules;
use super::early::{full_path, name};
use super::layout::{Layout, Unit};

/// Units of files, by their numbers.
type InFiles = BTreeMap<String, BTreeSet<usize>>;

/// What counts in each file: heads of rules, and statements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    units: BTreeMap<String, Vec<Unit>>,
}

/// The same modules in an engine that is asked for nothing but coverage.
pub(super) struct Covering {
    pub engine: Engine,
    /// For each file, of rows of the text that the engine has, the number of the unit.
    rows: BTreeMap<String, BTreeMap<u32, usize>>,
}

impl Covering {
    /// Lays `modules` out in `blank`, but for those of the files of `plain`.
    pub(super) fn of(
        modules: &[Ref<Module>],
        plain: &[&str],
        blank: Engine,
    ) -> Result<(Self, Rows), anyhow::Error> {
        let mut covering = Self { engine: blank, rows: BTreeMap::new() };
        let mut counted = Rows::default();
        let (split, rules) = (split(modules), Rules::of(modules));
        for module in modules {
            let file = file_of(module);
            if plain.contains(&file.as_str()) {
                let text = module.package.span.source.get_contents().clone();
                covering.engine.add_policy(file.clone(), text)?;
                continue;
            }
            let Layout { text, units, mut rows } = Layout::of(module, &split, &rules);
            if covering.engine.add_policy(file.clone(), text).is_err() {
                // Longer than the engine takes: as it is, where a row is that of the last thing that begins in it.
                let text = module.package.span.source.get_contents().clone();
                covering.engine.add_policy(file.clone(), text)?;
                rows = units.iter().enumerate().map(|(number, unit)| (unit.first, number)).collect();
            }
            covering.rows.insert(file.clone(), rows);
            counted.units.insert(file.clone(), units);
        }
        covering.engine.set_enable_coverage(true);
        Ok((covering, counted))
    }

    /// What an engine of this one's came by.
    pub(super) fn covered(&self, engine: &Engine) -> InFiles {
        let files = engine.get_coverage_report().map(|report| report.files).unwrap_or_default();
        let units = files.into_iter().filter_map(|file| {
            let rows = self.rows.get(&file.path)?;
            let units = file.covered.iter().filter_map(|row| rows.get(row).copied()).collect();
            Some((file.path, units))
        });
        units.collect()
    }
}

/// Rules that more than one module defines, below `data`.
fn split(modules: &[Ref<Module>]) -> BTreeSet<Vec<String>> {
    let mut split = BTreeSet::new();
    let mut seen: BTreeMap<Vec<String>, &str> = BTreeMap::new();
    for module in modules {
        for rule in &module.policy {
            let refr = match rule.as_ref() {
                Rule::Spec { head, .. } => name(head),
                Rule::Default { refr, .. } => refr,
            };
            let path = full_path(module, refr);
            if *seen.entry(path.clone()).or_insert(file_of(module)) != file_of(module) {
                split.insert(path);
            }
        }
    }
    split
}

/// What all tests together came by.
#[derive(Debug, Default)]
pub struct Coverage {
    covered: InFiles,
}

/// One file's part: rows covered and rows not; one with two statements may be both.
struct Part {
    covered: BTreeSet<u32>,
    missed: BTreeSet<u32>,
}

impl Part {
    /// As OPA counts: every row that a unit has, and no unit that is within one that was come by.
    fn of(units: &[Unit], covered: &BTreeSet<usize>) -> Self {
        let rows = |unit: &Unit| unit.first..=unit.last;
        let is_within = |unit: &Unit, whole: &Unit| whole.start <= unit.start && unit.end <= whole.end;
        let marked: Vec<&Unit> = covered.iter().filter_map(|number| units.get(*number)).collect();
        // The engine does not tell of a comprehension itself, but of what it holds.
        let met: Vec<&Unit> =
            units.iter().filter(|unit| marked.iter().any(|part| is_within(part, unit))).collect();
        let is_within_met = |unit: &Unit| met.iter().any(|whole| is_within(unit, whole));
        let missed = units.iter().filter(|unit| !unit.is_declaration && !is_within_met(unit));
        Self {
            covered: met.iter().flat_map(|unit| rows(unit)).collect(),
            missed: missed.flat_map(rows).collect(),
        }
    }
}

impl Coverage {
    /// Adds what one test came by.
    pub fn add(&mut self, covered: &InFiles) {
        for (file, units) in covered {
            self.covered.entry(file.clone()).or_default().extend(units);
        }
    }

    fn parts(&self, rows: &Rows) -> BTreeMap<String, Part> {
        let none = BTreeSet::new();
        let part = |(file, units): (&String, &Vec<Unit>)| {
            (file.clone(), Part::of(units, self.covered.get(file).unwrap_or(&none)))
        };
        rows.units.iter().map(part).collect()
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
