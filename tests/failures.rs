//! The real programs against stores that fail: what is tried again, what refuses INIT, and how it is told.

mod support;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use support::TempDir;
use vestry::declare::Environment;
use vestry::local::lambda::{
    Answer, Extension, FailureKind, Function, Reason, Report, Sandbox, Source, Stream, What,
};
use vestry::local::stores::{Emulator, Failure, Fault, Store};

/// What no output may contain.
const CANARY: &str = "c4n4ry-5up3r-s3cret";

/// Three parameters and three secrets, all with the canary.
fn store() -> Store {
    let names = ["a", "b", "c"];
    let store = names.iter().fold(Store::default(), |store, name| store.secure(&format!("/{name}"), CANARY));
    names.iter().fold(store, |store, name| store.secret(name, CANARY))
}

/// A run: its stores, its function, its directory.
struct Stage {
    stores: Emulator,
    function: Function,
    directory: TempDir,
}

impl Stage {
    fn new(name: &str, faults: Vec<Fault>, declared: &[(&str, &str)]) -> Self {
        let stores = Emulator::start(store(), faults).unwrap();
        let directory = TempDir::new(name);
        let mut function = Function::new([PathBuf::from("python3"), support::file("function.py")]);
        function.variables = declared.iter().copied().collect::<Environment>();
        for (name, value) in [
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("AWS_ENDPOINT_URL", &stores.endpoint()),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_LAMBDA_EXEC_WRAPPER", env!("CARGO_BIN_EXE_vestry-exec")),
            ("VESTRY_RUN_DIR", directory.path().join("run").to_str().unwrap()),
        ] {
            function.variables.set(name, value);
        }
        function.extensions = vec![Extension::new(env!("CARGO_BIN_EXE_vestry-extension"))];
        function.timeout = Duration::from_secs(10);
        Self { stores, function, directory }
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.function.variables.set(name, value);
        self
    }

    /// INIT and the end.
    async fn init(&self) -> (Option<vestry::local::lambda::Failure>, Report) {
        let mut sandbox = Sandbox::new(self.function.clone()).unwrap();
        let failure = sandbox.init().await.err();
        let report = sandbox.shut_down(Reason::Spindown).await;
        assert!(!report.output().contains(CANARY), "a value was printed: {}", report.output());
        (failure, report)
    }

    /// An INIT that has to succeed, and its INIT line.
    async fn ready(&self) -> (Value, Report) {
        let (failure, report) = self.init().await;
        assert_eq!(failure, None, "{}", report.output());
        (report.log_of("init").pop().expect("the INIT line"), report)
    }

    /// An INIT that has to be refused: the error type, and what is said of each variable.
    async fn refused(&self) -> (String, Vec<(String, String)>) {
        let (failure, report) = self.init().await;
        let failure = failure.expect("a refusal");
        assert_eq!(failure.kind, FailureKind::Reported, "{}", report.output());
        assert_eq!(report.function_output(Stream::Stdout), Vec::<&str>::new(), "the function started");
        let init = report.log_of("init").pop().expect("the INIT line");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let problems = init["problems"].as_array().unwrap().iter();
        let problems =
            problems.map(|p| (text(&p["variable"]), format!("{}; {}", text(&p["why"]), text(&p["advice"]))));
        (failure.error_type.unwrap_or_default(), problems.collect())
    }
}

const PARAMETERS: [(&str, &str); 3] = [("A", "ssm:/a"), ("B", "ssm:/b"), ("C", "ssm:/c")];
const SECRETS: [(&str, &str); 3] =
    [("A", "secretsmanager:a"), ("B", "secretsmanager:b"), ("C", "secretsmanager:c")];

#[tokio::test]
async fn what_passes_is_tried_again() {
    for (name, failure) in
        [("throttled", Failure::Throttled), ("error", Failure::ServerError), ("reset", Failure::Reset)]
    {
        let faults = vec![Fault::new(failure).times(2)];
        let stage = Stage::new(name, faults, &PARAMETERS);
        stage.ready().await;
        assert_eq!(stage.stores.calls().count("GetParameters"), 3, "{name}");
    }
}

#[tokio::test]
async fn slow_is_not_failed() {
    let faults = vec![Fault::new(Failure::Slow(Duration::from_millis(300)))];
    let (init, _) = Stage::new("slow", faults, &PARAMETERS).ready().await;
    assert_eq!(init["calls"]["retries"], 0);
}

