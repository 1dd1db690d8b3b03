//! Paths into the input that it does not have: in Rego they are undefined, and a rule that uses one is silent for ever.
//!
//! What a variable holds is followed through `:=`, `some … in`, `every`, comprehensions, rules that only name a part of
//! the input, and arguments of functions where every call agrees; what cannot be followed is left alone.

use std::collections::HashMap;

use super::budget::Budget;
use super::finding::{Code, Finding};
use super::functions::Functions;
use super::graph::Stages;
use super::ir::{
    Body, Brackets, Declared, Form, Id, Module, Operator, Reference, Root, Rule, Statement, Step, Term, What,
    With,
};
use crate::decide::rules::Stage;
use crate::decide::schema::{INPUT, Shape};
use crate::declare::suggest::nearest;

/// A part of the input, within so many lists or sets.
#[derive(Clone, Copy, Debug)]
struct Known {
    shape: &'static Shape,
    lists: u8,
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.shape, other.shape) && self.lists == other.lists
    }
}

/// What a rule or an argument holds, over all its definitions or calls.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Held {
    Always(Known),
    Mixed,
}

#[derive(Default, PartialEq)]
struct World<'a> {
    rules: HashMap<Vec<&'a str>, Held>,
    arguments: HashMap<(Vec<&'a str>, usize), Held>,
}

impl World<'_> {
    fn forget_what_is_mixed(&mut self) {
        self.rules.retain(|_, held| *held != Held::Mixed);
        self.arguments.retain(|_, held| *held != Held::Mixed);
    }
}

/// Rules may name each other's parts; each round follows one step further.
const ROUNDS: usize = 3;

