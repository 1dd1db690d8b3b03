//! Go's regular expressions in the words of the `regex` crate.
//!
//! What both read alike is copied; what the crate would read otherwise is written out: `\d`, `\w`, `\s` and `\b` are
//! those of ASCII, a bracket within a class is a bracket, letters without case are both letters. So no table of Unicode
//! is needed either, which the extension is built without. What neither way can say is an error.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

/// As Go: more is an error.
const MAX_REPEAT: u32 = 1_000;
/// Letters that are told apart by case, one by one, in a class that asks for both.
const MAX_FOLDED: u32 = 1 << 12;

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = r"\t\n\f\r ";

/// The pattern for the crate.
///
/// Fails with the reason, as Go where Go does.
pub(super) fn translated(pattern: &str) -> Result<String, String> {
    let mut translation = Translation {
        rest: pattern.chars().peekable(),
        out: String::new(),
        fold: false,
        outer: Vec::new(),
        repeated: false,
    };
    while let Some(c) = translation.rest.next() {
        translation.one(c)?;
    }
    Ok(translation.out)
}

struct Translation<'p> {
    rest: Peekable<Chars<'p>>,
    out: String,
    /// Whether letters stand for both cases, and did so around each open group.
    fold: bool,
    outer: Vec<bool>,
    /// What stands before is a repetition, which cannot be repeated.
    repeated: bool,
}

