//! Under which KMS keys the values lie. The calls that bring a value do not tell, and those that tell need a permission of
//! their own, so the stores are asked only where a policy reads it, and only about what is there.

pub mod describe;

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::answer::{self, Answer, Fetched};
use super::failure::Failure;
#[cfg(feature = "fuzz")]
use super::fault::{Fault, of_status};
use super::fetch::Asking;
use super::plan::{Job, What, region_of};
use super::region::Region;
use super::retry::Traffics;
use super::{Open, home};
use crate::decide::Permitted;
use crate::declare::{Declared, Source, Store};
use crate::error::Problem;
use crate::resolved::{Record, Resolved};

/// Completes the records by their keys. What is left over is every problem: nobody is to decide on half of the keys.
pub async fn tell(
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
    let jobs = jobs(declared, &resolved.records, &home);
    let (answers, _) = Asking::begin(jobs, &open.clients, &open.roles, traffics).answers(deadline).await;
    for record in resolved.records.iter_mut().filter(|record| has_key(record)) {
        let answer = answers.get(source_of(declared, record));
        record.kms_key_id = answer.and_then(|answer| key_of(record, answer.as_ref().ok()?));
    }
    problems(permitted, &answers)
}

/// As few as the stores allow, and none about what has no key: it is missing, or plain text.
fn jobs(declared: &Declared, records: &[Record], home: &Region) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    for record in records.iter().filter(|record| has_key(record)) {
        let source = source_of(declared, record);
        let region = region_of(source, home);
        let asked = match source.store {
            Store::Ssm => describe::name(record, source).to_string(),
            Store::SecretsManager => record.arn.as_ref().unwrap_or(&source.id).clone(),
        };
        let of_this_place = |job: &&mut Job| job.region == region && job.role() == source.role.as_ref();
        let taken = jobs.iter_mut().filter(of_this_place).any(|job| take(&mut job.what, source, &asked));
        if !taken {
            let sources = vec![Arc::clone(source)];
            let what = match source.store {
                Store::Ssm => What::KeysOfParameters(sources, vec![asked]),
                Store::SecretsManager => What::KeyOfSecret(sources, asked),
            };
            jobs.push(Job::new(&region, what));
        }
    }
    jobs
}

fn has_key(record: &Record) -> bool {
    record.found && !matches!(record.value_type, Some("String" | "StringList"))
}

fn source_of<'a>(declared: &'a Declared, record: &Record) -> &'a Arc<Source> {
    &declared.declarations[record.declaration].reference.source
}

/// Whether it goes with what is asked about by this already.
fn take(what: &mut What, source: &Arc<Source>, asked: &str) -> bool {
    let sources = match what {
        What::KeysOfParameters(sources, names) if source.store == Store::Ssm => {
            if !names.iter().any(|name| name == asked) {
                names.push(asked.into());
            }
            sources
        }
        What::KeyOfSecret(sources, id) if source.store == Store::SecretsManager && id == asked => sources,
        _ => return false,
    };
    if !sources.contains(source) {
        sources.push(Arc::clone(source));
    }
    true
}

/// None where nothing is said of this very parameter, or of the version that was fetched: an older one may be under another
/// key.
fn key_of(record: &Record, answer: &Answer) -> Option<String> {
    let told = match answer {
        Answer::One(secret) => return secret.kms_key_id.clone(),
        Answer::Tree(parameters) => parameters,
    };
    let name = record.name.as_deref().map(describe::without_selector);
    let is_it = |told: &&Fetched| match (&told.arn, &record.arn) {
        (Some(told), Some(fetched)) => told == fetched,
        _ => told.name.as_deref() == name,
    };
    let told = told.iter().find(is_it)?;
    let is_current = told.version.is_none() || record.version.is_none() || told.version == record.version;
    told.kms_key_id.clone().filter(|_| is_current)
}

/// One for each thing that is wrong, told of the first declaration that has it.
fn problems(permitted: &Permitted, answers: &BTreeMap<Arc<Source>, answer::Result>) -> Vec<Problem> {
    let mut failures: Vec<(&Failure, Vec<usize>)> = Vec::new();
    let declarations = &permitted.declared().declarations;
    for (place, declaration) in declarations.iter().enumerate() {
        let Some(Err(failure)) = answers.get(&declaration.reference.source) else { continue };
        match failures.iter_mut().find(|(other, _)| *other == failure) {
            Some((_, places)) => places.push(place),
            None => failures.push((failure, vec![place])),
        }
    }
    let readers = permitted.key_readers();
    let reader = readers.first().map_or("", String::as_str);
    let others = if readers.len() > 1 { " and others" } else { "" };
    let problems = failures.into_iter().map(|(failure, places)| {
        let more = match places.len() {
            1 => String::new(),
            count => format!("so for {} more; ", count - 1),
        };
        let reason = format!("{more}it is asked for because {reader}{others} reads kms_key_id");
        failure.clone().of_its_key(&reason).problem(&declarations[places[0]])
    });
    problems.collect()
}

/// The key of a record in this answer.
#[cfg(feature = "fuzz")]
pub fn read(store: Store, source: &Source, record: &Record, body: &[u8]) -> Result<Option<String>, Fault> {
    let mut told = serde_json::from_slice(body).map_err(|_| of_status(200))?;
    let answer = match store {
        Store::Ssm => Answer::Tree(describe::of_source(describe::parameters_of(&mut told)?, source)),
        Store::SecretsManager => {
            describe::is_of(&told, record.arn.as_deref().unwrap_or(&source.id))?;
            Answer::One(describe::of_secret(&told))
        }
    };
    Ok(key_of(record, &answer))
}

#[cfg(test)]
mod tests;
