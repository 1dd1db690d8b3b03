//! Template strings, `$"{name} is denied"`, which OPA reads since 1.12 and the engine's lexer does not.
//!
//! Each becomes a call as OPA's own compiler makes it, `internal.template_string([{t | t := name}, " is denied"])`: an
//! expression without a value is an empty set, and says `<undefined>`.

use regorus::Value;

use super::arguments::{array, type_name};
use super::{Function, function};
use crate::decide::order;

pub(super) const FUNCTIONS: &[Function] = &[function("internal.template_string", 1, template_string)];

const MAX_DEPTH: usize = 8;
const MAX_TEMPLATES: usize = 10_000;

/// The text with its template strings replaced, `None` where it has none.
///
/// Fails with the place in bytes and the reason.
pub(in crate::decide) fn interpolated(text: &str) -> Result<Option<String>, (usize, String)> {
    if !text.contains("$\"") && !text.contains("$`") {
        return Ok(None);
    }
    let mut scanner = Scanner { text, at: 0, templates: 0 };
    let mut out = String::with_capacity(text.len() * 2);
    scanner.code(&mut out, 0)?;
    Ok(Some(out))
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// Each gets a variable of its own: a comprehension sees the variables around it.
    templates: usize,
}

type Scan = Result<(), (usize, String)>;

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn copy(&mut self, bytes: usize, out: &mut String) {
        out.push_str(&self.text[self.at..self.at + bytes]);
        self.at += bytes;
    }

    fn fail(&self, why: &str) -> Scan {
        Err((self.at, why.into()))
    }

    /// Code up to the end, or, within a template, up to the brace that ends the expression.
    fn code(&mut self, out: &mut String, depth: usize) -> Scan {
        let mut braces = 0;
        while let Some(c) = self.rest().chars().next() {
            match c {
                '#' => self.copy(self.rest().find('\n').unwrap_or(self.rest().len()), out),
                '"' => self.string(out)?,
                '`' => match self.rest()[1..].find('`') {
                    Some(length) => self.copy(length + 2, out),
                    None => return self.fail("a raw string is not closed"),
                },
                '$' if self.rest()[1..].starts_with(['"', '`']) => self.template(out, depth + 1)?,
                '}' if braces == 0 && depth > 0 => return Ok(()),
                _ => {
                    match c {
                        '{' => braces += 1,
                        '}' => braces -= 1,
                        _ => {}
                    }
                    self.copy(c.len_utf8(), out);
                }
            }
        }
        if depth > 0 { self.fail("a template's expression is not closed") } else { Ok(()) }
    }

    /// An ordinary string, as it is.
    fn string(&mut self, out: &mut String) -> Scan {
        let mut escaped = false;
        for (at, c) in self.rest().char_indices().skip(1) {
            match c {
                '"' if !escaped => {
                    self.copy(at + 1, out);
                    return Ok(());
                }
                '\n' => break,
                _ => escaped = c == '\\' && !escaped,
            }
        }
        self.fail("a string is not closed")
    }

    fn template(&mut self, out: &mut String, depth: usize) -> Scan {
        self.templates += 1;
        if depth > MAX_DEPTH || self.templates > MAX_TEMPLATES {
            return self.fail("too many template strings, or nested too deep");
        }
        let variable = format!("__t{}__", self.templates);
        self.at += 1;
        let Some(quote) = self.rest().chars().next() else {
            return self.fail("a template string is not closed");
        };
        self.at += 1;
        let mut parts = Vec::new();
        let mut piece = String::from(quote);
        loop {
            let Some(c) = self.rest().chars().next() else {
                return self.fail("a template string is not closed");
            };
            match c {
                _ if c == quote => {
                    self.at += 1;
                    piece.push(quote);
                    parts.push(piece);
                    break;
                }
                '\n' if quote == '"' => return self.fail("a template string is not closed"),
                '\\' if self.rest()[1..].starts_with('{') => {
                    piece.push('{');
                    self.at += 2;
                }
                '\\' if quote == '"' => {
                    let escaped = self.rest()[1..].chars().next().map_or(0, char::len_utf8);
                    self.copy(1 + escaped, &mut piece);
                }
                '{' => {
                    self.at += 1;
                    let mut expression = String::new();
                    self.code(&mut expression, depth)?;
                    if expression.trim().is_empty() {
                        return self.fail("a template's expression is empty");
                    }
                    self.at += 1;
                    piece.push(quote);
                    parts.push(std::mem::replace(&mut piece, String::from(quote)));
                    parts.push(format!("{{{variable} | {variable} := {expression}}}"));
                }
                _ => self.copy(c.len_utf8(), &mut piece),
            }
        }
        if let [only] = parts.as_slice() {
            out.push_str(only);
        } else {
            parts.retain(|part| part.len() > 2);
            out.push_str(&format!("internal.template_string([{}])", parts.join(", ")));
        }
        Ok(())
    }
}

