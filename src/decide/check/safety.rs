//! Unsafe variables: those that nothing gives a value before they are needed.
//!
//! The engine evaluates some of them to nothing, and the rule stays silent for ever. This is OPA's procedure: statements
//! are taken in whatever order makes their variables known, and what cannot be taken is unsafe.

use std::collections::BTreeSet;

use regorus::unstable::Span;

use super::budget::Budget;
use super::finding::{Code, Finding};
use super::functions::{Arity, Functions, is_built_in};
use super::ir::{
    Body, Brackets, Clause, Declared, Id, Module, Reference, Root, Rule, Statement, Step, Term, What,
};
use crate::decide::span::range;
use crate::declare::suggest::nearest;

type Ids = BTreeSet<Id>;

/// One mistake often makes many, and to look for the nearest name takes time.
const MAX_SUGGESTED: usize = 50;

pub(super) fn check(
    module: &Module<'_>,
    functions: &Functions<'_>,
    budget: &mut Budget,
    findings: &mut Vec<Finding>,
) {
    for rule in module.rules.iter().filter(|rule| !rule.is_broken) {
        let mut check = Check { functions, budget, unsafe_at: Vec::new() };
        check.rule(rule);
        check.own_collections(rule);
        let found = check.unsafe_at;
        let mut told = Ids::new();
        // What a template string is made of is unsafe because of what stands in it.
        let is_made = |id: Id| is_made(rule.variables[id].name);
        let all_made = found.iter().all(|(id, _)| is_made(*id));
        for (id, at) in found.into_iter().filter(|(id, _)| all_made || !is_made(*id)) {
            if told.insert(id) {
                let suggest = findings.len() < MAX_SUGGESTED;
                findings.push(finding(module, rule, id, at, suggest));
            }
        }
    }
}

fn is_made(name: &str) -> bool {
    name.starts_with("__t") && name.ends_with("__")
}

fn finding(module: &Module<'_>, rule: &Rule<'_>, id: Id, at: &Span, suggest: bool) -> Finding {
    let name = rule.variables[id].name;
    let finding = Finding::at(Code::UnsafeVar, at, format!("var {name} is unsafe"));
    if name == "_" {
        return finding.advice("bind it with `some` before, or move the expression into a rule of its own");
    }
    if is_built_in(name) {
        return finding.advice(format!("`{name}` is a function; call it"));
    }
    let rules = module.rules.iter().filter_map(|rule| rule.path.get(rule.in_package).copied());
    let others = rule.variables.iter().map(|variable| variable.name).filter(|other| *other != name);
    let imports = module.imports.iter().map(|import| import.name);
    // To one letter every other one is near.
    let near = |other: &&str| *other != name && name.len().min(other.len()) > 1;
    let names = rules.chain(others).chain(imports).chain(["input", "data"]).filter(near);
    match suggest.then(|| nearest(name, names)).flatten() {
        Some(near) => finding.advice(format!("nothing gives it a value; did you mean `{near}`?")),
        None => finding.advice("nothing gives it a value; define it, or bind it with `some` or `:=`"),
    }
}

struct Check<'c, 'a> {
    functions: &'c Functions<'a>,
    budget: &'c mut Budget,
    unsafe_at: Vec<(Id, &'a Span)>,
}

impl<'a> Check<'_, 'a> {
    fn rule(&mut self, rule: &Rule<'a>) {
        let mut arguments = Ids::new();
        for arg in &rule.args {
            mentioned(arg, &mut |id, _| arguments.extend([id]));
        }
        for (number, Clause { head, body, .. }) in rule.clauses.iter().enumerate() {
            // As OPA, which moves what a head computes into the body: `p := input.a[i]` binds `i`.
            let open = if number == 0 { rule.open.as_slice() } else { &[] };
            self.body(body, head.iter().chain(open), &arguments);
        }
    }

