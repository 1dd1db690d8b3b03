//! Whether a policy reads under which KMS key a value lies: the stores are asked for it only then, because that takes calls
//! and permissions of its own.

use std::borrow::Cow;

use regorus::{Engine, Value};

use super::directory::Directory;
use super::evaluator::doing;

/// The field of the input's references.
const FIELD: &str = "kms_key_id";

/// The rule with which a policy says that at present it has no use for the field, although a file of it reads it.
const ASKS: &str = "data.vestry.asks.kms_keys";

/// The files that read it: those in which its name stands, be it in a data file, and be it only mentioned. A name that is
/// put together while rules are evaluated stands nowhere.
pub(super) fn of(directory: &Directory, engine: &mut Engine) -> Vec<String> {
    let files = directory.policies.iter().chain(&directory.data);
    let readers: Vec<String> =
        files.filter(|file| names_it(&file.text)).map(|file| file.path.display().to_string()).collect();
    if readers.is_empty() || declines(directory, engine) { Vec::new() } else { readers }
}

fn names_it(text: &str) -> bool {
    text.contains(FIELD) || unescaped(text).contains(FIELD)
}

/// The text with every escape that could be a letter's decoded, wherever it stands: more than a parser takes for one, and
/// never less. Those of Rego and JSON are `\u005f`, YAML has `\x5f`, `\U0000005f` and a line that goes on besides.
fn unescaped(text: &str) -> Cow<'_, str> {
    let mut pieces = text.split('\\');
    let first = pieces.next().unwrap_or_default();
    if first.len() == text.len() {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    decoded.push_str(first);
    for piece in pieces {
        match escape(piece) {
            Some((letter, rest)) => {
                decoded.extend(letter);
                decoded.push_str(rest);
            }
            None => {
                decoded.push('\\');
                decoded.push_str(piece);
            }
        }
    }
    Cow::Owned(decoded)
}

/// What follows a backslash: the letter, if any, and the text behind the escape.
fn escape(piece: &str) -> Option<(Option<char>, &str)> {
    let digits = match piece.chars().next()? {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        '\r' | '\n' => return Some((None, piece.trim_start())),
        _ => return None,
    };
    let hex = piece.get(1..=digits)?;
    let letter = char::from_u32(u32::from_str_radix(hex, 16).ok()?)?;
    Some((Some(letter), &piece[1 + digits..]))
}

/// A rule that is not there, fails or says anything else does not decline.
fn declines(directory: &Directory, engine: &mut Engine) -> bool {
    doing(format_args!("evaluating {ASKS} of {}", directory.root.display()));
    matches!(engine.eval_rule(ASKS.into()), Ok(Value::Bool(false)))
}
