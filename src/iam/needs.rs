//! What INIT will ask for, call by call.

use std::collections::{BTreeMap, BTreeSet};

use super::arn::{Home, ResourceArn};
use crate::declare::{Declared, Role, Source, Store};
use crate::template::Makes;

/// What the principal that asks needs: the function's role, or one that it assumes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// `ssm:GetParameters`
    pub parameters: BTreeSet<ResourceArn>,
    /// `ssm:GetParametersByPath`: each path, and all below it.
    pub trees: BTreeSet<ResourceArn>,
    /// `secretsmanager:GetSecretValue`
    pub secrets: BTreeSet<ResourceArn>,
    /// `secretsmanager:BatchGetSecretValue`: some are fetched by it.
    pub batches: bool,
    /// `ssm:DescribeParameters` and `secretsmanager:DescribeSecret`: a policy reads the keys of what is fetched.
    pub keys: bool,
    /// `sts:AssumeRole`, the roles' ARNs.
    pub roles: BTreeSet<String>,
}

impl Needs {
    /// Those of both.
    pub fn with(mut self, other: Self) -> Self {
        self.parameters.extend(other.parameters);
        self.trees.extend(other.trees);
        self.secrets.extend(other.secrets);
        self.roles.extend(other.roles);
        self.batches |= other.batches;
        self.keys |= other.keys;
        self
    }

    /// The same where a policy reads which keys the values are under.
    pub fn with_keys(self, keys: bool) -> Self {
        Self { keys, ..self }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The needs of the function's own role, and those of every role that it assumes. `made`: what the template makes.
pub fn needs(declared: &Declared, home: &Home, made: &Makes) -> (Needs, BTreeMap<Role, Needs>) {
    let mut own = Needs::default();
    let mut assumed: BTreeMap<Role, Needs> = BTreeMap::new();
    for declaration in &declared.declarations {
        let source = &*declaration.reference.source;
        let Some(role) = &source.role else {
            own.take(source, home, made);
            continue;
        };
        own.roles.insert(role.arn.clone());
        // What has no ARN is in the account of the role.
        let account = role.arn.split(':').nth(4).map(str::to_string);
        let home = Home { account, ..home.clone() };
        assumed.entry(role.clone()).or_default().take(source, &home, made);
    }
    (own, assumed)
}

impl Needs {
    fn take(&mut self, source: &Source, home: &Home, made: &Makes) {
        let of = |service, resource: String| {
            let arn = match &source.arn {
                Some(arn) => ResourceArn::of(service, arn, resource),
                None => ResourceArn::own(service, source.region.as_deref(), resource, home),
            };
            arn.made_by(made.within(&source.id).cloned())
        };
        match source.store {
            Store::Ssm => {
                let name = source.name().trim_start_matches('/');
                if source.tree {
                    let path = name.trim_end_matches('/');
                    let below =
                        if path.is_empty() { "parameter/*".into() } else { format!("parameter/{path}/*") };
                    self.trees.insert(of("ssm", format!("parameter/{path}")));
                    self.trees.insert(of("ssm", below));
                } else {
                    self.parameters.insert(of("ssm", format!("parameter/{name}")));
                }
            }
            Store::SecretsManager => {
                for name in names(source) {
                    self.secrets.insert(of("secretsmanager", format!("secret:{name}")));
                }
                self.batches |= source.selector.is_none();
            }
        }
    }
}

/// The six random characters at the end of a secret's ARN.
pub const SUFFIX: &str = "-??????";

/// The secret as its ARN ends, which only an ARN tells whole.
fn names(source: &Source) -> Vec<String> {
    let name = source.name();
    if source.arn.is_none() {
        return vec![format!("{name}{SUFFIX}")];
    }
    let last = name.rsplit_once('-').map(|(_, last)| last).filter(|last| last.len() == 6);
    let Some(last) = last.filter(|last| last.bytes().all(|b| b.is_ascii_alphanumeric())) else {
        return vec![format!("{name}{SUFFIX}")];
    };
    // `prod/db-master` is a whole name as likely as not; random characters are hardly all lower-case letters, or digits.
    let a_word = last.bytes().all(|b| b.is_ascii_lowercase()) || last.bytes().all(|b| b.is_ascii_digit());
    if a_word { vec![name.to_string(), format!("{name}{SUFFIX}")] } else { vec![name.to_string()] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declare::{self, Delivery, Environment, Host};

    fn needs_of(reference: &str) -> Needs {
        let environment: Environment = [("X", reference)].into_iter().collect();
        let declared = declare::read(&environment, &Host::with_delivery(Delivery::Exec)).unwrap();
        needs(&declared, &Home { region: Some("cn-north-1".into()), account: None }, &Makes::default()).0
    }

    fn texts(arns: &BTreeSet<ResourceArn>) -> Vec<String> {
        arns.iter().map(|arn| arn.text("aws", "*", "*")).collect()
    }

    #[test]
    fn a_parameter_has_one_slash_before_its_name() {
        for (reference, resource) in [
            ("ssm:/prod/db:3#key", "parameter/prod/db"),
            ("ssm:flat", "parameter/flat"),
            ("ssm:/flat:live", "parameter/flat"),
        ] {
            let needed = needs_of(reference);
            assert_eq!(texts(&needed.parameters), [format!("arn:aws-cn:ssm:cn-north-1:*:{resource}")]);
            assert!(needed.trees.is_empty() && needed.secrets.is_empty() && !needed.batches);
        }
        let shared = "arn:aws:ssm:us-east-1:111122223333:parameter/shared/db";
        assert_eq!(texts(&needs_of(&format!("ssm:{shared}")).parameters), [shared]);
    }

    #[test]
    fn a_tree_is_its_path_and_all_below_it() {
        let of = |reference| -> Vec<String> {
            needs_of(reference).trees.iter().map(|arn| arn.resource.clone()).collect()
        };
        assert_eq!(of("ssm:/prod/flags/*"), ["parameter/prod/flags", "parameter/prod/flags/*"]);
        assert_eq!(of("ssm:/*"), ["parameter/", "parameter/*"]);
    }

    #[test]
    fn a_secret_has_a_suffix_that_only_its_arn_tells() {
        let of = |reference: &str| -> Vec<String> {
            needs_of(reference).secrets.iter().map(|arn| arn.resource.clone()).collect()
        };
        assert_eq!(of("secretsmanager:prod/db#key"), ["secret:prod/db-??????"]);
        let arn = "secretsmanager:arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db";
        assert_eq!(of(&format!("{arn}-AbCd3f")), ["secret:prod/db-AbCd3f"]);
        assert_eq!(of(&format!("{arn}-AbCd3f:key::")), ["secret:prod/db-AbCd3f"]);
        assert_eq!(of(arn), ["secret:prod/db-??????"]);
        assert_eq!(of(&format!("{arn}-master")), ["secret:prod/db-master", "secret:prod/db-master-??????"]);
        assert!(needs_of("secretsmanager:prod/db").batches);
        assert!(!needs_of("secretsmanager:prod/db?stage=AWSPREVIOUS").batches);
    }
}
