//! `arn:partition:service:region:account:resource`

use super::{Fault, fault};
use crate::declare::reference::{Arn, Store};

/// The ARN up to its resource's first part, and the parts after it. Region and account become parts of host
/// names and requests, so they are held to their alphabets.
pub fn split(text: &str, store: Store) -> Result<(Arn, Vec<&str>), Fault> {
    let mut parts = text.split(':').skip(1);
    let mut part = || parts.next().unwrap_or_default();
    let (partition, service, region, account, resource) = (part(), part(), part(), part(), part());
    if service != store.as_str() {
        let other = [Store::Ssm, Store::SecretsManager].into_iter().find(|s| s.as_str() == service);
        return fault(
            format!("the ARN is not one of {}", store.as_str()),
            other.map_or("check the ARN's service".into(), |other| {
                format!("did you mean {}:arn:...?", other.as_str())
            }),
        );
    }
    let word = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    // AWS's own public parameters have no account.
    let account_ok = (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()))
        || (account.is_empty() && store == Store::Ssm);
    if !partition.starts_with("aws") || !word(partition) || region.is_empty() || !word(region) || !account_ok
    {
        return fault(
            "the ARN is malformed",
            format!("it looks like arn:aws:{}:REGION:ACCOUNT:...", store.as_str()),
        );
    }
    let arn = Arn {
        partition: partition.into(),
        service: service.into(),
        region: region.into(),
        account: account.into(),
        resource: resource.into(),
    };
    Ok((arn, parts.collect()))
}