    /// `some x in [y | y := xs[x]]`: with OPA, the collection is in the scope of what it gives its elements to; to the engine
    /// that is another `x`.
    fn own_collections(&mut self, rule: &Rule<'a>) {
        let named = |id: Id| &rule.variables[id];
        rule.statements(&mut |statement| {
            let What::SomeIn { key, value, collection } = &statement.what else { return };
            let mut declared = Vec::new();
            for pattern in key.iter().chain([value]) {
                mentioned(pattern, &mut |id, _| declared.push(id));
            }
            let mut used = Vec::new();
            let with = statement.with.iter().map(|with| &with.value);
            with.chain([collection]).for_each(|term| in_closures(term, &mut |id, at| used.push((id, at))));
            // What a comprehension declares is its own.
            let here = range(statement.at);
            let is_outer =
                |id: Id| named(id).declared == Declared::No || !here.contains(&range(named(id).at).start);
            let hides = |id: Id, other: Id| other != id && named(other).name == named(id).name;
            self.unsafe_at.extend(used.into_iter().filter(|(id, _)| {
                named(*id).name != "_" && is_outer(*id) && declared.iter().any(|other| hides(*id, *other))
            }));
        });
    }

    /// Reports what is unsafe in a body and in the terms that are computed of it.
    fn body<'t>(&mut self, body: &'t Body<'a>, head: impl Iterator<Item = &'t Term<'a>>, known: &Ids)
    where
        'a: 't,
    {
        let statements = body.statements.iter().map(Part::Statement);
        let parts: Vec<Prepared<'_, 'a>> = statements.chain(head.map(Part::Head)).map(Prepared::of).collect();
        let of_body: Ids = parts.iter().flat_map(|part| &part.needs).map(|(id, _)| *id).collect();
        let mut safe = known.clone();
        let mut waiting: Vec<&Prepared<'_, 'a>> = parts.iter().collect();
        let mut taken = Vec::new();
        loop {
            let before = waiting.len();
            waiting.retain(|&prepared| {
                let Prepared { part, needs, closed } = prepared;
                if !self.budget.spend(needs.len() + closed.len() + 1) {
                    return true;
                }
                let outputs = self.outputs(part, &safe);
                let ready = needs.iter().all(|(id, _)| safe.contains(id) || outputs.contains(id))
                    && !closed.iter().any(|(id, _)| of_body.contains(id) && !safe.contains(id));
                if ready {
                    taken.push(part);
                    safe.extend(outputs);
                }
                !ready
            });
            if waiting.is_empty() || waiting.len() == before || self.budget.is_spent() {
                break;
            }
        }
        if self.budget.is_spent() {
            return;
        }
        for Prepared { part, needs, closed } in waiting {
            let outputs = self.outputs(part, &safe);
            let unbound = needs.iter().filter(|(id, _)| !outputs.contains(id));
            let closed = closed.iter().filter(|(id, _)| of_body.contains(id));
            self.unsafe_at.extend(unbound.chain(closed).filter(|(id, _)| !safe.contains(id)));
        }
        for part in taken {
            self.closures(part, &safe);
        }
    }

    fn closures(&mut self, part: &Part<'_, 'a>, safe: &Ids) {
        let mut terms: Vec<&Term<'a>> = Vec::new();
        part.terms(&mut |term| terms.push(term));
        for term in terms {
            self.closures_of(term, safe);
        }
        if let Part::Statement(Statement { what: What::Every { key, value, body, .. }, .. }) = part {
            let mut inside = safe.clone();
            inside.extend(key.iter().chain([value]).copied());
            self.body(body, [].into_iter(), &inside);
        }
    }

    fn closures_of(&mut self, term: &Term<'a>, safe: &Ids) {
        match term {
            Term::Comprehension { head, body, .. } => self.body(body, head.iter(), safe),
            other => other.each_part(&mut |child| self.closures_of(child, safe)),
        }
    }

