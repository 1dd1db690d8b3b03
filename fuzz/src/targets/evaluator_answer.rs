//! What the asking process reads of the one that evaluates: half an answer is none.

use vestry::decide::fuzz::is_answer;

use crate::seeds;
use crate::target::{Broken, Outcome, Target};

pub struct EvaluatorAnswer;

impl Target for EvaluatorAnswer {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::texts(&[
            r#"{"Loaded":[{"Ok":{"revisions":[["/p","r"]],"ignored":[],"bundles":[],"reporting":[]}},{"secs":0,"nanos":1}]}"#,
            r#"{"Judged":["Declare",{"Ok":{"denials":[],"warnings":[],"waived":[],"unfit":[],"rules":1,"prints":[],"masks":{"Rules":[]}}}]}"#,
            r#"{"Judged":["Resolve",{"Err":[{"type":"Vestry.PolicyInvalid","why":"w"}]}]}"#,
        ])
    }

    fn words(&self) -> &'static [&'static str] {
        &["\"Ok\"", "\"Err\"", "\"Judged\"", "\"Declare\"", "\"denials\"", "\"type\"", "Vestry.PolicyDenied"]
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        if !is_answer(case) {
            return Ok("none".into());
        }
        let whole = case.trim_ascii_end();
        let cut = whole.len() - whole.len().min(1 + case.len() % 7);
        if is_answer(&case[..cut]) {
            return Err("half of it is an answer, too".into());
        }
        Ok(format!("{}", case.iter().filter(|byte| **byte == b'"').count()))
    }
}
