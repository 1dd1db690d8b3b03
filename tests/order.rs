//! What has to have happened before what, seen from outside the extension.

mod support;

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType};
use rustix::process::{Pid, Signal};

use support::TempDir;
use vestry::local::stores::{Emulator, Store};

/// What it prints is more than a pipe holds, so that writing it down waits for the reader.
const TALKATIVE: &str = "package vestry.resolve\n\n\
     long := concat(\"\", [\"deciding \" | some _ in numbers.range(1, 15000)])\n\n\
     deny contains \"no\" if {\n\tprint(long)\n\tfalse\n}\n";

/// The extension, which is to deliver one secret to a file.
fn extension(directory: &TempDir, stores: &Emulator, lambda: &TcpListener) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestry-extension"));
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", lambda.local_addr().unwrap().to_string())
        .env("AWS_REGION", stores.store().region.clone())
        .env("AWS_ENDPOINT_URL", stores.endpoint())
        .envs([("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local")])
        .envs([("A", "ssm:/a"), ("VESTRY_DELIVERY", "file"), ("VESTRY_LOG", "debug")])
        .envs([("VESTRY_POLICY_TIMEOUT_MS", "60000"), ("VESTRY_DEADLINE_MS", "60000")])
        .env("VESTRY_RUN_DIR", directory.path().join("run"))
        .stdout(Stdio::piped());
    command
}

/// Where nobody is taken any more: what connects waits.
fn a_full_listener() -> (TcpListener, Vec<TcpStream>) {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&socket, &"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap()).unwrap();
    rustix::net::listen(&socket, 0).unwrap();
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().unwrap();
    let soon = Duration::from_millis(200);
    let full: Vec<TcpStream> =
        (0..8).map_while(|_| TcpStream::connect_timeout(&address, soon).ok()).collect();
    assert!(full.len() < 8, "it takes everybody");
    (listener, full)
}

#[test]
fn a_lambda_that_does_not_answer_holds_up_neither_the_line_nor_the_end() {
    let directory = TempDir::new("silent-lambda");
    let stores = Emulator::start(Store::default().secure("/a", "c4n4ry-5up3r-s3cret"), Vec::new()).unwrap();
    let (lambda, _full) = a_full_listener();
    let file = directory.path().join("run/env");

    let mut delivered = extension(&directory, &stores, &lambda).spawn().unwrap();
    for _ in 0..600 {
        std::thread::sleep(Duration::from_millis(50));
        if file.exists() {
            break;
        }
    }
    assert!(file.exists(), "nothing was delivered");
    let pid = Pid::from_raw(delivered.id().cast_signed()).unwrap();
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    delivered.wait().unwrap();
    assert!(!directory.path().join("run").exists(), "the values stay");

    let mut refused = extension(&directory, &stores, &lambda).env("VESTRY_LGO", "debug").spawn().unwrap();
    let mut log = refused.stdout.take().unwrap();
    let mut said = String::new();
    while !said.contains("\"outcome\":\"refused\"") {
        let mut piece = [0; 4096];
        let length = log.read(&mut piece).unwrap();
        assert!(length > 0, "{said}");
        said.push_str(std::str::from_utf8(&piece[..length]).unwrap());
    }
    refused.kill().unwrap();
    refused.wait().unwrap();
}

#[test]
fn what_was_decided_is_written_down_before_anything_is_delivered() {
    let directory = TempDir::new("order");
    directory.write("rules.rego", TALKATIVE);
    let stores = Emulator::start(Store::default().secure("/a", "c4n4ry-5up3r-s3cret"), Vec::new()).unwrap();
    let lambda = TcpListener::bind("127.0.0.1:0").unwrap();
    let file = directory.path().join("run/env");
    let mut extension = extension(&directory, &stores, &lambda)
        .env("VESTRY_POLICY", directory.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = extension.stdout.take().unwrap();
    // Lambda is spoken to when everything is delivered. One that does so too early is ended: it would wait for an answer.
    let written = Arc::new(AtomicBool::new(false));
    let registered = std::thread::spawn({
        let written = Arc::clone(&written);
        move || {
            // It connects early, and says nothing.
            let (mut connection, _) = lambda.accept().unwrap();
            connection.read_exact(&mut [0]).unwrap();
            if !written.load(Ordering::SeqCst) {
                extension.kill().unwrap();
            }
            (connection, extension)
        }
    });
    let mut said = String::new();
    let mut read_until = |text: &str| {
        let mut piece = [0; 4096];
        while !said.contains(text) {
            let length = log.read(&mut piece).unwrap();
            assert!(length > 0, "no {text} in {said}");
            said.push_str(std::str::from_utf8(&piece[..length]).unwrap());
        }
    };
    // It has begun to write, and cannot end while nobody reads on.
    read_until("deciding");
    assert!(!file.exists(), "delivered before it was written down");
    written.store(true, Ordering::SeqCst);
    read_until("\"stage\":\"resolve\",\"timestamp\"");
    let (_unanswered, mut extension) = registered.join().unwrap();
    assert!(file.exists(), "the file is where it was looked for");
    extension.kill().unwrap();
    extension.wait().unwrap();
    assert!(!said.contains("c4n4ry"));
}
