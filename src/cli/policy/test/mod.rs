//! `vestry policy test`: what `opa test` does, as the extension would evaluate it.

mod duration;
mod json;
mod pretty;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use regex::Regex;

use super::super::words::plural;
use super::super::{Usage, complain, complain_lines};
use super::{Format, key, say};
use crate::decide::testing::{Coverage, Failure, Ran, Rows, Test, Verdict};
pub(super) use duration::parse as parse_duration;
use worker::Worker;

/// Run the tests of policy directories and bundles
///
/// A test is a rule whose name begins with test_; it passes when it is true. Rules that begin with todo_test_ are
/// skipped. Lines, summary and fields are those of `opa test`; rules are evaluated as the extension evaluates them, so
/// that an error of a built-in function is an error here, too. Each test has its time: one that does not end is ended.
///
/// Examples:
///   vestry policy test policy
///   vestry policy test policy --run delivery --verbose
///   vestry policy test policy --threshold 100
///   vestry policy test policy --format json
///   vestry policy test policy.tar.gz policy/naming/team_path_test.rego
///
/// Exit codes:
///   0  every test passed
///   1  the policies cannot be loaded
///   2  a test failed, did not end or was skipped, or coverage is below its threshold; usage
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Args {
    /// Policy directories, bundles (.tar.gz), or files of them
    #[arg(required = true, value_name = "DIR|BUNDLE")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    key: key::Args,
    /// Accepted for those who come from `opa test`; a bundle is one in any case
    #[arg(long, short, hide = true)]
    bundle: bool,
    /// Every test's line and output, not those alone that fail
    #[arg(short, long)]
    verbose: bool,
    /// Only the tests whose whole name (data.package.test_x) REGEX matches
    #[arg(short, long, value_name = "REGEX")]
    run: Option<Regex>,
    #[arg(short, long, value_enum, default_value_t = Format::Pretty)]
    format: Format,
    /// Report the rows that the tests came by, as JSON, in place of the tests
    #[arg(short, long)]
    coverage: bool,
    /// Fail where less of the rows is covered (0 to 100); asks for coverage
    #[arg(long, value_name = "PERCENT")]
    threshold: Option<f64>,
    /// What one test may take
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration::parse)]
    timeout: Duration,
    /// The values of a failing expression's parts (they are always shown; here as `opa test` has the flag)
    #[arg(long)]
    var_values: bool,
    /// Skipped tests are no failure
    #[arg(short = 'z', long)]
    exit_zero_on_skipped: bool,
    /// Evaluate for another `vestry`, told on standard input which
    #[arg(long, hide = true)]
    worker: bool,
}

const NOT_LOADED: u8 = 1;
const FAILED: u8 = 2;

/// A test and what became of it; none for one that is skipped.
struct Result {
    test: Test,
    ran: Option<Ran>,
    why: Vec<Failure>,
}

impl Result {
    fn verdict(&self) -> Option<&Verdict> {
        self.ran.as_ref().map(|ran| &ran.verdict)
    }

    /// `data.vestry.declare.delivery_test.test_x`
    fn full_name(&self) -> String {
        format!("{}.{}", self.test.package, self.test.name)
    }
}

pub(in crate::cli) fn run(args: &Args) -> std::result::Result<ExitCode, Usage> {
    if args.threshold.is_some_and(|percent| !(0.0..=100.0).contains(&percent)) {
        return Err(Usage("--threshold must be between 0 and 100".into()));
    }
    let coverage = args.coverage || args.threshold.is_some();
    if args.worker {
        return Ok(worker::serve(args, coverage));
    }
    args.key.trust(&args.paths)?;
    let mut worker = match Worker::start(worker::Job::new(args, coverage))? {
        Ok(worker) => worker,
        Err(problems) => {
            problems.iter().for_each(|problem| complain(problem));
            return Ok(ExitCode::from(NOT_LOADED));
        }
    };
    let rows = worker.rows().clone();
    let tests: Vec<(usize, Test)> =
        worker.tests().iter().cloned().enumerate().filter(|(_, t)| wanted(args, t)).collect();
    if tests.is_empty() {
        complain(&nothing_ran(args, worker.tests().len()));
    }
    let mut results = Vec::new();
    let mut covered = Coverage::default();
    for (index, test) in tests {
        let (ran, why) = if test.skip { (None, Vec::new()) } else { worker.run(index)? };
        ran.iter().for_each(|ran| covered.add(&ran.covered));
        results.push(Result { test, ran, why });
    }
    let failed = results.iter().any(|result| match result.verdict() {
        Some(verdict) => *verdict != Verdict::Pass,
        None => !args.exit_zero_on_skipped,
    });
    let enough = if coverage {
        report_coverage(args, failed, &results, &covered, &rows)
    } else {
        report(args, &results)
    };
    Ok(if failed || !enough { ExitCode::from(FAILED) } else { ExitCode::SUCCESS })
}

/// Said, and no failure: `opa test` ends with 0 as well.
fn nothing_ran(args: &Args, found: usize) -> String {
    match &args.run {
        Some(run) if found > 0 => format!("no test matches --run {run}, of {}", plural(found as u64, "test")),
        _ => "no test was found; a test is a rule whose name begins with test_".into(),
    }
}

fn wanted(args: &Args, test: &Test) -> bool {
    let name = format!("{}.{}", test.package, test.name.split('#').next().unwrap_or_default());
    args.run.as_ref().is_none_or(|run| run.is_match(&name))
}

fn report(args: &Args, results: &[Result]) -> bool {
    match args.format {
        Format::Pretty => say(&pretty::report(results, args.verbose)),
        Format::Json => say(&format!("{:#}\n", json::report(results))),
    }
    true
}

/// The report where every test passed, what did not pass otherwise; whether the threshold is met.
fn report_coverage(args: &Args, failed: bool, results: &[Result], covered: &Coverage, rows: &Rows) -> bool {
    if failed {
        complain_lines(&pretty::report(results, args.verbose));
        return true;
    }
    let percent = covered.percent(rows);
    if let Some(threshold) = args.threshold
        && percent < threshold
    {
        let mut said =
            format!("Code coverage threshold not met: got {percent:.2} instead of {threshold:.2}\n");
        let missed = covered.missed(rows);
        if !missed.is_empty() {
            said.push_str("Lines not covered:\n");
            missed.iter().for_each(|place| said.push_str(&format!("\t{place}\n")));
        }
        complain_lines(&said);
        return false;
    }
    say(&format!("{:#}\n", covered.report(rows)));
    true
}
