//! `not bad[x]` and `print(names[x])`, where the engine does not know that `x` has a value.

use std::collections::HashSet;

use super::super::functions::Functions;
use super::super::ir::{Id, Reference, Root, Rule, Step, Term, What};
use super::super::patterns::each_variable;
use super::Guards;
use super::file::{Rank, written};

impl<'a> Guards<'_, '_, '_, 'a> {
    /// `not bad[x]`, in an `every x`, as `not bad[[x][0]]`: the engine would go through `bad`, and where it does not have `x`,
    /// negate nothing.
    pub(super) fn indices(&mut self, what: &'a What<'a>) {
        match what {
            What::Unify { left, right, .. } => {
                [left, right].into_iter().for_each(|side| self.indices_in(side))
            }
            What::Term(term) => self.indices_in(term),
            _ => {}
        }
    }

    fn indices_in(&mut self, term: &'a Term<'a>) {
        let Term::Ref(Reference { root, steps, .. }) = term else {
            return term.each_part(&mut |part| self.indices_in(part));
        };
        if let Root::Term(term) = root {
            self.indices_in(term);
        }
        for step in steps {
            if let Step::Index(index) = step {
                self.held(index);
            }
        }
    }

    fn held(&mut self, index: &'a Term<'a>) {
        if index.variable().is_some_and(|id| self.unforeseen.contains(&id)) {
            let at = written(index);
            self.file.piece(at.start, Rank::Opening, "[".into());
            self.file.piece(at.end, Rank::Closing, "][0]".into());
        }
        index.each_part(&mut |part| self.held(part));
    }
}

/// The variables that the engine does not know to have a value when it looks for what to go through: those of `every`, and
/// what takes the result of a function.
pub(super) fn unforeseen(rule: &Rule<'_>, functions: &Functions<'_>) -> HashSet<Id> {
    let mut found = HashSet::new();
    rule.statements(&mut |statement| match &statement.what {
        What::Every { key, value, .. } => found.extend(key.iter().chain([value])),
        What::Term(Term::Call { function, args, .. }) if functions.takes_result(function, args.len()) => {
            let mut take = |id| {
                found.insert(id);
            };
            args.last().into_iter().for_each(|pattern| each_variable(pattern, &mut take));
        }
        _ => {}
    });
    found
}

pub(super) fn is_print(what: &What<'_>) -> bool {
    matches!(what, What::Term(Term::Call { function, .. }) if function.name == ["print"])
}
