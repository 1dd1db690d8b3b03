//! `providers.aws.sign_req`: AWS Signature Version 4 on a request as an object.
//!
//! A policy can send none; but one that checks presigned requests, or its tests, may make them.

use std::collections::BTreeMap;

use regorus::Value;
use regorus::value::Object;
use ring::{digest, hmac};

use super::arguments::{compact_json, hex, object, object_of};
use super::{Function, function};

pub(super) const FUNCTIONS: &[Function] = &[function("providers.aws.sign_req", 3, sign_req)];

/// What a proxy may change on the way is not signed.
const UNSIGNED: [&str; 3] = ["authorization", "user-agent", "x-amzn-trace-id"];

/// Request, configuration and nanoseconds since 1970; the request with its headers.
fn sign_req(given: &[Value]) -> Result<Value, String> {
    let (request, config) = (object(given, 0)?, object(given, 1)?);
    let time = given.get(2).and_then(|time| time.as_i64().ok()).filter(|time| *time >= 0);
    let time = time.ok_or("operand 3 could not convert time_ns value into a unix timestamp")?;
    let key = Key {
        service: required(config, "aws_service")?,
        access_key: required(config, "aws_access_key")?,
        secret: required(config, "aws_secret_access_key")?,
        region: required(config, "aws_region")?,
    };
    let url = Url::parse(required(request, "url")?)?;
    let method = required(request, "method")?;
    let unsigned_payload = match field(config, "disable_payload_signing") {
        None => false,
        Some(Value::Bool(disabled)) => *disabled,
        Some(_) => return Err("operand 2 invalid value for 'disable_payload_signing' in AWS config".into()),
    };
    let hash = if unsigned_payload { "UNSIGNED-PAYLOAD".to_string() } else { sha256(&body(request)?) };
    let stamp = stamp(time);
    let mut added =
        BTreeMap::from([("host".to_string(), url.host.to_string()), ("x-amz-date".into(), stamp.clone())]);
    if matches!(key.service, "s3" | "glacier") {
        added.insert("x-amz-content-sha256".into(), hash.clone());
    }
    if let Some(Value::String(token)) =
        field(config, "aws_session_token").filter(|token| **token != Value::from(""))
    {
        added.insert("x-amz-security-token".into(), token.to_string());
    }
    let own = headers(request)?;
    let mut signed = added.clone();
    let lower = own.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    signed.extend(lower.filter(|(name, _)| !UNSIGNED.contains(&name.as_str())));
    let authorization = key.authorization(method, &url, &signed, &hash, &stamp);
    let mut all = own;
    all.insert("Authorization".into(), authorization);
    all.extend(added);
    let mut sent = Value::new_object();
    let fields = sent.as_object_mut().map_err(|e| e.to_string())?;
    request.iter().for_each(|(name, value)| drop(fields.insert(name.clone(), value.clone())));
    let mut lines = object_of([]);
    let inner = lines.as_object_mut().map_err(|e| e.to_string())?;
    all.into_iter().for_each(|(name, value)| drop(inner.insert(Value::from(name), Value::from(value))));
    fields.insert(Value::from("headers"), lines);
    Ok(sent)
}

struct Key<'a> {
    service: &'a str,
    access_key: &'a str,
    secret: &'a str,
    region: &'a str,
}

impl Key<'_> {
    fn authorization(
        &self,
        method: &str,
        url: &Url<'_>,
        signed: &BTreeMap<String, String>,
        hash: &str,
        stamp: &str,
    ) -> String {
        let names: Vec<&str> = signed.keys().map(String::as_str).collect();
        let names = names.join(";");
        let lines: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let canonical = format!("{method}\n{}\n{}\n{lines}\n{names}\n{hash}", url.path, url.query);
        let (Self { service, region, .. }, date) = (self, &stamp[..8]);
        let scope = format!("{date}/{region}/{service}/aws4_request");
        let to_sign = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", sha256(canonical.as_bytes()));
        let secret = format!("AWS4{}", self.secret).into_bytes();
        let key = [date, region, service, "aws4_request"].iter().fold(secret, |key, part| mac(&key, part));
        let signature = hex(&mac(&key, &to_sign));
        let access_key = self.access_key;
        format!(
            "AWS4-HMAC-SHA256 Credential={access_key}/{scope},SignedHeaders={names},Signature={signature}"
        )
    }
}

struct Url<'a> {
    host: &'a str,
    path: &'a str,
    query: &'a str,
}

impl<'a> Url<'a> {
    /// Only such as need no escaping: then it stands in the canonical request as it is.
    fn parse(url: &'a str) -> Result<Self, String> {
        let unsupported = || "a URL of this kind is not supported".to_string();
        let (_, rest) = url.split_once("://").ok_or_else(unsupported)?;
        if !rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/:?=&%".contains(&b)) {
            return Err(unsupported());
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Ok(Self { host, path, query })
    }
}

fn field<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(&Value::from(name))
}

fn required<'a>(object: &'a Object, name: &str) -> Result<&'a str, String> {
    match field(object, name) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(format!("invalid value for required parameter: {name}")),
        None => Err(format!("missing required parameter: {name}")),
    }
}

fn headers(request: &Object) -> Result<BTreeMap<String, String>, String> {
    let Some(headers) = field(request, "headers") else { return Ok(BTreeMap::new()) };
    let headers = headers.as_object().map_err(|_| "headers must be object")?;
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.to_string()),
        _ => Err("a header must be a string".to_string()),
    };
    headers.iter().map(|(name, value)| Ok((text(name)?, text(value)?))).collect()
}

fn body(request: &Object) -> Result<Vec<u8>, String> {
    match (field(request, "raw_body"), field(request, "body")) {
        (Some(Value::String(raw)), _) => Ok(raw.as_bytes().to_vec()),
        (Some(_), _) => Err("raw_body must be a string".into()),
        (None, Some(body)) => compact_json(body).map(String::into_bytes),
        (None, None) => Ok(Vec::new()),
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

/// `20151228T140825Z`
fn stamp(nanoseconds: i64) -> String {
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_nanos(nanoseconds.unsigned_abs());
    // 2015-12-28T14:08:25Z, or with a fraction.
    let text = crate::log::rfc3339(at);
    let digits: String = text.chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
    format!("{digits}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_stamped_to_the_second() {
        assert_eq!(stamp(1_451_311_705_000_000_000), "20151228T140825Z");
        assert_eq!(stamp(1_451_311_705_999_999_999), "20151228T140825Z");
    }

    #[test]
    fn what_is_not_sure_to_be_signed_right_is_refused() {
        let config = r#"{"aws_service": "s3", "aws_access_key": "a", "aws_secret_access_key": "b", "aws_region": "c"}"#;
        let sign = |request: &str, time: i64| {
            sign_req(&[
                Value::from_json_str(request).unwrap(),
                Value::from_json_str(config).unwrap(),
                Value::from(time),
            ])
        };
        assert!(sign(r#"{"url": "https://a.example/b?c=d", "method": "GET"}"#, 0).is_ok());
        for (request, time) in [
            (r#"{"url": "https://a.example", "method": "GET"}"#, -1),
            (r#"{"url": "https://a.example/ä", "method": "GET"}"#, 0),
            (r#"{"url": "/b", "method": "GET"}"#, 0),
            (r#"{"url": "https://a.example"}"#, 0),
            (r#"{"url": "https://a.example", "method": "GET", "headers": {"a": ["b"]}}"#, 0),
        ] {
            assert!(sign(request, time).is_err(), "{request}");
        }
    }
}
