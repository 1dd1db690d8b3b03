//! The key that what is named has to be signed with.

use std::path::PathBuf;

use super::super::{Usage, complain};
use crate::decide::bundle::Trust;
use crate::decide::signed_parts;
use crate::declare::settings::PolicyKey;

#[derive(clap::Args)]
#[group(id = "of_key")]
pub(super) struct Args {
    /// The public key in PEM that everything has to be signed with; without it signatures are not checked
    #[arg(long, alias = "verification-key", value_name = "FILE")]
    key: Option<PathBuf>,
}

impl Args {
    /// As another process is told it.
    pub fn policy_key(&self) -> PolicyKey {
        self.key.clone().map_or(PolicyKey::Unchecked, PolicyKey::Layer)
    }

    pub fn path(&self) -> Option<&PathBuf> {
        self.key.as_ref()
    }

    /// The key, read; without one, a person is told of each signature that nobody checks.
    pub fn trust(&self, named: &[PathBuf]) -> Result<Trust, Usage> {
        if self.key.is_none() {
            for path in named.iter().flat_map(|path| signed_parts(path)) {
                complain(&format!("{}: its signature is not checked: give --key", path.display()));
            }
        }
        Ok(Trust::of(Some(&self.policy_key()))?)
    }
}
