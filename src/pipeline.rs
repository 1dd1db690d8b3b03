//! The way of the data, on one screen.
//!
//! ```text
//! declare -> decide -> resolve -> decide -> deliver -> register -> serve -> shut down
//! ```
//!
//! Everything up to `deliver` happens before the extension registers, so no line of the function's code can run
//! before its values are there, nor before the policy has spoken.

use std::io;
use std::pin::{Pin, pin};
use std::process::ExitCode;

use aws_credential_types::provider::SharedCredentialsProvider;
use serde_json::json;
use signal_hook::consts::SIGTERM;
use signal_hook::low_level;
use tokio::net::unix::pipe::Receiver;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use crate::decide::{self, Ahead, Approved, Forked, Gate};
use crate::declare::delivery::is_there;
use crate::declare::{self, Delivery, Environment, Host, Settings};
use crate::deliver::{self, Delivered, Prepared};
use crate::error::Refusal;
use crate::lambda::Extensions;
use crate::log::{Level, Log, Sink, milliseconds};
use crate::report::Report;
use crate::resolve::Stores;

/// From the environment to values that may be delivered.
///
/// `ahead` is the policy's process where it was started already; `credentials` stand in for those of the environment (the
/// people's tool knows more kinds of them). The last decision is made in another process: `meanwhile` prepares what will be
/// needed if it allows.
pub async fn approve<T>(
    environment: &Environment,
    host: &Host,
    ahead: Option<Ahead>,
    credentials: Option<SharedCredentialsProvider>,
    meanwhile: impl FnOnce(&Settings, Delivery) -> Result<T, Refusal>,
    log: &mut Log,
    report: &mut Report,
) -> Result<(Approved, T, Spent), Refusal> {
    let declared = declare::read(environment, host);
    report.stage("declare");
    let declared = declared?;
    log.level = declared.settings.log;
    log.warnings(&declared.warnings);
    report.declared(&declared);
    // Lambda starts a failed INIT over in the same sandbox: nothing old may be left, however this one ends.
    deliver::sweep(&declared.settings, declared.delivery)?;

    // The policy is read in a process of its own and connections open while the other waits; nothing is asked yet.
    let deadline = Instant::from(report.started() + declared.settings.deadline);
    let stores = Stores::open(&declared, credentials);
    let mut gate = Gate::open(ahead, &host.policy(), &declared.settings, *log);
    report.stage("connect");
    let mut stores = stores?;
    let permitted = timeout_at(deadline, gate.judge_declared(declared)).await.unwrap_or_else(too_late);
    report.unenforced(gate.unenforced());
    report.stage("decide");
    let permitted = permitted?;

    // What was decided is written down while the stores answer.
    let (resolved, ()) = tokio::join!(stores.fetch(&permitted, deadline), async { gate.write_down() });
    report.calls = stores.calls();
    report.stage("resolve");
    let resolved = resolved?;
    log.warnings(&resolved.warnings);

    report.variables = resolved.variables.len();
    let (settings, delivery) = (permitted.declared().settings.clone(), permitted.declared().delivery);
    let (approved, prepared) =
        tokio::join!(timeout_at(deadline, gate.judge_resolved(permitted, resolved)), async {
            meanwhile(&settings, delivery)
        });
    let approved = approved.unwrap_or_else(too_late);
    report.unenforced(gate.unenforced());
    // Nothing is delivered before what was decided is written down.
    gate.write_down();
    report.stage("decide_resolved");
    Ok((approved?, prepared?, Spent { _stores: stores, _gate: gate }))
}

/// What has no more to say and takes time to let go of, so keep it until there is some: connections are closed, and the end
/// of the policy's process is waited for.
pub struct Spent {
    _stores: Stores,
    _gate: Gate,
}

fn too_late<T>(_: Elapsed) -> Result<T, Refusal> {
    Err(decide::too_late().into())
}

/// The policy's process, where there seems to be a policy: to be called as the first thing that `main` does.
pub fn forked() -> Option<Forked> {
    let layer_seen = is_there(&Host::lambda().policy());
    (layer_seen || Environment::has("VESTRY_POLICY")).then(|| Forked::begin(layer_seen))
}

/// It loads while everything else is being read.
pub fn ahead(forked: Option<Forked>, environment: &Environment) -> Option<Ahead> {
    let host = Host::lambda();
    forked.map(|forked| forked.tell(&host.policy(), &declare::settings(environment, &host)))
}

