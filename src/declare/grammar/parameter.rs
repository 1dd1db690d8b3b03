//! `/path/name[:version|:label]`, `/path/*`, `arn:...:parameter/path/name[:version|:label]`

use super::{Fault, arn, fault, spell};
use crate::declare::reference::{Selector, Source, Store};

/// What stands between the scheme and `#` or `?`.
pub fn source(id: &str) -> Result<Source, Fault> {
    if id.starts_with("arn:") {
        return from_arn(id);
    }
    let (name, selector) = match id.split_once(':') {
        Some((name, text)) => (name, selector(text)?),
        None => (id, Selector::default()),
    };
    let (path, tree) = match name.strip_suffix("/*") {
        Some("") => ("/", true),
        Some(path) => (path, true),
        None => (name, false),
    };
    if name != "/*" {
        check_name(path)?;
    }
    if tree && !path.starts_with('/') {
        return fault("a tree is named by its whole path", "begin it with a /: ssm:/path/*");
    }
    Ok(Source { selector, tree, ..Source::named(Store::Ssm, path) })
}

fn from_arn(text: &str) -> Result<Source, Fault> {
    let (arn, rest) = arn::split(text, Store::Ssm)?;
    let Some(path) = arn.resource.strip_prefix("parameter/") else {
        return fault(
            "the ARN names no parameter",
            "it looks like arn:aws:ssm:REGION:ACCOUNT:parameter/NAME",
        );
    };
    if path.ends_with('*') {
        return fault("a tree cannot be named by an ARN", "write its path: ssm:/path/*");
    }
    check_name(&format!("/{path}"))?;
    let selector = match rest.as_slice() {
        [] => Selector::default(),
        [text] => selector(text)?,
        _ => return fault("the ARN has more than one selector", "write one version or label after the name"),
    };
    let named = Source::named(Store::Ssm, arn.to_string());
    Ok(Source { arn: Some(arn), selector, ..named })
}

pub fn selector(text: &str) -> Result<Selector, Fault> {
    if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
        return match text.parse::<u64>() {
            Ok(version) if version > 0 => {
                Ok(Selector { version: Some(version.to_string()), ..Default::default() })
            }
            _ => fault("what stands after the : is no version of a parameter", "versions count from 1"),
        };
    }
    let reserved = |prefix: &str| text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let legal = (1..=100).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && !reserved("aws")
        && !reserved("ssm");
    if legal {
        return Ok(Selector { label: Some(text.into()), ..Default::default() });
    }
    fault("what stands after the : is neither a version nor a label", "write :3, or :label, or drop the :")
}

fn check_name(name: &str) -> Result<(), Fault> {
    if name.is_empty() {
        return fault("the parameter's name is missing", "write ssm:/path/name");
    }
    if let Some(bad) = name.chars().find(|c| !(c.is_ascii_alphanumeric() || "_.-/".contains(*c))) {
        return fault(
            format!("a parameter's name cannot have {}", spell(bad)),
            match bad {
                '*' => "a tree ends in /*: ssm:/path/*".into(),
                ',' | ' ' | '\n' => {
                    "separate the entries of a list with commas, and write one reference a value".into()
                }
                _ => "letters, digits and _.-/ may stand there".to_string(),
            },
        );
    }
    if name.contains("//") || (name.len() > 1 && name.ends_with('/')) || name == "/" {
        return fault(
            "an empty step in the parameter's path",
            "write one / between two steps and none at the end: ssm:/path/name",
        );
    }
    if name.contains('/') && !name.starts_with('/') {
        return fault("a path of parameters begins with /", "put a / in front: ssm:/path/name");
    }
    if name.len() > 1011 || name.matches('/').count() > 15 {
        return fault(
            "the name is longer or deeper than Parameter Store allows",
            "1,011 characters and 15 levels",
        );
    }
    Ok(())
}
