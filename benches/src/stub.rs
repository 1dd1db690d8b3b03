//! SSM and Secrets Manager behind TLS 1.3: answers at once, or after the delay that is set, and takes notes.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::{clock, http, store_answers};

/// Two listeners, since the stores are two hosts.
pub struct Stub {
    pub ssm: SocketAddr,
    pub secretsmanager: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    tls: Arc<ServerConfig>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    delay: Duration,
    seen: Seen,
    /// By the body of the request, so that making an answer costs the measured run nothing.
    answers: HashMap<Vec<u8>, Arc<Vec<u8>>>,
}

/// What the stub saw of one run; times in nanoseconds of the monotonic clock.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub connections: usize,
    pub handshakes: usize,
    pub requests: Vec<(SocketAddr, Vec<u8>)>,
    pub first_connection: Option<u64>,
    pub last_request: Option<u64>,
    pub last_answer: Option<u64>,
}

impl Stub {
    /// `certificates` is a directory with `chain.pem` and `key.pem`.
    pub fn start(certificates: &Path) -> Self {
        let tls = Arc::new(server_config(certificates));
        let shared = Arc::new(Shared { tls, state: Mutex::default() });
        let [ssm, secretsmanager] = [(); 2].map(|()| listen(Arc::clone(&shared)));
        Self { ssm, secretsmanager, shared }
    }

    /// Forgets what it saw; from now on requests wait this long for their answers.
    pub fn reset(&self, delay: Duration) {
        let mut state = self.shared.state();
        state.delay = delay;
        state.seen = Seen::default();
    }

    pub fn seen(&self) -> Seen {
        self.shared.state().seen.clone()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, tcp: TcpStream, address: SocketAddr) -> io::Result<()> {
        tcp.set_nodelay(true)?;
        let connection = ServerConnection::new(Arc::clone(&self.tls)).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, tcp);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        self.state().seen.handshakes += 1;
        while let Some(request) = http::read_request(&mut stream)? {
            let (answer, delay) = self.note(address, &request);
            if !delay.is_zero() {
                std::thread::sleep(delay);
            }
            stream.write_all(&answer)?;
            self.state().seen.last_answer = Some(clock::now());
        }
        stream.sock.shutdown(Shutdown::Both)
    }

    fn note(&self, address: SocketAddr, request: &[u8]) -> (Arc<Vec<u8>>, Duration) {
        let mut state = self.state();
        state.seen.last_request = Some(clock::now());
        state.seen.requests.push((address, request.to_vec()));
        let answer = state
            .answers
            .entry(http::body(request).to_vec())
            .or_insert_with(|| Arc::new(store_answers::answer(request)));
        (Arc::clone(answer), state.delay)
    }
}

fn listen(shared: Arc<Shared>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("a port");
    std::thread::spawn(move || {
        for tcp in listener.incoming() {
            let tcp = tcp.expect("a connection");
            {
                let seen = &mut shared.state().seen;
                seen.connections += 1;
                seen.first_connection.get_or_insert_with(clock::now);
            }
            let shared = Arc::clone(&shared);
            // A client that goes away early is seen in its own run.
            std::thread::spawn(move || drop(shared.serve(tcp, address)));
        }
    });
    address
}

fn server_config(certificates: &Path) -> ServerConfig {
    let chain = CertificateDer::pem_file_iter(certificates.join("chain.pem")).expect("chain.pem");
    let chain = chain.map(|certificate| certificate.expect("a certificate")).collect();
    let key = PrivateKeyDer::from_pem_file(certificates.join("key.pem")).expect("key.pem");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider);
    let builder = builder.with_protocol_versions(&[&rustls::version::TLS13]).expect("ring has TLS 1.3");
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).expect("a key for the chain");
    config.send_tls13_tickets = 0;
    config
}
