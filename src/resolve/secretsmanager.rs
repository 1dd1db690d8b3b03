//! Secrets Manager.

use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::Arc;

use aws_sdk_secretsmanager::operation::batch_get_secret_value::{
    BatchGetSecretValue, BatchGetSecretValueInput, BatchGetSecretValueOutput,
};
use aws_sdk_secretsmanager::operation::get_secret_value::{
    GetSecretValue, GetSecretValueInput, GetSecretValueOutput,
};
use aws_sdk_secretsmanager::types::{ApiErrorType, SecretValueEntry};
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::{
    DeserializeResponse, SerializeRequest, SharedRequestSerializer, SharedResponseDeserializer,
};
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::operation::BuildError;
use aws_smithy_types::{Blob, DateTime};

use super::answer::{Answer, Fetched, date};
use super::api::{self, Api};
use super::failure::Failure;
use super::fault::{Fault, Kind, of_status};
use super::fetch::{Caller, Outcome};
use super::plan::{Job, What};
use super::region::Region;
use crate::declare::Source;

/// The one warning when the batch permission is lacking.
const ONE_BY_ONE: &str = "secretsmanager:BatchGetSecretValue is denied, so secrets were fetched one by one; allow \
                          secretsmanager:BatchGetSecretValue on * to fetch them in one call";

async fn get(
    api: &Api,
    input: Result<GetSecretValueInput, BuildError>,
) -> Result<GetSecretValueOutput, Fault> {
    call(api, GetSecretValue::new(), api::complete(input)?).await
}

async fn batch_get(
    api: &Api,
    input: Result<BatchGetSecretValueInput, BuildError>,
) -> Result<BatchGetSecretValueOutput, Fault> {
    call(api, BatchGetSecretValue::new(), api::complete(input)?).await
}

/// The request as the SDK's operation writes it, and the answer as it reads it.
pub(super) async fn call<I, O>(api: &Api, operation: impl RuntimePlugin, input: I) -> Result<O, Fault>
where
    I: Debug + Send + Sync + 'static,
    O: Debug + Send + Sync + 'static,
{
    let mut config = ConfigBag::base();
    config.push_shared_layer(operation.config().expect("every operation has one"));
    let writing = config.load::<SharedRequestSerializer>().cloned().expect("every operation can be written");
    let request = writing.serialize_input(Input::erase(input), &mut config).map_err(|_| api::unsendable())?;
    let answer = api.send(request).await?;
    read(&config, &answer)
}

pub(super) fn read<O: Debug + Send + Sync + 'static>(
    config: &ConfigBag,
    answer: &HttpResponse,
) -> Result<O, Fault> {
    let reading = config.load::<SharedResponseDeserializer>().expect("every answer can be read");
    let output = reading.deserialize_nonstreaming_with_config(answer, config);
    let output = output.ok().and_then(|output| output.downcast().ok());
    output.ok_or_else(|| of_status(answer.status().as_u16()))
}

/// `BatchGetSecretValue`, all pages. What is refused as a whole is asked for one by one.
pub async fn secrets(api: Api, caller: Caller, batch: &[Arc<Source>]) -> Outcome {
    #[cfg(feature = "tool")]
    if api.is_metadata_only() {
        let (described, left) = super::describe::all(&api, &caller, batch).await;
        let Some(left) = left else { return described };
        let fetched = Box::pin(values(api, caller, &left)).await;
        return described.with(fetched);
    }
    values(api, caller, batch).await
}

async fn values(api: Api, caller: Caller, batch: &[Arc<Source>]) -> Outcome {
    let (entries, errors) = match pages(&api, &caller, batch).await {
        Ok(answer) => answer,
        Err(Ended::Fault(fault)) if fault.may_be_of_one() => return one_by_one(&caller, batch, &fault),
        Err(ended) => return Outcome::all(batch, |source| Err(ended.failure(source, &caller))),
    };
    let mut outcome = Outcome::default();
    // One secret may be throttled or broken for the moment while the others are fine.
    let mut again: Option<(Vec<Arc<Source>>, Fault)> = None;
    for source in batch {
        match answer(source, &entries, &errors) {
            Err(Ended::Fault(fault)) if fault.is_passing() => {
                again.get_or_insert_with(|| (Vec::new(), fault)).0.push(Arc::clone(source));
            }
            answer => {
                let answer = answer.map_err(|ended| ended.failure(source, &caller));
                outcome.answers.push((Arc::clone(source), answer));
            }
        }
    }
    let again = again.map(|(left, fault)| {
        Job::again(&caller.region, What::Secrets(left), caller.attempts_before + 1, fault)
    });
    outcome.jobs.extend(again);
    outcome
}

