//! `vestry iam`: the permissions that INIT needs, and not one more.

mod comparison;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod json;
mod sam;
mod terraform;

use std::collections::BTreeSet;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::check::judge::declared;
use super::check::subject::{self, Subject};
use super::{REFUSED, Usage, complain, complain_lines, plain, say};
use crate::declare::partition::is_region;
use crate::declare::{Declared, Delivery, Environment};
use crate::error::Refusal;
use crate::iam::{Comparison, Document, Home, Keys, Needs, compare, document, grants, needs};
use crate::template::{Function, Made, Makes, OWN_ACCOUNT, OWN_REGION, Template};

/// Print the least-privilege policy for what is declared
///
/// Exactly the calls that INIT makes, on exactly the resources that it asks for: parameters by ARN, trees by path and all
/// below it, secrets by ARN, or by name with the six random characters that only an ARN tells. kms:Decrypt is for values
/// under a key of your own: through the store alone, of these very values; --key names the keys, --no-kms leaves it out
/// where AWS manages the key. secretsmanager:BatchGetSecretValue knows no resources and gives no secret by itself; without
/// it (--no-batch) INIT fetches secrets one by one, and says so.
///
/// The region is that of --region, else for JSON that of AWS_REGION; the account that of --account. Where JSON lacks one, it
/// has * and standard error says so; SAM and Terraform have words for the function's own.
///
/// Of a template, SAM's format refers to the secrets and parameters that the template itself makes (!Ref Database); JSON and
/// Terraform have them by their names, where the template gives them any.
///
/// With --template, standard error says for each function what its role lacks and what it has besides: of SAM's Policies,
/// of a role of the template, of managed policies that are known. Of a single function (--function) the policy is printed
/// as it is; of several, JSON is {"functions": [{"function", "policy", "missing", "not_judged", "superfluous",
/// "unknown"}]}. Of kms:Decrypt it says what is denied, and with --key what is missing: a template does not tell which key a
/// value is under.
///
/// Examples:
///   VESTRY_SECRETS=prod/stripe vestry iam --region eu-west-1 --account 123456789012
///   vestry iam --manifest vestry.toml --profile prod --format terraform
///   vestry iam --template template.yaml --function Orders --format sam
///   vestry iam --template template.yaml --check
///
/// Exit codes:
///   0  printed
///   2  usage: a missing file, a template that cannot be read
///   3  a declaration is wrong, or names what the template does not have
///   4  printed, but references are not known before a deployment, or what the template makes has no name yet, so that it
///      may lack something
///   6  with --check: a role lacks something, or has more than INIT needs
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[group(id = "of_iam")]
pub(super) struct Args {
    #[command(flatten)]
    source: subject::Args,
    #[arg(long, short, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Where the function runs [default: AWS_REGION for JSON, else whatever the function's own will be]
    #[arg(long, value_name = "REGION", value_parser = region)]
    region: Option<String>,
    /// The function's account
    #[arg(long, value_name = "ID", value_parser = account)]
    account: Option<String>,
    /// The ARN of a KMS key that values are encrypted with; may be given several times
    #[arg(long = "key", value_name = "ARN", value_parser = key)]
    keys: Vec<String>,
    /// Leave kms:Decrypt out: every value is under a key that AWS manages
    #[arg(long, conflicts_with = "keys")]
    no_kms: bool,
    /// Leave secretsmanager:BatchGetSecretValue out
    #[arg(long)]
    no_batch: bool,
    /// Add what INIT asks for where a policy reads kms_key_id (the library's approved_kms_keys does, once a key is approved)
    #[arg(long)]
    kms_key_ids: bool,
    /// The policy of a role that is assumed (role_arn), in place of the function's own
    #[arg(long, value_name = "ARN")]
    role: Option<String>,
    /// End with 6 where a role of the template is not as it should be
    #[arg(long, requires = "template")]
    check: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A policy document
    Json,
    /// A snippet for the function's properties
    Sam,
    /// An aws_iam_policy_document
    Terraform,
}

fn region(text: &str) -> Result<String, String> {
    if is_region(text) { Ok(text.into()) } else { Err("a region looks like eu-west-1".into()) }
}

fn account(text: &str) -> Result<String, String> {
    let sound = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if sound { Ok(text.into()) } else { Err("an account's id has twelve digits".into()) }
}

