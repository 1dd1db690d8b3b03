//! How far a finding holds: a rule at a time by its object's `enforcement`, a directory at a time by its settings.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::decision_log::reported;
use super::evaluate::Finding;
use crate::declare::suggest::did_you_mean;

/// Why a denial warns and does not refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Softened {
    /// The rule's object says `enforcement: "advisory"`.
    Advisory,
    /// The directory is in report mode.
    Report,
}

impl Softened {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Advisory => "advisory",
            Self::Report => "report",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Advisory,
    Mandatory,
}

const LEVELS: [(&str, Level); 2] = [("advisory", Level::Advisory), ("mandatory", Level::Mandatory)];

/// What a rule's object says of its own enforcement; `None` where it says nothing.
///
/// `enforcement` decides, and knows two words, as Pulumi's CrossGuard has them. `severity` is how bad a finding is, which
/// is another thing (AWS Security Hub, OPA's `custom.severity`): a low one may well be mandatory. Only where it is one of
/// the very two words, and there is no `enforcement`, it is taken for it.
///
/// Fails for an `enforcement` of any other word: a slip of the pen must not soften.
pub(super) fn level(object: &Map<String, Value>) -> Result<Option<Level>, String> {
    let word = |value: &Value| {
        let text = value.as_str()?;
        LEVELS.iter().find(|(word, _)| *word == text).map(|(_, level)| *level)
    };
    let Some(given) = object.get("enforcement") else {
        return Ok(object.get("severity").and_then(word));
    };
    word(given).map(Some).ok_or_else(|| {
        let (why, advice) = no_level(given);
        format!("{why}; {advice}")
    })
}

/// Why an `enforcement` of another word is none, and what to do.
pub(super) fn no_level(given: &Value) -> (String, String) {
    let otherwise = "it is advisory or mandatory";
    let word = given.as_str().unwrap_or_default();
    (format!("says enforcement {given}"), did_you_mean(word, LEVELS.map(|(word, _)| word), otherwise))
}

/// What an INIT got past because a directory only reports.
#[derive(Clone, Debug, Default)]
pub struct Unenforced {
    /// The directories in report mode.
    pub directories: Vec<PathBuf>,
    /// What they would have denied.
    pub findings: Vec<Finding>,
}

impl Unenforced {
    /// The findings as the decision log tells them, as many as a line has room for.
    pub fn told(&self) -> Value {
        reported(&self.findings)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn enforcement_has_two_words_and_severity_is_only_taken_for_it_when_it_says_one_of_them() {
        let of = |value: Value| level(value.as_object().unwrap());
        assert_eq!(of(json!({})), Ok(None));
        assert_eq!(of(json!({"enforcement": "advisory"})), Ok(Some(Level::Advisory)));
        assert_eq!(of(json!({"enforcement": "mandatory", "severity": "low"})), Ok(Some(Level::Mandatory)));
        assert_eq!(
            of(json!({"enforcement": "mandatory", "severity": "advisory"})),
            Ok(Some(Level::Mandatory))
        );
        assert_eq!(of(json!({"severity": "advisory"})), Ok(Some(Level::Advisory)));
        for severity in [json!("low"), json!("info"), json!("warning"), json!("advisry"), json!(1)] {
            assert_eq!(of(json!({"severity": severity})), Ok(None));
        }
        for wrong in
            [json!("advisry"), json!("Advisory"), json!(""), json!(null), json!(false), json!(["advisory"])]
        {
            assert!(of(json!({"enforcement": wrong})).is_err(), "{wrong}");
        }
        assert!(of(json!({"enforcement": "advisry"})).unwrap_err().contains("did you mean advisory?"));
    }
}