fn template_string(given: &[Value]) -> Result<Value, String> {
    let mut text = String::new();
    for part in array(given, 0)? {
        match &part {
            Value::String(literal) => text.push_str(literal),
            Value::Set(values) => match (values.iter().next(), values.len()) {
                (None, _) => text.push_str("<undefined>"),
                (Some(Value::String(value)), 1) => text.push_str(value),
                (Some(value), 1) => shown(value, &mut text),
                _ => return Err("template-strings must not produce multiple outputs".into()),
            },
            other => return Err(format!("a part is a {}", type_name(other))),
        }
    }
    Ok(Value::from(text))
}

/// As Rego writes it.
pub(super) fn shown(value: &Value, out: &mut String) {
    let mut list = |open: &str, items: Vec<&Value>, close: &str| {
        out.push_str(open);
        for (i, item) in items.into_iter().enumerate() {
            out.push_str(if i > 0 { ", " } else { "" });
            shown(item, out);
        }
        out.push_str(close);
    };
    match value {
        Value::Array(items) => list("[", items.iter().collect(), "]"),
        Value::Set(items) if items.is_empty() => out.push_str("set()"),
        Value::Set(items) => list("{", order::elements(items), "}"),
        Value::Object(fields) => {
            out.push('{');
            for (i, (key, value)) in order::members(fields).into_iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                shown(key, out);
                out.push_str(": ");
                shown(value, out);
            }
            out.push('}');
        }
        Value::Number(number) => out.push_str(&number.format_decimal()),
        Value::String(text) => quoted(text, out),
        other => out.push_str(&other.to_string()),
    }
}

/// As Go's `strconv.Quote` does it.
fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c => out.push_str(&match u32::from(c) {
                n @ (..0x20 | 0x7f) => format!("\\x{n:02x}"),
                n @ ..0x10000 => format!("\\u{n:04x}"),
                n => format!("\\U{n:08x}"),
            }),
        }
    }
    out.push('"');
}

/// What joins the letter before it is escaped only where it stands alone.
fn is_printable(c: char) -> bool {
    c == '\'' || String::from_iter(['a', c]).escape_debug().nth(2).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluated(template: &str) -> Result<Value, String> {
        let text = format!("package a\nflag := false\nx := \"X\"\np := {template}");
        let text = interpolated(&text).map_err(|(at, why)| format!("{at}: {why}"))?.unwrap_or(text);
        let mut engine = regorus::Engine::new();
        engine.add_policy("a.rego".into(), text).map_err(|e| e.to_string())?;
        super::super::install(&mut engine, "", true);
        engine.eval_rule("data.a.p".into()).map_err(|e| e.to_string())
    }

    #[test]
    fn expressions_are_put_into_the_text() {
        for (template, wanted) in [
            (r#"$"""#, ""),
            (r#"$"a {x} b""#, "a X b"),
            (r#"$"{x}{x}""#, "XX"),
            (r#"$"{input.no}""#, "<undefined>"),
            (r#"$"{flag} {null} {1.5}""#, "false null 1.5"),
            (r#"$"\{x} \" \n}""#, "{x} \" \n}"),
            (r#"$"{ {"}": x}["}"] }""#, "X"),
            (r#"$"{$"<{x}>"} # {"{"}""#, "<X> # {"),
            (r#"$"{[1, "a"]} {{x}} {set()} {{"k": 1}}""#, r#"[1, "a"] {"X"} set() {"k": 1}"#),
            ("$`{x}\n\"{x}`", "X\n\"X"),
            (
                r#"$"{["\u2028\u007f\u0001\u0007é\u0301\u00a0\t'\"😀\udb40\udc01"]}""#,
                "[\"\\u2028\\x7f\\x01\\aé\u{301}\\u00a0\\t'\\\"😀\\U000e0001\"]",
            ),
        ] {
            assert_eq!(evaluated(template), Ok(Value::from(wanted)), "{template}");
        }
    }

    #[test]
    fn what_only_looks_like_one_stays() {
        for text in ["x := \"$\" # $\"{\n", "x := `$\"{`\n", "x := \"a$\" # b\n"] {
            assert_eq!(interpolated(text).map(|t| t.unwrap_or(text.into())), Ok(text.to_string()));
        }
    }

    #[test]
    fn broken_ones_are_refused() {
        for text in [
            "$\"",
            "$\"{",
            "$\"{x",
            "$\"{}\"",
            "$\"\n\"",
            "$`",
            "$\"{\"}",
            "$\"\\",
            "$\"{`}\"",
            "$\"{x[_]} {[1,2][_]}\"",
        ] {
            assert!(evaluated(text).is_err(), "{text}");
        }
        assert!(evaluated(&"$\"{".repeat(100_000)).is_err());
    }
}
