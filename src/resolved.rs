//! What the stores answered: the values for the function, and the metadata for the policy.

use std::time::Duration;

use crate::secret::SecretValue;

/// One variable as the function is to have it.
#[derive(Debug)]
pub struct Variable {
    pub name: String,
    pub value: SecretValue,
}

/// One value that is to have a file of its own, byte for byte.
#[derive(Debug)]
pub struct ValueFile {
    /// The variable that holds its path, and the file's name.
    pub name: String,
    pub value: SecretValue,
    /// 0600 or less.
    pub mode: u32,
}

/// What the policy may know of one variable (or of one reference that was optional and missing): never the value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its place in `Declared::declarations`.
    pub declaration: usize,
    /// The variable's name; of what expands, one record for each variable that it became.
    pub variable: String,
    /// The key within a JSON value, as after `#`; of `#*` the one key that this variable is.
    pub key: Option<String>,
    /// False: it was missing, and optional or given a default.
    pub found: bool,
    /// The store's own name and ARN for it.
    pub name: Option<String>,
    pub arn: Option<String>,
    /// A number for a parameter, an id for a secret.
    pub version: Option<String>,
    /// `String`, `StringList`, `SecureString`; `SecretString`, `SecretBinary`.
    pub value_type: Option<&'static str>,
    /// RFC 3339. Parameter Store tells no creation time.
    pub created: Option<String>,
    /// RFC 3339. Of a secret, when the version was made: a version never changes.
    pub last_modified: Option<String>,
    pub stages: Vec<String>,
    /// As the store tells it: an alias, an id or an ARN. None where there is none, or where it is not known.
    pub kms_key_id: Option<String>,
    /// Bytes of the variable's value.
    pub size: usize,
}

/// What fetching took, for the INIT line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    pub ssm: u32,
    pub secretsmanager: u32,
    pub sts: u32,
    /// Attempts after the first, within the calls above.
    pub retries: u32,
    /// From the first role that was asked for to the last that was there.
    pub assuming: Duration,
}

/// The answer to everything that was declared.
#[derive(Debug, Default)]
pub struct Resolved {
    pub variables: Vec<Variable>,
    pub files: Vec<ValueFile>,
    /// Declared, optional and missing: to be absent from the function's environment.
    pub absent: Vec<String>,
    pub records: Vec<Record>,
    /// The function's own account, where an answer to a plain name (no ARN) told it: nobody else's answers those.
    pub account: Option<String>,
    /// Whether the stores were asked for the keys, which takes a policy that reads them.
    pub keys_asked: bool,
    pub warnings: Vec<String>,
}
