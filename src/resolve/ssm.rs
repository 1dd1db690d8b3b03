//! SSM Parameter Store.

use std::collections::HashSet;
use std::sync::Arc;

use aws_sdk_ssm::operation::get_parameters::{GetParametersInput, GetParametersOutput};
use aws_sdk_ssm::operation::get_parameters_by_path::{GetParametersByPathInput, GetParametersByPathOutput};
use aws_sdk_ssm::types::{Parameter, ParameterType};
use aws_smithy_json::protocol::aws_json_rpc::AwsJsonRpcProtocol;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_schema::Schema;
use aws_smithy_schema::protocol::ClientProtocolInner;
use aws_smithy_schema::serde::{SerdeError, SerializableStruct, ShapeDeserializer};
use aws_smithy_types::config_bag::{ConfigBag, Layer};
use aws_smithy_types::error::operation::BuildError;

use super::answer::{Answer, Fetched, date};
use super::api::{self, Api};
use super::failure::Failure;
use super::fault::{Fault, of_status};
use super::fetch::{Caller, Outcome};
use super::plan::{Job, What};
use crate::declare::Source;

async fn get_parameters(
    api: &Api,
    input: Result<GetParametersInput, BuildError>,
) -> Result<GetParametersOutput, Fault> {
    let request = request("GetParameters", &api::complete(input)?, GetParametersInput::SCHEMA)?;
    let answer = api.send(request).await?;
    output(&answer, GetParametersOutput::SCHEMA, GetParametersOutput::deserialize)
}

async fn by_path(
    api: &Api,
    input: Result<GetParametersByPathInput, BuildError>,
) -> Result<GetParametersByPathOutput, Fault> {
    let request = request("GetParametersByPath", &api::complete(input)?, GetParametersByPathInput::SCHEMA)?;
    let answer = api.send(request).await?;
    output(&answer, GetParametersByPathOutput::SCHEMA, GetParametersByPathOutput::deserialize)
}

/// What the SDK's own operations do, but for their errors: they know every error of all the store's operations, and
/// bring a description of each (a hundred kilobytes that every start would relocate) for the sake of its code.
fn request(
    operation: &'static str,
    input: &dyn SerializableStruct,
    schema: &Schema<'_>,
) -> Result<HttpRequest, Fault> {
    let mut metadata = Layer::new(operation);
    metadata.store_put(Metadata::new(operation, "SSM"));
    let config = ConfigBag::of_layers(vec![metadata]);
    protocol().serialize_request(input, schema, "/", &config).map_err(|_| api::unsendable())
}

pub(super) fn output<O>(
    answer: &HttpResponse,
    schema: &Schema<'_>,
    read: impl FnOnce(&mut dyn ShapeDeserializer) -> Result<O, SerdeError>,
) -> Result<O, Fault> {
    let config = ConfigBag::base();
    let read =
        protocol().deserialize_response(answer, schema, &config).and_then(|mut answer| read(&mut *answer));
    read.map_err(|_| of_status(answer.status().as_u16()))
}

fn protocol() -> AwsJsonRpcProtocol {
    AwsJsonRpcProtocol::aws_json_1_1().with_target_prefix("AmazonSSM")
}

/// `GetParameters`, decrypted unless the value is not asked for. A batch that is refused for one of its names is split.
pub async fn parameters(api: Api, caller: Caller, batch: &[Arc<Source>]) -> Outcome {
    let request = batch
        .iter()
        .fold(GetParametersInput::builder().with_decryption(decrypts(&api)), |request, source| {
            request.names(asked(source))
        });
    let call = caller.call(|| get_parameters(&api, request.clone().build()));
    let output = match call.await {
        Ok(output) => output,
        Err(fault) if fault.may_be_of_one() && batch.len() > 1 => {
            let halves = batch.chunks(batch.len().div_ceil(2));
            let halves = halves.map(|half| Job::new(&caller.region, What::Parameters(half.to_vec())));
            return Outcome { jobs: halves.collect(), ..Outcome::default() };
        }
        Err(fault) => return Outcome::all(batch, |source| Err(Failure::of(&fault, source, &caller.region))),
    };
    let mut parameters = output.parameters.unwrap_or_default();
    let invalid = output.invalid_parameters.unwrap_or_default();
    let mut outcome = Outcome::default();
    for source in batch {
        let place = parameters.iter().position(|parameter| answers(parameter, source));
        let unknown = || {
            [&asked(source), &source.id, source.name()]
                .into_iter()
                .any(|name| invalid.iter().any(|i| i == name))
        };
        let answer = match place {
            Some(place) => fetched(parameters.swap_remove(place)).map(Answer::One),
            None if unknown() && source.arn.is_some() => {
                outcome.jobs.push(Job::new(&caller.region, What::ByName(Arc::clone(source))));
                continue;
            }
            None if unknown() => Err(Failure::of(&not_found(), source, &caller.region)),
            None => Err(Failure::malformed("it says nothing of this parameter")),
        };
        outcome.answers.push((Arc::clone(source), answer));
    }
    outcome
}

