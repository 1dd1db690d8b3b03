//! One case made of another: bytes, words and pieces of other cases put in, taken out, moved and repeated.

use crate::random::Random;

/// What readers of many formats treat specially.
const WORDS: &[&str] = &[
    "\0",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\"",
    "'",
    "`",
    "\\",
    "/",
    "//",
    "..",
    "#",
    "?",
    "&",
    "=",
    ":",
    ":=",
    ",",
    ";",
    "|",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "<",
    ">",
    "-",
    "+",
    "*",
    "%",
    "%00",
    "%zz",
    "${",
    "$(",
    "~",
    "~1",
    "~0",
    "@",
    "!",
    "_",
    "é",
    "😀",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\u{1}",
    "\u{7f}",
    "0",
    "-0",
    "1",
    "1e999",
    "1e-999",
    "0x10",
    "00",
    "18446744073709551616",
    "-9223372036854775808",
    "9007199254740993",
    "NaN",
    "null",
    "true",
    "false",
    "\\u0000",
    "\\ud800",
    "\\x",
    "\"\"\"",
    "'''",
    "data",
    "input",
];

pub struct Mutator<'a> {
    /// The target's own words.
    pub words: &'a [&'static str],
    pub longest: usize,
}

impl Mutator<'_> {
    /// One to eight changes to `case`; `other` is a case to take pieces from.
    pub fn mutate(&self, case: &mut Vec<u8>, other: &[u8], random: &mut Random) {
        for _ in 0..=random.few(7) {
            self.change(case, other, random);
        }
        case.truncate(self.longest);
    }

    fn change(&self, case: &mut Vec<u8>, other: &[u8], random: &mut Random) {
        match random.below(12) {
            0 if !case.is_empty() => {
                let at = random.below(case.len());
                case[at] ^= 1 << random.below(8);
            }
            1 if !case.is_empty() => {
                let at = random.below(case.len());
                case[at] = random.next() as u8;
            }
            2 | 3 if !case.is_empty() => drop(case.drain(range(case, random))),
            4 => {
                let piece = other[range(other, random)].to_vec();
                insert(case, &piece, random);
            }
            5 => {
                let piece = case[range(case, random)].to_vec();
                insert(case, &piece, random);
            }
            6 => {
                // Deep nesting and long rows.
                let piece = match random.below(2) {
                    0 => self.word(random).as_bytes().to_vec(),
                    _ => case[range(case, random)].to_vec(),
                };
                let room = self.longest.saturating_sub(case.len()) / piece.len().max(1);
                let most = if random.once_in(4) { 4_000 } else { 40 };
                insert(case, &piece.repeat(random.few(room.min(most))), random);
            }
            7 if !case.is_empty() => {
                let range = range(case, random);
                let word = self.word(random);
                case.splice(range, word.bytes());
            }
            8 => replace_token(case, self.word(random), random),
            9 if !case.is_empty() => {
                // The rest of another case.
                case.truncate(random.below(case.len()));
                case.extend_from_slice(&other[random.below(other.len() + 1)..]);
            }
            _ => insert(case, self.word(random).as_bytes(), random),
        }
        case.truncate(self.longest);
    }

    fn word(&self, random: &mut Random) -> &'static str {
        let words = if self.words.is_empty() || random.once_in(3) { WORDS } else { self.words };
        words[random.below(words.len())]
    }
}

/// Short more often than long.
fn range(bytes: &[u8], random: &mut Random) -> std::ops::Range<usize> {
    if bytes.is_empty() {
        return 0..0;
    }
    let start = random.below(bytes.len());
    let most = if random.once_in(4) { bytes.len() - start } else { (bytes.len() - start).min(16) };
    start..start + random.few(most)
}

fn insert(case: &mut Vec<u8>, piece: &[u8], random: &mut Random) {
    let at = random.below(case.len() + 1);
    case.splice(at..at, piece.iter().copied());
}

/// A whole word or number becomes another.
fn replace_token(case: &mut Vec<u8>, word: &str, random: &mut Random) {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    if case.is_empty() {
        return;
    }
    let from = random.below(case.len());
    let Some(start) = case[from..].iter().position(is_word).map(|at| from + at) else { return };
    let end = case[start..].iter().position(|byte| !is_word(byte)).map_or(case.len(), |at| start + at);
    case.splice(start..end, word.bytes());
}
