//! `io.jwt.encode_sign`: what tests of policies about tokens need.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use regorus::Value;
use ring::rand::SystemRandom;
use ring::signature::{self, Ed25519KeyPair, RsaKeyPair};
use ring::{hmac, rsa};

use super::keys::{bytes_of, text_of};
use super::token::object_of;
use super::verify::Algorithm;
use crate::decide::builtins::arguments::{compact_json, object, string};

/// Header, payload and JWK as objects.
pub(super) fn encode_sign(given: &[Value]) -> Result<Value, String> {
    let json = |at: usize| {
        object(given, at)?;
        compact_json(&given[at])
    };
    signed(&json(0)?, &json(1)?, &json(2)?)
}

/// The same as texts, which go into the token as they are.
pub(super) fn encode_sign_raw(given: &[Value]) -> Result<Value, String> {
    signed(string(given, 0)?, string(given, 1)?, string(given, 2)?)
}

fn signed(header: &str, payload: &str, jwk: &str) -> Result<Value, String> {
    let jwk = object_of(jwk).map_err(|why| format!("failed to parse a JWK: {why}"))?;
    let fields = object_of(header).map_err(|why| format!("missing or invalid 'alg' header: {why}"))?;
    let name = text_of(&fields, "alg").ok_or("missing or invalid 'alg' header: not found")?;
    let algorithm = Algorithm::named(&name)?.ok_or_else(|| format!("unknown JWS algorithm: {name}"))?;
    let is_json = || serde_json::from_str::<serde::de::IgnoredAny>(payload).is_ok();
    if text_of(&fields, "typ").is_none_or(|typ| typ == "JWT") && !is_json() {
        return Err("type is JWT but payload is not JSON".into());
    }
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = sign(algorithm, &jwk, input.as_bytes())?;
    Ok(Value::from(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))))
}

fn sign(algorithm: Algorithm, jwk: &Value, input: &[u8]) -> Result<Vec<u8>, String> {
    let kind = text_of(jwk, "kty").unwrap_or_default();
    let unusable = || "the key cannot be used".to_string();
    match (algorithm, kind.as_str()) {
        (_, "oct") => {
            let algorithm = algorithm.hmac().ok_or("the key is not of the algorithm's kind")?;
            let key = hmac::Key::new(algorithm, &bytes_of(jwk, "k")?);
            Ok(hmac::sign(&key, input).as_ref().to_vec())
        }
        (Algorithm::EdDsa, "OKP") => {
            let (seed, public) = (bytes_of(jwk, "d")?, bytes_of(jwk, "x")?);
            let pair = Ed25519KeyPair::from_seed_and_public_key(&seed, &public).map_err(|_| unusable())?;
            Ok(pair.sign(input).as_ref().to_vec())
        }
        (Algorithm::Rs256, "RSA") => rsa_sign(&signature::RSA_PKCS1_SHA256, jwk, input).ok_or_else(unusable),
        (Algorithm::Rs384, "RSA") => rsa_sign(&signature::RSA_PKCS1_SHA384, jwk, input).ok_or_else(unusable),
        (Algorithm::Rs512, "RSA") => rsa_sign(&signature::RSA_PKCS1_SHA512, jwk, input).ok_or_else(unusable),
        _ => Err("signing by this algorithm or with this key is not supported".into()),
    }
}

fn rsa_sign(padding: &'static dyn signature::RsaEncoding, jwk: &Value, input: &[u8]) -> Option<Vec<u8>> {
    let part = |name: &str| bytes_of(jwk, name).ok();
    let (n, e, d, p, q) = (part("n")?, part("e")?, part("d")?, part("p")?, part("q")?);
    let (dp, dq, qi) = (part("dp")?, part("dq")?, part("qi")?);
    let components = rsa::KeyPairComponents {
        public_key: rsa::PublicKeyComponents { n: &n, e: &e },
        d: &d,
        p: &p,
        q: &q,
        dP: &dp,
        dQ: &dq,
        qInv: &qi,
    };
    let pair = RsaKeyPair::from_components(&components).ok()?;
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(padding, &SystemRandom::new(), input, &mut signature).ok()?;
    Some(signature)
}