/// Emulators of the store know no ARNs. What it answers to the name counts only if that is the very parameter of
/// the ARN: the function's own account may have another of that name.
pub async fn by_name(api: Api, caller: Caller, source: &Arc<Source>) -> Outcome {
    let name = source.name();
    let bare = name.trim_start_matches('/');
    let selector = selector(source).map(|selector| format!(":{selector}")).unwrap_or_default();
    // An ARN does not tell whether a name without further slashes begins with one.
    let rootless = (!bare.contains('/')).then(|| format!("{bare}{selector}"));
    let request = GetParametersInput::builder().with_decryption(decrypts(&api));
    let request = request.names(format!("{name}{selector}"));
    let request = rootless.into_iter().fold(request, |request, name| request.names(name));
    let call = caller.call(|| get_parameters(&api, request.clone().build()));
    let parameters = call.await.ok().and_then(|output| output.parameters).unwrap_or_default();
    let found = parameters
        .into_iter()
        .find(|parameter| parameter.arn() == Some(&source.id) && answers(parameter, source));
    let answer = match found {
        Some(parameter) => fetched(parameter).map(Answer::One),
        None => Err(Failure::of(&not_found(), source, &caller.region)),
    };
    Outcome::one(source, answer)
}

/// `GetParametersByPath`, recursive, decrypted, all pages.
pub async fn tree(api: Api, caller: Caller, source: &Arc<Source>) -> Outcome {
    let request = GetParametersByPathInput::builder().path(&source.id).recursive(true);
    let request = request.with_decryption(decrypts(&api));
    let mut found = Vec::new();
    let mut tokens = HashSet::new();
    let mut token: Option<String> = None;
    loop {
        let call = caller.call(|| {
            let request = request.clone().set_next_token(token.clone());
            by_path(&api, request.build())
        });
        let output = match call.await {
            Ok(output) => output,
            Err(fault) => return Outcome::one(source, Err(Failure::of(&fault, source, &caller.region))),
        };
        for parameter in output.parameters.unwrap_or_default() {
            if !is_below(parameter.name(), &source.id) {
                let failure = Failure::malformed(format!("a parameter that is not below {}", source.id));
                return Outcome::one(source, Err(failure));
            }
            match fetched(parameter) {
                Ok(fetched) => found.push(fetched),
                Err(failure) => return Outcome::one(source, Err(failure)),
            }
        }
        token = output.next_token.filter(|token| !token.is_empty());
        match &token {
            None => break,
            Some(token) if tokens.insert(token.clone()) => {}
            Some(_) => {
                return Outcome::one(source, Err(Failure::malformed("its pages go round in a circle")));
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Outcome::one(source, Ok(Answer::Tree(found)))
}

/// Undecrypted, a SecureString is answered as ciphertext, to the same permission on the parameter.
fn decrypts(api: &Api) -> bool {
    !api.is_metadata_only()
}

/// Below `/` stands everything, also what is named without one.
pub(super) fn is_below(name: Option<&str>, path: &str) -> bool {
    let below = name.and_then(|name| name.strip_prefix(path.trim_end_matches('/')));
    below.is_some_and(|rest| path == "/" || rest.starts_with('/'))
}

/// `name`, `name:3`, `name:label`
fn asked(source: &Source) -> String {
    match selector(source) {
        Some(selector) => format!("{}:{selector}", source.id),
        None => source.id.clone(),
    }
}

fn selector(source: &Source) -> Option<&str> {
    source.selector.version.as_deref().or(source.selector.label.as_deref())
}

/// A parameter asked for by its ARN may come back under its name alone, with the selector or without.
pub(super) fn answers(parameter: &Parameter, source: &Source) -> bool {
    let named = parameter.name().is_some_and(|name| {
        let name = match selector(source) {
            Some(selector) => name.strip_suffix(selector).and_then(|n| n.strip_suffix(':')).unwrap_or(name),
            None => name,
        };
        name == source.id || name.trim_start_matches('/') == source.name().trim_start_matches('/')
    });
    let of_version = match (&source.selector.version, parameter.version) {
        (Some(version), told) if told != 0 => *version == told.to_string(),
        _ => true,
    };
    let selected = match (parameter.selector().filter(|s| !s.is_empty()), selector(source)) {
        (Some(told), Some(asked)) => told.trim_start_matches(':') == asked,
        _ => true,
    };
    // Of an ARN the name alone says too little: another account may have a parameter of that name.
    let of_account = source.arn.is_none() || parameter.arn().is_none_or(|arn| arn == source.id);
    (parameter.arn() == Some(&source.id) || named) && of_account && of_version && selected
}

pub(super) fn fetched(parameter: Parameter) -> Result<Fetched, Failure> {
    let value = parameter.value.ok_or_else(|| Failure::malformed("a parameter without a value"))?;
    Ok(Fetched {
        name: parameter.name,
        arn: parameter.arn,
        version: (parameter.version != 0).then(|| parameter.version.to_string()),
        value_type: match parameter.r#type {
            Some(ParameterType::String) => Some("String"),
            Some(ParameterType::StringList) => Some("StringList"),
            Some(ParameterType::SecureString) => Some("SecureString"),
            _ => None,
        },
        created: None,
        last_modified: date(parameter.last_modified_date),
        stages: Vec::new(),
        kms_key_id: None,
        value: value.into(),
    })
}

fn not_found() -> Fault {
    Fault::of_code("ParameterNotFound", None, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::tests::source;

    fn parameter(name: &str, version: i64, selector: Option<&str>) -> Parameter {
        Parameter::builder()
            .name(name)
            .version(version)
            .set_selector(selector.map(str::to_string))
            .arn(format!("arn:aws:ssm:eu-west-1:123456789012:parameter/{}", name.trim_start_matches('/')))
            .value("v")
            .build()
    }

    #[test]
    fn an_answer_is_known_by_name_or_arn_and_by_selector_where_it_tells_one() {
        let plain = source("ssm:/a");
        assert!(answers(&parameter("/a", 7, None), &plain));
        assert!(!answers(&parameter("/b", 7, None), &plain));
        let third = source("ssm:/a:3");
        assert!(answers(&parameter("/a", 3, Some(":3")), &third));
        assert!(answers(&parameter("/a", 3, None), &third));
        assert!(!answers(&parameter("/a", 4, None), &third));
        let live = source("ssm:/a:live");
        assert!(answers(&parameter("/a", 4, Some(":live")), &live));
        assert!(!answers(&parameter("/a", 4, Some(":next")), &live));
        let by_arn = source("ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/a");
        assert!(answers(&parameter("/a", 1, None), &by_arn));
        assert!(answers(&parameter("a", 1, None), &by_arn));
        let of_another_account = source("ssm:arn:aws:ssm:eu-west-1:999999999999:parameter/a");
        assert!(!answers(&parameter("/a", 1, None), &of_another_account));
    }

    #[test]
    fn below_a_path_stands_what_its_steps_begin() {
        assert!(is_below(Some("/prod/a"), "/prod") && is_below(Some("/a"), "/") && is_below(Some("a"), "/"));
        assert!(!is_below(Some("/production/a"), "/prod") && !is_below(Some("/prod"), "/prod"));
        assert!(!is_below(Some("/other/a"), "/prod") && !is_below(None, "/prod"));
    }

    #[test]
    fn what_is_asked_carries_the_selector() {
        assert_eq!(asked(&source("ssm:/a")), "/a");
        assert_eq!(asked(&source("ssm:/a:3")), "/a:3");
        assert_eq!(asked(&source("ssm:/a:live")), "/a:live");
    }

    #[test]
    fn a_parameter_without_a_value_is_malformed() {
        let failure = fetched(Parameter::builder().name("/a").build()).unwrap_err();
        assert!(!failure.missing);
    }
}
