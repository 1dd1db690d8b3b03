//! Whether two simple patterns meet: `regex.globs_match`, as OPA answers it.
//!
//! A pattern is a row of characters, `.` for any and `[a-z0-9]` for one of a set, each with `*` or `+` behind it if it
//! may repeat; `\` takes the meaning from what follows.
//!
//! OPA does not look for a text that matches both, it walks along both patterns by rules of its own, and holds some
//! apart that do meet: `a*` and the empty pattern, `ab*` and `a`. The rules are those of its library,
//! github.com/yashtewari/glob-intersection; each pair of places is looked at once here.

use std::iter::Peekable;
use std::str::Chars;

/// Pairs of places that are looked at.
const MAX_PAIRS: usize = 4 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Often {
    Once,
    /// `*`
    Any,
    /// `+`
    Some,
}

/// One step: a character out of these ranges, and how often.
#[derive(Debug, PartialEq)]
struct Step {
    ranges: Vec<(char, char)>,
    often: Often,
}

impl Step {
    fn meets(&self, other: &Self) -> bool {
        self.ranges.iter().any(|(a, b)| other.ranges.iter().any(|(c, d)| a <= d && c <= b))
    }

    fn repeats(&self) -> bool {
        self.often != Often::Once
    }
}

/// What holds of the rests of both patterns.
#[derive(Clone, Copy, Default)]
struct Rests {
    /// They meet; of two that repeat, the left one is looked at first.
    meet: bool,
    /// They meet, the right one looked at first.
    meet_swapped: bool,
    /// The left one's first step takes up the right one's, until the left one goes on behind it.
    left_takes: bool,
    right_takes: bool,
}

/// Fails with the reason when one of them is no such pattern.
pub(super) fn intersect(a: &str, b: &str) -> Result<bool, String> {
    let (a, b) = (steps(a)?, steps(b)?);
    if a.len().saturating_mul(b.len()) > MAX_PAIRS {
        return Err("the patterns are too long".into());
    }
    Ok(trimmed(&a, &b).is_some_and(|(a, b)| meet(a, b)))
}

/// Without what both begin and end with, up to a step that repeats; none where that differs.
fn trimmed<'s>(a: &'s [Step], b: &'s [Step]) -> Option<(&'s [Step], &'s [Step])> {
    let single = |(x, y): &(&Step, &Step)| !x.repeats() && !y.repeats();
    let begin = a.iter().zip(b).take_while(single).map(|(x, y)| x.meets(y));
    let begin = begin.collect::<Vec<_>>();
    // One step stays.
    let (rest_of_a, rest_of_b) = (&a[begin.len().saturating_sub(1)..], &b[begin.len().saturating_sub(1)..]);
    let end = rest_of_a.iter().rev().zip(rest_of_b.iter().rev()).take_while(single).map(|(x, y)| x.meets(y));
    let end = end.collect::<Vec<_>>();
    let stays = end.len().saturating_sub(1);
    (!begin.contains(&false) && !end.contains(&false))
        .then(|| (&rest_of_a[..rest_of_a.len() - stays], &rest_of_b[..rest_of_b.len() - stays]))
}

/// From the ends to the beginnings, two rows of pairs at a time.
fn meet(a: &[Step], b: &[Step]) -> bool {
    let mut below = vec![Rests::default(); b.len() + 1];
    for i in (0..=a.len()).rev() {
        let mut row = vec![Rests::default(); b.len() + 1];
        for j in (0..=b.len()).rev() {
            let right = row.get(j + 1).copied().unwrap_or_default();
            let (down, across) = (below[j], below.get(j + 1).copied().unwrap_or_default());
            row[j] = rests(&a[i..], &b[j..], down, right, across);
        }
        below = row;
    }
    below[0].meet
}

/// `down` is one step on in `a`, `right` in `b`, `across` in both.
fn rests(a: &[Step], b: &[Step], down: Rests, right: Rests, across: Rests) -> Rests {
    let (Some(x), Some(y)) = (a.first(), b.first()) else {
        // Nothing is left to be taken: the one that takes has to be at its end, too.
        let (left_takes, right_takes) = (a.len() == 1, b.len() == 1);
        let both_end = a.is_empty() && b.is_empty();
        return Rests { meet: both_end, meet_swapped: both_end, left_takes, right_takes };
    };
    let meets = x.meets(y);
    let left_takes = a.get(1).is_some_and(|next| next.meets(y) && down.meet) || meets && right.left_takes;
    let right_takes =
        b.get(1).is_some_and(|next| next.meets(x) && right.meet_swapped) || meets && down.right_takes;
    let by_left = match x.often {
        Often::Some => meets && right.left_takes,
        _ => left_takes,
    };
    let by_right = match y.often {
        Often::Some => meets && down.right_takes,
        _ => right_takes,
    };
    let (meet, meet_swapped) = match (x.repeats(), y.repeats()) {
        (false, false) => (meets && across.meet, meets && across.meet_swapped),
        (true, false) => (by_left, by_left),
        (false, true) => (by_right, by_right),
        (true, true) => (by_left, by_right),
    };
    Rests { meet, meet_swapped, left_takes, right_takes }
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
        let often = match characters.next_if(|c| matches!(c, '*' | '+')) {
            Some('*') => Often::Any,
            Some(_) => Often::Some,
            None => Often::Once,
        };
        steps.push(Step { ranges, often });
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
    fn patterns_meet_as_in_opa() {
        for (a, b, meet) in [
            ("a.a.[0-9]+z", ".b.b2359825792*594823z", true),
            ("[a-z]+", "[0-9]*", false),
            ("[a-z]*", "[0-9]*", false),
            ("a*", "", false),
            ("", "", true),
            ("a", "", false),
            ("ab*", "a", false),
            ("a*", "a", true),
            ("b*a*", "a", true),
            ("a+", "[a-b]+", true),
            ("a+", "[a-b]+c*", false),
            ("a+", "a+b*", false),
            ("a*b", "b", true),
            ("a*b", "aab", true),
            ("ab*", "ac*", false),
            ("a.*b.*", "a.*c", true),
            ("a.+", "a.*b", true),
            ("ab", "ab", true),
            ("a", "aa", false),
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
