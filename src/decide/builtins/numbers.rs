//! Ranges, with the bound that the engine's own lack: 60 million numbers are 8 seconds and 1.4 GB; and what OPA rounds in
//! a way of its own.

use regorus::Value;

use super::engine::by_engine;
use super::{Function, arguments, function};

pub(super) const FUNCTIONS: &[Function] = &[
    function("numbers.range", 2, |given| range(integer(given, 0)?, integer(given, 1)?, 1)),
    function("numbers.range_step", 3, range_step),
    function("ceil", 1, ceil),
    function("floor", 1, floor),
    // The engine leaves white space out, and parses what is left.
    function("to_number", 1, |given| match given {
        [Value::String(text)] if text.contains(char::is_whitespace) => Err("has white space in it".into()),
        _ => by_engine("to_number", given),
    }),
    function("units.parse", 1, |given| amount("units.parse", UNITS, given)),
    function("units.parse_bytes", 1, |given| amount("units.parse_bytes", BYTES, given)),
];

/// OPA's, in small letters.
const UNITS: &[&str] = &["", "m", "k", "g", "t", "p", "e", "ki", "mi", "gi", "ti", "pi", "ei"];
const BYTES: &[&str] = &[
    "", "k", "kb", "ki", "kib", "m", "mb", "mi", "mib", "g", "gb", "gi", "gib", "t", "tb", "ti", "tib", "p",
    "pb", "pi", "pib", "e", "eb", "ei", "eib",
];

/// The engine leaves `_` out of numbers, and knows units that OPA does not: `1_0K`, `1h`.
fn amount(name: &str, units: &[&str], given: &[Value]) -> Result<Value, String> {
    let text = arguments::string(given, 0)?;
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let (number, unit) = bare.split_at(bare.rfind(|c: char| c.is_ascii_digit()).map_or(0, |at| at + 1));
    if !number.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte)) {
        return Err("could not parse amount to a number".into());
    }
    if !units.contains(&unit.to_ascii_lowercase().as_str()) {
        return Err("unit not recognized".into());
    }
    by_engine(name, given)
}

const MAX_NUMBERS: u128 = 100_000;

/// Between -1 and 0 OPA 1.22 says 1: it cuts the fraction off, and then knows no sign any more.
fn ceil(given: &[Value]) -> Result<Value, String> {
    if is_small_negative(given) { Ok(Value::from(1)) } else { by_engine("ceil", given) }
}

/// Between -1 and 0 OPA 1.22 says 0, as with [`ceil`].
fn floor(given: &[Value]) -> Result<Value, String> {
    if is_small_negative(given) { Ok(Value::from(0)) } else { by_engine("floor", given) }
}

fn is_small_negative(given: &[Value]) -> bool {
    given.first().and_then(|value| value.as_f64().ok()).is_some_and(|number| number > -1.0 && number < 0.0)
}

fn range_step(given: &[Value]) -> Result<Value, String> {
    let step = integer(given, 2)?;
    if step <= 0 {
        return Err("step must be a positive integer".into());
    }
    range(integer(given, 0)?, integer(given, 1)?, step.unsigned_abs())
}

/// From `first` towards `last`, upwards or downwards.
fn range(first: i128, last: i128, step: u128) -> Result<Value, String> {
    let count = first.abs_diff(last) / step + 1;
    if count > MAX_NUMBERS {
        return Err(format!("more than {MAX_NUMBERS} numbers"));
    }
    let step = i128::try_from(step).unwrap_or(i128::MAX);
    let step = if last < first { -step } else { step };
    // What `count` does not reach is never computed, so a step of any size is no overflow.
    let numbers = std::iter::successors(Some(first), |number| number.checked_add(step));
    let numbers = numbers.take(usize::try_from(count).map_err(|e| e.to_string())?);
    let values =
        numbers.map(|number| Value::from_numeric_string(&number.to_string()).map_err(|e| e.to_string()));
    Ok(Value::from(values.collect::<Result<Vec<_>, _>>()?))
}

pub(super) fn integer(given: &[Value], at: usize) -> Result<i128, String> {
    let Some(Value::Number(number)) = given.get(at) else {
        return Err(format!("operand {} must be a number", at + 1));
    };
    let integer = number.is_integer().then(|| number.as_i128()).flatten();
    // Sums of two of these stay within an i128.
    let integer = integer.filter(|integer| integer.unsigned_abs() < 1 << 120);
    integer.ok_or_else(|| format!("operand {} must be an integer of at most 120 bits", at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(first: i128, last: i128, step: u128) -> String {
        range(first, last, step).map_or_else(|e| e, |value| value.to_string())
    }

    #[test]
    fn upwards_downwards_and_by_steps() {
        assert_eq!(numbers(-1, 2, 1), "[-1,0,1,2]");
        assert_eq!(numbers(2, -1, 2), "[2,0]");
        assert_eq!(numbers(3, 3, 1), "[3]");
        assert_eq!(numbers(0, 10, 1 << 119), "[0]");
    }

    #[test]
    fn small_negative_numbers_are_rounded_as_opa_rounds_them() {
        let of =
            |call: fn(&[Value]) -> Result<Value, String>, number: f64| call(&[Value::from(number)]).unwrap();
        for (number, down, up) in [(-0.5, 0, 1), (-1.5, -2, -1), (0.5, 0, 1), (-1.0, -1, -1)] {
            assert_eq!(
                (of(floor, number), of(ceil, number)),
                (Value::from(down), Value::from(up)),
                "{number}"
            );
        }
    }

    /// Each was asked of OPA.
    #[test]
    fn only_units_of_opa_are_units() {
        let parsed = |text: &str| amount("units.parse", UNITS, &[Value::from(text)]).ok();
        for (text, wanted) in
            [("1e3K", 1_000_000), ("+1K", 1000), (".5K", 500), ("010K", 10_000), ("1KI", 1024)]
        {
            assert_eq!(parsed(text), Some(Value::from(wanted)), "{text}");
        }
        for text in
            ["1_0K", "1_0", "0x10K", "1h", "1d", "1da", "1n", "1Q", "1Zi", "1μ", "1/2K", "1.2.3K", "", "K"]
        {
            assert_eq!(parsed(text), None, "{text}");
        }
        let bytes = |text: &str| amount("units.parse_bytes", BYTES, &[Value::from(text)]).ok();
        assert_eq!(bytes("\"1.5KiB\""), Some(Value::from(1536)));
        for text in ["1_0K", "1Q", "1Zi", "1b", "0x10"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn what_would_fill_the_memory_is_refused() {
        assert_eq!(range(1, 100_000, 1).unwrap().as_array().unwrap().len(), 100_000);
        for (first, last) in [(0, 100_000), (i128::from(u64::MAX), 0), (1, 60_000_000)] {
            assert!(numbers(first, last, 1).contains("more than"), "{first} to {last}");
        }
    }
}
