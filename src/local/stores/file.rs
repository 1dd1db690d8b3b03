//! The store file: what the stores hold, and what goes wrong, as TOML.
//!
//! ```toml
//! region = "eu-west-1"            # these two may be left out
//! account = "123456789012"
//!
//! [parameters]
//! "/prod/db/password" = "a SecureString with one version"
//!
//! [parameters."/prod/flags/beta"]
//! value = "on"
//! type = "String"                 # or StringList, SecureString (the default)
//! version = 3
//! labels = ["live"]
//! last_modified = 2026-10-01T00:00:00Z
//! kms_key_id = "alias/prod"       # of a SecureString, left out: alias/aws/ssm
//! older = [{ version = 2, value = "off", labels = ["before"] }]
//!
//! [secrets]
//! "prod/stripe" = "text"
//!
//! [secrets."prod/db"]
//! value = { user = "app", port = 5432 }   # a table is stored as JSON; binary = "…" takes base64
//! previous = "what AWSPREVIOUS has"
//! created = 2026-10-01T00:00:00Z
//! kms_key_id = "alias/prod"       # left out: alias/aws/secretsmanager, which the store does not name
//! deleted = false                 # true: scheduled for deletion
//! versions = [{ value = "…", id = "…", stages = ["BLUE"] }]
//!
//! [[faults]]
//! failure = "throttled"           # see `Failure::NAMES`; also "slow" with ms, "entry" with code
//! action = "GetParameters"        # * and ? stand for anything
//! name = "/prod/*"
//! first = 1                       # the first call that it hits
//! times = 2                       # and how many
//! ```

use std::io;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::faults::{Failure, Fault};
use super::model::{Content, Parameter, ParameterType, ParameterVersion, Secret, SecretVersion, Store};
use super::toml_reader::{Entry, Reader, Section};
use crate::declare::suggest::did_you_mean;
use crate::named_file;
use crate::secret::SecretValue;

/// Bytes; more parameters and secrets than any function has.
const LARGEST: u64 = 16 << 20;

/// A store file, read.
#[derive(Debug)]
pub struct StoreFile {
    pub store: Store,
    pub faults: Vec<Fault>,
}

/// Why a store file cannot be served: every problem with its line, never a value.
#[derive(Debug, thiserror::Error)]
pub enum StoreFileError {
    #[error("cannot read {path}: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("{path} is no store file:{}", problems.iter().map(|p| format!("\n  {p}")).collect::<String>())]
    Invalid { path: String, problems: Vec<String> },
}

impl StoreFile {
    pub fn read(path: &Path) -> Result<Self, StoreFileError> {
        let shown = path.display().to_string();
        let unreadable = |error: io::Error| StoreFileError::Unreadable {
            path: shown.clone(),
            reason: match error.kind() {
                io::ErrorKind::NotFound => "no such file".into(),
                _ => error.to_string(),
            },
        };
        let text = named_file::text(path, LARGEST).map_err(unreadable)?;
        Self::parse(&text).map_err(|problems| StoreFileError::Invalid { path: shown, problems })
    }

    /// The problems are sentences that begin with their line: `line 3: …`.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let mut reader = Reader::new(text);
        let Some(table) = reader.document() else { return Err(reader.problems()) };
        let root = Section::root(&table);
        let file = read_root(&mut reader, &root);
        let problems = reader.problems();
        if problems.is_empty() { Ok(file) } else { Err(problems) }
    }
}

fn read_root(reader: &mut Reader, root: &Section) -> StoreFile {
    reader.only(root, &["region", "account", "parameters", "secrets", "faults"]);
    let mut store = Store::default();
    if let Some(region) = reader.text(root, "region") {
        store.region = region;
    }
    if let Some(account) = reader.text(root, "account") {
        if account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()) {
            store.account = account;
        } else {
            reader.problem_at(root, "account", "an account has twelve digits");
        }
    }
    for entry in reader.entries(root, "parameters") {
        if let Some(parameter) = read_parameter(reader, &entry) {
            store.parameters.insert(entry.key.to_string(), parameter);
        }
    }
    for entry in reader.entries(root, "secrets") {
        if let Some(secret) = read_secret(reader, &entry) {
            store.secrets.insert(entry.key.to_string(), secret);
        }
    }
    let faults = reader.tables(root, "faults");
    let faults = faults.iter().filter_map(|section| read_fault(reader, section)).collect();
    StoreFile { store, faults }
}

