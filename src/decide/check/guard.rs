//! A guard before the lexer and the parser: text that would make them stall or overflow the stack never reaches them.
//!
//! The parser reads the first element of a list, set or object twice, so that its time doubles with every level; its
//! depth, and that of everything that walks the tree it makes, grows with brackets, signs, operators and path components.

use regorus::Source;
use regorus::unstable::{Lexer, Span, TokenKind};

use super::finding::{Code, Finding};
use super::ir::{Module, Node, Term};
use crate::decide::builtins::MAX_COLUMNS;
use crate::decide::explain::engine_error;

/// Deeper than people write.
const MAX_NESTING: usize = 14;
/// How often a token is read in what people hardly write: the first of the first of the first element.
const SELDOM: usize = 8;
/// Readings of such tokens, of all files together: each takes the parser about 20 microseconds.
const MAX_REREAD: usize = 20_000;
/// Tests quote whole inputs, and never reach the extension.
const MAX_REREAD_IN_TESTS: usize = 200_000;
/// Operators, signs and path components in a row, within one pair of brackets.
const MAX_LINKS: usize = 128;
/// Imports of one file: the parser holds each against all before it.
const MAX_IMPORTS: usize = 500;
/// Statements of one body: the engine orders them in quadratic time.
const MAX_STATEMENTS: usize = 1_000;

/// Reads the files of one policy, each once and in linear time.
#[derive(Default)]
pub(in crate::decide) struct Guard {
    reread: usize,
    reread_in_tests: usize,
}

impl Guard {
    pub fn check(&mut self, source: &Source) -> Result<(), Finding> {
        let text = source.get_contents();
        // The lexer takes a NUL for the end of the file: what stands behind it would silently be no policy.
        if let Some(at) = text.find('\0') {
            return Err(limit(source, at, "holds a NUL byte".into()).advice("remove it"));
        }
        if let Some(at) = nested_sets(text) {
            return Err(limit(source, at, too_deep()).advice("make rules of its parts"));
        }
        let (reread, most) = if super::directory::is_test(source.get_path()) {
            (&mut self.reread_in_tests, MAX_REREAD_IN_TESTS)
        } else {
            (&mut self.reread, MAX_REREAD)
        };
        tokens(source, reread, most)
    }
}

fn too_deep() -> String {
    format!("nested deeper than {MAX_NESTING} brackets")
}

fn limit(source: &Source, at: usize, why: String) -> Finding {
    let before = &source.get_contents()[..at];
    let line = before.matches('\n').count() + 1;
    let col = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let place = |n: usize| u32::try_from(n).unwrap_or_default();
    Finding::in_file(Code::Limit, source.get_path(), why).place(place(line), place(col))
}

/// The lexer looks ahead past `set(`, and from there past the next one, each time anew.
fn nested_sets(text: &str) -> Option<usize> {
    let mut run = 0;
    let mut end_of_last = usize::MAX;
    for (at, _) in text.match_indices("set(") {
        let between = text.get(end_of_last..at);
        // A comment between two may hold anything but another `set(`.
        let adjacent = between.is_some_and(|between| {
            between.lines().all(|line| line.trim_start().is_empty() || line.contains('#'))
        });
        run = if adjacent { run + 1 } else { 1 };
        if run > MAX_NESTING {
            return Some(at);
        }
        end_of_last = at + "set(".len();
    }
    None
}

/// What is open around a token.
struct Level {
    links: usize,
    /// The last token ended an operand, so that another operand begins something new.
    after_operand: bool,
    /// How often the parser reads what stands in the first element, and what stands in the others.
    times: usize,
    times_later: usize,
}

impl Level {
    fn new(times: usize, times_later: usize) -> Self {
        Self { links: 0, after_operand: false, times, times_later }
    }

    /// Behind a comma, or where another statement begins.
    fn next(&mut self) {
        *self = Self::new(self.times_later, self.times_later);
    }
}

