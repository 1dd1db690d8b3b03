//! `vestry policy check`: what the engine lets slip, before a policy is shipped.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::super::Usage;
use super::super::plain;
use super::super::words::plural;
use super::files::not_read;
use super::key;
use crate::decide::check::{Finding, Report, directories};

/// Check policy directories and bundles, as strictly as `opa check --strict` and beyond it
///
/// All that is named is one policy, tests included. Besides what OPA refuses: rules that are never evaluated, paths that
/// the input does not have, values that it never holds, and what the engine cannot be trusted with.
///
/// Examples:
///   vestry policy check policy
///   vestry policy check policy --format json
///   vestry policy check policy.tar.gz --key policy.pub
///
/// Exit codes: 0, 1 when anything was found, 2 when the key cannot be read
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Directories of policies, their data and their tests; bundles (.tar.gz); files of them
    #[arg(value_name = "DIR|BUNDLE", required = true)]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    key: key::Args,

    /// How to tell: for a person on standard error, or OPA's JSON on standard output
    #[arg(long, short, value_enum, default_value_t = Format::Pretty)]
    format: Format,

    /// Accepted for those who come from `opa check`; the check is strict in any case
    #[arg(long, short = 'S', hide = true)]
    strict: bool,

    /// Accepted for those who come from `opa check`; a bundle is one in any case
    #[arg(long, short, hide = true)]
    bundle: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Pretty,
    Json,
}

/// What fits a terminal's line beside its number.
const MAX_SNIPPET: usize = 110;

pub(super) fn run(args: &Args) -> Result<ExitCode, Usage> {
    let report = directories(&args.paths, &args.key.trust(&args.paths)?);
    not_read(&report.ignored);
    match args.format {
        Format::Pretty if report.findings.is_empty() => {}
        Format::Pretty => super::super::complain_lines(&pretty(&report)),
        Format::Json => super::super::say(&format!("{:#}", to_json(&report))),
    }
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn pretty(report: &Report) -> String {
    let count = report.findings.len() as u64;
    let mut text = format!("{} occurred:\n", plural(count, "error"));
    for finding in &report.findings {
        text.push_str(&described(report, finding));
    }
    text
}

fn described(report: &Report, finding: &Finding) -> String {
    let Finding { code, message, advice, line, col, .. } = finding;
    let mut text =
        format!("{}: {}: {}\n", plain::line(&finding.location()), code.as_str(), plain::line(message));
    let gutter = line.to_string().len();
    if let Some(source) = report.line(finding) {
        let (source, caret) = snippet(source, col.saturating_sub(1) as usize);
        text.push_str(&format!("  {line} | {source}\n"));
        if *col > 0 {
            text.push_str(&format!("  {:gutter$} | {}^\n", "", " ".repeat(caret)));
        }
    }
    if !advice.is_empty() {
        text.push_str(&format!("  {:gutter$} = {}\n", "", plain::line(advice)));
    }
    text
}

/// A line without its indentation and what does not fit, and where in it the caret goes.
fn snippet(line: &str, col: usize) -> (String, usize) {
    let indentation = line.chars().take_while(|c| c.is_whitespace()).count().min(col);
    let start = if col - indentation >= MAX_SNIPPET { col - MAX_SNIPPET / 2 } else { indentation };
    let shown = line.chars().skip(start).take(MAX_SNIPPET);
    let shown: String = shown.map(|c| if plain::is_unprintable(c) { ' ' } else { c }).collect();
    (shown.trim_end().to_string(), col - start)
}

/// As `opa check --format json`, with `suggestion` besides.
fn to_json(report: &Report) -> Value {
    if report.findings.is_empty() {
        return json!({});
    }
    let errors = report.findings.iter().map(|finding| {
        let Finding { code, message, advice, file, line, col, .. } = finding;
        let mut error = json!({
            "message": message,
            "code": code.as_str(),
            "location": {"file": file, "row": line, "col": col},
        });
        if let Some(source) = report.line(finding) {
            error["details"] = json!({"line": source, "idx": col.saturating_sub(1)});
        }
        if !advice.is_empty() {
            error["suggestion"] = json!(advice);
        }
        error
    });
    json!({"errors": errors.collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_keeps_the_caret_under_its_column() {
        assert_eq!(snippet("\t\tnot foo", 6), ("not foo".into(), 4));
        assert_eq!(snippet("\t\tnot foo", 0), ("  not foo".trim_end().into(), 0));
        let long = format!("{}x", " y".repeat(300));
        let (shown, caret) = snippet(&long, 600);
        assert_eq!(shown.chars().nth(caret), Some('x'));
        assert!(shown.len() <= MAX_SNIPPET);
    }
}
