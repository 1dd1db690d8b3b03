//! Parameter Store's `DescribeParameters`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::faults::{Failure, Struck};
use super::model::{Parameter, Store};
use super::pages;
use super::protocol::{ApiError, seconds, validation};

/// The most parameters on a page, and the most values of a filter.
const LIMIT: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeParameters {
    #[serde(default)]
    parameter_filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: String,
    option: Option<String>,
    #[serde(default)]
    values: Vec<String>,
}

/// By name alone, which is how Vestry asks.
pub(super) fn describe_parameters(
    store: &Store,
    input: DescribeParameters,
    struck: &Struck,
) -> Result<Value, ApiError> {
    let limit = input.max_results.unwrap_or(LIMIT);
    if !(1..=LIMIT).contains(&limit) {
        return Err(validation(
            "1 validation error detected: Value at 'maxResults' failed to satisfy constraint: \
             Member must have value between 1 and 50",
        ));
    }
    for filter in &input.parameter_filters {
        filter.check()?;
    }
    let taken = |name: &String| {
        let omitted = struck.of_name(name).any(|failure| *failure == Failure::Omitted);
        !omitted && input.parameter_filters.iter().all(|filter| filter.values.contains(name))
    };
    let found = store.parameters.iter().filter(|(name, _)| taken(name));
    let described = found.map(|(name, parameter)| described(store, name, parameter));
    pages::page(described, limit, input.next_token.as_deref(), struck)
}

impl Filter {
    fn check(&self) -> Result<(), ApiError> {
        let (key, option) = (self.key.as_str(), self.option.as_deref().unwrap_or("Equals"));
        if key != "Name" {
            let message =
                format!("The following filter key is not valid: {key}. Valid filter keys include: [Name].");
            return Err(ApiError::new("InvalidFilterKey", message));
        }
        if option != "Equals" {
            let message = format!(
                "The following filter option is not valid: {option}. Valid options include: [Equals]."
            );
            return Err(ApiError::new("InvalidFilterOption", message));
        }
        if self.values.is_empty() {
            let message = "The following filter values are missing : null for filter key Name.";
            return Err(ApiError::new("InvalidFilterValue", message));
        }
        if self.values.len() > LIMIT {
            return Err(validation(
                "1 validation error detected: Value at 'parameterFilters.1.member.values' failed to satisfy \
                 constraint: Member must have length less than or equal to 50",
            ));
        }
        Ok(())
    }
}

fn described(store: &Store, name: &str, parameter: &Parameter) -> Value {
    let current = parameter.current();
    let mut described = json!({
        "ARN": store.parameter_arn(name),
        "DataType": "text",
        "LastModifiedDate": seconds(current.modified),
        "LastModifiedUser": format!("arn:aws:iam::{}:root", store.account),
        "Name": name,
        "Policies": [],
        "Tier": "Standard",
        "Type": parameter.type_.as_str(),
        "Version": current.number,
    });
    if let Some(key) = parameter.key() {
        described["KeyId"] = json!(key);
    }
    described
}
