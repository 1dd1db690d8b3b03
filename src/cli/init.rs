//! The INIT of a local run: its stages with their milliseconds, what was decided, what is wrong.

use std::path::PathBuf;

use serde_json::Value;

use super::paint::Paint;
use super::plain;
use super::words::{self, plural};

/// The stages as the INIT line names them, and as a person would.
const STAGES: [(&str, &str); 7] = [
    ("declare", "declare"),
    ("connect", "connect"),
    ("decide", "decide"),
    ("resolve", "resolve"),
    ("decide_resolved", "decide again"),
    ("deliver", "deliver"),
    ("register", "register"),
];

/// The widest bar.
const WIDTH: f64 = 16.0;

/// Vestry's log lines of one INIT.
#[derive(Default)]
pub(super) struct InitBlock {
    init: Option<Value>,
    decisions: Vec<Value>,
    others: Vec<Value>,
    /// Where a file delivery puts the values.
    file: PathBuf,
}

impl InitBlock {
    pub fn new(file: PathBuf) -> Self {
        Self { file, ..Self::default() }
    }

    pub fn add(&mut self, line: &Value) {
        match line["event"].as_str() {
            Some("init") => self.init = Some(line.clone()),
            Some("decision") => self.decisions.push(line.clone()),
            _ => self.others.push(line.clone()),
        }
    }

    /// `ready` or `refused`
    pub fn outcome(&self) -> Option<&str> {
        self.init.as_ref()?["outcome"].as_str()
    }

    /// `socket`, `file`, or `none` where nothing is declared
    pub fn delivery(&self) -> Option<&str> {
        self.init.as_ref()?["delivery"].as_str()
    }

    /// The whole block.
    pub fn text(&self, paint: Paint) -> String {
        let Some(init) = &self.init else { return String::new() };
        let total = init["ms"]["total"].as_f64().unwrap_or_default();
        let refused = self.outcome() == Some("refused");
        let outcome = if refused { paint.red("refused") } else { paint.green("ready") };
        let mut text = format!("{}  {outcome} after {total:.1} ms\n", paint.bold("INIT"));
        let of_stage = |key: &str| init["ms"][key].as_f64();
        let longest = STAGES.iter().filter_map(|(key, _)| of_stage(key)).fold(0.0, f64::max);
        for (key, name) in STAGES {
            let Some(ms) = of_stage(key) else { continue };
            let note = self.note(key, init, paint);
            let bar = paint.cyan(&format!("{:<16}", bar(ms, longest)));
            text += format!("  {name:<14}{ms:>8.1} ms  {bar}  {note}").trim_end();
            text.push('\n');
        }
        for line in &self.others {
            text += &remark(line, paint);
        }
        for exception in self.decisions.iter().flat_map(words::exceptions) {
            text += &format!("  {} {}\n", paint.yellow("!"), plain::line(&exception));
        }
        text
    }

    /// Every problem by itself: which variable, which reference, why, what to do.
    pub fn problems(&self, paint: Paint) -> Option<String> {
        let problems = self.init.as_ref()?["problems"].as_array()?;
        let mut text = String::new();
        for problem in problems {
            let field = |name: &str| problem[name].as_str().filter(|text| !text.is_empty());
            let whose: Vec<_> = [
                field("variable").map(|name| paint.bold(&plain::line(name))),
                field("reference").map(|reference| plain::line(reference).into_owned()),
                field("place").map(|place| paint.dim(&plain::line(place))),
            ]
            .into_iter()
            .flatten()
            .collect();
            if !whose.is_empty() {
                text += &format!("\n  {}\n", whose.join("  "));
            } else {
                text.push('\n');
            }
            let id = field("id").map(|id| format!("[{id}] ")).unwrap_or_default();
            text += &lines(&format!("{id}{}", field("why").unwrap_or_default()));
            if let Some(advice) = field("advice") {
                text += &lines(&format!("→ {advice}"));
            }
        }
        for omitted in self.init.as_ref()?["omitted"].as_array().into_iter().flatten() {
            text += &format!("\n  left out {}\n", omitted.as_str().unwrap_or_default());
        }
        Some(text)
    }

