//! `.signatures.json`, made: the tool's half of what [`super::signature`] holds against a key.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Map, Value, json};

use super::archive::File;
use super::canonical::canonical;
use super::fault::{Fault, brief};
use super::{der, name, pem, signature};
use crate::secret::SecretValue;

/// A private key and the one algorithm that it signs with.
pub struct SigningKey(Kind);

enum Kind {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(&'static str, Box<EcdsaKeyPair>),
    Secret(ring::hmac::Key),
}

const EC_PARAMETERS: u8 = 0xa0;
const EC_PUBLIC_KEY: u8 = 0xa1;

impl SigningKey {
    /// `PRIVATE KEY` (PKCS #8), `RSA PRIVATE KEY` or `EC PRIVATE KEY` in PEM: RSA of 2048 to 4096 bits, P-256 or P-384.
    pub fn from_pem(text: &SecretValue) -> Result<Self, String> {
        let blocks = pem::blocks(text.expose_str().ok_or("it is not UTF-8")?)?;
        // `openssl ecparam -genkey` writes the curve before the key.
        let mut keys = blocks.iter().filter(|block| block.label != "EC PARAMETERS");
        let (Some(block), None) = (keys.next(), keys.next()) else {
            return Err("it holds more than one key".into());
        };
        match block.label {
            "PRIVATE KEY" => pkcs8(&block.der),
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(&block.der).map(rsa).map_err(rejected),
            "EC PRIVATE KEY" => sec1(&block.der),
            "ENCRYPTED PRIVATE KEY" => {
                Err("it is encrypted; decrypt it for the time of signing (openssl pkcs8 -in KEY)".into())
            }
            label if label.contains("PUBLIC") || label == "CERTIFICATE" => {
                Err("it is public; signing takes the private key".into())
            }
            _ => Err("it is no private key".into()),
        }
    }

    /// `HS256`, for tests: whoever can verify can sign. The extension takes public keys alone.
    pub fn from_secret(secret: &SecretValue) -> Self {
        Self(Kind::Secret(ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.expose())))
    }

    pub fn algorithm(&self) -> &'static str {
        match &self.0 {
            Kind::Rsa(_) => "RS256",
            Kind::Ecdsa(algorithm, _) => algorithm,
            Kind::Secret(_) => "HS256",
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Fault> {
        let failed = |_| Fault::Signatures("this key cannot sign".into());
        let random = SystemRandom::new();
        match &self.0 {
            Kind::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Kind::Ecdsa(_, pair) => Ok(pair.sign(&random, message).map_err(failed)?.as_ref().to_vec()),
            Kind::Secret(key) => Ok(ring::hmac::sign(key, message).as_ref().to_vec()),
        }
    }
}

fn rejected(error: ring::error::KeyRejected) -> String {
    format!(
        "it is no key that this program can sign with ({error}); take RSA of 2048 to 4096 bits, P-256 or P-384"
    )
}

fn rsa(pair: RsaKeyPair) -> SigningKey {
    SigningKey(Kind::Rsa(Box::new(pair)))
}

const CURVES: [(&str, usize, &EcdsaSigningAlgorithm); 2] =
    [("ES256", 32, &ECDSA_P256_SHA256_FIXED_SIGNING), ("ES384", 48, &ECDSA_P384_SHA384_FIXED_SIGNING)];

fn pkcs8(der: &[u8]) -> Result<SigningKey, String> {
    for (name, _, curve) in CURVES {
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(curve, der, &SystemRandom::new()) {
            return Ok(SigningKey(Kind::Ecdsa(name, Box::new(pair))));
        }
    }
    RsaKeyPair::from_pkcs8(der).map(rsa).map_err(rejected)
}

/// `ECPrivateKey` of RFC 5915; the length of the number says the curve.
fn sec1(bytes: &[u8]) -> Result<SigningKey, String> {
    let parts = || {
        let key = der::whole(bytes, der::SEQUENCE)?;
        let (_version, rest) = der::value(key, der::INTEGER)?;
        let (private, rest) = der::value(rest, der::OCTET_STRING)?;
        let rest = der::value(rest, EC_PARAMETERS).map_or(rest, |(_, rest)| rest);
        let public = der::whole(der::whole(rest, EC_PUBLIC_KEY)?, der::BIT_STRING)?.strip_prefix(&[0])?;
        Some((private, public))
    };
    let (private, public) = parts().ok_or("it is no sound EC key with its public half")?;
    let (name, _, curve) = CURVES
        .into_iter()
        .find(|(_, size, _)| *size == private.len())
        .ok_or("it is neither on the curve P-256 nor on P-384")?;
    EcdsaKeyPair::from_private_key_and_public_key(curve, private, public, &SystemRandom::new())
        .map(|pair| SigningKey(Kind::Ecdsa(name, Box::new(pair))))
        .map_err(rejected)
}

/// What is said besides the files.
#[derive(Debug, Default)]
pub struct Claims {
    pub scope: Option<String>,
    /// For an OPA that has several keys: `kid` in the header, and the older `keyid`.
    pub key_id: Option<String>,
    /// The directory that the files lie in, as it was given; none for an archive.
    pub directory: Option<PathBuf>,
}

/// The content of `.signatures.json` for these files; one that is among them is not counted.
pub fn sign(files: &[File], key: &SigningKey, claims: &Claims) -> Result<Vec<u8>, Fault> {
    let root = claims.directory.as_ref().map(|path| signature::clean(path).join("/"));
    let root = root.filter(|root| !root.is_empty());
    let before = root.as_ref().map_or_else(String::new, |root| format!("{root}/"));
    let listed = files.iter().filter(|file| file.name != name::SIGNATURES).map(|file| {
        let bytes = canonical(&file.name, &file.bytes)
            .map_err(|why| Fault::Hash { name: file.name.clone(), why: brief(why) })?;
        let hash = signature::hash(&ring::digest::SHA256, &bytes);
        Ok(json!({"name": format!("{before}{}", file.name), "hash": hash, "algorithm": "SHA-256"}))
    });
    let mut header = Map::new();
    header.insert("alg".into(), json!(key.algorithm()));
    let mut payload = Map::new();
    payload.insert("files".into(), listed.collect::<Result<Vec<_>, Fault>>()?.into());
    if let Some(id) = &claims.key_id {
        header.insert("kid".into(), json!(id));
        payload.insert("keyid".into(), json!(id));
    }
    if let Some(scope) = &claims.scope {
        payload.insert("scope".into(), json!(scope));
    }
    if let Some(root) = &root {
        payload.insert("root".into(), json!(root));
    }
    let encoded = |part: Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(part).to_string());
    let signed = format!("{}.{}", encoded(header), encoded(payload));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes())?);
    let text = format!("{:#}\n", json!({"signatures": [format!("{signed}.{signature}")]}));
    Ok(text.into_bytes())
}
