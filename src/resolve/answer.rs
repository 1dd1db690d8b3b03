//! What a store has for a source.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::failure::Failure;
use crate::secret::SecretValue;

pub type Result = std::result::Result<Answer, Failure>;

#[derive(Debug)]
pub enum Answer {
    One(Fetched),
    /// Everything below a path, in the order of the names.
    Tree(Vec<Fetched>),
}

/// One parameter or secret, in the words of its store.
#[derive(Debug)]
pub struct Fetched {
    pub name: Option<String>,
    pub arn: Option<String>,
    pub version: Option<String>,
    pub value_type: Option<&'static str>,
    pub created: Option<String>,
    pub last_modified: Option<String>,
    pub stages: Vec<String>,
    /// Told by calls of their own, which tell no value.
    pub kms_key_id: Option<String>,
    pub value: SecretValue,
}

/// RFC 3339
pub fn date(date: Option<DateTime>) -> Option<String> {
    date?.fmt(Format::DateTime).ok()
}
