//! The real `vestry-exec` against a socket of the test's own, which speaks the protocol of the README byte for byte.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};

const VESTRY_EXEC: &str = env!("CARGO_BIN_EXE_vestry-exec");

/// A run directory of one test: short enough for a socket, and gone afterwards with all that is beside it.
struct RunDir(PathBuf);

impl RunDir {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(format!("/tmp/vestry-exec-test-{}-{number}/run", std::process::id()));
        DirBuilder::new().mode(0o700).recursive(true).create(&path).unwrap();
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Answers each connection in turn with one of these, then closes; what the readers sent back is returned.
    fn serve(&self, messages: Vec<Vec<u8>>) -> JoinHandle<()> {
        let listener = UnixListener::bind(self.join("socket")).unwrap();
        thread::spawn(move || {
            for message in messages {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.write_all(&message);
                let _ = stream.shutdown(std::net::Shutdown::Write);
                let _ = stream.read(&mut [0]);
            }
        })
    }

    /// `vestry-exec` in an environment that has this run directory and nothing else of its own.
    fn vestry_exec<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = Command::new(VESTRY_EXEC);
        command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").env("VESTRY_RUN_DIR", &self.0);
        command
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.0.parent().unwrap());
    }
}

fn message(body: &[u8]) -> Vec<u8> {
    [b"vestry/1", &u32::try_from(body.len()).unwrap().to_be_bytes()[..], body].concat()
}

/// What `env -0` printed.
fn variables(output: &Output) -> HashMap<Vec<u8>, Vec<u8>> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let entries = output.stdout.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
    let pairs = entries.map(|entry| {
        let equals = entry.iter().position(|byte| *byte == b'=').unwrap();
        (entry[..equals].to_vec(), entry[equals + 1..].to_vec())
    });
    pairs.collect()
}

/// Refused before the command ran: what was said instead.
fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "the command ran");
    String::from_utf8(output.stderr).unwrap()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|_| rustix::process::geteuid().is_root())
}

#[test]
fn the_command_has_the_values_and_neither_references_nor_settings() {
    let run_dir = RunDir::new();
    let server = run_dir
        .serve(vec![message(b"DB=s3cret=\n'$(id)'\0RAW=\xff\xfe\0FROM_LIST=1\0EMPTY=\0OPTIONAL\0TREE\0")]);
    let raw = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    let output = run_dir
        .vestry_exec(["env", "-0"])
        .env("DB", "ssm:/prod/db/password")
        .env("RAW", "secretsmanager:prod/raw")
        .env("EMPTY", "ssm:/empty")
        .env("OPTIONAL", "ssm:/none?optional")
        .env("TREE", "ssm:/flags/*")
        .env("VESTRY_PARAMETERS", "FROM_LIST=/prod/list")
        .env("VESTRY_LOG", "debug")
        .env("PLAIN", "as it was")
        .env("NOT_UTF8", raw(b"\xe9t\xe9"))
        .env(raw(b"N\xe4me"), "x")
        .output()
        .unwrap();
    let expected: [(&[u8], &[u8]); 8] = [
        (b"PATH", b"/usr/bin:/bin"),
        (b"DB", b"s3cret=\n'$(id)'"),
        (b"RAW", b"\xff\xfe"),
        (b"FROM_LIST", b"1"),
        (b"EMPTY", b""),
        (b"PLAIN", b"as it was"),
        (b"NOT_UTF8", b"\xe9t\xe9"),
        (b"N\xe4me", b"x"),
    ];
    assert_eq!(variables(&output), expected.map(|(name, value)| (name.to_vec(), value.to_vec())).into());
    server.join().unwrap();
}

