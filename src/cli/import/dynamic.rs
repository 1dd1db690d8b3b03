//! CloudFormation's dynamic references.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>:
//! `{{resolve:ssm:NAME[:VERSION]}}`, `{{resolve:ssm-secure:NAME[:VERSION]}}`, and
//! `{{resolve:secretsmanager:ID[:SecretString[:JSON-KEY[:VERSION-STAGE[:VERSION-ID]]]]}}`, the ID a name or an ARN.

use crate::declare::grammar::{self, Fault};
use crate::declare::suggest::did_you_mean;
use crate::declare::{Reference, Store};

pub(super) const OPEN: &str = "{{resolve:";
const CLOSE: &str = "}}";

/// A piece of a value.
pub(super) enum Piece<'a> {
    Text(&'a str),
    Reference(Reference),
}

/// The value taken apart; none where it has no dynamic reference.
pub(super) fn pieces(value: &str) -> Option<Result<Vec<Piece<'_>>, Fault>> {
    value.contains(OPEN).then(|| taken_apart(value))
}

fn taken_apart(value: &str) -> Result<Vec<Piece<'_>>, Fault> {
    let mut pieces = Vec::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (inside, after) = after
            .split_once(CLOSE)
            .ok_or_else(|| fault("a dynamic reference is not closed", "end it with }}"))?;
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Reference(reference(inside)?));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

/// What stands between `{{resolve:` and `}}`.
fn reference(inside: &str) -> Result<Reference, Fault> {
    let (service, key) = inside.split_once(':').unwrap_or((inside, ""));
    match service {
        "ssm" | "ssm-secure" => plain(Store::Ssm, key),
        "secretsmanager" => secret(key),
        _ => {
            let services = ["ssm", "ssm-secure", "secretsmanager"];
            let advice = did_you_mean(service, services, format!("it is one of {}", services.join(", ")));
            Err(fault("CloudFormation resolves no such service", &advice))
        }
    }
}

fn secret(key: &str) -> Result<Reference, Fault> {
    // The ARN of a secret has seven parts, its name one.
    let parts: Vec<&str> = key.split(':').collect();
    let (id, rest) = parts.split_at(if key.starts_with("arn:") { 7.min(parts.len()) } else { 1 });
    if !matches!(rest.first().copied(), None | Some("" | "SecretString")) {
        return Err(fault(
            "only SecretString can be resolved",
            "write {{resolve:secretsmanager:ID:SecretString:KEY}}",
        ));
    }
    if rest.len() > 4 {
        return Err(fault(
            "the dynamic reference has too many parts",
            "it ends in :SecretString:KEY:STAGE:VERSION",
        ));
    }
    let part = |at: usize| rest.get(at).copied().filter(|part| !part.is_empty());
    let mut text = id.join(":");
    if text.contains(['#', '?']) {
        return plain(Store::SecretsManager, &text);
    }
    match part(1) {
        Some(key) if key.contains('?') => {
            return Err(fault(
                "the key has a ? in it",
                "declare it by hand, with the key spelt out: key = \"…\"",
            ));
        }
        // Behind # both would be another thing.
        Some(key) if key == "*" || key.starts_with('/') => {
            text += &format!("#/{}", key.replace('~', "~0").replace('/', "~1"));
        }
        Some(key) => text += &format!("#{key}"),
        None => {}
    }
    let options = [("stage", part(2)), ("version", part(3))];
    let options = options
        .into_iter()
        .filter_map(|(name, part)| Some(format!("{name}={}", part?.replace('%', "%25").replace('&', "%26"))));
    let options: Vec<String> = options.collect();
    if !options.is_empty() {
        text += &format!("?{}", options.join("&"));
    }
    grammar::reference(Store::SecretsManager, &text)
}

/// A name in which nothing may come to be a key, an option or a tree of ours.
fn plain(store: Store, name: &str) -> Result<Reference, Fault> {
    match name.chars().find(|c| "#?*".contains(*c)) {
        Some(bad) => Err(fault(&format!("the name cannot have '{bad}'"), "check the dynamic reference")),
        None => grammar::reference(store, name),
    }
}

fn fault(why: &str, advice: &str) -> Fault {
    Fault { why: why.into(), advice: advice.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Vec<String> {
        let pieces = pieces(value).unwrap_or_else(|| panic!("{value}: not claimed"));
        let told = |piece: &Piece<'_>| match piece {
            Piece::Text(text) => format!("\"{text}\""),
            Piece::Reference(reference) => reference.to_string(),
        };
        match pieces {
            Ok(pieces) => pieces.iter().map(told).collect(),
            Err(Fault { why, advice }) => vec![format!("{why}; {advice}")],
        }
    }

    #[test]
    fn every_form_of_a_dynamic_reference_is_read() {
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf";
        for (written, as_ours) in [
            ("{{resolve:ssm:/prod/db}}", "ssm:/prod/db"),
            ("{{resolve:ssm:flat:3}}", "ssm:flat:3"),
            ("{{resolve:ssm-secure:/prod/db:10}}", "ssm:/prod/db:10"),
            ("{{resolve:secretsmanager:prod/db}}", "secretsmanager:prod/db"),
            ("{{resolve:secretsmanager:prod/db::::}}", "secretsmanager:prod/db"),
            ("{{resolve:secretsmanager:prod/db:SecretString}}", "secretsmanager:prod/db"),
            ("{{resolve:secretsmanager:prod/db:SecretString:password}}", "secretsmanager:prod/db#password"),
            (
                "{{resolve:secretsmanager:prod/db:SecretString:p:AWSPREVIOUS}}",
                "secretsmanager:prod/db#p?stage=AWSPREVIOUS",
            ),
            ("{{resolve:secretsmanager:prod/db:SecretString:p::v1}}", "secretsmanager:prod/db#p?version=v1"),
            (
                "{{resolve:secretsmanager:prod/db:SecretString:p:a&version=b%41}}",
                "secretsmanager:prod/db#p?stage=a%26version=b%2541",
            ),
            ("{{resolve:secretsmanager:prod/db:SecretString:*}}", "secretsmanager:prod/db#/*"),
            (&format!("{{{{resolve:secretsmanager:{arn}}}}}"), &format!("secretsmanager:{arn}")),
            (
                &format!("{{{{resolve:secretsmanager:{arn}:SecretString:p}}}}"),
                &format!("secretsmanager:{arn}#p"),
            ),
        ] {
            assert_eq!(read(written), [as_ours], "{written}");
        }
        assert_eq!(
            read("pg://{{resolve:ssm:u}}:{{resolve:ssm-secure:p}}@h"),
            ["\"pg://\"", "ssm:u", "\":\"", "ssm:p", "\"@h\""]
        );
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (written, told) in [
            ("{{resolve:smm:/a}}", "did you mean ssm?"),
            ("{{resolve:ssm:/a", "not closed"),
            ("{{resolve:ssm:/a?optional}}", "cannot have '?'"),
            ("{{resolve:secretsmanager:a:SecretBinary}}", "only SecretString"),
            ("{{resolve:secretsmanager:a:SecretString:k:s:v:more}}", "too many parts"),
            ("{{resolve:secretsmanager:a:SecretString:k?x}}", "spelt out"),
            ("{{resolve:ssm}}", "name is missing"),
        ] {
            assert!(read(written)[0].contains(told), "{written}: {:?}", read(written));
        }
        assert!(pieces("{{resolve}} plain").is_none());
    }
}
