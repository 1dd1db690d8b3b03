//! One subject through the stages of an INIT, as far as they can be gone without one.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use super::super::Usage;
use super::super::credentials::Chain;
use super::super::words::warning_line;
use super::row::Row;
use super::subject::Subject;
use super::{made, progress};
use crate::decide::evaluator::Limits;
use crate::decide::{Gate, Permitted};
use crate::declare::settings::PolicyKey;
use crate::declare::{self, AwsSettings, Declared, Delivery, Environment, Host, grammar};
use crate::error::{ErrorType, Problem, Refusal};
use crate::log::{Level, Log, Sink};
use crate::resolve::{Ask, Stores, Survey};
use crate::resolved::Calls;

/// A laptop is further from the stores than a function.
const DEADLINE: Duration = Duration::from_secs(60);
/// Until a store that does not answer at all is taken for unreachable; `VESTRY_DEADLINE_MS` where that is less.
const PATIENCE: Duration = Duration::from_secs(10);
/// Loading a policy and both decisions; a laptop does other things besides.
const POLICY_LIMIT: Duration = Duration::from_secs(10);

/// What is judged with.
pub(super) struct Means<'a> {
    policies: &'a [PathBuf],
    /// None: no store is asked.
    ask: Option<Ask>,
    /// The machine's own, not the function's.
    machine: Environment,
    chain: Option<Chain>,
}

/// What became of one subject.
#[derive(Default)]
pub(super) struct Report {
    pub name: Option<String>,
    pub path: Option<String>,
    pub rows: Vec<Row>,
    /// Those that belong to no row.
    pub problems: Vec<Problem>,
    pub warnings: Vec<String>,
    /// What only a deployment tells, and where.
    pub unknown: Vec<String>,
    pub bytes: Option<(usize, bool)>,
    pub calls: Calls,
    /// Whether a policy was asked.
    pub policy: bool,
    /// How the stores were asked, where they were.
    pub asked: Option<Ask>,
}

impl<'a> Means<'a> {
    pub async fn new(
        policies: &'a [PathBuf],
        ask: Option<Ask>,
        environment: &Environment,
    ) -> Result<Self, Usage> {
        let machine = aws_names(environment);
        let chain = match ask {
            Some(_) => Chain::with(&aws(&machine)?, environment).await,
            None => None,
        };
        Ok(Self { policies, ask, machine, chain })
    }

    /// The machine's way to AWS, in the region of the function where that is known.
    fn aws(&self, function: &Declared) -> Result<AwsSettings, Refusal> {
        let mut aws = aws(&self.machine)?;
        let of_chain = || self.chain.as_ref().and_then(|chain| chain.region.clone());
        aws.region = function.aws.region.clone().or(aws.region).or_else(of_chain);
        Ok(aws)
    }
}

/// What of an environment says how to reach AWS.
fn aws_names(environment: &Environment) -> Environment {
    let ours = |name: &str| name.starts_with("AWS_") || name.to_ascii_uppercase().ends_with("_PROXY");
    let variables = environment.iter().filter(|(name, _)| name.to_str().is_some_and(ours));
    variables.map(|(name, value)| (name.to_os_string(), value.to_os_string())).collect()
}

fn aws(machine: &Environment) -> Result<AwsSettings, Refusal> {
    Ok(declare::read(machine, &Host::with_delivery(Delivery::Exec))?.aws)
}

impl Report {
    /// The gravest, as INIT would be refused with it.
    pub fn error_type(&self) -> Option<ErrorType> {
        self.all_problems().map(|problem| problem.error_type).min()
    }

    pub fn all_problems(&self) -> impl Iterator<Item = &Problem> {
        self.rows.iter().filter_map(|row| row.problem.as_ref()).chain(&self.problems)
    }

    fn take(&mut self, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            let of_variable =
                |row: &&mut Row| row.problem.is_none() && problem.variable.as_ref() == Some(&row.variable);
            if let Some(row) = self.rows.iter_mut().find(|row| row.is_meant(&problem)) {
                row.take(problem);
            } else if let Some(row) = self.rows.iter_mut().find(of_variable) {
                row.take(problem);
            } else {
                self.problems.push(problem);
            }
        }
    }
}

