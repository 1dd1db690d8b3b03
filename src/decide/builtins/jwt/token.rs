//! A token's three parts (RFC 7515, compact form).

use regorus::Value;

use crate::decide::builtins::arguments::{base64url, hex};

/// More than a header of a request may be long.
const MAX_BYTES: usize = 64 << 10;
/// Tokens within tokens.
pub(super) const MAX_NESTED: usize = 8;

pub(super) struct Token<'a> {
    text: &'a str,
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

/// What of the header says how to verify.
pub(super) struct Header {
    pub value: Value,
    pub algorithm: Option<String>,
    pub key_id: Option<String>,
    /// The payload is a token itself.
    pub nested: bool,
    /// Something must be understood that is not.
    pub critical: bool,
}

impl<'a> Token<'a> {
    pub fn parse(text: &'a str) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("encoded JWT is longer than {MAX_BYTES} bytes"));
        }
        let parts: Vec<&str> = text.split('.').collect();
        match *parts.as_slice() {
            [_] => Err("encoded JWT had no period separators".into()),
            [header, payload, signature] => Ok(Self { text, header, payload, signature }),
            _ => Err(format!("encoded JWT must have 3 sections, found {}", parts.len())),
        }
    }

    /// What the signature is over.
    pub fn signed(&self) -> &'a [u8] {
        &self.text.as_bytes()[..self.header.len() + 1 + self.payload.len()]
    }

    pub fn signature(&self) -> Result<Vec<u8>, String> {
        decode_part("signature", self.signature)
    }

    pub fn payload(&self) -> Result<String, String> {
        let bytes = decode_part("payload", self.payload)?;
        String::from_utf8(bytes).map_err(|_| "JWT payload is not UTF-8".into())
    }

    pub fn header(&self) -> Result<Header, String> {
        let bytes = decode_part("header", self.header)?;
        let text = String::from_utf8(bytes).map_err(|_| "JWT header is not UTF-8")?;
        let value = object_of(&text).map_err(|why| format!("bad JWT header: {why}"))?;
        let field = |name: &str| value.as_object().ok().and_then(|object| object.get(&Value::from(name)));
        if field("enc").is_some() {
            return Err("JWT is a JWE object, which is not supported".into());
        }
        let text = |name: &str| match field(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.to_string())),
            Some(_) => Err(format!("{name}: must be a string")),
        };
        let (algorithm, key_id) = (text("alg")?, text("kid")?);
        text("typ")?;
        let nested = text("cty")?.is_some_and(|cty| cty.eq_ignore_ascii_case("JWT"));
        let critical = critical(field("crit"), |name| field(name).is_some())?;
        Ok(Header { algorithm, key_id, nested, critical, value: value.clone() })
    }
}

/// RFC 7515, 4.1.11: what is listed must be understood; Vestry, as OPA, understands nothing of the kind.
fn critical(listed: Option<&Value>, present: impl Fn(&str) -> bool) -> Result<bool, String> {
    let Some(listed) = listed else { return Ok(false) };
    let Ok(names) = listed.as_array() else { return Err("crit: must be a list".into()) };
    if names.iter().next().is_none() {
        return Err("crit: must be a nonempty list".into());
    }
    let known = ["alg", "kid", "typ", "cty", "crit"];
    let mut critical = false;
    for name in names.iter() {
        let Value::String(name) = name else { return Err("crit: must be a list of strings".into()) };
        critical |= !known.contains(&name.as_ref()) && present(name);
    }
    Ok(critical)
}

/// Base64 in the alphabet of URLs, padded or not.
pub(super) fn decode_part(name: &str, text: &str) -> Result<Vec<u8>, String> {
    base64url(text).ok_or_else(|| format!("JWT {name} had invalid encoding: illegal base64 data"))
}

pub(super) fn object_of(text: &str) -> Result<Value, String> {
    let value = Value::from_json_str(text).map_err(|_| "invalid JSON")?;
    if value.as_object().is_ok() { Ok(value) } else { Err("decoded JSON type was not an Object".into()) }
}

/// Without the quotes that JSON puts around a token that is a payload.
pub(super) fn unquoted(payload: &str) -> &str {
    payload.trim_matches(['"', '\''])
}

/// `[header, payload, signature in hexadecimal]` of the innermost token; nothing is verified.
pub(super) fn decode(text: &str) -> Result<Value, String> {
    let mut text = text.to_string();
    for _ in 0..MAX_NESTED {
        let token = Token::parse(&text)?;
        let header = token.header()?;
        let payload = token.payload()?;
        if header.nested {
            text = unquoted(&payload).to_string();
            continue;
        }
        let signature = Value::from(hex(&token.signature()?));
        return Ok(Value::from(vec![header.value, object_of(&payload)?, signature]));
    }
    Err(format!("JWT is nested deeper than {MAX_NESTED}"))
}