#[test]
fn it_becomes_the_command() {
    let run_dir = RunDir::new();
    let server = run_dir.serve(vec![message(b"A=1\0")]);
    fs::write(run_dir.join("file"), "through descriptor 7\n").unwrap();
    let through = |program: &str| {
        let script =
            "echo $$; pwd; cat; cat <&7; umask; for fd in /proc/$$/fd/*; do readlink $fd; done; exit 42";
        let mut child = Command::new("sh")
            .args(["-c", "exec 7<file; umask 027; exec \"$@\"", "sh", program, "sh", "-c", script])
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("A", "ssm:/a")])
            .env("VESTRY_RUN_DIR", &run_dir.0)
            .current_dir(&run_dir.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pid = child.id();
        child.stdin.take().unwrap().write_all(b"through stdin\n").unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(42));
        let text = String::from_utf8(output.stdout).unwrap();
        let text = text.strip_prefix(&format!("{pid}\n")).expect("the pid stays").to_string();
        // Each run has its own pipes.
        text.lines().map(|line| line.split(":[").next().unwrap().to_string()).collect::<Vec<_>>()
    };
    let seen = through(VESTRY_EXEC);
    assert_eq!(seen, through("env"));
    assert!(
        seen.contains(&"through descriptor 7".into()) && seen.contains(&"through stdin".into()),
        "{seen:?}"
    );
    server.join().unwrap();
}

#[test]
fn signals_reach_the_command() {
    let run_dir = RunDir::new();
    let server = run_dir.serve(vec![message(b"A=1\0")]);
    let script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done";
    let mut child =
        run_dir.vestry_exec(["sh", "-c", script]).env("A", "ssm:/a").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(7));
    server.join().unwrap();
}

#[test]
fn the_command_has_its_limits_as_they_were() {
    let run_dir = RunDir::new();
    let server = run_dir.serve(vec![message(b"A=1\0")]);
    let mut plain = Command::new("cat");
    let expected = plain.arg("/proc/self/limits").output().unwrap().stdout;
    let output = run_dir.vestry_exec(["cat", "/proc/self/limits"]).env("A", "ssm:/a").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), String::from_utf8(expected).unwrap());
    server.join().unwrap();
}

#[test]
fn without_an_extension_it_says_so_and_starts_nothing() {
    let run_dir = RunDir::new();
    let said =
        refused(run_dir.vestry_exec(["echo", "ran"]).env("A", "ssm:/a").env("VESTRY_DEADLINE_MS", "100"));
    assert!(said.contains("no extension of Vestry handed over the values"), "{said}");
    assert!(said.contains("VESTRY_SOCKET_READERS"), "{said}");

    fs::remove_dir(&run_dir.0).unwrap();
    let said =
        refused(run_dir.vestry_exec(["echo", "ran"]).env("A", "ssm:/a").env("VESTRY_DEADLINE_MS", "100"));
    assert!(said.contains(&format!("there is no {}", run_dir.0.display())), "{said}");
}

#[test]
fn it_waits_for_an_extension_that_is_late() {
    let run_dir = RunDir::new();
    // What a killed extension left: nobody listens.
    drop(UnixListener::bind(run_dir.join("socket")).unwrap());
    let child = run_dir.vestry_exec(["env", "-0"]).env("A", "ssm:/a").stdout(Stdio::piped()).spawn().unwrap();
    thread::sleep(std::time::Duration::from_millis(30));
    fs::remove_file(run_dir.join("socket")).unwrap();
    let server = run_dir.serve(vec![message(b"A=late\0")]);
    assert_eq!(variables(&child.wait_with_output().unwrap())[&b"A"[..]], b"late");
    server.join().unwrap();
}

#[test]
fn a_message_that_breaks_off_is_asked_for_again() {
    let run_dir = RunDir::new();
    let whole = message(b"A=whole\0");
    let halves = [0, 5, 10, 12, whole.len() - 1].map(|end| whole[..end].to_vec());
    let server = run_dir.serve(halves.into_iter().chain([whole]).collect());
    let output = run_dir.vestry_exec(["env", "-0"]).env("A", "ssm:/a").output().unwrap();
    assert_eq!(variables(&output)[&b"A"[..]], b"whole");
    server.join().unwrap();
}