    /// What a statement gives a value, when `safe` has one.
    fn outputs(&self, part: &Part<'_, 'a>, safe: &Ids) -> Ids {
        let mut out = Ids::new();
        let statement = match part {
            Part::Head(term) => {
                self.of_references(term, safe, &mut out);
                return out;
            }
            Part::Statement(statement) => statement,
        };
        let ready = |term: &Term<'a>| {
            let mut ready = true;
            mentioned(term, &mut |id, _| ready &= safe.contains(&id));
            ready
        };
        if statement.negated || !statement.with.iter().all(|with| ready(&with.value)) {
            return out;
        }
        match &statement.what {
            What::Declaration => {}
            // As OPA: what is printed goes through nothing of its own.
            What::Term(Term::Call { function, .. }) if function.name == ["print"] => {}
            What::Every { domain, .. } => self.of_references(domain, safe, &mut out),
            What::SomeIn { key, value, collection } => {
                self.of_references(collection, safe, &mut out);
                key.iter().chain([value]).for_each(|pattern| self.of_references(pattern, safe, &mut out));
                if known(collection, safe, &out) {
                    key.iter().chain([value]).for_each(|pattern| bind(pattern, &mut out));
                }
            }
            What::Unify { left, right, .. } => {
                self.of_references(left, safe, &mut out);
                self.of_references(right, safe, &mut out);
                while unify(left, right, safe, &mut out) {}
            }
            What::Term(term) => {
                self.of_references(term, safe, &mut out);
                self.of_call(term, safe, &mut out);
            }
        }
        out.retain(|id| !safe.contains(id));
        out
    }

    /// `walk(input, [path, value])` binds its last argument.
    fn of_call(&self, term: &Term<'a>, safe: &Ids, out: &mut Ids) {
        let Term::Call { function, args, .. } = term else { return };
        let Some(arity) = self.functions.arity(function) else {
            // That there is no such function is told elsewhere, and enough.
            return args.iter().for_each(|arg| bind(arg, out));
        };
        let Arity::Exactly(arity) = arity else { return };
        if args.len() == arity + 1 && args[..arity].iter().all(|arg| known(arg, safe, out)) {
            bind(&args[arity], out);
        }
    }

    /// `xs[i]` binds `i` where `xs` is known.
    fn of_references(&self, term: &Term<'a>, safe: &Ids, out: &mut Ids) {
        if let Term::Comprehension { .. } = term {
            return;
        }
        if let Term::Ref(Reference { root, steps, .. }) = term {
            let rooted = match root {
                Root::Input | Root::Data => true,
                Root::Variable(id) => safe.contains(id) || out.contains(id),
                Root::Term(term) => known(term, safe, out),
            };
            if !rooted {
                return;
            }
            for step in steps {
                if let Step::Index(index) = step {
                    bind(index, out);
                }
            }
        }
        term.each_part(&mut |child| self.of_references(child, safe, out));
    }
}

/// A statement of a body, or a term that is computed of it.
enum Part<'p, 'a> {
    Statement(&'p Statement<'a>),
    Head(&'p Term<'a>),
}

impl<'p, 'a> Part<'p, 'a> {
    fn terms(&self, see: &mut dyn FnMut(&'p Term<'a>)) {
        let statement = match self {
            Self::Head(term) => return see(term),
            Self::Statement(statement) => statement,
        };
        match &statement.what {
            What::Declaration => {}
            What::SomeIn { key, value, collection } => {
                key.iter().chain([value, collection]).for_each(&mut *see)
            }
            What::Every { domain, .. } => see(domain),
            What::Unify { left, right, .. } => [left, right].into_iter().for_each(&mut *see),
            What::Term(term) => see(term),
        }
        statement.with.iter().for_each(|with| see(&with.value));
    }

    /// What has to have a value, apart from what only comprehensions and `every` use.
    fn needs(&self) -> Vec<(Id, &'a Span)> {
        let mut needs = Vec::new();
        self.terms(&mut |term| mentioned(term, &mut |id, at| needs.push((id, at))));
        needs
    }

    fn closed_over(&self) -> Vec<(Id, &'a Span)> {
        let mut found = Vec::new();
        self.terms(&mut |term| in_closures(term, &mut |id, at| found.push((id, at))));
        if let Self::Statement(Statement { what: What::Every { body, .. }, .. }) = self {
            everything(body, &mut |id, at| found.push((id, at)));
        }
        found
    }
}

