//! Words in a text, be they written in escapes.

use std::borrow::Cow;

/// What the names begin with that the JSON library takes for something else than names.
pub const KEPT: &str = "$serde_json::private::";

/// What is said of a text that has one.
pub(super) fn keeps() -> String {
    format!("holds `{KEPT}…`, which the reader of JSON keeps for itself")
}

pub(super) fn holds(text: &str, word: &str) -> bool {
    text.contains(word) || unescaped(text).contains(word)
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
