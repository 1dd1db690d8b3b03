//! `--manifest` and `--profile`: the settings that say what is declared, on the command line.

use std::path::PathBuf;

use super::Usage;
use crate::declare::Environment;

#[derive(clap::Args)]
#[group(id = "of_manifest")]
pub(super) struct Args {
    /// The manifest (sets VESTRY_MANIFEST)
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Which of its profiles (sets VESTRY_PROFILE)
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

impl Args {
    /// The environment with them set.
    pub fn over(&self, environment: &Environment) -> Result<Environment, Usage> {
        let mut environment = environment.clone();
        if let Some(path) = &self.manifest {
            // Absolute: the programs do not stand where the person does.
            let path = path.canonicalize().map_err(|e| format!("cannot read {}: {e}", path.display()))?;
            environment.set("VESTRY_MANIFEST", path);
        }
        if let Some(profile) = &self.profile {
            environment.set("VESTRY_PROFILE", profile);
        }
        Ok(environment)
    }
}
