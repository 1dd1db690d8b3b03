//! As much of DER as the outside of a key is made of.

pub const SEQUENCE: u8 = 0x30;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
#[cfg(feature = "tool")]
pub const OCTET_STRING: u8 = 0x04;

/// The content of the value that the input begins with, and what follows it. `None` for another tag, a length that is
/// not written in its one shortest way, or one past the end.
pub fn value(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = input.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81 => {
            let (length, rest) = rest.split_first()?;
            (usize::from(*length), rest)
        }
        0x82 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), &rest[2..]),
        _ => return None,
    };
    let shortest = match first {
        0x81 => length >= 0x80,
        0x82 => length >= 0x100,
        _ => true,
    };
    (*found == tag && shortest && length <= rest.len()).then(|| rest.split_at(length))
}

/// As [`value`], where nothing may follow.
pub fn whole(input: &[u8], tag: u8) -> Option<&[u8]> {
    let (content, rest) = value(input, tag)?;
    rest.is_empty().then_some(content)
}

/// The bytes of a positive integer without the zero that keeps it positive.
pub fn magnitude(integer: &[u8]) -> &[u8] {
    integer.strip_prefix(&[0]).unwrap_or(integer)
}
