//! bref's secrets loader: `bref-ssm:NAME`, `bref-secretsmanager:NAME`.
//!
//! <https://github.com/brefphp/secrets-loader>

use super::{Claim, whole};
use crate::declare::grammar::fault;
use crate::declare::reference::Store;
use crate::declare::suggest::nearest;

pub const PARAMETER: &str = "bref-ssm:";
pub const SECRET: &str = "bref-secretsmanager:";

pub fn claim(name: &str, value: &str) -> Claim {
    if let Some(parameter) = value.strip_prefix(PARAMETER) {
        return Some(whole(Store::Ssm, PARAMETER, parameter));
    }
    if let Some(secret) = value.strip_prefix(SECRET) {
        return Some(whole(Store::SecretsManager, SECRET, secret));
    }
    if name == "BREF_PARAMETER_STORE" && value.starts_with("ssm:") {
        return Some(fault(
            "it names a parameter that holds many variables in one text",
            "store each by itself below one path, and declare the tree: VESTRY_PARAMETERS=/path/*",
        ));
    }
    let (scheme, _) = value.split_once(':')?;
    if scheme == "bref-secret" || scheme.starts_with("bref-secretsmanager-") {
        // Of forks, which take JSON apart or name a key behind another colon.
        return Some(fault(
            "it is no syntax of bref's own loader",
            "write secretsmanager:NAME, with #KEY for one key of its JSON, or #* for a variable a key",
        ));
    }
    // `bref-demo:1` is an image.
    let near =
        nearest(scheme, ["bref-ssm", "bref-secretsmanager"]).filter(|_| scheme.starts_with("bref-s"))?;
    Some(fault("it is nearly bref's syntax", format!("did you mean {near}:?")))
}
