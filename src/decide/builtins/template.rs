//! The part of Go's `text/template` that messages are made of: `strings.render_template`.
//!
//! `{{.a.b}}`, `{{$name}}`, `{{if …}} {{else}} {{end}}`, `{{range …}}`, `{{range $i, $x := …}}`. Everything else, and
//! every value that is no text, number or boolean, is an error: no message that differs from OPA's.

use regorus::value::Object;
use regorus::{Rc, Value};

const MAX_BYTES: usize = 1 << 20;
const MAX_DEPTH: usize = 32;

/// What OPA writes for a name that is not there.
const MISSING: &str = "<undefined>";

#[derive(Debug)]
enum Part {
    Text(String),
    Value(Term),
    If {
        condition: Term,
        then: Vec<Part>,
        otherwise: Vec<Part>,
    },
    Range {
        index: Option<String>,
        element: Option<String>,
        over: Term,
        body: Vec<Part>,
        otherwise: Vec<Part>,
    },
}

/// `.a.b`, or `$name.a.b`.
#[derive(Debug)]
struct Term {
    variable: Option<String>,
    path: Vec<String>,
}

pub(super) fn render(template: &str, values: &Object) -> Result<String, String> {
    let mut rest = template;
    let (parts, ended_by) = parse(&mut rest, 0)?;
    if let Some(word) = ended_by {
        return Err(format!("{{{{{word}}}}} without a beginning"));
    }
    let mut out = String::new();
    let root = Value::Object(Rc::new(values.clone()));
    write(&parts, &mut Scope { dot: root.clone(), root, variables: Vec::new() }, &mut out)?;
    Ok(out)
}

/// Up to `{{end}}` or `{{else}}`, which it returns, or the end of the text.
fn parse(rest: &mut &str, depth: usize) -> Result<(Vec<Part>, Option<&'static str>), String> {
    if depth > MAX_DEPTH {
        return Err(format!("nested deeper than {MAX_DEPTH}"));
    }
    let mut parts = Vec::new();
    while let Some((text, behind)) = rest.split_once("{{") {
        parts.push(Part::Text(text.to_string()));
        let (action, behind) = behind.split_once("}}").ok_or("`{{` is not closed")?;
        *rest = behind;
        let action = action.trim();
        let (word, operand) = action.split_once(char::is_whitespace).unwrap_or((action, ""));
        match word {
            "end" if operand.is_empty() => return Ok((parts, Some("end"))),
            "else" if operand.is_empty() => return Ok((parts, Some("else"))),
            "if" => {
                let condition = term(operand)?;
                let (then, otherwise) = blocks(rest, depth)?;
                parts.push(Part::If { condition, then, otherwise });
            }
            "range" => {
                let (names, over) = operand.split_once(":=").unwrap_or(("", operand));
                let mut names = names.split(',').map(str::trim).filter(|n| !n.is_empty()).map(variable);
                let (first, second) = (names.next().transpose()?, names.next().transpose()?);
                if names.next().is_some() {
                    return Err("range has more than two variables".into());
                }
                let (index, element) = if second.is_some() { (first, second) } else { (None, first) };
                let over = term(over.trim())?;
                let (body, otherwise) = blocks(rest, depth)?;
                parts.push(Part::Range { index, element, over, body, otherwise });
            }
            _ => parts.push(Part::Value(term(action)?)),
        }
    }
    parts.push(Part::Text(std::mem::take(rest).to_string()));
    Ok((parts, None))
}

