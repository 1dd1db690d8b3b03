//! Why a source has no value, and what its owner can do about it.

use super::fault::{Fault, Kind};
use super::region::Region;
use crate::declare::{Declaration, Origin, Role, Source, Store};
use crate::error::{ErrorType, Problem};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    error_type: ErrorType,
    why: String,
    advice: String,
    /// It is simply not there, which `?optional` and `?default=` allow for.
    pub missing: bool,
}

impl Failure {
    pub fn new(error_type: ErrorType, why: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { error_type, why: why.into(), advice: advice.into(), missing: false }
    }

    pub fn missing(why: impl Into<String>) -> Self {
        let advice = "create it, correct the reference, or mark it ?optional";
        Self { missing: true, ..Self::new(ErrorType::NotFound, why, advice) }
    }

    pub fn malformed(why: impl std::fmt::Display) -> Self {
        Self::new(ErrorType::Unavailable, format!("malformed answer: {why}"), CHECK_ENDPOINT)
    }

    pub fn problem(&self, declaration: &Declaration) -> Problem {
        Problem::new(self.error_type, &self.why)
            .variable(declaration.label())
            .reference(&declaration.reference)
            .advice(&self.advice)
    }

    /// Of what is composed, which has no reference of its own.
    pub fn problem_of(&self, origin: &Origin, name: &str) -> Problem {
        Problem::new(self.error_type, &self.why).variable(name).place(origin.to_string()).advice(&self.advice)
    }

    /// What a fault of the call for this source means to its owner.
    pub fn of(fault: &Fault, source: &Source, region: &Region) -> Self {
        use ErrorType::*;
        match fault.kind {
            Kind::NotFound => Self::missing(format!(
                "{NOT_THERE}{region}{}{}",
                source.role.as_ref().map_or(String::new(), |role| format!(" with {}", role.arn)),
                if source.selector.is_none() { "" } else { ", or not in this version" }
            )),
            Kind::ScheduledForDeletion => Self::new(
                NotFound,
                "scheduled for deletion",
                "restore it (aws secretsmanager restore-secret), or declare another",
            ),
            Kind::Denied => {
                Self::new(AccessDenied, format!("denied ({fault})"), allow(source, region, fault))
            }
            Kind::KmsDenied => {
                let key = arn_in(fault, ":kms:").unwrap_or_else(|| region.arn("kms", "key/*"));
                Self::new(
                    AccessDenied,
                    format!("its KMS key may not be used ({fault})"),
                    format!("allow kms:Decrypt on the key that encrypts it ({key})"),
                )
            }
            Kind::KmsFailed => Self::new(
                AccessDenied,
                format!("KMS could not decrypt it ({fault})"),
                "check that its KMS key exists and is enabled, and allow kms:Decrypt on it",
            ),
            Kind::Credentials => Self::new(
                AccessDenied,
                format!("the credentials were not accepted ({fault})"),
                "check that they are complete, of this account and not expired, and that the clock is right",
            ),
            Kind::Invalid => Self::new(
                InvalidDeclaration,
                format!("not accepted by {} ({fault})", source.store.as_str()),
                "correct the reference",
            ),
            Kind::Malformed => Self::new(Unavailable, fault.to_string(), CHECK_ENDPOINT),
            Kind::Lasting => Self::new(Unavailable, fault.to_string(), network_advice(fault)),
            Kind::Unreached => Self::new(Unavailable, fault.to_string(), NOT_REACHED),
            Kind::Passing => Self::new(Unavailable, fault.to_string(), UNAVAILABLE),
        }
    }

    /// The same of a call that needs another permission: `action`, which is allowed on `resource`.
    pub fn of_action(fault: &Fault, action: &str, resource: &str, source: &Source, region: &Region) -> Self {
        match fault.kind {
            Kind::Denied | Kind::KmsDenied => Self::new(
                ErrorType::AccessDenied,
                format!("denied ({fault})"),
                permission(action, resource, source, fault),
            ),
            _ => Self::of(fault, source, region),
        }
    }

    /// It is about the key and not about the value, which is there; `reason` says who asks for it.
    pub fn of_its_key(self, reason: &str) -> Self {
        let (why, advice) =
            (format!("its KMS key is not told: {}", self.why), format!("{}; {reason}", self.advice));
        Self { why, advice, missing: false, ..self }
    }

    /// What it means that a role could not be assumed.
    pub fn of_role(fault: &Fault, role: &Role) -> Self {
        let arn = &role.arn;
        let (error_type, advice) = match fault.kind {
            Kind::Denied => {
                let id = if role.external_id.is_some() { " with this external_id" } else { ", if it asks for one with an external_id" };
                let advice = format!(
                    "allow sts:AssumeRole on {arn} in the function's role, and have {arn} trust the function's role{id}"
                );
                (ErrorType::AccessDenied, advice)
            }
            Kind::Credentials => (
                ErrorType::AccessDenied,
                "check that the function's credentials are complete and not expired, and that the clock is right".into(),
            ),
            Kind::Malformed => (ErrorType::Unavailable, "check that the endpoint is that of STS".into()),
            Kind::Lasting => (ErrorType::Unavailable, network_advice(fault).into()),
            Kind::Unreached => (ErrorType::Unavailable, NOT_REACHED.replace("the store", "STS")),
            Kind::Passing => (ErrorType::Unavailable, UNAVAILABLE.replace("the store", "STS")),
            _ => (ErrorType::InvalidDeclaration, "correct role_arn or external_id in the manifest".into()),
        };
        Self::new(error_type, format!("the role {arn} could not be assumed ({fault})"), advice)
    }

    /// The deadline came first; `waiting` says what the call was at.
    pub fn too_late(waiting: impl std::fmt::Display) -> Self {
        Self::new(ErrorType::Unavailable, format!("not there at the deadline, still {waiting}"), UNAVAILABLE)
    }
}

