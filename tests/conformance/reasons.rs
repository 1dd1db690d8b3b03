//! `reasons.toml`: why a case does not pass.

use serde::Deserialize;

pub struct Reasons(Vec<Reason>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    says: String,
    why: String,
    folder: Option<String>,
    #[serde(default)]
    wrong: bool,
}

#[derive(Deserialize)]
struct Document {
    reason: Vec<Reason>,
}

impl Reasons {
    pub fn read() -> Self {
        let document: Document = toml::from_str(include_str!("reasons.toml")).expect("reasons.toml");
        Self(document.reason)
    }

    /// The number of the first that explains it.
    pub fn of(&self, folder: &str, instead: &str, wrong: bool) -> Option<usize> {
        self.0.iter().position(|reason| {
            reason.wrong == wrong
                && instead.contains(&reason.says)
                && reason.folder.as_deref().is_none_or(|only| only == folder)
        })
    }

    pub fn why(&self, at: usize) -> &str {
        &self.0[at].why
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}