fn tokens(source: &Source, reread: &mut usize, most: usize) -> Result<(), Finding> {
    let mut lexer = Lexer::new(source);
    lexer.set_max_col(MAX_COLUMNS);
    let mut levels = vec![Level::new(1, 1)];
    let mut imports = 0;
    loop {
        let token = lexer.next_token().map_err(|error| parse_error(source, &error))?;
        let (kind, at) = (&token.0, &token.1);
        let text = at.text();
        let Some(level) = levels.last_mut() else { return Ok(()) };
        let times = level.times;
        // Behind a dot it is a name.
        if *kind == TokenKind::Ident && text == "import" && level.after_operand {
            imports += 1;
            if imports > MAX_IMPORTS {
                let why = format!("more than {MAX_IMPORTS} imports in one file");
                return Err(Finding::at(Code::Limit, at, why).advice("make several files of its rules"));
            }
        }
        if times >= SELDOM {
            *reread += times;
        }
        match (kind, text) {
            (TokenKind::Eof, _) => return Ok(()),
            (TokenKind::Symbol, "(" | "[") if level.after_operand => {
                level.links += 1;
                levels.push(Level::new(times, times));
            }
            (TokenKind::Symbol, "(") | (TokenKind::Ident, "set(") => levels.push(Level::new(times, times)),
            // A body follows `if`, or what `every` goes through.
            (TokenKind::Symbol, "{") if level.after_operand => levels.push(Level::new(times, times)),
            (TokenKind::Symbol, "[" | "{") => levels.push(Level::new(times * 2, times)),
            (TokenKind::Symbol, ")" | "]" | "}") => {
                if levels.len() > 1 {
                    levels.pop();
                }
                if let Some(level) = levels.last_mut() {
                    level.after_operand = true;
                }
            }
            (TokenKind::Symbol, ":") => *level = Level::new(times, level.times_later),
            (TokenKind::Symbol, "," | ";" | ":=") => level.next(),
            (TokenKind::Symbol, "|") => {
                level.links += 1;
                (level.times, level.after_operand) = (level.times_later, false);
            }
            (TokenKind::Symbol, _) | (TokenKind::Ident, "in") => {
                level.links += 1;
                level.after_operand = false;
            }
            (TokenKind::Ident, "contains" | "not" | "as" | "some") => {
                level.links = 0;
                level.after_operand = false;
            }
            (TokenKind::Number, _) if text.starts_with('-') && level.after_operand => level.links += 1,
            _ => {
                if level.after_operand {
                    level.next();
                }
                level.after_operand = true;
            }
        }
        if levels.len() > MAX_NESTING + 1 {
            return Err(too(at, &too_deep()));
        }
        if levels.last().is_some_and(|level| level.links > MAX_LINKS) {
            return Err(too(at, &format!("more than {MAX_LINKS} operators or path components in a row")));
        }
        if *reread > most {
            let why = "lists and objects nested deeper than the engine's parser can take in time";
            return Err(too(at, why));
        }
    }
}

fn too(at: &Span, why: &str) -> Finding {
    Finding::at(Code::Limit, at, why).advice("make rules of its parts")
}

/// After parsing: bodies that the engine would order for too long.
pub(super) fn check_bodies(module: &Module<'_>, findings: &mut Vec<Finding>) {
    for rule in &module.rules {
        let bodies = rule.clauses.iter().map(|clause| &clause.body);
        let mut longest = bodies.map(|body| body.statements.len()).max().unwrap_or(0);
        rule.visit(&mut |node| {
            if let Node::Term(Term::Comprehension { body, .. }) = node {
                longest = longest.max(body.statements.len());
            }
        });
        if longest > MAX_STATEMENTS {
            let why = format!("a body of more than {MAX_STATEMENTS} statements");
            findings.push(Finding::at(Code::Limit, rule.at, why).advice("make rules of its parts"));
        }
    }
}

/// What the lexer or the parser says, at its place and in one line.
pub(in crate::decide) fn parse_error(source: &Source, error: &anyhow::Error) -> Finding {
    let line = engine_error(error);
    let rest = line.strip_prefix(source.get_path().as_str()).and_then(|rest| rest.strip_prefix(':'));
    let placed = rest.and_then(|rest| {
        let (row, rest) = rest.split_once(':')?;
        let (col, why) = rest.split_once(':')?;
        Some((row.trim().parse().ok()?, col.trim().parse().ok()?, why.trim()))
    });
    let Some((row, col, why)) = placed else {
        return Finding::in_file(Code::Parse, source.get_path(), line);
    };
    let (row, col) = within(source.get_contents(), row, col);
    let (code, why, advice) = explain(why);
    Finding::in_file(code, source.get_path(), why).place(row, col).advice(advice)
}

/// Behind the last word where the file ended too early: there is no line to show past it.
fn within(text: &str, row: u32, col: u32) -> (u32, u32) {
    let place = |n: usize| u32::try_from(n).unwrap_or_default();
    let written = text.trim_end();
    if row > place(text.lines().count()) && !written.is_empty() {
        let last = written.lines().last().unwrap_or_default();
        return (place(written.lines().count()), place(last.chars().count() + 1));
    }
    (row, columns(text, row, col))
}

/// The engine counts a tab as four columns; editors and OPA count it as one.
fn columns(text: &str, row: u32, col: u32) -> u32 {
    let line = text.lines().nth(row.saturating_sub(1) as usize).unwrap_or_default();
    let mut engine = 1;
    for (ours, c) in (1..).zip(line.chars()) {
        if engine >= col {
            return ours;
        }
        engine += if c == '\t' { 4 } else { 1 };
    }
    u32::try_from(line.chars().count() + 1).unwrap_or(col)
}

