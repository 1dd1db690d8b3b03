//! What is to be run, and within which limits.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::declare::Environment;

/// A function with its extensions, as one would configure it in Lambda.
#[derive(Clone, Debug)]
pub struct Function {
    pub name: String,
    pub version: String,
    pub handler: String,
    pub memory_mb: u64,
    pub region: String,
    /// Twelve digits; told to an extension that asks for it.
    pub account: String,
    /// `AWS_LAMBDA_INITIALIZATION_TYPE`
    pub initialization_type: String,
    /// For one invocation, and for an INIT inside of it.
    pub timeout: Duration,
    /// For the first INIT.
    pub init_limit: Duration,
    /// For SHUTDOWN as a whole, with extensions. With zero nobody is told anything: all are killed.
    pub shutdown_limit: Duration,
    /// Where the function's code lies and its process starts.
    pub task_root: PathBuf,
    /// What the function's owner configured, credentials and `PATH` among it.
    pub variables: Environment,
    pub extensions: Vec<Extension>,
    /// The runtime's command. A managed runtime is started through `AWS_LAMBDA_EXEC_WRAPPER` where that is set.
    pub runtime: Vec<OsString>,
    /// Is the runtime a managed one, rather than the `bootstrap` of an OS-only runtime?
    pub managed: bool,
}

impl Function {
    /// With Lambda's own defaults, and without any extension.
    pub fn new(runtime: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self {
            name: "local".into(),
            version: "$LATEST".into(),
            handler: "app.handler".into(),
            memory_mb: 128,
            region: "eu-west-1".into(),
            account: "123456789012".into(),
            initialization_type: "on-demand".into(),
            timeout: Duration::from_secs(3),
            init_limit: Duration::from_secs(10),
            shutdown_limit: Duration::from_secs(2),
            task_root: PathBuf::from("."),
            variables: Environment::default(),
            extensions: Vec::new(),
            runtime: runtime.into_iter().map(Into::into).collect(),
            managed: true,
        }
    }

    pub fn arn(&self) -> String {
        format!("arn:aws:lambda:{}:{}:function:{}", self.region, self.account, self.name)
    }
}

/// A program that lies in `/opt/extensions`, or would.
#[derive(Clone, Debug)]
pub struct Extension {
    pub path: PathBuf,
}

impl Extension {
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_path_buf() }
    }

    /// The only name that it may register under.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }
}