const NOT_THERE: &str = "not found in ";

/// Whether what a problem is about is not in the store: not a key of it, nor a part.
#[cfg(feature = "tool")]
pub fn is_not_there(problem: &Problem) -> bool {
    problem.error_type == ErrorType::NotFound && problem.why.starts_with(NOT_THERE)
}

const CHECK_ENDPOINT: &str = "check that the endpoint is the store's own";

const UNAVAILABLE: &str = "check the network path to the store (VPC endpoint or NAT, security group, proxy) and \
                           its request quota, or raise VESTRY_DEADLINE_MS";

const NOT_REACHED: &str = "check the region, the endpoint and the network path to the store (VPC endpoint or NAT, \
                           security group, proxy)";

fn network_advice(fault: &Fault) -> &'static str {
    if fault.what.contains("certificate") {
        "name the authority that signed it in AWS_CA_BUNDLE, or correct the endpoint"
    } else {
        "check the endpoint and the proxy settings"
    }
}

/// `allow ssm:GetParameters on arn:aws:ssm:eu-west-1:*:parameter/prod/db`
fn allow(source: &Source, region: &Region, fault: &Fault) -> String {
    let (action, resource) = match source.store {
        Store::Ssm => {
            let name = source.name();
            let resource = format!("parameter/{}", name.trim_start_matches('/'));
            (if source.tree { "ssm:GetParametersByPath" } else { "ssm:GetParameters" }, resource)
        }
        // The six characters that Secrets Manager adds are not known of a plain name.
        Store::SecretsManager => ("secretsmanager:GetSecretValue", format!("secret:{}-??????", source.id)),
    };
    let told = arn_in(fault, &format!(":{}:", source.store.as_str()));
    let declared = source.arn.as_ref().map(ToString::to_string);
    let resource = declared.or(told).unwrap_or_else(|| region.arn(source.store.as_str(), &resource));
    permission(action, &resource, source, fault)
}

/// `allow ssm:DescribeParameters on * in the role arn:aws:iam::210987654321:role/reader`
fn permission(action: &str, resource: &str, source: &Source, fault: &Fault) -> String {
    let whose = source.role.as_ref().map_or(String::new(), |role| format!(" in the role {}", role.arn));
    let permission = format!("allow {action} on {resource}{whose}");
    match fault.message.as_deref() {
        Some(message) if message.contains("explicit deny") => {
            format!("{permission}, and take out the explicit deny")
        }
        _ => permission,
    }
}

/// The ARN that a store's message names behind `on resource:`.
fn arn_in(fault: &Fault, service: &str) -> Option<String> {
    let (_, behind) = fault.message.as_deref()?.split_once("on resource: ")?;
    let arn = behind.split_whitespace().next()?;
    let arn = arn.trim_end_matches(['.', ',', ')']);
    (arn.starts_with("arn:") && arn.contains(service)).then(|| arn.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(store: Store, id: &str) -> Source {
        Source::named(store, id)
    }

    fn advice(code: &str, message: &str, source: &Source) -> String {
        let fault = Fault::of_code(code, Some(message), Some(400));
        Failure::of(&fault, source, &Region::new("eu-west-1")).advice
    }

    #[test]
    fn a_denial_names_the_action_and_the_resource() {
        let parameter = source(Store::Ssm, "/prod/db");
        assert_eq!(
            advice("AccessDeniedException", "no", &parameter),
            "allow ssm:GetParameters on arn:aws:ssm:eu-west-1:*:parameter/prod/db"
        );
        let told = "User: arn:aws:sts::123456789012:assumed-role/r/f is not authorized to perform: \
                    ssm:GetParameters on resource: arn:aws:ssm:eu-west-1:123456789012:parameter/prod/db because \
                    no identity-based policy allows the ssm:GetParameters action";
        assert_eq!(
            advice("AccessDeniedException", told, &parameter),
            "allow ssm:GetParameters on arn:aws:ssm:eu-west-1:123456789012:parameter/prod/db"
        );
        let tree = Source { tree: true, ..parameter };
        assert!(advice("AccessDeniedException", "no", &tree).contains("ssm:GetParametersByPath"));
        assert_eq!(
            advice("AccessDeniedException", "no", &source(Store::SecretsManager, "prod/stripe")),
            "allow secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-west-1:*:secret:prod/stripe-??????"
        );
    }

    #[test]
    fn a_denial_of_the_key_names_kms_decrypt() {
        let secret = source(Store::SecretsManager, "prod/stripe");
        assert!(
            advice("AccessDeniedException", "Access to KMS is not allowed", &secret).contains("kms:Decrypt")
        );
        let told =
            "not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:1:key/k-1 because";
        assert!(advice("AccessDeniedException", told, &secret).contains("arn:aws:kms:eu-west-1:1:key/k-1"));
        assert!(advice("DecryptionFailure", "", &secret).contains("kms:Decrypt"));
    }

    #[test]
    fn only_what_is_not_there_is_missing() {
        let secret = source(Store::SecretsManager, "prod/stripe");
        let region = Region::new("eu-west-1");
        for (code, missing) in [
            ("ResourceNotFoundException", true),
            ("AccessDeniedException", false),
            ("DecryptionFailure", false),
            ("ValidationException", false),
            ("ThrottlingException", false),
        ] {
            let fault = Fault::of_code(code, None, Some(400));
            assert_eq!(Failure::of(&fault, &secret, &region).missing, missing, "{code}");
        }
        let deleted = Fault::of_code("InvalidRequestException", Some("marked for deletion"), Some(400));
        let failure = Failure::of(&deleted, &secret, &region);
        assert!(!failure.missing && failure.error_type == ErrorType::NotFound);
    }
}
