//! Comparisons with what the input never holds.

use super::super::finding::{Code, Finding};
use super::super::ir::Term;
use super::follow::Follow;
use super::known::Known;
use crate::decide::schema::Shape;
use crate::declare::suggest::nearest;

impl<'a> Follow<'_, '_, 'a> {
    /// `reference.store == "secretmanager"` never holds, and its negation always.
    pub(super) fn compare(&mut self, left: &Term<'a>, right: &Term<'a>, known: [Option<Known>; 2]) {
        if !self.strictly || self.replaced {
            return;
        }
        let (known, scalar) = match (left, right, known) {
            (_, Term::Scalar(at, value), [Some(known), _])
            | (Term::Scalar(at, value), _, [_, Some(known)]) => (known, (at, value)),
            _ => return,
        };
        let (at, value) = scalar;
        let text = value.as_string().ok();
        let finding = match (known.shape, text) {
            _ if known.lists > 0 || **value == regorus::Value::Null => return,
            (Shape::OneOf(values), Some(text)) if !values.contains(&&**text) => {
                let advice = nearest(text, values.iter().copied()).map_or_else(
                    || format!("it is one of {}", values.join(", ")),
                    |near| format!("did you mean {near:?}?"),
                );
                Finding::at(Code::Type, at, format!("match error: this part of the input is never {text:?}"))
                    .advice(advice)
            }
            (Shape::Text | Shape::Time | Shape::OneOf(_), None) => {
                let why = "match error: this part of the input is a string";
                Finding::at(Code::Type, at, why).advice("compare it with a text, in quotes")
            }
            (Shape::Number, _) if value.as_f64().is_err() => {
                let why = "match error: this part of the input is a number";
                Finding::at(Code::Type, at, why).advice("compare it with a number, without quotes")
            }
            (Shape::Flag, _) if value.as_bool().is_err() => {
                let why = "match error: this part of the input is a boolean";
                Finding::at(Code::Type, at, why).advice("compare it with true or false, without quotes")
            }
            _ => return,
        };
        self.refuse(finding);
    }
}
