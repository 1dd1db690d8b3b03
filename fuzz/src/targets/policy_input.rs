//! Inputs for the library in `policy/`: whatever a function is said to be, what is always denied is denied; and a field that
//! is not documented is found.

use std::time::Duration;

use serde_json::Value;
use vestry::decide::fuzz::{Loaded, load};
use vestry::decide::{Stage, undocumented};

use super::policy_decision::{ALWAYS, ALWAYS_TOO, input_document, is_denied};
use crate::make::json as make;
use crate::random::Random;
use crate::seeds;
use crate::target::{Broken, Outcome, Target, shape_of};

pub struct PolicyInput {
    loaded: Loaded,
}

impl PolicyInput {
    pub fn new() -> Self {
        let library: Vec<(String, String)> = seeds::named("policy", ".rego")
            .into_iter()
            .chain(seeds::named("policy", ".yaml"))
            .filter(|(name, _)| !name.ends_with("_test.rego"))
            .collect();
        let mut files: Vec<(&str, &str)> =
            library.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        files.extend([("always.rego", ALWAYS), ("always_too.rego", ALWAYS_TOO)]);
        let loaded = load(&files, Duration::from_secs(5));
        Self { loaded: loaded.unwrap_or_else(|problems| panic!("the library is sound: {problems:?}")) }
    }
}

impl Target for PolicyInput {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::below("tests/fixtures", ".json")
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "\"references\"",
            "\"name\"",
            "\"/prod/x\"",
            "\"/*\"",
            "\"arn\"",
            "\"arn:aws:ssm:::parameter/\"",
            "\"selector\"",
            "null",
            "\"function\"",
            "\"memory_mb\"",
            "\"now\"",
            "\"now_ns\"",
            "\"stages\"",
            "\"AWSPREVIOUS\"",
            "\"delivery\"",
            "\"file\"",
            "\"has_default\"",
            "\"variables\"",
            "\"account\"",
            "[]",
            "{}",
            "-1",
            "1e300",
            "\"2026-13-45T99:99:99Z\"",
        ]
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        let input = if random.once_in(4) { make::value(random, 4) } else { input_document(random) };
        Some(input.to_string().into_bytes())
    }

    fn longest(&self) -> usize {
        8 << 10
    }

    fn bound(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let Ok(mut input) = serde_json::from_slice::<Value>(case) else { return Ok("no case".into()) };
        let stage = if case.len().is_multiple_of(2) { Stage::Declare } else { Stage::Resolve };
        let outcome = is_denied(self.loaded.judge(stage, &input))?;
        let found = undocumented(&input, stage);
        if let Some(fields) = input.as_object_mut() {
            fields.insert("zq".into(), Value::Null);
            if undocumented(&input, stage).len() != found.len() + 1 {
                return Err("a field that is not documented is not found".into());
            }
        }
        Ok(format!("{outcome} {}", shape_of(&found)))
    }
}