pub(super) async fn judge(subject: Subject, means: &Means<'_>) -> Report {
    let mut report = Report { name: subject.name.clone(), path: subject.path.clone(), ..Report::default() };
    report.unknown = subject.unknown.iter().map(ToString::to_string).collect();
    report.warnings.extend(subject.judgement.warnings.iter().cloned());
    report.problems.extend(subject.judgement.problems.iter().cloned());
    if let Some(size) = &subject.size {
        report.bytes = Some((size.bytes, size.at_least));
        report.problems.extend(size.problem());
        report.warnings.extend(size.warning());
    }
    match declared(&subject) {
        Ok(mut declared) => {
            report.warnings.extend(declared.warnings.iter().cloned());
            let made = made::taken_out(&mut declared, &subject);
            report.rows = declared.declarations.iter().map(Row::of).collect();
            report.rows.extend(declared.composed.iter().map(Row::composed));
            report.rows.extend(made);
            with_unknown(&mut report, &subject);
            let taken = stages(declared, &subject, means, &mut report).await;
            report.take(taken);
        }
        Err(refusal) => {
            report.rows = readable(&subject, refusal.problems());
            with_unknown(&mut report, &subject);
            for problem in refusal.problems() {
                if problem.reference.is_some() || is_of_variable(problem, &subject) {
                    report.rows.push(Row::wrong(problem));
                } else {
                    report.take([problem.clone()]);
                }
            }
        }
    }
    for row in &mut report.rows {
        row.problem = row.problem.take().map(|problem| subject.told(&problem));
        row.reference = subject.made.shown(&row.reference);
    }
    report.problems = report.problems.iter().map(|problem| subject.told(problem)).collect();
    report
}

/// A value that is nearly a reference: it has no reference to show.
fn is_of_variable(problem: &Problem, subject: &Subject) -> bool {
    let Some(variable) = &problem.variable else { return false };
    let nearly = subject.environment.text(variable).is_some_and(|value| grammar::scheme(value).is_some());
    nearly && problem.place.is_none() && !variable.starts_with("VESTRY_")
}

fn with_unknown(report: &mut Report, subject: &Subject) {
    let rows = subject.unknown_references.iter();
    report.rows.extend(rows.map(|unknown| Row::unknown(unknown, subject.path.as_deref())));
    report.take(subject.misnamed.iter().cloned());
    // Why it is unknown is then what is wrong with it.
    for row in report.rows.iter_mut().filter(|row| !row.is_known() && row.problem.is_some()) {
        row.note = None;
    }
}

/// Sound with a stand-in for each reference that is not known; and then without those.
pub(in crate::cli) fn declared(subject: &Subject) -> Result<Declared, Refusal> {
    let whole = declare::read(&subject.with_stand_ins, &subject.host)?;
    if subject.unknown_references.is_empty() {
        return Ok(whole);
    }
    let known = declare::read(&subject.environment, &subject.host)?;
    Ok(Declared { warnings: whole.warnings, ..known })
}

/// What is sound of declarations that are not sound as a whole.
fn readable(subject: &Subject, problems: &[Problem]) -> Vec<Row> {
    let mut environment = subject.environment.clone();
    for problem in problems {
        let Some(variable) = &problem.variable else { continue };
        environment.remove(variable);
        // Of a list, the entry alone cannot be taken out.
        environment.remove(variable.split(" entry ").next().unwrap_or_default());
    }
    let mut host = Host { delivery: Some(Delivery::Socket), ..subject.host.clone() };
    let declared = declare::read(&environment, &host).or_else(|_| {
        // Perhaps it is the manifest that is not sound.
        environment.remove("VESTRY_MANIFEST");
        environment.remove("VESTRY_PROFILE");
        host.task = "/nonexistent".into();
        declare::read(&environment, &host)
    });
    declared.map_or_else(|_| Vec::new(), |declared| declared.declarations.iter().map(Row::of).collect())
}

