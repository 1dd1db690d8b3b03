//! Whether some text matches both of two simple patterns: `regex.globs_match`.
//!
//! A pattern is a row of characters, `.` for any and `[a-z0-9]` for one of a set, each with `*` or `+` behind it if it
//! may repeat; `\` takes the meaning from what follows.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

/// One step: a character out of these ranges, as often as one likes or once.
#[derive(Debug, PartialEq)]
struct Step {
    ranges: Vec<(char, char)>,
    repeats: bool,
}

impl Step {
    fn meets(&self, other: &Self) -> bool {
        self.ranges.iter().any(|(a, b)| other.ranges.iter().any(|(c, d)| a <= d && c <= b))
    }
}

/// Fails with the reason when one of them is no such pattern.
pub(super) fn intersect(a: &str, b: &str) -> Result<bool, String> {
    let (a, b) = (steps(a)?, steps(b)?);
    // All pairs of places that one text can have led to.
    let mut open = vec![(0, 0)];
    let mut seen = BTreeSet::new();
    while let Some((i, j)) = open.pop() {
        if i == a.len() && j == b.len() {
            return Ok(true);
        }
        if !seen.insert((i, j)) {
            continue;
        }
        let (left, right) = (a.get(i), b.get(j));
        if left.is_some_and(|step| step.repeats) {
            open.push((i + 1, j));
        }
        if right.is_some_and(|step| step.repeats) {
            open.push((i, j + 1));
        }
        if let (Some(left), Some(right)) = (left, right)
            && left.meets(right)
        {
            let behind = |at: usize, step: &Step| if step.repeats { at } else { at + 1 };
            open.push((behind(i, left), behind(j, right)));
        }
    }
    Ok(false)
}

fn steps(pattern: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut characters = pattern.chars().peekable();
    while let Some(c) = characters.next() {
        let ranges = match c {
            '.' => vec![(char::MIN, char::MAX)],
            '[' => ranges(pattern, &mut characters)?,
            ']' => return Err(format!("{pattern}: set-close ']' with no preceding '['")),
            '*' | '+' => return Err(format!("{pattern}: flag '{c}' with nothing to repeat")),
            '\\' => {
                let c = characters.next().ok_or_else(|| format!("{pattern}: ends in an escape"))?;
                vec![(c, c)]
            }
            c => vec![(c, c)],
        };
        let flag = characters.next_if(|c| matches!(c, '*' | '+'));
        if flag == Some('+') {
            steps.push(Step { ranges: ranges.clone(), repeats: false });
        }
        steps.push(Step { ranges, repeats: flag.is_some() });
    }
    Ok(steps)
}

/// What stands behind `[`, with the `]`.
fn ranges(pattern: &str, characters: &mut Peekable<Chars<'_>>) -> Result<Vec<(char, char)>, String> {
    let mut ranges = Vec::new();
    let wrong = |why: &str| Err(format!("{pattern}: {why}"));
    loop {
        let first = match characters.next() {
            None => return wrong("a set is not closed"),
            Some(']') if ranges.is_empty() => return wrong("a set is empty"),
            Some(']') => return Ok(ranges),
            Some('-') => return wrong("a range without a beginning"),
            Some('\\') => match characters.next() {
                None => return wrong("ends in an escape"),
                Some(c) => c,
            },
            Some(c) => c,
        };
        if characters.next_if_eq(&'-').is_none() {
            ranges.push((first, first));
            continue;
        }
        match characters.next() {
            Some(last) if last >= first && last != ']' => ranges.push((first, last)),
            _ => return wrong("a range without an end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_meet_where_one_text_matches_both() {
        for (a, b, meet) in [
            ("a.a.[0-9]+z", ".b.b2359825792*594823z", true),
            ("[a-z]+", "[0-9]*", false),
            ("[a-z]*", "[0-9]*", true),
            ("b.*", "bar", true),
            ("a+", "", false),
            (r"[a-z]+\[[0-9]+\]", r"foo\[1\]", true),
        ] {
            assert_eq!(intersect(a, b), Ok(meet), "{a} and {b}");
            assert_eq!(intersect(b, a), Ok(meet), "{b} and {a}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for pattern in ["pqrs]", "[a-", "[a", "[]", "*a", "a**", "[-a]", "[z-a]", "a\\"] {
            assert!(intersect(pattern, "a").is_err(), "{pattern}");
        }
    }

    #[test]
    fn long_patterns_take_no_longer_than_their_product() {
        let long = ".*a".repeat(300);
        assert_eq!(intersect(&long, &".*b".repeat(300)), Ok(false));
    }
}
