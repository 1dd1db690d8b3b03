//! `crypto.x509.parse_certificates`: certificates as objects with the fields of Go's `x509.Certificate`.

mod extensions;
mod fields;
mod names;
mod pem;

use regorus::Value;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

pub(super) use self::pem::pem_block;
use super::arguments::{base64, string};
use super::{Function, function};

pub(super) const FUNCTIONS: &[Function] =
    &[function("crypto.x509.parse_certificates", 1, parse_certificates)];

/// More than any chain.
const MAX_CERTIFICATES: usize = 64;

/// PEM, or base64 of PEM or DER; several one after the other.
fn parse_certificates(given: &[Value]) -> Result<Value, String> {
    let text = string(given, 0)?;
    let der = if text.starts_with("-----BEGIN") {
        of_pem(text)?
    } else {
        let bytes = base64(text).ok_or("illegal base64 data")?;
        match std::str::from_utf8(&bytes) {
            Ok(text) if text.starts_with("-----BEGIN") => of_pem(text)?,
            _ => bytes,
        }
    };
    let (mut rest, mut certificates) = (der.as_slice(), Vec::new());
    while !rest.is_empty() {
        if certificates.len() == MAX_CERTIFICATES {
            return Err(format!("more than {MAX_CERTIFICATES} certificates"));
        }
        let (behind, certificate) =
            X509Certificate::from_der(rest).map_err(|_| "x509: malformed certificate")?;
        certificates.push(fields::of(&certificate)?);
        rest = behind;
    }
    Ok(Value::from(certificates))
}

fn of_pem(text: &str) -> Result<Vec<u8>, String> {
    let (mut der, mut rest) = (Vec::new(), text);
    while let Some((block, behind)) = pem_block(rest)? {
        if block.label != "CERTIFICATE" {
            return Err(format!("PEM block type is '{}', expected CERTIFICATE", block.label));
        }
        der.extend(block.bytes);
        rest = behind;
    }
    Ok(der)
}

/// One certificate and nothing behind it.
pub(super) fn with_certificate<T>(
    der: &[u8],
    read: impl FnOnce(&X509Certificate<'_>) -> T,
) -> Result<T, String> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(read(&certificate)),
        Ok(_) => Err("x509: trailing data".into()),
        Err(_) => Err("x509: malformed certificate".into()),
    }
}
