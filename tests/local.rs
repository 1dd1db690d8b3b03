//! `vestry` itself: local, exec and emulate, from the outside.

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use support::TempDir;
use support::vestry::{CANARY, VESTRY, run, vestry};
use vestry::local::stores::{Emulator, StoreFile};

const STORE: &str = r#"
    [parameters]
    "/prod/password" = "c4n4ry-5up3r-s3cret"
    [secrets."prod/stripe"]
    value = { key = "c4n4ry-5up3r-s3cret", port = 5432 }
"#;

fn project(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}

fn function() -> String {
    support::file("function.py").display().to_string()
}

/// A function whose answer is what a shell says of its environment, run as a runtime.
fn probe(directory: &TempDir, python: &str) -> String {
    let code = format!(
        "import json, os, urllib.request\n\
         API = 'http://%s/2018-06-01/runtime/invocation/' % os.environ['AWS_LAMBDA_RUNTIME_API']\n\
         while True:\n\
         \x20   with urllib.request.urlopen(API + 'next') as answer:\n\
         \x20       request = answer.headers['Lambda-Runtime-Aws-Request-Id']\n\
         \x20   result = {python}\n\
         \x20   urllib.request.urlopen(API + request + '/response', json.dumps(result).encode())\n"
    );
    directory.write("probe.py", &code).display().to_string()
}

/// A place for run directories that only this test looks into.
struct Tmp(TempDir);

impl Tmp {
    fn new(name: &str) -> Self {
        Self(TempDir::new(name))
    }

    fn variable(&self) -> (&str, &str) {
        ("TMPDIR", self.0.path().to_str().expect("UTF-8"))
    }

    fn entries(&self) -> usize {
        std::fs::read_dir(self.0.path()).expect("the directory").count()
    }
}

#[test]
fn a_function_gets_its_values_and_answers() {
    let directory = TempDir::new("local-ok");
    let store = directory.write("store.toml", STORE).display().to_string();
    let python = format!(
        "{{'same': os.environ['A'] == os.environ['STRIPE_KEY'] == {CANARY:?}, 'port': os.environ['STRIPE_PORT'], \
         'vestry': [n for n in os.environ if n.startswith('VESTRY_')]}}"
    );
    let probe = probe(&directory, &python);
    let mut command = vestry(
        &["local", "--json", "--store", &store, "--", "python3", &probe],
        &[("A", "ssm:/prod/password"), ("VESTRY_SECRETS", "STRIPE=prod/stripe#*")],
    );
    let ended = run(&mut command);
    ended.has_no_value();
    let document = ended.document();
    assert_eq!((ended.code, &document["exit_code"]), (0, &json!(0)), "{document:#}");
    assert_eq!(document["init"]["outcome"], "ready");
    let answer = &document["invocations"][0]["answer"];
    assert_eq!(
        (&answer["same"], &answer["port"], &answer["vestry"]),
        (&json!(true), &json!("5432"), &json!([]))
    );
    let actions: Vec<_> =
        document["calls"].as_array().unwrap().iter().map(|call| call["action"].clone()).collect();
    assert_eq!(actions.len(), 2, "{actions:?}");
    assert!(actions.contains(&json!("GetParameters")) && actions.contains(&json!("BatchGetSecretValue")));
    let events: Vec<_> =
        document["log"].as_array().unwrap().iter().map(|line| line["event"].clone()).collect();
    for event in ["init", "delivered", "shutdown"] {
        assert!(events.contains(&json!(event)), "{event}: {events:?}");
    }
    assert_eq!(document["shutdown"]["killed"], json!([]));
}

