//! The check of whole directories, for the people's tool: findings, and the lines that they are about.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::Mode;
use super::directory::{load, placed};
use super::finding::{Code, Finding};
use crate::decide::bundle::Trust;
use crate::decide::directory::Directory;
use crate::decide::{named, policy, settings};
use crate::error::Problem;

/// As the process that evaluates has: what passes here is not to overflow there.
const STACK_BYTES: usize = 64 << 20;

/// For what the engine says itself, without evaluating anything.
const PATIENCE: Duration = Duration::from_secs(5);

/// For everything: whatever takes longer is nothing that the extension should load.
const BOUND: Duration = Duration::from_secs(20);

/// What `vestry policy check` tells.
#[derive(Debug, Default)]
pub struct Report {
    /// In the order of files and lines.
    pub findings: Vec<Finding>,
    /// Files that look as if they were meant and are not read.
    pub ignored: Vec<PathBuf>,
    texts: HashMap<String, String>,
}

impl Report {
    /// The line that a finding is about, as it is in the file.
    pub fn line(&self, finding: &Finding) -> Option<&str> {
        let number = usize::try_from(finding.line).ok()?.checked_sub(1)?;
        self.texts.get(&finding.file)?.lines().nth(number)
    }

    fn add_texts(&mut self, directory: &Directory) {
        let Directory { policies, tests, data, settings, .. } = directory;
        let files = policies.iter().chain(tests).chain(data).chain(settings);
        self.texts.extend(files.map(|file| (plain(&file.path.display().to_string()), file.text.clone())));
    }
}

/// Checks what directories and bundles hold, as one policy, tests included and as strictly as `opa check --strict`.
pub fn directories(roots: &[PathBuf], trust: &Trust) -> Report {
    let mut report = Report::default();
    let mut whole: Option<Directory> = None;
    for root in roots {
        let (directory, problems) = named::read(root, trust);
        report.findings.extend(problems.iter().map(|problem| unread(root, problem)));
        report.findings.extend(settings::check(&directory).err().into_iter().flatten());
        report.add_texts(&directory);
        match &mut whole {
            None => whole = Some(directory),
            Some(whole) => whole.append(directory),
        }
    }
    let Some(mut whole) = whole else { return report };
    report.ignored = std::mem::take(&mut whole.ignored);
    report.findings.extend(on_a_large_stack(whole));
    report.findings = super::sorted(std::mem::take(&mut report.findings));
    for finding in &mut report.findings {
        finding.file = plain(&finding.file);
    }
    report
}

/// `policy.rego` rather than `./policy.rego`, as OPA names it.
fn plain(path: &str) -> String {
    path.strip_prefix("./").unwrap_or(path).to_string()
}

/// `policy DIR/a.rego cannot be read: …` is about the file where it names one.
fn unread(root: &Path, problem: &Problem) -> Finding {
    let why = problem.why.strip_prefix("policy ").unwrap_or(&problem.why);
    let about = [root.display().to_string().as_str(), why.split(' ').next().unwrap_or_default()]
        .into_iter()
        .filter(|path| Path::new(path).starts_with(root))
        .find_map(|path| Some((path.to_string(), why.strip_prefix(path)?.strip_prefix(' ')?)));
    let (mut file, mut why) = about.unwrap_or_else(|| (root.display().to_string(), why));
    for name in [".manifest", ".signatures.json"] {
        if let Some(rest) = why.strip_prefix(name).and_then(|rest| rest.strip_prefix(": ")) {
            (file, why) = (Path::new(&file).join(name).display().to_string(), rest);
        }
    }
    let (why, line, col) = placed(why);
    Finding::in_file(Code::Load, file, why).place(line, col).advice(problem.advice.clone())
}

fn on_a_large_stack(directory: Directory) -> Vec<Finding> {
    let root = directory.root.display().to_string();
    let failed = |why: String| vec![Finding::in_file(Code::Load, root.as_str(), why)];
    let work = move || {
        let load = || load(&mut policy::engine(PATIENCE), &directory, Mode::Strict).findings;
        catch_unwind(AssertUnwindSafe(load))
    };
    let (sender, checked) = mpsc::channel();
    let started = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || sender.send(work()));
    if let Err(error) = started {
        return failed(format!("cannot be checked: {error}"));
    }
    match checked.recv_timeout(BOUND) {
        Ok(Ok(findings)) => findings,
        Err(RecvTimeoutError::Timeout) => failed(format!("was not checked after {} s", BOUND.as_secs())),
        _ => failed("made the engine panic".into()),
    }
}
