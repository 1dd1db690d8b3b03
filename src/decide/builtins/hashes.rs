//! Digests and message authentication codes, as lower-case hexadecimal.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use regorus::Value;
use ring::{digest, hmac as ring_hmac};

use super::arguments::{hex, string};
use super::{Function, function};

pub(super) const FUNCTIONS: &[Function] = &[
    function("crypto.md5", 1, |given| Ok(Value::from(hex(&Md5::digest(string(given, 0)?))))),
    function("crypto.sha1", 1, |given| digest_of(&digest::SHA1_FOR_LEGACY_USE_ONLY, given)),
    function("crypto.sha256", 1, |given| digest_of(&digest::SHA256, given)),
    function("crypto.hmac.md5", 2, hmac_md5),
    function("crypto.hmac.sha1", 2, |given| hmac_of(ring_hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, given)),
    function("crypto.hmac.sha256", 2, |given| hmac_of(ring_hmac::HMAC_SHA256, given)),
    function("crypto.hmac.sha512", 2, |given| hmac_of(ring_hmac::HMAC_SHA512, given)),
    function("crypto.hmac.equal", 2, equal),
];

fn digest_of(algorithm: &'static digest::Algorithm, given: &[Value]) -> Result<Value, String> {
    Ok(Value::from(hex(digest::digest(algorithm, string(given, 0)?.as_bytes()).as_ref())))
}

/// Message, then key.
fn hmac_of(algorithm: ring_hmac::Algorithm, given: &[Value]) -> Result<Value, String> {
    let (message, key) = (string(given, 0)?, string(given, 1)?);
    let key = ring_hmac::Key::new(algorithm, key.as_bytes());
    Ok(Value::from(hex(ring_hmac::sign(&key, message.as_bytes()).as_ref())))
}

fn hmac_md5(given: &[Value]) -> Result<Value, String> {
    let (message, key) = (string(given, 0)?, string(given, 1)?);
    let mut mac = Hmac::<Md5>::new_from_slice(key.as_bytes()).map_err(|e| e.to_string())?;
    mac.update(message.as_bytes());
    Ok(Value::from(hex(&mac.finalize().into_bytes())))
}

/// In a time that does not tell where they differ.
fn equal(given: &[Value]) -> Result<Value, String> {
    let (a, b) = (string(given, 0)?.as_bytes(), string(given, 1)?.as_bytes());
    let difference = a.iter().zip(b).fold(0, |so_far, (a, b)| so_far | (a ^ b));
    Ok(Value::from(a.len() == b.len() && difference == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202 and RFC 4231, case 2.
    #[test]
    fn published_vectors() {
        let given = [Value::from("what do ya want for nothing?"), Value::from("Jefe")];
        for (name, code) in [
            ("crypto.hmac.md5", "750c783e6ab0b503eaa86e310a5db738"),
            ("crypto.hmac.sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            ("crypto.hmac.sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ] {
            let function = super::super::find(name).unwrap();
            assert_eq!((function.call)(&given).unwrap(), Value::from(code), "{name}");
        }
    }

    #[test]
    fn only_equal_codes_are_equal() {
        let same = |a: &str, b: &str| equal(&[Value::from(a), Value::from(b)]).unwrap();
        assert_eq!(same("ab", "ab"), Value::from(true));
        assert_eq!(same("ab", "ac"), Value::from(false));
        assert_eq!(same("ab", "abc"), Value::from(false));
    }
}
