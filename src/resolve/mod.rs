//! From permission to values: what was declared is asked of the stores, in as few calls as they allow, side by
//! side, before the deadline.
//!
//! [`Stores::open`] begins to connect and makes the requests ready while the policy is loaded and decides; none is sent
//! before [`Stores::fetch`] gets the permission of the first decision, and opens the [`door`].

mod answer;
mod api;
mod clients;
mod compose;
mod credentials;
#[cfg(feature = "tool")]
mod describe;
mod door;
mod failure;
mod fault;
mod fetch;
mod file;
#[cfg(feature = "fuzz")]
pub mod fuzz;
pub mod http;
mod json;
mod keys;
mod plan;
mod progress;
mod region;
mod retry;
mod roles;
mod secretsmanager;
mod ssm;
mod sts;
#[cfg(feature = "tool")]
mod survey;
#[cfg(test)]
mod tests;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use tokio::time::{Instant, timeout_at};

use self::clients::{Clients, Endpoints};
use self::credentials::Wallet;
use self::door::Door;
use self::failure::Failure;
use self::fetch::Asking;
use self::http::{Client as Http, Target};
use self::plan::Job;
use self::progress::Progress;
use self::region::Region;
use self::retry::Traffics;
use self::roles::Roles;
use crate::decide::Permitted;
use crate::declare::{Declared, Role};
use crate::error::{ErrorType, Problem, Refusal};
use crate::resolved::{Calls, Resolved};

#[cfg(feature = "tool")]
pub use self::failure::is_not_there;
#[cfg(feature = "tool")]
pub use self::survey::{Ask, Survey};

/// Connections opened ahead to one host and to all; calls beyond that many take turns on them or open their own.
const MOST_AHEAD: usize = 8;
const MOST_AHEAD_IN_ALL: usize = 16;

/// The way to the stores. Nothing is asked of them before a [`Permitted`] is there.
pub struct Stores {
    traffics: Arc<Traffics>,
    door: Door,
    /// Absent where nothing is declared.
    open: Option<Open>,
}

struct Open {
    http: Http,
    wallet: Wallet,
    clients: Clients,
    roles: Roles,
    jobs: Vec<Job>,
    /// Where the credentials are at hand.
    asking: Option<Asking>,
}

impl Stores {
    /// Begins to open connections and makes requests ready, in the background of the current tokio runtime; sends none.
    ///
    /// `credentials` stand in for those of the settings, and are asked for in [`fetch`](Self::fetch). Refuses
    /// settings that no request could be made with. With nothing declared, nothing is done.
    pub fn open(
        declared: &Declared,
        credentials: Option<SharedCredentialsProvider>,
    ) -> Result<Self, Refusal> {
        let door = Door::closed();
        let traffics = Arc::new(Traffics::behind(&door));
        if declared.declarations.is_empty() {
            return Ok(Self { traffics, door, open: None });
        }
        let mut problems = Vec::new();
        let mut note = |problem: Problem| problems.push(problem);
        let home = home(declared).map_err(&mut note).ok();
        let wallet = match credentials {
            Some(provider) => Ok(Wallet::of_provider(provider)),
            None => Wallet::of_settings(&declared.aws.credentials),
        };
        let wallet = wallet.map_err(&mut note).ok();
        let http = Http::behind(door.clone(), &declared.aws).map_err(&mut note).ok();
        let endpoints = Endpoints::new(&declared.aws);
        let jobs = home.as_ref().map_or_else(Vec::new, |home| plan::plan(&declared.declarations, home));
        let mut ahead: BTreeMap<Target, usize> = BTreeMap::new();
        for job in &jobs {
            match endpoints.target(job.store(), &job.region) {
                Ok(target) => *ahead.entry(target).or_default() += 1,
                Err(problem) => note(problem),
            }
        }
        let roles: BTreeSet<&Role> = jobs.iter().filter_map(Job::role).collect();
        if let Some(home) = home.as_ref().filter(|_| !roles.is_empty()) {
            match endpoints.sts_target(home) {
                Ok(target) => *ahead.entry(target).or_default() += roles.len(),
                Err(problem) => note(problem),
            }
        }
        problems.dedup();
        Refusal::unless_empty(problems)?;
        let (Some(home), Some(wallet), Some(http)) = (home, wallet, http) else {
            unreachable!("what is absent left a problem")
        };
        for (target, connections) in shares(&ahead) {
            http.preconnect(target, connections);
        }
        let credentials = SharedCredentialsProvider::new(wallet.clone());
        let clients = Clients::new(http.clone(), credentials, endpoints);
        let roles = roles.into_iter().cloned();
        let roles = Roles::new(roles, clients.sts(&home), &declared.function, Arc::clone(&traffics));
        let asking = wallet.is_filled().then(|| Asking::begin(jobs.clone(), &clients, &roles, &traffics));
        Ok(Self { traffics, door, open: Some(Open { http, wallet, clients, roles, jobs, asking }) })
    }