impl Translation<'_> {
    fn one(&mut self, c: char) -> Result<(), String> {
        if let Some(repeat) = self.repetition(c)? {
            if std::mem::replace(&mut self.repeated, true) {
                return Err(format!("invalid nested repetition operator: {repeat}"));
            }
            self.out.push_str(&repeat);
            if self.rest.next_if_eq(&'?').is_some() {
                self.out.push('?');
            }
            return Ok(());
        }
        self.repeated = false;
        match c {
            '\\' => self.escape()?,
            '[' => self.class()?,
            '(' => {
                self.outer.push(self.fold);
                self.group()?;
            }
            ')' => {
                self.fold = self.outer.pop().ok_or("unexpected )")?;
                self.out.push(')');
            }
            '.' | '^' | '$' | '|' => self.out.push(c),
            _ => self.literal(c),
        }
        Ok(())
    }

    /// `*`, `+`, `?`, `{1,2}`; any other brace is a character.
    fn repetition(&mut self, c: char) -> Result<Option<String>, String> {
        if matches!(c, '*' | '+' | '?') {
            return Ok(Some(c.to_string()));
        }
        if c != '{' {
            return Ok(None);
        }
        let mut ahead = self.rest.clone();
        let inner: String = ahead.by_ref().take_while(|c| *c != '}').collect();
        let closed = self.rest.clone().any(|c| c == '}');
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (least, most) = inner.split_once(',').unwrap_or((&inner, &inner));
        if !closed || !is_number(least) || !(most.is_empty() || is_number(most)) {
            return Ok(None);
        }
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number <= MAX_REPEAT);
        let invalid = || format!("invalid repeat count: {{{inner}}}");
        let least = number(least).ok_or_else(invalid)?;
        if !most.is_empty() && number(most).ok_or_else(invalid)? < least {
            return Err(invalid());
        }
        self.rest = ahead;
        Ok(Some(format!("{{{inner}}}")))
    }

    fn literal(&mut self, c: char) {
        match folds(c).filter(|_| self.fold) {
            Some(others) => {
                self.out.push('[');
                [c].into_iter().chain(others).for_each(|c| code(&mut self.out, c));
                self.out.push(']');
            }
            None => self.out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        let trailing = "trailing backslash at end of expression";
        match *self.rest.peek().ok_or(trailing)? {
            'd' | 'w' | 's' | 'D' | 'W' | 'S' => {
                let c = self.rest.next().unwrap_or_default();
                self.out.push_str(&perl_class(c));
            }
            'b' => {
                self.rest.next();
                self.out.push_str(r"(?-u:\b)");
            }
            'A' | 'z' => self.out.extend(['\\', self.rest.next().unwrap_or_default()]),
            'Q' => {
                self.rest.next();
                while let Some(c) = self.rest.next() {
                    if c == '\\' && self.rest.next_if_eq(&'E').is_some() {
                        break;
                    }
                    self.literal(c);
                }
            }
            _ => {
                let c = self.escaped()?;
                self.literal(c);
            }
        }
        Ok(())
    }

    /// The character behind a backslash.
    fn escaped(&mut self) -> Result<char, String> {
        let c = self.rest.next().ok_or("trailing backslash at end of expression")?;
        match c {
            'a' => Ok('\x07'),
            'f' => Ok('\x0c'),
            't' => Ok('\t'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            'v' => Ok('\x0b'),
            'x' => self.hexadecimal(),
            'p' | 'P' | 'B' | 'C' | '0'..='9' => Err(format!(r"\{c} is not available")),
            _ if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok(c),
            _ => Err(format!(r"invalid escape sequence: \{c}")),
        }
    }

    fn hexadecimal(&mut self) -> Result<char, String> {
        let in_braces = self.rest.next_if_eq(&'{').is_some();
        let digits: String = if in_braces {
            self.rest.by_ref().take_while(|c| *c != '}').collect()
        } else {
            self.rest.by_ref().take(2).collect()
        };
        let are_digits =
            digits.bytes().all(|byte| byte.is_ascii_hexdigit()) && (in_braces || digits.len() == 2);
        let code = u32::from_str_radix(&digits, 16).ok().filter(|_| are_digits);
        code.and_then(char::from_u32).ok_or_else(|| format!(r"invalid escape sequence: \x{digits}"))
    }

    /// What follows an opening bracket: `?P<name>`, `?i:`, or nothing of the kind.
    fn group(&mut self) -> Result<(), String> {
        if self.rest.next_if_eq(&'?').is_none() {
            self.out.push('(');
            return Ok(());
        }
        let mut ahead = self.rest.clone();
        ahead.next_if_eq(&'P');
        if ahead.next_if_eq(&'<').is_some() {
            self.rest = ahead;
            let name: String = self.rest.by_ref().take_while(|c| *c != '>').collect();
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(format!("invalid named capture: (?P<{name}"));
            }
            let _ = write!(self.out, "(?P<{name}>");
            return Ok(());
        }
        self.flags()
    }

    /// `i` is left out, since letters are written as both.
    fn flags(&mut self) -> Result<(), String> {
        let (mut kept, mut on, mut fold, mut any) = (String::new(), true, self.fold, false);
        for c in self.rest.by_ref() {
            match c {
                'i' => fold = on,
                'm' | 's' | 'U' => kept.push(c),
                '-' if on => {
                    on = false;
                    any = false;
                    kept.push('-');
                    continue;
                }
                ':' | ')' if any || (on && c == ':') => {
                    let kept = kept.trim_end_matches('-');
                    self.fold = fold;
                    match (c, kept) {
                        (')', "") => self.out.push_str("(?:)"),
                        _ => {
                            let _ = write!(self.out, "(?{kept}{c}");
                        }
                    }
                    if c == ')' {
                        // The flags are those of the group around.
                        self.outer.pop();
                    }
                    return Ok(());
                }
                _ => return Err(format!("invalid or unsupported Perl syntax: (?{kept}{c}")),
            }
            any = true;
        }
        Err("missing closing )".into())
    }

    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            match self.rest.peek().copied() {
                None => return Err("missing closing ]".into()),
                Some(']') if !first => break,
                Some('[') if self.rest.clone().nth(1) == Some(':') => self.posix()?,
                Some('\\') if self.rest.clone().nth(1).is_some_and(|c| "dwsDWS".contains(c)) => {
                    let c = self.rest.nth(1).unwrap_or_default();
                    self.out.push_str(&perl_class(c));
                }
                Some(_) => self.range()?,
            }
            first = false;
        }
        self.rest.next();
        self.out.push(']');
        Ok(())
    }

    /// `[:alpha:]`, which both have of ASCII.
    fn posix(&mut self) -> Result<(), String> {
        const NAMES: [&str; 14] = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
            "space", "upper", "word", "xdigit",
        ];
        let text: String = self.rest.by_ref().take_while(|c| *c != ']').collect();
        let name = text.strip_prefix("[:").and_then(|text| text.strip_suffix(':')).unwrap_or_default();
        let plain = name.strip_prefix('^').unwrap_or(name);
        if !NAMES.contains(&plain) {
            return Err(format!("invalid character class range: {text}]"));
        }
        let both = self.fold && matches!(plain, "lower" | "upper");
        let name = if both { name.replace(plain, "alpha") } else { name.to_string() };
        let _ = write!(self.out, "[:{name}:]");
        Ok(())
    }

    fn range(&mut self) -> Result<(), String> {
        let first = self.of_class()?;
        let mut ahead = self.rest.clone();
        let last = if ahead.next() == Some('-') && ahead.peek().is_some_and(|c| *c != ']') {
            self.rest.next();
            self.of_class()?
        } else {
            first
        };
        if last < first {
            return Err(format!("invalid character class range: {first}-{last}"));
        }
        code(&mut self.out, first);
        if last > first {
            self.out.push('-');
            code(&mut self.out, last);
        }
        if self.fold {
            if u32::from(last) - u32::from(first) > MAX_FOLDED {
                return Err("so wide a range is not available without case".into());
            }
            (first..=last).flat_map(folds).flatten().for_each(|c| code(&mut self.out, c));
        }
        Ok(())
    }

    fn of_class(&mut self) -> Result<char, String> {
        match self.rest.next().ok_or("missing closing ]")? {
            '\\' => self.escaped(),
            c => Ok(c),
        }
    }
}

