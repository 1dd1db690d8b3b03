//! Secrets Manager's reads.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::faults::{Failure, Struck};
use super::model::{Content, Secret, SecretVersion, Store};
use super::protocol::{self, ApiError, seconds, validation};

/// The most ids a `BatchGetSecretValue` takes.
const LIMIT: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetSecretValue {
    secret_id: String,
    version_id: Option<String>,
    version_stage: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchGetSecretValue {
    #[serde(default)]
    secret_id_list: Vec<String>,
}

pub(super) fn get_secret_value(store: &Store, input: &GetSecretValue) -> Result<Value, ApiError> {
    let (name, secret) = find(store, &input.secret_id)?;
    let (id, stage) = (input.version_id.as_deref(), input.version_stage.as_deref());
    let stage = if id.is_none() { Some(stage.unwrap_or("AWSCURRENT")) } else { stage };
    let matches = |version: &&SecretVersion| {
        id.is_none_or(|id| version.id == id)
            && stage.is_none_or(|stage| version.stages.iter().any(|s| s == stage))
    };
    let Some(version) = secret.versions.iter().find(matches) else {
        let wanted = match (id, stage) {
            (Some(id), Some(stage)) => {
                return Err(ApiError::new(
                    "InvalidRequestException",
                    format!(
                        "You provided a VersionStage that is not associated to the provided VersionId {id} ({stage})."
                    ),
                ));
            }
            (Some(id), None) => format!("VersionId: {id}"),
            (None, stage) => format!("staging label: {}", stage.unwrap_or_default()),
        };
        return Err(not_found(&format!(
            "Secrets Manager can't find the specified secret value for {wanted}"
        )));
    };
    Ok(entry(store, name, version))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeSecret {
    secret_id: String,
}

/// Of what is scheduled for deletion too.
pub(super) fn describe_secret(store: &Store, input: &DescribeSecret) -> Result<Value, ApiError> {
    let (name, secret) = find_any(store, &input.secret_id)?;
    let of_version = |version: &SecretVersion| (version.id.clone(), json!(version.stages));
    let stages: serde_json::Map<_, _> =
        secret.versions.iter().filter(|version| !version.stages.is_empty()).map(of_version).collect();
    let created = secret.versions.iter().map(|version| version.created);
    let (first, last) = (created.clone().min(), created.max());
    let mut answer = json!({
        "ARN": store.secret_arn(name),
        "Name": name,
        "CreatedDate": first.map(seconds),
        "LastChangedDate": last.map(seconds),
        "VersionIdsToStages": stages,
    });
    if let Some(key) = &secret.kms_key_id {
        answer["KmsKeyId"] = json!(key);
    }
    if secret.deleted {
        answer["DeletedDate"] = seconds(SystemTime::now());
    }
    Ok(answer)
}

pub(super) fn batch_get_secret_value(
    store: &Store,
    input: &BatchGetSecretValue,
    struck: &Struck,
) -> Result<Value, ApiError> {
    let ids = &input.secret_id_list;
    if ids.is_empty() {
        let message = "You must provide either SecretIdList or Filters.";
        return Err(ApiError::new("InvalidParameterException", message));
    }
    if ids.len() > LIMIT {
        return Err(validation(
            "1 validation error detected: Value at 'secretIdList' failed to satisfy constraint: \
             Member must have length less than or equal to 20",
        ));
    }
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for id in ids {
        let failure = struck.of_name(id).find_map(|failure| entry_failure(store, id, failure));
        match failure {
            Some(Entry::Omitted) => {}
            Some(Entry::Failed(error)) => errors.push(error_entry(id, &error)),
            None => {
                let input = GetSecretValue { secret_id: id.clone(), version_id: None, version_stage: None };
                match get_secret_value(store, &input) {
                    Ok(value) => values.push(value),
                    Err(error) => errors.push(error_entry(id, &error)),
                }
            }
        }
    }
    values.reverse();
    Ok(json!({ "SecretValues": values, "Errors": errors }))
}

/// What goes wrong with one id of a batch.
enum Entry {
    Omitted,
    Failed(ApiError),
}

fn entry_failure(store: &Store, id: &str, failure: &Failure) -> Option<Entry> {
    let error = match failure {
        Failure::Omitted => return Some(Entry::Omitted),
        Failure::Denied => denied(store, "GetSecretValue", id),
        Failure::Entry { code } => ApiError::new(code, "An error occurred"),
        failure => kms_error(failure)?,
    };
    Some(Entry::Failed(error))
}

fn error_entry(id: &str, error: &ApiError) -> Value {
    json!({ "SecretId": id, "ErrorCode": error.code, "Message": error.message })
}

/// By name, by ARN, by ARN without the suffix.
fn find_any<'s>(store: &'s Store, id: &str) -> Result<(&'s String, &'s Secret), ApiError> {
    let named =
        |name: &String| name == id || store.secret_arn(name) == id || store.partial_secret_arn(name) == id;
    let found = store.secrets.iter().find(|(name, _)| named(name));
    found.ok_or_else(|| not_found("Secrets Manager can't find the specified secret."))
}

/// The same, unless it is scheduled for deletion.
fn find<'s>(store: &'s Store, id: &str) -> Result<(&'s String, &'s Secret), ApiError> {
    let (name, secret) = find_any(store, id)?;
    if secret.deleted {
        return Err(ApiError::new(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        ));
    }
    Ok((name, secret))
}

fn entry(store: &Store, name: &str, version: &SecretVersion) -> Value {
    let mut entry = json!({
        "ARN": store.secret_arn(name),
        "CreatedDate": seconds(version.created),
        "Name": name,
        "VersionId": version.id,
        "VersionStages": version.stages,
    });
    match &version.content {
        Content::Text(text) => entry["SecretString"] = json!(String::from_utf8_lossy(text.expose())),
        Content::Binary(bytes) => entry["SecretBinary"] = json!(STANDARD.encode(bytes.expose())),
    }
    entry
}

fn not_found(message: &str) -> ApiError {
    ApiError::new("ResourceNotFoundException", message)
}

pub(super) fn denied(store: &Store, action: &str, id: &str) -> ApiError {
    let resource = match find(store, id) {
        Ok((name, _)) => store.secret_arn(name),
        Err(_) => id.to_string(),
    };
    protocol::denied(&format!("secretsmanager:{action}"), &resource)
}

pub(super) fn kms_error(failure: &Failure) -> Option<ApiError> {
    match failure {
        Failure::KmsDenied => Some(ApiError::new("AccessDeniedException", "Access to KMS is not allowed")),
        Failure::KmsFailure => Some(ApiError::new(
            "DecryptionFailure",
            "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
        )),
        _ => None,
    }
}
