//! The tests of a policy directory: found, run one at a time, and where one fails, why.
//!
//! Rules are evaluated as the extension evaluates them, errors of built-in functions included; names, outcomes and
//! coverage are those of `opa test`.

mod because;
mod coverage;
mod discover;
mod documents;
mod early;
mod edit;
mod guards;
mod layout;
mod load;
mod mocks;
mod operands;
mod probe;
mod run;
mod show;
mod span;
mod why;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use because::{Because, Explainer};
pub use coverage::{Coverage, Rows};
pub use load::load;
pub use show::shown;

/// A `test_` rule, or one that `todo_test_` puts off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    /// `data.vestry.declare.delivery_test`
    pub package: String,
    /// `test_x`; the second of that name in its package is `test_x#01`.
    pub name: String,
    pub file: String,
    pub row: u32,
    pub col: u32,
    pub skip: bool,
}

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    Pass,
    Fail,
    /// It did not come to an end, in the words of who ended it.
    Error(String),
    /// Its time was over.
    TimedOut(String),
}

/// One case of a test such as `test_x[case] if { … }`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    pub fail: bool,
    pub cases: BTreeMap<String, Case>,
}

/// A test that was run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ran {
    pub verdict: Verdict,
    pub duration: Duration,
    /// What it printed, a line each.
    pub output: Vec<String>,
    pub cases: BTreeMap<String, Case>,
    /// The numbers of each file's units that evaluation came by, where coverage is asked for.
    pub covered: BTreeMap<String, BTreeSet<usize>>,
}

/// The expression that made a test fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The case, where it is one of several.
    pub case: Option<String>,
    pub file: String,
    pub row: u32,
    /// Where the text begins in its row.
    pub col: u32,
    pub text: String,
    pub operands: Vec<Operand>,
    /// In how many more ways the expressions before it hold; the operands are those of the first.
    pub others: usize,
}

/// A part of an expression and what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operand {
    pub row: u32,
    pub col: u32,
    pub text: String,
    /// As Rego writes it; `undefined` where it has none.
    pub value: String,
}

/// Everything that was loaded to be tested.
pub struct Suite {
    engine: regorus::Engine,
    tests: Vec<discover::Found>,
    rows: Rows,
    covering: Option<coverage::Covering>,
    limit: Duration,
}

impl Suite {
    /// In the order of the files, and of the rows in each.
    pub fn tests(&self) -> impl Iterator<Item = &Test> {
        self.tests.iter().map(|found| &found.test)
    }

    /// What coverage is held against.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }
}
