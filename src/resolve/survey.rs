//! What INIT would find, with nothing kept: for `vestry check`.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_credential_types::provider::SharedCredentialsProvider;
use tokio::time::{Instant, timeout_at};

use super::plan::{Job, What};
use super::{Asking, Open, Stores, keys, too_late_for_all, values};
use crate::decide::Permitted;
use crate::declare::{Declared, Source};
use crate::error::{Problem, Refusal};
use crate::resolved::{Record, Resolved};

/// How much of a value is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Metadata alone, wherever that tells whether INIT would find it: a key of a JSON value is known by its value only.
    Metadata,
    /// All that INIT asks for, by the same calls.
    Values,
}

/// What is there and what is not; one problem does not hide the rest.
#[derive(Debug)]
pub struct Survey {
    /// Without its variables: the values were dropped.
    pub resolved: Resolved,
    pub problems: Vec<Problem>,
}

impl Stores {
    /// As [`open`](Self::open), without making any request ready: what is asked for depends on how.
    pub fn open_to_survey(
        declared: &Declared,
        credentials: Option<SharedCredentialsProvider>,
    ) -> Result<Self, Refusal> {
        let mut stores = Self::open(declared, credentials)?;
        if let Some(open) = &mut stores.open {
            // None has left: the door is closed.
            open.asking = None;
        }
        Ok(stores)
    }

    /// Asks as [`fetch`](Self::fetch) does, and drops the values as soon as they are looked at. A store that has not
    /// answered at all by the end of `patience` is not asked again.
    pub async fn survey(
        &self,
        permitted: &Permitted,
        ask: Ask,
        patience: Instant,
        deadline: Instant,
    ) -> Survey {
        let declared = permitted.declared();
        let Some(open) = self.open.as_ref().filter(|_| !declared.declarations.is_empty()) else {
            return Survey { resolved: Resolved::default(), problems: Vec::new() };
        };
        let refused = |problems| Survey { resolved: Resolved::default(), problems };
        let progress = super::Progress::default();
        match timeout_at(deadline, open.wallet.fill(&open.http, &progress)).await {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => return refused(vec![problem]),
            Err(_) => return refused(too_late_for_all(declared, &progress).problems().to_vec()),
        }
        let (with_values, without) = match ask {
            Ask::Values => (open.jobs.clone(), Vec::new()),
            Ask::Metadata => by_need(open, declared),
        };
        let described = open.clients.without_values();
        self.traffics.unheard_until(patience);
        self.door.open();
        let ((mut answers, mut warnings), (others, more)) = tokio::join!(
            Asking::begin(with_values, &open.clients, &open.roles, &self.traffics).answers(deadline),
            Asking::begin(without, &described, &open.roles, &self.traffics).answers(deadline),
        );
        answers.extend(others);
        warnings.extend(more.into_iter().filter(|warning| !warnings.contains(warning)).collect::<Vec<_>>());
        let (mut resolved, mut problems) = values::survey(declared, &answers);
        drop(answers);
        if !permitted.key_readers().is_empty() {
            problems.extend(keys::tell(open, &self.traffics, permitted, &mut resolved, deadline).await);
        }
        resolved.variables.clear();
        resolved.files.clear();
        Survey { resolved: Resolved { warnings, ..resolved }, problems }
    }
}

impl Survey {
    /// What became of a declaration: one record for each variable that it became.
    pub fn records(&self, declaration: usize) -> impl Iterator<Item = &Record> {
        self.resolved.records.iter().filter(move |record| record.declaration == declaration)
    }
}

/// The jobs whose values have to be looked at, and those whose values need not be.
fn by_need(open: &Open, declared: &Declared) -> (Vec<Job>, Vec<Job>) {
    let looked_at =
        |reference: &&crate::declare::Reference| !reference.key.is_whole() || reference.decode.is_some();
    let references = declared.declarations.iter().map(|declaration| &declaration.reference);
    let needed: BTreeSet<&Source> =
        references.filter(looked_at).map(|reference| &*reference.source).collect();
    let (mut with_values, mut without) = (Vec::new(), Vec::new());
    for job in &open.jobs {
        let (yes, no): (Vec<_>, Vec<_>) =
            job.sources().iter().map(Arc::clone).partition(|source| needed.contains(&**source));
        with_values.extend(of_these(job, yes));
        without.extend(of_these(job, no));
    }
    (with_values, without)
}

fn of_these(job: &Job, sources: Vec<Arc<Source>>) -> Option<Job> {
    let what = match &job.what {
        _ if sources.is_empty() => return None,
        What::Parameters(_) => What::Parameters(sources),
        What::Secrets(_) => What::Secrets(sources),
        // One source is one or the other.
        one => one.clone(),
    };
    Some(Job { what, ..job.clone() })
}
