//! Paths into the input, by whatever name they begin with.

use super::super::finding::{Code, Finding};
use super::super::ir::{Reference, Root, Step, Term, With};
use super::follow::Follow;
use super::known::{Held, Known, Missing};
use crate::decide::rules::Stage;
use crate::decide::schema::{INPUT, Shape};

impl<'a> Follow<'_, '_, 'a> {
    pub(super) fn reference(&mut self, reference: &Reference<'a>) -> Option<Known> {
        for step in &reference.steps {
            if let Step::Index(index) = step {
                self.term(index);
            }
        }
        let (mut at, mut said, mut from) = match &reference.root {
            Root::Input if self.replaced => return None,
            Root::Input => (Known { shape: &INPUT, lists: 0 }, "input".to_string(), 0),
            Root::Variable(id) => (*self.held.get(id)?, self.rule.variables[*id].name.to_string(), 0),
            Root::Term(term) => (self.term(term)?, "it".to_string(), 0),
            Root::Data => {
                let (known, length) = self.rule_of(reference)?;
                let names = reference.steps[..length].iter().map(|step| match step {
                    Step::Name(name, _) => *name,
                    Step::Index(_) => "_",
                });
                let said = names.collect::<Vec<_>>().join(".");
                (known, format!("data.{said}"), length)
            }
        };
        while let Some(step) = reference.steps.get(from) {
            at = match step {
                // A name that only evaluation tells.
                Step::Index(_) if at.lists == 0 && matches!(at.shape, Shape::Object(_)) => return None,
                Step::Index(_) => {
                    said.push_str("[_]");
                    match at.element() {
                        Some(element) => element,
                        None => {
                            let why = format!("undefined ref: {said}");
                            let advice = format!("{} is no list", said.trim_end_matches("[_]"));
                            return self.refuse(Finding::at(Code::Type, reference.at, why).advice(advice));
                        }
                    }
                }
                Step::Name(name, place) => {
                    let place = place.unwrap_or(reference.at);
                    match self.field(at, name) {
                        Ok(next) => {
                            said.push('.');
                            said.push_str(name);
                            next?
                        }
                        Err(why) => {
                            let (why, advice) = why.tell(&said, name);
                            let finding = Finding::at(Code::Type, place, why).advice(advice);
                            return self.refuse(finding);
                        }
                    }
                }
            };
            from += 1;
        }
        Some(at)
    }

    /// The rule that a reference into `data` names, what it holds, and how many steps its name takes.
    fn rule_of(&self, reference: &Reference<'a>) -> Option<(Known, usize)> {
        if self.world.rules.is_empty() {
            return None;
        }
        let mut path = Vec::new();
        for step in &reference.steps {
            let Step::Name(name, _) = step else { return None };
            path.push(*name);
            if let Some(held) = self.world.rules.get(&path) {
                let Held::Always(known) = held else { return None };
                return Some((*known, path.len()));
            }
        }
        None
    }

    /// `Ok(None)`: there, and not followed further.
    fn field(&self, at: Known, name: &str) -> Result<Option<Known>, Missing> {
        let Known { shape, lists: 0 } = at else { return Err(Missing::List) };
        match shape {
            Shape::List(_) => Err(Missing::List),
            Shape::Object(fields) => match fields.iter().find(|field| field.name == name) {
                Some(field) if field.presence.is_resolve_only() && self.stages.is_only(Stage::Declare) => {
                    Err(Missing::AtDeclare)
                }
                Some(field) => Ok(Some(Known { shape: &field.shape, lists: 0 })),
                None => Err(Missing::Unknown(shape)),
            },
            _ => Err(Missing::Scalar(shape)),
        }
    }

    /// `object.get(reference, "naem", "")`, and `object.get(input, ["references", 0, "naem"], "")`
    pub(super) fn object_get(&mut self, args: &[Term<'a>], known: &[Option<Known>]) {
        let ([object, path, ..], Some(Some(mut at))) = (args, known.first().copied()) else { return };
        let single = std::slice::from_ref(path);
        let steps = match path {
            Term::Array(_, items) => items.as_slice(),
            _ => single,
        };
        let mut said = self.said(object);
        for step in steps {
            let Some(name) = step.text() else {
                // `0` of a list, or what only evaluation tells.
                let Some(element) = at.element() else { return };
                at = element;
                continue;
            };
            match self.field(at, name) {
                Ok(Some(next)) => at = next,
                Ok(None) => return,
                Err(why) => {
                    let (why, advice) = why.tell(&said, name);
                    self.refuse(Finding::at(Code::Type, step.at(), why).advice(advice));
                    return;
                }
            }
            said.push('.');
            said.push_str(name);
        }
    }

    /// As it is written, but for what only evaluation tells.
    fn said(&self, object: &Term<'a>) -> String {
        let Term::Ref(reference) = object else { return "it".into() };
        let root = match &reference.root {
            Root::Input => "input",
            Root::Data => "data",
            Root::Variable(id) => self.rule.variables[*id].name,
            Root::Term(_) => "it",
        };
        let steps = reference.steps.iter().map(|step| match step {
            Step::Name(name, _) => format!(".{name}"),
            Step::Index(_) => "[_]".into(),
        });
        std::iter::once(root.to_string()).chain(steps).collect()
    }

    /// `with input.refrences as []` would test a rule against what it never meets.
    pub(super) fn target(&mut self, with: &With<'a>) {
        let Some((&"input", path)) = with.target.split_first() else { return };
        let mut at = Known { shape: &INPUT, lists: 0 };
        let mut said = "input".to_string();
        for name in path {
            match self.field(at, name) {
                Ok(Some(next)) => at = next,
                Ok(None) => return,
                Err(why) => {
                    let (why, advice) = why.tell(&said, name);
                    self.refuse(Finding::at(Code::Type, with.at, why).advice(advice));
                    return;
                }
            }
            said.push('.');
            said.push_str(name);
        }
    }
}