#[test]
fn without_a_store_aws_is_asked_with_the_credentials_of_a_profile() {
    let directory = TempDir::new("local-profile");
    let StoreFile { store, faults } = StoreFile::parse(STORE).unwrap();
    let aws = Emulator::start(store, faults).unwrap();
    let config = directory.write("config", "[profile dev]\nregion = eu-west-1\n");
    let keys = "[dev]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = s\naws_session_token = t\n";
    let credentials = directory.write("credentials", keys);
    let probe = probe(&directory, "[os.environ[n] for n in ('AWS_ACCESS_KEY_ID', 'AWS_REGION')]");
    let variables = [
        ("A", "ssm:/prod/password"),
        ("AWS_PROFILE", "dev"),
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.to_str().unwrap()),
        ("AWS_ENDPOINT_URL", &aws.endpoint()),
    ];
    let ended = run(&mut vestry(&["local", "--json", "--", "python3", &probe], &variables));
    let document = ended.document();
    let answer = &document["invocations"][0]["answer"];
    assert_eq!((ended.code, answer), (0, &json!(["AKIDPROFILE", "eu-west-1"])), "{document:#}");
    let executed = run(&mut vestry(&["exec", "--", "sh", "-c", "echo $AWS_PROFILE"], &variables));
    assert_eq!((executed.code, executed.stdout.as_str()), (0, "dev\n"), "{}", executed.stderr);
    let calls = aws.calls();
    assert_eq!(calls.0.len(), 2);
    for call in calls.0 {
        assert_eq!(
            (call.access_key_id.as_deref(), call.region.as_deref()),
            (Some("AKIDPROFILE"), Some("eu-west-1"))
        );
        assert!(call.signed_with_session_token);
    }
}

