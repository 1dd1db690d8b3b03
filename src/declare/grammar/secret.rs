//! `name`, `arn:...:secret:NAME` with the suffix of ECS

use super::{Fault, arn, fault, spell};
use crate::declare::reference::{Selector, Source, Store};

/// The source, and the key that an ECS suffix names.
pub fn source(id: &str) -> Result<(Source, Option<String>), Fault> {
    if id.starts_with("arn:") {
        return from_arn(id);
    }
    if id.contains(':') {
        return fault(
            "a secret's name cannot have a :",
            "a version is chosen with ?stage= or ?version=, a key with #: secretsmanager:name?stage=AWSPREVIOUS",
        );
    }
    check_name(id)?;
    Ok((Source::named(Store::SecretsManager, id), None))
}

/// `arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME[:json-key[:version-stage[:version-id]]]`
fn from_arn(text: &str) -> Result<(Source, Option<String>), Fault> {
    let (mut arn, rest) = arn::split(text, Store::SecretsManager)?;
    let ("secret", [name, suffix @ ..]) = (arn.resource.as_str(), rest.as_slice()) else {
        return fault(
            "the ARN names no secret",
            "it looks like arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX",
        );
    };
    check_name(name)?;
    if suffix.len() > 3 {
        return fault("the ARN's suffix has too many parts", "it ends in :json-key:version-stage:version-id");
    }
    if suffix.iter().skip(1).any(|part| part.chars().count() > 256) {
        return fault("the ARN's suffix has too long a stage or version", "each has at most 256 characters");
    }
    let part = |i: usize| suffix.get(i).filter(|part| !part.is_empty()).map(|part| part.to_string());
    let selector = Selector { stage: part(1), version: part(2), label: None };
    let key = part(0);
    arn.resource = format!("secret:{name}");
    let named = Source::named(Store::SecretsManager, arn.to_string());
    Ok((Source { arn: Some(arn), selector, ..named }, key))
}

fn check_name(name: &str) -> Result<(), Fault> {
    if name.is_empty() {
        return fault("the secret's name is missing", "write secretsmanager:name");
    }
    if name.ends_with("/*") {
        return fault("Secrets Manager has no trees", "name each secret, or take every key of one with #*");
    }
    if let Some(bad) = name.chars().find(|c| !(c.is_ascii_alphanumeric() || "/_+=.@-".contains(*c))) {
        return fault(
            format!("a secret's name cannot have {}", spell(bad)),
            match bad {
                ',' | ' ' | '\n' => {
                    "separate the entries of a list with commas, and write one reference a value"
                }
                _ => "letters, digits and /_+=.@- may stand there",
            },
        );
    }
    if name.len() > 519 {
        return fault("the name is longer than Secrets Manager allows", "512 characters");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_as_long_in_the_suffix_as_it_may_be_in_an_option() {
        let of = |stage: usize| {
            let stage = "s".repeat(stage);
            source(&format!(
                "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf:key:{stage}:"
            ))
        };
        assert!(of(256).is_ok());
        assert!(of(257).unwrap_err().why.contains("too long"));
    }
}
