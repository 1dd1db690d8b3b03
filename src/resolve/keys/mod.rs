//! Under which KMS keys the values lie. The calls that bring a value do not tell, and those that tell need a permission of
//! their own, so the stores are asked only where a policy reads it, and only about what is there.

mod parameters;
mod secrets;

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::Open;
use super::clients::Clients;
use super::failure::Failure;
use super::fault::Fault;
use super::fetch::Caller;
use super::home;
use super::plan::region_of;
use super::progress::Progress;
use super::region::Region;
use super::retry::Traffics;
use super::roles::Roles;
use crate::decide::Permitted;
use crate::declare::{Declared, Role, Source, Store};
use crate::error::Problem;
use crate::resolved::{Record, Resolved};

/// One call, or one chain of pages.
struct Question {
    region: Region,
    role: Option<Role>,
    what: What,
    /// What it is asked for: places in `Resolved::records`, of which there is at least one.
    records: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// Names without selectors, each once.
    Parameters(Vec<String>),
    /// A name or an ARN.
    Secret(String),
}

/// What a store says to one question.
enum Answer {
    Parameters(Vec<parameters::Told>),
    Secret(secrets::Told),
}

/// Completes the records by their keys. What is left over is every problem: nobody is to decide on half of the keys.
pub(super) async fn tell(
    open: &Open,
    traffics: &Arc<Traffics>,
    permitted: &Permitted,
    resolved: &mut Resolved,
    deadline: Instant,
) -> Vec<Problem> {
    resolved.keys_asked = true;
    let declared = permitted.declared();
    let home = match home(declared) {
        Ok(home) => home,
        Err(problem) => return vec![problem],
    };
    let questions = questions(declared, &resolved.records, &home);
    let mut problems = Vec::new();
    for (question, answer) in questions.iter().zip(answers(&questions, open, traffics, deadline).await) {
        match answer {
            Ok(answer) => question.take(&answer, &mut resolved.records),
            Err(failure) => problems.push(question.problem(failure, permitted, &resolved.records)),
        }
    }
    problems
}

/// As few as the stores allow, and none about what has no key: it is missing, or plain text.
fn questions(declared: &Declared, records: &[Record], home: &Region) -> Vec<Question> {
    let mut questions: Vec<Question> = Vec::new();
    for (place, record) in records.iter().enumerate().filter(|(_, record)| has_key(record)) {
        let source = source_of(declared, record);
        let (region, role) = (region_of(source, home), source.role.clone());
        let asked = match source.store {
            Store::Ssm => parameters::asked(record, source),
            Store::SecretsManager => record.arn.as_ref().unwrap_or(&source.id).clone(),
        };
        let of_this_place = |question: &&mut Question| question.region == region && question.role == role;
        let taking = questions.iter_mut().filter(of_this_place).find(|q| q.what.takes(source.store, &asked));
        match taking {
            Some(question) => question.add(asked, place),
            None => {
                let what = match source.store {
                    Store::Ssm => What::Parameters(vec![asked]),
                    Store::SecretsManager => What::Secret(asked),
                };
                questions.push(Question { region, role, what, records: vec![place] });
            }
        }
    }
    questions
}

fn has_key(record: &Record) -> bool {
    record.found && !matches!(record.value_type, Some("String" | "StringList"))
}

fn source_of<'a>(declared: &'a Declared, record: &Record) -> &'a Source {
    &declared.declarations[record.declaration].reference.source
}

/// All side by side; in the order of the questions.
async fn answers(
    questions: &[Question],
    open: &Open,
    traffics: &Arc<Traffics>,
    deadline: Instant,
) -> Vec<Result<Answer, Refused>> {
    let mut running = JoinSet::new();
    let mut answers = Vec::new();
    for (place, question) in questions.iter().enumerate() {
        let progress = Progress::default();
        let caller = Caller::new(&question.region, question.what.store(), traffics, &progress);
        let (clients, roles) = (open.clients.clone(), open.roles.clone());
        let (what, role, watched) = (question.what.clone(), question.role.clone(), progress.clone());
        let asking = async move { ask(&what, role.as_ref(), &clients, &roles, &caller, &watched).await };
        running.spawn(async move { (place, asking.await) });
        answers.push(Err(Refused::TooLate(progress)));
    }
    while let Ok(Some(joined)) = timeout_at(deadline, running.join_next()).await {
        if let Ok((place, answer)) = joined {
            answers[place] = answer;
        }
    }
    answers
}

