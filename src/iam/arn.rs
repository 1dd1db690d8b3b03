//! ARNs of which only a deployment tells the region and the account.

use crate::declare::Arn;
use crate::template::{OWN_ACCOUNT, OWN_REGION};

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
        }
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

pub fn partition(region: &str) -> &'static str {
    const PARTITIONS: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}