#[test]
fn a_message_that_only_ever_breaks_off_starts_nothing() {
    let run_dir = RunDir::new();
    let listener = UnixListener::bind(run_dir.join("socket")).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream.unwrap().write_all(b"vestry/1\0\0\0\x09A=s3c");
        }
    });
    let said =
        refused(run_dir.vestry_exec(["echo", "ran"]).env("A", "ssm:/a").env("VESTRY_DEADLINE_MS", "100"));
    assert!(said.contains("the message broke off") && !said.contains("s3c"), "{said}");
}

#[test]
fn a_message_that_stops_on_its_way_ends_with_the_deadline() {
    let run_dir = RunDir::new();
    let listener = UnixListener::bind(run_dir.join("socket")).unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"vestry/1\0\0").unwrap();
        let _ = stream.read(&mut [0]);
    });
    let said =
        refused(run_dir.vestry_exec(["echo", "ran"]).env("A", "ssm:/a").env("VESTRY_DEADLINE_MS", "100"));
    assert!(said.contains("the message stopped on its way"), "{said}");
    server.join().unwrap();
}

#[test]
fn what_is_no_message_of_vestry_starts_nothing() {
    for garbage in [
        &b"HTTP/1.1 200 OK\r\n\r\n"[..],
        b"vestry/1\xff\xff\xff\xff",
        &message(b"=s3cret\0"),
        &message(b"A=s3cret"),
    ] {
        let run_dir = RunDir::new();
        let server = run_dir.serve(vec![garbage.to_vec()]);
        let said = refused(run_dir.vestry_exec(["echo", "ran"]).env("A", "ssm:/a"));
        assert!(said.contains("no message of Vestry") && !said.contains("s3cret"), "{said}");
        server.join().unwrap();
    }
}

#[test]
fn a_placeholder_never_reaches_the_command() {
    let run_dir = RunDir::new();
    let server = run_dir.serve(vec![message(b"A=s3cret\0")]);
    let said = refused(
        run_dir
            .vestry_exec(["echo", "ran"])
            .env("A", "ssm:/a")
            .env("B", "ssm:/b")
            .env("C", "secretsmanager:c#*")
            .env("VESTRY_SECRETS", "prod/stripe"),
    );
    for name in ["B: ", "C: ", "STRIPE: ", "Vestry.Undeliverable"] {
        assert!(said.contains(name), "{said}");
    }
    assert!(!said.contains("s3cret") && !said.contains("- A"), "{said}");
    server.join().unwrap();
}

#[test]
fn a_wrong_declaration_starts_nothing() {
    let run_dir = RunDir::new();
    let said = refused(run_dir.vestry_exec(["echo", "ran"]).env("A", "ssm:").env("VESTRY_RUNDIR", "/x"));
    assert!(said.contains("Vestry.InvalidDeclaration") && said.contains("VESTRY_RUN_DIR"), "{said}");
}

#[test]
fn nothing_declared_starts_at_once() {
    let run_dir = RunDir::new();
    let output =
        run_dir.vestry_exec(["env", "-0"]).env("PLAIN", "x").env("VESTRY_DEADLINE_MS", "125000").output();
    let expected: [(&[u8], &[u8]); 2] = [(b"PATH", b"/usr/bin:/bin"), (b"PLAIN", b"x")];
    assert_eq!(
        variables(&output.unwrap()),
        expected.map(|(name, value)| (name.to_vec(), value.to_vec())).into()
    );
}

