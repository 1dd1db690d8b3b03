//! Asks an engine further questions from within a module, as if its author had written them there.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use regorus::unstable::{LiteralStmt, Module};
use regorus::{Engine, Value};

use super::edit::without_imports;
use super::run::evaluate;
use super::show::literal;
use super::span::text;
use crate::decide::rules::static_path;

/// Variables and their values.
pub(super) type Bindings = BTreeMap<String, Value>;

/// A module to ask from, in an engine that holds it.
#[derive(Clone, Copy)]
pub(super) struct Probe<'a> {
    pub engine: &'a Engine,
    pub module: &'a Module,
}

impl Probe<'_> {
    /// Each question is the text of a rule that defines `NAME`, in which `{name}` stands for what it is called; the
    /// answers are asked for one by one.
    pub fn ask(&self, questions: &[String]) -> Result<Answers, String> {
        let mut module = format!("{}\n", text(&self.module.package.span));
        for import in &self.module.imports {
            let _ = write!(module, "import {}", text(import.refr.span()));
            let _ = import.r#as.as_ref().map(|name| write!(module, " as {}", name.text()));
            module.push('\n');
        }
        for (i, question) in questions.iter().enumerate() {
            let _ = writeln!(module, "{}", question.replace("{name}", &name(i)));
        }
        const FILE: &str = "vestry probe";
        let module = without_imports(FILE, module)?;
        let mut engine = self.engine.clone();
        engine.add_policy(FILE.into(), module).map_err(|error| error.to_string())?;
        let package = static_path(&self.module.package.refr).0;
        Ok(Answers { asked: engine.clone(), engine, package })
    }
}

fn name(question: usize) -> String {
    format!("vestry_probe_{question}")
}

pub(super) struct Answers {
    engine: Engine,
    /// As it was before any question.
    asked: Engine,
    package: Vec<String>,
}

impl Answers {
    /// `Undefined` where the rule has no value.
    pub fn of(&mut self, question: usize) -> Result<Value, String> {
        let parts: String =
            self.package.iter().map(|part| format!("[{}]", serde_json::json!(part))).collect();
        let answer = evaluate(&mut self.engine, &format!("data{parts}.{}", name(question)));
        if answer.is_err() {
            // What `with` replaced may still be replaced.
            self.engine = self.asked.clone();
        }
        answer
    }
}

/// The statements as lines, after the variables that have a value already.
pub(super) fn body(bindings: &Bindings, statements: &[LiteralStmt]) -> String {
    let mut lines = String::new();
    for (name, value) in bindings {
        let _ = writeln!(lines, "{name} := {}", literal(value));
    }
    for statement in statements {
        let _ = writeln!(lines, "{}", text(&statement.span));
    }
    if lines.is_empty() { "true\n".into() } else { lines }
}
