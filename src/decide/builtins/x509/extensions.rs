//! Extensions of a certificate, and the fields that Go reads out of them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use regorus::Value;
use x509_parser::asn1_rs::{FromDer, Oid, oid as oid_of};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension};

use super::fields::{base64, list, oid, text};
use crate::decide::builtins::arguments::object_of;

type Fields = BTreeMap<&'static str, Value>;

/// Go's `x509.ExtKeyUsage`, by position.
const EXTENDED_KEY_USAGES: [Oid<'static>; 14] = [
    oid_of!(2.5.29.37.0),
    oid_of!(1.3.6.1.5.5.7.3.1),
    oid_of!(1.3.6.1.5.5.7.3.2),
    oid_of!(1.3.6.1.5.5.7.3.3),
    oid_of!(1.3.6.1.5.5.7.3.4),
    oid_of!(1.3.6.1.5.5.7.3.5),
    oid_of!(1.3.6.1.5.5.7.3.6),
    oid_of!(1.3.6.1.5.5.7.3.7),
    oid_of!(1.3.6.1.5.5.7.3.8),
    oid_of!(1.3.6.1.5.5.7.3.9),
    oid_of!(1.3.6.1.4.1.311.10.3.3),
    oid_of!(2.16.840.1.113730.4.1),
    oid_of!(1.3.6.1.4.1.311.2.1.22),
    oid_of!(1.3.6.1.4.1.311.61.1.1),
];

/// As a certificate without any extension has them.
fn empty() -> Fields {
    let lists = [
        "CRLDistributionPoints",
        "DNSNames",
        "EmailAddresses",
        "ExcludedDNSDomains",
        "ExcludedEmailAddresses",
        "ExcludedIPRanges",
        "ExcludedURIDomains",
        "ExtKeyUsage",
        "ExtraExtensions",
        "IPAddresses",
        "IssuingCertificateURL",
        "OCSPServer",
        "PermittedDNSDomains",
        "PermittedEmailAddresses",
        "PermittedIPRanges",
        "PermittedURIDomains",
        "Policies",
        "PolicyIdentifiers",
        "PolicyMappings",
        "URIStrings",
        "URIs",
        "UnhandledCriticalExtensions",
        "UnknownExtKeyUsage",
        "AuthorityKeyId",
        "SubjectKeyId",
    ];
    let numbers =
        ["InhibitAnyPolicy", "InhibitPolicyMapping", "KeyUsage", "MaxPathLen", "RequireExplicitPolicy"];
    let truths = [
        "BasicConstraintsValid",
        "InhibitAnyPolicyZero",
        "InhibitPolicyMappingZero",
        "IsCA",
        "MaxPathLenZero",
        "PermittedDNSDomainsCritical",
        "RequireExplicitPolicyZero",
    ];
    let lists = lists.map(|name| (name, Value::Null)).into_iter();
    let numbers = numbers.map(|name| (name, Value::from(0))).into_iter();
    lists.chain(numbers).chain(truths.map(|name| (name, Value::from(false)))).collect()
}

pub(super) fn of(certificate: &X509Certificate<'_>) -> Result<Fields, String> {
    let mut fields = empty();
    let (mut all, mut unhandled) = (Vec::new(), Vec::new());
    for extension in certificate.extensions() {
        let id = oid(&extension.oid)?;
        all.push(object_of([
            ("Id", id.clone()),
            ("Critical", Value::from(extension.critical)),
            ("Value", base64(extension.value)),
        ]));
        let handled = read(&mut fields, extension.parsed_extension(), extension.value)?;
        if extension.critical && !handled {
            unhandled.push(id);
        }
    }
    fields.insert("Extensions", list(all));
    fields.insert("UnhandledCriticalExtensions", list(unhandled));
    Ok(fields)
}