/// A part, and the variables in it with their places.
struct Prepared<'p, 'a> {
    part: Part<'p, 'a>,
    needs: Vec<(Id, &'a Span)>,
    closed: Vec<(Id, &'a Span)>,
}

impl<'p, 'a> Prepared<'p, 'a> {
    fn of(part: Part<'p, 'a>) -> Self {
        let (needs, closed) = (part.needs(), part.closed_over());
        Self { part, needs, closed }
    }
}

type See<'s, 'a> = dyn FnMut(Id, &'a Span) + 's;

/// The variables of a term outside of its comprehensions.
fn mentioned<'a>(term: &Term<'a>, see: &mut See<'_, 'a>) {
    match term {
        Term::Comprehension { .. } => {}
        Term::Ref(Reference { at, root: Root::Variable(id), .. }) => {
            see(*id, at);
            term.each_part(&mut |child| mentioned(child, see));
        }
        _ => term.each_part(&mut |child| mentioned(child, see)),
    }
}

fn in_closures<'a>(term: &Term<'a>, see: &mut See<'_, 'a>) {
    match term {
        Term::Comprehension { head, body, .. } => {
            head.iter().for_each(|term| all_of(term, see));
            everything(body, see);
        }
        _ => term.each_part(&mut |child| in_closures(child, see)),
    }
}

fn all_of<'a>(term: &Term<'a>, see: &mut See<'_, 'a>) {
    term.visit(&mut |node| {
        if let super::ir::Node::Term(Term::Ref(Reference { at, root: Root::Variable(id), .. })) = node {
            see(*id, at);
        }
    });
}

fn everything<'a>(body: &Body<'a>, see: &mut See<'_, 'a>) {
    body.visit(&mut |node| {
        if let super::ir::Node::Term(Term::Ref(Reference { at, root: Root::Variable(id), .. })) = node {
            see(*id, at);
        }
    });
}

fn known(term: &Term<'_>, safe: &Ids, out: &Ids) -> bool {
    let mut all = true;
    mentioned(term, &mut |id, _| all &= safe.contains(&id) || out.contains(&id));
    all
}

/// The variables that a pattern gives a value when it meets one.
fn bind(pattern: &Term<'_>, out: &mut Ids) {
    match pattern {
        Term::Array(_, items) => items.iter().for_each(|item| bind(item, out)),
        Term::Object(_, fields) => fields.iter().for_each(|(_, value)| bind(value, out)),
        _ => out.extend(pattern.variable()),
    }
}

/// Whether a pattern can be what is written on the other side: `[x] = "a"` gives `x` no value, as in OPA.
fn may_be(pattern: &Term<'_>, other: &Term<'_>) -> bool {
    let is_evaluated = matches!(other, Term::Ref(..) | Term::Call { .. } | Term::Infix(..));
    match pattern {
        Term::Array(..) => is_evaluated || matches!(other, Term::Comprehension { kind: Brackets::Array, .. }),
        Term::Object(..) => is_evaluated,
        _ => true,
    }
}

/// Binds what one side of `a = b` tells of the other; whether anything was new.
fn unify(left: &Term<'_>, right: &Term<'_>, safe: &Ids, out: &mut Ids) -> bool {
    let before = out.len();
    match (left, right) {
        (Term::Array(_, a), Term::Array(_, b)) => {
            for (a, b) in a.iter().zip(b).filter(|_| a.len() == b.len()) {
                unify(a, b, safe, out);
            }
        }
        (Term::Object(_, a), Term::Object(_, b)) => {
            for (key, value) in a {
                let other = b.iter().find(|(other, _)| match (key.text(), key.variable()) {
                    (Some(text), _) => other.text() == Some(text),
                    (None, Some(id)) => other.variable() == Some(id),
                    (None, None) => false,
                });
                if let Some((_, other)) = other {
                    unify(value, other, safe, out);
                }
            }
        }
        _ => {
            if known(right, safe, out) && may_be(left, right) {
                bind(left, out);
            }
            if known(left, safe, out) && may_be(right, left) {
                bind(right, out);
            }
        }
    }
    out.len() > before
}