fn one_by_one(caller: &Caller, batch: &[Arc<Source>], fault: &Fault) -> Outcome {
    let jobs = batch.iter().map(|source| Job::new(&caller.region, What::Secret(Arc::clone(source))));
    let warnings = (fault.kind == Kind::Denied).then(|| ONE_BY_ONE.to_string());
    Outcome { jobs: jobs.collect(), warnings: warnings.into_iter().collect(), ..Outcome::default() }
}

/// `GetSecretValue`
pub async fn secret(api: Api, caller: Caller, source: &Arc<Source>) -> Outcome {
    #[cfg(feature = "tool")]
    if api.is_metadata_only() {
        let (described, left) = super::describe::all(&api, &caller, std::slice::from_ref(source)).await;
        if left.is_none() {
            return described;
        }
    }
    let request = GetSecretValueInput::builder()
        .secret_id(&source.id)
        .set_version_id(source.selector.version.clone())
        .set_version_stage(source.selector.stage.clone());
    let call = caller.call(|| get(&api, request.clone().build()));
    let result = match call.await {
        Ok(output) if !means(source, output.name(), output.arn()) => {
            Err(Failure::malformed("it is of another secret"))
        }
        Ok(output) => fetched(Parts {
            arn: output.arn.as_deref(),
            name: output.name.as_deref(),
            version_id: output.version_id.as_deref(),
            string: output.secret_string.as_deref(),
            binary: output.secret_binary.as_ref(),
            stages: output.version_stages.as_deref(),
            created: output.created_date,
        }),
        Err(fault) => Err(Failure::of(&fault, source, &caller.region)),
    };
    Outcome::one(source, result.map(Answer::One))
}

pub(super) enum Ended {
    Fault(Fault),
    Failure(Failure),
}

impl Ended {
    fn failure(&self, source: &Source, caller: &Caller) -> Failure {
        self.of(source, &caller.region)
    }

    pub fn of(&self, source: &Source, region: &Region) -> Failure {
        match self {
            Self::Fault(fault) => Failure::of(fault, source, region),
            Self::Failure(failure) => failure.clone(),
        }
    }
}

type Pages = (Vec<SecretValueEntry>, Vec<ApiErrorType>);

async fn pages(api: &Api, caller: &Caller, sources: &[Arc<Source>]) -> Result<Pages, Ended> {
    let request = sources
        .iter()
        .fold(BatchGetSecretValueInput::builder(), |request, source| request.secret_id_list(&source.id));
    let (mut entries, mut errors) = (Vec::new(), Vec::new());
    let mut tokens = HashSet::new();
    let mut token: Option<String> = None;
    loop {
        let output = caller
            .call(|| {
                let request = request.clone().set_next_token(token.clone());
                batch_get(api, request.build())
            })
            .await
            .map_err(Ended::Fault)?;
        entries.extend(output.secret_values.unwrap_or_default());
        errors.extend(output.errors.unwrap_or_default());
        token = output.next_token.filter(|token| !token.is_empty());
        match &token {
            None => return Ok((entries, errors)),
            Some(token) if tokens.insert(token.clone()) => {}
            Some(_) => return Err(Ended::Failure(Failure::malformed("its pages go round in a circle"))),
        }
    }
}

