//! A waiver: an object in `exception` that says which rule it waives for whom, who answers for it, why, and until when.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::evaluate::Finding;
use super::explain::shortened;
use super::rules::Entry;
use crate::declare::suggest::did_you_mean;

/// ```json
/// {"rule": "stage-path", "variable": "DB_PASSWORD", "owner": "team-payments", "reason": "migration, PAY-123",
///  "expires": "2026-12-31"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The rule (`deny_region`), its suffix (`region`), or the `id` of what it says.
    pub rule: String,
    /// Only for this function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Only what is said of this variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// Only what is said of a variable with this name or ARN in the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    pub owner: String,
    pub reason: String,
    /// RFC 3339; a date is its first instant in UTC.
    pub expires: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}

/// A waiver that does not waive, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unfit {
    pub package: String,
    pub why: String,
}

/// Characters of each text. What is longer says less, and would not fit a line of the log.
const MAX_CHARS: usize = 1_000;
/// An ARN may be longer.
const MAX_REFERENCE_CHARS: usize = 2_048;

const REQUIRED: [&str; 4] = ["rule", "owner", "reason", "expires"];
const OPTIONAL: [&str; 5] = ["function", "variable", "reference", "approved_by", "ticket"];

impl Waiver {
    /// Fails with everything that is wrong. An unknown key is: a misspelt `variable` would waive for all of them.
    pub(super) fn read(object: &Map<String, Value>) -> Result<Self, String> {
        let mut faults = Vec::new();
        let known = || REQUIRED.into_iter().chain(OPTIONAL);
        for key in object.keys().filter(|key| !known().any(|known| known == *key)) {
            let keys = format!("the keys are {}", known().collect::<Vec<_>>().join(", "));
            faults.push(format!("unknown key {key:?} ({})", did_you_mean(key, known(), keys)));
        }
        let mut text = |key: &str| match object.get(key) {
            None => {
                if REQUIRED.contains(&key) {
                    faults.push(format!("no {key}"));
                }
                None
            }
            Some(value) => match fault(key, value) {
                Some(fault) => {
                    faults.push(format!("{} {fault}", with_article(key)));
                    None
                }
                None => value.as_str().map(str::to_string),
            },
        };
        let [rule, owner, reason, expires] = REQUIRED.map(&mut text);
        let [function, variable, reference, approved_by, ticket] = OPTIONAL.map(&mut text);
        if let Some(expires) = &expires
            && instant(expires).is_none()
        {
            faults.push("an expires that is no date (2026-12-31) and no RFC 3339 time".into());
        }
        match (rule, owner, reason, expires) {
            (Some(rule), Some(owner), Some(reason), Some(expires)) if faults.is_empty() => {
                Ok(Self { rule, function, variable, reference, owner, reason, expires, approved_by, ticket })
            }
            _ => Err(shortened(faults.join(", "))),
        }
    }

    /// Whether it is about this finding of this rule, expired or not.
    pub(super) fn is_about(&self, entry: &Entry, finding: &Finding, input: &Value) -> bool {
        let rule = self.rule == entry.suffix
            || self.rule == entry.rule
            || finding.id.as_ref().is_some_and(|id| *id == self.rule);
        let is = |wanted: &Option<String>, is: Option<&str>| wanted.is_none() || wanted.as_deref() == is;
        rule && is(&self.function, input["function"]["name"].as_str())
            && is(&self.variable, finding.variable.as_deref())
            && self.reference.as_ref().is_none_or(|reference| refers(input, finding, reference))
    }

    /// Held against `input.now`; where nobody says what time it is, it is past.
    pub(super) fn in_force(&self, input: &Value) -> bool {
        let now = input["now"].as_str().and_then(instant);
        now.zip(instant(&self.expires)).is_some_and(|(now, end)| now < end)
    }
}

/// What is wrong with one of its texts.
fn fault(key: &str, value: &Value) -> Option<String> {
    let Some(text) = value.as_str() else { return Some("that is no text, or an empty one".into()) };
    // Neither Lambda's names nor a shell's have these in them.
    if ["function", "variable"].contains(&key) && text.contains(['*', '?']) {
        return Some("that is a pattern, of which there are none here: write the whole name".into());
    }
    let most = if key == "reference" { MAX_REFERENCE_CHARS } else { MAX_CHARS };
    if text.chars().nth(most).is_some() {
        return Some(format!("longer than {most} characters"));
    }
    // The rule without a suffix has the empty one.
    (key != "rule" && text.trim().is_empty()).then(|| "that is no text, or an empty one".into())
}

/// `an owner`, `a reason`
fn with_article(key: &str) -> String {
    let article = if key.starts_with(['a', 'e', 'o']) { "an" } else { "a" };
    format!("{article} {key}")
}

