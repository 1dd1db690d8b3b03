//! Subject and issuer, as Go's `pkix.Name`.

use regorus::Value;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use super::fields::{list, oid, text};
use crate::decide::builtins::arguments::object_of;

pub(super) fn of(name: &X509Name<'_>) -> Result<Value, String> {
    let attributes: Vec<(String, Value, Value)> =
        name.iter_attributes().map(attribute).collect::<Result<_, _>>()?;
    let all = |arc: u8| {
        let id = format!("2.5.4.{arc}");
        list(attributes.iter().filter(|(of, ..)| *of == id).map(|(.., value)| value.clone()).collect())
    };
    // Of what Go has room for once, the last counts.
    let last = |arc: u8| {
        let id = format!("2.5.4.{arc}");
        let found = attributes.iter().rev().find(|(of, ..)| *of == id);
        found.map_or_else(|| text(""), |(.., value)| value.clone())
    };
    let named =
        attributes.iter().map(|(_, of, value)| object_of([("Type", of.clone()), ("Value", value.clone())]));
    Ok(object_of([
        ("CommonName", last(3)),
        ("SerialNumber", last(5)),
        ("Country", all(6)),
        ("Locality", all(7)),
        ("Province", all(8)),
        ("StreetAddress", all(9)),
        ("Organization", all(10)),
        ("OrganizationalUnit", all(11)),
        ("PostalCode", all(17)),
        ("Names", list(named.collect())),
        ("ExtraNames", Value::Null),
    ]))
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> Result<(String, Value, Value), String> {
    let value = attribute.as_str().map_err(|_| "a name that is not of printable text is not supported")?;
    Ok((attribute.attr_type().to_id_string(), oid(attribute.attr_type())?, text(value)))
}
