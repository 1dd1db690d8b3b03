//! The full default chain of the SDK (profiles, SSO, processes), for laptops.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};

use crate::declare::{self, Delivery, Environment, Host};
use crate::resolve::http::http_client;

/// Where the stores are to be asked, and as whom.
pub(super) struct Chain {
    pub provider: Option<SharedCredentialsProvider>,
    pub region: Option<String>,
}

impl Chain {
    /// None where no store will be asked: nothing is declared, or what is declared will be refused.
    pub async fn load(environment: &Environment) -> Option<Self> {
        let declared = declare::read(environment, &Host::with_delivery(Delivery::Exec)).ok()?;
        if declared.declarations.is_empty() {
            return None;
        }
        // With the certificates and the proxy that the stores are asked with, too.
        let client = http_client(&declared.aws).ok()?;
        let config = aws_config::defaults(BehaviorVersion::latest()).http_client(client).load().await;
        Some(Self { provider: config.credentials_provider(), region: region(&config) })
    }

    /// The keys as they are now, or why there are none.
    pub async fn keys(&self) -> Result<Credentials, String> {
        let provider = self.provider.as_ref().ok_or("no provider is configured")?;
        provider.provide_credentials().await.map_err(|error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default())
        })
    }
}

fn region(config: &SdkConfig) -> Option<String> {
    config.region().map(ToString::to_string)
}