/// Why there is no answer.
enum Refused {
    Fault(Fault),
    /// The role's credentials were there a moment ago, so that this is hardly ever.
    Role(Failure),
    TooLate(Progress),
}

async fn ask(
    what: &What,
    role: Option<&Role>,
    clients: &Clients,
    roles: &Roles,
    caller: &Caller,
    progress: &Progress,
) -> Result<Answer, Refused> {
    let api = match role {
        None => clients.api(what.store(), &caller.region),
        Some(role) => {
            let credentials = roles.credentials(role, progress).await;
            let credentials = credentials.map_err(|fault| Refused::Role(Failure::of_role(&fault, role)))?;
            clients.api_as(what.store(), &caller.region, credentials)
        }
    };
    let answer = match what {
        What::Parameters(names) => parameters::ask(&api, caller, names).await.map(Answer::Parameters),
        What::Secret(id) => secrets::ask(&api, caller, id).await.map(Answer::Secret),
    };
    answer.map_err(Refused::Fault)
}

impl What {
    fn store(&self) -> Store {
        match self {
            Self::Parameters(_) => Store::Ssm,
            Self::Secret(_) => Store::SecretsManager,
        }
    }

    /// Whether this may go with it, or is asked by it already.
    fn takes(&self, store: Store, asked: &String) -> bool {
        match self {
            Self::Parameters(names) => {
                store == Store::Ssm && (names.len() < parameters::MOST_NAMES || names.contains(asked))
            }
            Self::Secret(id) => store == Store::SecretsManager && id == asked,
        }
    }

    /// The action that is to be allowed, and on what.
    fn permission(&self) -> (&'static str, &str) {
        match self {
            // It knows no resources.
            Self::Parameters(_) => ("ssm:DescribeParameters", "*"),
            Self::Secret(id) => ("secretsmanager:DescribeSecret", id),
        }
    }
}

impl Question {
    fn add(&mut self, asked: String, record: usize) {
        self.records.push(record);
        if let What::Parameters(names) = &mut self.what
            && !names.contains(&asked)
        {
            names.push(asked);
        }
    }

    fn take(&self, answer: &Answer, records: &mut [Record]) {
        for place in &self.records {
            let record = &mut records[*place];
            record.kms_key_id = match answer {
                Answer::Parameters(told) => parameters::key_of(record, told),
                Answer::Secret(told) => Some(told.key()),
            };
        }
    }

    /// One for the call, told of the first that it was for.
    fn problem(&self, refused: Refused, permitted: &Permitted, records: &[Record]) -> Problem {
        let first = &permitted.declared().declarations[records[self.records[0]].declaration];
        let (action, resource) = self.what.permission();
        let failure = match refused {
            Refused::Fault(fault) => {
                Failure::of_key(&fault, action, resource, &first.reference.source, &self.region)
            }
            Refused::Role(failure) => failure.of_its_key(),
            Refused::TooLate(progress) => Failure::too_late(progress).of_its_key(),
        };
        let others = match self.records.len() - 1 {
            0 => String::new(),
            others => format!("so for {others} more; "),
        };
        let readers = permitted.key_readers();
        let more = if readers.len() > 1 { " and others" } else { "" };
        let reader = readers.first().map(String::as_str).unwrap_or_default();
        let reason = format!("{others}it is asked for because {reader}{more} reads kms_key_id");
        failure.because(&reason).problem(first)
    }
}

#[cfg(test)]
mod tests;
