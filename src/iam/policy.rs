//! Needs as statements of a policy.

use std::collections::{BTreeMap, BTreeSet};

use super::arn::ResourceArn;
use super::needs::Needs;
use crate::template::Made;

/// A policy document before it is written in any format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    pub statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Letters and digits, as IAM has it.
    pub sid: String,
    pub action: &'static str,
    pub resources: Vec<Resource>,
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    Arn(ResourceArn),
    /// An ARN as it is written: a role's, a key's.
    Written(String),
    /// The action knows no resources.
    Any,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub key: &'static str,
    pub values: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Arn(ResourceArn),
    /// `ssm.REGION.amazonaws.com`; none is the function's own region.
    Via {
        service: &'static str,
        region: Option<String>,
    },
}

impl Document {
    /// In words that hold outside the template, and what there are none for.
    pub fn outside(&self) -> (Self, BTreeSet<Made>) {
        let mut lost = BTreeSet::new();
        let mut outside = |arn: &ResourceArn| {
            let known = arn.outside();
            lost.extend(arn.made.clone().filter(|_| known.is_none()));
            known
        };
        let mut statements = Vec::new();
        for statement in &self.statements {
            let resources = statement.resources.iter().filter_map(|resource| match resource {
                Resource::Arn(arn) => outside(arn).map(Resource::Arn),
                other => Some(other.clone()),
            });
            let resources: Vec<_> = resources.collect();
            let conditions = statement.conditions.iter().map(|condition| {
                let values = condition.values.iter().filter_map(|value| match value {
                    Value::Arn(arn) => outside(arn).map(Value::Arn),
                    other => Some(other.clone()),
                });
                Condition { values: values.collect(), ..condition.clone() }
            });
            let conditions: Vec<_> = conditions.collect();
            // A condition without values holds for nothing.
            if !resources.is_empty() && conditions.iter().all(|condition| !condition.values.is_empty()) {
                statements.push(Statement { resources, conditions, ..statement.clone() });
            }
        }
        (Self { statements }, lost)
    }
}

/// Least privilege: exactly the calls that INIT makes. `keys` are the KMS keys that the values are encrypted with, where
/// they are known; then no other may be used.
pub fn document(needs: &Needs, keys: &[String], batches: bool) -> Document {
    let arns = |arns: &BTreeSet<ResourceArn>| arns.iter().cloned().map(Resource::Arn).collect::<Vec<_>>();
    let mut statements = Vec::new();
    let mut add = |sid: &str, action, resources: Vec<Resource>| {
        if !resources.is_empty() {
            statements.push(Statement { sid: sid.into(), action, resources, conditions: Vec::new() });
        }
    };
    add("Parameters", "ssm:GetParameters", arns(&needs.parameters));
    add("Trees", "ssm:GetParametersByPath", arns(&needs.trees));
    add("Secrets", "secretsmanager:GetSecretValue", arns(&needs.secrets));
    let any = if needs.batches && batches { vec![Resource::Any] } else { Vec::new() };
    add("SecretsInBatches", "secretsmanager:BatchGetSecretValue", any);
    if needs.keys {
        // It knows no resources.
        let is_asked = !needs.parameters.is_empty() || !needs.trees.is_empty();
        let any = if is_asked { vec![Resource::Any] } else { Vec::new() };
        add("KeysOfParameters", "ssm:DescribeParameters", any);
        add("KeysOfSecrets", "secretsmanager:DescribeSecret", arns(&needs.secrets));
    }
    add("Roles", "sts:AssumeRole", needs.roles.iter().cloned().map(Resource::Written).collect());
    // Of a tree, the path itself is no parameter.
    let below = needs.trees.iter().filter(|arn| arn.resource.ends_with('*'));
    statements.extend(decrypt(needs.parameters.iter().chain(below), keys, &PARAMETERS));
    statements.extend(decrypt(needs.secrets.iter(), keys, &SECRETS));
    Document { statements }
}

/// How a store has its values decrypted: <https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html>
struct Encryption {
    sid: &'static str,
    service: &'static str,
    context: &'static str,
}

const PARAMETERS: Encryption =
    Encryption { sid: "ParameterKeys", service: "ssm", context: "kms:EncryptionContext:PARAMETER_ARN" };
const SECRETS: Encryption =
    Encryption { sid: "SecretKeys", service: "secretsmanager", context: "kms:EncryptionContext:SecretARN" };

/// One statement for each region and account, for the service is called by another name in each.
fn decrypt<'a>(
    arns: impl Iterator<Item = &'a ResourceArn>,
    keys: &[String],
    encryption: &Encryption,
) -> Vec<Statement> {
    let mut places: BTreeMap<_, Vec<&ResourceArn>> = BTreeMap::new();
    for arn in arns {
        places.entry((&arn.region, &arn.account, &arn.partition)).or_default().push(arn);
    }
    let several = places.len() > 1;
    let statements = places.into_iter().enumerate().map(|(i, ((region, account, partition), arns))| {
        let any_key = ResourceArn {
            partition: partition.clone(),
            service: "kms",
            region: region.clone(),
            account: account.clone(),
            resource: "key/*".into(),
            made: None,
        };
        let resources = match keys {
            [] => vec![Resource::Arn(any_key)],
            keys => keys.iter().cloned().map(Resource::Written).collect(),
        };
        let via = Value::Via { service: encryption.service, region: region.clone() };
        let encrypted = arns.into_iter().cloned().map(Value::Arn).collect();
        Statement {
            sid: if several { format!("{}{}", encryption.sid, i + 1) } else { encryption.sid.into() },
            action: "kms:Decrypt",
            resources,
            conditions: vec![
                Condition { key: "kms:ViaService", values: vec![via] },
                Condition { key: encryption.context, values: encrypted },
            ],
        }
    });
    statements.collect()
}

impl Condition {
    /// `own_is_told`: whether the format has words for the function's own region and account.
    pub fn operator(&self, own_is_told: bool) -> &'static str {
        let is_exact = |value: &Value| match value {
            Value::Arn(arn) => {
                let told = own_is_told || (arn.region.is_some() && arn.account.is_some());
                told && !arn.resource.contains(['*', '?'])
            }
            Value::Via { region, .. } => own_is_told || region.is_some(),
        };
        if self.values.iter().all(is_exact) { "StringEquals" } else { "StringLike" }
    }
}
