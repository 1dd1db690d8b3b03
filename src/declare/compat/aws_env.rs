//! aws-env: `ssm://NAME`, `sm://NAME`, `kms://CIPHERTEXT`.
//!
//! <https://github.com/telia-oss/aws-env#usage>

use super::{Claim, ssm_env, whole};
use crate::declare::grammar::fault;
use crate::declare::reference::Store;

pub const SECRET: &str = "sm://";
pub const CIPHER: &str = "kms://";

pub fn claim(value: &str) -> Claim {
    if let Some(name) = value.strip_prefix(SECRET) {
        return Some(whole(Store::SecretsManager, SECRET, name));
    }
    if value.starts_with(CIPHER) {
        return Some(fault(
            "the variable carries a ciphertext, and Vestry decrypts none",
            "store the value as a SecureString or a secret, and refer to that",
        ));
    }
    ssm_env::claim(value)
}
