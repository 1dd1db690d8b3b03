//! What the stores hold.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::declare::partition::partition;
use crate::secret::SecretValue;

/// One account in one region.
#[derive(Debug)]
pub struct Store {
    pub region: String,
    /// Twelve digits.
    pub account: String,
    pub parameters: BTreeMap<String, Parameter>,
    pub secrets: BTreeMap<String, Secret>,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            region: "eu-west-1".into(),
            account: "123456789012".into(),
            parameters: BTreeMap::new(),
            secrets: BTreeMap::new(),
        }
    }
}

impl Store {
    /// Adds a parameter with one version; `type_` is `String`, `StringList` or `SecureString`.
    pub fn parameter(mut self, name: &str, type_: ParameterType, value: impl Into<String>) -> Self {
        let version = ParameterVersion::new(1, SecretValue::from(value.into()));
        self.parameters.insert(name.into(), Parameter { type_, versions: vec![version], kms_key_id: None });
        self
    }

    /// Adds a `SecureString` with one version.
    pub fn secure(self, name: &str, value: impl Into<String>) -> Self {
        self.parameter(name, ParameterType::SecureString, value)
    }

    /// Adds a secret with one version, text.
    pub fn secret(self, name: &str, value: impl Into<String>) -> Self {
        self.content(name, Content::Text(SecretValue::from(value.into())))
    }

    /// Adds a secret with one version, bytes.
    pub fn binary(self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.content(name, Content::Binary(SecretValue::from(value.into())))
    }

    fn content(mut self, name: &str, content: Content) -> Self {
        let version = SecretVersion::new(name, 1, content, &["AWSCURRENT"]);
        self.secrets.insert(name.into(), Secret::of(vec![version]));
        self
    }

    pub fn parameter_arn(&self, name: &str) -> String {
        let slash = if name.starts_with('/') { "" } else { "/" };
        format!("arn:{}:ssm:{}:{}:parameter{slash}{name}", partition(&self.region), self.region, self.account)
    }

    pub fn secret_arn(&self, name: &str) -> String {
        format!("{}-{}", self.partial_secret_arn(name), suffix(name))
    }

    /// Without the random suffix, which Secrets Manager understands too.
    pub fn partial_secret_arn(&self, name: &str) -> String {
        format!(
            "arn:{}:secretsmanager:{}:{}:secret:{name}",
            partition(&self.region),
            self.region,
            self.account
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType {
    String,
    StringList,
    SecureString,
}

impl ParameterType {
    pub const NAMES: [(&'static str, Self); 3] =
        [("String", Self::String), ("StringList", Self::StringList), ("SecureString", Self::SecureString)];

    pub fn as_str(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

#[derive(Debug)]
pub struct Parameter {
    pub type_: ParameterType,
    /// Never empty; the highest number is the current one.
    pub versions: Vec<ParameterVersion>,
    /// Of a SecureString; none is the key that AWS manages.
    pub kms_key_id: Option<String>,
}

impl Parameter {
    /// As the store tells it; none of what is plain text.
    pub fn key(&self) -> Option<&str> {
        let encrypted = self.type_ == ParameterType::SecureString;
        encrypted.then(|| self.kms_key_id.as_deref().unwrap_or("alias/aws/ssm"))
    }

    pub fn current(&self) -> &ParameterVersion {
        self.versions.iter().max_by_key(|v| v.number).expect("a parameter has a version")
    }

    /// By number or by label, as after the colon.
    pub fn select(&self, selector: &str) -> Option<&ParameterVersion> {
        match selector.parse::<u64>() {
            Ok(number) => self.versions.iter().find(|v| v.number == number),
            Err(_) => self.versions.iter().find(|v| v.labels.iter().any(|label| label == selector)),
        }
    }
}

#[derive(Debug)]
pub struct ParameterVersion {
    pub number: u64,
    pub value: SecretValue,
    pub labels: Vec<String>,
    pub modified: SystemTime,
}

impl ParameterVersion {
    pub fn new(number: u64, value: SecretValue) -> Self {
        Self { number, value, labels: Vec::new(), modified: SystemTime::now() }
    }
}

#[derive(Debug)]
pub struct Secret {
    /// Never empty.
    pub versions: Vec<SecretVersion>,
    /// Scheduled for deletion.
    pub deleted: bool,
    /// None is the key that AWS manages, which the store does not name.
    pub kms_key_id: Option<String>,
}

impl Secret {
    pub fn of(versions: Vec<SecretVersion>) -> Self {
        Self { versions, deleted: false, kms_key_id: None }
    }
}

#[derive(Debug)]
pub struct SecretVersion {
    pub id: String,
    pub content: Content,
    pub stages: Vec<String>,
    pub created: SystemTime,
}

impl SecretVersion {
    /// The id is made of the name and the number, so that a file gives the same ids every time.
    pub fn new(name: &str, number: u64, content: Content, stages: &[&str]) -> Self {
        Self {
            id: version_id(name, number),
            content,
            stages: stages.iter().map(|&stage| stage.into()).collect(),
            created: SystemTime::now(),
        }
    }
}

#[derive(Debug)]
pub enum Content {
    Text(SecretValue),
    Binary(SecretValue),
}

/// The six characters that Secrets Manager hangs on an ARN; here the same for one name every time.
fn suffix(name: &str) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut rest = hash(name, 0);
    let mut characters = String::with_capacity(6);
    for _ in 0..6 {
        characters.push(char::from(ALPHABET[(rest % 62) as usize]));
        rest /= 62;
    }
    characters
}

/// Shaped like the UUID that Secrets Manager gives.
fn version_id(name: &str, number: u64) -> String {
    crate::local::uuid(hash(name, number), hash(name, number + (1 << 32)))
}

/// FNV-1a with a final mix, for characters that look random and stay.
fn hash(text: &str, salt: u64) -> u64 {
    let bytes = text.bytes().chain(salt.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
