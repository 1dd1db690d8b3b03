//! What refuses an INIT: typed, with names and never a value.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// The error types that Lambda shows, from the gravest for the owner to act on to the least.
///
/// When one INIT has problems of several types, the whole is reported under the first of them in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorType {
    InvalidDeclaration,
    PolicyInvalid,
    PolicyDenied,
    UnsafeRunDirectory,
    AccessDenied,
    NotFound,
    Unavailable,
    Undeliverable,
}

impl ErrorType {
    const ALL: [Self; 8] = [
        Self::InvalidDeclaration,
        Self::PolicyInvalid,
        Self::PolicyDenied,
        Self::UnsafeRunDirectory,
        Self::AccessDenied,
        Self::NotFound,
        Self::Unavailable,
        Self::Undeliverable,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidDeclaration => "Vestry.InvalidDeclaration",
            Self::PolicyInvalid => "Vestry.PolicyInvalid",
            Self::PolicyDenied => "Vestry.PolicyDenied",
            Self::UnsafeRunDirectory => "Vestry.UnsafeRunDirectory",
            Self::AccessDenied => "Vestry.AccessDenied",
            Self::NotFound => "Vestry.NotFound",
            Self::Unavailable => "Vestry.Unavailable",
            Self::Undeliverable => "Vestry.Undeliverable",
        }
    }
}

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let found = Self::ALL.into_iter().find(|error_type| error_type.as_str() == name);
        found.ok_or_else(|| serde::de::Error::custom("no error type of Vestry's"))
    }
}

/// One thing that is wrong: where, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    #[serde(rename = "type")]
    pub error_type: ErrorType,
    /// The environment variable (or list entry) it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// The reference as declared, without the text of a default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The `id` of the policy rule that spoke, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where it stands in a file: `/var/task/vestry.toml:12:5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    pub why: String,
    /// What to do; empty where the why says it all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub advice: String,
}

impl Problem {
    pub fn new(error_type: ErrorType, why: impl Into<String>) -> Self {
        Self {
            error_type,
            variable: None,
            reference: None,
            id: None,
            place: None,
            why: why.into(),
            advice: String::new(),
        }
    }

    pub fn variable(mut self, name: impl Into<String>) -> Self {
        self.variable = Some(name.into());
        self
    }

    pub fn reference(mut self, reference: impl fmt::Display) -> Self {
        self.reference = Some(reference.to_string());
        self
    }

    pub fn id(mut self, id: Option<String>) -> Self {
        self.id = id;
        self
    }

    pub fn place(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }
}

/// `DB_PASSWORD (ssm:/prod/db/password): not found in eu-west-1; create it, or mark it ?optional`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        match (&self.variable, &self.reference) {
            (Some(variable), Some(reference)) => write!(f, "{variable} ({reference}): ")?,
            (Some(one), None) | (None, Some(one)) => write!(f, "{one}: ")?,
            (None, None) => {}
        }
        if let Some(id) = &self.id {
            write!(f, "[{id}] ")?;
        }
        f.write_str(&self.why)?;
        if !self.advice.is_empty() {
            write!(f, "; {}", self.advice)?;
        }
        Ok(())
    }
}

/// An INIT refused, with every problem that was found and never an empty list of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    problems: Vec<Problem>,
}

impl Refusal {
    /// `Ok` when nothing is wrong.
    pub fn unless_empty(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }

    pub fn error_type(&self) -> ErrorType {
        self.problems.iter().map(|p| p.error_type).min().expect("a refusal has a problem")
    }

    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A problem of several lines stays one: its next line is no problem of its own.
        let set_in = |problem: &Problem| problem.to_string().replace('\n', "\n  ");
        if let [one] = self.problems.as_slice() {
            return f.write_str(&set_in(one));
        }
        write!(f, "{} problems:", self.problems.len())?;
        for problem in &self.problems {
            write!(f, "\n- ")?;
            if problem.error_type != self.error_type() {
                write!(f, "{}: ", problem.error_type)?;
            }
            f.write_str(&set_in(problem))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_every_problem_under_the_gravest_type() {
        let refusal = Refusal::unless_empty(vec![
            Problem::new(ErrorType::NotFound, "not found")
                .variable("A")
                .reference("ssm:/a")
                .advice("create it"),
            Problem::new(ErrorType::AccessDenied, "denied").variable("B"),
        ])
        .unwrap_err();
        assert_eq!(refusal.error_type(), ErrorType::AccessDenied);
        assert_eq!(
            refusal.to_string(),
            "2 problems:\n- Vestry.NotFound: A (ssm:/a): not found; create it\n- B: denied"
        );
    }

    #[test]
    fn a_message_of_several_lines_makes_no_problem_of_its_own() {
        let forged = Problem::new(ErrorType::PolicyDenied, "no\n- Vestry.NotFound: B: gone");
        let refusal = Refusal::unless_empty(vec![forged.clone(), forged.clone()]).unwrap_err();
        assert_eq!(refusal.to_string().lines().filter(|line| line.starts_with("- Vestry")).count(), 0);
        assert_eq!(Refusal::from(forged).to_string(), "no\n  - Vestry.NotFound: B: gone");
    }
}
