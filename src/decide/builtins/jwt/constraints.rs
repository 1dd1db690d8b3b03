//! `io.jwt.decode_verify`: signature and claims, held against what the policy demands.

use std::time::{SystemTime, UNIX_EPOCH};

use regorus::Value;

use super::keys::Keys;
use super::token::{MAX_NESTED, Token, object_of, unquoted};
use super::verify::Algorithm;
use crate::decide::builtins::arguments::{object, string};

/// What a token must be; an unknown demand is an error.
struct Constraints {
    keys: Option<Keys>,
    secret: Option<String>,
    algorithm: Option<String>,
    issuer: Option<String>,
    audience: Option<String>,
    /// Nanoseconds since 1970.
    time: f64,
}

impl Constraints {
    fn of(given: &[Value]) -> Result<Self, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_nanos() as f64);
        let mut demanded =
            Self { keys: None, secret: None, algorithm: None, issuer: None, audience: None, time: now };
        for (name, value) in object(given, 1)?.iter_sorted() {
            let Value::String(name) = name else { return Err("a constraint's name must be a string".into()) };
            let text = || match value {
                Value::String(text) => Ok(Some(text.to_string()).filter(|text| !text.is_empty())),
                _ => Err(format!("{name} constraint: must be a string")),
            };
            match name.as_ref() {
                "cert" => demanded.keys = Some(Keys::parse(&text()?.unwrap_or_default())?),
                "secret" => demanded.secret = text()?,
                "alg" => demanded.algorithm = text()?,
                "iss" => demanded.issuer = text()?,
                "aud" => demanded.audience = text()?,
                "time" => demanded.time = time_of(value)?,
                _ => return Err(format!("unknown token validation constraint: {name}")),
            }
        }
        match (&demanded.keys, &demanded.secret) {
            (Some(_), Some(_)) => Err("duplicate key constraints".into()),
            (None, None) => Err("no key constraint".into()),
            _ => Ok(demanded),
        }
    }

    fn signature_holds(&self, token: &Token<'_>, name: &str, key_id: Option<&str>) -> Result<bool, String> {
        let Some(algorithm) = Algorithm::named(name)? else { return Ok(false) };
        let signature = token.signature()?;
        match (&self.keys, &self.secret) {
            (Some(keys), _) => {
                keys.verify(key_id, |of_key| of_key == name, algorithm, token.signed(), &signature)
            }
            (None, Some(secret)) => {
                Ok(algorithm.verify_secret(secret.as_bytes(), token.signed(), &signature))
            }
            (None, None) => Ok(false),
        }
    }

    /// RFC 7519, 4.1.
    fn claims_hold(&self, payload: &Value) -> Result<bool, String> {
        let claim = |name: &str| payload.as_object().ok().and_then(|object| object.get(&Value::from(name)));
        if let Some(issuer) = &self.issuer {
            match claim("iss") {
                None => return Ok(false),
                Some(Value::String(iss)) if iss.as_ref() == issuer => {}
                Some(Value::String(_)) => return Ok(false),
                Some(_) => return Err("iss value must be a string".into()),
            }
        }
        let audience = match claim("aud") {
            None => self.audience.is_none(),
            Some(Value::Array(all)) => all.iter().any(|aud| self.is_audience(aud)),
            Some(aud) => self.is_audience(aud),
        };
        let seconds = self.time / 1e9;
        let expired = number(claim("exp"), "exp")?.is_some_and(|exp| seconds >= exp);
        let too_early = number(claim("nbf"), "nbf")?.is_some_and(|nbf| seconds < nbf);
        Ok(audience && !expired && !too_early)
    }

    /// A token for somebody is for nobody unless the policy says who.
    fn is_audience(&self, aud: &Value) -> bool {
        matches!((aud, &self.audience), (Value::String(aud), Some(wanted)) if aud.as_ref() == wanted)
    }
}

fn time_of(value: &Value) -> Result<f64, String> {
    match nearest_float(value) {
        Some(time) if time >= 0.0 => Ok(time),
        Some(_) => Err("token time constraint: must not be negative".into()),
        None => Err("token time constraint: must be a number".into()),
    }
}

/// The engine's own conversion refuses what a float does not hold exactly, which are most times in nanoseconds.
fn nearest_float(value: &Value) -> Option<f64> {
    let Value::Number(number) = value else { return None };
    number.format_decimal().parse().ok()
}

fn number(claim: Option<&Value>, name: &str) -> Result<Option<f64>, String> {
    let Some(claim) = claim else { return Ok(None) };
    nearest_float(claim).map(Some).ok_or_else(|| format!("{name} value must be a number"))
}

/// `[true, header, payload]`, or `[false, {}, {}]` for a token that is not what is demanded.
pub(super) fn decode_verify(given: &[Value]) -> Result<Value, String> {
    let demanded = Constraints::of(given)?;
    let answer =
        |verified: bool, header, payload| Ok(Value::from(vec![Value::from(verified), header, payload]));
    let unverified = || answer(false, Value::new_object(), Value::new_object());
    let mut text = string(given, 0)?.to_string();
    for _ in 0..MAX_NESTED {
        let token = Token::parse(&text)?;
        let header = token.header()?;
        let Some(algorithm) = header.algorithm.as_deref().filter(|name| !name.is_empty()) else {
            return unverified();
        };
        let other = demanded.algorithm.as_deref().is_some_and(|wanted| wanted != algorithm);
        if header.critical
            || other
            || !demanded.signature_holds(&token, algorithm, header.key_id.as_deref())?
        {
            return unverified();
        }
        let payload = token.payload()?;
        if header.nested {
            text = unquoted(&payload).to_string();
            continue;
        }
        let payload = object_of(&payload)?;
        return if demanded.claims_hold(&payload)? {
            answer(true, header.value, payload)
        } else {
            unverified()
        };
    }
    Err(format!("JWT is nested deeper than {MAX_NESTED}"))
}
