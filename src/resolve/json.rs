//! Parts of a JSON value as text, with numbers exactly as they were written.
//!
//! Everything borrows from the value itself, so that no copy of a secret is left behind.

use serde_json::value::RawValue;

use crate::json::Members;
use crate::secret::SecretValue;

/// Why a JSON value has no such part. The parser's own message is never told: it may quote the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    NotJson,
    NotAnObject,
}

/// The document as a whole, checked to be JSON.
pub fn document(value: &[u8]) -> Result<&RawValue, Unfit> {
    serde_json::from_slice(value).map_err(|_| Unfit::NotJson)
}

/// The member of this name of a top-level object; of several, the last.
pub fn member<'a>(document: &'a RawValue, name: &str) -> Result<Option<&'a RawValue>, Unfit> {
    Ok(last(object(document)?, name))
}

/// What an RFC 6901 pointer points at.
pub fn pointer<'a>(document: &'a RawValue, pointer: &str) -> Result<Option<&'a RawValue>, Unfit> {
    let mut here = document;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let next = if here.get().starts_with('[') {
            element(here, &token)?
        } else if here.get().starts_with('{') {
            last(object(here)?, &token)
        } else {
            None
        };
        match next {
            Some(next) => here = next,
            None => return Ok(None),
        }
    }
    Ok(Some(here))
}

/// All members of a top-level object in their order; of those with one name, the last.
pub fn members(document: &RawValue) -> Result<Vec<(String, &RawValue)>, Unfit> {
    let mut members: Vec<(String, &RawValue)> = Vec::new();
    for (name, value) in object(document)? {
        match members.iter_mut().find(|(n, _)| *n == name) {
            Some(member) => member.1 = value,
            None => members.push((name, value)),
        }
    }
    Ok(members)
}

/// A string as it is, a number or boolean as its text, an object or array compact; null is `None`.
pub fn text(value: &RawValue) -> Result<Option<SecretValue>, Unfit> {
    match value.get().as_bytes()[0] {
        b'n' => Ok(None),
        b'"' => {
            let text: String = serde_json::from_str(value.get()).map_err(|_| Unfit::NotJson)?;
            Ok(Some(text.into()))
        }
        b'{' | b'[' => Ok(Some(compact(value.get()).into())),
        _ => Ok(Some(value.get().to_string().into())),
    }
}

/// Takes out the white space between tokens.
fn compact(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            in_string = c == '"';
        }
        compact.push(c);
    }
    compact
}

fn last<'a>(members: Vec<(String, &'a RawValue)>, name: &str) -> Option<&'a RawValue> {
    members.into_iter().rev().find(|(n, _)| n == name).map(|(_, value)| value)
}

fn object(value: &RawValue) -> Result<Vec<(String, &RawValue)>, Unfit> {
    if !value.get().starts_with('{') {
        return Err(Unfit::NotAnObject);
    }
    let Members(members) = serde_json::from_str(value.get()).map_err(|_| Unfit::NotJson)?;
    Ok(members)
}

/// RFC 6901: an index is a number without a leading zero.
fn element<'a>(array: &'a RawValue, token: &str) -> Result<Option<&'a RawValue>, Unfit> {
    if token.starts_with('+') || (token.len() > 1 && token.starts_with('0')) {
        return Ok(None);
    }
    let Ok(index) = token.parse::<usize>() else { return Ok(None) };
    let elements: Vec<&RawValue> = serde_json::from_str(array.get()).map_err(|_| Unfit::NotJson)?;
    Ok(elements.get(index).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(json: &str, path: &str) -> Option<String> {
        let document = document(json.as_bytes()).unwrap();
        let found = pointer(document, path).unwrap()?;
        text(found).unwrap().map(|value| value.expose_str().unwrap().to_string())
    }

    #[test]
    fn numbers_keep_their_text_and_objects_their_order() {
        let json = r#" { "n": 1.10, "big": 12345678901234567890123, "e": 1E+2, "t": true, "s": "a\"b\u00e9\n",
                        "o": { "z" : [ 1.0 , "x  y \" { " ] , "a" : null } } "#;
        assert_eq!(at(json, "/n").unwrap(), "1.10");
        assert_eq!(at(json, "/big").unwrap(), "12345678901234567890123");
        assert_eq!(at(json, "/e").unwrap(), "1E+2");
        assert_eq!(at(json, "/t").unwrap(), "true");
        assert_eq!(at(json, "/s").unwrap(), "a\"bé\n");
        assert_eq!(at(json, "/o").unwrap(), r#"{"z":[1.0,"x  y \" { "],"a":null}"#);
    }

    #[test]
    fn a_pointer_follows_rfc_6901() {
        let json = r#"{"a":{"b":["zero",{"c/d":1,"m~n":2,"":3}]},"":"empty"}"#;
        assert_eq!(at(json, "/a/b/0").unwrap(), "zero");
        assert_eq!(at(json, "/a/b/1/c~1d").unwrap(), "1");
        assert_eq!(at(json, "/a/b/1/m~0n").unwrap(), "2");
        assert_eq!(at(json, "/a/b/1/").unwrap(), "3");
        assert_eq!(at(json, "/").unwrap(), "empty");
        for nothing in ["/x", "/a/b/2", "/a/b/00", "/a/b/+0", "/a/b/-", "/a/b/0/x"] {
            assert_eq!(at(json, nothing), None, "{nothing}");
        }
    }

    #[test]
    fn null_is_nothing_and_of_two_members_the_last_is_taken() {
        let doc = document(br#"{"a":null,"b":1,"b":2}"#).unwrap();
        assert!(text(member(doc, "a").unwrap().unwrap()).unwrap().is_none());
        assert_eq!(member(doc, "b").unwrap().unwrap().get(), "2");
        let members = members(doc).unwrap();
        assert_eq!(
            members.iter().map(|(n, v)| (n.as_str(), v.get())).collect::<Vec<_>>(),
            [("a", "null"), ("b", "2")]
        );
    }

    #[test]
    fn what_is_no_json_object_says_so() {
        assert_eq!(document(b"hunter2").unwrap_err(), Unfit::NotJson);
        assert_eq!(document(b"{} trailing").unwrap_err(), Unfit::NotJson);
        assert_eq!(document(b"\xff").unwrap_err(), Unfit::NotJson);
        assert_eq!(document(b"").unwrap_err(), Unfit::NotJson);
        assert_eq!(member(document(b"[1]").unwrap(), "a").unwrap_err(), Unfit::NotAnObject);
        assert_eq!(members(document(b"\"s\"").unwrap()).unwrap_err(), Unfit::NotAnObject);
    }

    #[test]
    fn deep_nesting_is_no_danger() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
        let doc = document(deep.as_bytes()).unwrap();
        assert!(text(member(doc, "a").unwrap().unwrap()).unwrap().is_some());
    }
}
