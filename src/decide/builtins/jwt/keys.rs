//! Keys as policies give them: a certificate or public key in PEM, a JWK, or a set of those.

use regorus::Value;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey as ParsedKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::verify::{Algorithm, PublicKey};
use crate::decide::builtins::arguments::base64url;
use crate::decide::builtins::x509;

/// Larger sets are nobody's.
const MAX_KEYS: usize = 256;

pub(super) struct Keys(Vec<Key>);

struct Key {
    /// As the set says, if it does.
    algorithm: Option<String>,
    id: Option<String>,
    key: PublicKey,
}

impl Keys {
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some((block, rest)) = x509::pem_block(text)? {
            if !rest.is_empty() {
                return Err("extra data after a PEM certificate block".into());
            }
            let key = match block.label.as_str() {
                "CERTIFICATE" => x509::with_certificate(&block.bytes, |c| of_info(c.public_key()))
                    .map_err(|why| format!("failed to parse a PEM certificate: {why}"))??,
                "PUBLIC KEY" => of_der(&SubjectPublicKeyInfoDer::from(block.bytes))?,
                _ => return Err("failed to extract a Key from the PEM certificate".into()),
            };
            return Ok(Self(vec![Key { algorithm: None, id: None, key }]));
        }
        let failed = |why: &str| format!("failed to parse a JWK key (set): {why}");
        let document = super::token::object_of(text).map_err(|why| failed(&why))?;
        let jwks = match field(&document, "keys") {
            Some(Value::Array(keys)) => keys.iter().cloned().collect(),
            Some(_) => return Err(failed("keys is no list")),
            None => vec![document],
        };
        if jwks.len() > MAX_KEYS {
            return Err(failed(&format!("more than {MAX_KEYS} keys")));
        }
        let mut keys = Vec::new();
        for jwk in &jwks {
            let algorithm = text_of(jwk, "alg");
            let key = of_jwk(jwk).map_err(|why| failed(&why))?;
            if let Some(name) = &algorithm
                && Algorithm::named(name)?.is_none()
            {
                continue;
            }
            keys.push(Key { algorithm, id: text_of(jwk, "kid"), key });
        }
        Ok(Self(keys))
    }

    /// Whether the key of that id verifies, or, where there is none of that id, any that `fits` by its own algorithm.
    pub fn verify(
        &self,
        id: Option<&str>,
        fits: impl Fn(&str) -> bool,
        algorithm: Algorithm,
        signed: &[u8],
        signature: &[u8],
    ) -> Result<bool, String> {
        let named = id.filter(|id| !id.is_empty());
        if let Some(key) = named.and_then(|id| self.0.iter().find(|key| key.id.as_deref() == Some(id))) {
            return algorithm.verify(&key.key, signed, signature);
        }
        for key in &self.0 {
            let fits = key.algorithm.as_deref().is_none_or(&fits);
            if fits && algorithm.verify(&key.key, signed, signature)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn field<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object.as_object().ok()?.get(&Value::from(name))
}

pub(super) fn text_of(object: &Value, name: &str) -> Option<String> {
    match field(object, name)? {
        Value::String(text) => Some(text.to_string()),
        _ => None,
    }
}

/// A member in base64url, such as `n`.
pub(super) fn bytes_of(jwk: &Value, name: &str) -> Result<Vec<u8>, String> {
    let text = text_of(jwk, name).ok_or_else(|| format!("{name} is missing"))?;
    base64url(&text).ok_or_else(|| format!("{name} is no base64url"))
}

fn of_jwk(jwk: &Value) -> Result<PublicKey, String> {
    match (text_of(jwk, "kty").as_deref(), text_of(jwk, "crv").as_deref()) {
        (Some("RSA"), _) => {
            Ok(PublicKey::Rsa { modulus: bytes_of(jwk, "n")?, exponent: bytes_of(jwk, "e")? })
        }
        (Some("EC"), Some("P-256")) => point_of(jwk, 32).map(PublicKey::P256),
        (Some("EC"), Some("P-384")) => point_of(jwk, 48).map(PublicKey::P384),
        (Some("OKP"), Some("Ed25519")) => bytes_of(jwk, "x").map(PublicKey::Ed25519),
        _ => Err("it is of a type or a curve that is not supported".into()),
    }
}

fn point_of(jwk: &Value, length: usize) -> Result<Vec<u8>, String> {
    let (x, y) = (bytes_of(jwk, "x")?, bytes_of(jwk, "y")?);
    if x.len() != length || y.len() != length {
        return Err("a coordinate is of the wrong length".into());
    }
    Ok([&[4][..], &x, &y].concat())
}

fn of_der(der: &[u8]) -> Result<PublicKey, String> {
    match SubjectPublicKeyInfo::from_der(der) {
        Ok(([], info)) => of_info(&info),
        _ => Err("failed to parse a PEM public key".into()),
    }
}

fn of_info(info: &SubjectPublicKeyInfo<'_>) -> Result<PublicKey, String> {
    let point = || info.subject_public_key.data.to_vec();
    let curve =
        info.algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok()).map(|oid| oid.to_id_string());
    match (info.algorithm.algorithm.to_id_string().as_str(), curve.as_deref()) {
        ("1.2.840.113549.1.1.1", _) => match info.parsed() {
            Ok(ParsedKey::RSA(rsa)) => {
                Ok(PublicKey::Rsa { modulus: unsigned(rsa.modulus), exponent: unsigned(rsa.exponent) })
            }
            _ => Err("failed to parse an RSA public key".into()),
        },
        ("1.2.840.10045.2.1", Some("1.2.840.10045.3.1.7")) => Ok(PublicKey::P256(point())),
        ("1.2.840.10045.2.1", Some("1.3.132.0.34")) => Ok(PublicKey::P384(point())),
        ("1.3.101.112", _) => Ok(PublicKey::Ed25519(point())),
        (algorithm, _) => Err(format!("a public key of the kind {algorithm} is not supported")),
    }
}

/// Without the zero that DER puts before a number whose first bit is set.
fn unsigned(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}
