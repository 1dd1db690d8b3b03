//! Every target in a process of its own, some of them side by side; and the table of what came of them.

use std::collections::VecDeque;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::Mutex;

use serde_json::Value;

use crate::arguments::Arguments;
use crate::random::hash;
use crate::watchdog::TOO_LONG;
use crate::{case_file, targets};

/// Where a worker leaves the case that it is at.
pub fn case_file(findings: &Path, target: &str) -> PathBuf {
    findings.join(format!(".{target}.current"))
}

/// One line of the table, and what was found.
struct Line {
    target: &'static str,
    text: String,
    findings: Vec<(PathBuf, String)>,
}

pub fn all(arguments: &Arguments) -> ExitCode {
    if let Err(error) = std::fs::create_dir_all(&arguments.findings) {
        eprintln!("{}: {error}", arguments.findings.display());
        return ExitCode::from(2);
    }
    let named = arguments.targets.iter().filter_map(|name| targets::find(name)).map(|(name, _)| *name);
    let mut names: VecDeque<&'static str> = named.collect();
    if names.is_empty() {
        names.extend(targets::ALL.iter().map(|(name, _)| *name));
    }
    let jobs = std::thread::available_parallelism().map_or(1, usize::from).min(names.len().max(1));
    let each = arguments.seconds * 1_000 * jobs as u64 / names.len().max(1) as u64;
    println!("{:<20} {:>12} {:>9} {:>8} {:>9}", "target", "executions", "seconds", "corpus", "findings");
    let names = Mutex::new(names);
    let findings: Mutex<Vec<(&'static str, PathBuf, String)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(name) = names.lock().ok().and_then(|mut names| names.pop_front()) {
                    let line = one(name, arguments, each);
                    println!("{}", line.text);
                    if let Ok(mut findings) = findings.lock() {
                        findings
                            .extend(line.findings.into_iter().map(|(file, why)| (line.target, file, why)));
                    }
                }
            });
        }
    });
    let findings = findings.into_inner().unwrap_or_default();
    let program = std::env::args().next().unwrap_or_default();
    for (target, file, why) in &findings {
        println!("\n{target}: {why}\n  again: {program} {target} --case {}", file.display());
    }
    if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one(target: &'static str, arguments: &Arguments, milliseconds: u64) -> Line {
    let mut command = Command::new("/proc/self/exe");
    command.arg(target).arg("--worker").arg("--findings").arg(&arguments.findings);
    command.args(["--seed", &arguments.seed.to_string(), "--milliseconds", &milliseconds.to_string()]);
    if let Some(runs) = arguments.runs {
        command.args(["--runs", &runs.to_string()]);
    }
    let output = command.env_clear().stdin(Stdio::null()).stderr(Stdio::piped()).output();
    let current = case_file(&arguments.findings, target);
    let line = match output {
        Ok(output) => told(target, &output).unwrap_or_else(|| died(target, &output, arguments)),
        Err(error) => Line {
            target,
            text: format!("{target:<20} {error}"),
            findings: vec![(current.clone(), error.to_string())],
        },
    };
    let _ = std::fs::remove_file(current);
    line
}

fn told(target: &'static str, output: &Output) -> Option<Line> {
    let report: Value = serde_json::from_slice(&output.stdout).ok().filter(|_| output.status.success())?;
    let findings: Vec<_> = report["findings"].as_array()?.iter().collect();
    let findings: Vec<(PathBuf, String)> = findings
        .into_iter()
        .map(|f| {
            (f["file"].as_str().unwrap_or_default().into(), f["why"].as_str().unwrap_or_default().into())
        })
        .collect();
    let text = format!(
        "{target:<20} {:>12} {:>9.1} {:>8} {:>9}",
        report["executions"].as_u64()?,
        report["seconds"].as_f64()?,
        report["corpus"].as_u64()?,
        findings.len()
    );
    Some(Line { target, text, findings })
}

/// A worker that said nothing: the case that it was at is the finding.
fn died(target: &'static str, output: &Output, arguments: &Arguments) -> Line {
    let words = String::from_utf8_lossy(&output.stderr);
    let why = match (output.status.code(), output.status.signal()) {
        (Some(TOO_LONG), _) => "it takes longer than its bound".to_string(),
        (_, Some(signal)) => format!("it ends the process (signal {signal}): {}", words.trim()),
        _ => format!("it ends the process ({}): {}", output.status, words.trim()),
    };
    let current = case_file(&arguments.findings, target);
    let case = case_file::read(&current).unwrap_or_default();
    let file = arguments.findings.join(format!("{target}-{:016x}.case", hash(&case)));
    let kept = std::fs::write(&file, &case).map_or(current, |()| file);
    Line { target, text: format!("{target:<20} {why}"), findings: vec![(kept, why)] }
}
