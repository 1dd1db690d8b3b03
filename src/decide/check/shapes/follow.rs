//! One rule, followed from statement to statement.

use std::collections::HashMap;

use super::super::budget::Budget;
use super::super::finding::Finding;
use super::super::functions::Functions;
use super::super::graph::Stages;
use super::super::ir::{Body, Brackets, Form, Id, Operator, Rule, Statement, Term, What};
use super::World;
use super::known::{Held, Known, merge};

pub(super) struct Follow<'f, 'r, 'a> {
    pub(super) rule: &'r Rule<'a>,
    pub(super) functions: &'f Functions<'f>,
    pub(super) world: &'f World<'a>,
    pub(super) strictly: bool,
    pub(super) budget: &'f mut Budget,
    pub(super) held: HashMap<Id, Known>,
    pub(super) stages: Stages,
    /// The findings, once they are asked for.
    pub(super) telling: Option<Vec<Finding>>,
    /// `with input as …` around: what is looked at is another document.
    pub(super) replaced: bool,
    pub(super) calls: Vec<(Vec<&'a str>, usize, Option<Known>)>,
}

impl<'f, 'r, 'a> Follow<'f, 'r, 'a> {
    pub(super) fn new(
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
    pub(super) fn learn(mut self, next: &mut World<'a>) {
        let value = self.rule();
        for (path, number, known) in std::mem::take(&mut self.calls) {
            merge(next.arguments.entry((path, number)), known);
        }
        if !matches!(self.rule.form, Form::Function(_)) {
            merge(next.rules.entry(self.rule.path.clone()), value);
        }
    }

    /// Looks at the whole rule; what it holds.
    pub(super) fn rule(&mut self) -> Option<Known> {
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
            What::Unify { left, right, .. } => {
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
    pub(super) fn term(&mut self, term: &Term<'a>) -> Option<Known> {
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

    pub(super) fn refuse(&mut self, finding: Finding) -> Option<Known> {
        if let Some(told) = &mut self.telling
            && !told.contains(&finding)
        {
            told.push(finding);
        }
        None
    }
}