    /// What there is to say of a stage.
    fn note(&self, stage: &str, init: &Value, paint: Paint) -> String {
        let count = |value: &Value| value.as_u64().unwrap_or_default();
        let variables = || plural(count(&init["variables"]), "variable");
        match stage {
            "declare" => plural(count(&init["declared"]), "declaration"),
            "decide" => self.decision("declare", paint),
            "resolve" => calls(&init["calls"]),
            "decide_resolved" => self.decision("resolve", paint),
            "deliver" => match init["delivery"].as_str().unwrap_or_default() {
                "none" => paint.dim("nothing to deliver"),
                "file" => format!("{} by file, {}", variables(), self.file.display()),
                delivery => format!("{} by {delivery}", variables()),
            },
            _ => String::new(),
        }
    }

    fn decision(&self, stage: &str, paint: Paint) -> String {
        let Some(decision) = self.decisions.iter().find(|decision| decision["stage"] == stage) else {
            return paint.dim("no policy");
        };
        let rules = plural(decision["rules"].as_u64().unwrap_or_default(), "rule");
        let revision = decision["revision"].as_str().unwrap_or_default();
        let short: String = revision.trim_start_matches("sha256:").chars().take(8).collect();
        let of = if short.is_empty() { String::new() } else { format!(", revision {short}") };
        let messages = decision["messages"].as_array().map_or(0, Vec::len) as u64;
        let said = match decision["decision"].as_str() {
            _ if !decision["error"].is_null() => return paint.red("policy invalid"),
            Some("allow") if decision["mode"] == "report" => {
                let would = decision["would_deny"].as_u64().unwrap_or_default();
                let would = format!("report mode, {} would be denied", plural(would, "message"));
                format!("{}, {would} ({rules})", paint.yellow("allowed"))
            }
            Some("allow") => format!("{} ({rules})", paint.green("allowed")),
            _ => format!("{}, {} ({rules})", paint.red("denied"), plural(messages, "message")),
        };
        format!("{said}{}", paint.dim(&of))
    }
}

fn calls(calls: &Value) -> String {
    let count = |name: &str| calls[name].as_u64().unwrap_or_default();
    let stores = [("ssm", "SSM"), ("secretsmanager", "Secrets Manager"), ("sts", "STS")];
    let mut parts: Vec<_> = stores
        .iter()
        .filter(|(key, _)| count(key) > 0)
        .map(|(key, name)| format!("{} to {name}", plural(count(key), "call")))
        .collect();
    if count("retries") > 0 {
        parts.push(plural(count("retries"), "retry").replace("retrys", "retries"));
    }
    parts.join(", ")
}

/// A line besides the stages: a warning, or what a policy prints.
pub(super) fn remark(line: &Value, paint: Paint) -> String {
    let warned = words::warning(line["event"].as_str().unwrap_or_default(), line)
        .map(|said| format!("  {} {}\n", paint.yellow("!"), plain::hanging(&said, "    ")));
    let printed = words::prints(line)
        .map(|said| format!("  {} {}\n", paint.dim("policy prints:"), plain::hanging(said, "    ")));
    warned.into_iter().chain(printed).collect()
}

fn lines(text: &str) -> String {
    plain::lines(text).lines().map(|line| format!("    {line}\n")).collect()
}

