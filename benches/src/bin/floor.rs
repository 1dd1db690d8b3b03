//! The floor: the same calls in parallel with rustls and ring, one `register`, nothing else.
//!
//! `floor API CA_BUNDLE (ADDRESS REQUEST)...` sends each REQUEST, bytes and all, over a connection of its own. It
//! signs nothing, parses nothing, keeps nothing: what a real client does beyond it is that client's to answer for.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [api, ca_bundle, calls @ ..] = arguments.as_slice() else { panic!("usage: see the source") };
    let tls = trusting(ca_bundle);
    // Everything here waits in the order in which it was sent; what comes in meanwhile waits in its socket.
    let mut calls: Vec<Call> =
        calls.chunks_exact(2).map(|call| Call::begin(&tls, &call[0], call[1].as_bytes())).collect();
    calls.iter_mut().for_each(Call::handshake);
    calls.iter_mut().for_each(Call::answer);
    register(api);
}

fn trusting(ca_bundle: &str) -> Arc<ClientConfig> {
    let pem = std::fs::read(ca_bundle).expect("a bundle");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.expect("PEM")).expect("a certificate");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_protocol_versions(&[&rustls::version::TLS13]).expect("ring has TLS 1.3");
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.resumption = Resumption::disabled();
    Arc::new(config)
}

struct Call {
    tcp: TcpStream,
    tls: ClientConnection,
}

impl Call {
    fn begin(config: &Arc<ClientConfig>, address: &str, request: &[u8]) -> Self {
        let mut tcp = TcpStream::connect(address).expect("a store");
        tcp.set_nodelay(true).expect("TCP");
        let host = address.rsplit_once(':').expect("host:port").0.to_string();
        let mut tls = ClientConnection::new(Arc::clone(config), ServerName::try_from(host).expect("a name"))
            .expect("a configuration");
        // It leaves together with the end of the handshake.
        tls.writer().write_all(request).expect("a buffer");
        tls.write_tls(&mut tcp).expect("TCP");
        Self { tcp, tls }
    }

    fn handshake(&mut self) {
        while self.tls.is_handshaking() {
            self.tls.complete_io(&mut self.tcp).expect("a handshake");
        }
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.tcp).expect("TCP");
        }
    }

    fn answer(&mut self) {
        let mut answer = Vec::with_capacity(16 * 1024);
        let mut stream = rustls::Stream::new(&mut self.tls, &mut self.tcp);
        read_answer(&mut stream, &mut answer);
    }
}

fn register(api: &str) {
    let mut tcp = TcpStream::connect(api).expect("the Extensions API");
    let body = r#"{"events":["SHUTDOWN"]}"#;
    let request = format!(
        "POST /2020-01-01/extension/register HTTP/1.1\r\nhost: {api}\r\nlambda-extension-name: floor\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    tcp.write_all(request.as_bytes()).expect("TCP");
    read_answer(&mut tcp, &mut Vec::with_capacity(1024));
}

/// Reads as much as `content-length` says.
fn read_answer(stream: &mut impl Read, answer: &mut Vec<u8>) {
    let mut buffer = [0; 16 * 1024];
    let mut whole = usize::MAX;
    while answer.len() < whole {
        let read = stream.read(&mut buffer).expect("an answer");
        assert!(read > 0, "the answer broke off");
        answer.extend_from_slice(&buffer[..read]);
        if whole == usize::MAX
            && let Some(head) = answer.windows(4).position(|end| end == b"\r\n\r\n")
        {
            assert!(answer.starts_with(b"HTTP/1.1 200"), "no good answer");
            whole = head + 4 + content_length(&answer[..head]);
        }
    }
}

fn content_length(head: &[u8]) -> usize {
    let head = std::str::from_utf8(head).expect("a head");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.expect("a length").parse().expect("a number")
}
