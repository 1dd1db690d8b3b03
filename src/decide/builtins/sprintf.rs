//! `sprintf`, which the engine has otherwise than Go: `%d` of -1 is `--1` there, of a text nothing at all.
//!
//! A text built of parts decides as often as it informs, so verbs and flags that this file does not know are errors.

use std::fmt::Write;

use regorus::Value;

use super::arguments::{array, hex, string};
use super::interpolation::shown;
use super::{Function, function};

pub(super) const FUNCTIONS: &[Function] =
    &[function("sprintf", 2, |given| sprintf(string(given, 0)?, &array(given, 1)?).map(Value::from))];

const MAX_WIDTH: usize = 1_000;

/// What OPA hands to Go: a text, an integer or a float. Everything else is its text in Rego.
enum Operand {
    Text(String),
    Integer(String),
    Float(f64),
}

impl Operand {
    fn of(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.to_string()),
            Value::Number(number) => {
                let text = number.format_decimal();
                match text.parse() {
                    Ok(float) if !number.is_integer() => Self::Float(float),
                    _ => Self::Integer(text),
                }
            }
            other => {
                let mut text = String::new();
                shown(other, &mut text);
                Self::Text(text)
            }
        }
    }

    /// As Go complains of it: `int64=1`.
    fn described(&self) -> String {
        match self {
            Self::Text(text) => format!("string={text}"),
            Self::Integer(digits) if digits.parse::<i64>().is_ok() => format!("int64={digits}"),
            Self::Integer(digits) => format!("big.Int={digits}"),
            Self::Float(float) => format!("float64={}", shortest(*float)),
        }
    }
}

/// What stands between `%` and the verb.
#[derive(Default)]
struct Flags {
    left: bool,
    plus: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

impl Flags {
    fn any(&self) -> bool {
        self.left || self.plus || self.space || self.zero || self.width.is_some() || self.precision.is_some()
    }
}

fn sprintf(format: &str, values: &[Value]) -> Result<String, String> {
    let mut out = String::new();
    let mut operands = values.iter();
    let mut rest = format;
    while let Some((text, behind)) = rest.split_once('%') {
        out.push_str(text);
        let (flags, verb, behind) = verb(behind)?;
        rest = behind;
        let Some(verb) = verb else {
            out.push_str("%!(NOVERB)");
            break;
        };
        if verb == '%' {
            out.push('%');
            continue;
        }
        match operands.next() {
            None => drop(write!(out, "%!{verb}(MISSING)")),
            Some(value) => out.push_str(&formatted(&flags, verb, &Operand::of(value))?),
        }
        if out.len() > 1 << 20 {
            return Err("makes more than a megabyte".into());
        }
    }
    if !rest.contains('%') && !out.ends_with("%!(NOVERB)") {
        out.push_str(rest);
    }
    let extra: Vec<String> = operands.map(|value| Operand::of(value).described()).collect();
    if !extra.is_empty() {
        let _ = write!(out, "%!(EXTRA {})", extra.join(", "));
    }
    Ok(out)
}

/// Flags, verb and what follows; no verb where the text ends.
fn verb(text: &str) -> Result<(Flags, Option<char>, &str), String> {
    let mut flags = Flags::default();
    let mut rest = text;
    while let Some(flag) = rest.chars().next().filter(|c| "-+ 0".contains(*c)) {
        match flag {
            '-' => flags.left = true,
            '+' => flags.plus = true,
            ' ' => flags.space = true,
            _ => flags.zero = true,
        }
        rest = &rest[1..];
    }
    flags.width = number(&mut rest)?;
    if let Some(behind) = rest.strip_prefix('.') {
        rest = behind;
        flags.precision = Some(number(&mut rest)?.unwrap_or(0));
    }
    let Some(verb) = rest.chars().next() else { return Ok((flags, None, "")) };
    if matches!(verb, '*' | '[' | '#') {
        return Err(format!("`%{verb}` is not supported"));
    }
    Ok((flags, Some(verb), &rest[verb.len_utf8()..]))
}

fn number(rest: &mut &str) -> Result<Option<usize>, String> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (number, behind) = rest.split_at(digits);
    *rest = behind;
    if number.is_empty() {
        return Ok(None);
    }
    let number = number.parse().ok().filter(|width| *width <= MAX_WIDTH);
    number.map(Some).ok_or_else(|| format!("a width or precision is above {MAX_WIDTH}"))
}

fn formatted(flags: &Flags, verb: char, operand: &Operand) -> Result<String, String> {
    let text = match (verb, operand) {
        ('s' | 'v', Operand::Text(text)) => {
            return Ok(padded(
                flags,
                &flags.precision.map_or(text.clone(), |n| text.chars().take(n).collect()),
            ));
        }
        ('x', Operand::Text(text)) if flags.precision.is_none() => {
            return Ok(padded(flags, &hex(text.as_bytes())));
        }
        ('X', Operand::Text(text)) if flags.precision.is_none() => {
            return Ok(padded(flags, &hex(text.as_bytes()).to_uppercase()));
        }
        ('d' | 'v', Operand::Integer(digits)) if flags.precision.is_none() => digits.clone(),
        // Go's big numbers are texts, too; its small ones are not.
        ('s', Operand::Integer(digits)) if flags.precision.is_none() && digits.parse::<i64>().is_err() => {
            digits.clone()
        }
        ('b' | 'o' | 'x' | 'X', Operand::Integer(digits)) if flags.precision.is_none() => {
            based(verb, digits)?
        }
        ('c', Operand::Integer(digits)) if !flags.any() => {
            let of_digits = digits.parse().ok().and_then(char::from_u32);
            return Ok(of_digits.unwrap_or(char::REPLACEMENT_CHARACTER).to_string());
        }
        ('v', Operand::Float(float)) if flags.precision.is_none() => shortest(*float),
        ('g', Operand::Float(float)) if flags.precision.is_none() => shortest(*float),
        ('f' | 'F', Operand::Float(float)) => format!("{float:.*}", flags.precision.unwrap_or(6)),
        ('e', Operand::Float(float)) => with_exponent(&format!("{float:.*e}", flags.precision.unwrap_or(6))),
        ('q' | 'U' | 'O' | 'b' | 'c' | 'o' | 'x' | 'X' | 'g' | 'e' | 'E' | 'G' | 'p' | 'T' | 't', _)
        | ('v' | 's' | 'd', Operand::Integer(_) | Operand::Float(_))
            if is_doubtful(flags, verb, operand) =>
        {
            return Err(format!("`%{verb}` of such a value, or with such flags, is not supported"));
        }
        _ if flags.any() => return Err(format!("`%{verb}` of a value of another kind is not supported")),
        _ => return Ok(format!("%!{verb}({})", operand.described())),
    };
    Ok(padded(flags, &signed(flags, &text)))
}

