//! Imports and packages that the engine takes for something else than OPA does, without a word.
//!
//! - It keeps imports by package, not by file: of two files that give one name to different imports, one gets the
//!   other's.
//! - It looks for a rule of the package first: a head `a.b` hides what `import data.a` brings.
//! - Of an import it evaluates the whole document; and of packages within one another, or one in several files, it takes
//!   all for evaluated after the first file. What the others need is undefined then. So is what a file needs that imports
//!   its own package, or one around it.
//!
//! Where it matters, `lib.name` is written out as `data.team.lib.name`, which is one rule and unmistakable. What is
//! left, a whole package in several files, is refused.

use std::collections::{HashMap, HashSet};

use regorus::Engine;
use regorus::unstable::Span;

use super::budget::Budget;
use super::finding::{Code, Finding};
use super::ir::{Import, Module, Node, Root, Term};
use super::tree::Tree;
use crate::decide::builtins::{Edit, applied};
use crate::decide::rules::dotted;

/// Which imports are written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decide) enum Which {
    /// Those that the engine misreads.
    Misread,
    #[cfg(feature = "tool")]
    All,
}

/// Packages, and what lies around them, that the engine evaluates wrongly as a whole.
struct Wholes<'a>(HashSet<&'a [&'a str]>);

impl<'a> Wholes<'a> {
    /// The modules are in the order in which the engine has them.
    fn of(modules: &'a [Module<'a>], tree: &Tree<'_, 'a>, budget: &mut Budget) -> Self {
        let mut before: HashSet<&[&str]> = HashSet::new();
        let mut wholes = HashSet::new();
        for module in modules {
            let package = module.package.as_slice();
            let mut outer = (1..=package.len()).rev().map(|end| &package[..end]);
            if let Some(longest) = outer.find(|outer| before.contains(outer))
                && needs_rules(module, tree, budget)
            {
                wholes.extend((1..=longest.len()).map(|end| &package[..end]));
            }
            before.insert(package);
        }
        Self(wholes)
    }

    fn contains(&self, path: &[&str]) -> bool {
        self.0.contains(path)
    }
}

/// Whether a rule of the module needs another one. What does not is evaluated rightly wherever it lies.
fn needs_rules<'a>(module: &Module<'a>, tree: &Tree<'_, 'a>, budget: &mut Budget) -> bool {
    let mut found = false;
    for rule in &module.rules {
        rule.visit(&mut |seen| match seen {
            _ if found => {}
            Node::Term(Term::Ref(reference)) => found = tree.reached(reference, budget).is_any(tree),
            Node::Term(Term::Call { function, .. }) => {
                found = tree.find(&function.path).is_some_and(|at| at > 0)
            }
            _ => {}
        });
    }
    found
}

/// Refuses references to what the engine evaluates wrongly as a whole.
pub(super) fn check<'a>(
    modules: &'a [Module<'a>],
    tree: &Tree<'_, 'a>,
    budget: &mut Budget,
    findings: &mut Vec<Finding>,
) {
    let wholes = Wholes::of(modules, tree, budget);
    for module in modules {
        let around = around(module, modules).filter(|_| needs_rules(module, tree, budget));
        if wholes.0.is_empty() && around.is_none() {
            continue;
        }
        let is_around = |path: &[&str]| {
            (1..=around.unwrap_or(0)).contains(&path.len()) && module.package.starts_with(path)
        };
        let mut see = |seen: Node<'_, 'a>| {
            let Node::Term(Term::Ref(reference)) = seen else { return };
            if !matches!(reference.root, Root::Data) {
                return;
            }
            let path: Vec<&str> = reference.names().collect();
            if wholes.contains(&path) || is_around(&path) {
                let name = dotted(["data"].into_iter().chain(path));
                let why = format!("{name} is a whole of several files, of which the engine loses some rules");
                let advice = format!("name the rule, {name}.…, or put them into one file and package");
                findings.push(Finding::at(Code::Compile, reference.at, why).advice(advice));
            }
        };
        module.rules.iter().for_each(|rule| rule.visit(&mut see));
    }
}

/// How long the longest package of another file is that this one's lies in: once it is evaluated as a whole, which does not
/// take in the file that asked, the engine takes all within it for evaluated.
fn around(module: &Module<'_>, modules: &[Module<'_>]) -> Option<usize> {
    let others = modules.iter().filter(|other| !std::ptr::eq(*other, module));
    let outer = others.filter(|other| module.package.starts_with(&other.package));
    outer.map(|other| other.package.len()).max()
}

