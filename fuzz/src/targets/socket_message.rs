//! The message on the socket: what is read of it, written, reads the same.

use vestry::deliver::message::{HEADER, body_length, encode, parse};

use crate::random::Random;
use crate::seeds;
use crate::target::{Broken, Outcome, Target};

pub struct SocketMessage;

impl Target for SocketMessage {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::texts(&[
            "vestry/1\0\0\0\x1eA=x=y\n\0EMPTY=\0GONE\0ALSO_GONE\0",
            "vestry/1\0\0\0\0",
            "vestry/2\0\0\0\x04A=1\0",
        ])
    }

    fn words(&self) -> &'static [&'static str] {
        &["vestry/1", "\0", "=", "NAME=VALUE\0", "GONE\0", "\0\0"]
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        let mut case = b"vestry/1\0\0\0\0".to_vec();
        for _ in 0..random.below(6) {
            case.extend((0..random.below(4)).map(|_| b'A' + random.below(26) as u8));
            if !random.once_in(3) {
                case.push(b'=');
                case.extend((0..random.below(8)).map(|_| random.next() as u8));
            }
            case.push(0);
        }
        Some(case)
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let Some((header, body)) = case.split_first_chunk::<HEADER>() else { return Ok("short".into()) };
        let header = format!("{:?}", body_length(header).map(|length| length == body.len()));
        let changes = match parse(body) {
            Ok(changes) => changes,
            Err(malformed) => return Ok(format!("{header} {malformed:?}")),
        };
        let message =
            encode(&changes).map_err(|problem| format!("what is read cannot be written: {problem}"))?;
        let (written, rest) = message.split_first_chunk::<HEADER>().ok_or("it has no header")?;
        if body_length(written) != Ok(rest.len()) {
            return Err("the length that is written is another".into());
        }
        let again =
            parse(rest).map_err(|malformed| format!("what is written cannot be read: {malformed}"))?;
        if (&again.set, &again.removed) != (&changes.set, &changes.removed) {
            return Err("what is written reads otherwise".into());
        }
        Ok(format!("{header} {} {}", changes.set.len().min(4), changes.removed.len().min(4)))
    }
}
