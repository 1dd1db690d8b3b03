//! A file of tests, beside one that it is about: loaded with every edit that coverage and mocks make to its text, and run.

use std::path::PathBuf;
use std::time::Duration;

use vestry::decide::bundle::Trust;
use vestry::decide::testing::load;

use super::policy_text::WORDS;
use crate::make::rego;
use crate::random::Random;
use crate::scratch::Scratch;
use crate::seeds;
use crate::target::{Broken, Outcome, Target, shape_of};

pub struct PolicyTests {
    directory: Scratch,
}

const SUBJECT: &str = "package vestry.declare\n\nimport data.lib\n\ndeny contains msg if {\n\tsome r in input.references\n\t\
                       not startswith(r.name, lib.prefix)\n\tmsg := sprintf(\"%s\", [r.name])\n}\n\nf(x) := x + 1\n";

impl PolicyTests {
    pub fn new() -> Self {
        let directory = Scratch::new("tests");
        directory.write("p.rego", SUBJECT.as_bytes());
        directory.write("data.yaml", b"lib: {prefix: /prod/}\n");
        Self { directory }
    }
}

impl Target for PolicyTests {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = seeds::below("policy", "_test.rego");
        seeds.extend(seeds::texts(&[
            "package vestry.declare_test\n\nimport data.vestry.declare\n\ntest_a if {\n\t\"x\" in declare.deny with input.references \
             as [{\"name\": \"x\"}] with data.lib.prefix as \"/y\"\n}\n\ntodo_test_b if false\n\ntest_c[name] if {\n\tsome name, \
             x in {\"one\": 1}\n\tdeclare.f(x) == 2 with declare.f as g\n}\n\ng(x) := 3\n",
        ]));
        seeds
    }

    fn words(&self) -> &'static [&'static str] {
        WORDS
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        let mut module = rego::module(random);
        module.extend_from_slice(b"\ntest_x if {\n\tr0 with input as {} with data.lib.prefix as 1\n}\n");
        Some(module)
    }

    fn longest(&self) -> usize {
        8 << 10
    }

    fn bound(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        self.directory.write("p_test.rego", case);
        let paths: Vec<PathBuf> = vec![self.directory.path().to_path_buf()];
        let coverage = case.len().is_multiple_of(2);
        let suite = match load(&paths, &Trust::Unchecked, Duration::from_millis(500), coverage) {
            Ok(suite) => suite,
            Err(refusal) => return Ok(shape_of(refusal.problems())),
        };
        let tests = suite.tests().count();
        let mut outcome = format!("{} {coverage}", tests.min(4));
        for index in 0..tests.min(4) {
            let Some(ran) = suite.run(index) else {
                return Err(format!("there is no test {index} of {tests}"));
            };
            outcome += &format!(" {}", crate::target::shape(&format!("{:?}", ran.verdict)));
        }
        if suite.run(tests).is_some() {
            return Err("there is one more test than there are".into());
        }
        Ok(outcome)
    }
}
