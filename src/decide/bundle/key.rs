//! The public key that signatures are held against. Its kind says the algorithm; no token does.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use rustls::pki_types::alg_id;

use super::{der, pem};

const MIN_RSA_BITS: usize = 2048;
const MAX_RSA_BITS: usize = 8192;

/// A key, the one algorithm that it verifies, and the scope that it is for.
#[derive(Clone)]
pub struct VerificationKey {
    pub algorithm: &'static str,
    /// What the claim `scope` has to be; empty where there is none, as in OPA.
    pub scope: String,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Public {
        bytes: Vec<u8>,
        ring: &'static dyn VerificationAlgorithm,
    },
    #[cfg(feature = "tool")]
    Secret(ring::hmac::Key),
}

impl VerificationKey {
    /// A `PUBLIC KEY` or an `RSA PUBLIC KEY` in PEM: RSA of 2048 to 8192 bits is RS256, P-256 ES256, P-384 ES384.
    ///
    /// A line `scope: NAME` before the first BEGIN line gives the scope.
    pub fn from_pem(text: &str) -> Result<Self, String> {
        let blocks = pem::blocks(text)?;
        if let Some(private) = blocks.iter().find(|block| block.label.contains("PRIVATE")) {
            let which = private_key(private.label);
            return Err(format!(
                "it holds {which}; only the public key belongs here (openssl pkey -pubout), and this one has been seen"
            ));
        }
        let [block] = blocks.as_slice() else {
            return Err("it holds more than one key".into());
        };
        let (algorithm, ring, bytes): (_, &'static dyn VerificationAlgorithm, _) = match block.label {
            "PUBLIC KEY" => subject_public_key(&block.der)?,
            "RSA PUBLIC KEY" => ("RS256", &RSA_PKCS1_2048_8192_SHA256, rsa(&block.der)?),
            "CERTIFICATE" => {
                return Err("it is a certificate; take its public key (openssl x509 -pubkey -noout)".into());
            }
            _ => return Err("it is no public key".into()),
        };
        let scope = scope(block.before, text)?;
        Ok(Self { algorithm, scope, material: Material::Public { bytes, ring } })
    }

    /// `HS256`, for tests: whoever can verify can sign. The extension takes public keys alone.
    #[cfg(feature = "tool")]
    pub fn from_secret(secret: &crate::secret::SecretValue) -> Self {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.expose());
        Self { algorithm: "HS256", scope: String::new(), material: Material::Secret(key) }
    }

    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Public { bytes, ring } => {
                UnparsedPublicKey::new(*ring, bytes).verify(message, signature).is_ok()
            }
            #[cfg(feature = "tool")]
            Material::Secret(key) => ring::hmac::verify(key, message, signature).is_ok(),
        }
    }
}

/// A label is whatever stands in the file, so only those that are known are told.
fn private_key(label: &str) -> &'static str {
    match label {
        "EC PRIVATE KEY" => "an EC private key",
        "RSA PRIVATE KEY" => "an RSA private key",
        "ENCRYPTED PRIVATE KEY" => "an encrypted private key",
        _ => "a private key",
    }
}

/// `SubjectPublicKeyInfo` of RFC 5280.
fn subject_public_key(
    der: &[u8],
) -> Result<(&'static str, &'static dyn VerificationAlgorithm, Vec<u8>), String> {
    let damaged = "it is no sound public key";
    let info = der::whole(der, der::SEQUENCE).ok_or(damaged)?;
    let (algorithm, rest) = der::value(info, der::SEQUENCE).ok_or(damaged)?;
    // The first byte says how many bits of the last are unused.
    let key = der::whole(rest, der::BIT_STRING).and_then(|bits| bits.strip_prefix(&[0])).ok_or(damaged)?;
    if algorithm == alg_id::RSA_ENCRYPTION.as_ref() {
        Ok(("RS256", &RSA_PKCS1_2048_8192_SHA256, rsa(key)?))
    } else if algorithm == alg_id::ECDSA_P256.as_ref() {
        Ok(("ES256", &ECDSA_P256_SHA256_FIXED, point(key, 32)?))
    } else if algorithm == alg_id::ECDSA_P384.as_ref() {
        Ok(("ES384", &ECDSA_P384_SHA384_FIXED, point(key, 48)?))
    } else {
        Err("it is neither RSA nor on the curves P-256 and P-384".into())
    }
}

/// `RSAPublicKey` of RFC 8017, which is what the verifier takes.
fn rsa(der: &[u8]) -> Result<Vec<u8>, String> {
    let modulus = der::whole(der, der::SEQUENCE)
        .and_then(|key| der::value(key, der::INTEGER))
        .map(|(modulus, _)| der::magnitude(modulus))
        .ok_or("it is no sound RSA key")?;
    let bits = modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
        return Err(format!("it is an RSA key of {bits} bits; {MIN_RSA_BITS} to {MAX_RSA_BITS} are taken"));
    }
    Ok(der.to_vec())
}

/// An uncompressed point.
fn point(key: &[u8], coordinate: usize) -> Result<Vec<u8>, String> {
    if key.len() == 1 + 2 * coordinate && key[0] == 4 {
        Ok(key.to_vec())
    } else {
        Err("its point is compressed".into())
    }
}

/// What is nearly the line of a scope would demand none, and nobody would hear of it.
fn scope(before: &str, text: &str) -> Result<String, String> {
    let plain = |line: &str| line.trim_start_matches('\u{feff}').trim().to_string();
    let scopes: Vec<String> = before
        .lines()
        .filter_map(|line| Some(plain(line).strip_prefix("scope:")?.trim().to_string()))
        .collect();
    let meant = text.lines().filter(|line| is_meant_for_a_scope(&plain(line))).count();
    match scopes.as_slice() {
        _ if meant > scopes.len() => {
            Err("it has a scope that is not written `scope: NAME`, above the BEGIN line".into())
        }
        [] => Ok(String::new()),
        [scope] => Ok(scope.clone()),
        _ => Err("it has two scopes".into()),
    }
}

/// `Scope: write`, `scope = write`
fn is_meant_for_a_scope(line: &str) -> bool {
    let (word, rest) = line.split_at(line.find(|c: char| !c.is_alphanumeric()).unwrap_or(line.len()));
    word.eq_ignore_ascii_case("scope") && rest.trim_start().starts_with([':', '='])
}

impl std::fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerificationKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
