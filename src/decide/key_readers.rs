//! Whether a policy reads under which KMS key a value lies: the stores are asked for it only then, because that takes calls
//! and permissions of its own.

use regorus::{Engine, Value};

use super::directory::Directory;
use super::escapes;
use super::evaluator::doing;

/// The field of the input's references.
const FIELD: &str = "kms_key_id";

/// The rule with which a policy says that at present it has no use for the field, although a file of it reads it.
const ASKS: &str = "data.vestry.asks.kms_keys";

/// The files that read it: those in which its name stands, be it in a data file, and be it only mentioned. A name that is
/// put together while rules are evaluated stands nowhere.
pub(super) fn of(directory: &Directory, engine: &mut Engine) -> Vec<String> {
    let files = directory.policies.iter().chain(&directory.data);
    let readers: Vec<String> = files
        .filter(|file| escapes::holds(&file.text, FIELD))
        .map(|file| file.path.display().to_string())
        .collect();
    if readers.is_empty() || declines(directory, engine) { Vec::new() } else { readers }
}

/// A rule that is not there, fails or says anything else does not decline.
fn declines(directory: &Directory, engine: &mut Engine) -> bool {
    doing(format_args!("evaluating {ASKS} of {}", directory.root.display()));
    matches!(engine.eval_rule(ASKS.into()), Ok(Value::Bool(false)))
}
