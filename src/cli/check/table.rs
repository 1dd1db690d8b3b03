//! The reports as a person reads them.

use super::super::paint::Paint;
use super::super::plain;
use super::super::words::plural;
use super::judge::Report;
use super::row::{Found, Row};
use crate::declare::Environment;
use crate::error::ErrorType;
use crate::resolve::Ask;

const NARROWEST: usize = 80;
const WIDEST: usize = 120;
const USUAL: usize = 100;

const TITLES: [&str; 6] = ["VARIABLE", "REFERENCE", "FOUND", "VERSION", "TYPE", "CHANGED"];
/// Of a variable's name and of a version no more is shown.
const LONGEST_VARIABLE: usize = 26;
const LONGEST_VERSION: usize = 9;
const GAP: &str = "  ";

pub(super) fn text(reports: &[Report], online: bool, environment: &Environment) -> String {
    let columns = environment.text("COLUMNS").and_then(|columns| columns.parse().ok()).unwrap_or(USUAL);
    let page =
        Page { width: columns.clamp(NARROWEST, WIDEST), paint: Paint::for_stdout(environment), online };
    reports.iter().map(|report| page.report(report)).collect::<Vec<_>>().join("\n")
}

struct Page {
    width: usize,
    paint: Paint,
    online: bool,
}

impl Page {
    fn report(&self, report: &Report) -> String {
        let mut text = String::new();
        if let Some(name) = &report.name {
            let path = report.path.as_deref().unwrap_or_default();
            text.push_str(&format!("{} ({})\n", self.paint.bold(&plain::line(name)), plain::line(path)));
        }
        text.push_str(&self.rows(&report.rows));
        for problem in &report.problems {
            text.push_str(&self.said("✗", Paint::red, "", &problem.to_string()));
        }
        for warning in &report.warnings {
            text.push_str(&self.said("!", Paint::yellow, "", warning));
        }
        for unknown in &report.unknown {
            let place = report.path.as_ref().map_or(unknown.clone(), |path| format!("{path}:{unknown}"));
            text.push_str(&self.said("?", Paint::cyan, "", &place));
        }
        text.push_str(&self.end(report));
        text
    }

    fn rows(&self, rows: &[Row]) -> String {
        if rows.is_empty() {
            return String::new();
        }
        // Offline there is nothing to say of the rest.
        let shown = if self.online { TITLES.len() } else { 2 };
        let cells: Vec<[String; 6]> = rows.iter().map(cells).collect();
        let mut widths = [0; 6];
        for column in 0..shown {
            let longest = cells.iter().map(|row| length(&plain::line(&row[column]))).max().unwrap_or(0);
            widths[column] = longest.max(TITLES[column].len());
        }
        let others: usize = (0..shown).filter(|column| *column != 1).map(|c| widths[c] + GAP.len()).sum();
        widths[1] = widths[1].min(self.width.saturating_sub(others)).max(TITLES[1].len());
        let mut text = self.paint.dim(&line(&TITLES.map(str::to_string), &widths[..shown], |_, cell| cell));
        text.push('\n');
        // A store that nobody reaches is one problem, however much is asked of it.
        let mut unavailable: Vec<(String, &str)> = Vec::new();
        for (row, cells) in rows.iter().zip(&cells) {
            let paint = |column: usize, cell: String| match (column, row.found) {
                (2, Found::Yes) => self.paint.green(&cell),
                (2, Found::No | Found::Denied) => self.paint.red(&cell),
                (2, Found::Absent) => self.paint.yellow(&cell),
                _ => cell,
            };
            text.push_str(&line(cells, &widths[..shown], paint));
            text.push('\n');
            if let Some(problem) = &row.problem {
                let id = problem.id.as_ref().map(|id| format!("[{id}] ")).unwrap_or_default();
                let advice = if problem.advice.is_empty() { "" } else { "; " };
                let place = problem.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
                let mut whole = format!("{place}{id}{}{advice}{}", problem.why, problem.advice);
                if problem.error_type == ErrorType::Unavailable {
                    match unavailable.iter().find(|(said, _)| *said == whole) {
                        Some((_, variable)) => whole = format!("as for {variable}"),
                        None => unavailable.push((whole.clone(), &row.variable)),
                    }
                }
                text.push_str(&self.said("✗", Paint::red, "  ", &whole));
            }
            if let Some(note) = &row.note {
                text.push_str(&self.said("·", Paint::dim, "  ", note));
            }
        }
        text
    }

