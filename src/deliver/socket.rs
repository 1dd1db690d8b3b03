//! The extension's side of the socket.

use std::ffi::OsStr;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::os::unix::net::UnixListener as StdListener;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::fs::{AtFlags, Mode};
use rustix::net::{AddressFamily, Shutdown, SocketAddrUnix, SocketFlags, SocketType, sockopt};
use serde_json::json;
use tokio::net::{UnixListener, UnixStream};
use zeroize::Zeroizing;

use super::directory::{Directory, Identity, cannot, own_uid};
use super::run_dir::SOCKET;
use crate::error::{ErrorType, Problem};
use crate::log::{Level, Log};

/// A socket in the run directory; dropped, it is removed. Nobody is answered on it yet.
pub(super) struct Listener {
    listener: UnixListener,
    directory: Directory,
    identity: Identity,
}

impl Listener {
    pub fn bind(directory: Directory) -> Result<Self, Problem> {
        let path = directory.join(OsStr::new(SOCKET));
        let failed = |error: io::Error| {
            let why = format!("cannot listen on {}: {error}", path.display());
            Problem::new(ErrorType::Undeliverable, why)
        };
        let listener = listen(&path).map_err(|error| failed(error.into()))?;
        let stat = rustix::fs::statat(directory.fd(), SOCKET, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| cannot("look at", &path, error))?;
        let listener = UnixListener::from_std(listener).map_err(failed)?;
        let identity = Identity::from(&stat);
        Ok(Self { listener, directory, identity })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.directory.remove(OsStr::new(SOCKET), self.identity);
    }
}

/// Hands the message to each reader; dropped, the socket is removed and the message wiped.
pub(super) struct Server {
    listener: Listener,
    message: Zeroizing<Vec<u8>>,
    readers: Vec<Reader>,
    expected: usize,
    taken: usize,
}

impl Server {
    pub fn new(listener: Listener, message: Zeroizing<Vec<u8>>, expected: usize) -> Self {
        Self { listener, message, readers: Vec::new(), expected, taken: 0 }
    }

    /// Returns when the expected readers have taken the message. Readers are served side by side, and where they
    /// stand is kept here: dropped half-way and called again, it goes on.
    pub async fn serve(&mut self, log: &Log) {
        while self.taken < self.expected {
            tokio::select! {
                accepted = self.listener.listener.accept() => match accepted {
                    Ok((stream, _)) => self.admit(stream, log),
                    Err(error) => {
                        warn(log, format!("the socket cannot take a reader: {error}"));
                        // Out of descriptors, most likely: give the function a moment to close some.
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                },
                ended = next_to_end(&mut self.readers, &self.message) => match ended {
                    Ok(()) => self.taken += 1,
                    Err(error) => {
                        warn(log, format!("a reader left before it had read all: {error}"));
                    }
                },
            }
        }
        log.write(Level::Info, "delivered", json!({ "readers": self.taken }));
    }

    fn admit(&mut self, stream: UnixStream, log: &Log) {
        match sockopt::socket_peercred(&stream) {
            Ok(peer) if peer.uid.as_raw() == own_uid() => self.readers.push(Reader { stream, sent: 0 }),
            Ok(peer) => {
                warn(log, format!("a process of user {} was refused on the socket", peer.uid.as_raw()))
            }
            Err(error) => warn(log, format!("a reader whose user cannot be told was refused: {error}")),
        }
    }
}

fn warn(log: &Log, message: String) {
    log.write(Level::Warn, "warning", json!({ "message": message }));
}

fn listen(path: &std::path::Path) -> rustix::io::Result<StdListener> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    // Before it has a name, so that it never has another mode.
    rustix::fs::fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
    rustix::net::listen(&socket, 128)?;
    Ok(socket.into())
}

/// A connection, and how much of the message it was sent.
struct Reader {
    stream: UnixStream,
    sent: usize,
}

impl Reader {
    /// Ready when the reader has closed: `Ok` where it had read everything.
    fn poll(&mut self, context: &mut Context<'_>, message: &[u8]) -> Poll<io::Result<()>> {
        loop {
            let step = if self.sent < message.len() {
                ready!(self.stream.poll_write_ready(context))?;
                self.send(message)
            } else {
                ready!(self.stream.poll_read_ready(context))?;
                // A reader that closes with something unread resets the connection, which is an error here.
                self.stream.try_read(&mut [0; 64]).map(|read| read == 0)
            };
            match step {
                Ok(true) => return Poll::Ready(Ok(())),
                Ok(false) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn send(&mut self, message: &[u8]) -> io::Result<bool> {
        self.sent += self.stream.try_write(&message[self.sent..])?;
        if self.sent == message.len() {
            rustix::net::shutdown(&self.stream, Shutdown::Write)?;
        }
        Ok(false)
    }
}

/// Waits for the first of them to end, and takes it out.
async fn next_to_end(readers: &mut Vec<Reader>, message: &[u8]) -> io::Result<()> {
    poll_fn(|context| {
        for i in 0..readers.len() {
            if let Poll::Ready(ended) = readers[i].poll(context, message) {
                readers.swap_remove(i);
                return Poll::Ready(ended);
            }
        }
        Poll::Pending
    })
    .await
}
