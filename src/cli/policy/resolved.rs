//! The input of the stage `vestry.resolve`: the stores are asked, as the function would ask them.

use std::path::Path;
use std::time::SystemTime;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::credentials::Chain;
use super::super::{environment, words};
use crate::decide::{Gate, input};
use crate::declare::{self, Environment, Host, Settings};
use crate::error::Refusal;
use crate::local::stores::Emulator;
use crate::log::{Level, Log, Sink};
use crate::resolve::Stores;

/// Asks for what the function declares and keeps of it what a policy is told: names, versions, dates, and no value.
///
/// No policy speaks before: those of the function lie in Lambda, and who asks has the credentials already.
pub(super) async fn document(
    of_function: &Environment,
    host: &Host,
    emulator: Option<&Emulator>,
    kms_key_ids: bool,
) -> Result<Value, Refusal> {
    let (environment, provider) = match emulator {
        Some(emulator) => {
            let region = &emulator.store().region;
            (environment::for_embedded(of_function, &emulator.endpoint(), region), None)
        }
        None => of_aws(of_function).await,
    };
    let declared = declare::read(&environment, host)?;
    let log = Log { level: Level::Warn, sink: Sink::Person(words::warning_line) };
    log.warnings(&declared.warnings);
    let deadline = Instant::now() + declared.settings.deadline;
    let nobodys =
        Settings { policy: None, policy_required: false, policy_key: None, ..declared.settings.clone() };
    let mut gate = Gate::open(None, Path::new("/nonexistent"), &nobodys, log);
    let mut stores = Stores::open(&declared, provider)?;
    let mut permitted = gate.judge_declared(declared).await?;
    if kms_key_ids {
        permitted = permitted.read_by("--kms-key-ids");
    }
    let resolved = stores.fetch(&permitted, deadline).await?;
    log.warnings(&resolved.warnings);
    Ok(json!(input::at_resolve(permitted.declared(), &resolved, SystemTime::now())))
}

async fn of_aws(
    of_function: &Environment,
) -> (Environment, Option<aws_credential_types::provider::SharedCredentialsProvider>) {
    let mut environment = of_function.clone();
    let Some(chain) = Chain::load(&environment).await else { return (environment, None) };
    if let Some(region) = chain.region.filter(|_| environment.get("AWS_REGION").is_none()) {
        environment.set("AWS_REGION", region);
    }
    (environment, chain.provider)
}

/// A function's variables, and of those around this program what says where AWS is and who asks.
pub(super) fn with_access(of_function: &Environment, around: &Environment) -> Environment {
    let mut environment = of_function.clone();
    for (name, value) in around.iter().filter_map(|(name, value)| Some((name.to_str()?, value))) {
        let is_access = name.starts_with("AWS_") && !name.starts_with("AWS_LAMBDA_");
        if (is_access || ["HTTPS_PROXY", "NO_PROXY"].contains(&name)) && of_function.get(name).is_none() {
            environment.set(name, value);
        }
    }
    environment
}