fn perl_class(c: char) -> String {
    let members = match c.to_ascii_lowercase() {
        'd' => DIGIT,
        'w' => WORD,
        _ => SPACE,
    };
    if c.is_ascii_uppercase() { format!("[^{members}]") } else { format!("[{members}]") }
}

fn code(out: &mut String, c: char) {
    let _ = write!(out, r"\x{{{:x}}}", u32::from(c));
}

/// The other letters that a letter is without case; none of what is no letter.
fn folds(c: char) -> Option<Vec<char>> {
    let single =
        |mut mapped: Box<dyn Iterator<Item = char>>| mapped.next().filter(|_| mapped.next().is_none());
    let others = [single(Box::new(c.to_lowercase())), single(Box::new(c.to_uppercase()))];
    let mut others: Vec<char> = others.into_iter().flatten().collect();
    others.extend(match c {
        'k' | 'K' => Some('\u{212a}'),
        's' | 'S' => Some('\u{17f}'),
        '\u{212a}' => Some('K'),
        '\u{17f}' => Some('s'),
        _ => None,
    });
    others.retain(|other| *other != c);
    (!others.is_empty()).then_some(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_crate_would_read_otherwise_is_written_out() {
        for (pattern, wanted) in [
            (r"^a\.b$", r"^a\.b$"),
            (r"\d+\W", "[0-9]+[^0-9A-Za-z_]"),
            (r"[\d-]", r"[[0-9]\x{2d}]"),
            (r"[a&&b]", r"[\x{61}\x{26}\x{26}\x{62}]"),
            (r"[]a-c]", r"[\x{5d}\x{61}-\x{63}]"),
            (r"[[:^alpha:]x]", r"[[:^alpha:]\x{78}]"),
            (r"\<a{,2}{", r"<a\{,2\}\{"),
            (r"a{2,3}?", r"a{2,3}?"),
            (r"\Q(*\E+", r"\(\*+"),
            (r"(?i)a1", r"(?:)[\x{61}\x{41}]1"),
            (r"(?i:k)k", r"(?:[\x{6b}\x{4b}\x{212a}])k"),
            (r"(?is-m).", r"(?s-m)."),
            (r"(?<n>a)", r"(?P<n>a)"),
        ] {
            assert_eq!(translated(pattern).as_deref(), Ok(wanted), "{pattern}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused_and_what_cannot_be_said() {
        for pattern in [
            "a**",
            "a{2}*",
            "a{1001}",
            "a{3,2}",
            r"\u0061",
            "(?x)a",
            "(?u)a",
            "(?-u:a)",
            "[a--b]",
            "[z-a]",
            "[a",
            r"[\b]",
            "[[:nonsense:]]",
            r"\pL",
            r"\B",
            "a)",
            r"\",
            "(?P<a-b>c)",
            "(?i",
            r"\x{110000}",
        ] {
            assert!(translated(pattern).is_err(), "{pattern}: {:?}", translated(pattern));
        }
    }
}
