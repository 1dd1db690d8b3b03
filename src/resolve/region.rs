//! A region, and the ARNs in it.

use std::fmt;

use crate::declare::partition;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region(String);

impl Region {
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Of the account that asks, which is not known before a store tells it.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:*:{resource}", partition::partition(&self.0), self.0)
    }

    /// Of the usual endpoints, in the partitions that most functions run in.
    pub fn dns_suffix(&self) -> Option<&'static str> {
        partition::dns_suffix(&self.0)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
