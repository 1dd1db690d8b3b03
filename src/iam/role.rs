//! What the role of a template's function may do.

use super::managed;
use crate::declare::partition::partition;
use crate::template::{Function, OWN_ACCOUNT, OWN_REGION, Resource, Template, Value};

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    pub allow: bool,
    /// With wildcards.
    pub actions: Vec<String>,
    pub resources: Vec<String>,
    pub conditional: bool,
    /// Where it stands: `Policies[0]`, `SSMParameterReadPolicy`, the role's name.
    pub source: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    pub statements: Vec<Granted>,
    /// What may grant more, and is not known.
    pub unknown: Vec<String>,
    /// The role is none of the template's: all that is known of it is that it is another.
    pub elsewhere: bool,
}

/// Of its `Role`, where that is one of the template's; else of SAM's `Policies`.
pub fn grants(function: &Function, template: &Template) -> Grants {
    let mut grants = Grants::default();
    match function.property("Role") {
        Some(role) => grants.role(role, template),
        None => {
            for (i, policy) in function.all("Policies").enumerate() {
                grants.policy(policy, &format!("Policies[{i}]"), template);
            }
        }
    }
    grants
}

impl Grants {
    fn role(&mut self, role: &Value, template: &Template) {
        let id = role.unknown().and_then(|unknown| unknown.resource.as_deref());
        let resource = id.and_then(|id| template.resource(id)).filter(|r| r.kind == "AWS::IAM::Role");
        let (Some(id), Some(resource)) = (id, resource) else {
            let which = match role {
                Value::Text(arn) => arn.clone(),
                role => role.unknown().map_or("it is none", |unknown| unknown.why.as_str()).to_string(),
            };
            self.unknown.push(format!("Role: {which}"));
            self.elsewhere = true;
            return;
        };
        self.inline(&resource, id, template);
        for managed in resource.properties.get("ManagedPolicyArns").map(Value::items).unwrap_or_default() {
            self.policy(managed, &format!("{id}.ManagedPolicyArns"), template);
        }
        // Policies that are attached to it from elsewhere in the template.
        for attached in template.resources() {
            let is_policy = ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"];
            let roles = ["Roles", "RoleName"].into_iter().filter_map(|name| attached.properties.get(name));
            let named =
                |value: &Value| value.unknown().and_then(|unknown| unknown.resource.as_deref()) == Some(id);
            if is_policy.contains(&attached.kind.as_str()) && roles.flat_map(Value::items).any(named) {
                self.document(attached.properties.get("PolicyDocument"), &attached.id, template);
            }
        }
    }

    fn inline(&mut self, role: &Resource, id: &str, template: &Template) {
        for (i, policy) in
            role.properties.get("Policies").map(Value::items).unwrap_or_default().iter().enumerate()
        {
            let document =
                if policy.unknown().is_some() { Some(policy) } else { policy.get("PolicyDocument") };
            self.document(document, &format!("{id}.Policies[{i}]"), template);
        }
    }

    /// A name or ARN, a document, or one of SAM's policy templates.
    fn policy(&mut self, policy: &Value, source: &str, template: &Template) {
        match policy {
            Value::Text(name) => match managed::actions(name) {
                Some(actions) => self.statements.push(Granted {
                    allow: true,
                    actions: actions.iter().map(ToString::to_string).collect(),
                    resources: vec!["*".into()],
                    conditional: false,
                    source: name.clone(),
                }),
                None => self.unknown.push(format!("{source}: the managed policy {name}")),
            },
            Value::Map(_) if policy.get("Statement").is_some() => {
                self.document(Some(policy), source, template)
            }
            Value::Map(entries) => {
                for (name, arguments) in entries.iter().filter(|(_, arguments)| *arguments != Value::Absent) {
                    self.of_sam(name, arguments, source, template);
                }
            }
            _ => {
                // A managed policy of the template itself is one of its resources.
                let id = policy.unknown().and_then(|unknown| unknown.resource.as_deref());
                let resource = id.and_then(|id| template.resource(id));
                match resource.filter(|resource| resource.kind == "AWS::IAM::ManagedPolicy") {
                    Some(resource) => {
                        self.document(resource.properties.get("PolicyDocument"), &resource.id, template);
                    }
                    None => {
                        self.unknown.push(format!("{source}: which policy that is, only a deployment tells"))
                    }
                }
            }
        }
    }