/// What is changed before evaluation.
#[derive(Default)]
pub(in crate::decide) struct Edits {
    files: HashMap<String, Vec<Edit>>,
    /// A module besides.
    pub added: Option<String>,
}

impl Edits {
    /// Those of one file.
    pub fn of(&mut self, file: &str) -> &mut Vec<Edit> {
        self.files.entry(file.to_string()).or_default()
    }

    #[cfg(feature = "tool")]
    pub fn into_files(self) -> impl Iterator<Item = (String, Vec<Edit>)> {
        self.files.into_iter()
    }
}

/// What the added module is called in the engine.
pub(in crate::decide) const ADDED: &str = "vestry";

pub(super) fn written_out<'a>(
    modules: &'a [Module<'a>],
    tree: &Tree<'_, 'a>,
    budget: &mut Budget,
    which: Which,
) -> Edits {
    let mut edits = Edits::default();
    let misread = Misread::of(modules, tree, budget);
    for module in modules {
        let named = module.imports.iter().filter(|import| !import.name.is_empty() && !import.uses.is_empty());
        for import in named.filter(|import| which != Which::Misread || misread.is_one(module, import)) {
            let with = dotted(import.path.iter().copied());
            let edit = |at: &&Span| Edit { at: at.start as usize..at.end as usize, with: with.clone() };
            edits.of(module.file).extend(import.uses.iter().map(edit));
        }
    }
    edits
}

struct Misread<'a> {
    wholes: Wholes<'a>,
    /// Of a package and a name within it, what its files import by that name.
    imported: HashMap<(&'a [&'a str], &'a str), HashSet<&'a [&'a str]>>,
    /// The first names of a package's rules.
    defined: HashSet<(&'a [&'a str], &'a str)>,
}

impl<'a> Misread<'a> {
    fn of(modules: &'a [Module<'a>], tree: &Tree<'_, 'a>, budget: &mut Budget) -> Self {
        let mut imported: HashMap<_, HashSet<_>> = HashMap::new();
        let mut defined = HashSet::new();
        for module in modules {
            let package = module.package.as_slice();
            for import in &module.imports {
                imported.entry((package, import.name)).or_default().insert(import.path.as_slice());
            }
            let names = module.rules.iter().filter_map(|rule| rule.path.get(rule.in_package));
            defined.extend(names.map(|name| (package, *name)));
        }
        Self { wholes: Wholes::of(modules, tree, budget), imported, defined }
    }

    fn is_one(&self, module: &Module<'a>, import: &Import<'a>) -> bool {
        let name = (module.package.as_slice(), import.name);
        let is_whole = |path| self.wholes.contains(path) || module.package.starts_with(path);
        let below_data = import.path.split_first().filter(|(root, _)| **root == "data");
        let whole = below_data.is_some_and(|(_, path)| is_whole(path));
        let hidden = self.defined.contains(&name);
        whole || hidden || self.imported.get(&name).is_some_and(|paths| paths.len() > 1)
    }
}

/// Parses the modules once more with their changes. `declaring` holds the first of them, and `blank` is an engine that is
/// set up as both and holds nothing.
///
/// Fails with the engine's own words.
pub(in crate::decide) fn write_out(
    engine: &mut Engine,
    declaring: &mut Option<Engine>,
    blank: &Engine,
    mut edits: Edits,
) -> anyhow::Result<()> {
    if edits.files.is_empty() {
        return declaring.as_mut().map_or(Ok(()), |declaring| declaring.add_data(engine.get_data()));
    }
    let mut written = blank.clone();
    written.add_data(engine.get_data())?;
    if let Some(added) = edits.added {
        written.add_policy(ADDED.into(), added)?;
    }
    let early = declaring.as_mut().map(|declaring| declaring.get_modules().len());
    for (i, module) in engine.get_modules().iter().enumerate() {
        if early == Some(i) {
            *declaring = Some(written.clone());
        }
        let source = &module.package.span.source;
        let edits = edits.files.remove(source.get_path()).unwrap_or_default();
        let text = applied(source.get_contents(), edits).unwrap_or_else(|| source.get_contents().clone());
        written.add_policy(source.get_path().clone(), text)?;
    }
    *engine = written;
    Ok(())
}
