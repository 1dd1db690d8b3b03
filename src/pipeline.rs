//! The way of the data, on one screen.
//!
//! ```text
//! declare -> decide -> resolve -> decide -> deliver -> register -> serve -> shut down
//! ```
//!
//! Everything up to `deliver` happens before the extension registers, so no line of the function's code can run
//! before its values are there, nor before the policy has spoken.

use std::process::ExitCode;

use aws_credential_types::provider::SharedCredentialsProvider;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use crate::decide::{self, Ahead, Approved, Gate};
use crate::declare::delivery::policy_is_likely;
use crate::declare::{self, Environment, Host};
use crate::deliver::{self, Delivered};
use crate::error::Refusal;
use crate::lambda::Extensions;
use crate::log::{Level, Log, Sink, milliseconds};
use crate::report::Report;
use crate::resolve::Stores;

/// From the environment to values that may be delivered.
///
/// `credentials` stand in for those of the environment (the people's tool knows more kinds of them). The gate has no
/// more to say; dropping it waits for the end of the policy's process.
pub async fn approve(
    environment: &Environment,
    host: &Host,
    credentials: Option<SharedCredentialsProvider>,
    log: &mut Log,
    report: &mut Report,
) -> Result<(Approved, Gate), Refusal> {
    let ahead = policy_is_likely(environment, host).then(Ahead::start);
    let declared = declare::read(environment, host);
    report.stage("declare");
    let declared = declared?;
    log.level = declared.settings.log;
    log.warnings(&declared.warnings);
    report.declared(&declared);
    // Lambda starts a failed INIT over in the same sandbox: nothing old may be left, however this one ends.
    deliver::prepare(&declared)?;

    // The policy is read in a process of its own and connections open while the other waits; nothing is asked yet.
    let deadline = Instant::from(report.started() + declared.settings.deadline);
    let mut gate = Gate::open(ahead, &host.policy(), &declared.settings, *log);
    let stores = Stores::open(&declared, credentials);
    report.stage("connect");
    let mut stores = stores?;
    let permitted = timeout_at(deadline, gate.judge_declared(declared)).await.unwrap_or_else(too_late);
    report.unenforced(gate.unenforced());
    report.stage("decide");
    let permitted = permitted?;

    // What was decided is written down while the stores answer.
    let asking = stores.fetch(&permitted, deadline);
    let (resolved, ()) = tokio::join!(asking, async { gate.write_down() });
    report.calls = stores.calls();
    report.stage("resolve");
    let resolved = resolved?;
    log.warnings(&resolved.warnings);

    report.variables = resolved.variables.len();
    // While the policy looks at the answers, the connections are closed that they came by.
    let deciding = timeout_at(deadline, gate.judge_resolved(permitted, resolved));
    let (approved, ()) = tokio::join!(deciding, async { drop(stores) });
    let approved = approved.unwrap_or_else(too_late);
    report.unenforced(gate.unenforced());
    // Nothing is delivered before what was decided is written down.
    gate.write_down();
    report.stage("decide_resolved");
    Ok((approved?, gate))
}

fn too_late<T>(_: Elapsed) -> Result<T, Refusal> {
    Err(decide::too_late().into())
}

/// `vestry-extension`: the whole of an INIT, and what comes after it.
pub async fn extension(environment: Environment, name: &str, api: &str) -> ExitCode {
    let mut log = Log { level: Level::Info, sink: Sink::Stdout };
    let mut report = Report::begin();
    let ready = ready(&environment, &mut log, &mut report).await;
    // The references are names, but the credentials are not: nothing of the environment is needed any more.
    drop(environment);
    let mut lambda = Extensions::new(api);
    match ready {
        Ok((delivered, gate)) => serve(&mut lambda, name, delivered, gate, &log, report).await,
        Err(refusal) => refuse(&mut lambda, name, &refusal, &log, report).await,
    }
}

async fn ready(
    environment: &Environment,
    log: &mut Log,
    report: &mut Report,
) -> Result<(Delivered, Gate), Refusal> {
    let (approved, gate) = approve(environment, &Host::lambda(), None, log, report).await?;
    let delivered = deliver::deliver(&approved);
    report.stage("deliver");
    Ok((delivered?, gate))
}

/// Registers, hands over, and waits for SHUTDOWN, after which nothing is left.
async fn serve(
    lambda: &mut Extensions,
    name: &str,
    mut delivered: Delivered,
    gate: Gate,
    log: &Log,
    mut report: Report,
) -> ExitCode {
    let end = async {
        lambda.register(name).await?;
        drop(gate);
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
        () = terminated() => Ok("SIGTERM".into()),
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

async fn terminated() {
    match signal(SignalKind::terminate()) {
        Ok(mut signals) => {
            signals.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}