/// In eighths of a character, so that short stages show too.
fn bar(ms: f64, longest: f64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if longest <= 0.0 {
        return String::new();
    }
    let eighths = ((ms / longest * WIDTH * 8.0).round() as usize).max(1);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn block(lines: &[Value]) -> InitBlock {
        let mut block = InitBlock::default();
        lines.iter().for_each(|line| block.add(line));
        block
    }

    fn plain() -> Paint {
        Paint::for_stdout(&[("NO_COLOR", "1")].into_iter().collect())
    }

    #[test]
    fn a_ready_init_shows_stages_calls_and_decisions() {
        let block = block(&[
            json!({"event": "decision", "stage": "declare", "decision": "allow", "rules": 1, "revision": "sha256:0123456789"}),
            json!({"event": "warning", "message": "secretsmanager:BatchGetSecretValue is not allowed"}),
            json!({"event": "init", "outcome": "ready", "declared": 2, "variables": 3, "delivery": "socket",
                "calls": {"ssm": 1, "secretsmanager": 2, "sts": 1, "retries": 2},
                "ms": {"declare": 0.1, "decide": 1.0, "resolve": 8.0, "deliver": 0.2, "total": 9.3}}),
        ]);
        assert_eq!(
            block.text(plain()),
            "INIT  ready after 9.3 ms\n\
             \x20 declare            0.1 ms  ▎                 2 declarations\n\
             \x20 decide             1.0 ms  ██                allowed (1 rule), revision 01234567\n\
             \x20 resolve            8.0 ms  ████████████████  1 call to SSM, 2 calls to Secrets Manager, 1 call to STS, 2 retries\n\
             \x20 deliver            0.2 ms  ▍                 3 variables by socket\n\
             \x20 ! secretsmanager:BatchGetSecretValue is not allowed\n"
        );
    }

    #[test]
    fn a_decision_counts_its_messages_and_tells_exceptions_prints_and_ignored_files() {
        let block = block(&[
            json!({"event": "policy_file_ignored", "file": "/p/a.rego.bak", "advice": "rename it"}),
            json!({"event": "policy_print", "stage": "declare", "lines": ["a.rego:3: looked"]}),
            json!({"event": "decision", "stage": "declare", "decision": "deny", "rules": 4,
                "messages": [{"msg": "a"}, {"msg": "b"}],
                "exceptions": [{"package": "vestry.declare.c", "rule": "deny", "messages": ["c", "d"]}]}),
            json!({"event": "decision", "stage": "resolve", "decision": "deny", "error": "Vestry.PolicyInvalid"}),
            json!({"event": "init", "outcome": "refused", "ms": {"decide": 1.0, "decide_resolved": 1.0, "total": 2}}),
        ]);
        assert_eq!(
            block.text(plain()),
            "INIT  refused after 2.0 ms\n\
             \x20 decide             1.0 ms  ████████████████  denied, 2 messages (4 rules)\n\
             \x20 decide again       1.0 ms  ████████████████  policy invalid\n\
             \x20 ! /p/a.rego.bak is ignored; rename it\n\
             \x20 policy prints: a.rego:3: looked\n\
             \x20 ! exception to vestry.declare.c.deny: c; d\n"
        );
    }

    #[test]
    fn a_file_is_named_and_nothing_is_called_nothing() {
        for (delivery, expected) in
            [("file", "2 variables by file, /run/env\n"), ("none", "nothing to deliver\n")]
        {
            let mut block = InitBlock::new("/run/env".into());
            block.add(&json!({"event": "init", "outcome": "ready", "variables": 2, "delivery": delivery,
                "ms": {"deliver": 1, "total": 1}}));
            assert!(block.text(plain()).ends_with(expected), "{}", block.text(plain()));
        }
    }

    #[test]
    fn every_problem_says_what_to_do() {
        let block = block(&[json!({"event": "init", "outcome": "refused", "ms": {"total": 1},
            "problems": [
                {"type": "Vestry.PolicyDenied", "variable": "A", "reference": "ssm:/a", "id": "stage", "why": "no"},
                {"type": "Vestry.NotFound", "variable": "B", "why": "not found", "advice": "create it"}]})]);
        assert_eq!(
            block.problems(plain()).unwrap(),
            "\n  A  ssm:/a\n    [stage] no\n\n  B\n    not found\n    → create it\n"
        );
        let cut = json!({"event": "init", "outcome": "refused", "problems": [], "ms": {"total": 1},
            "omitted": ["/problems: 7 of them"]});
        let said = self::block(&[cut]).problems(plain()).unwrap();
        assert_eq!(said, "\n  left out /problems: 7 of them\n");
    }
}
