//! Rules that are mostly sound beside one that always denies: whatever they do, it is denied.

use std::time::Duration;

use vestry::decide::{Outcome as Decided, Stage, fuzz::load};
use vestry::error::Problem;

use super::policy_text::WORDS;
use crate::make::{json, rego};
use crate::random::{Random, hash};
use crate::target::{Broken, Outcome, Target, shape_of, text};

pub struct PolicyDecision;

/// Its name is no word of any mutator.
pub const ALWAYS: &str = "package vestry.declare.zqalways\n\ndeny_zqalways contains \"zqalways\" if true\n";
pub const ALWAYS_TOO: &str =
    "package vestry.resolve.zqalways\n\ndeny_zqalways contains \"zqalways\" if true\n";

/// What is not denied with the message of that rule is broken.
pub fn is_denied(decided: Result<Decided, Vec<Problem>>) -> Result<Outcome, Broken> {
    match decided {
        Err(problems) if problems.is_empty() => Err("it is refused and nobody says why".into()),
        Err(problems) => Ok(shape_of(&problems)),
        Ok(outcome) if outcome.denials.iter().any(|denial| denial.msg == "zqalways") => Ok(format!(
            "{} {} {} {}",
            outcome.denials.len().min(3),
            outcome.warnings.len().min(3),
            outcome.waived.len().min(3),
            outcome.unfit.len().min(3)
        )),
        Ok(_) => Err("what is always denied is allowed".into()),
    }
}

impl Target for PolicyDecision {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut random = Random::new(7);
        (0..200).map(|_| rego::module(&mut random)).collect()
    }

    fn words(&self) -> &'static [&'static str] {
        WORDS
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        Some(rego::module(random))
    }

    fn longest(&self) -> usize {
        6 << 10
    }

    fn bound(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let text = text(case);
        let files = [("always.rego", ALWAYS), ("always_too.rego", ALWAYS_TOO), ("p.rego", text.as_ref())];
        let mut loaded = match load(&files, Duration::from_secs(2)) {
            Ok(loaded) => loaded,
            Err(problems) => return Ok(shape_of(&problems)),
        };
        let mut random = Random::new(hash(case));
        let mut input = json::value(&mut random, 4);
        if random.once_in(2) {
            input = input_document(&mut random);
        }
        let declare = is_denied(loaded.judge(Stage::Declare, &input))?;
        let resolve = is_denied(loaded.judge(Stage::Resolve, &input))?;
        Ok(format!("decided: {declare} {resolve}"))
    }
}

/// As functions have it, with something odd in it.
pub fn input_document(random: &mut Random) -> serde_json::Value {
    let mut input: serde_json::Value =
        serde_json::from_slice(&crate::seeds::INPUT_RESOLVE).expect("it is a document");
    let fields = ["function", "references", "delivery", "variables", "now", "now_ns", "stage"];
    for _ in 0..random.below(3) {
        input[*random.pick(&fields)] = json::value(random, 3);
    }
    if random.once_in(2) {
        let of = [
            "name", "variable", "store", "arn", "selector", "key", "optional", "version", "stages", "created",
        ];
        let (name, value) = (random.pick(&of).to_string(), json::value(random, 2));
        if let Some(serde_json::Value::Object(first)) = input.pointer_mut("/references/0") {
            first.insert(name, value);
        }
    }
    input
}