#[tokio::test]
async fn what_does_not_pass_is_unavailable_before_the_deadline_by_name() {
    for (name, failure) in [
        ("throttled-on", Failure::Throttled),
        ("error-on", Failure::ServerError),
        ("reset-on", Failure::Reset),
        ("slow-on", Failure::Slow(Duration::from_secs(30))),
    ] {
        let faults = vec![Fault::new(failure).name("/*")];
        let stage = Stage::new(name, faults, &PARAMETERS[..2]).set("VESTRY_DEADLINE_MS", "700");
        let stage = stage.set("S", "secretsmanager:a");
        let (error_type, problems) = stage.refused().await;
        assert_eq!(error_type, "Vestry.Unavailable", "{name}: {problems:?}");
        let variables: Vec<_> = problems.iter().map(|(variable, _)| variable.as_str()).collect();
        assert_eq!(variables, ["A", "B"], "{name}: {problems:?}");
    }
}

#[tokio::test]
async fn exactly_the_denied_parameters_are_named() {
    let faults = vec![Fault::new(Failure::Denied).name("/b")];
    let (error_type, problems) = Stage::new("denied", faults, &PARAMETERS).refused().await;
    assert_eq!(error_type, "Vestry.AccessDenied");
    let [(variable, text)] = problems.as_slice() else { panic!("one problem: {problems:?}") };
    assert_eq!(variable, "B");
    for expected in ["ssm:GetParameters", ":parameter/b"] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}

#[tokio::test]
async fn the_entries_of_a_batch_fail_by_themselves() {
    let faults = vec![Fault::new(Failure::KmsDenied).name("b"), Fault::new(Failure::Denied).name("c")];
    let (error_type, problems) = Stage::new("partial", faults, &SECRETS).refused().await;
    assert_eq!(error_type, "Vestry.AccessDenied");
    let of =
        |name: &str| problems.iter().find(|(variable, _)| variable == name).map(|(_, text)| text.as_str());
    assert!(of("A").is_none() && of("B").unwrap().contains("kms:Decrypt"), "{problems:?}");
    assert!(of("C").unwrap().contains("secretsmanager:GetSecretValue"), "{problems:?}");
}

#[tokio::test]
async fn a_denied_batch_is_asked_one_by_one_with_one_warning() {
    let stage = Stage::new("batch", vec![Fault::new(Failure::BatchDenied)], &SECRETS);
    let (_, report) = stage.ready().await;
    let warnings = report.log_of("warning");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0]["message"].as_str().unwrap().contains("secretsmanager:BatchGetSecretValue"));
    assert_eq!(stage.stores.calls().count("GetSecretValue"), 3);
}

#[tokio::test]
async fn a_store_that_says_nothing_of_a_name_is_not_believed() {
    let faults = vec![Fault::new(Failure::Omitted).name("/b")];
    let stage = Stage::new("omitted", faults, &PARAMETERS).set("VESTRY_DEADLINE_MS", "700");
    let (error_type, problems) = stage.refused().await;
    assert_eq!((error_type.as_str(), problems.len()), ("Vestry.Unavailable", 1), "{problems:?}");
    assert_eq!(problems[0].0, "B");
}

#[tokio::test]
async fn half_an_answer_is_none() {
    for declared in [PARAMETERS, SECRETS] {
        let faults = vec![Fault::new(Failure::Malformed)];
        let stage = Stage::new(&format!("malformed-{}", &declared[0].1[..3]), faults, &declared);
        let (error_type, problems) = stage.set("VESTRY_DEADLINE_MS", "700").refused().await;
        assert_eq!((error_type.as_str(), problems.len()), ("Vestry.Unavailable", 3), "{problems:?}");
        assert!(problems.iter().all(|(_, text)| text.contains("malformed answer")), "{problems:?}");
    }
}

#[tokio::test]
async fn expired_credentials_are_denied_and_not_tried_again() {
    let stage = Stage::new("expired", vec![Fault::new(Failure::Expired)], &PARAMETERS);
    assert_eq!(stage.refused().await.0, "Vestry.AccessDenied");
}

