//! `glob.match`, in whose `**/` the engine sees what OPA does not: for it, `/**/flags` matches `/flags`, too.
//!
//! `*` is any text without a separator, `**` any text, `?` one character that is no separator, `[a-c]`, `[abc]` and
//! `[!abc]` one character, `{a,b}` either; `\` takes the meaning from what follows.

use regorus::Value;

use super::arguments::{array, string};
use super::{Function, function};

pub(super) const FUNCTIONS: &[Function] = &[
    function("glob.match", 3, glob_match),
    // The engine's own lets braces stand.
    function("glob.quote_meta", 1, quote_meta),
];

const MAX_NESTED: usize = 16;
const MAX_STEPS: usize = 10_000;

fn glob_match(given: &[Value]) -> Result<Value, String> {
    let separators = match given.get(1) {
        Some(Value::Null) => Vec::new(),
        _ => {
            let given = array(given, 1)?;
            let separators: Vec<char> = given.iter().map(separator).collect::<Result<_, _>>()?;
            if separators.is_empty() { vec!['.'] } else { separators }
        }
    };
    let mut program = Program { steps: Vec::new(), separators };
    let mut pattern = Pattern { rest: string(given, 0)? };
    pattern.compile(&mut program, 0)?;
    if !pattern.rest.is_empty() {
        return Err("a `}` or `,` is without its `{`".into());
    }
    Ok(Value::from(program.matches(string(given, 2)?)))
}

fn separator(value: &Value) -> Result<char, String> {
    let text = value.as_string().map_err(|_| "operand 2 must be array of single characters")?;
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(separator), None) => Ok(separator),
        _ => Err("operand 2 must be array of single characters".into()),
    }
}

#[derive(Clone)]
enum Step {
    /// One of these ranges, or none of them.
    One {
        ranges: Vec<(char, char)>,
        negated: bool,
    },
    /// One that is no separator.
    Plain,
    /// Any one.
    Any,
    /// On at both.
    Split(usize, usize),
    Jump(usize),
}

struct Program {
    steps: Vec<Step>,
    separators: Vec<char>,
}

impl Program {
    fn push(&mut self, step: Step) -> Result<usize, String> {
        if self.steps.len() >= MAX_STEPS {
            return Err("the pattern is too long".into());
        }
        self.steps.push(step);
        Ok(self.steps.len() - 1)
    }

    /// What `step` matches, as often as one likes.
    fn repeat(&mut self, step: Step) -> Result<(), String> {
        let split = self.push(Step::Jump(0))?;
        self.push(step)?;
        let back = self.push(Step::Jump(split))?;
        self.steps[split] = Step::Split(split + 1, back + 1);
        Ok(())
    }

    /// Follows all ways at once, so that time is the product of the lengths at most.
    fn matches(&self, text: &str) -> bool {
        let mut open = vec![false; self.steps.len() + 1];
        self.open(0, &mut open);
        for c in text.chars() {
            let mut next = vec![false; self.steps.len() + 1];
            for (at, step) in self.steps.iter().enumerate().filter(|(at, _)| open[*at]) {
                let goes_on = match step {
                    Step::One { ranges, negated } => {
                        ranges.iter().any(|(first, last)| (*first..=*last).contains(&c)) != *negated
                    }
                    Step::Plain => !self.separators.contains(&c),
                    Step::Any => true,
                    Step::Split(..) | Step::Jump(_) => false,
                };
                if goes_on {
                    self.open(at + 1, &mut next);
                }
            }
            open = next;
        }
        open[self.steps.len()]
    }

    fn open(&self, at: usize, open: &mut [bool]) {
        let mut todo = vec![at];
        while let Some(at) = todo.pop() {
            if std::mem::replace(&mut open[at], true) {
                continue;
            }
            match self.steps.get(at) {
                Some(Step::Split(a, b)) => todo.extend([*a, *b]),
                Some(Step::Jump(to)) => todo.push(*to),
                _ => {}
            }
        }
    }
}

struct Pattern<'a> {
    rest: &'a str,
}

