//! The check of whole directories, for the people's tool: findings, and the lines that they are about.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Duration;

use super::Mode;
use super::directory::load;
use super::finding::{Code, Finding};
use crate::decide::directory::Directory;
use crate::decide::policy;
use crate::decide::testing::Files;
use crate::error::Problem;

/// As the extension's thread has: what passes here is not to overflow there.
const STACK_BYTES: usize = 64 << 20;

/// For what the engine says itself, without evaluating anything.
const PATIENCE: Duration = Duration::from_secs(5);

/// What `vestry policy check` tells.
#[derive(Debug, Default)]
pub struct Report {
    /// In the order of files and lines.
    pub findings: Vec<Finding>,
    texts: HashMap<String, String>,
}

impl Report {
    /// The line that a finding is about, as it is in the file.
    pub fn line(&self, finding: &Finding) -> Option<&str> {
        let number = usize::try_from(finding.line).ok()?.checked_sub(1)?;
        self.texts.get(&finding.file)?.lines().nth(number)
    }
}

/// Checks what directories and files hold, as one policy, tests included and as strictly as `opa check --strict`.
pub fn directories(paths: &[PathBuf]) -> Report {
    let mut report = Report::default();
    let mut problems = Vec::new();
    let Files { policies, data } = Files::read(paths, &mut problems);
    for problem in problems {
        report.findings.push(unreadable(paths, &problem));
    }
    let texts = policies.iter().chain(&data);
    report.texts = texts.map(|file| (file.path.display().to_string(), file.text.clone())).collect();
    let Some(root) = paths.first() else { return report };
    if !report.findings.is_empty() && policies.is_empty() {
        return report;
    }
    let whole = Directory { policies, data, ..Directory::empty(root) };
    report.findings.extend(on_a_large_stack(whole));
    report.findings = super::sorted(std::mem::take(&mut report.findings));
    report
}

/// `policy DIR cannot be read: …` as a finding of DIR.
fn unreadable(paths: &[PathBuf], problem: &Problem) -> Finding {
    let why = problem.why.strip_prefix("policy ").unwrap_or(&problem.why);
    let named = paths.iter().map(|path| path.display().to_string());
    let mut of =
        named.filter_map(|path| Some((why.strip_prefix(&path)?.strip_prefix(' ')?.to_string(), path)));
    let (why, file) = of.next_back().unwrap_or_else(|| (why.to_string(), String::new()));
    Finding::in_file(Code::Load, file, why).advice(&problem.advice)
}

fn on_a_large_stack(directory: Directory) -> Vec<Finding> {
    let root = directory.root.display().to_string();
    let failed = |why: String| vec![Finding::in_file(Code::Load, root.as_str(), why)];
    let work = move || {
        let load = || load(&mut policy::engine(PATIENCE), &directory, Mode::Strict).findings;
        catch_unwind(AssertUnwindSafe(load))
    };
    match std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(findings))) => findings,
        Ok(_) => failed("made the engine panic".into()),
        Err(error) => failed(format!("cannot be checked: {error}")),
    }
}
