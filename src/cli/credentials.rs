//! The full default chain of the SDK (profiles, SSO, processes), for laptops.

use std::error::Error;
use std::sync::Once;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_types::os_shim_internal::{Env, Fs};

use super::complain;
use crate::declare::{self, AwsSettings, Delivery, Environment, Host};
use crate::resolve::http::http_client;

/// Where the stores are to be asked, and as whom.
pub(super) struct Chain {
    pub provider: Option<SharedCredentialsProvider>,
    pub region: Option<String>,
}

impl Chain {
    /// None where no store will be asked: nothing is declared, or what is declared will be refused.
    pub async fn load(environment: &Environment) -> Option<Self> {
        let host = super::environment::host(Host::with_delivery(Delivery::Exec));
        let declared = declare::read(environment, &host).ok()?;
        if declared.declarations.is_empty() {
            return None;
        }
        Self::with(&declared.aws, environment).await
    }

    /// With the certificates and the proxy that the stores are asked with, too.
    pub async fn with(aws: &AwsSettings, environment: &Environment) -> Option<Self> {
        let client = http_client(aws).ok()?;
        let config = aws_config::defaults(BehaviorVersion::latest()).http_client(client).load().await;
        let telling = config.credentials_provider().map(|provider| {
            let profile = environment.text("AWS_PROFILE").map(ToString::to_string);
            SharedCredentialsProvider::new(Telling { provider, profile, told: Once::new() })
        });
        Some(Self { provider: telling, region: region(&config) })
    }

    /// The keys as they are now; why there are none has been told.
    pub async fn keys(&self) -> Option<Credentials> {
        self.provider.as_ref()?.provide_credentials().await.ok()
    }
}

/// Tells why there are no keys: the stores only ever hear that there are none.
#[derive(Debug)]
struct Telling {
    provider: SharedCredentialsProvider,
    profile: Option<String>,
    told: Once,
}

impl Telling {
    async fn credentials(&self) -> provider::Result {
        let result = self.provider.provide_credentials().await;
        if let Err(error) = &result {
            let why = self.undefined().await.unwrap_or_else(|| cause(error));
            self.told.call_once(|| complain(&said(self.profile.as_deref(), &why)));
        }
        result
    }

    /// The chain goes on behind a profile that is none, and then tells of its last member only.
    async fn undefined(&self) -> Option<String> {
        let profile = self.profile.as_deref()?;
        let (files, environment) = (Fs::real(), Env::real());
        let defined = aws_config::profile::load(&files, &environment, &Default::default(), None).await;
        defined.ok()?.get_profile(profile).is_none().then(|| {
            "no such profile is in the config and credentials files (~/.aws, AWS_CONFIG_FILE, \
             AWS_SHARED_CREDENTIALS_FILE)"
                .to_string()
        })
    }
}

impl ProvideCredentials for Telling {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

fn said(profile: Option<&str>, why: &str) -> String {
    let from = profile.map(|profile| format!(" with AWS_PROFILE={profile}")).unwrap_or_default();
    format!("no AWS credentials{from} (with --store none are needed): {why}")
}

/// What follows may be what a program wrote, or a fragment of what was no JSON: a part of a key, perhaps.
const NOT_SHOWN_AFTER: [&str; 2] = ["Stderr", "JSON"];

/// All that went wrong, from the outside in, without saying anything twice. The outermost only says that
/// something did.
fn cause(error: &CredentialsError) -> String {
    let mut text = String::new();
    let mut next = Some(error.source().unwrap_or(error));
    while let Some(error) = next {
        let said = error.to_string();
        if !text.contains(&said) {
            text += if text.is_empty() { "" } else { ": " };
            text += &said;
        }
        next = error.source();
    }
    let end = NOT_SHOWN_AFTER.iter().filter_map(|mark| Some(text.find(mark)? + mark.len())).min();
    text.truncate(end.unwrap_or(text.len()));
    text
}

fn region(config: &SdkConfig) -> Option<String> {
    config.region().map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_whole_but_for_what_might_be_a_key() {
        let message = |text: &'static str| {
            let inner = std::io::Error::other(text);
            said(Some("dev"), &cause(&CredentialsError::invalid_configuration(inner)))
        };
        let begin = "no AWS credentials with AWS_PROFILE=dev (with --store none are needed): ";
        assert_eq!(message("profile `dev` was not defined"), format!("{begin}profile `dev` was not defined"));
        assert_eq!(message("ended with 1. Stderr: c4n4ry"), format!("{begin}ended with 1. Stderr"));
        assert_eq!(message("invalid JSON in response: c4n4ry"), format!("{begin}invalid JSON"));
    }
}
