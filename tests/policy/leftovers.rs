//! The process that evaluates, seen from outside while it does and once it should be gone.

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::{Dir, EVALUATOR, allows};

/// One call that looks at no clock, and takes minutes: as many paths as eleven nodes can be ordered.
const ENDLESS: &str = "package vestry.declare\nr := numbers.range(1, 11)\ngraph := {a: r | some a in r}\n\
                       deny contains \"no\" if count(graph.reachable_paths(graph, r)) == 0\n";
const CANARY: &str = "canary-in-the-environment";

fn exec(policy: &Dir, script: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestry"));
    command.args(["exec", "--", "/bin/sh", "-c", script]).env_clear();
    command.env("VESTRY_POLICY", policy.path()).env("VESTRY_POLICY_MEMORY_MB", "1024").env("CANARY", CANARY);
    command.envs([("VESTRY_POLICY_TIMEOUT_MS", "60000"), ("VESTRY_DEADLINE_MS", "60000")]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// `vestry exec` in the middle of a rule, and the process that evaluates it.
struct Evaluating {
    parent: Child,
    child: i32,
}

impl Evaluating {
    fn start(policy: &Dir) -> Self {
        let mut parent = exec(policy, "echo started").spawn().unwrap();
        let child = wait_for(|| {
            assert!(parent.try_wait().unwrap().is_none(), "it ended before it was looked at");
            let pid = children(parent.id()).first().copied()?;
            // Limited, and so past its start.
            let limits = fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
            let stack = limits.lines().find(|line| line.starts_with("Max stack size"))?;
            stack.contains("67108864             67108864").then_some(pid)
        });
        Self { parent, child }
    }

    fn kill_child(&self) {
        kill_process(Pid::from_raw(self.child).unwrap(), Signal::KILL).unwrap();
    }
}

fn children(pid: u32) -> Vec<i32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

#[track_caller]
fn wait_for<T>(mut what: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(30) {
        if let Some(found) = what() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it does not come");
}

/// Gone, or dead and not yet collected by whoever inherited it.
fn is_dead(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "))
}

#[test]
fn nothing_runs_beside_the_function_and_nothing_dead_is_left_to_it() {
    // The command is the very process that asked: what it started and did not wait for would be the command's.
    let script = "read children < /proc/$$/task/$$/children; echo \"[$children]\"";
    let Output { stdout, stderr, status } =
        exec(&Dir::new(&[("a.rego", &allows("vestry.declare"))]), script).output().unwrap();
    let log = String::from_utf8_lossy(&stderr);
    assert!(status.success() && log.contains("\"event\":\"decision\""), "{log}");
    assert_eq!(String::from_utf8_lossy(&stdout), "[]\n");
}

#[test]
fn a_process_killed_from_outside_refuses_and_names_the_rule() {
    let policy = Dir::new(&[("a.rego", ENDLESS)]);
    let running = Evaluating::start(&policy);
    // The rule is what it is at by now, or soon.
    std::thread::sleep(Duration::from_millis(300));
    running.kill_child();
    let output = running.parent.wait_with_output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(3), &b""[..]), "{log}");
    assert!(log.contains("had its process killed from outside (signal 9) "), "{log}");
    assert!(log.contains(&policy.path().display().to_string()), "{log}");
}

#[test]
fn it_has_no_environment_and_nothing_in_its_command_line() {
    let policy = Dir::new(&[("a.rego", ENDLESS)]);
    let mut running = Evaluating::start(&policy);
    let read = |what: &str| fs::read(format!("/proc/{}/{what}", running.child));
    let line = String::from_utf8(read("cmdline").unwrap()).unwrap();
    assert_eq!(line.split('\0').skip(1).collect::<Vec<_>>(), ["--evaluate-policy-for-parent", ""]);
    // What is hardened can be read by root alone, which tests are not everywhere.
    if let Ok(environment) = read("environ") {
        assert_eq!(environment, b"");
    }
    let limits = String::from_utf8(read("limits").unwrap()).unwrap();
    for (limit, bound) in [("Max core file size", "0"), ("Max open files", "64"), ("Max file size", "65536")]
    {
        let line = limits.lines().find_map(|line| line.strip_prefix(limit)).unwrap();
        assert_eq!(line.split_whitespace().take(2).collect::<Vec<_>>(), [bound, bound], "{limit}");
    }
    assert!(
        !limits.lines().any(|l| l.starts_with("Max address space") && l.contains("unlimited")),
        "{limits}"
    );
    running.kill_child();
    let mut log = String::new();
    running.parent.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    running.parent.wait().unwrap();
    assert!(!log.contains(CANARY), "{log}");
}

#[test]
fn it_ends_with_the_process_that_asked_also_in_the_middle_of_a_rule() {
    let policy = Dir::new(&[("a.rego", ENDLESS)]);
    let mut running = Evaluating::start(&policy);
    running.parent.kill().unwrap();
    running.parent.wait().unwrap();
    wait_for(|| is_dead(running.child).then_some(()));
}

#[test]
fn out_of_time_it_is_ended_before_the_refusal_is_told() {
    let policy = Dir::new(&[("a.rego", ENDLESS)]);
    let mut command = exec(&policy, "echo started");
    let mut parent = command.env("VESTRY_POLICY_TIMEOUT_MS", "1500").spawn().unwrap();
    let child = wait_for(|| children(parent.id()).first().copied());
    assert_eq!(parent.wait().unwrap().code(), Some(3));
    assert!(is_dead(child), "{child} is still there");
}

#[test]
fn a_bound_that_is_no_bound_is_refused() {
    for wrong in ["0", "15", "1025", "64MB"] {
        let mut command = exec(&Dir::new(&[("a.rego", &allows("vestry.declare"))]), "echo started");
        let output = command.env("VESTRY_POLICY_MEMORY_MB", wrong).output().unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{log}");
        assert!(log.contains("VESTRY_POLICY_MEMORY_MB") && log.contains("from 16 to 1024"), "{log}");
    }
}

#[test]
fn having_answered_the_last_question_it_ends_by_itself() {
    let policy = Dir::new(&[("a.rego", &allows("vestry.declare")), ("b.rego", &allows("vestry.resolve"))]);
    let limits = json!({"time": {"secs": 30, "nanos": 0}, "memory_mb": 64});
    let task = json!({"directories": [policy.path()], "key": null, "limits": limits});
    let job = |stage: &str, last| json!({"stage": stage, "last": last, "input": {"stage": stage}});
    let mut command = Command::new(EVALUATOR);
    command.arg("--evaluate-policy-for-parent").env_clear();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    // Held open to the end: there might be another question.
    let (mut asker, mut answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    for message in [task, job("Declare", false), job("Resolve", true)] {
        let text = message.to_string();
        asker.write_all(&u32::try_from(text.len()).unwrap().to_le_bytes()).unwrap();
        asker.write_all(text.as_bytes()).unwrap();
    }
    assert!(wait_for(|| child.try_wait().unwrap()).success());
    let mut said = Vec::new();
    answers.read_to_end(&mut said).unwrap();
    assert!(String::from_utf8_lossy(&said).contains(r#""Judged":["Resolve",{"Ok""#));
    drop(asker);
}
