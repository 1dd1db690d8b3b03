//! What `data.system.log.mask` says, as far as it stands there: a mask that is none takes input and result out of every
//! line of the decision log, and one of another name hides nothing.

use regorus::Value;
use serde_json::{Map, Value as Json};

use super::finding::{Code, Finding};
use super::ir::{Clause, Form, Module, Rule, Term};
use crate::decide::mask;
use crate::declare::suggest::nearest;

const SYSTEM: &str = "system";
const PACKAGE: [&str; 2] = ["system", "log"];

pub(super) fn check(modules: &[Module<'_>], findings: &mut Vec<Finding>) {
    for module in modules.iter().filter(|m| !m.is_test && m.package.first() == Some(&SYSTEM)) {
        for rule in &module.rules {
            if rule.path == mask::PATH {
                findings.extend(wrong(rule));
            } else {
                findings.extend(never_asked(module, rule));
            }
        }
    }
}

/// The value of one mask, or of all, where nothing is left to evaluation.
fn wrong(rule: &Rule<'_>) -> Vec<Finding> {
    let advice = "write `mask contains \"/input/references/0/name\"`, or a mask's object with op and path";
    let fault = |why: String| Finding::at(Code::Entry, rule.at, format!("`mask` {why}")).advice(advice);
    if let Form::Function(_) = rule.form {
        return vec![fault("is a function, which the decision log never calls".into())];
    }
    let of_clause = |clause: &Clause<'_>| {
        let said = plain(clause.head.last()?)?;
        let all = if rule.form == Form::Set { Json::Array(vec![said]) } else { said };
        mask::read(&all).err().map(fault)
    };
    rule.clauses.iter().filter_map(of_clause).collect()
}

fn never_asked(module: &Module<'_>, rule: &Rule<'_>) -> Option<Finding> {
    let name = rule.path.get(rule.in_package)?;
    let near = |word: &str, known: &'static str| nearest(word, [known]).is_some();
    let in_place = module.package == PACKAGE && *name != "mask" && near(name, "mask");
    let elsewhere = *name == "mask"
        && module.package.len() == PACKAGE.len()
        && module.package != PACKAGE
        && near(module.package[1], PACKAGE[1]);
    (in_place || elsewhere).then(|| {
        let why =
            format!("`{}` is never asked for: the decision log knows system.log.mask", rule.path.join("."));
        Finding::at(Code::Entry, rule.at, why).advice("did you mean `mask` in `package system.log`?")
    })
}

/// A term without anything to evaluate.
fn plain(term: &Term<'_>) -> Option<Json> {
    match term {
        Term::Scalar(_, value) => serde_json::to_value(value).ok(),
        Term::Array(_, items) | Term::Set(_, items) => {
            items.iter().map(plain).collect::<Option<_>>().map(Json::Array)
        }
        Term::Object(_, fields) => {
            let field = |(key, value): &(Term<'_>, Term<'_>)| match key {
                Term::Scalar(_, Value::String(name)) => Some((name.to_string(), plain(value)?)),
                _ => None,
            };
            fields.iter().map(field).collect::<Option<Map<_, _>>>().map(Json::Object)
        }
        _ => None,
    }
}
