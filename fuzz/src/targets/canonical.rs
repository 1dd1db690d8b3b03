//! Data files: what is hashed for a signature is what the engine reads.

use serde_json::Value;
use vestry::decide::fuzz::{canonical, document};

use crate::make::json as make;
use crate::random::Random;
use crate::seeds;
use crate::target::{Broken, Outcome, Target, shape};

/// `y` and YAML, or anything else and JSON.
pub struct Canonical;

impl Target for Canonical {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds: Vec<Vec<u8>> =
            [seeds::below("policy", "data.yaml"), seeds::below("tests/fixtures", "data.yaml")]
                .concat()
                .into_iter()
                .map(|seed| [b"y".to_vec(), seed].concat())
                .collect();
        seeds.extend(seeds::texts(&[
            "j{\"b\": 1.0, \"a\": [true, null, -0, 1E+2], \"\\u0041\": \"\\ud83d\\ude00\\n\"}",
            "ya: &x [1, 1.5e-9]\nb: *x\nc: |\n  two\n  lines\nd: !!str 1\n<<: {e: f}\n",
            "yteams: {a: ['x', \"y\\n\"], ? b : ~}\n---\n",
            "y{\"a\": 1.0}",
            "ya: 0x10\nb: 0o17\nc: 1_000\nd: 2026-12-31\ne: .inf\nf: yes\ng: 18446744073709551616\nh: -1e400\n",
        ]));
        seeds
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "&a",
            "*a",
            "!!",
            "!!binary",
            "<<: *a",
            "- ",
            ": ",
            "? ",
            "|\n",
            ">-\n",
            "---\n",
            "...\n",
            "%YAML 1.1\n",
            "\n  ",
            "~",
            ".nan",
            "-.inf",
            "0x",
            "1.0",
            "1e3",
            "{\"",
            "\"}",
            "[[",
            "]]",
            "\\ud83d\\ude00",
            "\\/",
            "1_0",
            "0o7",
            "yes",
            "1:2",
        ]
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        let value = serde_json::json!({"a": make::value(random, 4), "b": make::value(random, 2)});
        let kind = if random.once_in(2) { "j" } else { "y" };
        let text = if random.once_in(2) { format!("{value:#}") } else { value.to_string() };
        Some(format!("{kind}{text}").into_bytes())
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let Some((kind, bytes)) = case.split_first() else { return Ok("no case".into()) };
        let name = if *kind == b'y' { "data.yaml" } else { "data.json" };
        let hashed = canonical(name, bytes);
        let Ok(text) = std::str::from_utf8(bytes) else {
            return if hashed.is_err() {
                Ok("not UTF-8".into())
            } else {
                Err("what is no text is hashed".into())
            };
        };
        let read = document(name, text);
        let (hashed, read) = match (hashed, read) {
            (Ok(hashed), Ok(read)) => (hashed, read),
            (hashed, read) => {
                let why = |result: Option<String>| result.map_or_else(String::new, |why| shape(&why));
                return Ok(format!("{} {}", why(hashed.err()), why(read.err())));
            }
        };
        let hashed_text = String::from_utf8(hashed.clone()).map_err(|_| "what is hashed is no text")?;
        // As YAML, a line separator of its own would be folded.
        match document(name, &hashed_text.replace('\u{85}', "\\u0085")) {
            Ok(again) if is_same(&json(&again), &json(&read)) => {}
            Ok(again) => return Err(format!("the engine reads {read}, and of what is hashed {again}")),
            // A key of a thousand characters is none to YAML in a row with others.
            Err(_) if name == "data.yaml" => {}
            Err(why) => return Err(format!("the engine does not read what is hashed: {why}")),
        }
        if canonical("data.json", &hashed).as_ref() != Ok(&hashed) {
            return Err("hashed again, it is otherwise".into());
        }
        Ok(format!(
            "{} {}",
            hashed.len().min(100) / 10,
            hashed_text.bytes().filter(|b| b"{[".contains(b)).count().min(10)
        ))
    }
}

fn json(term: &impl serde::Serialize) -> Value {
    serde_json::to_value(term).unwrap_or_default()
}

/// Integers past those of the machine are hashed as Go's floats, and read back as such to the last digits but one.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (float, other_float) = (one.as_f64().unwrap_or(f64::NAN), other.as_f64().unwrap_or(f64::NAN));
            one == other || (float - other_float).abs() <= float.abs() * 1e-14
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| is_same(one, other)))
        }
        (one, other) => one == other,
    }
}