fn key(text: &str) -> Result<String, String> {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:/*".contains(&b));
    let part = |i: usize| text.split(':').nth(i).unwrap_or_default();
    if part(2) == "kms" && part(5).starts_with("alias/") {
        return Err("IAM knows a key by its own ARN: aws kms describe-key --key-id ALIAS tells it".into());
    }
    let sound = plain && text.starts_with("arn:") && part(2) == "kms";
    if sound { Ok(text.into()) } else { Err("it looks like arn:aws:kms:REGION:ACCOUNT:key/ID".into()) }
}

const INCOMPLETE: u8 = 4;
const DIFFERS: u8 = 6;
/// Characters. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const LARGEST_INLINE: usize = 10_240;

/// One function's policy.
struct Policy {
    /// Its logical name; none of an environment.
    name: Option<String>,
    path: Option<String>,
    document: Document,
    comparison: Option<Comparison>,
    unknown: Vec<String>,
    /// What of the template the format has no words for.
    wordless: BTreeSet<Made>,
}

pub(super) fn run(args: &Args, environment: &Environment) -> Result<ExitCode, Usage> {
    // What has words for the function's own region is good for any.
    let shell = || environment.text("AWS_REGION").filter(|_| args.format == Format::Json);
    let region = args.region.as_deref().or_else(shell);
    let besides = [
        ("AWS::Region", region.unwrap_or(OWN_REGION)),
        ("AWS::AccountId", args.account.as_deref().unwrap_or(OWN_ACCOUNT)),
    ];
    let template = args.source.template(&besides)?;
    let home = home(region, args.account.as_deref(), template.as_ref());
    let mut subjects = args.source.subjects_of(template.as_ref(), environment)?;
    // Whether anything takes the values is no matter of permissions.
    subjects.iter_mut().for_each(|subject| subject.host.delivery = Some(Delivery::Socket));
    let functions = template.as_ref().map(|t| args.source.functions(t)).transpose()?.unwrap_or_default();
    let mut policies = Vec::new();
    let mut refused = false;
    for (i, subject) in subjects.iter().enumerate() {
        let path = subject.path.as_deref().unwrap_or_default();
        let of_references = subject.unknown_references.iter().map(|unknown| {
            format!("{} ({}): {} ({path}:{})", unknown.variable, unknown.begin, unknown.why, unknown.place)
        });
        let others = subject.unknown.iter().filter(|gap| gap.matters).map(|gap| format!("{path}:{gap}"));
        let unknown = of_references.chain(others).collect();
        let declared = match sound(subject) {
            Ok(declared) => declared,
            Err(told) => {
                let name = subject.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
                complain(&format!("{name}{}: {told}", told.error_type()));
                refused = true;
                continue;
            }
        };
        let whole = args.document(&declared, &home, &subject.made)?;
        let (document, wordless) = match args.format {
            Format::Sam => (whole, BTreeSet::new()),
            Format::Json | Format::Terraform => whole.outside(),
        };
        let function: Option<&Function> = functions.get(i);
        let comparison = function.zip(template.as_ref()).map(|(function, template)| {
            compare(
                &args.document_for_comparison(&declared, &home, &subject.made),
                &grants(function, template),
                args.keys(),
            )
        });
        let (name, path) = (subject.name.clone(), subject.path.clone());
        policies.push(Policy { name, path, document, comparison, unknown, wordless });
    }
    if refused {
        return Ok(ExitCode::from(REFUSED));
    }
    let made = subjects.first().map(|subject| subject.made.clone()).unwrap_or_default();
    print(args, &home, &policies, &made, template.is_some() && subjects.len() > 1);
    // What the format has no words for, the template's roles have.
    let lacks_words = |policy: &Policy| !args.check && !policy.wordless.is_empty();
    let incomplete = policies.iter().any(|policy| !policy.unknown.is_empty() || lacks_words(policy));
    let mut comparisons = policies.iter().filter_map(|policy| policy.comparison.as_ref());
    let differs = comparisons.any(|c| !c.missing.is_empty() || !c.superfluous.is_empty());
    Ok(match (args.check && differs, incomplete) {
        (true, _) => ExitCode::from(DIFFERS),
        (false, true) => ExitCode::from(INCOMPLETE),
        (false, false) => ExitCode::SUCCESS,
    })
}

/// What is declared, where nothing in it nor in the template is wrong.
fn sound(subject: &Subject) -> Result<Declared, Refusal> {
    let declared = declared(subject);
    let of_declared = declared.as_ref().err().map(Refusal::problems).unwrap_or_default();
    let told = of_declared.iter().map(|problem| subject.told(problem));
    Refusal::unless_empty(subject.misnamed.iter().cloned().chain(told).collect())?;
    declared
}

/// `--parameter AWS::Region=…` says it as well as `--region` does.
fn home(region: Option<&str>, account: Option<&str>, template: Option<&Template>) -> Home {
    let given = |name: &str, own: &str| template?.given(name).filter(|value| *value != own);
    Home {
        region: given("AWS::Region", OWN_REGION).or(region).map(str::to_string),
        account: given("AWS::AccountId", OWN_ACCOUNT).or(account).map(str::to_string),
    }
}

impl Args {
    fn document(&self, declared: &Declared, home: &Home, made: &Makes) -> Result<Document, Usage> {
        let (own, assumed) = needs(declared, home, made);
        let needs = match &self.role {
            None => own,
            Some(arn) => {
                let of_role: Vec<_> = assumed.into_iter().filter(|(role, _)| role.arn == *arn).collect();
                if of_role.is_empty() {
                    return Err(Usage(format!("nothing is asked for with the role {arn}")));
                }
                of_role.into_iter().fold(Needs::default(), |all, (_, needs)| all.with(needs))
            }
        };
        let needs = needs.with_keys(self.kms_key_ids);
        let mut document = document(&needs, &self.keys, !self.no_batch);
        if self.no_kms {
            document.statements.retain(|statement| statement.action != "kms:Decrypt");
        }
        Ok(document)
    }

    fn keys(&self) -> Keys<'_> {
        match self.keys.as_slice() {
            [] if self.no_kms => Keys::OfAws,
            [] => Keys::Unknown,
            keys => Keys::Own(keys),
        }
    }

    /// With the KMS statements, which a role may have whatever is printed.
    fn document_for_comparison(&self, declared: &Declared, home: &Home, made: &Makes) -> Document {
        let needs = needs(declared, home, made).0.with_keys(self.kms_key_ids);
        document(&needs, &[], !self.no_batch)
    }
}

fn print(args: &Args, home: &Home, policies: &[Policy], made: &Makes, several: bool) {
    for policy in policies {
        for made in &policy.wordless {
            let name = policy.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
            complain(&format!(
                "{name}not in the policy: the name of {} ({}:{}) is not known before it is made; --format sam refers to it",
                made.expression,
                policy.path.as_deref().unwrap_or_default(),
                made.place
            ));
        }
        for unknown in &policy.unknown {
            let name = policy.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
            let said = format!("{name}not in the policy, for it is unknown: {unknown}");
            complain(&plain::line(&said));
        }
    }
    let is_empty = |policy: &Policy| policy.unknown.is_empty() && policy.wordless.is_empty();
    if policies.iter().all(|policy| policy.document.statements.is_empty() && is_empty(policy)) {
        complain("nothing is declared, so INIT needs no permission");
    }
    for policy in policies {
        // Without white space, as IAM counts. What the formats write for region and account is longer than what they mean.
        let size = json::policy(&policy.document.outside().0).to_string().len();
        if size > LARGEST_INLINE {
            let name = policy.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
            complain(&format!(
                "{name}the policy has {size} characters; IAM takes {LARGEST_INLINE} for all inline policies of a role: \
                 declare trees in place of single parameters, or split it"
            ));
        }
    }
    let own = policies.iter().any(|policy| json::has_own(&policy.document));
    if args.format == Format::Json && own {
        let lacking = match (home.region.is_some(), home.account.is_some()) {
            (false, false) => "--region and --account",
            (false, true) => "--region",
            _ => "--account",
        };
        complain(&format!("the policy has * where only a deployment tells; {lacking} would make it exact"));
    }
    for policy in policies {
        if let (Some(name), Some(comparison)) = (&policy.name, &policy.comparison) {
            complain_lines(&comparison::text(name, comparison, made));
        }
    }
    let text = match args.format {
        Format::Json if several => {
            let functions: Vec<Value> = policies.iter().map(|policy| of_function(policy, made)).collect();
            format!("{:#}", json!({"functions": functions}))
        }
        Format::Json => {
            policies.iter().map(|policy| format!("{:#}", json::policy(&policy.document))).collect()
        }
        Format::Sam => {
            let texts = policies
                .iter()
                .map(|policy| sam::snippet(policy.name.as_deref().filter(|_| several), &policy.document));
            texts.collect::<Vec<_>>().join("\n")
        }
        Format::Terraform => {
            let documents: Vec<_> =
                policies.iter().map(|policy| (policy.name.as_deref(), &policy.document)).collect();
            terraform::file(&documents)
        }
    };
    say(text.trim_end());
}

fn of_function(policy: &Policy, made: &Makes) -> Value {
    let wordless =
        policy.wordless.iter().map(|made| format!("{made}: its name is not known before it is made"));
    let comparison = policy.comparison.clone().unwrap_or_default();
    json!({
        "function": policy.name,
        "policy": json::policy(&policy.document),
        "missing": comparison.missing.iter().map(|missing| {
            let resource = comparison::shown(&missing.resource, made);
            match &missing.denied_by {
                None => json!({"action": missing.action, "resource": resource}),
                Some(source) => json!({"action": missing.action, "resource": resource, "denied_by": source}),
            }
        }).collect::<Vec<_>>(),
        "not_judged": if comparison.keys_unjudged { vec!["kms:Decrypt"] } else { Vec::new() },
        "superfluous": comparison.superfluous.iter().map(|unneeded| json!({
            "action": unneeded.action,
            "resource": comparison::shown(&unneeded.resource, made),
            "source": unneeded.source,
            "too_wide": unneeded.too_wide,
        })).collect::<Vec<_>>(),
        "unknown": comparison.unknown.iter().chain(&policy.unknown).cloned().chain(wordless).collect::<Vec<_>>(),
    })
}
