//! The object of one certificate, field by field as Go's `encoding/json` writes the struct.
//!
//! What Go would fill and this file does not is an error, not an empty field.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regorus::{Rc, Value};
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::Oid;
use x509_parser::num_bigint::BigUint;
use x509_parser::public_key::PublicKey;
use x509_parser::time::ASN1Time;

use super::{extensions, names};
use crate::decide::builtins::arguments::object_of;

pub(super) fn of(certificate: &X509Certificate<'_>) -> Result<Value, String> {
    let body = &certificate.tbs_certificate;
    let key = body.public_key();
    let mut fields = vec![
        ("Raw", base64(certificate.as_raw())),
        ("RawTBSCertificate", base64(body.as_ref())),
        ("RawSubjectPublicKeyInfo", base64(key.raw)),
        ("RawSubject", base64(body.subject().as_raw())),
        ("RawIssuer", base64(body.issuer().as_raw())),
        ("Signature", base64(&certificate.signature_value.data)),
        ("SignatureAlgorithm", signature_algorithm(&certificate.signature_algorithm.algorithm)?),
        ("Version", Value::from(i64::from(body.version().0) + 1)),
        ("SerialNumber", number(&body.serial)?),
        ("Issuer", names::of(body.issuer())?),
        ("Subject", names::of(body.subject())?),
        ("NotBefore", time(&body.validity().not_before)),
        ("NotAfter", time(&body.validity().not_after)),
    ];
    let (algorithm, public_key) = public_key(key)?;
    fields.push(("PublicKeyAlgorithm", Value::from(algorithm)));
    fields.push(("PublicKey", public_key));
    fields.extend(extensions::of(certificate)?);
    let mut object = Value::new_object();
    let inner = object.as_object_mut().map_err(|e| e.to_string())?;
    for (name, value) in fields {
        inner.insert(Value::from(name), value);
    }
    Ok(object)
}

pub(super) fn base64(bytes: &[u8]) -> Value {
    Value::from(STANDARD.encode(bytes))
}

fn number(number: &BigUint) -> Result<Value, String> {
    Value::from_numeric_string(&number.to_string()).map_err(|e| e.to_string())
}

/// The arcs, as Go's `asn1.ObjectIdentifier`.
pub(super) fn oid(oid: &Oid<'_>) -> Result<Value, String> {
    let arcs = oid.iter().ok_or("an object identifier is too large")?;
    Ok(Value::from(arcs.map(Value::from).collect::<Vec<_>>()))
}

/// `null` for an empty list, as Go writes a slice that nothing was put in.
pub(super) fn list(items: Vec<Value>) -> Value {
    if items.is_empty() { Value::Null } else { Value::from(items) }
}

fn time(time: &ASN1Time) -> Value {
    let at = time.to_datetime();
    Value::from(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    ))
}

/// Go's `x509.SignatureAlgorithm`.
fn signature_algorithm(oid: &Oid<'_>) -> Result<Value, String> {
    let number = match oid.to_id_string().as_str() {
        "1.2.840.113549.1.1.4" => 2,
        "1.2.840.113549.1.1.5" => 3,
        "1.2.840.113549.1.1.11" => 4,
        "1.2.840.113549.1.1.12" => 5,
        "1.2.840.113549.1.1.13" => 6,
        "1.2.840.10045.4.1" => 9,
        "1.2.840.10045.4.3.2" => 10,
        "1.2.840.10045.4.3.3" => 11,
        "1.2.840.10045.4.3.4" => 12,
        "1.3.101.112" => 16,
        other => return Err(format!("a certificate signed by {other} is not supported")),
    };
    Ok(Value::from(number))
}

/// Go's `x509.PublicKeyAlgorithm`, and the key.
fn public_key(info: &x509_parser::x509::SubjectPublicKeyInfo<'_>) -> Result<(i64, Value), String> {
    let unsupported = || "a certificate with a public key of this kind is not supported".to_string();
    match info.parsed().map_err(|_| unsupported())? {
        PublicKey::RSA(rsa) => {
            let exponent = rsa.try_exponent().map_err(|_| unsupported())?;
            let modulus = number(&BigUint::from_bytes_be(rsa.modulus))?;
            Ok((1, object_of([("N", modulus), ("E", Value::from(exponent))])))
        }
        PublicKey::EC(point) => {
            let data = point.data();
            let (4, coordinates) =
                data.split_first().map(|(form, rest)| (*form, rest)).ok_or_else(unsupported)?
            else {
                return Err(unsupported());
            };
            let (x, y) = coordinates.split_at(coordinates.len() / 2);
            let part = |bytes| number(&BigUint::from_bytes_be(bytes));
            Ok((3, object_of([("Curve", Value::new_object()), ("X", part(x)?), ("Y", part(y)?)])))
        }
        PublicKey::Unknown(bytes) if info.algorithm.algorithm.to_id_string() == "1.3.101.112" => {
            Ok((4, base64(bytes)))
        }
        _ => Err(unsupported()),
    }
}

/// A string of the engine.
pub(super) fn text(text: &str) -> Value {
    Value::String(Rc::from(text))
}
