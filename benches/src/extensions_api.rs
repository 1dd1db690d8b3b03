//! The Extensions API for one run: `register`, `event/next` (SHUTDOWN at once), and the end.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::http;

/// Longer than anything that is measured, also under valgrind.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct ExtensionsApi {
    listener: TcpListener,
    pub address: SocketAddr,
}

/// The connection of a process that has registered and waits for the answer.
pub struct Registering(TcpStream);

impl ExtensionsApi {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("a port");
        Self { listener, address }
    }

    /// Returns at the very moment at which `register` has arrived.
    pub fn register_arrives(&self) -> io::Result<Registering> {
        let mut listening = [PollFd::new(self.listener.as_fd(), PollFlags::POLLIN)];
        let patience = PollTimeout::try_from(PATIENCE).expect("it fits");
        if poll(&mut listening, patience)? == 0 {
            return Err(io::Error::other("nobody registered"));
        }
        let (mut stream, _) = self.listener.accept()?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        expect(&mut stream, "register")?;
        Ok(Registering(stream))
    }
}

impl Registering {
    /// Lets the process go on; returns once it asks for its next event or is gone.
    pub fn registered(mut self) -> io::Result<Waiting> {
        let headers = "content-type: application/json\r\nlambda-extension-identifier: 3b7b5c3e\r\n";
        let body = r#"{"functionName":"orders-prod","functionVersion":"$LATEST","handler":"app.handler"}"#;
        self.0.write_all(&http::answer(headers, body))?;
        Ok(Waiting(self.0))
    }
}

/// A process that has its answer.
pub struct Waiting(TcpStream);

impl Waiting {
    /// Answers its `event/next` with SHUTDOWN. One that has none to ask for has gone.
    pub fn shut_down(mut self) -> io::Result<()> {
        if expect(&mut self.0, "event/next")? {
            let body = r#"{"eventType":"SHUTDOWN","shutdownReason":"spindown","deadlineMs":4102444800000}"#;
            self.0.write_all(&http::answer("content-type: application/json\r\n", body))?;
        }
        Ok(())
    }
}

/// False where the other side has closed.
fn expect(stream: &mut TcpStream, call: &str) -> io::Result<bool> {
    let Some(request) = http::read_request(stream)? else { return Ok(false) };
    if http::request_line(&request).ends_with(call) {
        return Ok(true);
    }
    let asked = String::from_utf8_lossy(&request).into_owned();
    Err(io::Error::other(format!("{call} was expected, not {asked}")))
}
