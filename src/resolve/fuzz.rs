//! Doors for `fuzz/`: what this room makes of answers, without the network.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_secretsmanager::operation::batch_get_secret_value::{
    BatchGetSecretValue, BatchGetSecretValueOutput,
};
use aws_sdk_secretsmanager::operation::get_secret_value::{GetSecretValue, GetSecretValueOutput};
use aws_sdk_ssm::operation::get_parameters::GetParametersOutput;
use aws_sdk_ssm::operation::get_parameters_by_path::GetParametersByPathOutput;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;

use super::answer::{Answer, Fetched};
use super::failure::Failure;
use super::fault::Fault;
use super::json::{self, Unfit};
use super::region::Region;
use super::{api, credentials, keys, secretsmanager, ssm, sts, values};
use crate::declare::{Declaration, Declared, Store};
use crate::error::Refusal;
use crate::resolved::{Record, Resolved};
use crate::secret::SecretValue;

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    Parameters,
    ByPath,
    Secret,
    Secrets,
    /// The KMS keys of parameters.
    Keys,
    /// The KMS key of a secret.
    KeyOfSecret,
    /// Of the container endpoint.
    Credentials,
    /// Of STS.
    Role,
}

/// How many values of this answer are the declaration's; the refusal's message.
pub fn read(asked: Asked, declaration: &Declaration, status: u16, body: &[u8]) -> Result<usize, String> {
    let source = &declaration.reference.source;
    let told = |fault: Fault| {
        let region = Region::new("eu-west-1");
        Failure::of(&fault, source, &region).problem(declaration).to_string()
    };
    if let Asked::Credentials = asked {
        return credentials::parse(body).map(|_| 1).map_err(|fault| fault.to_string());
    }
    if let Asked::Role = asked {
        return sts::read(status, body).map(|_| 1).map_err(|fault| fault.to_string());
    }
    let answer = http::Response::builder().status(status).body(SdkBody::from(body)).expect("it is a status");
    let answer = HttpResponse::try_from(answer).map_err(|error| error.to_string())?;
    if status != 200 {
        return Err(told(api::refused(&answer)));
    }
    match asked {
        Asked::Parameters => {
            let schema = GetParametersOutput::SCHEMA;
            let output = ssm::output(&answer, schema, GetParametersOutput::deserialize).map_err(told)?;
            values_of(output.parameters, |parameter| ssm::answers(parameter, source), ssm::fetched)
        }
        Asked::ByPath => {
            let schema = GetParametersByPathOutput::SCHEMA;
            let output =
                ssm::output(&answer, schema, GetParametersByPathOutput::deserialize).map_err(told)?;
            values_of(output.parameters, |_| true, ssm::fetched)
        }
        Asked::Secret => {
            let output: GetSecretValueOutput =
                secretsmanager::read(&config(&GetSecretValue::new()), &answer).map_err(told)?;
            Ok(usize::from(output.secret_string.is_some() || output.secret_binary.is_some()))
        }
        Asked::Secrets => {
            let output: BatchGetSecretValueOutput =
                secretsmanager::read(&config(&BatchGetSecretValue::new()), &answer).map_err(told)?;
            let (entries, errors) =
                (output.secret_values.unwrap_or_default(), output.errors.unwrap_or_default());
            match secretsmanager::answer(source, &entries, &errors) {
                Ok(_) => Ok(1),
                Err(ended) => {
                    Err(ended.of(source, &Region::new("eu-west-1")).problem(declaration).to_string())
                }
            }
        }
        Asked::Keys | Asked::KeyOfSecret => {
            let store = if let Asked::Keys = asked { Store::Ssm } else { Store::SecretsManager };
            let (name, version) = (Some(source.name().to_string()), source.selector.version.clone());
            let record = Record { name, version, ..Record::default() };
            keys::read(store, source, &record, body).map(|key| usize::from(key.is_some())).map_err(told)
        }
        Asked::Credentials | Asked::Role => unreachable!("told above"),
    }
}

fn values_of<P>(
    found: Option<Vec<P>>,
    is_it: impl Fn(&P) -> bool,
    fetched: impl Fn(P) -> Result<Fetched, Failure>,
) -> Result<usize, String> {
    let found = found.unwrap_or_default().into_iter().filter(is_it);
    let fetched: Result<Vec<_>, _> = found.map(fetched).collect();
    fetched.map(|fetched| fetched.len()).map_err(|failure| format!("{failure:?}"))
}

fn config(operation: &impl RuntimePlugin) -> ConfigBag {
    let mut config = ConfigBag::base();
    config.push_shared_layer(operation.config().expect("every operation has one"));
    config
}

/// The variables that come of these values, one for each declaration; `None` is missing in its store. Below a tree the
/// value is that of `NAME/below`.
pub fn assemble(
    declared: &Declared,
    stored: impl IntoIterator<Item = Option<Vec<u8>>>,
) -> Result<Resolved, Refusal> {
    let mut answers = BTreeMap::new();
    for (declaration, value) in declared.declarations.iter().zip(stored) {
        let source = &declaration.reference.source;
        let answer = value.map(|value| {
            let name = if source.tree { format!("{}/below", source.id) } else { source.id.clone() };
            let fetched = fetched(name, value);
            if source.tree { Answer::Tree(vec![fetched]) } else { Answer::One(fetched) }
        });
        answers.insert(Arc::clone(source), answer.ok_or_else(|| Failure::missing("not found")));
    }
    values::assemble(declared, &answers)
}

fn fetched(name: String, value: Vec<u8>) -> Fetched {
    Fetched {
        name: Some(name),
        arn: None,
        version: None,
        value_type: None,
        created: None,
        last_modified: None,
        stages: Vec::new(),
        kms_key_id: None,
        value: value.into(),
    }
}

/// What a pointer (or, without a slash in front, a key) finds in a JSON value; `None` where there is nothing, or null.
pub fn part(value: &[u8], key: &str) -> Result<Option<SecretValue>, Unfit> {
    let document = json::document(value)?;
    let found =
        if key.starts_with('/') { json::pointer(document, key)? } else { json::member(document, key)? };
    found.map_or(Ok(None), json::text)
}

/// Every top-level key with its value.
pub fn parts(value: &[u8]) -> Result<Vec<(String, Option<SecretValue>)>, Unfit> {
    let members = json::members(json::document(value)?)?;
    members.into_iter().map(|(name, value)| Ok((name, json::text(value)?))).collect()
}