impl Pattern<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    /// Up to the end, or, within braces, to a `,` or `}`.
    fn compile(&mut self, program: &mut Program, depth: usize) -> Result<(), String> {
        while let Some(c) = self.rest.chars().next() {
            if depth > 0 && matches!(c, ',' | '}') {
                return Ok(());
            }
            self.next();
            let literal = |c| Step::One { ranges: vec![(c, c)], negated: false };
            match c {
                '*' if self.rest.starts_with('*') => {
                    self.next();
                    program.repeat(Step::Any)?;
                }
                '*' => program.repeat(Step::Plain)?,
                '?' => drop(program.push(Step::Plain)?),
                '[' => {
                    let set = self.set()?;
                    program.push(set)?;
                }
                '{' => self.alternatives(program, depth + 1)?,
                '}' => return Err("a `}` is without its `{`".into()),
                '\\' => {
                    let escaped = self.next().ok_or("the pattern ends in an escape")?;
                    program.push(literal(escaped))?;
                }
                c => drop(program.push(literal(c))?),
            }
        }
        if depth > 0 { Err("a `{` is not closed".into()) } else { Ok(()) }
    }

    fn alternatives(&mut self, program: &mut Program, depth: usize) -> Result<(), String> {
        if depth > MAX_NESTED {
            return Err(format!("braces are nested deeper than {MAX_NESTED}"));
        }
        let mut ends = Vec::new();
        loop {
            let split = program.push(Step::Jump(0))?;
            self.compile(program, depth)?;
            ends.push(program.push(Step::Jump(0))?);
            let after = program.steps.len();
            match self.next() {
                Some(',') => program.steps[split] = Step::Split(split + 1, after),
                _ => {
                    program.steps[split] = Step::Jump(split + 1);
                    ends.into_iter().for_each(|end| program.steps[end] = Step::Jump(after));
                    return Ok(());
                }
            }
        }
    }

    /// What stands behind `[`: a list or, where its second character is a `-`, one range.
    fn set(&mut self) -> Result<Step, String> {
        const OPEN: &str = "a `[` is not closed";
        let negated = self.rest.starts_with('!');
        if negated {
            self.next();
        }
        let after_first = self.rest.char_indices().nth(1).map_or("", |(at, _)| &self.rest[at..]);
        // In a range an escape and a bracket are characters as all others.
        if after_first.starts_with('-') {
            let (first, _, last) = (self.next().ok_or(OPEN)?, self.next(), self.next().ok_or(OPEN)?);
            return match self.next().ok_or(OPEN)? {
                ']' if first <= last => Ok(Step::One { ranges: vec![(first, last)], negated }),
                ']' => Err("a range ends before it begins".into()),
                // OPA refuses a range beside others, too.
                _ => Err("a set of more than one range is not supported; write {[a-z],[0-9]}".into()),
            };
        }
        let mut ranges = Vec::new();
        loop {
            let c = match self.next().ok_or(OPEN)? {
                ']' if ranges.is_empty() => return Err("a set is empty".into()),
                ']' => return Ok(Step::One { ranges, negated }),
                '\\' => self.next().ok_or("the pattern ends in an escape")?,
                c => c,
            };
            ranges.push((c, c));
        }
    }
}

/// The text as a pattern that matches nothing else.
fn quote_meta(given: &[Value]) -> Result<Value, String> {
    let mut out = String::new();
    for c in string(given, 0)?.chars() {
        if matches!(c, '*' | '?' | '\\' | '[' | ']' | '{' | '}') {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(Value::from(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> Result<bool, String> {
        let separators = Value::from(vec![Value::from("/")]);
        let answer = glob_match(&[Value::from(pattern), separators, Value::from(text)])?;
        Ok(answer == Value::from(true))
    }

    /// Each was asked of OPA.
    #[test]
    fn as_opa_matches() {
        for (pattern, text, wanted) in [
            ("/**/flags/**", "/prod/flags/a/b", true),
            ("/**/flags/**", "/flags/a", false),
            ("**/a", "a", false),
            ("a**", "a/b", true),
            ("a*", "a/b", false),
            ("a?b", "a/b", false),
            ("a[!b]b", "a/b", true),
            ("{a*,b}/{,c}", "ax/", true),
            ("{a,{b,c}d}", "cd", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("[a-c]", "b", true),
            ("[-a]", "-", true),
            ("[-]", "-", true),
            ("[!-a]", "b", true),
            ("[ab-]", "-", true),
            ("[ab-c]", "-", true),
            ("[--a]", "a", true),
            ("[a\\-c]", "-", true),
            ("[\\-a]", "-", false),
            ("[]-a]", "_", true),
            ("[A-]]", "[", true),
            ("", "", true),
            ("*", "", true),
            ("{,x}a", "a", true),
        ] {
            assert_eq!(matches(pattern, text), Ok(wanted), "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_an_error() {
        for pattern in
            ["[", "{a", "a}", "[]", "[c-a]", "\\", "[a-z0-9]", "[a-]", "[!a-]", "[a-", "[--]", "[]a]"]
        {
            assert!(matches(pattern, "a").is_err(), "{pattern}");
        }
        assert!(matches(&"{".repeat(10_000), "a").is_err());
        assert!(
            glob_match(&[Value::from("a"), Value::from(vec![Value::from("ab")]), Value::from("a")]).is_err()
        );
    }

    #[test]
    fn a_quoted_text_matches_itself() {
        for (text, quoted) in [("*.a{b}", r"\*.a\{b\}"), (r"[a]?\-!,^é", r"\[a\]\?\\-!,^é"), ("", "")] {
            assert_eq!(quote_meta(&[Value::from(text)]), Ok(Value::from(quoted)));
            assert_eq!(matches(quoted, text), Ok(true), "{quoted}");
        }
    }

    #[test]
    fn hostile_patterns_take_no_longer_than_their_product() {
        assert_eq!(matches(&"**a".repeat(300), &"a".repeat(299)), Ok(false));
        assert_eq!(matches(&"{a,a}".repeat(300), &"a".repeat(299)), Ok(false));
    }
}
