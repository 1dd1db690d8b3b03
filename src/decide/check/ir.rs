//! A policy as the checks read it: names resolved, variables numbered.
//!
//! The engine's syntax tree is unstable and says nothing of scopes; only [`super::lower`] reads it.

use regorus::Value;
use regorus::unstable::Span;

/// One `.rego` file.
pub(super) struct Module<'a> {
    pub file: &'a str,
    pub text: &'a str,
    /// `["vestry", "declare"]`
    pub package: Vec<&'a str>,
    pub imports: Vec<Import<'a>>,
    pub rules: Vec<Rule<'a>>,
    /// A `*_test.rego`, which is never evaluated for a decision.
    pub is_test: bool,
}

pub(super) struct Import<'a> {
    pub at: &'a Span,
    /// `["data", "lib", "names"]`
    pub path: Vec<&'a str>,
    /// What it is called by in the module; empty of `rego.v1` and `future.keywords`.
    pub name: &'a str,
    /// Where its name stands.
    pub uses: Vec<&'a Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Complete,
    /// `p contains x`
    Set,
    Function(usize),
}

pub(super) struct Rule<'a> {
    pub at: &'a Span,
    /// Below `data`: the package, and the head up to its first part that only evaluation tells.
    pub path: Vec<&'a str>,
    /// How many components of the path the package gives.
    pub in_package: usize,
    pub form: Form,
    pub is_default: bool,
    /// Its variables are declared in a way that is refused, so that nothing further can be said of them.
    pub is_broken: bool,
    pub args: Vec<Term<'a>>,
    /// What stands in brackets in the head behind the path: `q[x].y`.
    pub open: Vec<Term<'a>>,
    /// How many steps the head has behind the path.
    pub behind: usize,
    /// The rule's own, then each `else`.
    pub clauses: Vec<Clause<'a>>,
    pub variables: Vec<Variable<'a>>,
}

pub(super) struct Clause<'a> {
    /// From its `if` or `else` to its end, where it has a body.
    pub at: Option<&'a Span>,
    /// Key and value of the head, or the value behind `else`.
    pub head: Vec<Term<'a>>,
    pub body: Body<'a>,
}

pub(super) type Id = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Declared {
    /// By nothing: a name that is used and means nothing else.
    No,
    Argument,
    /// `:=`
    Assigned,
    /// `some x`, `every x in xs`
    Some,
    /// `some x in xs`
    SomeIn,
}

#[derive(Debug)]
pub(super) struct Variable<'a> {
    /// `_` is a new variable each time.
    pub name: &'a str,
    pub at: &'a Span,
    pub declared: Declared,
    /// Besides the declaration.
    pub uses: u32,
}

#[derive(Default)]
pub(super) struct Body<'a> {
    pub statements: Vec<Statement<'a>>,
}

pub(super) struct Statement<'a> {
    /// With its `not` and its `with`.
    pub at: &'a Span,
    pub negated: bool,
    pub what: What<'a>,
    pub with: Vec<With<'a>>,
}

pub(super) enum What<'a> {
    /// `some x, y`
    Declaration,
    /// `some k, v in xs`
    SomeIn {
        key: Option<Term<'a>>,
        value: Term<'a>,
        collection: Term<'a>,
    },
    Every {
        key: Option<Id>,
        value: Id,
        domain: Term<'a>,
        body: Body<'a>,
    },
    /// `a = b` and `a := b`
    Unify {
        left: Term<'a>,
        right: Term<'a>,
        /// `:=`, where only the left side is a pattern.
        assigns: bool,
    },
    Term(Term<'a>),
}

pub(super) struct With<'a> {
    pub at: &'a Span,
    /// `["input", "references"]`, `["data", "x"]`, or the name of a function.
    pub target: Vec<&'a str>,
    /// The same by its name in the module.
    pub written: Vec<&'a str>,
    pub value: Term<'a>,
}

pub(super) enum Term<'a> {
    Scalar(&'a Span, &'a Value),
    /// A variable, a document, or a path into one.
    Ref(Reference<'a>),
    Array(&'a Span, Vec<Term<'a>>),
    Set(&'a Span, Vec<Term<'a>>),
    Object(&'a Span, Vec<(Term<'a>, Term<'a>)>),
    Comprehension {
        at: &'a Span,
        kind: Brackets,
        /// Term, or key and value.
        head: Vec<Term<'a>>,
        body: Body<'a>,
    },
    Call {
        at: &'a Span,
        function: Function<'a>,
        args: Vec<Term<'a>>,
    },
    /// Each of them needs its operands bound.
    Infix(&'a Span, Operator, Vec<Term<'a>>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// `==` and `!=`, `<` and its like
    Compare,
    /// `x in xs`
    Member,
    /// Arithmetic, union, intersection
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brackets {
    Array,
    Set,
    Object,
}

pub(super) struct Function<'a> {
    /// As written: `names.stage_of`.
    pub name: Vec<&'a str>,
    /// Where it would lie below `data` if it is a rule; empty where the name cannot be one.
    pub path: Vec<&'a str>,
    /// A local variable has the name, so that it is no function here.
    pub shadowed: bool,
}

pub(super) struct Reference<'a> {
    pub at: &'a Span,
    pub root: Root<'a>,
    pub steps: Vec<Step<'a>>,
}

pub(super) enum Root<'a> {
    Input,
    Data,
    Variable(Id),
    /// `f(x).y`, `[1, 2][i]`
    Term(Box<Term<'a>>),
}

pub(super) enum Step<'a> {
    /// With its place where it is written out, which the names of a package or an import are not.
    Name(&'a str, Option<&'a Span>),
    Index(Term<'a>),
}

impl<'a> Term<'a> {
    pub fn at(&self) -> &'a Span {
        match self {
            Self::Scalar(at, _)
            | Self::Array(at, _)
            | Self::Set(at, _)
            | Self::Object(at, _)
            | Self::Comprehension { at, .. }
            | Self::Call { at, .. }
            | Self::Infix(at, ..) => at,
            Self::Ref(reference) => reference.at,
        }
    }

    /// The variable that this term is and nothing else.
    pub fn variable(&self) -> Option<Id> {
        match self {
            Self::Ref(Reference { root: Root::Variable(id), steps, .. }) if steps.is_empty() => Some(*id),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&'a str> {
        match self {
            Self::Scalar(_, Value::String(text)) => Some(text),
            _ => None,
        }
    }
}

/// What a visitor comes by.
pub(super) enum Node<'n, 'a> {
    Term(&'n Term<'a>),
    With(&'n With<'a>),
}

impl<'a> Rule<'a> {
    /// Every term at any depth, comprehensions and `every` included.
    pub fn visit<'n>(&'n self, see: &mut dyn FnMut(Node<'n, 'a>)) {
        self.args.iter().chain(&self.open).for_each(|term| term.visit(see));
        for clause in &self.clauses {
            clause.head.iter().for_each(|term| term.visit(see));
            clause.body.visit(see);
        }
    }
}

