//! The full default chain of the SDK (profiles, SSO, processes), for laptops.

use aws_config::{BehaviorVersion, ConfigLoader};
use aws_credential_types::provider::ProvideCredentials;

use super::Usage;
use crate::declare::Environment;

/// Keys, as Lambda hands them to a function.
pub(super) struct Keys {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
}

/// What the chain finds: nothing is an error only when a store has to be asked, and that is the extension's to say.
pub(super) struct Found {
    pub keys: Option<Keys>,
    pub region: Option<String>,
    /// Why there are no keys.
    pub problem: Option<String>,
}

pub(super) async fn find(environment: &Environment) -> Result<Found, Usage> {
    let config = loader(environment)?.load().await;
    let region = config.region().map(ToString::to_string);
    let Some(provider) = config.credentials_provider() else {
        return Ok(Found { keys: None, region, problem: None });
    };
    Ok(match provider.provide_credentials().await {
        Ok(credentials) => {
            let keys = Keys {
                access_key_id: credentials.access_key_id().into(),
                secret_access_key: credentials.secret_access_key().into(),
                session_token: credentials.session_token().map(str::to_string),
            };
            Found { keys: Some(keys), region, problem: None }
        }
        Err(error) => Found { keys: None, region, problem: Some(error.to_string()) },
    })
}

/// The chain, with the HTTP client that the stores are asked with, too.
fn loader(_environment: &Environment) -> Result<ConfigLoader, Usage> {
    Ok(aws_config::defaults(BehaviorVersion::latest()))
}
