//! Which way the values go, found out from what is there to read them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::read_settings::SETTINGS;
use super::settings::{Delivery, PolicyKey, Settings};
use super::suggest::nearest;
use crate::error::{ErrorType, Problem};

/// Where the program stands: what a Lambda function's sandbox has where, or a way of delivery that is given.
#[derive(Clone, Debug)]
pub struct Host {
    /// Where layers are unpacked: `/opt`.
    pub opt: PathBuf,
    /// Where the function's package is unpacked: `/var/task`.
    pub task: PathBuf,
    /// Set where the program itself decides how the values travel.
    pub delivery: Option<Delivery>,
}

impl Host {
    pub fn lambda() -> Self {
        Self { opt: "/opt".into(), task: "/var/task".into(), delivery: None }
    }

    pub fn with_delivery(delivery: Delivery) -> Self {
        Self { delivery: Some(delivery), ..Self::lambda() }
    }

    /// The layer's policy directory.
    pub fn policy(&self) -> PathBuf {
        self.opt.join("policy")
    }

    /// The layer's public key.
    pub fn policy_key(&self) -> PathBuf {
        self.opt.join("vestry/policy.pub")
    }
}

/// Whether any policy has a say here: then nothing may start before it has spoken.
pub fn policy_in_force(settings: &Settings, host: &Host) -> bool {
    settings.policy.is_some()
        || settings.policy_required
        || settings.policy_key.is_some()
        || is_there(&host.policy())
}

/// The key in force, and a warning where the variable's is not it: a variable may add a key, never take the place of a
/// layer's.
pub fn policy_key(settings: &Settings, host: &Host) -> (Option<PolicyKey>, Option<String>) {
    let layer = host.policy_key();
    let leads_nowhere = |directory: &Path| directory.is_symlink() && !directory.exists();
    if !is_there(&layer) && !layer.parent().is_some_and(leads_nowhere) {
        return (settings.policy_key.clone(), None);
    }
    let unused = settings.policy_key.as_ref().map(|_| {
        format!(
            "VESTRY_POLICY_KEY is not used: every policy has to be signed with the layer's key, {}",
            layer.display()
        )
    });
    (Some(PolicyKey::Layer(layer)), unused)
}

/// Whatever is there and is no readable directory has to be heard of, so only "not found" counts as absent.
pub fn is_there(layer: &Path) -> bool {
    !layer.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// The way for a function that declares nothing.
///
/// Here and in `vestry-exec` it has to come out alike, or one would wait for the other in vain.
pub fn without_declarations(
    environment: &Environment,
    settings: &Settings,
    host: &Host,
    setting: Option<Delivery>,
) -> Delivery {
    let setting = setting.filter(|_| !stands_before_the_runtime(environment, host));
    match host.delivery.or(setting) {
        Some(Delivery::Exec | Delivery::File) => Delivery::None,
        _ if policy_in_force(settings, host) => Delivery::Verdict,
        _ => Delivery::None,
    }
}

/// A wrapper of ours in front of the runtime means socket; else the setting says it.
pub fn choose(
    environment: &Environment,
    host: &Host,
    setting: Option<Delivery>,
    warnings: &mut Vec<String>,
) -> Result<Delivery, Problem> {
    if let Some(delivery) = host.delivery {
        return Ok(delivery);
    }
    if stands_before_the_runtime(environment, host) {
        if setting == Some(Delivery::File) {
            warnings.push(
                "VESTRY_DELIVERY=file is not used: vestry-exec stands before the runtime and takes the values \
                 from the socket"
                    .into(),
            );
        }
        if wrapper_is_ours(environment) && host.task.join("bootstrap").exists() {
            warnings.push(
                "the package has a bootstrap: if this is an OS-only runtime, AWS_LAMBDA_EXEC_WRAPPER has no effect in \
                 it and nothing puts the values into the function's environment; attach vestry-provided and name the \
                 program with the handler instead"
                    .into(),
            );
        }
        return Ok(Delivery::Socket);
    }
    if setting.is_none() && is_meant(environment) {
        return Ok(Delivery::None);
    }
    setting.ok_or_else(|| {
        let unread = Problem::new(ErrorType::InvalidDeclaration, "nothing would read the values");
        if wrapper_is_nearly_ours(environment) {
            return unread
                .variable("AWS_LAMBDA_EXEC_WRAPPER")
                .advice("it is nearly vestry-exec; did you mean /opt/vestry-exec?");
        }
        unread
            .variable("VESTRY_DELIVERY")
            .advice(
                "set AWS_LAMBDA_EXEC_WRAPPER=/opt/vestry-exec (managed runtimes), attach vestry-provided (OS-only \
                 runtimes), put vestry-exec into the image's ENTRYPOINT and set VESTRY_DELIVERY=socket, or set \
                 VESTRY_DELIVERY=file and read the file",
            )
    })
}

/// Whether somebody meant to set it: its value or its name is a slip, which is a problem already. A second one, about
/// what the slip brings with it, would be none of theirs.
fn is_meant(environment: &Environment) -> bool {
    const NAME: &str = "VESTRY_DELIVERY";
    let is_slip = |name: &str| {
        name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("VESTRY_"))
            && !SETTINGS.contains(&name)
            && nearest(name, SETTINGS) == Some(NAME)
    };
    environment.get(NAME).is_some_and(|value| !value.is_empty())
        || environment.iter().filter_map(|(name, _)| name.to_str()).any(is_slip)
}

