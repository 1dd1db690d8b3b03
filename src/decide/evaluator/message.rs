//! What the two processes say to each other.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::evaluate::Outcome;
use super::super::rules::Stage;
use super::super::worker::Loaded;
use crate::declare::settings::PolicyKey;
use crate::error::Problem;

/// Many times what an honest policy says; what the asker is ready to keep of a dishonest one.
pub const MAX_ANSWER_BYTES: usize = 8 << 20;

/// The first message to the child.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The layer's first, where there is one.
    pub directories: Vec<PathBuf>,
    /// Where there is one, each directory has to be signed with it.
    pub key: Option<PolicyKey>,
    pub limits: Limits,
}

/// What a policy may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// For loading and all decisions together.
    pub time: Duration,
    pub memory_mb: u64,
}

/// Each further message to the child.
#[derive(Serialize, Deserialize)]
pub struct Job<I> {
    pub stage: Stage,
    /// Nothing is asked after it.
    pub last: bool,
    /// Names, and never a value.
    pub input: I,
}

/// What the child says.
#[derive(Serialize, Deserialize)]
pub enum Answer {
    /// What was loaded, and how long it took.
    Loaded(Result<Loaded, Vec<Problem>>, Duration),
    Judged(Stage, Result<Outcome, Vec<Problem>>),
}

/// A message as it travels.
pub fn framed(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, message)?;
    let length = u32::try_from(bytes.len() - 4).map_err(io::Error::other)?;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

/// The next message; `None` when the other side is gone.
pub fn read<T: serde::de::DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u32::from_le_bytes(length);
    // Most are read at once; a long one shows itself before it is believed.
    let mut body = Vec::with_capacity((length as usize).min(64 << 10));
    from.take(u64::from(length)).read_to_end(&mut body)?;
    // Looked at once, and not each text by itself.
    let body = std::str::from_utf8(&body).map_err(io::Error::other)?;
    Ok(Some(serde_json::from_str(body)?))
}

/// Says an answer; one that is too large for the other side fails.
pub fn write(to: &mut impl Write, answer: &Answer) -> io::Result<()> {
    let bytes = framed(answer)?;
    if bytes.len() - 4 > MAX_ANSWER_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    to.write_all(&bytes)?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::super::super::question::Input;
    use super::*;

    #[test]
    fn a_message_arrives_as_it_was_sent_and_half_of_one_does_not() {
        let job = Job { stage: Stage::Resolve, last: true, input: serde_json::json!({"name": "ü"}) };
        let bytes = framed(&job).unwrap();
        let arrived: Job<serde_json::Value> = read(&mut bytes.as_slice()).unwrap().unwrap();
        assert_eq!((arrived.stage, arrived.last, arrived.input), (job.stage, job.last, job.input));
        assert!(read::<Job<Input>>(&mut &bytes[..bytes.len() - 1]).is_err());
        assert!(read::<Job<Input>>(&mut &bytes[..0]).unwrap().is_none());
    }

    #[test]
    fn an_answer_that_is_too_large_is_not_sent() {
        let outcome = Outcome { prints: vec!["x".repeat(MAX_ANSWER_BYTES)], ..Outcome::default() };
        let mut sent = Vec::new();
        let error = write(&mut sent, &Answer::Judged(Stage::Declare, Ok(outcome))).unwrap_err();
        assert_eq!((error.kind(), sent.len()), (io::ErrorKind::FileTooLarge, 0));
    }
}
