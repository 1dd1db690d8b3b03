//! JSON values, ordinary ones and odd ones.

use serde_json::{Map, Number, Value, json};

use crate::random::Random;

const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "/prod/db/password",
    "ssm",
    "eu-west-1",
    "2026-12-31",
    "2026-11-01T00:00:00.000Z",
    "é😀",
    "\u{0}",
    "\n",
    "%",
    "%s %d %v",
    "[",
    "^(a+)+$",
    "10.0.0.0/8",
    "::1/128",
    "{{.x}}",
    "a.b.c",
    "eyJhbGciOiJub25lIn0.e30.",
    "*",
    "\u{feff}",
    "-1",
    "0",
    "1e9",
    "true",
    "null",
    "-----BEGIN CERTIFICATE-----",
    "1.2.3",
    "deny",
    "\\",
    "\"",
    "1h",
    "UTC",
];
const KEYS: &[&str] = &[
    "a",
    "b",
    "",
    "0",
    "name",
    "msg",
    "id",
    "variable",
    "severity",
    "enforcement",
    "a/b",
    "é",
    "op",
    "path",
];
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "0.5",
    "1e3",
    "-1.5e-9",
    "9007199254740993",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "1e300",
    "123456789012345678901234567890",
    "1e-300",
    "2147483648",
];

pub fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 6 } else { 10 }) {
        0 => Value::Null,
        1 => json!(random.once_in(2)),
        2 => number(random),
        3..=5 => json!(random.pick(TEXTS)),
        6 | 7 => (0..random.below(5)).map(|_| value(random, depth - 1)).collect(),
        _ => {
            let members =
                (0..random.below(5)).map(|_| (random.pick(KEYS).to_string(), value(random, depth - 1)));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

fn number(random: &mut Random) -> Value {
    let text = random.pick(NUMBERS);
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}
