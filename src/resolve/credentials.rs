//! The credentials: the environment's keys, a container endpoint, or somebody else's provider. Obtained once,
//! when the first request is about to be made.

use std::path::PathBuf;
use std::sync::Arc;

use ::http::header::AUTHORIZATION;
use ::http::{HeaderValue, Request};
use aws_credential_types::Credentials as AwsCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use super::door::Door;
use super::fault::{self, Fault, Kind};
use super::file;
use super::http::{Client as Http, Target};
use super::progress::{Progress, Waiting};
use super::retry::{self, Traffic};
use crate::declare::Credentials;
use crate::error::{ErrorType, Problem};
use crate::secret::SecretValue;

const URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

/// Cheap to clone: all share what was obtained.
#[derive(Clone, Debug)]
pub struct Wallet(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    origin: Origin,
    obtained: OnceCell<AwsCredentials>,
}

#[derive(Debug)]
enum Origin {
    Given,
    Container { uri: String, token: Option<SecretValue>, token_file: Option<PathBuf> },
    Provider(SharedCredentialsProvider),
}

impl Wallet {
    pub fn of_settings(credentials: &Credentials) -> Result<Self, Problem> {
        match credentials {
            Credentials::Keys { access_key_id, secret_access_key, session_token } => {
                let given = keys(access_key_id, secret_access_key, session_token.as_ref())?;
                Ok(Self::new(Origin::Given, Some(given)))
            }
            Credentials::Container { uri, token, token_file } => {
                check(uri)?;
                let token = token.as_ref().map(|token| SecretValue::from(token.expose().to_vec()));
                Ok(Self::new(
                    Origin::Container { uri: uri.clone(), token, token_file: token_file.clone() },
                    None,
                ))
            }
            Credentials::Absent => {
                Err(Problem::new(ErrorType::AccessDenied, "there are no credentials to ask the stores with")
                    .variable("AWS_ACCESS_KEY_ID")
                    .advice(
                        "Lambda sets it from the function's role; elsewhere set AWS_ACCESS_KEY_ID and \
                         AWS_SECRET_ACCESS_KEY, or AWS_CONTAINER_CREDENTIALS_FULL_URI",
                    ))
            }
        }
    }

    pub fn of_provider(provider: SharedCredentialsProvider) -> Self {
        Self::new(Origin::Provider(provider), None)
    }

    fn new(origin: Origin, given: Option<AwsCredentials>) -> Self {
        Self(Arc::new(Inner { origin, obtained: OnceCell::new_with(given) }))
    }

    pub fn is_filled(&self) -> bool {
        self.0.obtained.initialized()
    }

    /// Afterwards the clients find the credentials here.
    pub async fn fill(&self, http: &Http, progress: &Progress) -> Result<(), Problem> {
        progress.waits_for(Waiting::Credentials);
        let obtaining = || async {
            match &self.0.origin {
                Origin::Given => unreachable!("it is filled from the beginning"),
                Origin::Container { uri, token, token_file } => {
                    let token = || authorization(token.as_ref(), token_file.as_ref());
                    from_container(uri, token, http, progress).await
                }
                Origin::Provider(provider) => provider.provide_credentials().await.map_err(of_provider),
            }
        };
        self.0.obtained.get_or_try_init(obtaining).await.map(drop)
    }
}

impl ProvideCredentials for Wallet {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let obtained = self.0.obtained.get().cloned();
        future::ProvideCredentials::ready(
            obtained.ok_or_else(|| CredentialsError::not_loaded("they were not obtained")),
        )
    }
}

fn keys(id: &str, secret: &SecretValue, token: Option<&SecretValue>) -> Result<AwsCredentials, Problem> {
    let text = |name: &str, value: &SecretValue| {
        value.expose_str().map(str::to_string).ok_or_else(|| {
            Problem::new(ErrorType::InvalidDeclaration, "it is not text")
                .variable(name)
                .advice("set it as the role or user has it")
        })
    };
    let token = token.map(|token| text("AWS_SESSION_TOKEN", token)).transpose()?;
    Ok(AwsCredentials::new(id, text("AWS_SECRET_ACCESS_KEY", secret)?, token, None, "Environment"))
}

/// Whoever this URI names learns the token and gives credentials: `https://`, this machine, or the addresses
/// that AWS uses.
fn check(uri: &str) -> Result<(), Problem> {
    let target = uri.parse().map_err(|_| "it is no URL".to_string());
    let why = match target.and_then(|uri| Target::of(&uri).map_err(|fault| fault.to_string())) {
        Ok(target) if target.is_instance() => "an EC2 instance's metadata is no container's".to_string(),
        Ok(_) => return Ok(()),
        Err(why) => why,
    };
    Err(Problem::new(ErrorType::InvalidDeclaration, why)
        .variable(URI)
        .advice("it may be https://, loopback, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]"))
}

