//! The secrets and parameters that a template itself makes: functions refer to them before they are there.

use std::fmt;

use super::conditions::Conditions;
use super::intrinsics::{Known, Value};
use super::node::{Node, Place};
use super::{OWN_ACCOUNT, OWN_REGION};
use crate::declare::partition::partition;
use crate::declare::{Source, Store};

/// Begins what stands for a name that CloudFormation makes up.
const NAMELESS: &str = "made-by-this-template";
/// Stands for the six characters at the end of a secret's ARN.
const SUFFIX: &str = "-0wnSfx";

/// A secret or a parameter that is made with the function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Made {
    pub store: Store,
    /// What gives a secret's ARN or a parameter's name, as `Sub` has it in its braces: `Database`,
    /// `Cluster.MasterUserSecret.SecretArn`.
    pub expression: String,
    pub place: Place,
    /// Its name, where the template tells it.
    pub name: Option<String>,
    /// None where the name does.
    stand_in: Option<String>,
}

/// `Database (31:3)`
impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.expression, self.place)
    }
}

impl Made {
    /// Text for its ARN or name with these words for what stands for that.
    pub fn replaced(&self, text: &str, by: &str) -> String {
        self.stand_in.as_ref().map_or_else(|| text.into(), |stand_in| text.replace(stand_in, by))
    }
}

/// Those of one template, with text that stands for what nobody knows before they are made: of a secret an ARN, of a
/// parameter a name, as none is that is there.
#[derive(Clone, Debug, Default)]
pub struct Makes(Vec<Made>);

impl Makes {
    pub(super) fn of(root: &Node, known: &Known<'_>, conditions: &Conditions) -> Self {
        let reading = Reading { known, conditions };
        let mut made: Vec<Made> =
            root.entries("Resources").filter_map(|(id, resource)| reading.made(id, resource)).collect();
        // One may begin as another does.
        made.sort_by_key(|made| std::cmp::Reverse(made.stand_in.as_ref().map_or(0, String::len)));
        Self(made)
    }

    /// What stands for an ARN or a name: `Database`, `Database.Id`.
    pub(super) fn stand_in(&self, expression: &str) -> Option<&str> {
        let id = expression.strip_suffix(".Id").unwrap_or(expression);
        let is_it = |made: &&Made| {
            made.expression == expression || (made.store == Store::SecretsManager && made.expression == id)
        };
        self.0.iter().find(is_it)?.stand_in.as_deref()
    }

    /// The one of which the ARN or the name stands in a text.
    pub fn within(&self, text: &str) -> Option<&Made> {
        self.0.iter().find(|made| made.stand_in.as_ref().is_some_and(|stand_in| text.contains(stand_in)))
    }

    /// The one that a reference names in words of its own.
    pub fn named(&self, source: &Source) -> Option<&Made> {
        let elsewhere = source.arn.is_some() || source.region.is_some() || source.role.is_some();
        let another = !source.selector.is_none() || source.tree;
        let named = |made: &&Made| made.store == source.store && made.name.as_deref() == Some(source.name());
        self.0.iter().find(named).filter(|_| !elsewhere && !another)
    }

    /// In CloudFormation's words: `secretsmanager:${Database}#key`.
    pub fn shown(&self, text: &str) -> String {
        let mut shown = text.to_string();
        while let Some(made) = self.within(&shown) {
            shown = made.replaced(&shown, &format!("${{{}}}", made.expression));
        }
        shown
    }

    /// As much of a text as is written in the template.
    pub fn before<'t>(&self, text: &'t str) -> &'t str {
        let starts = self.0.iter().filter_map(|made| text.find(made.stand_in.as_deref()?));
        &text[..starts.min().unwrap_or(text.len())]
    }
}

struct Reading<'a> {
    known: &'a Known<'a>,
    conditions: &'a Conditions,
}

impl Reading<'_> {
    fn made(&self, id: &str, resource: &Node) -> Option<Made> {
        let kind = resource.get("Type")?.text()?;
        let name = resource.get("Properties").and_then(|properties| properties.get("Name"));
        let name = name.map_or(Value::Absent, |name| self.known.resolve(name, self.conditions));
        let place = resource.place;
        let secret = |expression: String, name: Option<&str>| Made {
            store: Store::SecretsManager,
            stand_in: Some(
                self.arn(&format!("{}{SUFFIX}", name.map_or_else(|| nameless(&expression), str::to_string))),
            ),
            name: name.map(str::to_string),
            expression,
            place,
        };
        Some(match kind {
            "AWS::SecretsManager::Secret" => secret(id.into(), name.text()),
            "AWS::RDS::DBInstance" | "AWS::RDS::DBCluster" => {
                secret(format!("{id}.MasterUserSecret.SecretArn"), None)
            }
            "AWS::Redshift::Cluster" => secret(format!("{id}.MasterPasswordSecretArn"), None),
            "AWS::SSM::Parameter" => Made {
                store: Store::Ssm,
                expression: id.into(),
                place,
                stand_in: parameter(id, &name)?,
                name: name.text().map(str::to_string),
            },
            _ => return None,
        })
    }

    fn arn(&self, name: &str) -> String {
        let region = self.known.given("AWS::Region");
        format!(
            "arn:{}:secretsmanager:{}:{}:secret:{name}",
            region.map_or("aws", partition),
            region.unwrap_or(OWN_REGION),
            self.known.given("AWS::AccountId").unwrap_or(OWN_ACCOUNT)
        )
    }
}

fn nameless(expression: &str) -> String {
    format!("{NAMELESS}.{expression}")
}

/// What stands for a parameter's name, if anything has to. `None` where not even its first character is known: in an ARN a
/// path begins behind `parameter`, any other name behind `parameter/`.
fn parameter(id: &str, name: &Value) -> Option<Option<String>> {
    match name {
        Value::Text(_) => Some(None),
        // CloudFormation calls it `CFN-…`.
        Value::Absent => Some(Some(nameless(id))),
        Value::Unknown(unknown) if unknown.prefix.starts_with('/') => Some(Some(format!("/{NAMELESS}/{id}"))),
        _ => None,
    }
}
