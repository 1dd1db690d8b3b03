//! Ranges, with the bound that the engine's own lack: 60 million numbers are 8 seconds and 1.4 GB; and what OPA rounds in
//! a way of its own.

use regorus::Value;

use super::engine::by_engine;
use super::{Function, function};

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
    function("units.parse", 1, |given| by_engine("units.parse", given)),
    function("units.parse_bytes", 1, |given| by_engine("units.parse_bytes", given)),
];

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

    #[test]
    fn what_would_fill_the_memory_is_refused() {
        assert_eq!(range(1, 100_000, 1).unwrap().as_array().unwrap().len(), 100_000);
        for (first, last) in [(0, 100_000), (i128::from(u64::MAX), 0), (1, 60_000_000)] {
            assert!(numbers(first, last, 1).contains("more than"), "{first} to {last}");
        }
    }
}
