//! What Secrets Manager says of a secret without its value: `DescribeSecret`.

use std::sync::Arc;

use aws_sdk_secretsmanager::operation::describe_secret::{
    DescribeSecret, DescribeSecretInput, DescribeSecretOutput,
};

use super::answer::{Answer, Fetched, date};
use super::api::{self, Api};
use super::failure::Failure;
use super::fault::{Fault, Kind};
use super::fetch::{Caller, Outcome};
use super::secretsmanager::call;
use crate::declare::Source;
use crate::secret::SecretValue;

const CURRENT: &str = "AWSCURRENT";

/// Describes each; and those that only the value itself can tell of, where there are any: a permission of its own is
/// needed to describe, which INIT does not ask for, and a version without a stage is not described.
pub async fn all(api: &Api, caller: &Caller, sources: &[Arc<Source>]) -> (Outcome, Option<Vec<Arc<Source>>>) {
    let mut outcome = Outcome::default();
    let mut left = Vec::new();
    for (i, source) in sources.iter().enumerate() {
        let request = DescribeSecretInput::builder().secret_id(&source.id);
        let described = caller.call(|| {
            let input = api::complete(request.clone().build());
            async { call(api, DescribeSecret::new(), input?).await }
        });
        let answer = match described.await {
            Ok(output) => answer(source, &output),
            Err(fault) if fault.kind == Kind::Denied => {
                // Whoever may not describe one will hardly describe the next.
                left.extend_from_slice(&sources[i..]);
                break;
            }
            Err(fault) => Some(Err(fault)),
        };
        match answer {
            Some(Ok(fetched)) => outcome.answers.push((Arc::clone(source), Ok(Answer::One(fetched)))),
            Some(Err(fault)) if matches!(fault.kind, Kind::NotFound | Kind::ScheduledForDeletion) => {
                let failure = Failure::of(&fault, source, &caller.region);
                outcome.answers.push((Arc::clone(source), Err(failure)));
            }
            _ => left.push(Arc::clone(source)),
        }
    }
    (outcome, (!left.is_empty()).then_some(left))
}

/// None where it does not tell of the version that is asked for.
fn answer(source: &Source, output: &DescribeSecretOutput) -> Option<Result<Fetched, Fault>> {
    if output.deleted_date().is_some() {
        return Some(Err(Fault::new(Kind::ScheduledForDeletion, "InvalidRequestException")));
    }
    let (version, stages) = version(source, output)?;
    Some(Ok(Fetched {
        name: output.name.clone(),
        arn: output.arn.clone(),
        version: Some(version.clone()),
        value_type: None,
        created: date(output.created_date),
        last_modified: date(output.last_changed_date.or(output.created_date)),
        stages: stages.clone(),
        kms_key_id: None,
        value: SecretValue::from(Vec::new()),
    }))
}

fn version<'a>(source: &Source, output: &'a DescribeSecretOutput) -> Option<(&'a String, &'a Vec<String>)> {
    let selector = &source.selector;
    let stage = match (&selector.stage, &selector.version) {
        (None, None) => Some(CURRENT),
        (stage, _) => stage.as_deref(),
    };
    output.version_ids_to_stages()?.iter().find(|(id, stages)| {
        stage.is_none_or(|stage| stages.iter().any(|there| there == stage))
            && selector.version.as_ref().is_none_or(|version| version == *id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::tests::source;

    fn output() -> DescribeSecretOutput {
        DescribeSecretOutput::builder()
            .name("prod/db")
            .version_ids_to_stages("v2", vec![CURRENT.into()])
            .version_ids_to_stages("v1", vec!["AWSPREVIOUS".into()])
            .build()
    }

    fn version_of(reference: &str) -> Option<String> {
        answer(&source(reference), &output()).map(|answer| answer.unwrap().version.unwrap())
    }

    #[test]
    fn the_version_is_the_one_that_is_asked_for() {
        assert_eq!(version_of("secretsmanager:prod/db").as_deref(), Some("v2"));
        assert_eq!(version_of("secretsmanager:prod/db?stage=AWSPREVIOUS").as_deref(), Some("v1"));
        assert_eq!(version_of("secretsmanager:prod/db?version=v1").as_deref(), Some("v1"));
        for only_the_value_tells in ["?version=v0", "?stage=AWSPENDING", "?version=v1&stage=AWSCURRENT"] {
            assert_eq!(version_of(&format!("secretsmanager:prod/db{only_the_value_tells}")), None);
        }
    }
}
