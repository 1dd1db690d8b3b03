//! Parameter Store: `DescribeParameters`, which tells the key of what a parameter holds now.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::json;

use super::super::api::Api;
use super::super::fault::{Fault, Kind};
use super::super::fetch::Caller;
use crate::declare::Source;
use crate::resolved::Record;

/// Values of one filter, and parameters on a page.
pub(super) const MOST_NAMES: usize = 50;

/// What the store says of one parameter.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Told {
    name: Option<String>,
    #[serde(rename = "ARN")]
    arn: Option<String>,
    version: Option<u64>,
    key_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    parameters: Vec<Told>,
    next_token: Option<String>,
}

/// The name that a parameter is asked about by: no selector and no ARN, which filters do not take.
pub(super) fn asked(record: &Record, source: &Source) -> String {
    let told = record.name.as_deref().filter(|name| !name.starts_with("arn:"));
    without_selector(told.unwrap_or(source.name())).into()
}

fn without_selector(name: &str) -> &str {
    name.split(':').next().unwrap_or(name)
}

/// All pages. Of a parameter that another account shares nothing is said.
pub(super) async fn ask(api: &Api, caller: &Caller, names: &[String]) -> Result<Vec<Told>, Fault> {
    let filters = json!([{"Key": "Name", "Option": "Equals", "Values": names}]);
    let mut body = json!({"ParameterFilters": filters, "MaxResults": MOST_NAMES});
    let (mut told, mut tokens) = (Vec::new(), HashSet::new());
    loop {
        let page: Page = caller.call(|| api.ask("AmazonSSM.DescribeParameters", &body)).await?;
        told.extend(page.parameters);
        let Some(token) = page.next_token.filter(|token| !token.is_empty()) else { return Ok(told) };
        if !tokens.insert(token.clone()) {
            return Err(Fault::new(Kind::Malformed, "malformed answer: its pages go round in a circle"));
        }
        body["NextToken"] = token.into();
    }
}

/// None where nothing is said of this very parameter, or of the version that was fetched: an older one may be under another
/// key.
pub(super) fn key_of(record: &Record, told: &[Told]) -> Option<String> {
    let name = record.name.as_deref().map(without_selector);
    let is_it = |told: &&Told| match (&told.arn, &record.arn) {
        (Some(told), Some(asked)) => told == asked,
        _ => told.name.as_deref() == name,
    };
    let told = told.iter().find(is_it)?;
    let is_current = match (&record.version, told.version) {
        (Some(fetched), Some(current)) => *fetched == current.to_string(),
        _ => true,
    };
    told.key_id.clone().filter(|_| is_current)
}
