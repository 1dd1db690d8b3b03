//! One value made of several.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use zeroize::Zeroizing;

use super::failure::Failure;
use crate::declare::manifest::{Filter, Piece};
use crate::error::ErrorType;
use crate::secret::SecretValue;

/// What RFC 3986 leaves as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// In bytes, of one value and of what it is made of on the way: many times what a variable may hold.
const LARGEST: usize = 1 << 20;

/// The pieces in their order; `None` where a value is missing.
pub fn compose<'v>(
    pieces: &[Piece],
    value_of: impl Fn(&str) -> Option<&'v SecretValue>,
) -> Result<Option<SecretValue>, Failure> {
    let mut whole = Vec::new();
    let mut bytes = 0;
    for piece in pieces {
        match piece {
            Piece::Text(text) => whole.push(Zeroizing::new(text.expose().to_vec())),
            Piece::Value { name, filters } => {
                let Some(value) = value_of(name) else { return Ok(None) };
                let mut value = Zeroizing::new(value.expose().to_vec());
                for filter in filters {
                    within(value.len())?;
                    value = Zeroizing::new(apply(*filter, &value).ok_or_else(|| not_text(name))?);
                }
                whole.push(value);
            }
        }
        bytes += whole.last().map_or(0, |piece| piece.len());
        within(bytes)?;
    }
    // In a buffer that never grows, so that no copy is left behind.
    let mut composed = Vec::with_capacity(bytes);
    whole.iter().for_each(|piece| composed.extend_from_slice(piece));
    Ok(Some(composed.into()))
}

/// `None` for what only text can be.
fn apply(filter: Filter, value: &[u8]) -> Option<Vec<u8>> {
    Some(match filter {
        Filter::UrlEncode => percent_encode(value, RESERVED).to_string().into_bytes(),
        Filter::Base64 => STANDARD.encode(value).into_bytes(),
        Filter::Trim => value.trim_ascii().to_vec(),
        Filter::Json => {
            let quoted = serde_json::to_string(std::str::from_utf8(value).ok()?).ok()?;
            quoted.as_bytes()[1..quoted.len() - 1].to_vec()
        }
    })
}

fn within(bytes: usize) -> Result<(), Failure> {
    if bytes <= LARGEST {
        return Ok(());
    }
    let why = format!("what it is composed of takes more than {LARGEST} bytes");
    Err(Failure::new(ErrorType::Undeliverable, why, "compose it of less, or with fewer filters"))
}

fn not_text(name: &str) -> Failure {
    Failure::new(
        ErrorType::Undeliverable,
        format!("${{{name} | json}}: the value is not UTF-8"),
        "write ${… | base64}, or store text",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(filters: &[Filter], value: &[u8]) -> Option<Vec<u8>> {
        let value = SecretValue::from(value.to_vec());
        let pieces = [
            Piece::Text("<".to_string().into()),
            Piece::Value { name: "a".into(), filters: filters.to_vec() },
            Piece::Text(">".to_string().into()),
        ];
        let composed = compose(&pieces, |name| (name == "a").then_some(&value)).unwrap();
        composed.map(|value| value.expose().to_vec())
    }

    #[test]
    fn filters_apply_in_their_order() {
        for (filters, value, whole) in [
            (&[][..], &b"p@ss"[..], &b"<p@ss>"[..]),
            (&[Filter::UrlEncode], "p@s s/é-._~".as_bytes(), b"<p%40s%20s%2F%C3%A9-._~>"),
            (&[Filter::Base64], b"\xff\x00", b"</wA=>"),
            (&[Filter::Json], "a\"\\\n\u{e9}".as_bytes(), "<a\\\"\\\\\\né>".as_bytes()),
            (&[Filter::Trim], b" a b\n", b"<a b>"),
            (&[Filter::Trim, Filter::Base64], b"a\n", b"<YQ==>"),
            (&[Filter::Base64, Filter::Trim], b"a\n", b"<YQo=>"),
            (&[], b"\xff", b"<\xff>"),
        ] {
            assert_eq!(composed(filters, value).unwrap(), whole);
        }
    }

    #[test]
    fn without_one_of_its_values_there_is_nothing() {
        let pieces = [Piece::Value { name: "a".into(), filters: Vec::new() }];
        assert!(compose(&pieces, |_| None).unwrap().is_none());
    }

    #[test]
    fn what_grows_past_all_bounds_is_refused_before_it_is_made() {
        let value = SecretValue::from(vec![b'%'; 100]);
        let piece =
            |filters: usize| Piece::Value { name: "a".into(), filters: vec![Filter::Base64; filters] };
        assert!(compose(&[piece(3)], |_| Some(&value)).is_ok());
        assert!(compose(&[piece(5000)], |_| Some(&value)).is_err());
        let many: Vec<Piece> = (0..20_000).map(|_| piece(0)).collect();
        assert!(compose(&many, |_| Some(&value)).is_err());
    }

    #[test]
    fn json_is_text() {
        let value = SecretValue::from(vec![0xff]);
        let pieces = [Piece::Value { name: "a".into(), filters: vec![Filter::Json] }];
        let problem = compose(&pieces, |_| Some(&value)).unwrap_err();
        assert!(format!("{problem:?}").contains("not UTF-8"));
    }
}
