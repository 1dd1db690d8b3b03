//! The AWS names that the SDKs honour, as settings.

use std::path::PathBuf;

use super::read_settings::Reader;
use super::settings::{AwsSettings, Credentials};
use crate::error::Problem;
use crate::secret::SecretValue;

impl<'a> Reader<'a> {
    pub fn aws(&mut self) -> AwsSettings {
        let region = self.region();
        // It becomes part of a host name.
        let plain = |region: &String| region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if region.as_ref().is_some_and(|region| !plain(region)) {
            self.problem("AWS_REGION", "this is no region", "it looks like eu-west-1");
        }
        AwsSettings {
            region,
            endpoint_ssm: self.endpoint("AWS_ENDPOINT_URL_SSM"),
            endpoint_secretsmanager: self.endpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
            endpoint_sts: self.endpoint("AWS_ENDPOINT_URL_STS"),
            ca_bundle: self.text("AWS_CA_BUNDLE").map(PathBuf::from),
            use_fips: self.aws_flag("AWS_USE_FIPS_ENDPOINT"),
            use_dualstack: self.aws_flag("AWS_USE_DUALSTACK_ENDPOINT"),
            https_proxy: self.proxy(),
            no_proxy: self.either("NO_PROXY", "no_proxy").map_or_else(Vec::new, |(_, hosts)| {
                hosts.split(',').map(str::trim).filter(|host| !host.is_empty()).map(str::to_string).collect()
            }),
            credentials: self.credentials(),
        }
    }

    /// The SDKs take any case here.
    fn aws_flag(&mut self, name: &str) -> bool {
        match self.text(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.problem(name, "the value is neither true nor false", "write true or false");
                false
            }
        }
    }

    fn either<'n>(&mut self, upper: &'n str, lower: &'n str) -> Option<(&'n str, &'a str)> {
        let found = self.text(upper).map(|text| (upper, text));
        found.or_else(|| self.text(lower).map(|text| (lower, text)))
    }

    fn endpoint(&mut self, own: &'static str) -> Option<String> {
        let (name, url) = self.either(own, "AWS_ENDPOINT_URL")?;
        if let Err(why) = check_endpoint(url) {
            // Several services may have it from the one variable: say it once.
            let said = |p: &Problem| p.variable.as_deref() == Some(name) && p.why == why;
            if !self.problems.iter().any(said) {
                self.problem(
                    name,
                    why,
                    "write https://HOST, or http://127.0.0.1:PORT for a store on this machine",
                );
            }
            return None;
        }
        Some(url.trim_end_matches('/').to_string())
    }

    fn proxy(&mut self) -> Option<String> {
        let (name, url) = self.either("HTTPS_PROXY", "https_proxy")?;
        // A proxy's URL may carry a password, so it is never quoted.
        let sound = url
            .parse::<http::Uri>()
            .is_ok_and(|uri| uri.host().is_some() && uri.scheme_str().is_none_or(|scheme| scheme == "http"));
        if !sound {
            self.problem(name, "this is no proxy that Vestry can use", "write http://HOST:PORT");
            return None;
        }
        Some(url.to_string())
    }

    fn credentials(&mut self) -> Credentials {
        let id = self.text("AWS_ACCESS_KEY_ID");
        let secret = self.text("AWS_SECRET_ACCESS_KEY");
        if let (Some(id), Some(secret)) = (id, secret) {
            return Credentials::Keys {
                access_key_id: id.to_string(),
                secret_access_key: SecretValue::from(secret.to_string()),
                session_token: self.secret("AWS_SESSION_TOKEN"),
            };
        }
        let Some(uri) = self.text("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return Credentials::Absent };
        Credentials::Container {
            uri: uri.to_string(),
            token: self.secret("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
            token_file: self.text("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").map(PathBuf::from),
        }
    }

    fn secret(&mut self, name: &str) -> Option<SecretValue> {
        self.text(name).map(|text| SecretValue::from(text.to_string()))
    }
}

/// `https://` anywhere, `http://` on this machine only.
fn check_endpoint(url: &str) -> Result<(), &'static str> {
    let uri: http::Uri = url.parse().map_err(|_| "this is no URL")?;
    let host = uri.host().ok_or("the URL has no host")?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("the URL has a user in it");
    }
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_loopback(host) => Ok(()),
        Some("http") => Err("secrets do not travel without TLS: http:// is for this machine only"),
        _ => Err("the URL is neither https:// nor http://"),
    }
}

/// Whether a host, by its name or address, is this machine.
fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