/// Where Go has an answer of its own that is not the complaint `%!d(string=a)`.
fn is_doubtful(flags: &Flags, verb: char, operand: &Operand) -> bool {
    match (verb, operand) {
        ('T' | 'p', _) => true,
        ('q', Operand::Text(_) | Operand::Integer(_)) | ('U' | 'O', Operand::Integer(_)) => true,
        ('b' | 'x' | 'X' | 'G' | 'E', Operand::Float(_)) => true,
        _ => flags.any(),
    }
}

fn signed(flags: &Flags, number: &str) -> String {
    match number.starts_with('-') {
        false if flags.plus => format!("+{number}"),
        false if flags.space => format!(" {number}"),
        _ => number.to_string(),
    }
}

fn padded(flags: &Flags, text: &str) -> String {
    let missing = flags.width.unwrap_or(0).saturating_sub(text.chars().count());
    let is_number = text.trim_start_matches(['-', '+', ' ']).starts_with(|c: char| c.is_ascii_digit());
    if flags.left {
        return format!("{text}{}", " ".repeat(missing));
    }
    if flags.zero && is_number {
        let digits = text.trim_start_matches(['-', '+', ' ']);
        let sign = &text[..text.len() - digits.len()];
        return format!("{sign}{}{digits}", "0".repeat(missing));
    }
    format!("{}{text}", if flags.zero { "0" } else { " " }.repeat(missing))
}

fn based(verb: char, digits: &str) -> Result<String, String> {
    let number: i128 = digits.parse().map_err(|_| "an integer of more than 127 bits is not supported")?;
    let magnitude = number.unsigned_abs();
    let text = match verb {
        'b' => format!("{magnitude:b}"),
        'o' => format!("{magnitude:o}"),
        'x' => format!("{magnitude:x}"),
        _ => format!("{magnitude:X}"),
    };
    Ok(if number < 0 { format!("-{text}") } else { text })
}

/// Go's `%g`: the fewest digits that give the number back, with an exponent below -4 and from 6 on.
fn shortest(float: f64) -> String {
    let scientific = format!("{float:e}");
    let exponent: i32 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    if (-4..6).contains(&exponent) { format!("{float}") } else { with_exponent(&scientific) }
}

/// `1.5e7` as `1.5e+07`.
fn with_exponent(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(("+", exponent), |digits| ("-", digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(format: &str, values: &str) -> Result<String, String> {
        let values: Vec<Value> =
            Value::from_json_str(values).unwrap().as_array().unwrap().iter().cloned().collect();
        sprintf(format, &values)
    }

    /// Each was asked of OPA.
    #[test]
    fn as_go_formats() {
        for (format, values, wanted) in [
            ("%s is %d", r#"["a", -1]"#, "a is -1"),
            ("%v %v %v", r#"[[1, "a"], {"b": null}, true]"#, r#"[1, "a"] {"b": null} true"#),
            ("100%%", "[]", "100%"),
            ("%d", r#"["a"]"#, "%!d(string=a)"),
            ("%s", "[1]", "%!s(int64=1)"),
            ("%s %s", r#"["a"]"#, "a %!s(MISSING)"),
            ("x", r#"[1, "a"]"#, "x%!(EXTRA int64=1, string=a)"),
            ("%", "[]", "%!(NOVERB)"),
            ("%f %.2f %5.1f|%e", "[1.5, 0.125, 2.25, 1e-7]", "1.500000 0.12   2.2|1.000000e-07"),
            ("%5d|%-5d|%05d|%+d|% d", "[-1, 1, -1, 1, 1]", "   -1|1    |-0001|+1| 1"),
            ("%5s|%-5s|%.2s", r#"["ä", "ä", "äöü"]"#, "    ä|ä    |äö"),
            ("%x %X %b %o %x", r#"[255, 255, -5, 8, "ä"]"#, "ff FF -101 10 c3a4"),
            ("%v %v", "[0.25, 1e-7]", "0.25 1e-07"),
        ] {
            assert_eq!(of(format, values).as_deref(), Ok(wanted), "{format}");
        }
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        for (format, values) in [
            ("%*d", "[1, 2]"),
            ("%[1]d", "[1]"),
            ("%#x", "[1]"),
            ("%q", r#"["a"]"#),
            ("%99999d", "[1]"),
            ("%T", "[1]"),
        ] {
            assert!(of(format, values).is_err(), "{format}");
        }
    }
}
