//! Decisions for people.

use std::fmt::Write as _;

use super::super::super::paint::Paint;
use super::super::super::plain::{self, hanging};
use super::Decision;
use crate::decide::testing::Because;
use crate::decide::{Finding, Softened};
use crate::declare::Environment;

/// A block for each stage: the decision, and what the rules say.
pub(super) fn decisions(decisions: &[Decision], environment: &Environment) -> String {
    let paint = Paint::for_stdout(environment);
    let mut text = String::new();
    for decision in decisions {
        let word = match decision.word() {
            "allow" => paint.green("allowed"),
            "deny" => paint.red("denied"),
            _ => paint.red("not decided"),
        };
        let _ = writeln!(text, "{}: {word}", paint.bold(&format!("vestry.{}", decision.stage.as_str())));
        match &decision.answer {
            Err(refusal) => {
                for problem in refusal.problems() {
                    let _ = writeln!(text, "  {}", hanging(&problem.to_string(), "    "));
                }
            }
            Ok(outcome) => {
                for printed in &outcome.prints {
                    let _ = writeln!(text, "  print {}", hanging(printed, "        "));
                }
                let mut because = decision.because.iter();
                for finding in &outcome.denials {
                    text.push_str(&said("deny", finding, because.next(), paint));
                }
                for finding in &outcome.warnings {
                    let kind = finding.softened.map_or("warn", |_| "would deny");
                    text.push_str(&said(kind, finding, because.next(), paint));
                }
                for waived in &outcome.waived {
                    let _ = writeln!(text, "  {}", hanging(&waived.to_string(), "    "));
                }
                for unfit in &outcome.unfit {
                    let _ = writeln!(text, "  {}", hanging(&unfit.why, "    "));
                }
                if outcome.rules == 0 {
                    text.push_str("  no rule speaks at this stage\n");
                }
            }
        }
    }
    text
}

/// `deny  DB_PASSWORD: [own-stage] …`, and where it comes from.
fn said(kind: &str, finding: &Finding, because: Option<&Vec<Because>>, paint: Paint) -> String {
    let mut text = format!("  {kind}  {}\n", hanging(&message(finding), "        "));
    let mut source = format!("        {}.{} in {}", finding.package, finding.rule, finding.directory);
    source.push_str(match finding.softened {
        Some(Softened::Report) => ", which is in report mode (settings.toml)",
        Some(Softened::Advisory) => ", advisory as its object says",
        None => "",
    });
    let _ = writeln!(text, "{}", paint.dim(&plain::line(&source)));
    for because in because.into_iter().flatten() {
        let _ = writeln!(text, "        {}:{}", plain::line(&because.file), because.row);
        for (name, value) in &because.values {
            let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = writeln!(text, "          {}", plain::line(&format!("{name}: {value}")));
        }
    }
    text
}

/// Why a warning is one: `would deny (policy is in report mode)`.
pub(super) fn kind(warning: &Finding) -> String {
    match warning.softened {
        Some(Softened::Report) => format!("would deny ({} is in report mode)", warning.directory),
        Some(Softened::Advisory) => "would deny (advisory)".into(),
        None => "warning".into(),
    }
}

/// `DB_PASSWORD: [own-stage] …`
pub(super) fn message(finding: &Finding) -> String {
    let variable = finding.variable.as_ref().map(|variable| format!("{variable}: ")).unwrap_or_default();
    let id = finding.id.as_ref().map(|id| format!("[{id}] ")).unwrap_or_default();
    format!("{variable}{id}{}", finding.msg)
}
