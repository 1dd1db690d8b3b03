//! The check of whole directories, for the people's tool: findings, and the lines that they are about.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Duration;

use super::Mode;
use super::directory::load;
use super::finding::{Code, Finding};
use crate::decide::directory::{Directory, read_with_tests};
use crate::decide::policy;

/// As the process that evaluates has: what passes here is not to overflow there.
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

/// Checks what directories hold, as one policy, tests included and as strictly as `opa check --strict`.
pub fn directories(roots: &[PathBuf]) -> Report {
    let mut report = Report::default();
    let mut whole: Option<Directory> = None;
    for root in roots {
        match read_with_tests(root) {
            Ok(directory) => match &mut whole {
                None => whole = Some(directory),
                Some(whole) => whole.append(directory),
            },
            Err(problem) => {
                let why = problem.why.strip_prefix("policy ").unwrap_or(&problem.why).to_string();
                let file = root.display().to_string();
                let why = why.strip_prefix(&file).map_or(why.as_str(), str::trim).to_string();
                report.findings.push(Finding::in_file(Code::Load, file, why).advice(problem.advice));
            }
        }
    }
    let Some(whole) = whole else { return report };
    let texts = whole.policies.iter().chain(&whole.tests).chain(&whole.data);
    report.texts = texts.map(|file| (file.path.display().to_string(), file.text.clone())).collect();
    report.findings.extend(on_a_large_stack(whole));
    report.findings = super::sorted(std::mem::take(&mut report.findings));
    report
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
