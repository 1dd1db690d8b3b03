//! The emulated Lambda keeps the order, the limits and the errors of the real one.

mod support;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use support::TempDir;
use vestry::declare::Environment;
use vestry::local::lambda::{
    Answer, Exit, Extension, FailureKind, Function, Reason, Report, Sandbox, Source, Stream, What,
};

/// A sandbox's function with the test extension in a mode of its.
fn function(directory: &TempDir, mode: &str) -> Function {
    let mut function = Function::new([PathBuf::from("python3"), support::file("function.py")]);
    let marker = directory.path().join("marker").display().to_string();
    function.variables = variables(&[("EXTENSION", mode), ("MARKER", &marker), ("OWN", "owner")]);
    function.extensions = vec![Extension::new(support::file("extension.py"))];
    function.timeout = Duration::from_secs(10);
    function
}

fn variables(pairs: &[(&str, &str)]) -> Environment {
    let path = [("PATH", "/usr/local/bin:/usr/bin:/bin")];
    pairs.iter().chain(&path).copied().collect()
}

fn extension() -> Source {
    Source::Extension("extension.py".into())
}

/// The extension's lines of one event.
fn said(report: &Report, event: &str) -> Vec<Value> {
    report.log_of(event)
}

fn started(report: &Report) -> Vec<Source> {
    let started = report.moments.iter().filter_map(|moment| match &moment.what {
        What::Started { source, .. } => Some(source.clone()),
        _ => None,
    });
    started.collect()
}

fn status_of(report: &Report, source: &Source) -> Vec<Option<i32>> {
    let of = report.exits().filter(|exit: &&Exit| exit.source == *source);
    of.map(|exit| exit.status.code()).collect()
}

