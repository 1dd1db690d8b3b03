//! `.signatures.json`: one token that lists every file of the bundle with its hash.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::archive::File;
use super::canonical::canonical;
use super::fault::{Fault, brief};
use super::key::VerificationKey;
use super::name;
use crate::decide::hex::hex;

#[derive(Deserialize)]
struct Signatures {
    #[serde(default)]
    signatures: Vec<String>,
    #[serde(default)]
    plugin: String,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that a reader has to understand (RFC 7515): this one understands none.
    crit: Option<serde_json::Value>,
}

/// OPA's claims, and one of ours. `keyid`, `iat` and `iss` decide nothing in OPA, and nothing here: the key is the one
/// in force.
#[derive(Deserialize)]
pub struct Claims {
    files: Vec<Listed>,
    #[serde(default)]
    scope: Option<String>,
    /// What stands before the names of a directory's files: `opa sign` puts the path there as it was given, and then
    /// the directory verifies nowhere else. With the path signed along, it does.
    #[serde(default)]
    root: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    hash: String,
    algorithm: String,
}

/// Reads `.signatures.json` and holds its one token against the key.
pub fn verify(signatures: &[u8], key: &VerificationKey) -> Result<Claims, Fault> {
    let wrong = |why: String| Fault::Signatures(why);
    let Signatures { signatures, plugin } = object(signatures).map_err(wrong)?;
    if !plugin.is_empty() && plugin != "_default" {
        return Err(wrong("it asks for a plugin, and there is none".into()));
    }
    let [token] = signatures.as_slice() else {
        return Err(wrong(format!("it holds {} tokens; exactly one is expected", signatures.len())));
    };
    let claims = claims(token, key)?;
    match claims.scope.as_deref().unwrap_or_default() {
        scope if scope == key.scope => Ok(claims),
        found => Err(Fault::Scope { found: brief(found), expected: key.scope.clone() }),
    }
}

fn claims(token: &str, key: &VerificationKey) -> Result<Claims, Fault> {
    let wrong = |why: &str| Fault::Signatures(why.into());
    let part = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong("the token is not base64url"));
    let (signed, signature) = token.rsplit_once('.').ok_or_else(|| wrong("the token is no JWT"))?;
    let (header, payload) = signed.split_once('.').ok_or_else(|| wrong("the token is no JWT"))?;
    let header: Header = object(&part(header)?).map_err(|_| wrong("the token's header is not understood"))?;
    if header.alg != key.algorithm {
        return Err(Fault::Algorithm { found: brief(header.alg), expected: key.algorithm });
    }
    if header.crit.is_some() {
        return Err(wrong("the token's header asks for what this version does not know"));
    }
    if !key.verifies(signed.as_bytes(), &part(signature)?) {
        return Err(Fault::Signature(key.algorithm.into()));
    }
    // Only now is the payload anybody's word.
    object(&part(payload)?).map_err(|why| Fault::Signatures(format!("the token's payload: {why}")))
}

/// The library would take an array for an object, its fields by their order.
fn object<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err("it is no JSON object".into());
    }
    serde_json::from_slice(bytes).map_err(brief)
}

impl Claims {
    /// Every file has to be listed with its hash and every listed file has to be here. All faults, not the first.
    ///
    /// `directory` is the path of a directory, as it was given; OPA writes nothing before the names of an archive.
    pub fn hold(&self, files: &[File], directory: Option<&Path>) -> Vec<Fault> {
        let candidates = match (&self.root, directory) {
            (Some(root), _) => vec![root.clone()],
            (None, None) => vec![String::new()],
            (None, Some(directory)) => ends(&clean(directory)),
        };
        let fits = |prefix: &&String| self.files.iter().all(|file| below(&file.name, prefix).is_some());
        let tried = candidates.iter().filter(fits).map(|prefix| self.hold_below(files, prefix));
        tried.min_by_key(Vec::len).unwrap_or_else(|| {
            vec![Fault::Signatures("the files that the token lists are not of its root".into())]
        })
    }

    fn hold_below(&self, files: &[File], prefix: &str) -> Vec<Fault> {
        let mut vouched = match self.vouched(prefix) {
            Ok(vouched) => vouched,
            Err(fault) => return vec![fault],
        };
        let mut faults = Vec::new();
        for file in files.iter().filter(|file| file.name != name::SIGNATURES) {
            let Some(digest) = vouched.remove(&file.name) else {
                faults.push(Fault::Extra(file.name.clone()));
                continue;
            };
            match canonical(&file.name, &file.bytes) {
                Ok(bytes) if hash(digest.algorithm, &bytes) == digest.hash => {}
                Ok(_) => faults.push(Fault::Altered(file.name.clone())),
                Err(why) => faults.push(Fault::Hash { name: file.name.clone(), why: brief(why) }),
            }
        }
        faults.extend(vouched.into_keys().map(Fault::Missing));
        faults
    }

    fn vouched(&self, prefix: &str) -> Result<BTreeMap<String, Digest>, Fault> {
        let mut vouched = BTreeMap::new();
        for Listed { name, hash, algorithm } in &self.files {
            let wrong = |why: &str| Fault::Signatures(format!("the token lists {}, {why}", brief(name)));
            let own = below(name, prefix).unwrap_or(name);
            let own = name::normal(own).map_err(|why| wrong(&format!("which {why}")))?.to_string();
            let algorithm = digest_algorithm(algorithm).ok_or_else(|| {
                wrong("and its hash is of a kind that is not taken: SHA-256, SHA-384 and SHA-512 are")
            })?;
            let digest = Digest { algorithm, hash: hash.to_ascii_lowercase() };
            if vouched.insert(own, digest).is_some() {
                return Err(wrong("and has listed it before"));
            }
        }
        Ok(vouched)
    }
}

struct Digest {
    algorithm: &'static ring::digest::Algorithm,
    hash: String,
}

fn below<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    if prefix.is_empty() {
        return Some(name);
    }
    name.strip_prefix('/').unwrap_or(name).strip_prefix(prefix)?.strip_prefix('/')
}

/// A path as `opa sign` writes it before names: without `.`, without a slash at either end.
pub fn clean(path: &Path) -> Vec<String> {
    let mut cleaned: Vec<String> = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => cleaned.push(name.to_string_lossy().into_owned()),
            Component::ParentDir if cleaned.last().is_some_and(|last| last != "..") => drop(cleaned.pop()),
            Component::ParentDir => cleaned.push("..".into()),
            _ => {}
        }
    }
    cleaned
}

/// `opt/policy`, `policy` and nothing at all: a directory may have been signed from any place above it.
fn ends(path: &[String]) -> Vec<String> {
    (0..=path.len()).map(|from| path[from..].join("/")).collect()
}

/// OPA signs with SHA-256 and would take MD5 and SHA-1 as well; these would let a signed file be exchanged.
fn digest_algorithm(name: &str) -> Option<&'static ring::digest::Algorithm> {
    match name {
        "SHA-256" => Some(&ring::digest::SHA256),
        "SHA-384" => Some(&ring::digest::SHA384),
        "SHA-512" => Some(&ring::digest::SHA512),
        "SHA-512-256" => Some(&ring::digest::SHA512_256),
        _ => None,
    }
}

pub fn hash(algorithm: &'static ring::digest::Algorithm, bytes: &[u8]) -> String {
    hex(ring::digest::digest(algorithm, bytes).as_ref())
}