/// `stages` of a rule is `None` where it has another input. `strictly`: also comparisons with what the input never holds.
pub(super) fn check(
    modules: &[Module<'_>],
    functions: &Functions<'_>,
    stages: &dyn Fn(&Rule<'_>) -> Option<Stages>,
    strictly: bool,
    budget: &mut Budget,
    findings: &mut Vec<Finding>,
) {
    let mut world = World::default();
    for _ in 0..ROUNDS {
        let mut next = World::default();
        for module in modules.iter().filter(|module| !module.is_test) {
            for rule in module.rules.iter().filter(|rule| stages(rule).is_some()) {
                Follow::new(rule, functions, &world, strictly, budget).learn(&mut next);
            }
        }
        next.forget_what_is_mixed();
        let settled = next == world;
        world = next;
        if settled {
            break;
        }
    }
    for rule in modules.iter().flat_map(|module| &module.rules) {
        let Some(stages) = stages(rule) else { continue };
        let mut follow = Follow::new(rule, functions, &world, strictly, budget);
        follow.stages = stages;
        // What `=` binds may be used before: once to know it, once to look.
        if rule.variables.iter().any(|variable| variable.declared == Declared::No) {
            follow.rule();
        }
        follow.telling = Some(Vec::new());
        follow.rule();
        findings.extend(follow.telling.into_iter().flatten());
    }
}

struct Follow<'f, 'r, 'a> {
    rule: &'r Rule<'a>,
    functions: &'f Functions<'f>,
    world: &'f World<'a>,
    strictly: bool,
    budget: &'f mut Budget,
    held: HashMap<Id, Known>,
    stages: Stages,
    /// The findings, once they are asked for.
    telling: Option<Vec<Finding>>,
    /// `with input as …` around: what is looked at is another document.
    replaced: bool,
    calls: Vec<(Vec<&'a str>, usize, Option<Known>)>,
}

impl<'f, 'r, 'a> Follow<'f, 'r, 'a> {
    fn new(
        rule: &'r Rule<'a>,
        functions: &'f Functions<'f>,
        world: &'f World<'a>,
        strictly: bool,
        budget: &'f mut Budget,
    ) -> Self {
        let stages = Stages { declare: true, resolve: true };
        let (telling, calls) = (None, Vec::new());
        let mut held = HashMap::new();
        let known = if world.arguments.is_empty() { &[] } else { rule.args.as_slice() };
        for (number, arg) in known.iter().enumerate() {
            if let (Some(id), Some(Held::Always(known))) =
                (arg.variable(), world.arguments.get(&(rule.path.clone(), number)))
            {
                held.insert(id, *known);
            }
        }
        Self { rule, functions, world, strictly, budget, held, stages, telling, replaced: false, calls }
    }

    /// What the rule says of itself and of the functions that it calls.
    fn learn(mut self, next: &mut World<'a>) {
        let value = self.rule();
        for (path, number, known) in std::mem::take(&mut self.calls) {
            merge(next.arguments.entry((path, number)), known);
        }
        if !matches!(self.rule.form, Form::Function(_)) {
            merge(next.rules.entry(self.rule.path.clone()), value);
        }
    }

    /// Looks at the whole rule; what it holds.
    fn rule(&mut self) -> Option<Known> {
        self.calls.clear();
        let rule = self.rule;
        let mut value: Option<Option<Known>> = None;
        for clause in &rule.clauses {
            self.body(&clause.body);
            for term in &clause.head {
                let held = self.term(term);
                value = Some(if value.is_none_or(|before| before == held) { held } else { None });
            }
        }
        self.terms(&rule.open);
        let value = value.flatten().filter(|_| rule.open.is_empty())?;
        Some(if rule.form == Form::Set { value.wrapped() } else { value })
    }

    fn body(&mut self, body: &Body<'a>) {
        for statement in &body.statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement<'a>) {
        self.budget.spend(1);
        let before = self.replaced;
        for with in &statement.with {
            self.term(&with.value);
            self.target(with);
        }
        self.replaced |= statement.with.iter().any(|with| with.target == ["input"]);
        match &statement.what {
            What::Declaration => {}
            What::SomeIn { key, value, collection } => {
                let element = self.term(collection).and_then(Known::element);
                self.terms(key);
                self.assign(value, element);
                self.term(value);
            }
            What::Every { value, domain, body, .. } => {
                if let Some(element) = self.term(domain).and_then(Known::element) {
                    self.held.insert(*value, element);
                }
                self.body(body);
            }
            What::Unify { left, right } => {
                let value = self.term(right);
                self.assign(left, value);
                let other = self.term(left);
                if left.variable().is_none() {
                    self.assign(right, other);
                    self.compare(left, right, [other, value]);
                }
            }
            What::Term(term) => self.terms([term]),
        }
        self.replaced = before;
    }

    fn assign(&mut self, to: &Term<'a>, value: Option<Known>) {
        if let (Some(id), Some(known)) = (to.variable(), value)
            && !self.replaced
        {
            self.held.insert(id, known);
        }
    }

    fn terms<'t>(&mut self, terms: impl IntoIterator<Item = &'t Term<'a>>)
    where
        'a: 't,
    {
        for term in terms {
            self.term(term);
        }
    }

    /// Looks at a term and everything in it; the part of the input that it is.
    fn term(&mut self, term: &Term<'a>) -> Option<Known> {
        self.budget.spend(1);
        match term {
            Term::Scalar(..) => None,
            Term::Ref(reference) => self.reference(reference),
            Term::Array(_, items) | Term::Set(_, items) => {
                self.terms(items);
                None
            }
            Term::Object(_, fields) => {
                for (key, value) in fields {
                    self.term(key);
                    self.term(value);
                }
                None
            }
            Term::Comprehension { kind, head, body, .. } => {
                self.body(body);
                let value = head.iter().map(|term| self.term(term)).last().flatten();
                if *kind == Brackets::Object { None } else { value.map(Known::wrapped) }
            }
            Term::Call { function, args, .. } => {
                let known: Vec<Option<Known>> = args.iter().map(|arg| self.term(arg)).collect();
                if self.telling.is_none() && self.functions.is_own(&function.path) {
                    let of =
                        |(number, known): (usize, &Option<Known>)| (function.path.clone(), number, *known);
                    self.calls.extend(known.iter().enumerate().map(of));
                }
                if function.name == ["object", "get"] && !function.shadowed {
                    self.object_get(args, &known);
                }
                None
            }
            Term::Infix(_, operator, operands) => {
                let known: Vec<Option<Known>> = operands.iter().map(|operand| self.term(operand)).collect();
                if let ([left, right], Operator::Compare) = (operands.as_slice(), operator) {
                    self.compare(left, right, [known[0], known[1]]);
                }
                if let ([element, Term::Array(_, items) | Term::Set(_, items)], Operator::Member) =
                    (operands.as_slice(), operator)
                {
                    for item in items {
                        self.compare(element, item, [known[0], None]);
                    }
                }
                None
            }
        }
    }

    fn reference(&mut self, reference: &Reference<'a>) -> Option<Known> {
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

    /// `object.get(reference, "naem", "")` and `object.get(input, ["function", "naem"], "")`
    fn object_get(&mut self, args: &[Term<'a>], known: &[Option<Known>]) {
        let ([_, path, ..], Some(Some(mut at))) = (args, known.first().copied()) else { return };
        let single = std::slice::from_ref(path);
        let steps = match path {
            Term::Array(_, items) => items.as_slice(),
            _ => single,
        };
        let mut said = "the object".to_string();
        for step in steps {
            let Some(name) = step.text() else { return };
            match self.field(at, name) {
                Ok(Some(next)) => at = next,
                Ok(None) => return,
                Err(why) => {
                    let (why, advice) = why.tell(&said, name);
                    self.refuse(Finding::at(Code::Type, step.at(), why).advice(advice));
                    return;
                }
            }
            said = name.to_string();
        }
    }

    /// `with input.refrences as []` would test a rule against what it never meets.
    fn target(&mut self, with: &With<'a>) {
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

    /// `reference.store == "secretmanager"` never holds, and its negation always.
    fn compare(&mut self, left: &Term<'a>, right: &Term<'a>, known: [Option<Known>; 2]) {
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
                Finding::at(Code::Type, at, "match error: this part of the input is a string")
            }
            (Shape::Number, _) if value.as_f64().is_err() => {
                Finding::at(Code::Type, at, "match error: this part of the input is a number")
            }
            (Shape::Flag, _) if value.as_bool().is_err() => {
                Finding::at(Code::Type, at, "match error: this part of the input is a boolean")
            }
            _ => return,
        };
        self.refuse(finding);
    }

    fn refuse(&mut self, finding: Finding) -> Option<Known> {
        if let Some(told) = &mut self.telling
            && !told.contains(&finding)
        {
            told.push(finding);
        }
        None
    }
}

fn merge<K>(entry: std::collections::hash_map::Entry<'_, K, Held>, known: Option<Known>) {
    let held = known.map_or(Held::Mixed, Held::Always);
    entry.and_modify(|before| *before = if *before == held { held } else { Held::Mixed }).or_insert(held);
}

impl Known {
    fn wrapped(self) -> Self {
        Self { lists: self.lists.saturating_add(1), ..self }
    }

    fn element(self) -> Option<Self> {
        match (self.lists, self.shape) {
            (0, Shape::List(element)) => Some(Self { shape: element, lists: 0 }),
            (0, _) => None,
            (lists, _) => Some(Self { lists: lists - 1, ..self }),
        }
    }
}

enum Missing {
    Unknown(&'static Shape),
    AtDeclare,
    List,
    Scalar(&'static Shape),
}

impl Missing {
    /// Why, and what to do.
    fn tell(&self, of: &str, name: &str) -> (String, String) {
        let why = format!("undefined ref: {of}.{name}");
        match self {
            Self::Unknown(shape) => {
                let names = || shape.fields().iter().map(|field| field.name);
                let advice = match nearest(name, names()) {
                    Some(near) => format!("the input has no such field; did you mean `{near}`?"),
                    None => format!(
                        "the input has no such field; {of} has {}",
                        names().collect::<Vec<_>>().join(", ")
                    ),
                };
                (why, advice)
            }
            Self::AtDeclare => (
                format!("{why} at declare: it is known at resolve only"),
                "put the rule into package vestry.resolve or one below it".into(),
            ),
            Self::List => (why, format!("{of} is a list; write `some x in {of}` and `x.{name}`")),
            Self::Scalar(shape) => {
                let what = match shape {
                    Shape::Number => "a number",
                    Shape::Flag => "a boolean",
                    _ => "a string",
                };
                (why, format!("{of} is {what} and has no fields"))
            }
        }
    }
}