    /// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html>
    fn of_sam(&mut self, name: &str, arguments: &Value, source: &str, template: &Template) {
        let own = |service: &str, resource: &str| own_arn(template, service, resource);
        let argument = |name: &str| arguments.get(name).and_then(Value::text);
        const READ: [&str; 3] = ["ssm:GetParameters", "ssm:GetParameter", "ssm:GetParametersByPath"];
        let granted = match name {
            "SSMParameterReadPolicy" => argument("ParameterName").map(|name| {
                (READ.to_vec(), own("ssm", &format!("parameter/{name}")), Some("ssm:DescribeParameters"))
            }),
            "SSMParameterWithSlashPrefixReadPolicy" => argument("ParameterName").map(|name| {
                (READ.to_vec(), own("ssm", &format!("parameter{name}")), Some("ssm:DescribeParameters"))
            }),
            "AWSSecretsManagerGetSecretValuePolicy" => argument("SecretArn")
                .map(|arn| (vec!["secretsmanager:GetSecretValue"], arn.to_string(), None)),
            "KMSDecryptPolicy" => {
                argument("KeyId").map(|key| (vec!["kms:Decrypt"], own("kms", &format!("key/{key}")), None))
            }
            "AWSSecretsManagerRotationPolicy" => {
                let actions =
                    ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"];
                self.statements.push(Granted {
                    allow: true,
                    actions: actions.iter().map(|action| format!("secretsmanager:{action}")).collect(),
                    resources: vec![own("secretsmanager", "secret:*")],
                    conditional: true,
                    source: name.into(),
                });
                return;
            }
            // The others speak of other services.
            _ => return,
        };
        let Some((actions, resource, besides)) = granted else {
            self.unknown.push(format!("{source}: {name}, whose argument is not known"));
            return;
        };
        let mut add = |actions: &[&str], resource: &str| {
            self.statements.push(Granted {
                allow: true,
                actions: actions.iter().map(ToString::to_string).collect(),
                resources: vec![resource.into()],
                conditional: false,
                source: name.into(),
            });
        };
        add(&actions, &resource);
        if let Some(besides) = besides {
            add(&[besides], "*");
        }
    }

    fn document(&mut self, document: Option<&Value>, source: &str, template: &Template) {
        let Some(document) = document else { return };
        let statements = document.get("Statement").map(Value::items).unwrap_or_default();
        for open in statements.iter().chain([document]).filter_map(Value::unknown) {
            self.unknown
                .push(format!("{source}: what only a deployment tells ({}: {})", open.place, open.why));
        }
        for statement in statements {
            self.statement(statement, source, template);
        }
    }

    fn statement(&mut self, statement: &Value, source: &str, template: &Template) {
        if statement.get("NotAction").is_some() || statement.get("NotResource").is_some() {
            self.unknown.push(format!("{source}: a statement with NotAction or NotResource"));
            return;
        }
        let values = |name: &str| statement.get(name).map(Value::items).unwrap_or_default();
        let mut resources = Vec::new();
        for resource in values("Resource") {
            match pattern(resource, template) {
                Some(pattern) => resources.push(pattern),
                None => {
                    let why = resource.unknown().map_or("", |unknown| unknown.why.as_str());
                    self.unknown.push(format!("{source}: a resource that only a deployment tells ({why})"));
                }
            }
        }
        for open in values("Action").iter().filter_map(Value::unknown) {
            self.unknown.push(format!("{source}: an action that only a deployment tells ({})", open.why));
        }
        let actions: Vec<_> = values("Action").iter().filter_map(Value::text).map(str::to_string).collect();
        if resources.is_empty() || actions.is_empty() {
            return;
        }
        self.statements.push(Granted {
            allow: statement.get("Effect").and_then(Value::text) != Some("Deny"),
            actions,
            resources,
            conditional: statement.get("Condition").is_some(),
            source: statement
                .get("Sid")
                .and_then(Value::text)
                .map_or_else(|| source.to_string(), |sid| format!("{source} {sid}")),
        });
    }
}

/// The keys of the template have no name but the one that it calls them by.
fn pattern(value: &Value, template: &Template) -> Option<String> {
    if let Some(text) = value.text() {
        return Some(text.to_string());
    }
    let resource = template.resource(value.unknown()?.resource.as_deref()?)?;
    (resource.kind == "AWS::KMS::Key").then(|| own_arn(template, "kms", &format!("key/${{{}}}", resource.id)))
}

/// In the region and the account that the template was read for.
fn own_arn(template: &Template, service: &str, resource: &str) -> String {
    let region = template.given("AWS::Region").unwrap_or(OWN_REGION);
    let account = template.given("AWS::AccountId").unwrap_or(OWN_ACCOUNT);
    format!("arn:{}:{service}:{region}:{account}:{resource}", partition(region))
}