#[test]
fn a_profile_that_is_none_is_named_with_its_cause() {
    let directory = TempDir::new("local-no-profile");
    let config = directory.write("config", "[profile dev]\nregion = eu-west-1\n");
    let variables = [
        ("A", "ssm:/prod/password"),
        ("AWS_PROFILE", "nosuch"),
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    for command in ["local", "exec"] {
        let ended = run(&mut vestry(&[command, "--", "true"], &variables));
        assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
        let said = "no AWS credentials with AWS_PROFILE=nosuch";
        assert_eq!(ended.stderr.matches(said).count(), 1, "{}", ended.stderr);
        assert!(ended.stderr.contains("no such profile"), "{}", ended.stderr);
    }
}

#[test]
fn the_timeline_is_plain_text_where_no_terminal_is() {
    let directory = TempDir::new("local-timeline");
    let store = directory.write("store.toml", STORE).display().to_string();
    let event = directory.write("event.json", r#"{"n": 7}"#).display().to_string();
    let tmp = Tmp::new("local-timeline-tmp");
    let variables = [("A", "ssm:/prod/password"), tmp.variable()];
    let ended = run(&mut vestry(
        &["local", "--store", &store, "--event", &event, "--event", &event, "--", "python3", &function()],
        &variables,
    ));
    ended.has_no_value();
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    for expected in [
        "INIT  ready after",
        "1 declaration",
        "1 call to SSM",
        "1 variable by socket",
        "┆ event {\"n\": 7}",
        "→ {\"got\": {\"n\": 7}}",
        "SHUTDOWN SPINDOWN",
    ] {
        assert!(ended.stdout.contains(expected), "{expected} in {}", ended.stdout);
    }
    assert_eq!(ended.stdout.matches("\nINVOKE ").count(), 2);
    assert!(!ended.stdout.contains('\x1b'), "no colour in a pipe");
    assert_eq!(tmp.entries(), 0, "something was left behind");
}

#[test]
fn a_refused_init_says_why_and_the_function_never_starts() {
    let directory = TempDir::new("local-refused");
    let store = directory.write("store.toml", STORE).display().to_string();
    let tmp = Tmp::new("local-refused-tmp");
    let marker = directory.path().join("started").display().to_string();
    let ended = run(&mut vestry(
        &[
            "local",
            "--store",
            &store,
            "--",
            "sh",
            "-c",
            &format!("touch {marker}; exec python3 {}", function()),
        ],
        &[
            ("A", "ssm:/prod/password"),
            ("B", "ssm:/prod/none"),
            ("C", "secretsmanager:prod/none"),
            tmp.variable(),
        ],
    ));
    ended.has_no_value();
    assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
    for expected in ["INIT  refused", "Vestry.NotFound", "B  ssm:/prod/none", "C  secretsmanager:prod/none"] {
        assert!(ended.stdout.contains(expected), "{expected} in {}", ended.stdout);
    }
    assert!(!Path::new(&marker).exists(), "the function started");
    assert_eq!(tmp.entries(), 0, "something was left behind");
}

#[test]
fn a_policy_refuses_with_its_message() {
    let directory = TempDir::new("local-policy");
    let store = directory.write("store.toml", STORE).display().to_string();
    let rule = "package vestry.declare.none\ndeny contains {\"msg\": \"never\", \"id\": \"n-1\"} if input.stage == \"declare\"\n";
    directory.write("none.rego", rule);
    let policy = directory.path().display().to_string();
    let arguments = ["local", "--json", "--store", &store, "--policy", &policy, "--", "python3", &function()];
    let ended = run(&mut vestry(&arguments, &[("A", "ssm:/prod/password")]));
    let document = ended.document();
    assert_eq!((ended.code, &document["init"]["failure"]["error_type"]), (3, &json!("Vestry.PolicyDenied")));
    assert!(document["init"]["failure"]["message"].as_str().unwrap().contains("never"));
    assert_eq!(document["calls"], json!([]), "a denied secret is never asked for");
    let both = run(&mut vestry(&arguments, &[("VESTRY_POLICY", "/somewhere")]));
    assert_eq!(both.code, 2);
    assert!(both.stderr.contains("--policy and VESTRY_POLICY are both set"), "{}", both.stderr);
}

#[test]
fn the_timeline_tells_what_policies_do_and_where_values_wait() {
    let directory = TempDir::new("local-told");
    let store = directory.write("store.toml", STORE).display().to_string();
    let rule = "package vestry.declare.none\n\
                deny contains \"never\" if print(\"looked\")\n\
                exception contains [\"\"]\n";
    directory.write("none.rego", rule);
    directory.write("old.Rego", rule);
    let policy = directory.path().display().to_string();
    let arguments = ["local", "--store", &store, "--policy", &policy, "--", "python3", &function()];
    let variables = [("A", "ssm:/prod/password"), ("VESTRY_LOG", "debug"), ("VESTRY_SOCKET_READERS", "2")];
    let ended = run(&mut vestry(&arguments, &variables));
    ended.has_no_value();
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    for expected in [
        "allowed (1 rule)",
        "! exception to vestry.declare.none.deny: never",
        "old.Rego is ignored; rename it",
        "looked",
        "! 1 of 2 readers took the values",
    ] {
        assert!(ended.stdout.contains(expected), "{expected} in {}", ended.stdout);
    }
    let arguments = ["local", "--store", &store, "--", "python3", &function()];
    let file = directory.path().join("values").display().to_string();
    let variables = [("A", "ssm:/prod/password"), ("VESTRY_DELIVERY", "file"), ("VESTRY_FILE", &file)];
    let ended = run(&mut vestry(&arguments, &variables));
    assert!(ended.stdout.contains(&format!("1 variable by file, {file}\n")), "{}", ended.stdout);
    let nothing = run(&mut vestry(&arguments, &[]));
    assert!(nothing.stdout.contains("nothing to deliver"), "{}", nothing.stdout);
}

#[test]
fn a_failing_function_is_told_apart_from_a_refused_init() {
    let directory = TempDir::new("local-failing");
    let module =
        &["local", "--", "python3", &project("examples/python/runtime.py"), "no_such_module.handler"];
    let ended = run(&mut vestry(module, &[]));
    assert_eq!(ended.code, 4);
    for expected in
        ["Traceback", "The function failed to start: Function.ModuleNotFoundError", "No module named"]
    {
        assert!(ended.stdout.contains(expected), "{expected} in {}", ended.stdout);
    }
    for (event, mode) in
        [(r#"{"do": "error"}"#, ""), (r#"{"do": "crash"}"#, ""), ("{}", "exit"), ("{}", "init-error")]
    {
        let event = directory.write("event.json", event).display().to_string();
        let ended = run(&mut vestry(
            &[
                "local",
                "--store",
                &project("examples/python/store.toml"),
                "--event",
                &event,
                "--",
                "python3",
                &function(),
            ],
            &[("FUNCTION", mode)],
        ));
        assert_eq!(ended.code, 4, "{event} {mode}: {}{}", ended.stdout, ended.stderr);
    }
}

#[test]
fn an_answer_that_ends_the_sandbox_is_told_before_the_shutdown() {
    let directory = TempDir::new("local-timeout");
    let store = directory.write("store.toml", STORE).display().to_string();
    let sleep = directory.write("sleep.json", r#"{"do": "sleep"}"#).display().to_string();
    let crash = directory.write("crash.json", r#"{"do": "crash"}"#).display().to_string();
    let arguments = ["local", "--store", &store, "--timeout", "1", "--event", &sleep, "--event", &crash];
    let function = function();
    let command = [&arguments[..], &["--", "python3", &function]].concat();
    let ended = run(&mut vestry(&command, &[("A", "ssm:/prod/password")]));
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    let order: Vec<_> = ended
        .stdout
        .lines()
        .filter_map(|line| {
            ["INIT  ready", "INVOKE", "✗", "SHUTDOWN"].into_iter().find(|mark| line.trim().starts_with(mark))
        })
        .collect();
    let expected = ["INIT  ready", "INVOKE", "✗", "SHUTDOWN", "INVOKE", "INIT  ready", "✗", "SHUTDOWN"];
    assert_eq!(order, expected, "{}", ended.stdout);
}

#[test]
fn a_handler_in_the_place_of_a_runtime_is_told_what_a_runtime_is() {
    let ended = run(&mut vestry(&["local", "--", "true"], &[]));
    assert_eq!(ended.code, 4, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("CMD must be a runtime that asks for events"), "{}", ended.stdout);
    let failed = run(&mut vestry(&["local", "--", "false"], &[]));
    assert!(!failed.stdout.contains("CMD must be a runtime"), "{}", failed.stdout);
}

#[test]
fn the_file_delivery_runs_the_command_without_the_wrapper() {
    let directory = TempDir::new("local-file");
    let store = directory.write("store.toml", STORE).display().to_string();
    let python =
        format!("open(os.environ['VESTRY_RUN_DIR'] + '/env').read() == 'A=\\'' + {CANARY:?} + '\\'\\n'");
    let probe =
        probe(&directory, &format!("[{python}, os.environ['A'], os.environ.get('AWS_LAMBDA_EXEC_WRAPPER')]"));
    let ended = run(&mut vestry(
        &["local", "--json", "--store", &store, "--", "python3", &probe],
        &[("A", "ssm:/prod/password"), ("VESTRY_DELIVERY", "file")],
    ));
    let document = ended.document();
    let answer = &document["invocations"][0]["answer"];
    assert_eq!((&answer[1], &answer[2]), (&json!("ssm:/prod/password"), &Value::Null), "{document:#}");
    ended.has_no_value();
}

#[test]
fn failures_of_a_store_file_are_played() {
    let directory = TempDir::new("local-faults");
    let faults = "\n[[faults]]\nfailure = \"throttled\"\naction = \"GetParameters\"\ntimes = 2\n";
    let store = directory.write("store.toml", &format!("{STORE}{faults}")).display().to_string();
    let ended = run(&mut vestry(
        &["local", "--json", "--store", &store, "--", "python3", &function()],
        &[("A", "ssm:/prod/password")],
    ));
    let document = ended.document();
    let init = document["log"].as_array().unwrap().iter().find(|line| line["event"] == "init").unwrap();
    assert_eq!((ended.code, &init["calls"]["retries"]), (0, &json!(2)));
}

#[test]
fn what_cannot_be_used_is_a_usage_error_without_a_value() {
    let directory = TempDir::new("local-usage");
    let broken =
        directory.write("broken.toml", &format!("[parameters]\n\"/a\" = {{ vlaue = \"{CANARY}\" }}\n"));
    let broken = broken.display().to_string();
    let no_json = directory.write("event.json", CANARY).display().to_string();
    let good = project("examples/python/store.toml");
    for (arguments, expected) in [
        (vec!["local", "--store", "/none.toml", "--", "true"], "cannot read /none.toml: no such file\n"),
        (vec!["exec", "true"], "tip: put -- before the command"),
        (vec!["local", "--store", &good, "python3", "-m", "x"], "tip: put -- before the command"),
        (vec!["local", "--store", &broken, "--", "true"], "line 2: unknown key"),
        (vec!["local", "--store", &good, "--event", &no_json, "--", "true"], "is not JSON"),
        (vec!["local", "--store", &good, "--policy", "/none", "--", "true"], "policy directory /none"),
        (vec!["local", "--store", &good], "CMD"),
        (vec!["exec", "--store", "/none.toml", "--", "true"], "cannot read /none.toml"),
        (vec!["emulate", "--store", &broken], "line 2: unknown key"),
        (vec!["nonsense"], "nonsense"),
    ] {
        let ended = run(&mut vestry(&arguments, &[]));
        assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(expected), "{expected} in {}", ended.stderr);
        ended.has_no_value();
    }
}

#[test]
fn it_says_which_program_is_not_beside_it() {
    let directory = TempDir::new("local-alone");
    let alone = directory.path().join("vestry");
    std::fs::copy(VESTRY, &alone).unwrap();
    let output = Command::new(&alone).env_clear().args(["local", "--", "true"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("vestry-extension is not in"));
}

#[test]
fn help_tells_exit_codes_and_shows_examples() {
    for command in ["local", "exec", "emulate"] {
        let ended = run(&mut vestry(&[command, "--help"], &[]));
        assert_eq!(ended.code, 0);
        assert!(ended.stdout.contains("Example") && ended.stdout.contains("vestry "), "{}", ended.stdout);
    }
    assert!(run(&mut vestry(&["local", "--help"], &[])).stdout.contains("3  INIT was refused"));
}

#[test]
fn exec_becomes_the_command_with_the_values() {
    let directory = TempDir::new("exec-ok");
    let store = directory.write("store.toml", STORE).display().to_string();
    let script = format!(
        "[ \"$A\" = {CANARY} ] && [ \"$STRIPE\" = {CANARY} ] || exit 9; env | grep -c '^VESTRY_\\|^AWS_'; \
         echo \"pid $$\"; exit 42"
    );
    let mut child = vestry(
        &["exec", "--store", &store, "--", "sh", "-c", &script],
        &[("A", "ssm:/prod/password"), ("VESTRY_SECRETS", "STRIPE=prod/stripe#key"), ("VESTRY_LOG", "error")],
    )
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let lines: Vec<_> = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap).collect();
    let pid = child.id();
    assert_eq!(child.wait().unwrap().code(), Some(42));
    // The embedded store is gone by now, so nothing may point to it; and the process is still the same.
    assert_eq!(lines, ["0".to_string(), format!("pid {pid}")]);
}

#[test]
fn exec_starts_nothing_that_is_not_whole() {
    let directory = TempDir::new("exec-refused");
    let store = directory.write("store.toml", STORE).display().to_string();
    let refused = run(&mut vestry(
        &["exec", "--store", &store, "--", "echo", "started"],
        &[("A", "ssm:/prod/password"), ("B", "ssm:/prod/none")],
    ));
    refused.has_no_value();
    assert_eq!((refused.code, refused.stdout.as_str()), (3, ""));
    assert!(refused.stderr.contains("Vestry.NotFound: B (ssm:/prod/none)"), "{}", refused.stderr);
    for (command, code) in [("/none/such", 127), ("/etc/passwd", 126)] {
        let ended = run(&mut vestry(&["exec", "--store", &store, "--", command], &[]));
        assert_eq!(ended.code, code, "{}", ended.stderr);
    }
}

/// On a terminal of its own: everything it shows there.
fn on_a_terminal(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = Command::new("python3")
        .args(["-c", "import pty, sys; pty.spawn(sys.argv[1:])", VESTRY])
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("python3 runs");
    String::from_utf8(output.stdout).expect("UTF-8").replace('\r', "")
}

#[test]
fn exec_says_to_a_person_only_what_there_is_to_act_on() {
    let directory = TempDir::new("exec-terminal");
    let store = directory.write("store.toml", STORE).display().to_string();
    directory.write("warn.rego", "package vestry.declare.w\nwarn contains \"mind\\nthis\"\n");
    let echo = ["exec", "--store", &store, "--", "echo", "done"];
    let good = ("A", "ssm:/prod/password");
    assert_eq!(on_a_terminal(&echo, &[good]), "done\n");
    let policy = directory.path().display().to_string();
    let warned =
        on_a_terminal(&echo, &[good, ("VESTRY_POLICY", policy.as_str()), ("VESTRY_DELIVERY", "file")]);
    let unused = "vestry: VESTRY_DELIVERY=file is not used: exec puts the values into CMD's environment";
    assert_eq!(warned, format!("vestry: mind this\n{unused}\ndone\n"));
    let refused = on_a_terminal(&echo, &[("B", "ssm:/prod/none")]);
    assert!(refused.starts_with("vestry: Vestry.NotFound: B (ssm:/prod/none)"), "{refused}");
    let asked = on_a_terminal(&echo, &[good, ("VESTRY_LOG", "info")]);
    assert!(asked.starts_with('{') && asked.ends_with("done\n"), "{asked}");
    let piped = run(&mut vestry(&echo, &[good]));
    assert!(piped.stderr.starts_with('{'), "{}", piped.stderr);
}

#[test]
fn emulate_serves_until_it_is_told_to_stop() {
    let directory = TempDir::new("emulate");
    let store = directory.write("store.toml", STORE).display().to_string();
    let mut child = vestry(&["emulate", "--store", &store], &[]).stdout(Stdio::piped()).spawn().unwrap();
    let mut endpoint = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut endpoint).unwrap();
    let port = endpoint.trim().rsplit_once(':').unwrap().1.parse().unwrap();
    let body = json!({"SecretId": "prod/stripe"});
    let answer = support::call(port, "secretsmanager.GetSecretValue", &body).unwrap();
    assert_eq!(answer.json()["Name"], "prod/stripe");
    let kill = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(kill.success() && child.wait().unwrap().success());
}

#[test]
fn the_demo_holds() {
    let output = Command::new("sh")
        .arg(project("examples/python/demo.sh"))
        .env_clear()
        .envs([("PATH", "/usr/local/bin:/usr/bin:/bin"), ("VESTRY", VESTRY)])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn an_interrupted_run_leaves_nothing() {
    for signal in ["-INT", "-TERM", "-HUP", "-QUIT"] {
        is_ended_by(signal);
    }
}

fn is_ended_by(signal: &str) {
    let directory = TempDir::new("interrupted");
    let store = directory.write("store.toml", STORE).display().to_string();
    let event = directory.write("event.json", r#"{"do": "sleep"}"#).display().to_string();
    let tmp = Tmp::new("interrupted-tmp");
    let mut child = vestry(
        &["local", "--store", &store, "--event", &event, "--", "python3", &function()],
        &[("A", "ssm:/prod/password"), tmp.variable()],
    )
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.by_ref().any(|line| line.starts_with("INVOKE")));
    assert_eq!(tmp.entries(), 1, "a run directory while it runs");
    Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    let rest: Vec<_> = lines.collect();
    assert!(rest.iter().any(|line| line.starts_with("SHUTDOWN")), "{signal}: {rest:?}");
    assert_eq!((child.wait().unwrap().code(), tmp.entries()), (Some(130), 0));
}
