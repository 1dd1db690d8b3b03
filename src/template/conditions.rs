//! `Conditions:`, as far as they are known.

use std::collections::BTreeMap;

use super::intrinsics::Known;
use super::node::{Kind, Node};
use super::value::Value;
use super::{OWN_ACCOUNT, OWN_REGION};

/// More than anybody nests, and an end to conditions that name each other in a circle.
const MAX_DEPTH: usize = 32;

/// What each condition comes to; none where that is not known.
#[derive(Default)]
pub(super) struct Conditions(BTreeMap<String, Option<bool>>);

impl Conditions {
    pub fn of(root: &Node, known: &Known<'_>) -> Self {
        let evaluation = Evaluation { root, known };
        let value = |(name, node): (&str, &Node)| (name.to_string(), evaluation.value(node, 0));
        Self(root.entries("Conditions").map(value).collect())
    }

    pub fn get(&self, name: &str) -> Option<bool> {
        self.0.get(name).copied().flatten()
    }
}

struct Evaluation<'a> {
    root: &'a Node,
    known: &'a Known<'a>,
}

impl Evaluation<'_> {
    fn value(&self, node: &Node, depth: usize) -> Option<bool> {
        if depth > MAX_DEPTH {
            return None;
        }
        let named = |name: &str| self.value(self.root.get("Conditions")?.get(name)?, depth + 1);
        let (function, argument) = match &node.kind {
            Kind::Call(function, argument) => (function.as_str(), argument),
            // The long form of `!Condition`.
            _ => return named(node.get("Condition")?.text()?),
        };
        if function == "Condition" {
            return named(argument.text()?);
        }
        let Kind::Sequence(items) = &argument.kind else { return None };
        let mut values = items.iter().map(|item| self.value(item, depth + 1));
        match function {
            "Fn::Equals" => self.equal(items),
            "Fn::Not" => values.next()?.map(|value| !value),
            "Fn::And" => all(values, true),
            "Fn::Or" => all(values, false),
            _ => None,
        }
    }

    fn equal(&self, items: &[Node]) -> Option<bool> {
        let [one, other] = items else { return None };
        // A condition's own operands may not depend on conditions.
        let none = Conditions::default();
        match (self.known.resolve(one, &none), self.known.resolve(other, &none)) {
            (Value::Unknown(_), _) | (_, Value::Unknown(_)) => None,
            (one, other) if is_stand_in(&one) || is_stand_in(&other) => None,
            (one, other) => Some(one == other),
        }
    }
}

/// Text that stands for what only a deployment tells.
fn is_stand_in(value: &Value) -> bool {
    value.text().is_some_and(|text| text.contains(OWN_REGION) || text.contains(OWN_ACCOUNT))
}

/// Of `And` one that does not hold decides whatever the others are, of `Or` one that does.
fn all(values: impl Iterator<Item = Option<bool>>, neutral: bool) -> Option<bool> {
    let values: Vec<_> = values.collect();
    if values.contains(&Some(!neutral)) {
        Some(!neutral)
    } else if values.contains(&None) {
        None
    } else {
        Some(neutral)
    }
}
