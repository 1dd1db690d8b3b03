//! Whether a policy reads under which KMS key a value lies: the stores are asked for it only then, because that takes calls
//! and permissions of its own.

use regorus::{Engine, Value};

use super::directory::Directory;
use super::evaluator::doing;

/// The field of the input's references.
const FIELD: &str = "kms_key_id";

/// The rule with which a policy says that at present it has no use for the field, although a file of it reads it.
const ASKS: &str = "data.vestry.asks.kms_keys";

/// The files that read it. Whatever a rule makes of a field, its name stands somewhere in the text, be it in a data file: a
/// file that merely mentions it counts too.
pub(super) fn of(directory: &Directory, engine: &mut Engine) -> Vec<String> {
    let files = directory.policies.iter().chain(&directory.data);
    let readers: Vec<String> =
        files.filter(|file| file.text.contains(FIELD)).map(|file| file.path.display().to_string()).collect();
    if readers.is_empty() || declines(directory, engine) { Vec::new() } else { readers }
}

/// A rule that is not there, fails or says anything else does not decline.
fn declines(directory: &Directory, engine: &mut Engine) -> bool {
    doing(format_args!("evaluating {ASKS} of {}", directory.root.display()));
    matches!(engine.eval_rule(ASKS.into()), Ok(Value::Bool(false)))
}