fn read_parameter(reader: &mut Reader, entry: &Entry) -> Option<Parameter> {
    if let Some(text) = entry.as_text() {
        let version = ParameterVersion::new(1, SecretValue::from(text.to_string()));
        let type_ = ParameterType::SecureString;
        return Some(Parameter { type_, versions: vec![version], kms_key_id: None });
    }
    let section = reader.section(entry)?;
    let known = ["value", "type", "version", "labels", "last_modified", "kms_key_id", "older"];
    reader.only(&section, &known);
    let type_ = match reader.text(&section, "type") {
        None => ParameterType::SecureString,
        Some(name) => match ParameterType::NAMES.iter().find(|(known, _)| *known == name) {
            Some((_, type_)) => *type_,
            None => {
                reader.problem_at(&section, "type", "the types are String, StringList and SecureString");
                return None;
            }
        },
    };
    let older = reader.tables(&section, "older");
    let mut versions = Vec::new();
    for older in &older {
        reader.only(older, &["value", "version", "labels", "last_modified"]);
        versions.extend(read_parameter_version(reader, older, versions.len() as u64 + 1));
    }
    let newest = versions.iter().map(|v| v.number).max().unwrap_or(0);
    versions.extend(read_parameter_version(reader, &section, newest + 1));
    if versions.iter().rev().skip(1).any(|v| v.number >= versions[versions.len() - 1].number) {
        reader.problem_at(&section, "older", "an older version has a lower number");
    }
    let kms_key_id = reader.text(&section, "kms_key_id");
    if kms_key_id.is_some() && type_ != ParameterType::SecureString {
        reader.problem_at(&section, "kms_key_id", "only a SecureString is under a key");
    }
    (!versions.is_empty()).then_some(Parameter { type_, versions, kms_key_id })
}

fn read_parameter_version(reader: &mut Reader, section: &Section, number: u64) -> Option<ParameterVersion> {
    let value = SecretValue::from(reader.required_text(section, "value")?);
    let mut version = ParameterVersion::new(reader.whole(section, "version").unwrap_or(number), value);
    version.labels = reader.texts(section, "labels").unwrap_or_default();
    if let Some(time) = reader.time(section, "last_modified") {
        version.modified = time;
    }
    Some(version)
}

fn read_secret(reader: &mut Reader, entry: &Entry) -> Option<Secret> {
    let name = entry.key;
    if let Some(text) = entry.as_text() {
        let content = Content::Text(SecretValue::from(text.to_string()));
        let version = SecretVersion::new(name, 1, content, &["AWSCURRENT"]);
        return Some(Secret::of(vec![version]));
    }
    let section = reader.section(entry)?;
    let known =
        ["value", "binary", "id", "stages", "created", "kms_key_id", "previous", "versions", "deleted"];
    reader.only(&section, &known);
    let mut versions = Vec::new();
    for (number, other) in (3..).zip(&reader.tables(&section, "versions")) {
        reader.only(other, &["value", "binary", "id", "stages", "created"]);
        versions.extend(read_secret_version(reader, other, name, number, &[]));
    }
    if let Some(text) = reader.text(&section, "previous") {
        let content = Content::Text(SecretValue::from(text));
        versions.push(SecretVersion::new(name, 1, content, &["AWSPREVIOUS"]));
    }
    versions.extend(read_secret_version(reader, &section, name, 2, &["AWSCURRENT"]));
    let deleted = reader.flag(&section, "deleted").unwrap_or(false);
    let kms_key_id = reader.text(&section, "kms_key_id");
    (!versions.is_empty()).then_some(Secret { versions, deleted, kms_key_id })
}

fn read_secret_version(
    reader: &mut Reader,
    section: &Section,
    name: &str,
    number: u64,
    stages: &[&str],
) -> Option<SecretVersion> {
    let content = match (reader.text_or_json(section, "value"), reader.text(section, "binary")) {
        (Some(text), None) => Content::Text(SecretValue::from(text)),
        (None, Some(encoded)) => match STANDARD.decode(encoded) {
            Ok(bytes) => Content::Binary(SecretValue::from(bytes)),
            Err(_) => {
                reader.problem_at(section, "binary", "not base64");
                return None;
            }
        },
        (Some(_), Some(_)) => {
            reader.problem_at(section, "binary", "a version has either value or binary");
            return None;
        }
        (None, None) => {
            if !section.has("value") && !section.has("binary") {
                reader.problem(section, "value (or binary) is missing");
            }
            return None;
        }
    };
    let mut version = SecretVersion::new(name, number, content, stages);
    if let Some(id) = reader.text(section, "id") {
        version.id = id;
    }
    if let Some(stages) = reader.texts(section, "stages") {
        version.stages = stages;
    }
    if let Some(created) = reader.time(section, "created") {
        version.created = created;
    }
    Some(version)
}

