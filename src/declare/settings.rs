//! The settings: Vestry's own, and the AWS names that the SDKs honour.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::compat::Tool;
use crate::log::Level;
use crate::secret::SecretValue;

/// The `VESTRY_*` variables, understood.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A file with declarations; a relative path begins where the function's package is.
    pub manifest: Option<PathBuf>,
    /// Which profile of it.
    pub profile: Option<String>,
    /// A further policy directory, besides `/opt/policy`.
    pub policy: Option<PathBuf>,
    pub policy_required: bool,
    /// The key in force: then every policy has to be signed with it.
    pub policy_key: Option<PolicyKey>,
    /// For loading and both decisions together.
    pub policy_timeout: Duration,
    /// What reading, parsing and evaluating may take besides the program itself.
    pub policy_memory_mb: u64,
    pub file: PathBuf,
    pub file_format: FileFormat,
    pub run_dir: PathBuf,
    /// How many processes take the values from the socket before it is gone.
    pub socket_readers: usize,
    /// For the whole of INIT.
    pub deadline: Duration,
    pub log: Level,
    /// Whose references are read besides Vestry's own.
    pub compat: Vec<Tool>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            manifest: None,
            profile: None,
            policy: None,
            policy_required: false,
            policy_key: None,
            policy_timeout: Duration::from_millis(2000),
            policy_memory_mb: 64,
            file: PathBuf::from("/tmp/vestry/env"),
            file_format: FileFormat::Dotenv,
            run_dir: PathBuf::from("/tmp/vestry"),
            socket_readers: 1,
            deadline: Duration::from_millis(8000),
            log: Level::Info,
            compat: Vec::new(),
        }
    }
}

/// Where the public key is that policies have to be signed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PolicyKey {
    /// `/opt/vestry/policy.pub`
    Layer(PathBuf),
    /// `VESTRY_POLICY_KEY`: a PEM block, or the path of a file with one.
    Variable(String),
    /// There is none, and what is signed is looked at all the same. No setting says so: only commands that start
    /// nothing under a policy do.
    #[cfg(feature = "tool")]
    Unchecked,
}

/// Where it is, not what it is.
impl std::fmt::Display for PolicyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Layer(path) => write!(f, "{}", path.display()),
            Self::Variable(_) => f.write_str("VESTRY_POLICY_KEY"),
            #[cfg(feature = "tool")]
            Self::Unchecked => f.write_str("none"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    Dotenv,
    Shell,
    Json,
}

impl FileFormat {
    pub const NAMES: [(&'static str, Self); 3] =
        [("dotenv", Self::Dotenv), ("shell", Self::Shell), ("json", Self::Json)];
}

/// How the values reach the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// `vestry-exec` takes them from a socket and becomes the runtime.
    Socket,
    /// A file that the function, or something in front of it, reads.
    File,
    /// This process becomes the command (`vestry exec`).
    Exec,
    /// Nothing is declared, but a policy speaks: `vestry-exec` waits for its word, an empty message on the socket.
    Verdict,
    /// Nothing is declared, so nothing is delivered.
    None,
}

impl Delivery {
    /// `input.delivery` of the policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::File => "file",
            Self::Exec => "exec",
            Self::Verdict | Self::None => "none",
        }
    }
}

/// What is asked of AWS, and how.
#[derive(Debug, Default)]
pub struct AwsSettings {
    pub region: Option<String>,
    /// `AWS_ENDPOINT_URL_SSM`, else `AWS_ENDPOINT_URL`; `http://` for loopback only.
    pub endpoint_ssm: Option<String>,
    pub endpoint_secretsmanager: Option<String>,
    pub endpoint_sts: Option<String>,
    /// PEM file with the only certificate authorities to trust.
    pub ca_bundle: Option<PathBuf>,
    pub use_fips: bool,
    pub use_dualstack: bool,
    /// `HTTPS_PROXY`, for `https://` endpoints.
    pub https_proxy: Option<String>,
    /// `NO_PROXY` split at its commas: hosts, `.suffix`es, `*`.
    pub no_proxy: Vec<String>,
    pub credentials: Credentials,
}

/// Where the credentials come from.
#[derive(Debug, Default)]
pub enum Credentials {
    /// `AWS_ACCESS_KEY_ID` and its fellows.
    Keys { access_key_id: String, secret_access_key: SecretValue, session_token: Option<SecretValue> },
    /// `AWS_CONTAINER_CREDENTIALS_FULL_URI`, as under SnapStart.
    Container { uri: String, token: Option<SecretValue>, token_file: Option<PathBuf> },
    /// Neither is set; an error only when something has to be asked.
    #[default]
    Absent,
}

/// What the environment says of the function: `input.function` of the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    pub name: Option<String>,
    pub version: Option<String>,
    pub region: Option<String>,
    pub memory_mb: Option<u64>,
    pub initialization_type: Option<String>,
}
