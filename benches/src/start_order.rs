//! The functions of a start, in the order in which they first run, as a script for the linker.
//!
//! Code is read a page, and mapped sixteen pages, at a time: what runs is spread over all of it unless it is put together.
//! First come the names as they were found, hashes and all: with the same compiler and dependencies they are the same again.
//! Behind them, for every other compiler and architecture, the names without the hashes, of which many functions have the
//! same. What is named and is not there is passed over, and what is not named stays where it was.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use crate::run::{Bench, Program};

/// As `evaluator::ARGUMENT` and the messages of `evaluator/message.rs`.
const EVALUATE: &str = "--evaluate-policy-for-parent";
/// Valgrind keeps twelve files for itself and lets no program lower what is left; the evaluating process asks for 64.
const OPEN_FILES: &str = "--nofile=76:76";

/// `inputs` is the directory of `input-declare.json` and `input-resolve.json`.
pub fn script(bench: &Bench, extension: &Program, inputs: &Path) -> io::Result<String> {
    let mut seen = HashSet::new();
    let mut names = of_extension(bench, extension)?;
    names.extend(of_evaluation(&bench.paths.extension(), &bench.paths.policy, inputs)?);
    names.retain(|name| seen.insert(name.clone()));
    if names.len() < 1000 {
        return Err(io::Error::other("it has no names: build it with VESTRY_SYMBOLS=keep"));
    }
    let mut seen = HashSet::new();
    let without_hashes =
        names.iter().map(|name| without_hashes(name)).filter(|name| seen.insert(name.clone()));
    let all = names.iter().cloned().chain(without_hashes.filter(|name| name.contains('*')));
    // What is marked as seldom run is kept apart, and runs all the same.
    let lines: String = all.map(|name| format!("  *(.text.{name} .text.unlikely.{name})\n")).collect();
    Ok(format!(
        "/* The functions of a start, in the order in which they first run: made by `make start-order`, not by hand. */\n\
         SECTIONS {{ .text.start : {{\n{lines}}} }} INSERT BEFORE .text;\n"
    ))
}

/// From exec to the end, without a policy.
fn of_extension(bench: &Bench, extension: &Program) -> io::Result<Vec<String>> {
    bench.stub.reset(Duration::ZERO);
    let environment = extension.environment.iter().map(|(name, value)| (name, value));
    let mut child = traced(&bench.paths.extension())
        // Everything takes fifty times as long.
        .env("VESTRY_DEADLINE_MS", "60000")
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    let names = names(child.stderr.take());
    bench.api.register_arrives()?.registered()?.shut_down()?;
    ended(child, names)
}

/// Loading a policy and both decisions, of a process by itself: a copy of the extension would write into the same trace.
fn of_evaluation(extension: &Path, policy: &Path, inputs: &Path) -> io::Result<Vec<String>> {
    let mut child = traced(extension).arg(EVALUATE).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let names = names(child.stderr.take());
    let limits = json!({"time": {"secs": 60, "nanos": 0}, "memory_mb": 1024});
    let mut messages = vec![json!({"directories": [policy], "key": null, "limits": limits})];
    for (stage, file, last) in
        [("Declare", "input-declare.json", false), ("Resolve", "input-resolve.json", true)]
    {
        let input: Value = serde_json::from_slice(&std::fs::read(inputs.join(file))?)?;
        messages.push(json!({"stage": stage, "last": last, "input": input}));
    }
    let mut asked = child.stdin.take().expect("a pipe");
    for message in messages {
        let message = message.to_string();
        asked.write_all(&(message.len() as u32).to_le_bytes())?;
        asked.write_all(message.as_bytes())?;
    }
    drop(asked);
    let mut answers = Vec::new();
    child.stdout.take().expect("a pipe").read_to_end(&mut answers)?;
    if !String::from_utf8_lossy(&answers).contains(r#""Judged":["Resolve",{"Ok""#) {
        return Err(io::Error::other("the policy's process did not decide: are its messages still these?"));
    }
    ended(child, names)
}

