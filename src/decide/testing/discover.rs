//! Which rules are tests, and what they are called.

use std::collections::HashMap;

use regorus::unstable::{Module, Ref, Rule, RuleHead};

use super::Test;
use crate::decide::rules::{dotted, static_path};

/// A test, and the rule that it is.
pub(super) struct Found {
    pub test: Test,
    pub module: Ref<Module>,
    pub rule: Ref<Rule>,
    /// `test_x[case]`: its value is an object of cases.
    pub open_ended: bool,
    /// `test_x.y`: what follows its name is no case, for nothing gives it a value.
    pub names_no_case: bool,
    /// It takes arguments, so that it is none that anything runs.
    pub function: bool,
    /// As the engine is asked for it.
    pub path: String,
    /// What the rule is called in the text that the engine is given, where another has its name.
    pub renamed: Option<String>,
}

/// Every test of every module, in the order of the files and of the rows in each.
pub(super) fn tests(modules: &[Ref<Module>]) -> Vec<Found> {
    let mut modules: Vec<_> = modules.iter().collect();
    modules.sort_by(|a, b| file_of(a).cmp(file_of(b)));
    let mut counts = HashMap::new();
    modules
        .iter()
        .flat_map(|module| module.policy.iter().filter_map(|rule| found(module, rule)))
        .map(|found| numbered(found, &mut counts))
        .collect()
}

pub(super) fn file_of(module: &Module) -> &String {
    module.package.span.source.get_path()
}

fn found(module: &Ref<Module>, rule: &Ref<Rule>) -> Option<Found> {
    let (span, refr, function) = match rule.as_ref() {
        // As to OPA: its value is that of a test.
        Rule::Default { span, refr, args, .. } => (span, refr, !args.is_empty()),
        Rule::Spec { span, head, .. } => match head {
            RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } => (span, refr, false),
            RuleHead::Func { refr, .. } => (span, refr, true),
        },
    };
    let (head, dynamic) = static_path(refr);
    let at = head.iter().position(|part| part.starts_with("test_") || part.starts_with("todo_test_"))?;
    let package = std::iter::once("data".into()).chain(static_path(&module.package.refr).0);
    let package: Vec<String> = package.collect();
    let name = &head[..=at];
    let test = Test {
        package: dotted(parts(&package)),
        name: dotted(parts(name)),
        file: file_of(module).to_string(),
        row: span.line,
        col: span.col,
        skip: head[at].starts_with("todo_test_"),
    };
    let path = dotted(parts(&package).chain(parts(name)));
    let goes_on = at + 1 < head.len();
    let open_ended = dynamic || goes_on;
    Some(Found {
        test,
        module: module.clone(),
        rule: rule.clone(),
        open_ended,
        names_no_case: goes_on && !dynamic,
        function,
        path,
        renamed: None,
    })
}

/// Two rules of one name are two tests, as in OPA, so the second goes by another name.
fn numbered(mut found: Found, counts: &mut HashMap<String, usize>) -> Found {
    if found.test.skip {
        return found;
    }
    let count = counts.entry(found.path.clone()).or_default();
    if *count > 0 {
        let suffix = format!("__{count}");
        found.renamed = Some(format!("{}{suffix}", found.test.name));
        found.path.push_str(&suffix);
        found.test.name = format!("{}#{count:02}", found.test.name);
    }
    *count += 1;
    found
}

fn parts(path: &[String]) -> impl Iterator<Item = &str> {
    path.iter().map(String::as_str)
}