fn stands_before_the_runtime(environment: &Environment, host: &Host) -> bool {
    wrapper_is_ours(environment) || bootstrap_is_ours(host)
}

pub fn wrapper_is_ours(environment: &Environment) -> bool {
    environment
        .text("AWS_LAMBDA_EXEC_WRAPPER")
        .is_some_and(|wrapper| Path::new(wrapper).file_name().is_some_and(|name| name == "vestry-exec"))
}

/// A slip in the wrapper's path: Lambda would start something else, or nothing.
pub fn misspelt_wrapper(environment: &Environment) -> Option<String> {
    const OURS: &str = "/opt/vestry-exec";
    if wrapper_is_nearly_ours(environment) {
        let said =
            format!("AWS_LAMBDA_EXEC_WRAPPER is nearly vestry-exec, and is not it; did you mean {OURS}?");
        return Some(said);
    }
    let wrapper = environment.text("AWS_LAMBDA_EXEC_WRAPPER").map(Path::new);
    let elsewhere =
        |wrapper: &Path| wrapper.starts_with("/opt") && wrapper != Path::new(OURS) && !wrapper.exists();
    (wrapper_is_ours(environment) && wrapper.is_some_and(elsewhere)).then(|| {
        format!("AWS_LAMBDA_EXEC_WRAPPER names a vestry-exec that is not there; the layer has it as {OURS}")
    })
}

fn wrapper_is_nearly_ours(environment: &Environment) -> bool {
    let name = environment.text("AWS_LAMBDA_EXEC_WRAPPER").map(Path::new).and_then(Path::file_name);
    let name = name.and_then(|name| name.to_str()).filter(|name| *name != "vestry-exec");
    name.is_some_and(|name| nearest(name, ["vestry-exec"]).is_some())
}

/// Whether the runtime is started by our `/opt/bootstrap`. One in the function's package comes before it.
fn bootstrap_is_ours(host: &Host) -> bool {
    let ours = host.opt.join("vestry-exec");
    let bootstrap = host.opt.join("bootstrap");
    !host.task.join("bootstrap").exists() && same_file(&bootstrap, &ours).unwrap_or(false)
}

fn same_file(one: &Path, other: &Path) -> std::io::Result<bool> {
    let (a, b) = (std::fs::metadata(one)?, std::fs::metadata(other)?);
    Ok(a.is_file() && b.is_file() && a.len() == b.len() && std::fs::read(one)? == std::fs::read(other)?)
}
