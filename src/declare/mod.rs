//! What the function declares: the only reader of the environment, pure but for that one read.

pub mod environment;
pub mod reference;
pub mod settings;

pub use environment::Environment;
pub use reference::{Arn, Declaration, Decode, Key, Origin, Reference, Selector, Source, Store};
pub use settings::{AwsSettings, Credentials, Delivery, FileFormat, Function, Settings};

/// Everything that the environment says, understood as a whole.
#[derive(Debug)]
pub struct Declared {
    pub settings: Settings,
    pub aws: AwsSettings,
    pub function: Function,
    pub delivery: Delivery,
    pub declarations: Vec<Declaration>,
    /// The names of all variables that are no reference: `input.variables` of the policy.
    pub variables: Vec<String>,
    /// What is not wrong but worth a line in the log.
    pub warnings: Vec<String>,
}
