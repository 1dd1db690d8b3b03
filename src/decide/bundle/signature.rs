//! `.signatures.json`: one token that lists every file of the bundle with its hash.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::archive::File;
use super::canonical::canonical;
use super::fault::Fault;
use super::key::VerificationKey;
use super::name;

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

/// OPA's claims. `keyid`, `iat` and `iss` decide nothing there, and nothing here: the key is the one in force.
#[derive(Deserialize)]
struct Claims {
    files: Vec<Listed>,
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    hash: String,
    algorithm: String,
}

/// What a token vouches for: names and how their files hash.
#[derive(Debug)]
pub struct Vouched {
    files: BTreeMap<String, Digest>,
}

#[derive(Debug)]
struct Digest {
    algorithm: &'static ring::digest::Algorithm,
    hash: String,
}

/// Reads `.signatures.json` and holds its token against the key. `prefix` is what `opa sign` puts before the names of
/// a directory's files: the path as it was given; names without it are as good.
pub fn verify(signatures: &[u8], key: &VerificationKey, prefix: &str) -> Result<Vouched, Fault> {
    let wrong = |why: String| Fault::Signatures(why);
    let Signatures { signatures, plugin } =
        serde_json::from_slice(signatures).map_err(|e| wrong(e.to_string()))?;
    if !plugin.is_empty() && plugin != "_default" {
        return Err(wrong("it asks for a plugin, and there is none".into()));
    }
    let [token] = signatures.as_slice() else {
        return Err(wrong(format!("it holds {} tokens; exactly one is expected", signatures.len())));
    };
    let claims = claims(token, key)?;
    let scope = claims.scope.unwrap_or_default();
    if scope != key.scope {
        return Err(Fault::Scope { found: scope, expected: key.scope.clone() });
    }
    Vouched::of(claims.files, prefix)
}

fn claims(token: &str, key: &VerificationKey) -> Result<Claims, Fault> {
    let wrong = |why: &str| Fault::Signatures(why.into());
    let part = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong("the token is not base64url"));
    let (signed, signature) = token.rsplit_once('.').ok_or_else(|| wrong("the token is no JWT"))?;
    let (header, payload) = signed.split_once('.').ok_or_else(|| wrong("the token is no JWT"))?;
    let header: Header =
        serde_json::from_slice(&part(header)?).map_err(|_| wrong("the token's header is not understood"))?;
    if header.alg != key.algorithm {
        return Err(Fault::Algorithm { found: header.alg, expected: key.algorithm });
    }
    if header.crit.is_some() {
        return Err(wrong("the token's header asks for what this version does not know"));
    }
    if !key.verifies(signed.as_bytes(), &part(signature)?) {
        return Err(Fault::Signature(key.algorithm.into()));
    }
    // Only now is the payload anybody's word.
    serde_json::from_slice(&part(payload)?)
        .map_err(|e| Fault::Signatures(format!("the token's payload: {e}")))
}

impl Vouched {
    fn of(listed: Vec<Listed>, prefix: &str) -> Result<Self, Fault> {
        let prefix = prefix.trim_matches('/');
        let below = |name: &str| {
            let name = name.strip_prefix('/').unwrap_or(name);
            name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')).map(str::to_string)
        };
        let prefixed =
            !prefix.is_empty() && !listed.is_empty() && listed.iter().all(|file| below(&file.name).is_some());
        let mut files = BTreeMap::new();
        for Listed { name, hash, algorithm } in listed {
            let plain = if prefixed { below(&name).unwrap_or_default() } else { name };
            let wrong = |why: &str| Fault::Signatures(format!("the token lists {plain:?}, {why}"));
            let own = name::normal(&plain).map_err(|why| wrong(&format!("which {why}")))?.to_string();
            let algorithm = digest_algorithm(&algorithm).ok_or_else(|| {
                wrong("and its hash is of a kind that is not taken: SHA-256, SHA-384 and SHA-512 are")
            })?;
            let hash = hash.to_ascii_lowercase();
            if files.insert(own, Digest { algorithm, hash }).is_some() {
                return Err(wrong("and has listed it before"));
            }
        }
        Ok(Self { files })
    }

    /// Every file has to be listed with its hash and every listed file has to be here. All faults, not the first.
    pub fn hold(mut self, files: &[File]) -> Vec<Fault> {
        let mut faults = Vec::new();
        for file in files.iter().filter(|file| file.name != name::SIGNATURES) {
            let Some(digest) = self.files.remove(&file.name) else {
                faults.push(Fault::Extra(file.name.clone()));
                continue;
            };
            match canonical(&file.name, &file.bytes) {
                Ok(bytes) if hash(digest.algorithm, &bytes) == digest.hash => {}
                Ok(_) => faults.push(Fault::Altered(file.name.clone())),
                Err(why) => faults.push(Fault::Hash { name: file.name.clone(), why }),
            }
        }
        faults.extend(self.files.into_keys().map(Fault::Missing));
        faults
    }
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

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
