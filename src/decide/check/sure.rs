//! What surely has a value. Everything else may be undefined.

use regorus::Value;

use super::budget::Budget;
use super::functions::Functions;
use super::ir::{Form, Function, Reference, Root, Rule, Term};
use super::shapes::Followed;
use super::tree::{Node, Tree};

/// Built-in functions that have a result whenever their arguments have a value, or else an error.
const TOTAL: &[&str] = &[
    "abs",
    "all",
    "any",
    "array.concat",
    "base64.encode",
    "ceil",
    "concat",
    "contains",
    "count",
    "endswith",
    "floor",
    "glob.match",
    "intersection",
    "is_array",
    "is_boolean",
    "is_null",
    "is_number",
    "is_object",
    "is_set",
    "is_string",
    "json.marshal",
    "lower",
    "object.get",
    "object.keys",
    "object.union",
    "regex.match",
    "replace",
    "round",
    "sort",
    "split",
    "sprintf",
    "startswith",
    "strings.any_prefix_match",
    "strings.any_suffix_match",
    "sum",
    "trim",
    "trim_left",
    "trim_prefix",
    "trim_right",
    "trim_space",
    "trim_suffix",
    "type_name",
    "union",
    "upper",
];

/// How far rules that only name something else are followed.
const HOPS: u8 = 4;

/// What a term is looked at with.
pub(super) struct Sure<'s, 'm, 'a> {
    pub tree: &'s Tree<'m, 'a>,
    pub functions: &'s Functions<'a>,
    pub data: &'s Value,
    /// Of the rule that the term is in; `None` where the input may be any.
    pub followed: Option<&'s Followed>,
}

impl<'a> Sure<'_, '_, 'a> {
    pub fn is(&self, term: &Term<'a>, budget: &mut Budget) -> bool {
        self.is_within(term, HOPS, budget)
    }

    /// Whether a call has a result where its arguments have a value.
    pub fn is_total(&self, function: &Function<'a>) -> bool {
        let name = function.name.join(".");
        !self.functions.is_own(&function.path)
            && (TOTAL.contains(&name.as_str()) || name.starts_with("internal."))
    }

    fn is_within(&self, term: &Term<'a>, hops: u8, budget: &mut Budget) -> bool {
        if !budget.spend(1) {
            return false;
        }
        match term {
            Term::Scalar(..) | Term::Comprehension { .. } => true,
            Term::Array(_, items) | Term::Set(_, items) | Term::Infix(_, _, items) => {
                items.iter().all(|item| self.is_within(item, hops, budget))
            }
            Term::Object(_, fields) => fields
                .iter()
                .all(|(key, value)| self.is_within(key, hops, budget) && self.is_within(value, hops, budget)),
            Term::Call { function, args, .. } => {
                self.is_total(function) && args.iter().all(|arg| self.is_within(arg, hops, budget))
            }
            Term::Ref(reference) => self.is_there(reference, hops, budget),
        }
    }

    fn is_there(&self, reference: &Reference<'a>, hops: u8, budget: &mut Budget) -> bool {
        match &reference.root {
            Root::Variable(_) if reference.steps.is_empty() => true,
            Root::Variable(_) | Root::Input => {
                self.followed.is_some_and(|followed| followed.is_there(reference))
            }
            Root::Term(_) => false,
            Root::Data => reference.data_path().is_some_and(|path| self.is_in_data(&path, hops, budget)),
        }
    }

    /// Of a path below `data`.
    fn is_in_data(&self, path: &[&'a str], hops: u8, budget: &mut Budget) -> bool {
        let rule = (1..=path.len()).find_map(|end| {
            let node = &self.tree.nodes[self.tree.find(&path[..end])?];
            (!node.rules.is_empty()).then_some((node, &path[end..]))
        });
        match rule {
            Some((node, rest)) => self.is_in_rule(node, rest, hops, budget),
            None => {
                let mut at = self.data;
                path.iter().all(|name| {
                    let next = at.as_object().ok().and_then(|object| object.get(&Value::from(*name)));
                    next.map(|next| at = next).is_some()
                })
            }
        }
    }

    fn is_in_rule(&self, node: &Node<'_, 'a>, rest: &[&'a str], hops: u8, budget: &mut Budget) -> bool {
        let rules = || node.rules.iter().map(|(_, rule)| *rule);
        if rest.is_empty() && rules().any(|rule| rule.is_default || is_partial(rule)) {
            return true;
        }
        let [(_, rule)] = node.rules.as_slice() else { return false };
        let [clause] = rule.clauses.as_slice() else { return false };
        let ([value], None, Form::Complete, true) =
            (clause.head.as_slice(), clause.at, rule.form, rule.open.is_empty() && hops > 0)
        else {
            return false;
        };
        match value {
            Term::Ref(reference @ Reference { root: Root::Data, .. }) => {
                let path = reference.data_path().map(|path| [path.as_slice(), rest].concat());
                path.is_some_and(|path| self.is_in_data(&path, hops - 1, budget))
            }
            value => rest.is_empty() && self.is_within(value, hops - 1, budget),
        }
    }
}

/// A set, or an object of keys that only evaluation tells: where there are none it is empty.
fn is_partial(rule: &Rule<'_>) -> bool {
    rule.form == Form::Set || !rule.open.is_empty()
}
