//! Paths into the input that it does not have: in Rego they are undefined, and a rule that uses one is silent for ever.
//!
//! What a variable holds is followed through `:=`, `some … in`, `every`, comprehensions, rules that only name a part of
//! the input, and arguments of functions where every call agrees; what cannot be followed is left alone.

mod compare;
mod follow;
mod known;
mod paths;

use std::collections::HashMap;

use super::budget::Budget;
use super::finding::Finding;
use super::functions::Functions;
use super::graph::Stages;
use super::ir::{Declared, Id, Module, Reference, Root, Rule, Step};
use crate::decide::rules::Stage;
use crate::decide::schema::{INPUT, Presence};
use follow::Follow;
use known::{Held, Known};

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

/// What the variables of a rule hold of the input, and when it is evaluated.
pub(super) struct Followed {
    held: HashMap<Id, Known>,
    stages: Stages,
}

impl Followed {
    /// Whether a path is there in every input of the rule.
    pub fn is_there(&self, reference: &Reference<'_>) -> bool {
        let mut shape = match &reference.root {
            Root::Input => &INPUT,
            Root::Variable(id) => match self.held.get(id) {
                Some(Known { shape, lists: 0 }) => shape,
                _ => return reference.steps.is_empty(),
            },
            Root::Data | Root::Term(_) => return false,
        };
        reference.steps.iter().all(|step| {
            let Step::Name(name, _) = step else { return false };
            let field = shape.fields().iter().find(|field| field.name == *name);
            field.is_some_and(|field| {
                shape = &field.shape;
                match field.presence {
                    Presence::Always | Presence::OrNull => true,
                    Presence::Optional => false,
                    _ => self.stages.is_only(Stage::Resolve),
                }
            })
        })
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
) -> Vec<Option<Followed>> {
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
    let rules = modules.iter().flat_map(|module| &module.rules);
    let of_rule = |rule| {
        let stages = stages(rule)?;
        let mut follow = Follow::new(rule, functions, &world, strictly, budget);
        follow.stages = stages;
        // What `=` binds may be used before: once to know it, once to look.
        if rule.variables.iter().any(|variable| variable.declared == Declared::No) {
            follow.rule();
        }
        follow.telling = Some(Vec::new());
        follow.rule();
        findings.extend(follow.telling.into_iter().flatten());
        Some(Followed { held: follow.held, stages })
    };
    rules.map(of_rule).collect()
}
