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
use super::ir::{Declared, Module, Rule};
use follow::Follow;
use known::Held;

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
