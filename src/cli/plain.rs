//! Foreign texts as a terminal may get them.
//!
//! Names, messages of policies, what they print, what a template or a store says: whoever wrote them must not move the
//! cursor, colour the page, set a title, or turn the direction of what is read.

use std::borrow::Cow;

/// Whether a terminal would do something else than show it.
pub(super) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            // Unicode's marks, embeddings, overrides and isolates of direction, its line ends, and what has no width.
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

/// On one line: line ends and tabs are spaces, what cannot be shown is written as `\u{1b}`.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    shown(text, |c| matches!(c, '\n' | '\r' | '\t').then_some(' '))
}

/// The same with its line ends and tabs.
pub(super) fn lines(text: &str) -> Cow<'_, str> {
    shown(text, |c| matches!(c, '\n' | '\t').then_some(c))
}

/// The same, with whatever follows the first line set in by `indent`, so that it cannot pass for a line of ours.
pub(super) fn hanging(text: &str, indent: &str) -> String {
    lines(text.trim_end()).replace('\n', &format!("\n{indent}"))
}

fn shown(text: &str, kept: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    if !text.contains(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match kept(c) {
            Some(kept) => shown.push(kept),
            None if is_unprintable(c) => shown.extend(c.escape_unicode()),
            None => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        let hostile = "a\u{1b}[2J\u{7}\u{9b}1m\u{202e}b\r\n\tc";
        assert_eq!(line(hostile), r"a\u{1b}[2J\u{7}\u{9b}1m\u{202e}b   c");
        assert_eq!(lines(hostile), "a\\u{1b}[2J\\u{7}\\u{9b}1m\\u{202e}b\\u{d}\n\tc");
        assert_eq!(hanging("one\ntwo\n", "  "), "one\n  two");
        assert_eq!(line("Größe ✓ 大"), "Größe ✓ 大");
    }
}
