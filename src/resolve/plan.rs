//! Which calls bring everything that is declared: no source twice, and as few calls as the stores allow.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fault::Fault;
use super::region::Region;
use crate::declare::{Declaration, Role, Source, Store};

/// Names in one `GetParameters`.
const PARAMETERS: usize = 10;
/// Ids in one `BatchGetSecretValue`.
const SECRETS: usize = 20;

/// One call, or one chain of pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub region: Region,
    pub what: What,
    /// How often these were asked for already, and what came of it the last time.
    pub before: Option<(u32, Fault)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Parameters(Vec<Arc<Source>>),
    /// A parameter whose ARN the store did not know.
    ByName(Arc<Source>),
    Tree(Arc<Source>),
    Secrets(Vec<Arc<Source>>),
    Secret(Arc<Source>),
    /// The keys of parameters, by their names: each once, and without selectors.
    KeysOfParameters(Vec<Arc<Source>>, Vec<String>),
    /// The key of a secret, by its name or ARN.
    KeyOfSecret(Vec<Arc<Source>>, String),
}

impl Job {
    pub fn new(region: &Region, what: What) -> Self {
        Self { region: region.clone(), what, before: None }
    }

    pub fn again(region: &Region, what: What, times: u32, fault: Fault) -> Self {
        Self { region: region.clone(), what, before: Some((times, fault)) }
    }

    pub fn store(&self) -> Store {
        match self.what {
            What::Parameters(_) | What::ByName(_) | What::Tree(_) | What::KeysOfParameters(..) => Store::Ssm,
            What::Secrets(_) | What::Secret(_) | What::KeyOfSecret(..) => Store::SecretsManager,
        }
    }

    /// As whom it is asked; all of its sources have the same.
    pub fn role(&self) -> Option<&Role> {
        self.sources().first()?.role.as_ref()
    }

    pub fn sources(&self) -> &[Arc<Source>] {
        match &self.what {
            What::Parameters(sources) | What::Secrets(sources) => sources,
            What::KeysOfParameters(sources, _) | What::KeyOfSecret(sources, _) => sources,
            What::ByName(source) | What::Tree(source) | What::Secret(source) => std::slice::from_ref(source),
        }
    }
}

/// The manifest's word, an ARN's region, else the function's.
pub fn region_of(source: &Source, home: &Region) -> Region {
    let declared = source.region.as_ref().or(source.arn.as_ref().map(|arn| &arn.region));
    declared.map_or_else(|| home.clone(), Region::new)
}

/// The jobs for all that is declared, in the order of the declarations.
pub fn plan(declarations: &[Declaration], home: &Region) -> Vec<Job> {
    let mut seen = BTreeSet::new();
    let mut jobs = Vec::new();
    let mut batched: Vec<(Region, Vec<Arc<Source>>)> = Vec::new();
    for source in declarations.iter().map(|declaration| &declaration.reference.source) {
        if !seen.insert(source) {
            continue;
        }
        let (region, store, source) = (region_of(source, home), source.store, Arc::clone(source));
        if source.tree {
            jobs.push(Job::new(&region, What::Tree(source)));
        } else if store == Store::SecretsManager && !source.selector.is_none() {
            jobs.push(Job::new(&region, What::Secret(source)));
        } else {
            let goes_with = |other: &Source| other.store == store && other.role == source.role;
            match batched.iter_mut().find(|(r, sources)| *r == region && goes_with(&sources[0])) {
                Some((_, sources)) => sources.push(source),
                None => batched.push((region, vec![source])),
            }
        }
    }
    for (region, sources) in batched {
        match sources[0].store {
            Store::Ssm => jobs.extend(parameters(&region, sources)),
            Store::SecretsManager => {
                jobs.extend(sources.chunks(SECRETS).map(|s| Job::new(&region, What::Secrets(s.to_vec()))));
            }
        }
    }
    jobs
}

