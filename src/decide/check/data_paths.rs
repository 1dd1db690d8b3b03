//! Paths into `data` that no rule and no data file has: a directory brings all the data that its rules ever see, so that
//! they are undefined, and a rule that uses one is silent for ever.
//!
//! Let pass: what a test or a rule replaces by `with`. What is asked for by `not`, or stands in a rule with a `default`
//! or an `else`, may be missing on purpose: it is told only where it looks like a slip of the pen.

use std::collections::{BTreeSet, HashSet};

use regorus::Value;
use regorus::unstable::{Module as Parsed, Ref};

use super::finding::{Code, Finding};
use super::ir::{Body, Module, Node as Seen, Reference, Root, Rule, Statement, Step, Term, What, With};
use super::lower;
use crate::declare::suggest::nearest;

/// One mistake often makes many.
const MAX_TOLD: usize = 50;
/// Names that are told instead of one.
const MAX_NAMES: usize = 8;

type Path<'a> = Vec<&'a str>;

/// `data` is all that the directory's files hold.
pub(super) fn check(parsed: &[Ref<Parsed>], data: &Value) -> Vec<Finding> {
    let modules = lower::modules(parsed, &mut Vec::new());
    let rules = || modules.iter().flat_map(|module| &module.rules);
    let defaults: HashSet<&[&str]> =
        rules().filter(|rule| rule.is_default).map(|rule| rule.path.as_slice()).collect();
    let mut optional = Optional::default();
    for rule in rules() {
        optional.of_rule(rule, rule.clauses.len() > 1 || defaults.contains(rule.path.as_slice()));
    }
    let mut findings = Vec::new();
    for is_test in [false, true] {
        let there = There::of(modules.iter().filter(|module| is_test || !module.is_test), data);
        for rule in modules.iter().filter(|module| module.is_test == is_test).flat_map(|module| &module.rules)
        {
            rule.visit(&mut |seen| {
                if let Seen::Term(Term::Ref(reference)) = seen
                    && matches!(reference.root, Root::Data)
                    && findings.len() < MAX_TOLD
                {
                    findings.extend(there.missing(reference, &optional));
                }
            });
        }
    }
    findings
}

/// What need not be there.
#[derive(Default)]
struct Optional<'a> {
    /// Targets of `with`, below `data`.
    replaced: HashSet<Path<'a>>,
    /// Paths of which something is asked that has an answer without them.
    asked: HashSet<Path<'a>>,
}

impl<'a> Optional<'a> {
    fn of_rule(&mut self, rule: &Rule<'a>, has_another_value: bool) {
        rule.visit(&mut |seen| match seen {
            Seen::With(With { target, .. }) => {
                if let Some((&"data", path)) = target.split_first() {
                    self.replaced.insert(path.to_vec());
                }
            }
            Seen::Term(Term::Ref(reference)) if has_another_value => self.ask(reference),
            Seen::Term(Term::Comprehension { body, .. }) => self.of_body(body),
            Seen::Term(_) => {}
        });
        rule.clauses.iter().for_each(|clause| self.of_body(&clause.body));
    }

    fn of_body(&mut self, body: &Body<'a>) {
        for Statement { negated, what, .. } in &body.statements {
            if *negated {
                what.visit(&mut |seen| {
                    if let Seen::Term(Term::Ref(reference)) = seen {
                        self.ask(reference);
                    }
                });
            }
            if let What::Every { body, .. } = what {
                self.of_body(body);
            }
        }
    }

    fn ask(&mut self, reference: &Reference<'a>) {
        if matches!(reference.root, Root::Data) {
            self.asked.insert(reference.names().collect());
        }
    }

    fn is_replaced(&self, path: &[&str]) -> bool {
        self.replaced.iter().any(|target| target.starts_with(path) || path.starts_with(target))
    }
}

/// Everything below `data`.
struct There<'m, 'a> {
    /// Of packages and rules, with everything above them.
    paths: BTreeSet<Path<'a>>,
    packages: HashSet<&'m [&'a str]>,
    rules: HashSet<&'m [&'a str]>,
    data: &'m Value,
}

impl<'m, 'a> There<'m, 'a> {
    /// `modules` may refer to each other.
    fn of(modules: impl Iterator<Item = &'m Module<'a>>, data: &'m Value) -> Self {
        let mut there =
            Self { paths: BTreeSet::new(), packages: HashSet::new(), rules: HashSet::new(), data };
        for module in modules {
            let rules = module.rules.iter().map(|rule| &rule.path);
            for path in std::iter::once(&module.package).chain(rules) {
                there.paths.extend((1..=path.len()).map(|end| path[..end].to_vec()));
            }
            there.packages.insert(&module.package);
            there.rules.extend(module.rules.iter().map(|rule| rule.path.as_slice()));
        }
        there
    }

    /// The first name of a path that is not there.
    fn missing(&self, reference: &Reference<'a>, optional: &Optional<'a>) -> Option<Finding> {
        let mut path = Path::new();
        let mut data = Some(self.data);
        for step in &reference.steps {
            let Step::Name(name, place) = step else { return None };
            let above = data;
            data = above
                .and_then(|data| data.as_object().ok())
                .and_then(|object| object.get(&Value::from(*name)));
            path.push(name);
            // What a rule holds is not known, and what OPA itself keeps below `system` is left alone.
            if self.rules.contains(path.as_slice()) || path == ["system"] {
                return None;
            }
            if data.is_some() || self.paths.contains(&path) {
                continue;
            }
            // Rules without a single data file are tried on their own.
            if self.has_no_data() && !self.packages.contains(&path[..path.len() - 1]) {
                return None;
            }
            let all: Path<'a> = reference.names().collect();
            let siblings = self.names_below(&path[..path.len() - 1], above);
            let near = nearest(name, siblings.iter().map(String::as_str));
            let on_purpose = optional.asked.contains(&all);
            if optional.is_replaced(&all) || (on_purpose && near.is_none()) {
                return None;
            }
            let of = std::iter::once(&"data")
                .chain(&path[..path.len() - 1])
                .copied()
                .collect::<Vec<_>>()
                .join(".");
            let advice = match near {
                Some(near) => format!("no rule and no data file has it; did you mean `{near}`?"),
                None if siblings.is_empty() || siblings.len() > MAX_NAMES => {
                    "no rule and no data file of the directory has it".into()
                }
                None => format!("no rule and no data file has it; {of} has {}", siblings.join(", ")),
            };
            let why = format!("undefined ref: {of}.{name}");
            return Some(Finding::at(Code::Data, place.unwrap_or(reference.at), why).advice(advice));
        }
        None
    }

    fn has_no_data(&self) -> bool {
        self.data.as_object().is_ok_and(|object| object.is_empty())
    }

    fn names_below(&self, path: &[&str], data: Option<&Value>) -> Vec<String> {
        let is_below = |other: &&Path<'a>| other.len() == path.len() + 1 && other.starts_with(path);
        let mut names: BTreeSet<String> =
            self.paths.iter().filter(is_below).map(|other| other[path.len()].to_string()).collect();
        if let Some(object) = data.and_then(|data| data.as_object().ok()) {
            names.extend(object.iter().filter_map(|(key, _)| key.as_string().ok()).map(ToString::to_string));
        }
        names.into_iter().collect()
    }
}
