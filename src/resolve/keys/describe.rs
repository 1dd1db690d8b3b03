//! `DescribeParameters`, which tells the key of what a parameter holds now, and `DescribeSecret`, which tells the key that a
//! secret's versions are put under. Both are too rare to bring the SDK's words for them.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::answer::{Answer, Fetched};
use super::super::api::Api;
use super::super::failure::Failure;
use super::super::fault::{Fault, Kind};
use super::super::fetch::{Caller, Outcome};
use super::super::ssm::is_below;
use crate::declare::Source;
use crate::resolved::Record;
use crate::secret::SecretValue;

/// Values of one filter, and parameters on a page.
const MOST_NAMES: usize = 50;

/// What `KmsKeyId` is left out for: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html>
const MANAGED_BY_AWS: &str = "alias/aws/secretsmanager";

/// The name that a parameter is asked about by: filters take neither selectors nor ARNs.
pub fn name<'a>(record: &'a Record, source: &'a Source) -> &'a str {
    let told = record.name.as_deref().filter(|name| !name.starts_with("arn:"));
    without_selector(told.unwrap_or(source.name()))
}

pub fn without_selector(name: &str) -> &str {
    name.split(':').next().unwrap_or(name)
}

/// Of a parameter that another account shares nothing is said.
pub async fn parameters(api: Api, caller: Caller, sources: &[Arc<Source>], names: &[String]) -> Outcome {
    let mut told = Vec::new();
    for names in names.chunks(MOST_NAMES) {
        if let Err(fault) = pages(&api, &caller, names, &mut told).await {
            // It knows no resources.
            return failed(&fault, "ssm:DescribeParameters", "*", sources, &caller);
        }
    }
    Outcome::all(sources, |source| Ok(Answer::Tree(of_source(&told, source))))
}

async fn pages(api: &Api, caller: &Caller, names: &[String], told: &mut Vec<Value>) -> Result<(), Fault> {
    let filters = json!([{"Key": "Name", "Option": "Equals", "Values": names}]);
    let mut body = json!({"ParameterFilters": filters, "MaxResults": MOST_NAMES});
    let mut tokens = HashSet::new();
    loop {
        let mut page = ask(api, caller, "AmazonSSM.DescribeParameters", &body).await?;
        told.append(parameters_of(&mut page)?);
        let Some(token) = text(&page, "NextToken").filter(|token| !token.is_empty()) else { return Ok(()) };
        if !tokens.insert(token.clone()) {
            return Err(malformed("its pages go round in a circle"));
        }
        body["NextToken"] = token.into();
    }
}

pub async fn secret(api: Api, caller: Caller, sources: &[Arc<Source>], id: &str) -> Outcome {
    let told = ask(&api, &caller, "secretsmanager.DescribeSecret", &json!({ "SecretId": id })).await;
    match told.and_then(|told| is_of(&told, id).map(|()| told)) {
        Ok(told) => Outcome::all(sources, |_| Ok(Answer::One(of_secret(&told)))),
        Err(fault) => failed(&fault, "secretsmanager:DescribeSecret", id, sources, &caller),
    }
}

async fn ask(api: &Api, caller: &Caller, target: &'static str, body: &Value) -> Result<Value, Fault> {
    let answer = caller.call(|| api.ask(target, body)).await?;
    if answer.is_object() { Ok(answer) } else { Err(malformed("it is no object")) }
}

fn failed(fault: &Fault, action: &str, on: &str, sources: &[Arc<Source>], caller: &Caller) -> Outcome {
    Outcome::all(sources, |source| Err(Failure::of_action(fault, action, on, source, &caller.region)))
}

fn malformed(why: &str) -> Fault {
    Fault::new(Kind::Malformed, format!("malformed answer: {why}"))
}

pub fn parameters_of(page: &mut Value) -> Result<&mut Vec<Value>, Fault> {
    let found = page.get_mut("Parameters").and_then(Value::as_array_mut);
    let found = found.ok_or_else(|| malformed("it has no list of parameters"))?;
    for told in found.iter() {
        is_text(told, "KeyId")?;
        if told.get("Version").is_some_and(|version| !version.is_null() && !version.is_u64()) {
            return Err(malformed("its Version is no number"));
        }
    }
    Ok(found)
}

/// What it does not say would be taken for the key that AWS manages, so it has to be about this very secret.
pub fn is_of(told: &Value, asked: &str) -> Result<(), Fault> {
    is_text(told, "KmsKeyId")?;
    let named = |id: &str| id.split_once(":secret:").map_or(id, |(_, name)| name).to_string();
    // ARNs have a random suffix, which names lack and may be asked for without.
    let is = |id: &str, asked: &str| {
        id.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let is_it = match (text(told, "ARN"), text(told, "Name")) {
        (Some(arn), _) if asked.starts_with("arn:") => is(&arn, asked),
        (_, Some(name)) => is(&named(asked), &name),
        (Some(arn), None) => is(&named(&arn), asked),
        (None, None) => false,
    };
    if is_it { Ok(()) } else { Err(malformed("it is not about this secret")) }
}

fn is_text(told: &Value, field: &str) -> Result<(), Fault> {
    match told.get(field) {
        None | Some(Value::Null | Value::String(_)) => Ok(()),
        Some(_) => Err(malformed(&format!("its {field} is no text"))),
    }
}

/// What is said of the parameters that are asked for by this.
pub fn of_source(told: &[Value], source: &Source) -> Vec<Fetched> {
    let asked = source.name().trim_start_matches('/');
    let meant = |name: &str| match source.tree {
        true => is_below(Some(name), &source.id),
        false => name.trim_start_matches('/') == asked,
    };
    let meant = told.iter().filter(|told| told["Name"].as_str().is_some_and(meant));
    meant.map(|told| described(told, text(told, "KeyId"))).collect()
}

pub fn of_secret(told: &Value) -> Fetched {
    described(told, Some(text(told, "KmsKeyId").unwrap_or_else(|| MANAGED_BY_AWS.into())))
}

/// Without a value, which neither call has.
fn described(told: &Value, kms_key_id: Option<String>) -> Fetched {
    Fetched {
        name: text(told, "Name"),
        arn: text(told, "ARN"),
        version: told["Version"].as_u64().map(|version| version.to_string()),
        value_type: None,
        created: None,
        last_modified: None,
        stages: Vec::new(),
        kms_key_id,
        value: SecretValue::from(Vec::new()),
    }
}

fn text(of: &Value, name: &str) -> Option<String> {
    of[name].as_str().map(str::to_string)
}
