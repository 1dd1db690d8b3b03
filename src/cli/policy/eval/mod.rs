//! `vestry policy eval`: what the policies would decide, by the same gate that the extension has.

mod document;
mod pretty;
mod templates;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::{REFUSED, Usage};
use super::{Format, StageName, key, say, template};
use crate::decide::bundle::Trust;
use crate::decide::evaluator::Limits;
use crate::decide::testing::{Because, Explainer};
use crate::decide::{Finding, Gate, Outcome, Stage, Waived};
use crate::declare::{Environment, Settings};
use crate::error::Refusal;
use crate::log::{Level, Log, Sink};
use crate::process;

/// Decide on an input document, or on every function of a template
///
/// The directories and bundles are loaded, and their rules evaluated, by the code that the extension runs; the first
/// stands for the layer's. An input document is what `vestry policy input` prints. Where it says no stage, both are decided; where it
/// says no time, `now` and `now_ns` are the present. It may lack what the rules do not ask for, but not `references`, and a
/// field that is nearly one of the input's is refused; of others that the input does not have it is said.
///
/// With --template each function is decided on at the stage vestry.declare, and a table is printed. What a deployment
/// alone tells is null in a function's input; where that leaves open what a variable refers to, a function that nothing
/// denies is undecided, not allowed. A function's VESTRY_POLICY_TIMEOUT_MS and VESTRY_POLICY_MEMORY_MB bound its decision
/// as they would in Lambda, unless --timeout or --memory-mb says otherwise.
///
/// Examples:
///   vestry policy input --template template.yaml --function Orders | vestry policy eval policy --input -
///   vestry policy eval policy --input input.json --explain
///   vestry policy eval policy --template template.yaml --parameter Stage=prod
///   vestry policy eval policy.tar.gz --key policy.pub --input input.json
///
/// Exit codes:
///   0  allowed
///   2  usage: a missing file, an input that is no JSON object, lacks references or has a misspelt field
///   3  denied
///   4  not decided: the policies are not valid or gave no clean answer, a function's declarations are wrong, or its
///      references are not known
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Args {
    /// Policy directories or bundles (.tar.gz)
    #[arg(required = true, value_name = "DIR|BUNDLE")]
    directories: Vec<PathBuf>,
    #[command(flatten)]
    key: key::Args,
    /// The input document, JSON; - is standard input
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["template", "function", "parameters"])]
    input: Option<PathBuf>,
    #[command(flatten)]
    template: template::Args,
    /// Which decision [default: as the input says, or both]
    #[arg(long, value_enum, conflicts_with = "template")]
    stage: Option<StageName>,
    /// Which definition of a rule spoke, and with which values
    #[arg(long)]
    explain: bool,
    #[arg(short, long, value_enum, default_value_t = Format::Pretty)]
    format: Format,
    /// What loading and deciding may take together [default: 5s, or as the function's VESTRY_POLICY_TIMEOUT_MS]
    #[arg(long, value_name = "DURATION", value_parser = super::test::parse_duration)]
    timeout: Option<Duration>,
    /// What they may take of memory [default: 64, or as the function's VESTRY_POLICY_MEMORY_MB]
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u64).range(16..=1024))]
    memory_mb: Option<u64>,
}

/// A laptop's disk is slower than a layer's.
const PATIENCE: Duration = Duration::from_secs(5);

impl From<StageName> for Stage {
    fn from(name: StageName) -> Self {
        match name {
            StageName::Declare => Self::Declare,
            StageName::Resolve => Self::Resolve,
        }
    }
}

const UNDECIDED: u8 = 4;

/// The gate's answer on one document at one stage.
struct Decision {
    stage: Stage,
    answer: Result<Outcome, Refusal>,
    /// For each denial, then each warning, in their order.
    because: Vec<Vec<Because>>,
}

impl Decision {
    fn word(&self) -> &'static str {
        match &self.answer {
            Err(_) => "error",
            Ok(outcome) if outcome.denials.is_empty() => "allow",
            Ok(_) => "deny",
        }
    }

    fn json(&self) -> Value {
        let mut fields = json!({"stage": self.stage.as_str(), "decision": self.word()});
        match &self.answer {
            Err(refusal) => {
                fields["error"] = json!({"type": refusal.error_type(), "problems": refusal.problems()});
            }
            Ok(outcome) => {
                let mut because = self.because.iter();
                let mut all = |findings: &[Finding]| -> Value {
                    findings.iter().map(|finding| described(finding, because.next())).collect()
                };
                fields["denials"] = all(&outcome.denials);
                fields["warnings"] = all(&outcome.warnings);
                fields["exceptions"] = outcome.waived.iter().map(Waived::told).collect();
                fields["unfit_waivers"] = json!(outcome.unfit);
                fields["rules"] = json!(outcome.rules);
                fields["prints"] = json!(outcome.prints);
            }
        }
        fields
    }
}