#[test]
fn where_a_policy_speaks_nothing_starts_before_it_has() {
    for (name, value) in [("VESTRY_POLICY", "/etc/policy"), ("VESTRY_POLICY_REQUIRED", "true")] {
        let run_dir = RunDir::new();
        let said =
            refused(run_dir.vestry_exec(["echo", "ran"]).env(name, value).env("VESTRY_DEADLINE_MS", "100"));
        assert!(said.contains("no extension of Vestry"), "{said}");

        let server = run_dir.serve(vec![message(b"")]);
        let wrapper = ("AWS_LAMBDA_EXEC_WRAPPER", "/opt/vestry-exec");
        let output =
            run_dir.vestry_exec(["env", "-0"]).env(name, value).env(wrapper.0, wrapper.1).output().unwrap();
        // The wrapper is gone as well: a start script that applied it again would wait for a second message.
        assert_eq!(variables(&output), [(b"PATH".to_vec(), b"/usr/bin:/bin".to_vec())].into());
        server.join().unwrap();
    }
}

#[test]
fn the_wrapper_applied_twice_starts_the_command() {
    let run_dir = RunDir::new();
    let server = run_dir.serve(vec![message(b"A=once\0")]);
    let output = run_dir
        .vestry_exec([VESTRY_EXEC, "env", "-0"])
        .env("A", "ssm:/a")
        .env("AWS_LAMBDA_EXEC_WRAPPER", "/opt/vestry-exec")
        .output()
        .unwrap();
    let variables = variables(&output);
    assert_eq!(variables[&b"A"[..]], b"once");
    assert_eq!(variables[&b"AWS_LAMBDA_EXEC_WRAPPER"[..]], b"/opt/vestry-exec");
    server.join().unwrap();
}

/// Starts with a socket that would hand over a value, and a run directory that is not to be trusted.
fn untrusted(spoil: impl FnOnce(&RunDir)) -> String {
    let run_dir = RunDir::new();
    let _server = run_dir.serve(vec![message(b"A=planted\0")]);
    spoil(&run_dir);
    let said = refused(run_dir.vestry_exec(["echo", "ran"]).env("A", "ssm:/a"));
    assert!(said.contains("Vestry.UnsafeRunDirectory"), "{said}");
    said
}

#[test]
fn a_run_directory_that_is_a_link_is_refused() {
    let said = untrusted(|run_dir| {
        let real = run_dir.0.with_extension("real");
        fs::rename(&run_dir.0, &real).unwrap();
        symlink(&real, &run_dir.0).unwrap();
    });
    assert!(said.contains("is a link"), "{said}");
}

#[test]
fn a_run_directory_that_others_may_enter_is_refused() {
    let said = untrusted(|run_dir| fs::set_permissions(&run_dir.0, Permissions::from_mode(0o755)).unwrap());
    assert!(said.contains("the mode of") && said.contains("0755"), "{said}");
}

#[test]
fn a_socket_that_is_a_link_is_refused() {
    let said = untrusted(|run_dir| {
        fs::rename(run_dir.join("socket"), run_dir.join("elsewhere")).unwrap();
        symlink("elsewhere", run_dir.join("socket")).unwrap();
    });
    assert!(said.contains("socket is a link"), "{said}");
}

#[test]
fn what_belongs_to_another_user_is_refused() {
    if !is_root() {
        return; // Only root can make something another user's.
    }
    let of_nobody = |path: &Path| std::os::unix::fs::chown(path, Some(65534), Some(65534)).unwrap();
    let said = untrusted(|run_dir| of_nobody(&run_dir.0));
    assert!(said.contains("belongs to another user"), "{said}");
    let said = untrusted(|run_dir| of_nobody(&run_dir.join("socket")));
    assert!(said.contains("socket belongs to another user"), "{said}");
}