/// A token in a file is rotated: it is read anew for each attempt.
fn authorization(
    token: Option<&SecretValue>,
    path: Option<&PathBuf>,
) -> Result<Option<HeaderValue>, Problem> {
    let (name, token) = match (token, path) {
        (_, Some(path)) => {
            let name = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
            let token = file::read(path).map_err(|e| {
                Problem::new(ErrorType::InvalidDeclaration, format!("{} cannot be read: {e}", path.display()))
                    .variable(name)
                    .advice("name the file that holds the token")
            })?;
            (name, Zeroizing::new(token))
        }
        (Some(token), None) => ("AWS_CONTAINER_AUTHORIZATION_TOKEN", Zeroizing::new(token.expose().to_vec())),
        (None, None) => return Ok(None),
    };
    let mut header = HeaderValue::from_bytes(token.trim_ascii()).map_err(|_| {
        Problem::new(ErrorType::InvalidDeclaration, "it holds bytes that no header can carry").variable(name)
    })?;
    header.set_sensitive(true);
    Ok(Some(header))
}

async fn from_container(
    uri: &str,
    token: impl Fn() -> Result<Option<HeaderValue>, Problem>,
    http: &Http,
    progress: &Progress,
) -> Result<AwsCredentials, Problem> {
    token()?;
    let traffic = Traffic::behind(&Door::opened());
    let answer = retry::call(&traffic, progress, 0, || {
        let mut request = Request::get(uri).body(Bytes::new()).expect("the URI was checked");
        if let Ok(Some(token)) = token() {
            request.headers_mut().insert(AUTHORIZATION, token);
        }
        async {
            let answer = http.send(request).await.map_err(|fault| Fault::from(&fault))?;
            match answer.status().as_u16() {
                200 => parse(answer.body()),
                status => Err(fault::of_status(status)),
            }
        }
    });
    answer.await.map_err(|fault| {
        let (error_type, advice) = match fault.kind {
            Kind::Denied => (ErrorType::AccessDenied, "check AWS_CONTAINER_AUTHORIZATION_TOKEN"),
            _ => (ErrorType::Unavailable, "check that it is the endpoint of the function's own credentials"),
        };
        Problem::new(error_type, format!("no credentials from the container endpoint: {fault}"))
            .variable(URI)
            .advice(advice)
    })
}

/// Its parts move into the credentials, which wipe them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Container {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
}

pub(super) fn parse(body: &[u8]) -> Result<AwsCredentials, Fault> {
    let container: Container = serde_json::from_slice(body)
        .map_err(|_| Fault::new(Kind::Malformed, "malformed answer: no credentials in it"))?;
    let Container { access_key_id, secret_access_key, token } = container;
    Ok(AwsCredentials::new(access_key_id, secret_access_key, token, None, "Container"))
}

fn of_provider(error: CredentialsError) -> Problem {
    let why = match &error {
        CredentialsError::CredentialsNotLoaded(_) => "no credentials were found".to_string(),
        other => other.to_string(),
    };
    Problem::new(ErrorType::AccessDenied, why)
        .advice("sign in (aws sso login), name a profile in AWS_PROFILE, or set AWS_ACCESS_KEY_ID")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_container_endpoint_may_be_https_this_machine_or_the_addresses_of_aws() {
        for fine in [
            "http://127.0.0.1:9001/2020-01-01/credentials",
            "http://localhost/creds",
            "http://169.254.170.2/v2/x",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
            "https://example.com/creds",
        ] {
            assert!(check(fine).is_ok(), "{fine}");
        }
        for not in [
            "http://169.254.169.254/x",
            "http://example.com",
            "http://192.168.0.1/x",
            "/relative",
            "ftp://127.0.0.1",
        ] {
            assert_eq!(check(not).unwrap_err().variable.as_deref(), Some(URI), "{not}");
        }
    }

    #[test]
    fn an_answer_that_holds_no_credentials_is_malformed_and_not_quoted() {
        assert!(
            parse(br#"{"AccessKeyId":"A","SecretAccessKey":"hunter2","Token":"t","Expiration":"x"}"#).is_ok()
        );
        assert!(parse(br#"{"AccessKeyId":"A","SecretAccessKey":"hunter2"}"#).is_ok());
        let fault = parse(br#"{"AccessKeyId":"hunter2"}"#).unwrap_err();
        assert!(fault.kind == Kind::Malformed && !fault.to_string().contains("hunter2"));
    }

    #[test]
    fn nothing_of_a_wallet_is_printed() {
        let wallet = Wallet::of_settings(&Credentials::Keys {
            access_key_id: "AKID".into(),
            secret_access_key: "hunter2".to_string().into(),
            session_token: Some("hunter3".to_string().into()),
        });
        assert!(!format!("{:?}", wallet.unwrap()).contains("hunter"));
    }
}
