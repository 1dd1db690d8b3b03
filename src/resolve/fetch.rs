//! All jobs side by side until they are answered or the deadline comes.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::answer;
use super::clients::Clients;
use super::failure::Failure;
use super::fault::Fault;
use super::keys::describe as keys;
use super::plan::{Job, What};
use super::progress::Progress;
use super::region::Region;
use super::retry::{self, Traffics};
use super::roles::Roles;
use super::{secretsmanager, ssm};
use crate::declare::{Source, Store};

/// What one job came to: answers, and what has to be asked instead of it.
#[derive(Default)]
pub struct Outcome {
    pub answers: Vec<(Arc<Source>, answer::Result)>,
    pub jobs: Vec<Job>,
    pub warnings: Vec<String>,
}

impl Outcome {
    pub fn one(source: &Arc<Source>, answer: answer::Result) -> Self {
        Self { answers: vec![(Arc::clone(source), answer)], ..Self::default() }
    }

    /// Both, as if one job had brought them.
    #[cfg(feature = "tool")]
    pub fn with(mut self, other: Self) -> Self {
        self.answers.extend(other.answers);
        self.jobs.extend(other.jobs);
        self.warnings.extend(other.warnings);
        self
    }

    pub fn all(sources: &[Arc<Source>], mut answer: impl FnMut(&Source) -> answer::Result) -> Self {
        let answers = sources.iter().map(|source| (Arc::clone(source), answer(source))).collect();
        Self { answers, ..Self::default() }
    }
}

/// One job's way of making calls.
pub struct Caller {
    pub region: Region,
    store: Store,
    traffics: Arc<Traffics>,
    progress: Progress,
    /// The attempts that other jobs made for the same.
    pub attempts_before: u32,
}

impl Caller {
    pub fn call<T, F>(&self, send: impl FnMut() -> F) -> impl Future<Output = Result<T, Fault>>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        retry::call(self.traffics.of(self.store), &self.progress, self.attempts_before, send)
    }
}

/// All jobs, under way: they make their requests ready, and send them when the door is open.
pub struct Asking {
    clients: Clients,
    roles: Roles,
    traffics: Arc<Traffics>,
    running: JoinSet<Outcome>,
    waiting: BTreeMap<Arc<Source>, Progress>,
}

impl Asking {
    pub fn begin(jobs: Vec<Job>, clients: &Clients, roles: &Roles, traffics: &Arc<Traffics>) -> Self {
        let mut asking = Self {
            clients: clients.clone(),
            roles: roles.clone(),
            traffics: Arc::clone(traffics),
            running: JoinSet::new(),
            waiting: BTreeMap::new(),
        };
        asking.run(jobs);
        asking
    }

    fn run(&mut self, jobs: Vec<Job>) {
        for job in jobs {
            let progress = Progress::default();
            if let Some((_, fault)) = &job.before {
                // The deadline may come before the job's first step.
                progress.failed(fault.to_string());
            }
            let sources = job.sources().iter().map(|source| (Arc::clone(source), progress.clone()));
            self.waiting.extend(sources);
            let (region, store, traffics) = (job.region.clone(), job.store(), Arc::clone(&self.traffics));
            let attempts_before = job.before.as_ref().map_or(0, |(times, _)| *times);
            let caller = Caller { region, store, traffics, progress, attempts_before };
            // A task that is large is moved about on the stack before it comes to lie where it runs.
            self.running.spawn(Box::pin(run(job, self.clients.clone(), self.roles.clone(), caller)));
        }
    }

    /// An answer for every source of every job, at the deadline at the latest; and the warnings, each once.
    pub async fn answers(
        mut self,
        deadline: Instant,
    ) -> (BTreeMap<Arc<Source>, answer::Result>, Vec<String>) {
        let mut answers = BTreeMap::new();
        let mut warnings = Vec::new();
        while let Ok(Some(joined)) = timeout_at(deadline, self.running.join_next()).await {
            // A job that panicked leaves its sources waiting, which the end reports.
            let Ok(outcome) = joined else { continue };
            answers.extend(outcome.answers);
            for warning in outcome.warnings {
                if !warnings.contains(&warning) {
                    warnings.push(warning);
                }
            }
            self.run(outcome.jobs);
        }
        self.running.abort_all();
        for (source, progress) in self.waiting {
            answers.entry(source).or_insert_with(|| Err(Failure::too_late(progress)));
        }
        (answers, warnings)
    }
}

async fn run(job: Job, clients: Clients, roles: Roles, caller: Caller) -> Outcome {
    // The connections first: a request is signed while the store answers the handshake.
    for _ in 0..2 {
        tokio::task::yield_now().await;
    }
    if let Some((times, fault)) = &job.before {
        retry::pause(times - 1, &caller.progress, fault).await;
    }
    let api = match job.role() {
        None => clients.api(job.store(), &job.region),
        Some(role) => match roles.credentials(role, &caller.progress).await {
            Ok(credentials) => clients.api_as(job.store(), &job.region, credentials),
            Err(fault) => return Outcome::all(job.sources(), |_| Err(Failure::of_role(&fault, role))),
        },
    };
    match &job.what {
        What::Parameters(batch) => ssm::parameters(api, caller, batch).await,
        What::ByName(source) => ssm::by_name(api, caller, source).await,
        What::Tree(source) => ssm::tree(api, caller, source).await,
        What::Secrets(batch) => secretsmanager::secrets(api, caller, batch).await,
        What::Secret(source) => secretsmanager::secret(api, caller, source).await,
        // Hardly any start has these: the others need not be as large.
        What::KeysOfParameters(sources, names) => {
            Box::pin(keys::parameters(api, caller, sources, names)).await
        }
        What::KeyOfSecret(sources, id) => Box::pin(keys::secret(api, caller, sources, id)).await,
    }
}
