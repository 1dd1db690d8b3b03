//! One reference with the fields beside it, and what becomes of it.

use super::fields::Fields;
use super::fields::Findings;
use super::node::{Place, Value};
use crate::declare::grammar::{self, Extras, Fault, fault};
use crate::declare::partition::is_region;
use crate::declare::reference::{Decode, Form, Reference, Role, Store};
use crate::declare::suggest::did_you_mean;
use crate::secret::SecretValue;

pub(super) const STORES: [(&str, Store); 2] =
    [("ssm", Store::Ssm), ("secretsmanager", Store::SecretsManager)];

/// The keys that say which reference it is.
pub(super) const WHICH: [&str; 3] = ["ref", "store", "name"];

/// The key of a tree that says which path it is.
pub(super) const PATH: &str = "path";

/// `/prod/app/` is `/prod/app`.
pub(super) fn path(text: &str) -> &str {
    text.strip_suffix('/').filter(|path| path.contains('/')).unwrap_or(text)
}

/// The keys that stand beside any reference.
pub(super) const BESIDE: [&str; 8] =
    ["key", "stage", "version", "label", "optional", "default", "decode", "region"];

/// The keys that say as whom the store is asked.
pub(super) const ROLE: [&str; 2] = ["role_arn", "external_id"];

/// The keys that say what becomes of the value.
pub(super) const FORM: [&str; 2] = ["as", "mode"];

/// `ssm:/prod/db?optional`; the fault of one that is none.
pub(super) fn short(text: &str) -> Result<Reference, Fault> {
    match grammar::scheme(text) {
        Some(claimed) => claimed.and_then(|(store, rest)| grammar::reference(store, rest)),
        None => fault("no scheme claims it", "a reference begins with ssm: or secretsmanager:"),
    }
}

/// A reference in a table of fields: `ref`, or `store` and `name` (of a tree `path` as well). `None` leaves problems.
pub(super) fn spelt_out(fields: &Fields<'_>, name_key: &str, findings: &mut Findings) -> Option<Reference> {
    let extras = extras(fields, findings);
    let written = match (fields.get("ref"), fields.get(name_key)) {
        (Some(_), None) if fields.get("store").is_none() => {
            let text = fields.text("ref", findings)?;
            told(short(text), text, fields.place_of("ref"), findings)
        }
        (None, Some(_)) => by_name(fields, name_key, findings),
        (None, None) => {
            let why = format!("{} names no reference", fields.path);
            findings.tell(fields.place, why, format!("write store and {name_key}, or ref = \"ssm:…\""));
            None
        }
        _ => {
            let why = format!("{} names its reference twice", fields.path);
            findings.tell(fields.place, why, format!("keep ref, or store and {name_key}"));
            None
        }
    };
    let (written, extras) = (written?, extras?);
    match written.with(extras) {
        Ok(reference) => Some(reference),
        Err(found) => {
            findings.fault(fields.place, found).variable = Some(fields.path.clone());
            None
        }
    }
}

/// `store` and `name`, neither of which carries what has a field of its own.
fn by_name(fields: &Fields<'_>, name_key: &str, findings: &mut Findings) -> Option<Reference> {
    let name = fields.text(name_key, findings);
    let store = if fields.get("store").is_some() {
        fields.one_of("store", &STORES, findings)?
    } else {
        let claimed = name.and_then(grammar::scheme);
        let advice = match (claimed, name) {
            (Some(Err(nearly)), Some(text)) => {
                return told(Err(nearly), text, fields.place_of(name_key), findings);
            }
            (Some(Ok((store, _))), _) => {
                format!("write ref instead of {name_key}, or store = {:?}", store.as_str())
            }
            _ => "write store = \"ssm\" or store = \"secretsmanager\"".into(),
        };
        findings.tell(fields.place, format!("{} names no store", fields.path), advice);
        return None;
    };
    let name = name.map(|name| if name_key == PATH { path(name) } else { name })?;
    let at = fields.place_of(name_key);
    if let Some(Ok((claimed, _))) = grammar::scheme(name) {
        let why = format!("{} has a scheme, and store says which store it is", fields.below(name_key));
        findings.tell(at, why, format!("drop the {}:", claimed.as_str()));
        return None;
    }
    if let Some(sign) = name.chars().find(|c| ['#', '?'].contains(c)) {
        let advice = if sign == '#' { "write the key as key" } else { "write the options as fields" };
        findings.tell(at, format!("{} has a {sign} in it", fields.below(name_key)), advice);
        return None;
    }
    told(grammar::reference(store, name), name, at, findings)
}

pub(super) fn told<T>(result: Result<T, Fault>, text: &str, at: Place, findings: &mut Findings) -> Option<T> {
    result.map_err(|found| findings.fault(at, found).reference = grammar::quotable(text)).ok()
}

