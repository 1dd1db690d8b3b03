//! Waivers: one that nobody answers for, or whose end nobody can tell, waives nothing.

use serde_json::{Map, Value, json};
use vestry::decide::fuzz::waiver;

use crate::make::json as make;
use crate::random::Random;
use crate::seeds;
use crate::target::{Broken, Outcome, Target, shape};

/// The waiver, and the time that the input tells.
pub struct Waiver;

const KEYS: &[&str] = &[
    "rule",
    "owner",
    "reason",
    "expires",
    "function",
    "variable",
    "reference",
    "approved_by",
    "ticket",
    "varable",
    "",
];
const TEXTS: &[&str] = &[
    "",
    " ",
    "region",
    "2026-12-31",
    "2026-12-31T00:00:00Z",
    "2026-02-30",
    "9999-12-31",
    "10000-01-01",
    "0000-01-01",
    "2026-12-31T23:59:60Z",
    "2026-12-31T00:00:00.000000001+23:59",
    "-001-01-01",
    "éééééé",
    "2026-1-1",
];

impl Target for Waiver {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::texts(&[
            r#"[{"rule":"","owner":"o","reason":"r","expires":"2026-12-31"},"2026-11-01T00:00:00.000Z"]"#,
            r#"[{"rule":"region","owner":"o","reason":"r","expires":"2026-12-31T12:00:00+02:00","variable":"A"},null]"#,
        ])
    }

    fn words(&self) -> &'static [&'static str] {
        TEXTS
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        let mut object = Map::new();
        for key in KEYS {
            let wanted = ["rule", "owner", "reason", "expires"].contains(key);
            if random.once_in(if wanted { 20 } else { 5 }) == wanted {
                continue;
            }
            let value = if random.once_in(8) { make::value(random, 1) } else { json!(random.pick(TEXTS)) };
            object.insert((*key).into(), value);
        }
        Some(json!([object, random.pick(TEXTS)]).to_string().into_bytes())
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let Ok(Value::Array(case)) = serde_json::from_slice(case) else { return Ok("no case".into()) };
        let [Value::Object(object), now] = case.as_slice() else { return Ok("no case".into()) };
        let (read, in_force) = match waiver(object, &json!({"now": now})) {
            Ok(read) => read,
            Err(why) => return Ok(shape(&why)),
        };
        if [&read.owner, &read.reason, &read.expires].iter().any(|text| text.trim().is_empty()) {
            return Err("nobody answers for it".into());
        }
        if in_force && !now.is_string() {
            return Err("it is in force at no time".into());
        }
        if let (Some(now), [year @ .., _, _, _, _, _, _]) = (now.as_str(), read.expires.as_bytes())
            && in_force
            && is_date(now)
            && is_date(&read.expires)
            && now >= read.expires.as_str()
        {
            return Err(format!("it is in force at {now} ({} bytes of a year)", year.len()));
        }
        let same: Result<Value, _> = serde_json::to_value(&read);
        if same.ok().as_ref() != Some(&Value::Object(object.clone())) {
            return Err("it is written otherwise than it was read".into());
        }
        Ok(format!("{in_force} {}", object.len()))
    }
}

/// `2026-12-31`, which sorts as a text as it does in time.
fn is_date(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
}