fn read_fault(reader: &mut Reader, section: &Section) -> Option<Fault> {
    reader.only(section, &["failure", "action", "name", "first", "times", "ms", "code"]);
    let failure = match reader.required_text(section, "failure")?.as_str() {
        "slow" => match reader.whole(section, "ms") {
            Some(ms) => Failure::Slow(Duration::from_millis(ms)),
            None => {
                reader.problem(section, "slow needs ms, how late the answer is");
                return None;
            }
        },
        "entry" => Failure::Entry { code: reader.required_text(section, "code")? },
        other => match Failure::NAMES.iter().find(|(name, _)| *name == other) {
            Some((_, failure)) => failure.clone(),
            None => {
                let known: Vec<_> = Failure::NAMES.iter().map(|(name, _)| *name).collect();
                let all = format!("the failures are {}, slow and entry", known.join(", "));
                let advice = did_you_mean(other, known.into_iter().chain(["slow", "entry"]), all);
                reader.problem_at(section, "failure", &advice);
                return None;
            }
        },
    };
    Some(Fault {
        failure,
        action: reader.text(section, "action"),
        name: reader.text(section, "name"),
        first: reader.whole(section, "first").unwrap_or(1),
        times: reader.whole(section, "times"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_is_read() {
        let file = StoreFile::parse(
            r#"
            region = "eu-central-1"
            [parameters]
            "/short" = "s"
            [parameters."/long"]
            value = "new"
            type = "String"
            version = 3
            labels = ["live"]
            last_modified = 2026-10-01T00:00:00Z
            older = [{ version = 2, value = "old", labels = ["before"], last_modified = 2026-09-01 }]
            [parameters."/keyed"]
            value = "v"
            kms_key_id = "alias/prod"
            [secrets]
            short = "text"
            [secrets."prod/db"]
            kms_key_id = "arn:aws:kms:eu-central-1:123456789012:key/k-1"
            value = { user = "app", port = 5432, on = true, list = [1, 2.5] }
            previous = "before"
            created = 2026-10-01T00:00:00Z
            versions = [{ binary = "AAEC", id = "v-1", stages = ["BLUE"] }]
            [[faults]]
            failure = "slow"
            ms = 20
            action = "Get*"
            "#,
        )
        .unwrap();
        let long = &file.store.parameters["/long"];
        assert_eq!((long.type_, long.current().number), (ParameterType::String, 3));
        assert_eq!(long.select("before").unwrap().value.expose(), b"old");
        let keys = ["/short", "/long", "/keyed"].map(|name| file.store.parameters[name].key());
        assert_eq!(keys, [Some("alias/aws/ssm"), None, Some("alias/prod")]);
        let db = &file.store.secrets["prod/db"];
        assert_eq!(db.kms_key_id.as_deref(), Some("arn:aws:kms:eu-central-1:123456789012:key/k-1"));
        let texts: Vec<_> = db.versions.iter().map(|v| (v.stages.join(","), content(v))).collect();
        let json = r#"{"list":[1,2.5],"on":true,"port":5432,"user":"app"}"#;
        assert_eq!(
            texts,
            [
                ("BLUE".into(), "\0\u{1}\u{2}".into()),
                ("AWSPREVIOUS".into(), "before".into()),
                ("AWSCURRENT".into(), json.into())
            ]
            .map(|(stages, text): (String, String)| (stages, text))
        );
        assert_eq!(file.faults[0].failure, Failure::Slow(Duration::from_millis(20)));
    }

    fn content(version: &SecretVersion) -> String {
        let (Content::Text(value) | Content::Binary(value)) = &version.content;
        value.expose_str().unwrap().to_string()
    }

    #[test]
    fn every_problem_is_told_with_its_line_and_without_a_value() {
        let problems = StoreFile::parse(
            r#"regoin = "c4n4ry"
            account = "c4n4ry"
            [parameters]
            "/a" = 4242424242
            [parameters."/b"]
            valeu = "c4n4ry"
            type = "c4n4ry"
            [parameters."/c"]
            value = "c4n4ry"
            type = "String"
            kms_key_id = "c4n4ry"
            [secrets."s"]
            binary = "*c4n4ry"
            [[faults]]
            failure = "c4n4ry"
            [[faults]]
            failure = "throtled"
            "#,
        )
        .unwrap_err();
        assert_eq!(
            problems,
            [
                "line 1: unknown key regoin; did you mean region?",
                "line 2: account: an account has twelve digits",
                "line 4: parameters.\"/a\" is a whole number; it must be text or a table",
                "line 6: unknown key parameters.\"/b\".valeu; did you mean value?",
                "line 7: parameters.\"/b\".type: the types are String, StringList and SecureString",
                "line 11: parameters.\"/c\".kms_key_id: only a SecureString is under a key",
                "line 13: secrets.s.binary: not base64",
                "line 15: faults.failure: the failures are denied, batch_denied, kms_denied, kms_failure, expired, \
                 throttled, error, reset, malformed, omitted, empty_page, repeated_token, slow and entry",
                "line 17: faults.failure: did you mean throttled?",
            ]
        );
        let broken = StoreFile::parse("region = \"eu\"\n[parameters]\n\"/a\" = c4n4ry\n").unwrap_err();
        assert!(broken[0].starts_with("line 3: ") && !broken[0].contains("c4n4ry"), "{broken:?}");
    }
}
