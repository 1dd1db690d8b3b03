//! The message on the socket, simple enough for any program to read.
//!
//! ```text
//! "vestry/1"                eight bytes
//! length                    of what follows, four bytes, most significant first
//! NAME=VALUE NUL ...        set it, as in /proc/PID/environ
//! NAME NUL ...              remove it
//! ```
//! Then the writer ends its side and waits for the reader to close: closed with everything read, it was taken.

use zeroize::Zeroizing;

use super::changes::Changes;
use crate::error::{ErrorType, Problem};

pub const MAGIC: [u8; 8] = *b"vestry/1";
/// Magic and length.
pub const HEADER: usize = MAGIC.len() + 4;
/// More than Linux hands to any program by far: `execve` takes 6 MiB of arguments and environment at most.
pub const BODY_MAX: usize = 64 << 20;

/// Header and body. The buffer never grows, so that no copy of it is left behind.
pub fn encode(changes: &Changes<'_>) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let set: usize = changes.set.iter().map(|(name, value)| name.len() + 1 + value.len() + 1).sum();
    let removed: usize = changes.removed.iter().map(|name| name.len() + 1).sum();
    let body = set + removed;
    let length = u32::try_from(body).ok().filter(|_| body <= BODY_MAX).ok_or_else(|| {
        let why = format!("all values together are larger than {} MiB", BODY_MAX >> 20);
        Problem::new(ErrorType::Undeliverable, why).advice("declare less, or set VESTRY_DELIVERY=file")
    })?;
    let mut message = Zeroizing::new(Vec::with_capacity(HEADER + body));
    message.extend_from_slice(&MAGIC);
    message.extend_from_slice(&length.to_be_bytes());
    for (name, value) in &changes.set {
        message.extend_from_slice(name.as_bytes());
        message.push(b'=');
        message.extend_from_slice(value);
        message.push(0);
    }
    for name in &changes.removed {
        message.extend_from_slice(name.as_bytes());
        message.push(0);
    }
    Ok(message)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("it does not begin as a message of this version of Vestry does")]
    Magic,
    #[error("it is longer than any message of Vestry")]
    TooLong,
    #[error("it has an entry that is none")]
    Entry,
}

/// The length of the body that follows.
pub fn body_length(header: &[u8; HEADER]) -> Result<usize, Malformed> {
    let (magic, length) = header.split_at(MAGIC.len());
    if magic != MAGIC {
        return Err(Malformed::Magic);
    }
    let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    if length > BODY_MAX { Err(Malformed::TooLong) } else { Ok(length) }
}

pub fn parse(body: &[u8]) -> Result<Changes<'_>, Malformed> {
    let mut changes = Changes::default();
    let Some((last, entries)) = body.split_last() else { return Ok(changes) };
    if *last != 0 {
        return Err(Malformed::Entry);
    }
    for entry in entries.split(|byte| *byte == 0) {
        let equals = entry.iter().position(|byte| *byte == b'=');
        let name =
            std::str::from_utf8(&entry[..equals.unwrap_or(entry.len())]).map_err(|_| Malformed::Entry)?;
        if name.is_empty() {
            return Err(Malformed::Entry);
        }
        match equals {
            Some(equals) => changes.set.push((name, &entry[equals + 1..])),
            None => changes.removed.push(name),
        }
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(message: &[u8]) -> (&[u8; HEADER], &[u8]) {
        message.split_first_chunk().unwrap()
    }

    #[test]
    fn a_message_reads_back() {
        let changes =
            Changes { set: vec![("A", b"x=y\xff\n"), ("EMPTY", b"")], removed: vec!["GONE", "ALSO_GONE"] };
        let message = encode(&changes).unwrap();
        assert_eq!(message[..], *b"vestry/1\0\0\0\x1eA=x=y\xff\n\0EMPTY=\0GONE\0ALSO_GONE\0");
        assert_eq!(message.capacity(), message.len());

        let (header, body) = split(&message);
        assert_eq!(body_length(header), Ok(body.len()));
        let read = parse(body).unwrap();
        assert_eq!((read.set, read.removed), (changes.set, changes.removed));
    }

    #[test]
    fn an_empty_message_changes_nothing() {
        let message = encode(&Changes::default()).unwrap();
        let (header, body) = split(&message);
        assert_eq!(body_length(header), Ok(0));
        let read = parse(body).unwrap();
        assert!(read.set.is_empty() && read.removed.is_empty());
    }

    #[test]
    fn what_is_no_message_is_told_apart() {
        assert_eq!(body_length(b"HTTP/1.1 200"), Err(Malformed::Magic));
        assert_eq!(body_length(b"vestry/1\xff\xff\xff\xff"), Err(Malformed::TooLong));
        for body in [&b"A=1"[..], b"=1\0", b"A=1\0\0B=2\0", b"\0", b"\xff=1\0"] {
            assert_eq!(parse(body).err(), Some(Malformed::Entry), "{body:?}");
        }
    }
}
