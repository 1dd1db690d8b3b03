//! Parts of a JSON value: what serde_json finds there, and numbers as they are written.

use serde_json::Value;
use vestry::resolve::fuzz::{part, parts};
use vestry::secret::SecretValue;

use crate::make::json as make;
use crate::random::Random;
use crate::seeds;
use crate::target::{Broken, Outcome, Target};

/// A key or pointer, a line end, the JSON.
pub struct ValuePart;

const KEYS: &[&str] = &[
    "/a",
    "a",
    "/a/0",
    "/a/b",
    "/0",
    "/",
    "",
    "//",
    "/a~1b",
    "/m~0n",
    "/00",
    "/-",
    "/18446744073709551616",
    "é",
    "/a/b/0/c",
    "/+1",
];

impl Target for ValuePart {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::texts(&[
            "/a/b/1\n{\"a\":{\"b\":[1.10,\"x\\ny\",{\"c/d\":null}]},\"\":true}",
            "a\n{\"a\" : [ 1 , {\"x y\":\" { \"} ] , \"a\":1E+2}",
            "/0\n[12345678901234567890123]",
        ])
    }

    fn words(&self) -> &'static [&'static str] {
        KEYS
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        Some(format!("{}\n{}", random.pick(KEYS), make::value(random, 4)).into_bytes())
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let at = case.iter().position(|byte| *byte == b'\n').unwrap_or(case.len());
        let (Ok(key), json) = (std::str::from_utf8(&case[..at]), case.get(at + 1..).unwrap_or_default())
        else {
            return Ok("no case".into());
        };
        let found = part(json, key);
        let every = parts(json);
        let Ok(whole) = serde_json::from_slice::<Value>(json) else {
            // Deeper than serde_json makes values of, or beyond its numbers: then there is nothing to hold it against.
            return Ok(format!("{:?} {}", found.map(|found| found.is_some()), every.is_ok()));
        };
        let expected = if key.starts_with('/') { whole.pointer(key) } else { whole.get(key) };
        match (&found, expected) {
            (Ok(None), None | Some(Value::Null)) => {}
            (Err(_), None) => {}
            (Ok(Some(found)), Some(expected)) if means(found, expected) => {}
            (found, expected) => {
                return Err(format!(
                    "{key:?} is {expected:?}, and {:?}",
                    found.as_ref().map(Option::is_some)
                ));
            }
        }
        if let (Ok(every), Some(members)) = (&every, whole.as_object()) {
            let same = every.len() == members.len()
                && every.iter().all(|(name, value)| match (value, members.get(name)) {
                    (None, Some(Value::Null)) => true,
                    (Some(value), Some(expected)) => means(value, expected),
                    _ => false,
                });
            if !same {
                return Err("its members are others".into());
            }
        }
        let size = case.iter().filter(|byte| b"{[,:\\".contains(byte)).count();
        Ok(format!("{:?} {} {size}", found.map(|found| found.is_some()), every.is_ok()))
    }
}

fn means(found: &SecretValue, expected: &Value) -> bool {
    let Some(text) = found.expose_str() else { return false };
    match expected {
        Value::String(expected) => text == expected,
        expected => serde_json::from_str::<Value>(text).is_ok_and(|value| value == *expected),
    }
}
