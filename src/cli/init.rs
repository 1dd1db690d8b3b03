//! The INIT of a local run: its stages with their milliseconds, what was decided, what is wrong.

use serde_json::Value;

use super::paint::Paint;

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
}

impl InitBlock {
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
        for warning in &self.others {
            let said = warning["message"].as_str().or(warning["msg"].as_str());
            if let Some(said) = said {
                text += &format!("  {} {said}\n", paint.yellow("!"));
            }
        }
        text
    }

    /// Every problem by itself: which variable, which reference, why, what to do.
    pub fn problems(&self, paint: Paint) -> Option<String> {
        let problems = self.init.as_ref()?["problems"].as_array()?;
        let mut text = String::new();
        for problem in problems {
            let field = |name: &str| problem[name].as_str().filter(|text| !text.is_empty());
            let whose: Vec<_> =
                [field("variable").map(|name| paint.bold(name)), field("reference").map(Into::into)]
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
        Some(text)
    }

    /// What there is to say of a stage.
    fn note(&self, stage: &str, init: &Value, paint: Paint) -> String {
        let count = |value: &Value| value.as_u64().unwrap_or_default();
        match stage {
            "declare" => plural(count(&init["declared"]), "declaration"),
            "decide" => self.decision("declare", paint),
            "resolve" => calls(&init["calls"]),
            "decide_resolved" => self.decision("resolve", paint),
            "deliver" => {
                let delivery = init["delivery"].as_str().unwrap_or_default();
                format!("{} by {delivery}", plural(count(&init["variables"]), "variable"))
            }
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
        match decision["decision"].as_str() {
            Some("allow") => format!("{} by {rules}{}", paint.green("allowed"), paint.dim(&of)),
            _ => format!("{} by {rules}{}", paint.red("denied"), paint.dim(&of)),
        }
    }
}

fn calls(calls: &Value) -> String {
    let count = |name: &str| calls[name].as_u64().unwrap_or_default();
    let stores = [("ssm", "SSM"), ("secretsmanager", "Secrets Manager")];
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

pub(super) fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn lines(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
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
                "calls": {"ssm": 1, "secretsmanager": 2, "retries": 2},
                "ms": {"declare": 0.1, "decide": 1.0, "resolve": 8.0, "deliver": 0.2, "total": 9.3}}),
        ]);
        assert_eq!(
            block.text(plain()),
            "INIT  ready after 9.3 ms\n\
             \x20 declare            0.1 ms  ▎                 2 declarations\n\
             \x20 decide             1.0 ms  ██                allowed by 1 rule, revision 01234567\n\
             \x20 resolve            8.0 ms  ████████████████  1 call to SSM, 2 calls to Secrets Manager, 2 retries\n\
             \x20 deliver            0.2 ms  ▍                 3 variables by socket\n\
             \x20 ! secretsmanager:BatchGetSecretValue is not allowed\n"
        );
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
    }
}