/// Batches in which no name stands twice: answers come in any order, and not every store that speaks this API
/// tells which of two versions of one name it is that it answers.
fn parameters(region: &Region, sources: Vec<Arc<Source>>) -> Vec<Job> {
    let mut batches: Vec<Vec<Arc<Source>>> = Vec::new();
    // The batch that a name stands in last: the next of that name comes behind it.
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for source in &sources {
        let name = source.name().trim_start_matches('/');
        let mut place = places.get(name).map_or(0, |last| last + 1);
        while batches.get(place).is_some_and(|batch| batch.len() == PARAMETERS) {
            place += 1;
        }
        while batches.len() <= place {
            batches.push(Vec::new());
        }
        batches[place].push(Arc::clone(source));
        places.insert(name, place);
    }
    batches.into_iter().map(|batch| Job::new(region, What::Parameters(batch))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::tests::declaration;

    fn plan_of(references: &[&str]) -> Vec<Job> {
        let declarations: Vec<_> = references.iter().map(|r| declaration("X", r)).collect();
        plan(&declarations, &Region::new("eu-west-1"))
    }

    fn sizes(jobs: &[Job]) -> Vec<usize> {
        jobs.iter().map(|job| job.sources().len()).collect()
    }

    #[test]
    fn parameters_go_ten_and_secrets_twenty_to_a_call() {
        for (count, ssm, secrets) in [
            (1, vec![1], vec![1]),
            (10, vec![10], vec![10]),
            (11, vec![10, 1], vec![11]),
            (50, vec![10; 5], vec![20, 20, 10]),
        ] {
            let names: Vec<String> = (0..count).map(|n| format!("ssm:/p/{n}")).collect();
            assert_eq!(sizes(&plan_of(&names.iter().map(String::as_str).collect::<Vec<_>>())), ssm);
            let names: Vec<String> = (0..count).map(|n| format!("secretsmanager:s/{n}")).collect();
            assert_eq!(sizes(&plan_of(&names.iter().map(String::as_str).collect::<Vec<_>>())), secrets);
        }
    }

    #[test]
    fn nothing_is_asked_for_twice() {
        let jobs = plan_of(&[
            "ssm:/a",
            "ssm:/a",
            "secretsmanager:s#x",
            "secretsmanager:s#y",
            "ssm:/t/*",
            "ssm:/t/*",
        ]);
        assert_eq!(sizes(&jobs), [1, 1, 1]);
    }

    #[test]
    fn two_versions_of_one_name_are_in_different_batches() {
        let jobs = plan_of(&["ssm:/a", "ssm:/a:1", "ssm:/b", "ssm:/a:live", "ssm:/b:2"]);
        assert_eq!(sizes(&jobs), [2, 2, 1]);
        for job in &jobs {
            let names: BTreeSet<&str> = job.sources().iter().map(|s| s.name()).collect();
            assert_eq!(names.len(), job.sources().len());
        }
    }

    #[test]
    fn what_is_asked_for_as_another_or_elsewhere_has_calls_of_its_own() {
        let role = |name: &str| Role { arn: name.into(), external_id: None };
        let of = |n: usize, role: Option<Role>, region: Option<&str>| {
            let mut declaration = declaration("X", &format!("ssm:/p/{n}"));
            let region = region.map(str::to_string);
            let source = Source { role, region, ..Source::clone(&declaration.reference.source) };
            declaration.reference.source = source.into();
            declaration
        };
        let declarations: Vec<_> = (0..36)
            .map(|n| match n % 3 {
                0 => of(n, None, None),
                1 => of(n, Some(role("a")), None),
                _ => of(n, Some(role("a")), Some("us-east-1")),
            })
            .collect();
        let jobs = plan(&declarations, &Region::new("eu-west-1"));
        assert_eq!(sizes(&jobs), [10, 2, 10, 2, 10, 2]);
        for job in &jobs {
            let role = job.role();
            assert!(job.sources().iter().all(|source| source.role.as_ref() == role));
        }
        assert_eq!(jobs[5].region.as_str(), "us-east-1");
    }

    #[test]
    fn selected_versions_of_secrets_and_other_regions_have_calls_of_their_own() {
        let jobs = plan_of(&[
            "secretsmanager:s",
            "secretsmanager:s?stage=AWSPREVIOUS",
            "secretsmanager:arn:aws:secretsmanager:us-east-1:123456789012:secret:t-AbCdEf",
            "ssm:arn:aws:ssm:us-east-1:123456789012:parameter/p",
        ]);
        let regions: Vec<_> = jobs.iter().map(|job| (job.store(), job.region.as_str())).collect();
        assert_eq!(
            regions,
            [
                (Store::SecretsManager, "eu-west-1"),
                (Store::SecretsManager, "eu-west-1"),
                (Store::SecretsManager, "us-east-1"),
                (Store::Ssm, "us-east-1"),
            ]
        );
        assert!(matches!(jobs[0].what, What::Secret(_)));
    }
}
