//! Comparisons with what the input never holds.

use regorus::Value;
use regorus::unstable::Span;

use super::super::finding::{Code, Finding};
use super::super::ir::{Brackets, Term};
use super::follow::Follow;
use super::known::Known;
use crate::decide::schema::Shape;
use crate::declare::suggest::nearest;

/// What stands there to be compared with, as far as it can be seen.
enum Written<'a> {
    Scalar(&'a Value),
    Brackets(Brackets),
}

impl<'a> Written<'a> {
    fn of(term: &Term<'a>) -> Option<Self> {
        Some(match term {
            Term::Scalar(_, value) => Self::Scalar(value),
            Term::Array(..) => Self::Brackets(Brackets::Array),
            Term::Set(..) => Self::Brackets(Brackets::Set),
            Term::Object(..) => Self::Brackets(Brackets::Object),
            Term::Comprehension { kind, .. } => Self::Brackets(*kind),
            _ => return None,
        })
    }

    fn text(&self) -> Option<&'a str> {
        match self {
            Self::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    fn is(&self, kind: impl Fn(&Value) -> bool) -> bool {
        matches!(self, Self::Scalar(value) if kind(value))
    }

    fn is_in(&self, brackets: Brackets) -> bool {
        matches!(self, Self::Brackets(kind) if *kind == brackets)
    }
}

impl<'a> Follow<'_, '_, 'a> {
    /// `reference.store == "secretmanager"` never holds, and its negation always.
    pub(super) fn compare(&mut self, left: &Term<'a>, right: &Term<'a>, known: [Option<Known>; 2]) {
        if !self.strictly || self.replaced {
            return;
        }
        let mut sides = [(right, known[0]), (left, known[1])].into_iter();
        let found = sides.find_map(|(term, known)| Some((known?, term.at(), Written::of(term)?)));
        if let Some((Known { shape, lists: 0 }, at, written)) = found
            && let Some(finding) = never(shape, at, &written)
        {
            self.refuse(finding);
        }
    }
}

/// Null may stand for anything that is not known.
fn never(shape: &Shape, at: &Span, written: &Written<'_>) -> Option<Finding> {
    if written.is(|value| *value == Value::Null) {
        return None;
    }
    let (is, advice) = match (shape, written.text()) {
        (Shape::OneOf(values), Some(text)) if !values.contains(&text) => {
            let advice = nearest(text, values.iter().copied()).map_or_else(
                || format!("it is one of {}", values.join(", ")),
                |near| format!("did you mean {near:?}?"),
            );
            (format!("never {text:?}"), advice)
        }
        (Shape::Text | Shape::Time | Shape::OneOf(_), None) => {
            ("a string".into(), "compare it with a text, in quotes".into())
        }
        (Shape::Number, _) if !written.is(|value| value.as_f64().is_ok()) => {
            ("a number".into(), "compare it with a number, without quotes".into())
        }
        (Shape::Flag, _) if !written.is(|value| value.as_bool().is_ok()) => {
            ("a boolean".into(), "compare it with true or false, without quotes".into())
        }
        (Shape::List(_), _) if !written.is_in(Brackets::Array) => {
            ("a list".into(), "ask for what is in it: `some x in` the list, or `x in` it".into())
        }
        (Shape::Object(fields), _) if !written.is_in(Brackets::Object) => {
            let names: Vec<_> = fields.iter().map(|field| field.name).collect();
            ("an object".into(), format!("compare one of its fields: {}", names.join(", ")))
        }
        _ => return None,
    };
    let why = format!("match error: this part of the input is {is}");
    Some(Finding::at(Code::Type, at, why).advice(advice))
}
