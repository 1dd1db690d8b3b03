//! Parameter Store's reads.

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::faults::{Failure, Struck};
use super::model::{Parameter, ParameterType, ParameterVersion, Store};
use super::pages;
use super::protocol::{ApiError, seconds, validation};

/// The most names a `GetParameters` takes, and the most parameters on a page.
const LIMIT: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetParameter {
    name: String,
    #[serde(default)]
    with_decryption: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetParameters {
    names: Vec<String>,
    #[serde(default)]
    with_decryption: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetParametersByPath {
    path: String,
    #[serde(default)]
    recursive: bool,
    #[serde(default)]
    with_decryption: bool,
    max_results: Option<usize>,
    next_token: Option<String>,
}

pub(super) fn get_parameter(store: &Store, input: GetParameter) -> Result<Value, ApiError> {
    let asked = Asked::parse(store, &input.name);
    let Some((name, parameter)) = asked.find(store) else {
        return Err(ApiError::new("ParameterNotFound", ""));
    };
    let Some(version) = asked.version(parameter) else {
        let message = format!(
            "Systems Manager could not find version {} of {name}. Verify the version and try again.",
            asked.selector.unwrap_or_default()
        );
        return Err(ApiError::new("ParameterVersionNotFound", message));
    };
    Ok(json!({ "Parameter": entry(store, name, parameter, version, asked.selector, input.with_decryption) }))
}

pub(super) fn get_parameters(
    store: &Store,
    input: GetParameters,
    struck: &Struck,
) -> Result<Value, ApiError> {
    if input.names.is_empty() || input.names.len() > LIMIT {
        let side =
            if input.names.is_empty() { "greater than or equal to 1" } else { "less than or equal to 10" };
        return Err(validation(format!(
            "1 validation error detected: Value at 'names' failed to satisfy constraint: \
             Member must have length {side}"
        )));
    }
    let (mut found, mut invalid) = (Vec::new(), Vec::new());
    for id in &input.names {
        if struck.of_name(id).any(|failure| *failure == Failure::Omitted) {
            continue;
        }
        let asked = Asked::parse(store, id);
        match asked.find(store).and_then(|(name, p)| Some((name, p, asked.version(p)?))) {
            Some((name, parameter, version)) => {
                found.push(entry(store, name, parameter, version, asked.selector, input.with_decryption));
            }
            None => invalid.push(id),
        }
    }
    // The real one does not answer in the order asked either.
    found.reverse();
    Ok(json!({ "Parameters": found, "InvalidParameters": invalid }))
}

pub(super) fn get_parameters_by_path(
    store: &Store,
    input: GetParametersByPath,
    struck: &Struck,
) -> Result<Value, ApiError> {
    if !input.path.starts_with('/') {
        return Err(validation("The parameter path must begin with a forward slash."));
    }
    let limit = input.max_results.unwrap_or(LIMIT);
    if !(1..=LIMIT).contains(&limit) {
        return Err(validation(
            "1 validation error detected: Value at 'maxResults' failed to satisfy constraint: \
             Member must have value between 1 and 10",
        ));
    }
    let prefix = format!("{}/", input.path.trim_end_matches('/'));
    let below = store.parameters.iter().filter(|(name, _)| {
        name.strip_prefix(&prefix).is_some_and(|rest| input.recursive || !rest.contains('/'))
    });
    let found = below.map(|(name, p)| entry(store, name, p, p.current(), None, input.with_decryption));
    pages::page(found, limit, input.next_token.as_deref(), struck)
}

/// A name or an ARN, and what comes after its colon.
struct Asked<'a> {
    name: String,
    selector: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn parse(store: &Store, id: &'a str) -> Self {
        let Some(resource) = id.strip_prefix(&format!("{}/", store.parameter_arn("").trim_end_matches('/')))
        else {
            let (name, selector) = split(id);
            // An ARN of another account or region is nobody's here.
            return Self { name: if id.starts_with("arn:") { id.into() } else { name.into() }, selector };
        };
        let (name, selector) = split(resource);
        let rooted = format!("/{name}");
        let name = if store.parameters.contains_key(&rooted) { rooted } else { name.into() };
        Self { name, selector }
    }

    fn find<'s>(&self, store: &'s Store) -> Option<(&'s String, &'s Parameter)> {
        store.parameters.get_key_value(&self.name)
    }

    fn version<'s>(&self, parameter: &'s Parameter) -> Option<&'s ParameterVersion> {
        match self.selector {
            None => Some(parameter.current()),
            Some(selector) => parameter.select(selector),
        }
    }
}

fn split(id: &str) -> (&str, Option<&str>) {
    match id.split_once(':') {
        Some((name, selector)) => (name, Some(selector)),
        None => (id, None),
    }
}

fn entry(
    store: &Store,
    name: &str,
    parameter: &Parameter,
    version: &ParameterVersion,
    selector: Option<&str>,
    decrypt: bool,
) -> Value {
    let value = if parameter.type_ == ParameterType::SecureString && !decrypt {
        ciphertext(name, version.number)
    } else {
        String::from_utf8_lossy(version.value.expose()).into_owned()
    };
    let mut entry = json!({
        "ARN": store.parameter_arn(name),
        "DataType": "text",
        "LastModifiedDate": seconds(version.modified),
        "Name": name,
        "Type": parameter.type_.as_str(),
        "Value": value,
        "Version": version.number,
    });
    if let Some(selector) = selector {
        entry["Selector"] = json!(format!(":{selector}"));
    }
    entry
}

/// Stands for the ciphertext; there is nothing in it.
fn ciphertext(name: impl Display, version: u64) -> String {
    STANDARD.encode(format!("encrypted {name} {version}"))
}

/// The ARN that IAM would name for what was asked.
pub(super) fn resource(store: &Store, id: &str) -> String {
    if id.starts_with("arn:") { id.into() } else { store.parameter_arn(split(id).0) }
}

pub(super) fn kms_error(failure: &Failure) -> Option<ApiError> {
    match failure {
        Failure::KmsDenied => Some(ApiError::new(
            "AccessDeniedException",
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, \
             or you are not allowed to access.",
        )),
        Failure::KmsFailure => Some(ApiError::new("InvalidKeyId", "The key is disabled or does not exist.")),
        _ => None,
    }
}