/// False for one that Go leaves to its caller.
fn read(fields: &mut Fields, extension: &ParsedExtension<'_>, raw: &[u8]) -> Result<bool, String> {
    match extension {
        ParsedExtension::BasicConstraints(basic) => {
            fields.insert("BasicConstraintsValid", Value::from(true));
            fields.insert("IsCA", Value::from(basic.ca));
            fields.insert("MaxPathLen", Value::from(basic.path_len_constraint.map_or(-1, i64::from)));
            fields.insert("MaxPathLenZero", Value::from(basic.path_len_constraint == Some(0)));
        }
        ParsedExtension::KeyUsage(usage) => {
            drop(fields.insert("KeyUsage", Value::from(i64::from(usage.flags))))
        }
        ParsedExtension::ExtendedKeyUsage(_) => extended_key_usage(fields, raw)?,
        ParsedExtension::SubjectKeyIdentifier(id) => drop(fields.insert("SubjectKeyId", base64(id.0))),
        ParsedExtension::AuthorityKeyIdentifier(id) => {
            if let Some(id) = &id.key_identifier {
                fields.insert("AuthorityKeyId", base64(id.0));
            }
        }
        ParsedExtension::SubjectAlternativeName(names) => alternative_names(fields, &names.general_names)?,
        ParsedExtension::CertificatePolicies(policies) => {
            let ids: Vec<Value> = policies.iter().map(|p| oid(&p.policy_id)).collect::<Result<_, _>>()?;
            let texts = policies.iter().map(|p| text(&p.policy_id.to_id_string())).collect();
            fields.insert("PolicyIdentifiers", list(ids));
            fields.insert("Policies", list(texts));
        }
        ParsedExtension::CRLDistributionPoints(points) => {
            let names = points.iter().flat_map(|point| match &point.distribution_point {
                Some(DistributionPointName::FullName(names)) => names.as_slice(),
                _ => &[],
            });
            fields.insert("CRLDistributionPoints", list(names.filter_map(uri).collect()));
        }
        ParsedExtension::AuthorityInfoAccess(access) => {
            for (name, method) in [
                ("OCSPServer", oid_of!(1.3.6.1.5.5.7.48.1)),
                ("IssuingCertificateURL", oid_of!(1.3.6.1.5.5.7.48.2)),
            ] {
                let of_method = access.iter().filter(|description| description.access_method == method);
                fields.insert(name, list(of_method.filter_map(|d| uri(&d.access_location)).collect()));
            }
        }
        ParsedExtension::ParseError { .. } => return Err("x509: invalid extension".into()),
        ParsedExtension::NameConstraints(_)
        | ParsedExtension::PolicyConstraints(_)
        | ParsedExtension::PolicyMappings(_)
        | ParsedExtension::InhibitAnyPolicy(_) => {
            return Err("a certificate that constrains names or policies is not supported".into());
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn extended_key_usage(fields: &mut Fields, raw: &[u8]) -> Result<(), String> {
    let (_, usages) = Vec::<Oid<'_>>::from_der(raw).map_err(|_| "x509: invalid extended key usage")?;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for usage in &usages {
        match EXTENDED_KEY_USAGES.iter().position(|known| known == usage) {
            Some(position) => known.push(Value::from(position)),
            None => unknown.push(oid(usage)?),
        }
    }
    fields.insert("ExtKeyUsage", list(known));
    fields.insert("UnknownExtKeyUsage", list(unknown));
    Ok(())
}

fn alternative_names(fields: &mut Fields, names: &[GeneralName<'_>]) -> Result<(), String> {
    let (mut dns, mut mail, mut addresses, mut uris) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for name in names {
        match name {
            GeneralName::DNSName(name) => dns.push(text(name)),
            GeneralName::RFC822Name(name) => mail.push(text(name)),
            GeneralName::URI(uri) => uris.push(*uri),
            GeneralName::IPAddress(bytes) => addresses.push(address(bytes)?),
            GeneralName::Invalid(..) => return Err("x509: invalid subject alternative name".into()),
            _ => {}
        }
    }
    fields.insert("DNSNames", list(dns));
    fields.insert("EmailAddresses", list(mail));
    fields.insert("IPAddresses", list(addresses));
    fields.insert("URIs", list(uris.iter().map(|uri| url(uri)).collect::<Result<_, _>>()?));
    fields.insert("URIStrings", list(uris.into_iter().map(text).collect()));
    Ok(())
}

fn uri(name: &GeneralName<'_>) -> Option<Value> {
    if let GeneralName::URI(uri) = name { Some(text(uri)) } else { None }
}

fn address(bytes: &[u8]) -> Result<Value, String> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Ok(Value::from(Ipv4Addr::from(bytes).to_string()));
    }
    let bytes = <[u8; 16]>::try_from(bytes).map_err(|_| "x509: invalid IP address")?;
    Ok(Value::from(Ipv6Addr::from(bytes).to_string()))
}

/// Go's `url.URL`, of the plain kind that names workloads: `spiffe://trust-domain/path`.
fn url(uri: &str) -> Result<Value, String> {
    let unsupported = || "a certificate with a URI of this kind is not supported".to_string();
    let (scheme, rest) = uri.split_once("://").ok_or_else(unsupported)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:".contains(c);
    if !rest.chars().all(plain) || scheme.is_empty() || !scheme.chars().all(|c| c.is_ascii_lowercase()) {
        return Err(unsupported());
    }
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let empty = || text("");
    Ok(object_of([
        ("Scheme", text(scheme)),
        ("Opaque", empty()),
        ("User", Value::Null),
        ("Host", text(host)),
        ("Path", text(path)),
        ("RawPath", empty()),
        ("OmitHost", Value::from(false)),
        ("ForceQuery", Value::from(false)),
        ("RawQuery", empty()),
        ("Fragment", empty()),
        ("RawFragment", empty()),
    ]))
}
