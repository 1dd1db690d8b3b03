//! What a body asks for itself, so that nothing has to be put into it.

use super::super::ir::{Body, Statement, Term, What};
use super::file::written;
use super::lookups::is_print;

/// Whether a statement that holds says that a term of the head has a value: the same words stand in it.
pub(super) fn is_asked(text: &str, body: &Body<'_>, term: &Term<'_>) -> bool {
    let Some(words) = text.get(written(term)).filter(|words| !words.contains("[_]")) else { return false };
    let says = |statement: &Statement<'_>| {
        let is_plain = !statement.negated && statement.with.is_empty() && !is_print(&statement.what);
        is_plain
            && match &statement.what {
                What::Unify { left, right, .. } => [left, right].iter().any(|side| holds(text, side, words)),
                What::Term(term) => holds(text, term, words),
                _ => false,
            }
    };
    body.statements.iter().any(says)
}

fn holds(text: &str, term: &Term<'_>, words: &str) -> bool {
    let mut found = text.get(written(term)) == Some(words);
    term.each_part(&mut |part| found |= holds(text, part, words));
    found
}