impl<'a> Rule<'a> {
    /// Every statement at any depth.
    pub fn statements<'n>(&'n self, see: &mut dyn FnMut(&'n Statement<'a>)) {
        self.clauses.iter().for_each(|clause| clause.body.statements(see));
        self.visit(&mut |seen| {
            if let Node::Term(Term::Comprehension { body, .. }) = seen {
                body.statements(see);
            }
        });
    }
}

impl<'a> Body<'a> {
    /// Those of each `every` included.
    fn statements<'n>(&'n self, see: &mut dyn FnMut(&'n Statement<'a>)) {
        for statement in &self.statements {
            see(statement);
            if let What::Every { body, .. } = &statement.what {
                body.statements(see);
            }
        }
    }

    pub fn visit<'n>(&'n self, see: &mut dyn FnMut(Node<'n, 'a>)) {
        for statement in &self.statements {
            statement.what.visit(see);
            for with in &statement.with {
                see(Node::With(with));
                with.value.visit(see);
            }
        }
    }
}

impl<'a> What<'a> {
    pub fn visit<'n>(&'n self, see: &mut dyn FnMut(Node<'n, 'a>)) {
        match self {
            Self::Declaration => {}
            Self::SomeIn { key, value, collection } => {
                key.iter().for_each(|key| key.visit(see));
                value.visit(see);
                collection.visit(see);
            }
            Self::Every { domain, body, .. } => {
                domain.visit(see);
                body.visit(see);
            }
            Self::Unify { left, right, .. } => {
                left.visit(see);
                right.visit(see);
            }
            Self::Term(term) => term.visit(see),
        }
    }
}

impl<'a> Reference<'a> {
    /// The names that it begins with behind its root, up to what only evaluation tells.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'_, 'a> {
        self.steps.iter().map_while(|step| match step {
            Step::Name(name, _) => Some(*name),
            Step::Index(_) => None,
        })
    }

    /// The whole of it below `data`, where evaluation is not needed to tell.
    pub fn data_path(&self) -> Option<Vec<&'a str>> {
        let path: Vec<&str> = self.names().collect();
        (matches!(self.root, Root::Data) && path.len() == self.steps.len()).then_some(path)
    }
}

impl<'a> Term<'a> {
    /// The terms directly within, a comprehension's left out.
    pub fn each_part<'t>(&'t self, see: &mut dyn FnMut(&'t Self)) {
        match self {
            Self::Scalar(..) | Self::Comprehension { .. } => {}
            Self::Ref(Reference { root, steps, .. }) => {
                if let Root::Term(term) = root {
                    see(term);
                }
                for step in steps {
                    if let Step::Index(index) = step {
                        see(index);
                    }
                }
            }
            Self::Array(_, items) | Self::Set(_, items) | Self::Infix(_, _, items) => {
                items.iter().for_each(see);
            }
            Self::Object(_, fields) => {
                for (key, value) in fields {
                    see(key);
                    see(value);
                }
            }
            Self::Call { args, .. } => args.iter().for_each(see),
        }
    }

    pub fn visit<'n>(&'n self, see: &mut dyn FnMut(Node<'n, 'a>)) {
        see(Node::Term(self));
        match self {
            Self::Scalar(..) => {}
            Self::Ref(Reference { root, steps, .. }) => {
                if let Root::Term(term) = root {
                    term.visit(see);
                }
                for step in steps {
                    if let Step::Index(index) = step {
                        index.visit(see);
                    }
                }
            }
            Self::Array(_, items) | Self::Set(_, items) | Self::Infix(_, _, items) => {
                items.iter().for_each(|item| item.visit(see));
            }
            Self::Object(_, fields) => fields.iter().for_each(|(key, value)| {
                key.visit(see);
                value.visit(see);
            }),
            Self::Comprehension { head, body, .. } => {
                head.iter().for_each(|term| term.visit(see));
                body.visit(see);
            }
            Self::Call { args, .. } => args.iter().for_each(|arg| arg.visit(see)),
        }
    }
}
