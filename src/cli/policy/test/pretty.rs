//! Results as `opa test` prints them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::super::plain;
use super::Result;
use super::duration::go;
use crate::decide::testing::{Case, Failure, Verdict};

const RULE: &str = "--------------------------------------------------------------------------------";

/// Why what failed did so, the lines of the tests that did not pass (of all, where `verbose`), and the summary.
pub(super) fn report(results: &[Result], verbose: bool) -> String {
    let mut text = String::new();
    let failures: Vec<_> = results.iter().filter(|result| !result.why.is_empty()).collect();
    if !failures.is_empty() {
        text.push_str(&format!("FAILURES\n{RULE}\n"));
        for result in &failures {
            let _ = writeln!(text, "{}\n", line(result));
            result.why.iter().for_each(|failure| text.push_str(&why(failure)));
        }
        text.push_str(&format!("SUMMARY\n{RULE}\n"));
    }
    let shown: Vec<_> = results.iter().filter(|r| verbose || r.verdict() != Some(&Verdict::Pass)).collect();
    let mut last = "";
    for result in &shown {
        if ![&result.test.file, ""].contains(&last) {
            text.push('\n');
        }
        last = &result.test.file;
        let _ = writeln!(text, "{last}:{}:", result.test.row);
        lines(result, verbose, &mut text);
    }
    if !shown.is_empty() {
        let _ = writeln!(text, "{RULE}");
    }
    text.push_str(&summary(results));
    plain::lines(&text).into_owned()
}

/// `data.pkg.test_x: PASS (1.2ms)`
fn line(result: &Result) -> String {
    let name = result.full_name();
    match &result.ran {
        None => format!("{name}: SKIPPED"),
        Some(ran) => {
            let outcome = match ran.verdict {
                Verdict::Pass => "PASS",
                Verdict::Fail => "FAIL",
                Verdict::Error(_) | Verdict::TimedOut(_) => "ERROR",
            };
            format!("{name}: {outcome} ({})", go(ran.duration))
        }
    }
}

fn lines(result: &Result, verbose: bool, text: &mut String) {
    let _ = writeln!(text, "{}", line(result));
    let Some(ran) = &result.ran else { return };
    cases(&ran.cases, 1, verbose, text);
    if !ran.output.is_empty() {
        let output = ran.output.join("\n");
        let indented: String = output.trim().split('\n').map(|line| format!("  {line}\n")).collect();
        let _ = writeln!(text, "\n{indented}");
    }
    if let Verdict::Error(why) | Verdict::TimedOut(why) = &ran.verdict {
        let _ = writeln!(text, "  {why}");
    }
}

fn cases(of: &BTreeMap<String, Case>, depth: usize, verbose: bool, text: &mut String) {
    for (name, case) in of.iter().filter(|(_, case)| case.fail || verbose) {
        let outcome = if case.fail { "FAIL" } else { "PASS" };
        let _ = writeln!(text, "{}{name}: {outcome}", "  ".repeat(depth));
        cases(&case.cases, depth + 1, verbose, text);
    }
}

fn summary(results: &[Result]) -> String {
    let (mut pass, mut fail, mut skip, mut error) = (0, 0, 0, 0);
    for result in results {
        match result.ran.as_ref().map(|ran| (&ran.verdict, &ran.cases)) {
            None => skip += 1,
            Some((Verdict::Error(_) | Verdict::TimedOut(_), _)) => error += 1,
            Some((_, cases)) if !cases.is_empty() => leaves(cases, &mut pass, &mut fail),
            Some((Verdict::Pass, _)) => pass += 1,
            Some((Verdict::Fail, _)) => fail += 1,
        }
    }
    let total = pass + fail + skip + error;
    [("PASS", pass), ("FAIL", fail), ("SKIPPED", skip), ("ERROR", error)]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(outcome, count)| format!("{outcome}: {count}/{total}\n"))
        .collect()
}

/// Of a test with cases, the cases count.
fn leaves(cases: &BTreeMap<String, Case>, pass: &mut usize, fail: &mut usize) {
    for case in cases.values() {
        if !case.cases.is_empty() {
            leaves(&case.cases, pass, fail);
        } else if case.fail {
            *fail += 1;
        } else {
            *pass += 1;
        }
    }
}

/// The place and the text of an expression, and below each of its parts what that was.
fn why(failure: &Failure) -> String {
    let mut text = String::new();
    if let Some(case) = &failure.case {
        let _ = writeln!(text, "  {case}");
    }
    let _ = writeln!(text, "  {}:{}:", failure.file, failure.row);
    // The first row begins in its column; the others are as they stand.
    let mut rows = failure.text.lines();
    let _ = writeln!(text, "    {}", rows.next().unwrap_or_default().replace('\t', " "));
    rows.for_each(|row| text.push_str(&format!("    {}\n", row.replace('\t', "  "))));
    if failure.text.contains('\n') {
        for operand in &failure.operands {
            let _ = writeln!(text, "      {}: {}", one_line(&operand.text), operand.value);
        }
    } else {
        text.push_str(&below(failure));
    }
    if failure.others > 0 {
        let _ = writeln!(text, "    (and for {} more)", failure.others);
    }
    text.push('\n');
    text
}

/// From the last part to the first, each under its own first letter.
fn below(failure: &Failure) -> String {
    let mut columns: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for operand in &failure.operands {
        let at = (operand.col - failure.col.min(operand.col)) as usize;
        columns.entry(at).or_default().push(format!("{}: {}", operand.text, operand.value));
    }
    for (operand, column) in failure.operands.iter().map(|o| (o, (o.col - failure.col.min(o.col)) as usize)) {
        if let Some([one]) = columns.get_mut(&column).map(Vec::as_mut_slice) {
            one.clone_from(&operand.value);
        }
    }
    let mut text = String::new();
    let pipes = |count: usize| {
        let mut row = String::from("    ");
        for at in columns.keys().take(count) {
            row.push_str(&" ".repeat((4 + at).saturating_sub(row.chars().count())));
            row.push('|');
        }
        row
    };
    if !columns.is_empty() {
        let _ = writeln!(text, "{}", pipes(columns.len()));
    }
    for (i, (at, values)) in columns.iter().enumerate().rev() {
        for value in values {
            let row = pipes(i);
            let gap = (4 + at).saturating_sub(row.chars().count());
            let _ = writeln!(text, "{row}{}{value}", " ".repeat(gap));
        }
    }
    text
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