fn explain(why: &str) -> (Code, String, &'static str) {
    let shadowed =
        |name: &str| (Code::Compile, format!("variables must not shadow {name}"), "use a different name");
    match why {
        "input cannot be shadowed" => shadowed("input"),
        "data cannot be shadowed" => shadowed("data"),
        _ if why.starts_with("import shadows following import") || why.starts_with("this import shadows") => {
            (
                Code::Compile,
                "import must not shadow an earlier import of the same".into(),
                "remove one of them",
            )
        }
        _ if why.starts_with("expecting `package`") => (
            Code::Parse,
            "package expected".into(),
            "begin the file with its package: `package vestry.declare`",
        ),
        _ if why.starts_with("line exceeds maximum column width") => {
            (Code::Limit, why.into(), "break the line; a tab counts as four columns")
        }
        "`if` keyword is required before rule body"
        | "`contains` keyword is required for partial set rules" => {
            (Code::Parse, why.into(), "this is Rego of before OPA 1.0; `opa fmt --rego-v1` rewrites it")
        }
        _ => (
            Code::Parse,
            why.into(),
            "see what stands before it: a bracket, a quotation mark or a keyword may be missing",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: &str) -> Result<(), String> {
        let source = Source::from_contents("p.rego".into(), text.into()).unwrap();
        Guard::default().check(&source).map_err(|f| f.to_string())
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let brackets = "[".repeat(100);
        check_text(&format!("package a\n# {brackets}\nx := \"{brackets}\"\ny := `{brackets}\n{brackets}`\n"))
            .unwrap();
    }

    #[test]
    fn deep_nesting_is_refused_with_its_place() {
        let error = check_text(&format!("package a\n\nx := {}", "[".repeat(MAX_NESTING + 1))).unwrap_err();
        assert!(error.starts_with("p.rego:3:20: nested"), "{error}");
        check_text(&format!("package a\nx := {}1{}", "f(".repeat(MAX_NESTING), ")".repeat(MAX_NESTING)))
            .unwrap();
    }

    #[test]
    fn what_the_parser_would_read_again_and_again_is_refused() {
        let nested = |open: &str, depth| format!("{}1{}", open.repeat(depth), "]".repeat(depth));
        let one = check_text(&format!("package a\nx := {}", nested("[", 14))).unwrap_err();
        assert!(one.starts_with("p.rego:2:") && one.contains("can take in time"), "{one}");
        let many = format!("package a\n{}", format!("x := {}\n", nested("[", 6)).repeat(500));
        assert!(check_text(&many).unwrap_err().contains("can take in time"));
        // Only first elements are read again.
        check_text(&format!("package a\nx := {}", nested("[1, ", 14))).unwrap();
        let rules =
            "deny contains {\"id\": \"x\", \"msg\": msg} if { some r in input.references; msg := r.name }\n";
        check_text(&format!("package a\n{}", rules.repeat(1_500))).unwrap();
    }

    #[test]
    fn more_imports_than_anybody_writes_are_refused_before_the_parser_compares_them() {
        let imports = |n: usize| (0..n).map(|i| format!("import data.a{i}\n")).collect::<String>();
        check_text(&format!("package a\n{}x := y.import\n", imports(MAX_IMPORTS))).unwrap();
        let error = check_text(&format!("package a\n{}", imports(MAX_IMPORTS + 1))).unwrap_err();
        assert!(error.starts_with("p.rego:502:1: more than 500 imports in one file; make"), "{error}");
    }

    #[test]
    fn what_a_nul_would_hide_is_refused() {
        assert!(check_text("package a\n\0deny := 1").unwrap_err().starts_with("p.rego:2:1: holds a NUL"));
    }

    #[test]
    fn sets_within_sets_are_refused_before_the_lexer_looks_ahead_for_ever() {
        for between in ["", " ", "\n", " # set\n"] {
            let text = format!("package a\nx := {}", format!("set({between}").repeat(15_000));
            assert!(check_text(&text).unwrap_err().contains("nested deeper"), "{between:?}");
        }
        check_text(&format!("package a\nx := [{}]\n", "set(),\n".repeat(1000))).unwrap();
    }

    #[test]
    fn long_rows_of_anything_are_refused() {
        for (first, link) in [
            ("1", "\n+ 1"),
            ("1", "\n-1"),
            ("", "-\n"),
            ("x", "[\n0]"),
            ("1", "\n| 1"),
            ("1", "\nin 1"),
            ("1", "\n== 1"),
        ] {
            let text = format!("package a\nx := {first}{}", link.repeat(5_000));
            assert!(check_text(&text).unwrap_err().contains("in a row"), "{link:?}");
            check_text(&format!("package a\nx := {first}{}", link.repeat(MAX_LINKS))).unwrap();
        }
        let rules: String = (0..5_000).map(|i| format!("r{i} := 1 + {i}\n")).collect();
        check_text(&format!("package a\n{rules}")).unwrap();
        let statements = "x.y == 1\nnot a.b\n".repeat(1_000);
        check_text(&format!("package a\np if {{\n{statements}}}")).unwrap();
    }
}
