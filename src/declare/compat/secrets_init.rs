//! secrets-init: a secret's ARN alone, a parameter's ARN alone, with or without `:VERSION`.
//!
//! <https://github.com/doitintl/secrets-init#what-secrets-init-does>; it knows the partition `aws` only.

use super::{Claim, whole};
use crate::declare::grammar::fault;
use crate::declare::reference::Store;

pub const ARN: &str = "arn:";

pub fn claim(value: &str) -> Claim {
    if value.starts_with("arn:aws:secretsmanager:") {
        return Some(whole(Store::SecretsManager, ARN, value));
    }
    if value.starts_with("arn:aws:ssm:") && value.contains(":parameter/") {
        // With more parts it leaves the variable as it is.
        return matches!(value.split(':').count(), 6 | 7).then(|| whole(Store::Ssm, ARN, value));
    }
    value.starts_with("gcp:secretmanager:").then(|| {
        fault(
            "it is a secret of Google Cloud",
            "store it in Secrets Manager or Parameter Store, and refer to that",
        )
    })
}
