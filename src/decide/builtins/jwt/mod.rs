//! JSON Web Tokens: read, verified, and for tests of policies made.

mod constraints;
mod keys;
mod sign;
mod token;
mod verify;

use regorus::Value;

use self::keys::Keys;
use self::token::Token;
use self::verify::Algorithm;
use super::arguments::string;
use super::{Function, function};

pub(super) const FUNCTIONS: &[Function] = &[
    function("io.jwt.decode", 1, |given| token::decode(string(given, 0)?)),
    function("io.jwt.decode_verify", 2, constraints::decode_verify),
    function("io.jwt.encode_sign", 3, sign::encode_sign),
    function("io.jwt.encode_sign_raw", 3, sign::encode_sign_raw),
    function("io.jwt.verify_eddsa", 2, |given| by_key(Algorithm::EdDsa, given)),
    function("io.jwt.verify_es256", 2, |given| by_key(Algorithm::Es256, given)),
    function("io.jwt.verify_es384", 2, |given| by_key(Algorithm::Es384, given)),
    function("io.jwt.verify_hs256", 2, |given| by_secret(Algorithm::Hs256, given)),
    function("io.jwt.verify_hs384", 2, |given| by_secret(Algorithm::Hs384, given)),
    function("io.jwt.verify_hs512", 2, |given| by_secret(Algorithm::Hs512, given)),
    function("io.jwt.verify_ps256", 2, |given| by_key(Algorithm::Ps256, given)),
    function("io.jwt.verify_ps384", 2, |given| by_key(Algorithm::Ps384, given)),
    function("io.jwt.verify_ps512", 2, |given| by_key(Algorithm::Ps512, given)),
    function("io.jwt.verify_rs256", 2, |given| by_key(Algorithm::Rs256, given)),
    function("io.jwt.verify_rs384", 2, |given| by_key(Algorithm::Rs384, given)),
    function("io.jwt.verify_rs512", 2, |given| by_key(Algorithm::Rs512, given)),
];

/// The algorithm is the function's, never the token's.
fn by_key(algorithm: Algorithm, given: &[Value]) -> Result<Value, String> {
    let token = Token::parse(string(given, 0)?)?;
    let keys = Keys::parse(string(given, 1)?)?;
    let signature = token.signature()?;
    let header = token.header()?;
    let wanted = header.algorithm.as_deref().unwrap_or("");
    let fits = |of_key: &str| of_key == wanted;
    keys.verify(header.key_id.as_deref(), fits, algorithm, token.signed(), &signature).map(Value::from)
}

fn by_secret(algorithm: Algorithm, given: &[Value]) -> Result<Value, String> {
    let token = Token::parse(string(given, 0)?)?;
    let secret = string(given, 1)?;
    Ok(Value::from(algorithm.verify_secret(secret.as_bytes(), token.signed(), &token.signature()?)))
}
