//! chamber: what a service holds, as a tree.
//!
//! <https://github.com/segmentio/chamber#exec>: `chamber exec SERVICE... -- CMD` reads all below `/SERVICE/`, one level
//! deep, upper-cases the last segment and makes `-` an underscore, as a tree of Vestry's does.

use super::found::Found;
use crate::declare::grammar::{self, Fault};
use crate::declare::{Reference, Store};

/// The value that its strict mode takes for "to be filled in".
pub(super) const PLACEHOLDER: &str = "chamberme";

/// The services of a `chamber exec` among the words of a command.
pub(super) fn services(words: &[&str]) -> Vec<String> {
    let is_chamber = |word: &str| word.rsplit('/').next() == Some("chamber");
    let Some(at) = words.iter().position(|word| is_chamber(word)) else { return Vec::new() };
    let Some(exec) = words[at..].iter().position(|word| *word == "exec") else { return Vec::new() };
    words[at + exec + 1..]
        .iter()
        .take_while(|word| **word != "--")
        .filter(|word| !word.starts_with('-'))
        .map(|word| word.to_string())
        .collect()
}

/// A service as what expands.
pub(super) fn tree(service: &str, found: &Found) -> Result<Reference, Fault> {
    let refuse = |why: &str, advice: &str| Err(Fault { why: why.into(), advice: advice.into() });
    let is_set = |name: &str| found.value(name).is_some_and(|value| !value.is_empty());
    if service.contains(':') {
        return refuse(
            "a tree has no labels",
            "declare each parameter by itself, with its label: ssm:/path/name:label",
        );
    }
    if let Some(bad) = service.chars().find(|c| "#?*".contains(*c)) {
        return refuse(&format!("its name cannot have '{bad}'"), "name it as chamber exec does");
    }
    let backend = found.value("CHAMBER_SECRET_BACKEND").unwrap_or("ssm").to_ascii_lowercase();
    match backend.as_str() {
        "ssm" if is_set("CHAMBER_NO_PATHS") => refuse(
            "CHAMBER_NO_PATHS: its names are no paths, so no tree holds them",
            "declare each parameter by itself: ssm:service.key",
        ),
        "ssm" => grammar::reference(Store::Ssm, &format!("/{}/*", service.trim_matches('/'))),
        "secretsmanager" => grammar::reference(Store::SecretsManager, &format!("{service}#*")),
        _ => refuse(
            "CHAMBER_SECRET_BACKEND: Vestry reads neither S3 nor the null backend",
            "move the values to Parameter Store: chamber export, chamber import",
        ),
    }
}