#[tokio::test]
async fn a_life_from_init_to_shutdown() {
    let directory = TempDir::new("life");
    let mut sandbox = Sandbox::new(function(&directory, "")).unwrap();
    sandbox.init().await.unwrap();
    let first = sandbox.invoke(r#"{"n":1}"#).await;
    let second = sandbox.invoke(r#"{"n":2}"#).await;
    let report = sandbox.shut_down(Reason::Spindown).await;

    let payload = |invocation: &vestry::local::lambda::Invocation| {
        serde_json::from_slice::<Value>(&invocation.answer.payload("")).unwrap()
    };
    assert_eq!([payload(&first), payload(&second)], [json!({"got": {"n": 1}}), json!({"got": {"n": 2}})]);
    assert_ne!(first.request_id, second.request_id);
    assert_eq!(started(&report), [extension(), Source::Runtime]);
    assert_eq!(report.function_output(Stream::Stderr), [r#"event {"n": 1}"#, r#"event {"n": 2}"#]);

    let register = &said(&report, "register")[0];
    let expected = json!({"functionName": "local", "functionVersion": "$LATEST", "handler": "app.handler",
        "accountId": "123456789012"});
    assert_eq!((&register["status"], &register["body"]), (&json!(200), &expected));
    let next = said(&report, "next");
    assert_eq!(next.len(), 1, "SHUTDOWN only, as it registered for: {next:?}");
    assert_eq!(next[0]["body"]["shutdownReason"], "SPINDOWN");
    assert!(next[0]["body"]["deadlineMs"].is_u64());
    assert_eq!(status_of(&report, &extension()), [Some(0)]);
    assert_eq!(report.shutdown.unwrap().killed, []);
}

#[tokio::test]
async fn extensions_see_the_owners_variables_and_not_the_runtimes() {
    let directory = TempDir::new("variables");
    let mut sandbox = Sandbox::new(function(&directory, "")).unwrap();
    sandbox.init().await.unwrap();
    let report = sandbox.shut_down(Reason::Spindown).await;
    let seen_by_extension = said(&report, "start")[0]["variables"].to_string();
    let seen_by_runtime = report.function_output(Stream::Stdout)[0].to_string();
    for name in ["OWN", "AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_RUNTIME_API"] {
        assert!(seen_by_extension.contains(name) && seen_by_runtime.contains(name), "{name}");
    }
    for name in ["_HANDLER", "LAMBDA_TASK_ROOT", "AWS_LAMBDA_LOG_GROUP_NAME"] {
        assert!(!seen_by_extension.contains(name) && seen_by_runtime.contains(name), "{name}");
    }
    // The machine's own environment is nobody's business.
    assert!(!seen_by_runtime.contains("CARGO"), "{seen_by_runtime}");
}

#[tokio::test]
async fn an_extension_that_wants_them_gets_the_invocations() {
    let directory = TempDir::new("invoke");
    let mut sandbox = Sandbox::new(function(&directory, "invoke")).unwrap();
    sandbox.init().await.unwrap();
    let invocation = sandbox.invoke("{}").await;
    let report = sandbox.shut_down(Reason::Spindown).await;
    let events = said(&report, "next");
    let kinds: Vec<_> = events.iter().map(|line| line["body"]["eventType"].clone()).collect();
    assert_eq!(kinds, ["INVOKE", "SHUTDOWN"]);
    assert_eq!(events[0]["body"]["requestId"], invocation.request_id);
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:local";
    assert_eq!(events[0]["body"]["invokedFunctionArn"], arn);
}

#[tokio::test]
async fn a_refused_init_carries_its_type_and_message() {
    let directory = TempDir::new("refuse");
    let mut sandbox = Sandbox::new(function(&directory, "refuse")).unwrap();
    let failure = sandbox.init().await.unwrap_err();
    assert_eq!((failure.kind, failure.source), (FailureKind::Reported, extension()));
    assert_eq!(failure.error_type.as_deref(), Some("Test.Refused"));
    assert_eq!(failure.message.as_deref(), Some("because"));
    let report = sandbox.shut_down(Reason::Spindown).await;
    assert_eq!(said(&report, "init/error")[0]["status"], 202);
    assert_eq!(status_of(&report, &extension()), [Some(1)]);
    assert!(report.shutdown.is_none(), "there was nothing left to shut down");
}

#[tokio::test]
async fn an_invocation_after_a_failed_init_starts_over_with_what_is_left_in_tmp() {
    let directory = TempDir::new("again");
    let mut sandbox = Sandbox::new(function(&directory, "refuse-once")).unwrap();
    let invocation = sandbox.invoke(r#""x""#).await;
    assert!(invocation.answer.is_ok(), "{:?}", invocation.answer);
    let report = sandbox.shut_down(Reason::Spindown).await;
    let suppressed: Vec<_> =
        report.inits.iter().map(|init| (init.suppressed, init.failure.is_some())).collect();
    assert_eq!(suppressed, [(false, true), (true, false)]);
    let attempts: Vec<_> = said(&report, "start").iter().map(|line| line["attempt"].clone()).collect();
    assert_eq!(attempts, ["first", "second"]);
}

#[tokio::test]
async fn a_second_refusal_fails_the_invocation() {
    let directory = TempDir::new("twice");
    let mut sandbox = Sandbox::new(function(&directory, "refuse")).unwrap();
    let invocation = sandbox.invoke("{}").await;
    let payload: Value = serde_json::from_slice(&invocation.answer.payload(&invocation.request_id)).unwrap();
    assert_eq!(payload["errorType"], "Test.Refused");
    let report = sandbox.shut_down(Reason::Spindown).await;
    assert_eq!(report.inits.len(), 2);
    assert_eq!(report.function_output(Stream::Stderr), Vec::<&str>::new(), "the function saw no event");
}

#[tokio::test]
async fn init_has_a_limit_and_starts_over_inside_the_invocation() {
    let directory = TempDir::new("limit");
    let mut function = function(&directory, "hang-once");
    function.init_limit = Duration::from_millis(1500);
    function.shutdown_limit = Duration::from_millis(200);
    let mut sandbox = Sandbox::new(function).unwrap();
    let failure = sandbox.init().await.unwrap_err();
    assert_eq!((failure.kind, failure.source), (FailureKind::TimedOut, extension()));
    assert!(sandbox.invoke("{}").await.answer.is_ok());
    let report = sandbox.shut_down(Reason::Spindown).await;
    assert_eq!(status_of(&report, &extension()), [None, Some(0)], "the first was killed");
    assert!(report.inits[0].duration >= Duration::from_millis(1500));
}

#[tokio::test]
async fn whoever_ends_or_misbehaves_during_init_fails_it() {
    for (mode, kind) in
        [("exit", FailureKind::Exited), ("misnamed", FailureKind::Exited), ("bogus", FailureKind::Exited)]
    {
        let directory = TempDir::new(mode);
        let mut sandbox = Sandbox::new(function(&directory, mode)).unwrap();
        let failure = sandbox.init().await.unwrap_err();
        assert_eq!((failure.kind, failure.source), (kind, extension()), "{mode}");
        let report = sandbox.shut_down(Reason::Spindown).await;
        assert!(!started(&report).contains(&Source::Runtime), "{mode}: the runtime started");
        if mode != "exit" {
            let register = &said(&report, "register")[0];
            assert_eq!(
                (&register["status"], &register["body"]["errorType"]),
                (&json!(403), &json!("Extension.InvalidEventType")),
                "{mode}"
            );
        }
    }
}

#[tokio::test]
async fn the_functions_own_failures_are_its_own() {
    for (mode, kind, error_type) in [
        ("init-error", FailureKind::Reported, Some("Runtime.ImportError")),
        ("exit", FailureKind::Exited, None),
    ] {
        let directory = TempDir::new(&format!("function-{mode}"));
        let mut function = function(&directory, "");
        function.variables.set("FUNCTION", mode);
        let mut sandbox = Sandbox::new(function).unwrap();
        let failure = sandbox.init().await.unwrap_err();
        assert_eq!((failure.kind, &failure.source), (kind, &Source::Runtime), "{mode}");
        assert_eq!(failure.error_type.as_deref(), error_type);
        let report = sandbox.shut_down(Reason::Spindown).await;
        assert_eq!(said(&report, "next")[0]["body"]["shutdownReason"], "FAILURE", "{mode}");
    }
}

#[tokio::test]
async fn invocations_can_fail_and_the_sandbox_starts_over() {
    let directory = TempDir::new("failures");
    let mut function = function(&directory, "");
    function.timeout = Duration::from_secs(3);
    let mut sandbox = Sandbox::new(function).unwrap();
    sandbox.init().await.unwrap();

    let error = sandbox.invoke(r#"{"do": "error"}"#).await;
    assert!(
        matches!(&error.answer, Answer::Error { error_type, .. } if error_type.as_deref() == Some("Function.Bad"))
    );
    let crash = sandbox.invoke(r#"{"do": "crash"}"#).await;
    let payload: Value = serde_json::from_slice(&crash.answer.payload("R")).unwrap();
    let message = "RequestId: R Error: Runtime exited with error: exit status 9";
    assert_eq!(payload, json!({"errorType": "Runtime.ExitError", "errorMessage": message}));
    assert!(sandbox.invoke("1").await.answer.is_ok(), "it started over");
    let late = sandbox.invoke(r#"{"do": "sleep"}"#).await;
    assert!(matches!(late.answer, Answer::TimedOut { .. }));
    assert!(String::from_utf8_lossy(&late.answer.payload("R")).contains("Task timed out after 3.00 seconds"));

    let report = sandbox.shut_down(Reason::Spindown).await;
    let reasons: Vec<_> =
        said(&report, "next").iter().map(|line| line["body"]["shutdownReason"].clone()).collect();
    assert_eq!(reasons, ["FAILURE", "TIMEOUT"]);
    assert_eq!(report.inits.iter().filter(|init| init.suppressed).count(), 1);
}

#[tokio::test]
async fn the_runtime_api_refuses_what_is_out_of_turn() {
    let directory = TempDir::new("turn");
    let mut sandbox = Sandbox::new(function(&directory, "")).unwrap();
    let invocation = sandbox.invoke(r#"{"do": "misbehave"}"#).await;
    assert_eq!(invocation.answer.payload(""), "[400, 403]");
    let report = sandbox.shut_down(Reason::Spindown).await;
    assert_eq!(report.function_output(Stream::Stdout)[1], "second answer: 403");
}

#[tokio::test]
async fn a_stubborn_extension_is_killed_when_shutdown_is_over() {
    let directory = TempDir::new("stubborn");
    let mut function = function(&directory, "stubborn");
    function.shutdown_limit = Duration::from_millis(300);
    let mut sandbox = Sandbox::new(function).unwrap();
    sandbox.init().await.unwrap();
    let report = sandbox.shut_down(Reason::Spindown).await;
    assert_eq!(report.shutdown.as_ref().unwrap().killed, [extension()]);
    assert_eq!(status_of(&report, &extension()), [None]);
}

#[tokio::test]
async fn managed_runtimes_start_behind_their_wrapper_and_others_do_not() {
    for managed in [true, false] {
        let directory = TempDir::new(if managed { "managed" } else { "os-only" });
        let wrapper = directory.write("wrapper", "#!/bin/sh\nWRAPPED=yes exec \"$@\"\n");
        std::fs::set_permissions(&wrapper, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let mut function = function(&directory, "");
        function.variables.set("AWS_LAMBDA_EXEC_WRAPPER", wrapper);
        function.managed = managed;
        let mut sandbox = Sandbox::new(function).unwrap();
        sandbox.init().await.unwrap();
        let report = sandbox.shut_down(Reason::Spindown).await;
        assert_eq!(report.function_output(Stream::Stdout)[0].contains("WRAPPED"), managed);
    }
}

#[tokio::test]
async fn what_cannot_be_started_is_said_so() {
    let directory = TempDir::new("absent");
    let mut function = function(&directory, "");
    function.extensions = vec![Extension::new(directory.path().join("none"))];
    let mut sandbox = Sandbox::new(function).unwrap();
    let failure = sandbox.init().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotStarted);
    assert!(failure.message.unwrap().contains("cannot start"));
}
