//! The function's side of the socket.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::FileType;
use rustix::net::sockopt;
use zeroize::Zeroizing;

use super::changes::Changes;
use super::directory::{own_uid, unsafe_to_use};
use super::message::{self, HEADER, Malformed};
use super::run_dir::{self, SOCKET};
use crate::error::{ErrorType, Problem};

/// The message as it was taken, well formed.
pub struct Taken(Zeroizing<Vec<u8>>);

impl Taken {
    pub fn changes(&self) -> Changes<'_> {
        message::parse(&self.0).expect("it was parsed when it came")
    }
}

/// Takes the message from the socket in the run directory, waiting for both until the deadline.
pub fn take(path: &Path, deadline: Instant) -> Result<Taken, Problem> {
    let mut pause = Duration::from_millis(1);
    loop {
        let not_yet = match attempt(path, deadline) {
            Ok(taken) => return Ok(taken),
            Err(Failure::Final(problem)) => return Err(problem),
            Err(Failure::NotYet(why)) => why,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(nobody(path, &not_yet));
        }
        sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

enum Failure {
    /// The extension may still be at work.
    NotYet(String),
    Final(Problem),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Final(problem)
    }
}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Self {
        let why = format!("what came through the socket is no message of Vestry: {malformed}");
        let advice =
            "vestry-exec and the extension have to be of the same version: attach one layer of Vestry";
        Self::Final(Problem::new(ErrorType::Undeliverable, why).advice(advice))
    }
}

fn attempt(path: &Path, deadline: Instant) -> Result<Taken, Failure> {
    let mut stream = connect(path)?;
    let mut header = [0; HEADER];
    fill(&mut stream, &mut header, deadline)?;
    let mut body = Zeroizing::new(vec![0; message::body_length(&header)?]);
    fill(&mut stream, &mut body, deadline)?;
    message::parse(&body)?;
    // Closing now, with everything read, tells the extension that the message has arrived.
    Ok(Taken(body))
}

fn connect(path: &Path) -> Result<UnixStream, Failure> {
    let missing = |what: &Path| Failure::NotYet(format!("there is no {}", what.display()));
    let Some(directory) = run_dir::open(path)? else { return Err(missing(path)) };
    let socket = directory.join(OsStr::new(SOCKET));
    if directory.expect_ours(OsStr::new(SOCKET), FileType::Socket)?.is_none() {
        return Err(missing(&socket));
    }
    let stream = UnixStream::connect(&socket)
        .map_err(|error| Failure::NotYet(format!("nobody listens on {}: {error}", socket.display())))?;
    match sockopt::socket_peercred(&stream) {
        Ok(peer) if peer.uid.as_raw() == own_uid() => Ok(stream),
        _ => Err(unsafe_to_use(format!("another user listens on {}", socket.display())).into()),
    }
}

/// Reads until the buffer is full. A message that breaks off is one whose extension died: another may follow.
fn fill(stream: &mut UnixStream, mut buffer: &mut [u8], deadline: Instant) -> Result<(), Failure> {
    while !buffer.is_empty() {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let read = stream.set_read_timeout(Some(left)).and_then(|()| stream.read(buffer));
        match read {
            Ok(0) => return Err(Failure::NotYet("the message broke off".into())),
            Ok(read) => buffer = &mut buffer[read..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(Failure::NotYet("the message stopped on its way".into()));
            }
            Err(error) => return Err(Failure::NotYet(format!("the message broke off: {error}"))),
        }
    }
    Ok(())
}

fn nobody(path: &Path, why: &str) -> Problem {
    let why = format!("no extension of Vestry handed over the values in {}: {why}", path.display());
    Problem::new(ErrorType::Unavailable, why).advice(
        "attach the layer with extensions/vestry (without Lambda, `vestry local` runs it), look for its refusal in \
         the log, and where more than one process takes the values, set VESTRY_SOCKET_READERS to their number",
    )
}