    /// Asks for everything that is declared and makes the function's variables of it.
    ///
    /// Refuses with every problem there is; at the deadline, what is still missing is among them with what it was
    /// waiting for.
    pub async fn fetch(&mut self, permitted: &Permitted, deadline: Instant) -> Result<Resolved, Refusal> {
        self.door.open();
        let declared = permitted.declared();
        let Some(open) = self.open.as_mut().filter(|_| !declared.declarations.is_empty()) else {
            return Ok(Resolved::default());
        };
        let progress = Progress::default();
        match timeout_at(deadline, open.wallet.fill(&open.http, &progress)).await {
            Ok(filled) => filled?,
            Err(_) => return Err(too_late_for_all(declared, &progress)),
        }
        let begin = || Asking::begin(open.jobs.clone(), &open.clients, &open.roles, &self.traffics);
        let (answers, warnings) = open.asking.take().unwrap_or_else(begin).answers(deadline).await;
        let mut resolved = values::assemble(declared, &answers)?;
        if !permitted.key_readers().is_empty() {
            let telling = keys::tell(open, &self.traffics, permitted, &mut resolved, deadline);
            Refusal::unless_empty(Box::pin(telling).await)?;
        }
        Ok(Resolved { warnings, ..resolved })
    }

    /// The calls made so far, whatever became of them.
    pub fn calls(&self) -> Calls {
        if !self.door.is_open() {
            // What was made ready was not sent.
            return Calls::default();
        }
        let assuming = self.open.as_ref().map_or_else(Duration::default, |open| open.roles.took());
        Calls { assuming, ..self.traffics.calls() }
    }
}

/// How many connections each host is worth before anything is permitted: one for each in turn while there are any left.
fn shares<T: Ord>(calls: &BTreeMap<T, usize>) -> BTreeMap<&T, usize> {
    let rounds = (0..MOST_AHEAD).flat_map(|round| calls.iter().filter(move |(_, calls)| round < **calls));
    let mut shares = BTreeMap::new();
    for (target, _) in rounds.take(MOST_AHEAD_IN_ALL) {
        *shares.entry(target).or_default() += 1;
    }
    shares
}

fn home(declared: &Declared) -> Result<Region, Problem> {
    declared.aws.region.as_ref().map(Region::new).ok_or_else(|| {
        Problem::new(ErrorType::InvalidDeclaration, "it is not set, so it is not known which stores to ask")
            .variable("AWS_REGION")
            .advice("set it to the region of the parameters and secrets")
    })
}

fn too_late_for_all(declared: &Declared, progress: &Progress) -> Refusal {
    let failure = Failure::too_late(format_args!("getting credentials ({progress})"));
    let problems = declared.declarations.iter().map(|declaration| failure.problem(declaration));
    Refusal::unless_empty(problems.collect()).expect_err("something is declared")
}