fn blocks(rest: &mut &str, depth: usize) -> Result<(Vec<Part>, Vec<Part>), String> {
    let (first, ended_by) = parse(rest, depth + 1)?;
    match ended_by {
        Some("end") => Ok((first, Vec::new())),
        Some(_) => match parse(rest, depth + 1)? {
            (second, Some("end")) => Ok((first, second)),
            _ => Err("`{{end}}` is missing".into()),
        },
        None => Err("`{{end}}` is missing".into()),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn variable(text: &str) -> Result<String, String> {
    let name = text.strip_prefix('$').filter(|name| is_name(name));
    name.map(str::to_string).ok_or_else(|| format!("`{text}` is no variable"))
}

fn term(text: &str) -> Result<Term, String> {
    let unsupported = || format!("`{{{{{text}}}}}` is more than Vestry's templates understand");
    let (head, path) = match text.strip_prefix('.') {
        Some("") => return Ok(Term { variable: None, path: Vec::new() }),
        Some(path) => (None, Some(path)),
        None => match text.split_once('.') {
            Some((head, path)) => (Some(head), Some(path)),
            None => (Some(text), None),
        },
    };
    let variable = match head {
        Some("$") => Some(String::new()),
        Some(head) => Some(variable(head).map_err(|_| unsupported())?),
        None => None,
    };
    let path: Vec<String> = path.map(|p| p.split('.').map(str::to_string).collect()).unwrap_or_default();
    if path.iter().all(|part| is_name(part)) { Ok(Term { variable, path }) } else { Err(unsupported()) }
}

struct Scope {
    root: Value,
    dot: Value,
    /// The innermost last; with whether it is an index, which alone may be false by being 0.
    variables: Vec<(String, Value, bool)>,
}

impl Scope {
    /// `None` where a name is not there; the flag is that of an index.
    fn value(&self, term: &Term) -> Result<(Option<Value>, bool), String> {
        let (mut at, index) = match term.variable.as_deref() {
            None => (self.dot.clone(), false),
            Some("") => (self.root.clone(), false),
            Some(name) => match self.variables.iter().rev().find(|(known, ..)| known == name) {
                Some((_, value, index)) => (value.clone(), *index),
                None => return Err(format!("there is no variable ${name}")),
            },
        };
        for name in &term.path {
            let Value::Object(object) = &at else {
                return Err(format!("{name} is asked of what is no object"));
            };
            match object.get(&Value::from(name.as_str())).cloned() {
                Some(value) => at = value,
                None => return Ok((None, false)),
            }
        }
        Ok((Some(at), index && term.path.is_empty()))
    }
}

fn write(parts: &[Part], scope: &mut Scope, out: &mut String) -> Result<(), String> {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Value(term) => out.push_str(&printed(scope.value(term)?.0)?),
            Part::If { condition, then, otherwise } => {
                let (value, index) = scope.value(condition)?;
                write(if is_true(value, index) { then } else { otherwise }, scope, out)?;
            }
            Part::Range { index, element, over, body, otherwise } => {
                let entries = entries(scope.value(over)?.0)?;
                if entries.is_empty() {
                    write(otherwise, scope, out)?;
                }
                for (key, value, is_index) in entries {
                    let (outer, depth) = (scope.dot.clone(), scope.variables.len());
                    scope.variables.extend(index.clone().map(|name| (name, key, is_index)));
                    scope.variables.extend(element.clone().map(|name| (name, value.clone(), false)));
                    scope.dot = value;
                    write(body, scope, out)?;
                    scope.dot = outer;
                    scope.variables.truncate(depth);
                }
            }
        }
        if out.len() > MAX_BYTES {
            return Err(format!("renders more than {MAX_BYTES} bytes"));
        }
    }
    Ok(())
}

fn entries(value: Option<Value>) -> Result<Vec<(Value, Value, bool)>, String> {
    match value {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => {
            Ok(items.iter().enumerate().map(|(i, item)| (Value::from(i), item.clone(), true)).collect())
        }
        Some(Value::Object(fields)) => {
            Ok(fields.iter_sorted().map(|(key, value)| (key.clone(), value.clone(), false)).collect())
        }
        Some(_) => Err("range is over what is neither array nor object".into()),
    }
}

fn printed(value: Option<Value>) -> Result<String, String> {
    match value {
        None => Ok(MISSING.into()),
        Some(Value::String(text)) => Ok(text.to_string()),
        Some(Value::Number(number)) => Ok(number.format_decimal()),
        Some(value @ Value::Bool(_)) => Ok(value.to_string()),
        Some(value) => Err(format!("{} has no text of its own", super::arguments::type_name(&value))),
    }
}

/// Go's rule. A number of the data is a text to the template, and so true even when it is 0.
fn is_true(value: Option<Value>, index: bool) -> bool {
    match value {
        None | Some(Value::Null | Value::Undefined) => false,
        Some(Value::Bool(truth)) => truth,
        Some(Value::Number(_)) if index => value != Some(Value::from(0)),
        Some(Value::Number(_)) => true,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Set(items)) => !items.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(template: &str, values: &str) -> Result<String, String> {
        render(template, Value::from_json_str(values).unwrap().as_object().unwrap())
    }

    #[test]
    fn values_conditions_and_loops() {
        for (template, values, text) in [
            ("a {{.b.c}} {{ .d }}", r#"{"b": {"c": "x"}, "d": 1.5}"#, "a x 1.5"),
            ("{{.no}}", "{}", "<undefined>"),
            ("{{range $i, $x := .xs}}{{if $i}},{{end}}{{$x}}{{end}}", r#"{"xs": ["a", "b"]}"#, "a,b"),
            ("{{range .xs}}{{.n}}{{else}}none{{end}}", r#"{"xs": []}"#, "none"),
            ("{{if .a}}yes{{else}}no{{end}}", r#"{"a": ""}"#, "no"),
            ("{{range $k, $v := .o}}{{$k}}={{$v}};{{end}}", r#"{"o": {"b": 2, "a": 1}}"#, "a=1;b=2;"),
        ] {
            assert_eq!(rendered(template, values).as_deref(), Ok(text), "{template}");
        }
    }

    #[test]
    fn what_go_would_do_otherwise_is_refused() {
        for template in [
            "{{",
            "{{.a",
            "{{end}}",
            "{{if .a}}",
            "{{.a | printf}}",
            "{{- .a -}}",
            "{{.l}}",
            "{{len .l}}",
            "{{$x}}",
            "{{template \"x\"}}",
            "{{/* a */}}",
            "{{if eq .a 1}}{{end}}",
            "{{range $a, $b, $c := .l}}{{end}}",
            "{{}}",
        ] {
            assert!(rendered(template, r#"{"a": 1, "l": [1]}"#).is_err(), "{template}");
        }
        assert!(rendered(&"{{if .a}}".repeat(10_000), r#"{"a": 1}"#).is_err());
    }
}
