//! A directory of several files, some of them faulty: beside a rule that always denies, nothing that any of them says
//! allows, but for a `settings.toml` that every reader of TOML takes for report mode.

use std::time::Duration;

use serde_json::Value;
use vestry::decide::fuzz::{Placed, load, reports};
use vestry::decide::{Outcome as Decided, Stage};
use vestry::error::Problem;

use super::policy_decision::{ALWAYS, input_document, is_denied};
use super::policy_text::WORDS;
use crate::make::{json, rego};
use crate::random::{Random, hash};
use crate::scratch::Scratch;
use crate::target::{Broken, Outcome, Target, shape_of, text};

/// The files, with a byte 0x1E between.
pub struct PolicyDirectory {
    /// Where they are written to and read from; else they are in memory.
    place: Option<Scratch>,
}

impl PolicyDirectory {
    pub fn in_memory() -> Self {
        Self { place: None }
    }

    /// As the evaluating process reads them.
    pub fn on_disk() -> Self {
        let place = Scratch::new("files");
        place.write("always.rego", ALWAYS.as_bytes());
        Self { place: Some(place) }
    }

    fn decided(&self, files: &[(&str, &str)], input: &Value) -> Result<Decided, Vec<Problem>> {
        const LIMIT: Duration = Duration::from_secs(2);
        let Some(place) = &self.place else {
            let files: Vec<_> = files.iter().copied().chain([("always.rego", ALWAYS)]).collect();
            return load(&files, LIMIT)?.judge(Stage::Declare, input);
        };
        for name in NAMES {
            match files.iter().find(|(there, _)| *there == name) {
                Some((_, text)) => place.write(name, text.as_bytes()),
                None => place.remove(name),
            }
        }
        Placed::load(place.path(), LIMIT)?.judge(Stage::Declare, input)
    }
}

const NAMES: [&str; 6] = [
    "p.rego",
    "data.yaml",
    "settings.toml",
    "lib/data.json",
    "vestry/declare/zqalways/data.yaml",
    "lib/q.rego",
];
const BETWEEN: u8 = 0x1e;

impl Target for PolicyDirectory {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut random = Random::new(11);
        (0..60).filter_map(|_| self.make(&mut random)).collect()
    }

    fn words(&self) -> &'static [&'static str] {
        WORDS
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        let mut case = rego::module(random);
        let settings =
            ["", "", "mode = \"enforce\"\n", "mode = \"reprot\"\n", "mode = \"report\"\n", "# x\n"];
        for name in &NAMES[1..] {
            case.push(BETWEEN);
            let is_there = !random.once_in(2);
            match *name {
                "settings.toml" => case.extend(random.pick(&settings).bytes()),
                "lib/q.rego" if is_there => case.extend(rego::module(random)),
                "lib/data.json" if is_there => case.extend(json::value(random, 3).to_string().bytes()),
                "data.yaml" if is_there => {
                    let document =
                        serde_json::json!({"lib": json::value(random, 2), "x": json::value(random, 2)});
                    case.extend(document.to_string().bytes());
                }
                // Data that would take the rule's place.
                _ if random.once_in(8) => case.extend(b"deny_zqalways: []\n"),
                _ => {}
            }
        }
        Some(case)
    }

    fn longest(&self) -> usize {
        6 << 10
    }

    fn bound(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let texts: Vec<_> = case.split(|byte| *byte == BETWEEN).map(text).collect();
        let given = NAMES.iter().copied().zip(texts.iter().map(AsRef::as_ref));
        let files: Vec<(&str, &str)> = given.filter(|(_, text)| !text.is_empty()).collect();
        let decided = self.decided(&files, &input_document(&mut Random::new(hash(case))));
        let settings = files.iter().find(|(name, _)| *name == "settings.toml");
        if settings.is_none_or(|(_, text)| reports(text) != Ok(true)) {
            return is_denied(decided);
        }
        match decided {
            Ok(outcome) if !outcome.warnings.iter().any(|warning| warning.msg == "zqalways") => {
                Err("what only reports does not even warn".into())
            }
            Ok(_) => Ok("reported".into()),
            Err(problems) => Ok(shape_of(&problems)),
        }
    }
}
