//! What a name means within a rule: a local variable, or something of the module.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use regorus::unstable::Span;

use super::finding::{Code, Finding};
use super::ir::{Declared, Id, Import, Variable};

/// What all modules of a package define, for names without `data.` in front.
pub(super) type Packages<'a> = HashMap<Vec<&'a str>, HashSet<&'a str>>;

pub(super) enum Meaning {
    Input,
    Data,
    /// The module's import of this number.
    Import(usize),
    /// A rule of the module's own package.
    Rule,
    Variable(Id),
}

/// The variables of one rule, and the scopes that are open where lowering stands.
#[derive(Default)]
pub(super) struct Scopes<'a> {
    pub variables: Vec<Variable<'a>>,
    open: Vec<Scope<'a>>,
    /// Names that mean nothing else are one variable throughout the rule.
    undeclared: BTreeMap<&'a str, Id>,
}

#[derive(Default)]
struct Scope<'a> {
    declared: BTreeMap<&'a str, Id>,
    /// Used in this scope before, so that it cannot be declared any more.
    seen: BTreeSet<&'a str>,
}

impl<'a> Scopes<'a> {
    pub fn push(&mut self) {
        self.open.push(Scope::default());
    }

    pub fn pop(&mut self) {
        self.open.pop();
    }

    pub fn argument(&mut self, name: &'a str, at: &'a Span) -> Id {
        // `f(x, x)` asks for two equal arguments.
        match self.open.last().and_then(|scope| scope.declared.get(name)) {
            Some(id) if name != "_" => {
                let id = *id;
                self.variables[id].uses += 1;
                id
            }
            _ => self.add(name, at, Declared::Argument),
        }
    }

    /// Fails where the name cannot be declared in the innermost scope; it is the new variable's none the less.
    pub fn declare(&mut self, name: &'a str, at: &'a Span, how: Declared) -> (Id, Option<Finding>) {
        let refuse = |why: String| Some(Finding::at(Code::Compile, at, why));
        let finding = match self.open.last() {
            _ if name == "_" => None,
            _ if name == "input" || name == "data" => refuse(format!("variables must not shadow {name}"))
                .map(|f| f.advice("use a different variable name")),
            Some(scope) if scope.declared.contains_key(name) => {
                let before = match self.variables[scope.declared[name]].declared {
                    Declared::Assigned => "assigned",
                    _ => "declared",
                };
                refuse(format!("var {name} {before} above"))
                    .map(|f| f.advice("give this one another name, or compare with `==`"))
            }
            Some(scope) if scope.seen.contains(name) => refuse(format!("var {name} referenced above"))
                .map(|f| f.advice("declare it before its first use, or give it a name of its own")),
            _ if self.is_argument(name) => refuse(format!("arg {name} redeclared"))
                .map(|f| f.advice("give the variable another name, or compare with `==`")),
            _ => None,
        };
        (self.add(name, at, how), finding)
    }

    fn is_argument(&self, name: &str) -> bool {
        // Arguments are the outermost scope, and the body the one within it; deeper ones may shadow them.
        let argument = self.open.first().and_then(|scope| scope.declared.get(name));
        self.open.len() == 2 && argument.is_some_and(|id| self.variables[*id].declared == Declared::Argument)
    }

    pub fn mean(
        &mut self,
        name: &'a str,
        at: &'a Span,
        imports: &[Import<'a>],
        rules: Option<&HashSet<&'a str>>,
    ) -> Meaning {
        if name == "_" {
            return Meaning::Variable(self.add(name, at, Declared::No));
        }
        if let Some(scope) = self.open.last_mut() {
            scope.seen.insert(name);
        }
        if let Some(id) = self.local(name) {
            self.variables[id].uses += 1;
            return Meaning::Variable(id);
        }
        // The later import wins; that there are two is told elsewhere.
        if let Some(number) = imports.iter().rposition(|import| import.name == name) {
            return Meaning::Import(number);
        }
        match name {
            "input" => return Meaning::Input,
            "data" => return Meaning::Data,
            _ if rules.is_some_and(|rules| rules.contains(name)) => return Meaning::Rule,
            _ => {}
        }
        let id = match self.undeclared.get(name) {
            Some(id) => *id,
            None => {
                let id = self.new_variable(name, at, Declared::No);
                self.undeclared.insert(name, id);
                id
            }
        };
        self.variables[id].uses += 1;
        Meaning::Variable(id)
    }

    pub fn local(&self, name: &str) -> Option<Id> {
        self.open.iter().rev().find_map(|scope| scope.declared.get(name)).copied()
    }

    fn add(&mut self, name: &'a str, at: &'a Span, declared: Declared) -> Id {
        let id = self.new_variable(name, at, declared);
        if name != "_"
            && let Some(scope) = self.open.last_mut()
        {
            scope.declared.insert(name, id);
        }
        id
    }

    fn new_variable(&mut self, name: &'a str, at: &'a Span, declared: Declared) -> Id {
        self.variables.push(Variable { name, at, declared, uses: 0 });
        self.variables.len() - 1
    }
}