pub(super) fn extras(fields: &Fields<'_>, findings: &mut Findings) -> Option<Extras> {
    let owned = |text: Option<&str>| text.map(str::to_string);
    Some(Extras {
        key: owned(fields.text("key", findings)),
        stage: owned(fields.text("stage", findings)),
        version: owned(fields.text_or_number("version", findings)),
        label: owned(fields.text("label", findings)),
        optional: fields.flag("optional", findings).unwrap_or(false),
        default: default(fields, findings),
        decode: fields.one_of("decode", &[("base64", Decode::Base64)], findings),
        region: region(fields, findings)?,
        role: role(fields, findings)?,
    })
}

fn default(fields: &Fields<'_>, findings: &mut Findings) -> Option<SecretValue> {
    let text = fields.text("default", findings)?;
    if text.contains('\0') {
        let why = format!("{} has a NUL byte", fields.below("default"));
        findings.tell(fields.place_of("default"), why, "no variable can carry one");
    }
    Some(text.to_string().into())
}

/// The outer `None` is for a region that is none.
pub(super) fn region(fields: &Fields<'_>, findings: &mut Findings) -> Option<Option<String>> {
    let Some(region) = fields.text("region", findings) else { return Some(None) };
    if !is_region(region) {
        let why = format!("{} is no region", fields.below("region"));
        findings.tell(fields.place_of("region"), why, "it looks like eu-west-1");
        return None;
    }
    Some(Some(region.to_string()))
}

/// The outer `None` is for a role that is none.
pub(super) fn role(fields: &Fields<'_>, findings: &mut Findings) -> Option<Option<Role>> {
    let (arn, external_id) = (fields.text("role_arn", findings), fields.text("external_id", findings));
    let Some(arn) = arn else {
        if external_id.is_some() && fields.get("role_arn").is_none() {
            let why = format!("{} has no role_arn beside it", fields.below("external_id"));
            findings.tell(fields.place_of("external_id"), why, "an external id is for assuming a role");
        }
        return Some(None);
    };
    let mut fine = true;
    if !is_role(arn) {
        let why = format!("{} is no ARN of a role", fields.below("role_arn"));
        findings.tell(fields.place_of("role_arn"), why, "it looks like arn:aws:iam::ACCOUNT:role/NAME");
        fine = false;
    }
    let may = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    if external_id.is_some_and(|id| !(2..=1224).contains(&id.len()) || !id.chars().all(may)) {
        let why = format!("{} is no external id", fields.below("external_id"));
        findings.tell(
            fields.place_of("external_id"),
            why,
            "2 to 1,224 letters, digits and _+=,.@:/- may stand there",
        );
        fine = false;
    }
    fine.then(|| Some(Role { arn: arn.to_string(), external_id: external_id.map(str::to_string) }))
}

fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else { return false };
    let may = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c);
    partition.starts_with("aws")
        && partition.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty() && name.chars().all(may))
        && arn.len() <= 2048
}

/// `as` and `mode`.
pub(super) fn form(fields: &Fields<'_>, findings: &mut Findings) -> Form {
    let as_file = fields.get("as").is_some().then(|| fields.text("as", findings)).flatten();
    let mode = mode(fields, findings);
    match as_file {
        Some("file") => Form::File { mode: mode.unwrap_or(0o600) },
        Some("variable") | None => {
            if fields.get("mode").is_some() {
                let why = format!("{} is for a file", fields.below("mode"));
                findings.tell(fields.place_of("mode"), why, "write as = \"file\" beside it");
            }
            Form::Variable
        }
        Some(other) => {
            let why = format!("{} is neither file nor variable", fields.below("as"));
            let advice = did_you_mean(other, ["file", "variable"], "write as = \"file\"");
            findings.tell(fields.place_of("as"), why, advice);
            Form::Variable
        }
    }
}

/// The owner's permissions, the only ones that a value's file has: text in octal, or the number itself.
fn mode(fields: &Fields<'_>, findings: &mut Findings) -> Option<u32> {
    let text = fields.text_or_number("mode", findings)?;
    let is_decimal = !text.starts_with('0') && matches!(fields.get("mode")?.value, Value::Number(_));
    let digits = text.strip_prefix("0o").unwrap_or(text);
    let mode = u32::from_str_radix(digits, if is_decimal { 10 } else { 8 }).ok();
    let mode = mode.filter(|mode| matches!(mode, 0o600 | 0o400) && !text.starts_with('+'));
    if mode.is_none() {
        let why = format!("{} is neither 0600 nor 0400", fields.below("mode"));
        findings.tell(
            fields.place_of("mode"),
            why,
            "write mode = \"0600\"; a value's file is its owner's alone",
        );
    }
    mode
}