#[tokio::test]
async fn pages_may_be_empty_but_not_endless() {
    let faults = vec![Fault::new(Failure::EmptyPage).times(1)];
    let (init, _) = Stage::new("empty-page", faults, &[("T", "ssm:/*")]).ready().await;
    assert_eq!(init["variables"], 3);
    let faults = vec![Fault::new(Failure::RepeatedToken)];
    let stage = Stage::new("loop", faults, &[("T", "ssm:/*")]).set("VESTRY_DEADLINE_MS", "700");
    assert_eq!(stage.refused().await.0, "Vestry.Unavailable");
}

#[tokio::test]
async fn a_second_init_replaces_what_the_first_one_left() {
    // The first INIT delivers and then hangs in the function's own start; it is killed without a SHUTDOWN's time.
    let mut stage = Stage::new("second", vec![], &PARAMETERS).set("VESTRY_DELIVERY", "file");
    let marker = stage.directory.path().join("marker").display().to_string();
    let hang_once = format!("[ -e {marker} ] || {{ touch {marker}; exec sleep 60; }}; exec \"$@\"");
    let runtime = ["sh", "-c", &hang_once, "sh", "python3"].map(Into::into);
    stage.function.runtime =
        runtime.into_iter().chain([support::file("function.py").into_os_string()]).collect();
    stage.function.variables.remove("AWS_LAMBDA_EXEC_WRAPPER");
    stage.function.init_limit = Duration::from_millis(1500);
    stage.function.shutdown_limit = Duration::ZERO;

    let file = stage.directory.path().join("run/env");
    let mut sandbox = Sandbox::new(stage.function.clone()).unwrap();
    let failure = sandbox.init().await.unwrap_err();
    assert_eq!((failure.kind, failure.source), (FailureKind::TimedOut, Source::Runtime));
    assert!(file.exists(), "the first attempt left its file");
    let invocation = sandbox.invoke("{}").await;
    assert!(matches!(invocation.answer, Answer::Response(_)), "{:?}", invocation.answer);
    assert_eq!(std::fs::read_to_string(&file).unwrap().matches(CANARY).count(), 3);
    let report = sandbox.shut_down(Reason::Spindown).await;
    assert_eq!(report.inits.iter().map(|init| init.suppressed).collect::<Vec<_>>(), [false, true]);
    assert!(!report.output().contains(CANARY));
}

#[tokio::test]
async fn nothing_is_left_after_shutdown() {
    let stage = Stage::new("shutdown", vec![], &PARAMETERS).set("VESTRY_DELIVERY", "file");
    let mut function = stage.function.clone();
    function.variables.remove("AWS_LAMBDA_EXEC_WRAPPER");
    let mut sandbox = Sandbox::new(function).unwrap();
    sandbox.init().await.unwrap();
    assert!(stage.directory.path().join("run/env").exists());
    let report = sandbox.shut_down(Reason::Spindown).await;
    assert_eq!(std::fs::read_dir(stage.directory.path()).unwrap().count(), 0, "something was left");
    assert_eq!(report.log_of("shutdown")[0]["reason"], "SPINDOWN");
    assert_eq!(report.shutdown.unwrap().killed, []);
}

#[tokio::test]
async fn the_extension_registers_for_shutdown_alone_and_after_its_values_are_there() {
    let stage = Stage::new("order", vec![], &PARAMETERS);
    let (_, report) = stage.ready().await;
    let registered = report.moments.iter().find_map(|moment| match &moment.what {
        What::Registered { name, events } => Some((moment.at, name.clone(), events.clone())),
        _ => None,
    });
    let (at, name, events) = registered.expect("a registration");
    assert_eq!((name.as_str(), events), ("vestry-extension", vec!["SHUTDOWN".to_string()]));
    let runtime = report
        .moments
        .iter()
        .find(|moment| matches!(&moment.what, What::Started { source: Source::Runtime, .. }));
    assert!(runtime.expect("the runtime").at >= at);
    assert_eq!(stage.stores.calls().count("GetParameters"), 1, "three names are one batch");
    let variables: Value = serde_json::from_str(report.function_output(Stream::Stdout)[0]).unwrap();
    let seen = |name: &str| variables["variables"].as_array().unwrap().contains(&json!(name));
    assert!(seen("A") && seen("B") && seen("C") && !seen("VESTRY_RUN_DIR"));
}
