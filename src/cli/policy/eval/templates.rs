//! Every function of a template, decided on before it is deployed.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::super::super::Usage;
use super::super::super::paint::Paint;
use super::super::super::plain;
use super::super::template::{Foreseen, foresee};
use super::super::{Format, say};
use super::{Args, Bounds, Decision, Judge, exit_code, gravest, pretty};
use crate::decide::Stage;
use crate::decide::bundle::Trust;
use crate::decide::testing::Because;
use crate::declare::Environment;
use crate::error::Refusal;
use crate::template::{Function, Template};

/// What became of one function.
struct Judged {
    id: String,
    /// Its declarations are wrong, or what the policies say of it.
    answer: Result<(Foreseen, Decision), Refusal>,
}

pub(super) fn run(
    args: &Args,
    trust: Trust,
    template: &Template,
    environment: &Environment,
) -> Result<ExitCode, Usage> {
    let functions = args.template.functions(template)?;
    if functions.is_empty() {
        return Err(Usage(format!("{} has no function", template.path())));
    }
    let mut judge = Judge::open(args, trust);
    let mut all = Vec::new();
    for function in functions {
        all.push(judged(&mut judge, &function, template)?);
    }
    let words: Vec<&str> = all.iter().map(Judged::word).collect();
    let word = gravest(&words);
    say(&match args.format {
        Format::Pretty => table(&all, template, Paint::for_stdout(environment)),
        Format::Json => {
            let functions: Vec<Value> = all.iter().map(Judged::json).collect();
            format!("{:#}\n", json!({"template": template.path(), "decision": word, "functions": functions}))
        }
    });
    Ok(exit_code(word))
}

fn judged(judge: &mut Judge<'_>, function: &Function, template: &Template) -> Result<Judged, Usage> {
    let answer = match foresee(function, template) {
        Err(refusal) => Err(refusal),
        Ok(foreseen) => {
            let mut decisions = judge.decide(&[Stage::Declare], &foreseen.known, bounds(&foreseen))?;
            let decision = decisions.pop().ok_or_else(|| Usage("no decision was made".into()))?;
            Ok((foreseen, decision))
        }
    };
    Ok(Judged { id: function.id.clone(), answer })
}

fn bounds(foreseen: &Foreseen) -> Bounds {
    let set = |name| foreseen.environment.get(name).is_some();
    let settings = &foreseen.settings;
    Bounds {
        time: set("VESTRY_POLICY_TIMEOUT_MS").then_some(settings.policy_timeout),
        memory_mb: set("VESTRY_POLICY_MEMORY_MB").then_some(settings.policy_memory_mb),
    }
}

impl Judged {
    /// `allow`, `deny`, `error`, or `undecided` where a policy would be asked more than the template tells.
    fn word(&self) -> &'static str {
        match &self.answer {
            Err(_) => "error",
            Ok((foreseen, decision)) => match decision.word() {
                "allow" if foreseen.unread.is_some() => "error",
                "allow" if foreseen.unknown.iter().any(|gap| gap.matters) => "undecided",
                word => word,
            },
        }
    }

    fn verdict(&self) -> &'static str {
        match self.word() {
            "allow" => "allowed",
            "deny" => "denied",
            "undecided" => "undecided",
            _ => "invalid",
        }
    }

    fn messages(&self, template: &Template) -> Vec<String> {
        let (foreseen, decision) = match &self.answer {
            Err(refusal) => return refusal.problems().iter().map(ToString::to_string).collect(),
            Ok(answer) => answer,
        };
        let mut messages = Vec::new();
        let unread = foreseen.unread.iter().flat_map(Refusal::problems);
        match &decision.answer {
            Err(refusal) => messages.extend(refusal.problems().iter().map(ToString::to_string)),
            Ok(outcome) => {
                let denials = outcome.denials.iter().map(pretty::message);
                let warning = |finding| format!("{}: {}", pretty::kind(finding), pretty::message(finding));
                let mut because = decision.because.iter();
                for said in denials.chain(outcome.warnings.iter().map(warning)) {
                    messages.push(said);
                    messages.extend(because.next().into_iter().flatten().map(explained));
                }
                messages.extend(outcome.waived.iter().map(ToString::to_string));
                messages.extend(outcome.unfit.iter().map(|unfit| unfit.why.clone()));
            }
        }
        messages.extend(unread.map(ToString::to_string));
        messages.extend(foreseen.warnings.iter().map(|warning| format!("warning: {warning}")));
        messages.extend(foreseen.unknown.iter().map(|gap| format!("{}:{gap}", template.path())));
        messages
    }

    fn json(&self) -> Value {
        let mut fields = json!({"function": self.id, "decision": self.word()});
        match &self.answer {
            Err(refusal) => fields["error"] = told(refusal),
            Ok((foreseen, decision)) => {
                fields["input"] = foreseen.document.clone();
                fields["stages"] = json!([decision.json()]);
                if let Some(refusal) = &foreseen.unread {
                    fields["error"] = told(refusal);
                }
                fields["unknown"] = foreseen.document.get("unknown").cloned().unwrap_or(json!([]));
            }
        }
        fields
    }
}

fn told(refusal: &Refusal) -> Value {
    json!({"type": refusal.error_type(), "problems": refusal.problems()})
}

/// `  policy/stage.rego:28 with stage: "prod"`
fn explained(because: &Because) -> String {
    let values: Vec<_> = because.values.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let with = if values.is_empty() { "" } else { " with " };
    format!("  {}:{}{with}{}", because.file, because.row, values.join(", "))
}

fn table(all: &[Judged], template: &Template, paint: Paint) -> String {
    let widest =
        |of: fn(&Judged) -> usize, title: &str| all.iter().map(of).max().unwrap_or(0).max(title.len());
    let (first, second) = (
        widest(|judged| plain::line(&judged.id).chars().count(), "FUNCTION"),
        widest(|judged| judged.verdict().len(), "VERDICT"),
    );
    let mut text = format!("{:first$}  {:second$}  MESSAGES\n", "FUNCTION", "VERDICT");
    for judged in all {
        let verdict = format!("{:second$}", judged.verdict());
        let verdict = if judged.word() == "allow" { paint.green(&verdict) } else { paint.red(&verdict) };
        let messages: Vec<_> =
            judged.messages(template).iter().map(|message| plain::lines(message).into_owned()).collect();
        let mut rows = messages.iter().flat_map(|message| message.lines());
        let line =
            format!("{:first$}  {verdict}  {}", plain::line(&judged.id), rows.next().unwrap_or_default());
        text.push_str(line.trim_end());
        text.push('\n');
        rows.for_each(|row| text.push_str(&format!("{:first$}  {:second$}  {row}\n", "", "")));
    }
    text
}