pub(super) fn answer(
    source: &Source,
    entries: &[SecretValueEntry],
    errors: &[ApiErrorType],
) -> Result<Answer, Ended> {
    let entry = entries.iter().find(|entry| means(source, entry.name(), entry.arn()));
    if let Some(entry) = entry {
        let fetched = fetched(Parts {
            arn: entry.arn(),
            name: entry.name(),
            version_id: entry.version_id(),
            string: entry.secret_string(),
            binary: entry.secret_binary(),
            stages: entry.version_stages.as_deref(),
            created: entry.created_date,
        });
        return fetched.map(Answer::One).map_err(Ended::Failure);
    }
    let error = errors.iter().find(|error| means(source, error.secret_id(), error.secret_id()));
    match error.map(|error| (error.error_code(), error.message())) {
        Some((Some(code), message)) => Err(Ended::Fault(Fault::of_code(code, message, None))),
        _ => Err(Ended::Failure(Failure::malformed("it says nothing of this secret"))),
    }
}

/// A secret asked for by its ARN may have been asked for without the six characters at its end.
fn means(source: &Source, name: Option<&str>, arn: Option<&str>) -> bool {
    let of_partial = |arn: &str| {
        let suffix = arn.strip_prefix(&source.id).and_then(|rest| rest.strip_prefix('-'));
        source.arn.is_some() && suffix.is_some_and(|suffix| suffix.len() == 6 && !suffix.contains('-'))
    };
    name == Some(&source.id) || arn.is_some_and(|arn| arn == source.id || of_partial(arn))
}

/// What the outputs of both calls have in common.
struct Parts<'a> {
    arn: Option<&'a str>,
    name: Option<&'a str>,
    version_id: Option<&'a str>,
    string: Option<&'a str>,
    binary: Option<&'a Blob>,
    stages: Option<&'a [String]>,
    created: Option<DateTime>,
}

fn fetched(parts: Parts<'_>) -> Result<Fetched, Failure> {
    let (value, value_type) = match (parts.string, parts.binary) {
        (Some(text), _) => (text.as_bytes(), "SecretString"),
        (None, Some(blob)) => (blob.as_ref(), "SecretBinary"),
        (None, None) => return Err(Failure::malformed("a secret without a value")),
    };
    let created = date(parts.created);
    Ok(Fetched {
        name: parts.name.map(str::to_string),
        arn: parts.arn.map(str::to_string),
        version: parts.version_id.map(str::to_string),
        value_type: Some(value_type),
        last_modified: created.clone(),
        created,
        stages: parts.stages.unwrap_or_default().to_vec(),
        kms_key_id: None,
        value: value.to_vec().into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::tests::source;

    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf";

    #[test]
    fn an_answer_is_known_by_name_or_by_arn_with_or_without_its_suffix() {
        assert!(means(&source("secretsmanager:prod/db"), Some("prod/db"), Some(ARN)));
        assert!(!means(&source("secretsmanager:prod"), Some("prod/db"), Some(ARN)));
        assert!(means(&source(&format!("secretsmanager:{ARN}")), Some("prod/db"), Some(ARN)));
        let partial = ARN.trim_end_matches("-AbCdEf");
        assert!(means(&source(&format!("secretsmanager:{partial}")), Some("prod/db"), Some(ARN)));
        let shorter = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/d";
        assert!(!means(&source(&format!("secretsmanager:{shorter}")), Some("prod/db"), Some(ARN)));
    }

    #[test]
    fn an_entry_an_error_and_silence_are_three_things() {
        let entries = [SecretValueEntry::builder().name("a").secret_string("v").build()];
        let errors = [ApiErrorType::builder().secret_id("b").error_code("ResourceNotFoundException").build()];
        assert!(answer(&source("secretsmanager:a"), &entries, &errors).is_ok());
        let Err(Ended::Fault(fault)) = answer(&source("secretsmanager:b"), &entries, &errors) else {
            panic!()
        };
        assert_eq!(fault.kind, Kind::NotFound);
        assert!(matches!(answer(&source("secretsmanager:c"), &entries, &errors), Err(Ended::Failure(_))));
    }

    #[test]
    fn a_secret_without_a_value_is_malformed() {
        let empty = [SecretValueEntry::builder().name("a").build()];
        assert!(matches!(answer(&source("secretsmanager:a"), &empty, &[]), Err(Ended::Failure(_))));
    }
}