/// Tells of each block of code the first time that it runs.
fn traced(program: &Path) -> Command {
    let mut command = Command::new("prlimit");
    command
        .args([OPEN_FILES, "valgrind", "--tool=none", "--demangle=no", "--trace-flags=10000000"])
        // Else a function that is only ever called from one place goes unmentioned.
        .arg("--vex-guest-chase=no")
        .arg(program)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .stderr(Stdio::piped());
    command
}

fn names(told: Option<ChildStderr>) -> JoinHandle<io::Result<Vec<String>>> {
    std::thread::spawn(move || {
        let mut text = Vec::new();
        told.expect("a pipe").read_to_end(&mut text)?;
        Ok(String::from_utf8_lossy(&text).lines().filter_map(name).collect())
    })
}

fn ended(mut child: Child, names: JoinHandle<io::Result<Vec<String>>>) -> io::Result<Vec<String>> {
    child.wait()?;
    names.join().expect("it reads")
}

/// `==== SB 859 (evchecks 24223) [tid 1] 0x7a00bc _ZN…17h66e3851de0739ab2E+4344 /path+0x6980bc`
fn name(line: &str) -> Option<String> {
    let (_, block) = line.split_once("==== SB ")?.1.split_once(" 0x")?;
    let name = block.split_whitespace().nth(1)?.split('+').next()?;
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || "_.$".contains(c));
    is_name.then(|| without_number(name))
}

/// What the compiler tells apart by numbers has others after every change: `box_new_uninit.3583`.
fn without_number(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((path, number)) if number.bytes().all(|c| c.is_ascii_digit()) => format!("{path}.*"),
        _ => name.to_string(),
    }
}

/// A pattern for the name in whatever build: Rust's older names end in a hash (`17h66e3851de0739ab2E`), its newer ones have
/// one behind each crate (`Cs5QGMk8_5alloc`).
fn without_hashes(name: &str) -> String {
    if let Some(name) = name.strip_suffix(".*") {
        return without_hashes(name) + ".*";
    }
    if name.starts_with("_R") {
        let mut pieces = name.split("Cs");
        let first = pieces.next().unwrap_or_default().to_string();
        return pieces.fold(first, |sum, piece| match piece.split_once('_') {
            Some((_, rest)) => sum + "Cs*_" + rest,
            None => sum + "Cs" + piece,
        });
    }
    match name.rsplit_once("17h") {
        Some((path, hash)) if hash.len() == 17 => format!("{path}17h*"),
        _ => name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_tells_of_its_function() {
        let block = |name| format!("==== SB 8 (evchecks 9) [tid 1] 0x7a00bc {name}+4344 /a/vestry+0x6980bc");
        let told = "_ZN6vestry6decide4load17h02f8950509ab0e0dE";
        assert_eq!(name(&block(told)).as_deref(), Some(told));
        assert_eq!(name(&block("box_new_uninit.3583")).as_deref(), Some("box_new_uninit.*"));
        assert_eq!(name(&block("???")), None);
        assert_eq!(name("==123== Command: /a/vestry"), None);
    }

    #[test]
    fn a_name_is_one_in_every_build() {
        for (told, wanted) in [
            ("_ZN6vestry6decide4load17h02f8950509ab0e0dE", "_ZN6vestry6decide4load17h*"),
            (
                "_RNvMs3_NtCs5QGMk8_5alloc7raw_vecNtB5_11finish_grow",
                "_RNvMs3_NtCs*_5alloc7raw_vecNtB5_11finish_grow",
            ),
            ("_ZN5bytes11static_drop17hf4a3cbe49126318dE.*", "_ZN5bytes11static_drop17h*.*"),
            ("fiat_25519_from_bytes", "fiat_25519_from_bytes"),
        ] {
            assert_eq!(without_hashes(told), wanted);
        }
    }
}
