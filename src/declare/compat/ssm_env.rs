//! ssm-env: `ssm://NAME[:VERSION]`, `ssm:///path/name`.
//!
//! <https://github.com/remind101/ssm-env#details>

use super::{Claim, whole};
use crate::declare::reference::Store;

pub const SCHEME: &str = "ssm://";

pub fn claim(value: &str) -> Claim {
    value.strip_prefix(SCHEME).map(|name| whole(Store::Ssm, SCHEME, name))
}
