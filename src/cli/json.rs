//! A local run as one JSON document.

use std::time::Duration;

use serde_json::{Value, json};

use crate::local::lambda::{Exit, Failure, Invocation, Report, Source, Stream, What};
use crate::local::stores::Emulator;
use crate::log::milliseconds;

/// Prints `{init, invocations, shutdown, log, output, exits, calls, exit_code}`.
pub(super) fn print(report: &Report, exit_code: u8, emulator: Option<&Emulator>) {
    let document = document(report, exit_code, emulator);
    super::say(&format!("{document:#}"));
}

fn document(report: &Report, exit_code: u8, emulator: Option<&Emulator>) -> Value {
    let first = report.inits.first();
    json!({
        "exit_code": exit_code,
        "init": first.map(|init| json!({
            "outcome": outcome(init.failure.as_ref()),
            "ms": milliseconds(init.duration),
            "failure": init.failure.as_ref().map(failure),
        })),
        "invocations": report.invocations.iter().map(invocation).collect::<Vec<_>>(),
        "shutdown": report.shutdown.as_ref().map(|shutdown| json!({
            "reason": shutdown.reason.as_str(),
            "ms": milliseconds(shutdown.duration),
            "killed": shutdown.killed.iter().map(name).collect::<Vec<_>>(),
        })),
        "log": report.log(),
        "output": report.moments.iter().filter_map(|moment| line(moment.at, &moment.what)).collect::<Vec<_>>(),
        "exits": report.exits().map(exit).collect::<Vec<_>>(),
        "calls": emulator.map(calls),
    })
}

fn outcome(failure: Option<&Failure>) -> &'static str {
    match failure.map(|failure| &failure.source) {
        None => "ready",
        Some(Source::Extension(_)) => "refused",
        Some(Source::Runtime) => "failed",
    }
}

fn failure(failure: &Failure) -> Value {
    json!({
        "source": name(&failure.source),
        "kind": format!("{:?}", failure.kind),
        "error_type": failure.error_type,
        "message": failure.message,
    })
}

fn invocation(invocation: &Invocation) -> Value {
    let payload = invocation.answer.payload(&invocation.request_id);
    let answer = serde_json::from_slice(&payload)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&payload).into_owned()));
    json!({
        "request_id": invocation.request_id,
        "ok": invocation.answer.is_ok(),
        "kind": invocation.answer.kind(),
        "answer": answer,
        "ms": milliseconds(invocation.duration),
    })
}

/// What is not a log line of Vestry's: those are in `log`.
fn line(at: Duration, what: &What) -> Option<Value> {
    let What::Line { source, stream, text } = what else { return None };
    let of_extension = matches!(source, Source::Extension(_)) && *stream == Stream::Stdout;
    if of_extension && serde_json::from_str::<Value>(text).is_ok_and(|line| line.is_object()) {
        return None;
    }
    let stream = if *stream == Stream::Stdout { "stdout" } else { "stderr" };
    Some(json!({ "ms": milliseconds(at), "source": name(source), "stream": stream, "text": text }))
}

fn exit(exit: &Exit) -> Value {
    use std::os::unix::process::ExitStatusExt as _;
    json!({ "source": name(&exit.source), "code": exit.status.code(), "signal": exit.status.signal() })
}

fn name(source: &Source) -> &str {
    match source {
        Source::Extension(name) => name,
        Source::Runtime => "function",
    }
}

/// What the embedded stores were asked: names, never values.
fn calls(emulator: &Emulator) -> Value {
    let call = |call: &crate::local::stores::Call| json!({ "action": call.action, "names": call.names, "status": call.status, "error": call.error });
    emulator.calls().0.iter().map(call).collect()
}
