//! From variables to settings, every problem collected.

use std::path::PathBuf;
use std::time::Duration;

use super::environment::Environment;
use super::settings::{AwsSettings, Credentials, Delivery, FileFormat, Function, PolicyKey, Settings};
use super::suggest::did_you_mean;
use crate::error::{ErrorType, Problem};
use crate::log::Level;
use crate::secret::SecretValue;

/// Every `VESTRY_*` name that means something.
pub const SETTINGS: [&str; 16] = [
    "VESTRY_DEADLINE_MS",
    "VESTRY_DELIVERY",
    "VESTRY_FILE",
    "VESTRY_FILE_FORMAT",
    "VESTRY_LOG",
    "VESTRY_MANIFEST",
    "VESTRY_PARAMETERS",
    "VESTRY_POLICY",
    "VESTRY_POLICY_KEY",
    "VESTRY_POLICY_MEMORY_MB",
    "VESTRY_POLICY_REQUIRED",
    "VESTRY_POLICY_TIMEOUT_MS",
    "VESTRY_PROFILE",
    "VESTRY_RUN_DIR",
    "VESTRY_SECRETS",
    "VESTRY_SOCKET_READERS",
];

/// `sun_path` holds 107 bytes and a NUL.
const SOCKET_PATH_MAX: usize = 107 - "/socket".len();

pub struct Reader<'a> {
    environment: &'a Environment,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub fn new(environment: &'a Environment, problems: &'a mut Vec<Problem>) -> Self {
        Self { environment, problems }
    }

    fn problem(&mut self, variable: &str, why: impl Into<String>, advice: impl Into<String>) {
        self.problems
            .push(Problem::new(ErrorType::InvalidDeclaration, why).variable(variable).advice(advice));
    }

    /// The text of a variable that is set and not empty; a problem where it is not UTF-8.
    fn text(&mut self, name: &str) -> Option<&'a str> {
        let value = self.environment.get(name)?;
        if value.to_str().is_none() {
            self.problem(name, "the value is not UTF-8", "");
        }
        value.to_str().filter(|text| !text.is_empty())
    }

    fn one_of<T: Copy>(&mut self, name: &str, choices: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let found = choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
        if found.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            let why = format!("the value is not one of {}", words.join(", "));
            self.problem(name, why, did_you_mean(text, words, ""));
        }
        found
    }

    fn flag(&mut self, name: &str) -> Option<bool> {
        self.one_of(name, &[("true", true), ("false", false)])
    }

    fn number(&mut self, name: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let text = self.text(name)?;
        let number = text.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            self.problem(
                name,
                "the value is not a number in its range",
                format!("write a whole number from {} to {}", range.start(), range.end()),
            );
        }
        number
    }

    fn absolute_path(&mut self, name: &str) -> Option<PathBuf> {
        let path = PathBuf::from(self.text(name)?);
        let plain = path.is_absolute() && !path.components().any(|c| c == std::path::Component::ParentDir);
        if !plain {
            self.problem(name, "the path is not absolute, or has a .. in it", "write the whole path");
        }
        plain.then_some(path)
    }

    pub fn settings(&mut self) -> (Settings, Option<Delivery>) {
        self.misspelt();
        let defaults = Settings::default();
        let delivery =
            self.one_of("VESTRY_DELIVERY", &[("socket", Delivery::Socket), ("file", Delivery::File)]);
        let run_dir = self.run_dir().unwrap_or(defaults.run_dir);
        let settings = Settings {
            manifest: self.text("VESTRY_MANIFEST").map(PathBuf::from),
            profile: self.text("VESTRY_PROFILE").map(str::to_string),
            policy: self.text("VESTRY_POLICY").map(PathBuf::from),
            policy_required: self.flag("VESTRY_POLICY_REQUIRED").unwrap_or(false),
            policy_key: self.text("VESTRY_POLICY_KEY").map(|text| PolicyKey::Variable(text.into())),
            policy_timeout: self
                .number("VESTRY_POLICY_TIMEOUT_MS", 1..=60_000)
                .map_or(defaults.policy_timeout, Duration::from_millis),
            policy_memory_mb: self
                .number("VESTRY_POLICY_MEMORY_MB", 16..=1024)
                .unwrap_or(defaults.policy_memory_mb),
            file: self.absolute_path("VESTRY_FILE").unwrap_or_else(|| run_dir.join("env")),
            file_format: self
                .one_of("VESTRY_FILE_FORMAT", &FileFormat::NAMES)
                .unwrap_or(defaults.file_format),
            socket_readers: self
                .number("VESTRY_SOCKET_READERS", 1..=64)
                .map_or(defaults.socket_readers, |readers| readers as usize),
            deadline: self
                .number("VESTRY_DEADLINE_MS", 1..=125_000)
                .map_or(defaults.deadline, Duration::from_millis),
            log: self.one_of("VESTRY_LOG", &Level::NAMES).unwrap_or(defaults.log),
            run_dir,
        };
        (settings, delivery)
    }

    fn run_dir(&mut self) -> Option<PathBuf> {
        let path = self.absolute_path("VESTRY_RUN_DIR")?;
        if path.as_os_str().len() > SOCKET_PATH_MAX {
            self.problem(
                "VESTRY_RUN_DIR",
                "the path is too long for a socket in it",
                format!("at most {SOCKET_PATH_MAX} bytes"),
            );
            return None;
        }
        Some(path)
    }

    fn misspelt(&mut self) {
        let names: Vec<String> = self
            .environment
            .iter()
            .filter_map(|(name, _)| name.to_str())
            .filter(|name| name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("VESTRY_")))
            .map(str::to_string)
            .collect();
        for name in names {
            if !SETTINGS.contains(&name.as_str()) {
                let otherwise = format!("the settings are {}", SETTINGS.join(", "));
                let advice = did_you_mean(&name, SETTINGS, otherwise);
                self.problem(&name, "there is no such setting", advice);
            }
        }
    }

    pub fn function(&mut self) -> Function {
        let owned = |text: Option<&str>| text.map(str::to_string);
        Function {
            name: owned(self.environment.text("AWS_LAMBDA_FUNCTION_NAME")),
            version: owned(self.environment.text("AWS_LAMBDA_FUNCTION_VERSION")),
            region: self.region(),
            memory_mb: self
                .environment
                .text("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
                .and_then(|text| text.parse().ok()),
            initialization_type: owned(self.environment.text("AWS_LAMBDA_INITIALIZATION_TYPE")),
        }
    }

    fn region(&self) -> Option<String> {
        let region =
            self.environment.text("AWS_REGION").or_else(|| self.environment.text("AWS_DEFAULT_REGION"));
        region.map(str::to_string)
    }

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
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