/// `vestry-extension`: the whole of an INIT, and what comes after it.
pub async fn extension(environment: Environment, ahead: Option<Ahead>, name: &str, api: &str) -> ExitCode {
    let mut log = Log { level: Level::Info, sink: Sink::Stdout };
    let mut report = Report::begin();
    let mut lambda = Extensions::new(api);
    let ready = {
        let ready = pin!(ready(&environment, ahead, &mut log, &mut report));
        connecting(&mut lambda, ready).await
    };
    // The references are names, but the credentials are not: nothing of the environment is needed any more.
    drop(environment);
    match ready {
        Ok((delivered, spent, terminations)) => {
            serve(&mut lambda, name, delivered, spent, terminations, &log, report).await
        }
        Err(refusal) => refuse(&mut lambda, name, &refusal, &log, report).await,
    }
}

/// Lambda's API is near, so the connection is there long before there is anything to say. It is not waited for.
async fn connecting<T>(lambda: &mut Extensions, mut ready: Pin<&mut impl Future<Output = T>>) -> T {
    tokio::select! {
        biased;
        ready = &mut ready => return ready,
        () = lambda.connect() => {}
    }
    ready.await
}

async fn ready(
    environment: &Environment,
    ahead: Option<Ahead>,
    log: &mut Log,
    report: &mut Report,
) -> Result<(Delivered, Spent, Terminations), Refusal> {
    let prepare = |settings: &Settings, delivery| {
        let prepared = Prepared::make(settings, delivery)?;
        // From here on there is something that has to go again.
        Ok((prepared, Terminations::watch()))
    };
    let (approved, (prepared, terminations), spent) =
        approve(environment, &Host::lambda(), ahead, None, prepare, log, report).await?;
    let delivered = deliver::deliver(&approved, prepared);
    report.stage("deliver");
    Ok((delivered?, spent, terminations))
}

/// Registers, hands over, and waits for SHUTDOWN, after which nothing is left.
async fn serve(
    lambda: &mut Extensions,
    name: &str,
    mut delivered: Delivered,
    spent: Spent,
    mut terminations: Terminations,
    log: &Log,
    mut report: Report,
) -> ExitCode {
    let end = async {
        lambda.register(name).await?;
        drop(spent);
        report.stage("register");
        report.ready(log);
        let events = lambda.until_shutdown();
        tokio::pin!(events);
        tokio::select! {
            reason = &mut events => return reason,
            () = delivered.hand_over(log) => {}
        }
        events.await
    };
    let end = tokio::select! {
        end = end => end,
        () = terminations.next() => Ok("SIGTERM".into()),
    };
    let began = Instant::now();
    delivered.remove();
    match end {
        Ok(reason) => {
            log.write(
                Level::Info,
                "shutdown",
                json!({ "reason": reason, "ms": milliseconds(began.elapsed()) }),
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            log.write(Level::Error, "lambda", json!({ "message": error.to_string() }));
            ExitCode::FAILURE
        }
    }
}

/// Tells Lambda why the function does not start.
async fn refuse(
    lambda: &mut Extensions,
    name: &str,
    refusal: &Refusal,
    log: &Log,
    report: Report,
) -> ExitCode {
    // First the line: once the failure is told, Lambda may take the sandbox away.
    report.refused(log, refusal);
    let told = lambda.refuse(name, refusal.error_type(), &refusal.to_string()).await;
    if let Err(error) = told {
        log.write(Level::Error, "lambda", json!({ "message": error.to_string() }));
    }
    ExitCode::FAILURE
}

/// SIGTERM, which from now on only is what [`next`](Self::next) tells.
struct Terminations(Option<Receiver>);

impl Terminations {
    fn watch() -> Self {
        Self(Self::heard().ok())
    }

    /// The other end gets a byte from the signal's handler.
    fn heard() -> io::Result<Receiver> {
        let (terminations, handler) = io::pipe()?;
        low_level::pipe::register(SIGTERM, handler)?;
        Receiver::from_owned_fd(terminations.into())
    }

    async fn next(&mut self) {
        match &self.0 {
            Some(terminations) if terminations.readable().await.is_ok() => {}
            _ => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In bytes. A future that another is given and pins stands in it twice, and each page of it is touched at every start.
    const ROOM: usize = 20 << 10;

    #[test]
    fn what_is_done_at_a_start_is_written_down_once() {
        let size = size_of_val(&extension(Environment::of_process(), None, "vestry", "127.0.0.1"));
        assert!(size < ROOM, "{size}");
    }
}
