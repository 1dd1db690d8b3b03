//! Everything that can be known of a policy before it is evaluated.
//!
//! One pass over a set of parsed modules, and every finding of it. What OPA refuses is refused under OPA's code; besides,
//! what would be silent for ever: rules that are never evaluated, and paths that the input does not have.
//!
//! ```text
//! text -> guard -> the engine's parser -> lower -> ir -> one check after the other
//! ```

#[cfg(feature = "tool")]
mod annotations;
mod budget;
mod columns;
mod conflicts;
mod containers;
#[cfg(feature = "tool")]
mod data_paths;
pub(super) mod directory;
#[cfg(feature = "tool")]
mod doubled;
#[cfg(feature = "tool")]
mod elements;
#[cfg(feature = "tool")]
mod enforcements;
mod entries;
pub mod finding;
mod functions;
mod graph;
pub(super) mod guard;
mod hidden;
pub(super) mod imports;
mod ir;
mod later;
mod lower;
mod masks;
mod names;
mod patterns;
#[cfg(feature = "tool")]
mod report;
mod safety;
mod scope;
mod shapes;
mod sure;
mod tree;
pub(super) mod undefined;
mod unions;
mod unready;
mod weight;
mod withs;

use std::collections::BTreeSet;

use regorus::Value;
use regorus::unstable::{Module, Ref};

use super::builtins;

pub use finding::{Code, Finding};
#[cfg(feature = "tool")]
pub use report::{Report, directories};

use budget::Budget;
use functions::Functions;
use graph::{Graph, Stages};
use imports::Which;
use tree::Tree;
use undefined::Documents;

/// How much is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    /// What OPA refuses, whatever the policy is for: tests, and OPA's own cases.
    #[cfg(feature = "tool")]
    Language,
    /// What makes a decision wrong or impossible: the extension, which starts nothing under such a policy.
    Load,
    /// Besides, what `opa check --strict` refuses, and comparisons with what the input never holds: before a policy is
    /// shipped.
    Strict,
}

/// What is known of modules in which nothing was found.
pub(super) struct Sound {
    /// The changes without which the engine would misread them, see [`imports::write_out`].
    pub edits: imports::Edits,
    /// The files that only the decision on what was resolved needs; `None` where what is evaluated stands in the order of all
    /// files.
    pub later: Option<BTreeSet<String>>,
}

/// Every finding in modules that were parsed, in the order of files and lines.
///
/// `data` is what the data files hold, as far as it is known.
pub(super) fn modules(parsed: &[Ref<Module>], data: &Value, mode: Mode) -> Result<Sound, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut budget = Budget::new();
    let modules = lower::modules(parsed, &mut findings);
    let functions = Functions::of(&modules);
    let tree = Tree::of(&modules);
    let graph = Graph::of(&tree, &mut budget);
    functions::check(&modules, &functions, &mut findings);
    findings.extend(builtins::misread(parsed, &[]));
    imports::check(&modules, &tree, &mut budget, &mut findings);
    conflicts::check(&modules, &tree, &mut findings);
    graph.check(&mut findings);
    let mut followed = Vec::new();
    if mode >= Mode::Load {
        unready::check(parsed, &mut findings);
        hidden::check(&modules, &mut findings);
        containers::check(&modules, &tree, &mut budget, &mut findings);
        patterns::check(&modules, &functions, &mut findings);
        unions::check(&modules, &mut findings);
        entries::check(&modules, &graph, &mut findings);
        let stages = entries::stages(&modules, &tree, &graph);
        let of_rule = |rule: &ir::Rule<'_>| stages(&rule.path);
        withs::check(&modules, &tree, &graph, &mut budget, &mut findings);
        withs::check_functions(&modules, &functions, &mut findings);
        let strictly = mode == Mode::Strict;
        followed = shapes::check(&modules, &functions, &of_rule, strictly, &mut budget, &mut findings);
    }
    for module in &modules {
        names::check(module, &mut findings);
        safety::check(module, &functions, &mut budget, &mut findings);
        guard::check_bodies(module, &mut findings);
        if mode == Mode::Strict {
            names::check_strictly(module, &mut findings);
        }
    }
    if mode == Mode::Strict {
        entries::check_strictly(&modules, &mut findings);
        masks::check(&modules, &mut findings);
        #[cfg(feature = "tool")]
        {
            annotations::check(parsed, &mut findings);
            elements::check(&modules, &mut findings);
            enforcements::check(&modules, &mut findings);
        }
    }
    if budget.is_spent() {
        let why = "is too much to check: its rules are too long, or refer to too many others";
        let file = modules.first().map_or("", |module| module.file);
        findings.push(Finding::in_file(Code::Limit, file, why).advice("make shorter rules of them"));
    }
    if findings.is_empty() {
        let mut edits = imports::written_out(&modules, &tree, &mut budget, Which::Misread);
        builtins::stand_ins(parsed, &mut edits);
        builtins::prints(parsed, &mut edits);
        let documents = Documents { data, followed: &followed };
        undefined::written_out(&modules, &tree, &functions, &documents, &mut budget, &mut edits);
        Ok(Sound { edits, later: later::files(&modules, &tree, &graph) })
    } else {
        Err(sorted(findings))
    }
}

/// What tests are refused for besides [`Mode::Language`]: OPA's own cases need it in places where the engine manages.
#[cfg(feature = "tool")]
pub(super) fn misread_in_tests(parsed: &[Ref<Module>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let modules = lower::modules(parsed, &mut Vec::new());
    hidden::check(&modules, &mut findings);
    containers::check(&modules, &Tree::of(&modules), &mut Budget::new(), &mut findings);
    patterns::check(&modules, &Functions::of(&modules), &mut findings);
    unions::check(&modules, &mut findings);
    sorted(findings)
}

/// The same changes of modules in which nothing was found, and every import by its whole path.
#[cfg(feature = "tool")]
pub(super) fn without_imports(parsed: &[Ref<Module>]) -> imports::Edits {
    let modules = lower::modules(parsed, &mut Vec::new());
    let (tree, functions) = (Tree::of(&modules), Functions::of(&modules));
    let mut budget = Budget::new();
    let mut edits = imports::written_out(&modules, &tree, &mut budget, Which::All);
    builtins::stand_ins(parsed, &mut edits);
    builtins::prints(parsed, &mut edits);
    let documents = Documents { data: &Value::Undefined, followed: &[] };
    undefined::written_out(&modules, &tree, &functions, &documents, &mut budget, &mut edits);
    edits
}

/// What is wrong in the modules that did parse, when others did not: what needs no others to be known.
pub(super) fn modules_beside_broken_ones(parsed: &[Ref<Module>], mode: Mode) -> Vec<Finding> {
    let mut findings = modules(parsed, &Value::Undefined, mode).err().unwrap_or_default();
    findings.retain(|finding| match finding.code {
        Code::Compile => true,
        // With a built-in or another module's function near, it is hardly one of a module that is missing.
        Code::Type => finding.message.starts_with("there is no function") && !finding.advice.is_empty(),
        _ => false,
    });
    findings
}

fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| {
        (&a.file, a.line, a.col, a.code, &a.message).cmp(&(&b.file, b.line, b.col, b.code, &b.message))
    });
    findings.dedup();
    findings
}

impl Stages {
    const BOTH: Self = Self { declare: true, resolve: true };
}