/// Whether what is said of the finding's variable is said of this name or ARN, and of no other.
fn refers(input: &Value, finding: &Finding, reference: &str) -> bool {
    let Some(variable) = &finding.variable else { return false };
    let mut of_variable = input["references"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|r| r["variable"].as_str() == Some(variable))
        .peekable();
    of_variable.peek().is_some() && of_variable.all(|r| r["name"] == reference || r["arn"] == reference)
}

/// Nanoseconds since 1970.
fn instant(text: &str) -> Option<i128> {
    let is_date = text.len() == "2026-12-31".len();
    let text = if is_date { format!("{text}T00:00:00Z") } else { text.to_string() };
    DateTime::from_str(&text, Format::DateTimeWithOffset).ok().map(|time| time.as_nanos())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<Waiver, String> {
        Waiver::read(value.as_object().unwrap())
    }

    #[test]
    fn one_that_nobody_answers_for_is_none() {
        let whole = json!({"rule": "region", "owner": "o", "reason": "r", "expires": "2026-12-31"});
        assert!(read(whole.clone()).is_ok());
        for key in ["rule", "owner", "reason", "expires"] {
            let mut less = whole.clone();
            less.as_object_mut().unwrap().remove(key);
            assert_eq!(read(less).unwrap_err(), format!("no {key}"));
        }
        for key in ["owner", "reason", "expires", "variable"] {
            for empty in [json!(""), json!(" "), json!(null), json!(1)] {
                let mut less = whole.clone();
                less[key] = empty;
                let wanted = format!("{} that is no text", with_article(key));
                assert!(read(less).unwrap_err().contains(&wanted));
            }
        }
        let mut misspelt = whole.clone();
        misspelt["varable"] = json!("DB_PASSWORD");
        assert_eq!(read(misspelt).unwrap_err(), "unknown key \"varable\" (did you mean variable?)");
        assert_eq!(read(json!({})).unwrap_err(), "no rule, no owner, no reason, no expires");
    }

    #[test]
    fn what_would_waive_nothing_or_fit_no_line_says_so() {
        let whole = json!({"rule": "region", "owner": "o", "reason": "r", "expires": "2026-12-31"});
        let with = |key: &str, value: &str| {
            let mut more = whole.clone();
            more[key] = json!(value);
            read(more)
        };
        for pattern in ["*", "orders-*", "orders-?"] {
            assert!(with("function", pattern).unwrap_err().contains("write the whole name"), "{pattern}");
        }
        assert!(with("variable", "DB_*").unwrap_err().contains("a variable that is a pattern"));
        assert!(with("reference", "/prod/flags/*").is_ok(), "a tree is declared so");
        assert!(with("reason", &"ü".repeat(1_000)).is_ok() && with("reference", &"r".repeat(2_048)).is_ok());
        for key in ["rule", "reason", "ticket"] {
            let why = with(key, &"r".repeat(1_001)).unwrap_err();
            assert!(why.contains("longer than 1000 characters"), "{key}: {why}");
        }
        assert!(with("reference", &"r".repeat(2_049)).unwrap_err().contains("longer than 2048"));
        let why = with(&"k".repeat(50_000), "v").unwrap_err();
        assert!(why.starts_with("unknown key \"kkk") && why.len() < 2_000, "{}", why.len());
    }

    #[test]
    fn it_ends_on_its_instant() {
        for (expires, at, holds) in [
            ("2026-12-31", "2026-12-30T23:59:59.999Z", true),
            ("2026-12-31", "2026-12-31T00:00:00.000Z", false),
            ("2026-12-31T12:00:00Z", "2026-12-31T11:59:59.999Z", true),
            ("2026-12-31T12:00:00+02:00", "2026-12-31T10:00:00.000Z", false),
            ("9999-12-31", "2026-12-31T10:00:00.000Z", true),
        ] {
            let waiver = json!({"rule": "", "owner": "o", "reason": "r", "expires": expires});
            assert_eq!(read(waiver).unwrap().in_force(&json!({"now": at})), holds, "{expires} at {at}");
        }
        let waiver = read(json!({"rule": "", "owner": "o", "reason": "r", "expires": "2999-01-01"})).unwrap();
        for nobody in [json!({}), json!({"now": null}), json!({"now": "soon"}), json!({"now": 1})] {
            assert!(!waiver.in_force(&nobody), "{nobody}");
        }
        for wrong in
            ["31.12.2026", "2026-13-01", "2026-02-30", "never", "2026-12-31 12:00", "2026-12-31T12:00:00"]
        {
            let waiver = json!({"rule": "", "owner": "o", "reason": "r", "expires": wrong});
            assert!(read(waiver).unwrap_err().contains("no date"), "{wrong}");
        }
    }
}
