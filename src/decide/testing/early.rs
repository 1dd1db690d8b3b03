//! Where several definitions of a rule have one value, OPA stops at the first that holds; the engine evaluates them all.
//! And OPA looks at a `default` only where none of the others has a value; the engine always does.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Module, Ref, Rule, RuleBody, RuleHead};

use super::guards::is_scalar;
use super::layout::{end_of, start_of};
use super::span::{expr_text, range};
use crate::decide::rules::static_path;

/// What is added for that.
#[derive(Default)]
pub(super) struct Early {
    /// Of a rule by its number in the module, what its body begins with.
    pub before: BTreeMap<usize, String>,
    /// Of a default by its number, the body that makes an ordinary rule of it.
    pub instead: BTreeMap<usize, String>,
    /// Rules at the end of the module.
    pub behind: String,
}

impl Early {
    /// `split` are rules that other modules define, too.
    pub(super) fn of(module: &Module, split: &BTreeSet<Vec<String>>) -> Self {
        let mut groups: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
        for (number, rule) in module.policy.iter().enumerate() {
            if let Rule::Spec { head, .. } = rule.as_ref() {
                let (path, _) = static_path(name(head));
                groups.entry(path).or_default().push(number);
            }
        }
        let mut early = Self::default();
        for group in groups.into_values().filter(|group| group.len() > 1) {
            let rules: Option<Vec<_>> =
                group.iter().map(|number| definition(&module.policy[*number])).collect();
            let Some(rules) = rules else { continue };
            if rules
                .iter()
                .all(|rule| rule.value == rules[0].value && rule.arguments.len() == rules[0].arguments.len())
            {
                early.group(&group, &rules);
            }
        }
        for (number, rule) in module.policy.iter().enumerate() {
            if let Rule::Default { refr, args, .. } = rule.as_ref()
                && !split.contains(&full_path(module, refr))
            {
                early.instead_of(module, number, &static_path(refr).0, args);
            }
        }
        early
    }

    fn instead_of(&mut self, module: &Module, number: usize, path: &[String], args: &[Ref<Expr>]) {
        let names = args.iter().enumerate().map(|(at, arg)| match expr_text(arg) {
            "_" => argument(at),
            name => name.to_string(),
        });
        let names = names.collect::<Vec<_>>().join(", ");
        let called = |name: &str, args: &str| {
            if args.is_empty() { name.to_string() } else { format!("{name}({args})") }
        };
        let mut body = String::new();
        for (at, rule) in module.policy.iter().enumerate() {
            let Rule::Spec { head, bodies, .. } = rule.as_ref() else { continue };
            if static_path(self::name(head)).0 != path {
                continue;
            }
            for (part, (arguments, value, statements)) in parts(head, bodies).into_iter().enumerate() {
                let name = format!("vestry_value_{number}_{at}_{part}");
                body.push_str(&format!("not {}\n", called(&name, &names)));
                self.behind.push_str(&format!(
                    "\n{} if {{\n{statements}\nvestry_value := {value}\n}}\n",
                    called(&name, arguments)
                ));
            }
        }
        self.instead.insert(number, format!(" if {{\n{body}true\n}}\n"));
    }

    fn group(&mut self, numbers: &[usize], rules: &[Definition<'_>]) {
        for (at, (number, rule)) in numbers.iter().zip(rules).enumerate() {
            let call = |number: &usize| match rule.arguments.join(", ") {
                arguments if arguments.is_empty() => format!("vestry_early_{number}"),
                arguments => format!("vestry_early_{number}({arguments})"),
            };
            let before = numbers[..at].iter().map(|earlier| format!("not {}\n", call(earlier)));
            self.before.insert(*number, format!("\n{}", before.collect::<String>()));
            self.behind.push_str(&format!("\n{} if {{\n{}\n}}\n", call(number), rule.body));
        }
    }
}

/// One that OPA may stop at.
struct Definition<'a> {
    value: &'a str,
    arguments: Vec<&'a str>,
    body: &'a str,
}

fn definition(rule: &Rule) -> Option<Definition<'_>> {
    let Rule::Spec { head, bodies, .. } = rule else { return None };
    let (assign, args) = match head {
        RuleHead::Compr { refr, assign, .. } if !static_path(refr).1 => (assign, [].as_slice()),
        RuleHead::Func { args, assign, .. } => (assign, args.as_slice()),
        _ => return None,
    };
    let value = assign.as_ref().map_or("true", |assign| expr_text(&assign.value));
    if !assign.as_ref().is_none_or(|assign| is_scalar(&assign.value)) {
        return None;
    }
    let arguments = args.iter().map(|arg| match arg.as_ref() {
        Expr::Var { span, .. } if span.text() != "_" => Some(span.text()),
        literal if is_scalar(literal) => Some(expr_text(literal)),
        _ => None,
    });
    let body = match bodies.as_slice() {
        [] => "true",
        [body] if !body.is_else => text(body)?,
        _ => return None,
    };
    Some(Definition { value, arguments: arguments.collect::<Option<_>>()?, body })
}

/// What the `_` of a default function is called.
pub(super) fn argument(at: usize) -> String {
    format!("_vestry_{at}")
}

/// A definition and each of its `else`: arguments, value and statements, as they are written.
fn parts<'a>(head: &'a RuleHead, bodies: &'a [RuleBody]) -> Vec<(&'a str, &'a str, &'a str)> {
    let (assign, args) = match head {
        RuleHead::Compr { assign, .. } => (assign, [].as_slice()),
        RuleHead::Func { args, assign, .. } => (assign, args.as_slice()),
        RuleHead::Set { .. } => return Vec::new(),
    };
    let arguments = match (args.first(), args.last()) {
        (Some(first), Some(last)) => {
            let source = first.span().source.get_contents();
            source.get(start_of(first)..end_of(last)).unwrap_or_default()
        }
        _ => "",
    };
    let of_head = assign.as_ref().map_or("true", |assign| expr_text(&assign.value));
    if bodies.is_empty() {
        return vec![(arguments, of_head, "true")];
    }
    let part = |body: &'a RuleBody| {
        let own = body.assign.as_ref().map_or("true", |assign| expr_text(&assign.value));
        (arguments, if body.is_else { own } else { of_head }, text(body).unwrap_or("true"))
    };
    bodies.iter().map(part).collect()
}

/// Of a rule, below `data`.
pub(super) fn full_path(module: &Module, refr: &Expr) -> Vec<String> {
    static_path(&module.package.refr).0.into_iter().chain(static_path(refr).0).collect()
}

fn text(body: &RuleBody) -> Option<&str> {
    let (first, last) = (body.query.stmts.first()?, body.query.stmts.last()?);
    let source = body.span.source.get_contents();
    source.get(range(&first.span).start..range(&last.span).end)
}

pub(super) fn name(head: &RuleHead) -> &Expr {
    let (RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. }) = head;
    refr
}
