//! Template strings as they are written: the engine is given a call instead, see [`crate::decide::builtins::interpolated`].

use std::ops::Range;

use super::{Failure, Operand};

const CALL: &str = "internal.template_string([";

/// A call that stands for a template: its bytes in the text, and the template.
struct Template {
    at: Range<usize>,
    written: String,
}

impl Failure {
    /// With the templates that its author wrote, and every part below its own place again.
    pub(super) fn into_written(mut self) -> Self {
        let found = templates(&self.text);
        if found.is_empty() {
            return self;
        }
        let of_rows = self.text.contains('\n');
        let (text, col) = (&self.text, self.col);
        let placed = |operand: Operand| {
            let offset = operand.col.checked_sub(col)? as usize;
            let offset = if of_rows { 0 } else { moved(text, &found, offset)? };
            let col = if of_rows { operand.col } else { col + u32::try_from(offset).ok()? };
            // What a template is made of has no place of its own in it.
            let text = written(&operand.text);
            (!text.contains("__t")).then_some(Operand { col, text, ..operand })
        };
        let operands = std::mem::take(&mut self.operands);
        self.operands = operands.into_iter().filter_map(placed).collect();
        self.text = written(&self.text);
        self
    }
}

/// Where a place in characters is once the templates are written; `None` within one of them.
fn moved(text: &str, templates: &[Template], offset: usize) -> Option<usize> {
    let at = text.char_indices().nth(offset).map_or(text.len(), |(at, _)| at);
    let mut moved = offset;
    for Template { at: call, written } in templates {
        if call.end <= at {
            moved = moved + written.chars().count() - text[call.clone()].chars().count();
        } else if call.start < at {
            return None;
        }
    }
    Some(moved)
}

fn written(text: &str) -> String {
    let mut written = text.to_string();
    for template in templates(text).into_iter().rev() {
        written.replace_range(template.at, &template.written);
    }
    written
}

/// In the order of the text; those within another are part of it.
fn templates(text: &str) -> Vec<Template> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(CALL).map(|at| from + at) {
        match template(&text[start + CALL.len()..]) {
            Some((length, written)) => {
                from = start + CALL.len() + length;
                found.push(Template { at: start..from, written });
            }
            None => from = start + CALL.len(),
        }
    }
    found
}

/// Of what follows `internal.template_string([`: how far it goes, and the template.
fn template(text: &str) -> Option<(usize, String)> {
    let mut quote = '"';
    let mut inner = String::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        match rest.chars().next()? {
            ']' => return rest.starts_with("])").then(|| (at + 2, format!("${quote}{inner}{quote}"))),
            ',' | ' ' => at += 1,
            first @ ('"' | '`') => {
                let end = end_of_string(rest)?;
                quote = first;
                inner.push_str(&rest[1..end - 1].replace('{', "\\{"));
                at += end;
            }
            '{' => {
                // `{__t1__ | __t1__ := name}`
                let end = end_of_braces(rest)?;
                let (_, expression) = rest[..end - 1].split_once(":= ")?;
                inner.push_str(&format!("{{{}}}", written(expression)));
                at += end;
            }
            _ => return None,
        }
    }
}

fn end_of_string(text: &str) -> Option<usize> {
    let quote = text.chars().next()?;
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return Some(at + 1);
        }
        escaped = quote == '"' && c == '\\' && !escaped;
    }
    None
}

fn end_of_braces(text: &str) -> Option<usize> {
    let mut open = 0;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        match c {
            '"' | '`' => {
                at += end_of_string(&text[at..])?;
                continue;
            }
            '{' => open += 1,
            '}' if open == 1 => return Some(at + 1),
            '}' => open -= 1,
            _ => {}
        }
        at += c.len_utf8();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::builtins::interpolated;

    #[test]
    fn a_template_is_read_back_from_the_call_that_stands_for_it() {
        for text in [
            r#"$"{name} is {count({x | x := 1})}" == msg"#,
            r#"f($"a {x["}"]}", $"{y}b")"#,
            r#"$"é \{ \" {$"in {z}"}" == "{" "#,
            "$`raw {x} \\ \n {y}`",
        ] {
            let parsed = interpolated(text).unwrap().unwrap();
            assert_eq!(written(&parsed), text);
        }
        for text in ["x == 1", "internal.template_string(parts)", "internal.template_string([\"a"] {
            assert_eq!(written(text), text);
        }
    }

    #[test]
    fn what_stands_behind_a_template_keeps_its_place() {
        let parsed = interpolated(r#"x == $"{a}" + y"#).unwrap().unwrap();
        let of = |word: &str| moved(&parsed, &templates(&parsed), parsed.find(word).unwrap());
        assert_eq!((of("x =="), of("internal"), of("__t1__"), of("+ y")), (Some(0), Some(5), None, Some(12)));
    }
}