fn described(finding: &Finding, because: Option<&Vec<Because>>) -> Value {
    let mut fields = Value::Object(finding.metadata.clone());
    fields["msg"] = json!(finding.msg);
    fields["package"] = json!(finding.package);
    fields["rule"] = json!(finding.rule);
    fields["directory"] = json!(finding.directory);
    if let Some(id) = &finding.id {
        fields["id"] = json!(id);
    }
    if let Some(softened) = finding.softened {
        fields["would_deny"] = json!(softened.as_str());
    }
    if let Some(because) = because {
        fields["because"] = json!(because);
    }
    fields
}

pub(in crate::cli) fn run(args: &Args, environment: &Environment) -> Result<ExitCode, Usage> {
    for directory in &args.directories {
        if !directory.is_dir() && !directory.is_file() {
            return Err(Usage(format!("{} is neither a directory nor a bundle", directory.display())));
        }
    }
    let trust = args.key.trust(&args.directories)?;
    if let Some(template) = args.template.read()? {
        return templates::run(args, trust, &template, environment);
    }
    let Some(input) = &args.input else {
        return Err(Usage(
            "nothing to decide on: give --input FILE, a document as `vestry policy input` prints it (- is standard input), \
             or --template FILE"
                .into(),
        ));
    };
    let document = document::read(input)?;
    let mut judge = Judge::open(args, trust);
    let decisions = judge.decide(&stages(args, &document)?, &document, Bounds::default())?;
    let words: Vec<&str> = decisions.iter().map(Decision::word).collect();
    let word = gravest(&words);
    say(&match args.format {
        Format::Pretty => pretty::decisions(&decisions, environment),
        Format::Json => {
            let stages: Vec<Value> = decisions.iter().map(Decision::json).collect();
            format!("{:#}\n", json!({"decision": word, "stages": stages}))
        }
    });
    Ok(exit_code(word))
}

fn gravest<'a>(words: &[&'a str]) -> &'a str {
    let rank = |word: &str| ["allow", "undecided", "error", "deny"].iter().position(|w| *w == word);
    words.iter().copied().max_by_key(|word| rank(word)).unwrap_or("allow")
}

fn exit_code(word: &str) -> ExitCode {
    match word {
        "allow" => ExitCode::SUCCESS,
        "deny" => ExitCode::from(REFUSED),
        _ => ExitCode::from(UNDECIDED),
    }
}

/// What a function says of its own decisions.
#[derive(Clone, Copy, Default)]
struct Bounds {
    time: Option<Duration>,
    memory_mb: Option<u64>,
}

/// The gate, opened anew for each function: its time is for one INIT.
struct Judge<'a> {
    args: &'a Args,
    trust: Trust,
    explainer: Option<Explainer>,
}

impl<'a> Judge<'a> {
    fn open(args: &'a Args, trust: Trust) -> Self {
        Self { args, trust, explainer: None }
    }

    fn decide(&mut self, stages: &[Stage], document: &Value, own: Bounds) -> Result<Vec<Decision>, Usage> {
        let limits = Limits {
            time: self.args.timeout.or(own.time).unwrap_or(PATIENCE),
            memory_mb: self
                .args
                .memory_mb
                .or(own.memory_mb)
                .unwrap_or_else(|| Settings::default().policy_memory_mb),
        };
        let log = Log { level: Level::Warn, sink: Sink::Person(super::super::words::warning_line) };
        let asked = |stage: &Stage| {
            let mut asked = document.clone();
            asked["stage"] = json!(stage.as_str());
            asked
        };
        let answers = process::block_on(async {
            let (directories, key) = (self.args.directories.clone(), self.args.key.policy_key());
            let mut gate = Gate::for_trial(directories, key, limits, log);
            let mut answers = Vec::new();
            for stage in stages {
                answers.push(gate.judge_document(*stage, asked(stage)).await);
            }
            answers
        })?;
        let mut decisions = Vec::new();
        for (stage, answer) in stages.iter().zip(answers) {
            let asked = asked(stage);
            let because =
                answer.as_ref().map(|outcome| self.because(outcome, *stage, &asked)).unwrap_or_default();
            decisions.push(Decision { stage: *stage, answer, because });
        }
        Ok(decisions)
    }

    fn because(&mut self, outcome: &Outcome, stage: Stage, document: &Value) -> Vec<Vec<Because>> {
        if !self.args.explain {
            return Vec::new();
        }
        if self.explainer.is_none() {
            let limit = self.args.timeout.unwrap_or(PATIENCE);
            self.explainer = Explainer::load(&self.args.directories, &self.trust, limit).ok();
        }
        let Some(explainer) = &mut self.explainer else { return Vec::new() };
        let findings = outcome.denials.iter().chain(&outcome.warnings);
        findings.map(|finding| explainer.why(finding, stage, document)).collect()
    }
}

fn stages(args: &Args, document: &Value) -> Result<Vec<Stage>, Usage> {
    match (args.stage, document.get("stage").and_then(Value::as_str)) {
        (Some(stage), _) => Ok(vec![stage.into()]),
        (None, Some("declare")) => Ok(vec![Stage::Declare]),
        (None, Some("resolve")) => Ok(vec![Stage::Resolve]),
        (None, Some(other)) => {
            Err(Usage(format!("the input's stage is {other:?}; it is declare or resolve")))
        }
        (None, None) => Ok(vec![Stage::Declare, Stage::Resolve]),
    }
}
