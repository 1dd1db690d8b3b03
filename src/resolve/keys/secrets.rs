//! Secrets Manager: `DescribeSecret`, which tells the key that a secret's versions are put under.

use serde::Deserialize;
use serde_json::json;

use super::super::api::Api;
use super::super::fault::Fault;
use super::super::fetch::Caller;

/// What `KmsKeyId` is left out for: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html>
const MANAGED_BY_AWS: &str = "alias/aws/secretsmanager";

/// What the store says of a secret.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Told {
    kms_key_id: Option<String>,
}

impl Told {
    pub fn key(&self) -> String {
        self.kms_key_id.clone().unwrap_or_else(|| MANAGED_BY_AWS.into())
    }
}

pub(super) async fn ask(api: &Api, caller: &Caller, id: &str) -> Result<Told, Fault> {
    let body = json!({ "SecretId": id });
    caller.call(|| api.ask("secretsmanager.DescribeSecret", &body)).await
}
