//! ARNs of which only a deployment tells the region and the account.

use super::needs::SUFFIX;
use crate::declare::partition::partition;
use crate::declare::{Arn, Store};
use crate::template::{Made, OWN_ACCOUNT, OWN_REGION};

/// Where the function runs, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Home {
    pub region: Option<String>,
    pub account: Option<String>,
}

/// An ARN; what is none is the function's own, whatever that will be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceArn {
    pub partition: Option<String>,
    pub service: &'static str,
    pub region: Option<String>,
    pub account: Option<String>,
    /// `parameter/prod/db`, `secret:prod/db-??????`
    pub resource: String,
    /// What of the template makes it; then `resource` has its stand-in.
    pub made: Option<Made>,
}

impl ResourceArn {
    /// In the function's own account, and in its own region where none is given.
    pub fn own(
        service: &'static str,
        region: Option<&str>,
        resource: impl Into<String>,
        home: &Home,
    ) -> Self {
        let region = region.map(str::to_string).or_else(|| home.region.clone());
        Self {
            partition: region.as_deref().map(|region| partition(region).to_string()),
            service,
            region,
            account: home.account.clone(),
            resource: resource.into(),
            made: None,
        }
    }

    /// As it is written.
    pub fn of(service: &'static str, arn: &Arn, resource: impl Into<String>) -> Self {
        let known =
            |text: &String| Some(text.clone()).filter(|text| text != OWN_REGION && text != OWN_ACCOUNT);
        let region = known(&arn.region);
        Self {
            partition: region.as_ref().map(|_| arn.partition.clone()),
            service,
            region,
            account: known(&arn.account),
            resource: resource.into(),
            made: None,
        }
    }

    pub fn made_by(self, made: Option<Made>) -> Self {
        Self { made, ..self }
    }

    /// In words that hold outside the template; `None` where its name is not known before it is made.
    pub fn outside(&self) -> Option<Self> {
        let Some(made) = &self.made else { return Some(self.clone()) };
        let name = made.name.as_ref().filter(|_| made.store == Store::SecretsManager)?;
        Some(Self { resource: format!("secret:{name}{SUFFIX}"), made: None, ..self.clone() })
    }

    /// With these words for what is the function's own.
    pub fn text(&self, partition: &str, region: &str, account: &str) -> String {
        let or = |known: &Option<String>, own: &str| known.clone().unwrap_or_else(|| own.to_string());
        format!(
            "arn:{}:{}:{}:{}:{}",
            or(&self.partition, partition),
            self.service,
            or(&self.region, region),
            or(&self.account, account),
            self.resource
        )
    }
}