#[test]
fn a_listener_of_another_user_is_refused() {
    if !is_root() {
        return; // Only root can change to another user between bind and listen.
    }
    let run_dir = RunDir::new();
    let script = "import os, socket, sys\n\
                  s = socket.socket(socket.AF_UNIX)\n\
                  s.bind(sys.argv[1])\n\
                  os.seteuid(65534)\n\
                  s.listen()\n\
                  print('ready', flush=True)\n\
                  c, _ = s.accept()\n\
                  c.sendall(b'vestry/1\\0\\0\\0\\x0aA=planted\\0')\n";
    let mut server = Command::new("python3")
        .args(["-c", script])
        .arg(run_dir.join("socket"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    let said = refused(run_dir.vestry_exec(["echo", "ran"]).env("A", "ssm:/a"));
    assert!(said.contains("Vestry.UnsafeRunDirectory: another user listens on"), "{said}");
    server.wait().unwrap();
}

/// As `/opt/bootstrap`, with this handler in a task root that has `bin/hello` and `bin/data`.
fn bootstrap(handler: &str, arguments: &[&str]) -> Output {
    let run_dir = RunDir::new();
    let server = run_dir.serve(vec![message(b"A=value\0")]);
    fs::create_dir(run_dir.join("bin")).unwrap();
    fs::write(run_dir.join("bin/hello"), "#!/bin/sh\necho \"$A $# $_HANDLER\"\n").unwrap();
    fs::set_permissions(run_dir.join("bin/hello"), Permissions::from_mode(0o755)).unwrap();
    fs::write(run_dir.join("bin/data"), "no program").unwrap();
    let mut command = run_dir.vestry_exec([]);
    command.arg0("/opt/bootstrap").args(arguments).env("A", "ssm:/a");
    command.env("LAMBDA_TASK_ROOT", &run_dir.0).env("_HANDLER", handler);
    let output = command.output().unwrap();
    drop(run_dir);
    drop(server);
    output
}

#[test]
fn as_bootstrap_it_starts_the_program_that_the_handler_names() {
    for arguments in [&[][..], &["bin/hello"]] {
        let output = bootstrap("bin/hello", arguments);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "value 0 bin/hello\n");
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn as_bootstrap_it_says_what_is_wrong_with_the_handler() {
    for (handler, code, message) in [
        ("bin/goodbye", 127, "bin/goodbye: there is no such program"),
        ("bin/data", 126, "bin/data: Permission denied"),
        ("bin", 126, "bin: Permission denied"),
        ("../bin/hello", 1, "_HANDLER: the handler leads out of the deployment package"),
        ("bin/../../x", 1, "_HANDLER: the handler leads out of the deployment package"),
        ("/bin/sh", 1, "_HANDLER: the handler leads out of the deployment package"),
        ("", 1, "_HANDLER: it is not set"),
    ] {
        let output = bootstrap(handler, &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(message) && said.contains("handler"), "{handler}: {said}");
        assert_eq!((output.status.code(), &output.stdout[..]), (Some(code), &b""[..]), "{handler}");
    }
}

#[test]
fn without_a_command_it_says_how_it_is_used() {
    let output = RunDir::new().vestry_exec([]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("usage: vestry-exec CMD [ARGS...]\n"));
}

#[test]
fn a_command_that_does_not_start_exits_as_env_has_it() {
    for (program, code) in [("no-such-program", 127), ("/etc/passwd", 126), ("/", 126)] {
        let output = RunDir::new().vestry_exec([program]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.starts_with(&format!("vestry-exec: {program}: ")), "{said}");
    }
}

#[test]
fn values_that_linux_cannot_hold_together_are_told() {
    let run_dir = RunDir::new();
    let large = "x".repeat(120 << 10);
    let names: Vec<String> = (0..64).map(|i| format!("LARGE_{i}")).collect();
    let body: String = names.iter().map(|name| format!("{name}={large}\0")).collect();
    let server = run_dir.serve(vec![message(body.as_bytes())]);
    let mut command = run_dir.vestry_exec(["echo", "ran"]);
    let output = command.envs(names.iter().map(|name| (name, "ssm:/large"))).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(126), &b""[..]));
    assert!(said.contains("larger than Linux takes") && !said.contains("xxx"), "{said}");
    server.join().unwrap();
}
