//! Rego, checked as the extension and as `vestry policy check` do: in time, whatever it is, and what is let through the
//! engine takes.

use std::time::Duration;

use vestry::decide::fuzz::{check, load};

use crate::make::rego;
use crate::random::Random;
use crate::seeds;
use crate::target::{Broken, Outcome, Target, shape_of, text};

pub struct PolicyText;

/// For what the engine says itself, without evaluating anything.
pub const PATIENCE: Duration = Duration::from_secs(5);

pub const WORDS: &[&str] = &[
    "package vestry.declare\n",
    "package ",
    "import rego.v1\n",
    "import input.",
    "import data.",
    " as ",
    "deny contains ",
    "msg",
    " if {\n",
    "}\n",
    " else := ",
    "default ",
    "some ",
    "every ",
    " in ",
    "not ",
    "with ",
    " as ",
    ":= ",
    "== ",
    "| ",
    "& ",
    "_",
    "set(",
    "[[",
    "{{",
    "((",
    "input.references",
    "data.lib",
    "f(x)",
    "sprintf(\"%s\", [",
    "$\"{",
    "$`",
    "`",
    "\"\\u",
    "# METADATA\n",
    "walk(",
    "union(",
    "[x | x := ",
    "{k: v | ",
    "input.refrences",
    "contains",
    "if",
    "true",
    "-1",
    "1e9",
    "count(",
    "regex.match(",
    "object.get(",
    "strings.count(",
    "rego.metadata.rule()",
    "io.jwt.decode(",
    "r[x][y]",
    ".a.b",
    "\n\n",
];

impl Target for PolicyText {
    fn seeds(&self) -> Vec<Vec<u8>> {
        [
            seeds::below("policy", ".rego"),
            seeds::below("tests/policy", ".rego"),
            seeds::below("tests/fixtures", ".rego"),
        ]
        .concat()
    }

    fn words(&self) -> &'static [&'static str] {
        WORDS
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        Some(rego::module(random))
    }

    fn longest(&self) -> usize {
        12 << 10
    }

    /// A second's work in the extension, on a fast machine and a slow one.
    fn bound(&self) -> Duration {
        Duration::from_secs(6)
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let text = text(case);
        let as_test = case.last().is_some_and(|byte| byte % 8 == 0);
        let files = [(if as_test { "a_test.rego" } else { "a.rego" }, text.as_ref())];
        let strictly = check(&files, true, PATIENCE);
        let loosely = load(&files, PATIENCE);
        // What `vestry policy check` lets through, the extension does not refuse.
        if let (true, Err(problems)) = (strictly.is_empty(), &loosely) {
            return Err(format!("only the extension refuses it: {}", shape_of(problems)));
        }
        Ok(match &loosely {
            Ok(_) => format!("let through {}", shape_of(&strictly)),
            Err(problems) => format!("{} {}", shape_of(problems), strictly.len().min(4)),
        })
    }
}