/// Decide, look, decide: the problems that an INIT would end with.
async fn stages(
    mut declared: Declared,
    subject: &Subject,
    means: &Means<'_>,
    report: &mut Report,
) -> Vec<Problem> {
    let (mut gate, policy) = gate(&mut declared, subject, means, report);
    report.policy = policy;
    let ask = match means.ask {
        // A policy may ask for the kind and the size of a value.
        Some(_) if policy => Some(Ask::Values),
        ask => ask,
    };
    if ask.is_some() {
        match means.aws(&declared) {
            Ok(aws) => {
                // As the policy is told it: the region that is asked is the one it would run in.
                declared.function.region = declared.function.region.or_else(|| aws.region.clone());
                declared.aws = aws;
            }
            Err(refusal) => return refusal.problems().to_vec(),
        }
    }
    let stores = match ask {
        Some(_) => {
            let provider = means.chain.as_ref().and_then(|chain| chain.provider.clone());
            match Stores::open_to_survey(&declared, provider) {
                Ok(stores) => Some(stores),
                Err(refusal) => return refusal.problems().to_vec(),
            }
        }
        None => None,
    };
    let permitted = match gate.judge_declared(declared).await {
        Ok(permitted) => permitted,
        Err(refusal) => return refusal.problems().to_vec(),
    };
    let (Some(stores), Some(ask)) = (stores, ask) else { return Vec::new() };
    let begun = Instant::now();
    let patience = begun + PATIENCE.min(permitted.declared().settings.deadline);
    let survey = stores.survey(&permitted, ask, patience, begun + DEADLINE);
    let survey = progress::shown(&stores, report.rows.len(), survey).await;
    report.calls = stores.calls();
    report.asked = Some(ask);
    rows(report, &permitted, &survey);
    report.warnings.extend(survey.resolved.warnings.iter().cloned());
    if !survey.problems.is_empty() {
        return made::excused(survey.problems, &permitted, subject, report);
    }
    match gate.judge_resolved(permitted, survey.resolved).await {
        Ok(_) => Vec::new(),
        Err(refusal) => refusal.problems().to_vec(),
    }
}

fn rows(report: &mut Report, permitted: &Permitted, survey: &Survey) {
    let declarations = permitted.declared().declarations.iter().enumerate();
    let rows = declarations.flat_map(|(i, declaration)| Row::after(declaration, survey.records(i)));
    let mut rest = report.rows.split_off(permitted.declared().declarations.len());
    let composed = permitted.declared().composed.len();
    for row in rest.iter_mut().take(composed).filter(|_| survey.problems.is_empty()) {
        row.complete(survey.resolved.absent.contains(&row.variable));
    }
    report.rows = rows.chain(rest).collect();
}

/// The policies of the command line, of the template's layers and of `VESTRY_POLICY`; and whether there are any.
fn gate(declared: &mut Declared, subject: &Subject, means: &Means<'_>, report: &mut Report) -> (Gate, bool) {
    let log = Log { level: Level::Warn, sink: Sink::Person(warning_line) };
    let settings = &mut declared.settings;
    settings.policy_timeout = settings.policy_timeout.max(POLICY_LIMIT);
    let mut directories: Vec<PathBuf> = means.policies.iter().chain(&subject.policies).cloned().collect();
    if !subject.here {
        if let Some(path) = settings.policy.take().filter(|_| subject.policies.is_empty()) {
            report.warnings.push(format!(
                "VESTRY_POLICY={} is not on this machine, so it was not asked; name it with --policy",
                path.display()
            ));
        } else if std::mem::take(&mut settings.policy_required) && directories.is_empty() {
            report.warnings.push(
                "VESTRY_POLICY_REQUIRED=true: which policy its layers bring is not known here; name it with --policy".into(),
            );
        }
        settings.policy_required = false;
        if directories.is_empty() && settings.policy_key.take().is_some() {
            report.warnings.push(
                "VESTRY_POLICY_KEY: the policy that it signed is not known here; name it with --policy"
                    .into(),
            );
        }
    }
    if directories.is_empty() {
        let layer = if subject.here { subject.host.policy() } else { PathBuf::from("/nonexistent") };
        let policy = declare::delivery::policy_in_force(settings, &subject.host);
        return (Gate::open(None, &layer, settings, log), policy);
    }
    if subject.here {
        directories.extend(settings.policy.clone());
        directories.extend(Some(subject.host.policy()).filter(|layer| declare::delivery::is_there(layer)));
    }
    if settings.policy_key.is_some() {
        report.warnings.push("with --policy, signatures are not checked; vestry policy verify does".into());
    }
    let limits = Limits { time: settings.policy_timeout, memory_mb: settings.policy_memory_mb };
    (Gate::for_trial(directories, PolicyKey::Unchecked, limits, log), true)
}
