//! An `enforcement` that stands there as it is: any but the two words is refused when the rule speaks, and until then
//! nobody sees it.

use super::entries::entry_of;
use super::finding::{Code, Finding};
use super::ir::{Form, Module, Node, Rule, Term};
use crate::decide::enforcement::{level, no_level};
use crate::decide::rules::Kind;

type Fields<'n, 'a> = &'n [(Term<'a>, Term<'a>)];

pub(super) fn check(modules: &[Module<'_>], findings: &mut Vec<Finding>) {
    for rule in modules.iter().filter(|module| !module.is_test).flat_map(|module| &module.rules) {
        // What has a msg is a finding, wherever it is made.
        rule.visit(&mut |node| {
            if let Node::Term(Term::Object(_, fields)) = node
                && value(fields, "msg").is_some()
            {
                findings.extend(wrong(rule, fields));
            }
        });
        if entry_of(rule).is_some_and(|kind| kind != Kind::Exception) {
            for head in rule.clauses.iter().filter_map(|clause| clause.head.last()) {
                without_msg(head, &mut |fields| findings.extend(wrong(rule, fields)));
            }
        }
    }
}

/// The objects that an entry's head is made of, but for those that are findings by themselves.
fn without_msg<'n, 'a>(term: &'n Term<'a>, see: &mut dyn FnMut(Fields<'n, 'a>)) {
    match term {
        Term::Object(_, fields) if value(fields, "msg").is_none() => see(fields),
        Term::Set(_, items) => items.iter().for_each(|item| without_msg(item, see)),
        Term::Comprehension { head, .. } => head.iter().for_each(|term| without_msg(term, see)),
        Term::Call { function, args, .. } if function.name == ["object", "union"] => {
            args.iter().for_each(|arg| without_msg(arg, see));
        }
        _ => {}
    }
}

fn value<'n, 'a>(fields: Fields<'n, 'a>, name: &str) -> Option<&'n Term<'a>> {
    fields.iter().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value)
}

fn wrong(rule: &Rule<'_>, fields: Fields<'_, '_>) -> Option<Finding> {
    let Term::Scalar(at, given) = value(fields, "enforcement")? else { return None };
    let given = serde_json::to_value(given).ok()?;
    let object = [("enforcement".to_string(), given.clone())].into_iter().collect();
    level(&object).err()?;
    let (why, advice) = no_level(&given);
    let what = match rule.form {
        Form::Function(_) => "the function",
        Form::Complete | Form::Set => "the rule",
    };
    let name = rule.path.last().copied().unwrap_or_default();
    Some(Finding::at(Code::Entry, at, format!("{what} `{name}` {why}")).advice(advice))
}
