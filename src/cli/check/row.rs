//! One line of the table: a reference, and what became of it.

use super::subject::UnknownReference;
use crate::declare::{Composed, Declaration, Reference};
use crate::error::{ErrorType, Problem};
use crate::resolved::Record;
use crate::template::Made;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Yes,
    No,
    /// It is not there, and need not be.
    Absent,
    Denied,
    /// Nobody was asked, or nobody answered.
    NotKnown,
}

impl Found {
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Absent => "absent",
            Self::Denied => "denied",
            Self::NotKnown => "-",
        }
    }

    /// Null where it is not known.
    pub fn as_bool(self) -> Option<bool> {
        match self {
            Self::Yes => Some(true),
            Self::No | Self::Absent => Some(false),
            Self::Denied | Self::NotKnown => None,
        }
    }
}

#[derive(Debug)]
pub(super) struct Row {
    pub variable: String,
    pub reference: String,
    pub found: Found,
    pub record: Option<Record>,
    pub problem: Option<Problem>,
    /// What is not wrong but worth saying.
    pub note: Option<String>,
    /// What of the template makes it, with the function.
    pub made: Option<String>,
    /// Where and as whom it is asked for, where the manifest says so.
    pub region: Option<String>,
    pub role: Option<String>,
    known: bool,
}

impl Row {
    /// Of which nothing is known but what was declared.
    fn new(variable: impl Into<String>, reference: impl Into<String>) -> Self {
        Self {
            variable: variable.into(),
            reference: reference.into(),
            found: Found::NotKnown,
            record: None,
            problem: None,
            note: None,
            made: None,
            region: None,
            role: None,
            known: true,
        }
    }

    pub fn of(declaration: &Declaration) -> Self {
        Self::new(declaration.label(), declaration.reference.to_string()).of_source(declaration)
    }

    fn of_source(self, declaration: &Declaration) -> Self {
        let source = &declaration.reference.source;
        let role = source.role.as_ref().map(|role| role.arn.clone());
        Self { region: source.region.clone(), role, ..self }
    }

    /// What is made of others.
    pub fn composed(composed: &Composed) -> Self {
        let parts: Vec<_> = composed.parts().map(|part| format!("${{{part}}}")).collect();
        Self::new(&composed.name, format!("composed of {}", parts.join(" ")))
    }

    /// All that something is composed of was looked at.
    pub fn complete(&mut self, absent: bool) {
        self.found = if absent { Found::Absent } else { Found::Yes };
        self.note = absent.then(|| "a part is not there; optional, so the variable is left out".to_string());
    }

    pub fn unknown(unknown: &UnknownReference, path: Option<&str>) -> Self {
        let place = path.map(|path| format!(" ({path}:{})", unknown.place)).unwrap_or_default();
        let note = Some(format!("unknown: {}{place}", unknown.why));
        Self { note, known: false, ..Self::new(&unknown.variable, &unknown.begin) }
    }

    /// What a deployment of the template makes, and no store is asked for.
    pub fn made(declaration: &Declaration, made: &Made, shown: String, path: Option<&str>) -> Self {
        let mut row = Self { reference: shown, ..Self::of(declaration) };
        row.is_made_by(made, path);
        row
    }

    /// It is not there because the template makes it.
    pub fn is_made_by(&mut self, made: &Made, path: Option<&str>) {
        let path = path.unwrap_or("the template");
        self.note = Some(format!("made by this template: {} ({path}:{})", made.expression, made.place));
        self.made = Some(made.expression.clone());
        self.known = false;
    }

    /// Whether a deployment might tell more of it.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// A declaration that could not be understood.
    pub fn wrong(problem: &Problem) -> Self {
        let variable = problem.variable.clone().unwrap_or_default();
        let reference = problem.reference.clone().unwrap_or_else(|| "-".into());
        Self { problem: Some(problem.clone()), ..Self::new(variable, reference) }
    }

    fn of_record(reference: &Reference, record: &Record) -> Self {
        let below = match (reference.source.tree, &record.key) {
            (true, _) => {
                record.name.as_ref().map(|name| format!("{}:{name}", reference.source.store.as_str()))
            }
            (false, Some(key)) if reference.expands() => {
                let whole = reference.to_string();
                Some(whole.replacen("#*", &format!("#{key}"), 1))
            }
            _ => None,
        };
        let note = match (record.found, reference.default.is_some()) {
            (false, true) => Some("not there; the default is delivered".to_string()),
            (false, false) => Some("not there; optional, so the variable is left out".to_string()),
            (true, _) => None,
        };
        let shown = below.unwrap_or_else(|| reference.to_string());
        Self {
            found: if record.found { Found::Yes } else { Found::Absent },
            record: Some(record.clone()),
            note,
            ..Self::new(&record.variable, shown)
        }
    }

    /// One for each variable that a declaration became; of one that became none, one that says so.
    pub fn after<'a>(declaration: &Declaration, records: impl Iterator<Item = &'a Record>) -> Vec<Self> {
        let rows =
            records.map(|record| Self::of_record(&declaration.reference, record).of_source(declaration));
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() { vec![Self::of(declaration)] } else { rows }
    }

    pub fn take(&mut self, problem: Problem) {
        self.found = match problem.error_type {
            ErrorType::NotFound => Found::No,
            ErrorType::AccessDenied => Found::Denied,
            // A value is there.
            ErrorType::Undeliverable => Found::Yes,
            _ => self.found,
        };
        self.problem = Some(problem);
    }

    /// Whether a problem is about this one.
    pub fn is_meant(&self, problem: &Problem) -> bool {
        let of_variable = problem.variable.as_ref() == Some(&self.variable);
        let of_reference = problem.reference.as_ref().is_none_or(|reference| *reference == self.reference);
        self.problem.is_none() && of_variable && of_reference
    }
}