    /// A message behind its mark, broken where the page ends.
    fn said(&self, mark: &str, paint: fn(Paint, &str) -> String, indent: &str, message: &str) -> String {
        let mut text = String::new();
        let room = self.width - indent.len() - 2;
        for (i, line) in wrapped(&plain::line(message), room).into_iter().enumerate() {
            let mark = if i == 0 { paint(self.paint, mark) } else { " ".into() };
            text.push_str(&format!("{indent}{mark} {line}\n"));
        }
        text
    }

    fn end(&self, report: &Report) -> String {
        let references = plural(report.rows.len() as u64, "reference");
        let problems = report.all_problems().count() as u64;
        let size = report.bytes.map(|(bytes, at_least)| {
            format!(", {}{bytes} of 4096 bytes of variables", if at_least { "at least " } else { "" })
        });
        let told = format!("{references}{}", size.filter(|_| report.path.is_some()).unwrap_or_default());
        let calls = report.calls.ssm + report.calls.secretsmanager + report.calls.sts;
        match report.error_type() {
            Some(error_type) => {
                let refused = self.paint.red("INIT would be refused");
                format!("{refused}: {error_type}, {}; {told}\n", plural(problems, "problem"))
            }
            None if self.online => {
                let asked = plural(u64::from(calls), "call");
                let known = report.rows.iter().all(Row::is_known) && report.unknown.is_empty();
                let known = if known { "" } else { ", as far as it is known" };
                let proven = match report.asked {
                    Some(Ask::Metadata) if calls > 0 => {
                        "; that what is encrypted may be read and decrypted, --fetch proves"
                    }
                    _ => "",
                };
                let ready = self.paint.green("INIT would succeed");
                wrapped(&format!("{ready}{known}: {told}, {asked}{proven}"), self.width).join("\n") + "\n"
            }
            None => format!("{}: {told}; no store was asked\n", self.paint.green("Nothing is wrong offline")),
        }
    }
}

fn cells(row: &Row) -> [String; 6] {
    let of = |value: Option<&str>| value.unwrap_or("-").to_string();
    let record = row.record.as_ref();
    let date = |time: &str| time.split('T').next().unwrap_or_default().to_string();
    [
        shortened(&row.variable, LONGEST_VARIABLE),
        row.reference.clone(),
        row.found.word().to_string(),
        shortened(&of(record.and_then(|record| record.version.as_deref())), LONGEST_VERSION),
        of(record.and_then(|record| record.value_type)),
        record.and_then(|record| record.last_modified.as_deref()).map_or("-".to_string(), date),
    ]
}

fn line(cells: &[String; 6], widths: &[usize], paint: impl Fn(usize, String) -> String) -> String {
    let mut text = String::new();
    for (column, width) in widths.iter().enumerate() {
        let cell = shortened(&cells[column], *width);
        let padding = if column + 1 == widths.len() { 0 } else { width - length(&cell) };
        let gap = if column == 0 { "" } else { GAP };
        text.push_str(&format!("{gap}{}{}", paint(column, cell), " ".repeat(padding)));
    }
    text.trim_end().to_string()
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// Names are told apart by their beginning and their end.
fn shortened(text: &str, width: usize) -> String {
    let text = plain::line(text);
    if length(&text) <= width {
        return text.into_owned();
    }
    let head = (width - 1) / 2;
    let tail = width - 1 - head;
    let chars: Vec<char> = text.chars().collect();
    let of = |chars: &[char]| chars.iter().collect::<String>();
    format!("{}…{}", of(&chars[..head]), of(&chars[chars.len() - tail..]))
}

/// Broken between words; a word that is longer than a line stays whole, so that it can be copied.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always one");
        if last.is_empty() {
            last.push_str(word);
        } else if length(last) + 1 + length(word) <= width {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_string());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_keeps_both_ends_and_what_is_wrapped_loses_nothing() {
        assert_eq!(shortened("ssm:/prod/db/password", 11), "ssm:/…sword");
        assert_eq!(shortened("short", 11), "short");
        assert_eq!(length(&shortened("0123456789", 4)), 4);
        assert_eq!(wrapped("one two three-is-long four", 8), ["one two", "three-is-long", "four"]);
    }
}
