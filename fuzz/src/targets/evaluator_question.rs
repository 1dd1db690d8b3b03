//! What the evaluating process reads of the one that asks: lengths and JSON. What is taken is read the same again.

use serde_json::Value;
use vestry::decide::fuzz::questions;

use super::policy_decision::input_document;
use crate::random::Random;
use crate::target::{Broken, Outcome, Target};

/// Messages with a byte 0x1E between; each gets its length in front, but where the first byte is even.
pub struct EvaluatorQuestion;

const BETWEEN: u8 = 0x1e;

impl Target for EvaluatorQuestion {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut random = Random::new(5);
        (0..10)
            .filter_map(|_| self.make(&mut random))
            .chain([b"0\x02\0\0\0{}".to_vec(), b"0\xff\xff\xff\xff{".to_vec()])
            .collect()
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "\x1e",
            "\"directories\"",
            "\"key\"",
            "\"Unchecked\"",
            "\"time\"",
            "\"secs\"",
            "\"nanos\"",
            "\"memory_mb\"",
            "\"stage\"",
            "\"Declare\"",
            "\"Resolve\"",
            "\"input\"",
            "4294967295",
        ]
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        let key =
            random.pick(&["null", "\"Unchecked\"", "{\"Variable\":\"-----BEGIN\"}", "{\"Layer\":\"/k\"}"]);
        let mut case = format!(
            "1{{\"directories\":[\"/opt/policy\",\"p\"],\"key\":{key},\"time\":{{\"secs\":2,\"nanos\":5}},\"memory_mb\":64}}"
        );
        for _ in 0..random.below(3) {
            let stage = random.pick(&["Declare", "Resolve"]);
            case += &format!("\x1e{{\"stage\":\"{stage}\",\"input\":{}}}", input_document(random));
        }
        Some(case.into_bytes())
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let Some((first, rest)) = case.split_first() else { return Ok("no case".into()) };
        let taken = match first % 2 {
            _ if messages(rest).any(is_rounded) => return Ok("rounded".into()),
            0 => questions(rest),
            _ => questions(&framed(rest)),
        };
        let quotes = rest.iter().filter(|byte| **byte == b'"').count();
        Ok(format!("{} {}", taken?, quotes.min(60)))
    }
}

fn messages(case: &[u8]) -> impl Iterator<Item = &[u8]> {
    case.split(|byte| *byte == BETWEEN)
}

/// Whether there are numbers in it that are no integers: readers of JSON do not agree on the last digit of those.
fn is_rounded(message: &[u8]) -> bool {
    fn within(value: &Value) -> bool {
        match value {
            Value::Number(number) => !number.is_i64() && !number.is_u64(),
            Value::Array(items) => items.iter().any(within),
            Value::Object(fields) => fields.values().any(within),
            _ => false,
        }
    }
    // Of bytes with lengths, from where it may begin.
    let start = message.iter().position(|byte| *byte == b'{').unwrap_or_default();
    serde_json::Deserializer::from_slice(&message[start..])
        .into_iter()
        .flatten()
        .any(|value: Value| within(&value))
}

fn framed(case: &[u8]) -> Vec<u8> {
    messages(case).flat_map(|body| [&(body.len() as u32).to_le_bytes()[..], body].concat()).collect()
}
