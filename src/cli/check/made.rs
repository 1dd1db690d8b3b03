//! What the template itself makes, and no store has before that.

use super::judge::Report;
use super::row::Row;
use super::subject::Subject;
use crate::decide::Permitted;
use crate::declare::Declared;
use crate::error::Problem;
use crate::resolve::is_not_there;
use crate::template::Made;

/// Takes out what the template itself makes, which no store can be asked for yet.
pub(super) fn taken_out(declared: &mut Declared, subject: &Subject) -> Vec<Row> {
    let mut rows = Vec::new();
    declared.declarations.retain(|declaration| {
        let made = subject.made.within(&declaration.reference.source.id);
        rows.extend(made.map(|made| {
            let reference = subject.made.shown(&declaration.reference.to_string());
            Row::made(declaration, made, reference, subject.path.as_deref())
        }));
        made.is_none()
    });
    rows
}

/// What is not there, and the template makes, is no problem of the deployment that makes it.
pub(super) fn excused(
    problems: Vec<Problem>,
    permitted: &Permitted,
    subject: &Subject,
    report: &mut Report,
) -> Vec<Problem> {
    let made = permitted.declared().declarations.iter().filter_map(|declaration| {
        let made = subject.made.named(&declaration.reference.source)?;
        Some((declaration.label(), declaration.reference.to_string(), made))
    });
    let made: Vec<_> = made.collect();
    let excused = |problem: &Problem| {
        let is_it = |(label, reference, _): &&(String, String, &Made)| {
            problem.variable.as_ref() == Some(label) && problem.reference.as_ref() == Some(reference)
        };
        let made = made.iter().find(is_it)?.2;
        is_not_there(problem).then_some(made)
    };
    let mut rest = Vec::new();
    for problem in problems {
        match (excused(&problem), report.rows.iter_mut().find(|row| row.is_meant(&problem))) {
            (Some(made), Some(row)) => row.is_made_by(made, subject.path.as_deref()),
            _ => rest.push(problem),
        }
    }
    rest
}
