//! TLS, proxies, and connections that die.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use bytes::Bytes;
use http::Request;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::stub::{Reply, Stub, ok};
use super::{declared, run};
use crate::decide::Permitted;
use crate::declare::Declared;
use crate::error::{ErrorType, Refusal};
use crate::resolve::Stores;
use crate::resolve::http::Client;
use crate::resolved::Resolved;

/// A certificate authority in a file, and a server that it vouches for.
struct Authority {
    file: PathBuf,
    acceptor: TlsAcceptor,
}

impl Authority {
    fn new(test: &str, host: &str) -> Self {
        let ca_key = rcgen::KeyPair::generate().unwrap();
        let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let ca_certificate = ca.self_signed(&ca_key).unwrap();
        let issuer = rcgen::Issuer::new(ca, ca_key);
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf =
            rcgen::CertificateParams::new(vec![host.to_string()]).unwrap().signed_by(&key, &issuer).unwrap();
        let file = std::env::temp_dir().join(format!("vestry-{test}-{}.pem", std::process::id()));
        std::fs::write(&file, ca_certificate.pem()).unwrap();
        let config =
            rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(
                    vec![leaf.der().clone()],
                    PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
                )
                .unwrap();
        Self { file, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

fn a_parameter() -> Reply {
    ok(json!({ "Parameters": [{ "Name": "/a", "Value": "v" }] }))
}

async fn fetch(declared: Declared, time: Duration) -> Result<Resolved, Refusal> {
    let mut stores = Stores::open(&declared, None)?;
    stores.fetch(&Permitted::for_test(declared), Instant::now() + time).await
}

#[test]
fn a_certificate_is_trusted_through_the_bundle_and_not_without() {
    run(async {
        let authority = Authority::new("bundle", "127.0.0.1");
        let stub = Stub::start_tls(authority.acceptor.clone(), |_| a_parameter()).await;
        let declared = |bundle: Option<PathBuf>| {
            let mut declared = declared(&[("A", "ssm:/a")]);
            declared.aws.endpoint_ssm = Some(format!("https://{}", stub.address));
            declared.aws.ca_bundle = bundle;
            declared
        };
        assert!(fetch(declared(Some(authority.file.clone())), Duration::from_secs(20)).await.is_ok());
        let began = stub.connections();
        let refusal = fetch(declared(None), Duration::from_secs(20)).await.unwrap_err();
        assert_eq!(refusal.error_type(), ErrorType::Unavailable);
        assert!(
            refusal.to_string().contains("UnknownIssuer") && refusal.to_string().contains("AWS_CA_BUNDLE")
        );
        assert_eq!(stub.connections() - began, 1, "a certificate does not become better");
        assert_eq!(stub.asked().len(), 1, "nothing is sent to whom is not trusted");
    });
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    run(async {
        let authority = Authority::new("name", "example.com");
        let stub = Stub::start_tls(authority.acceptor.clone(), |_| a_parameter()).await;
        let mut declared = declared(&[("A", "ssm:/a")]);
        declared.aws.endpoint_ssm = Some(format!("https://{}", stub.address));
        declared.aws.ca_bundle = Some(authority.file.clone());
        let refusal = fetch(declared, Duration::from_secs(20)).await.unwrap_err();
        assert!(refusal.to_string().contains("NotValidForName"), "{refusal}");
        assert!(stub.asked().is_empty());
    });
}

/// Answers CONNECT with `answer`, and tunnels to `to` where that is a 200.
async fn proxy(answer: &'static str, to: Option<Stub>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let heads_of_task = Arc::clone(&heads);
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let (heads, to) = (Arc::clone(&heads_of_task), to.clone());
            tokio::spawn(async move {
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    head.push(client.read_u8().await.unwrap().into());
                }
                heads.lock().unwrap().push(head);
                client.write_all(answer.as_bytes()).await.unwrap();
                if let Some(to) = to {
                    let mut server = TcpStream::connect(to.address).await.unwrap();
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
    (address, heads)
}

#[test]
fn the_stores_are_reached_through_the_proxy() {
    run(async {
        let authority = Authority::new("proxy", "ssm-fips.eu-west-1.amazonaws.com");
        let stub = Stub::start_tls(authority.acceptor.clone(), |_| a_parameter()).await;
        let (address, heads) = proxy("HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n", Some(stub)).await;
        let mut declared = declared(&[("A", "ssm:/a")]);
        declared.aws.use_fips = true;
        declared.aws.ca_bundle = Some(authority.file.clone());
        declared.aws.https_proxy = Some(format!("http://me:s%40crt@{address}"));
        fetch(declared, Duration::from_secs(20)).await.unwrap();
        let heads = heads.lock().unwrap();
        assert!(
            heads[0].starts_with("CONNECT ssm-fips.eu-west-1.amazonaws.com:443 HTTP/1.1\r\n"),
            "{}",
            heads[0]
        );
        let basic = base64::engine::general_purpose::STANDARD.encode("me:s@crt");
        assert!(heads[0].contains(&format!("Proxy-Authorization: Basic {basic}\r\n")));
    });
}

#[test]
fn a_proxy_that_refuses_is_told_without_its_password() {
    run(async {
        let (address, heads) = proxy("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", None).await;
        let mut declared = declared(&[("A", "ssm:/a")]);
        declared.aws.https_proxy = Some(format!("http://me:hunter2@{address}"));
        let refusal = fetch(declared, Duration::from_secs(20)).await.unwrap_err();
        assert_eq!(refusal.error_type(), ErrorType::Unavailable);
        assert!(refusal.to_string().contains("407") && !refusal.to_string().contains("hunter2"), "{refusal}");
        assert_eq!(heads.lock().unwrap().len(), 1, "asking again would be refused again");
    });
}

#[test]
fn nobody_listening_is_told_at_the_deadline_with_the_last_error() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let mut declared = declared(&[("A", "ssm:/a")]);
        declared.aws.endpoint_ssm = Some(format!("http://{address}"));
        let refusal = fetch(declared, Duration::from_millis(300)).await.unwrap_err();
        assert_eq!(refusal.error_type(), ErrorType::Unavailable);
        assert!(refusal.to_string().contains("refused"), "{refusal}");
    });
}

#[test]
fn a_server_that_never_finishes_tls_is_told_as_such() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut declared = declared(&[("A", "ssm:/a")]);
        declared.aws.endpoint_ssm = Some(format!("https://{}", listener.local_addr().unwrap()));
        let refusal = fetch(declared, Duration::from_millis(300)).await.unwrap_err();
        assert!(refusal.to_string().contains("waiting for the TLS handshake with 127.0.0.1"), "{refusal}");
    });
}

#[test]
fn a_waiting_connection_that_died_is_replaced_once() {
    run(async {
        let count = Arc::new(AtomicUsize::new(0));
        let asked = Arc::clone(&count);
        let stub = Stub::start(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
            0 => ok(json!({})),
            1 => Reply::Close,
            _ => ok(json!({})),
        })
        .await;
        let client = Client::new(&declared(&[]).aws).unwrap();
        let request = || Request::get(format!("{}/x", stub.url())).body(Bytes::new()).unwrap();
        assert_eq!(client.send(request()).await.unwrap().status(), 200);
        assert_eq!(client.send(request()).await.unwrap().status(), 200);
        assert_eq!((stub.connections(), count.load(Ordering::Relaxed)), (2, 3));
    });
}

#[test]
fn a_new_connection_that_dies_is_a_fault() {
    run(async {
        let stub = Stub::start(|_| Reply::Close).await;
        let client = Client::new(&declared(&[]).aws).unwrap();
        let request = Request::get(stub.url()).body(Bytes::new()).unwrap();
        let fault = client.send(request).await.unwrap_err();
        assert!(!fault.is_lasting(), "{fault}");
        assert_eq!(stub.connections(), 1);
    });
}

#[test]
fn one_connection_serves_one_call_after_another() {
    run(async {
        let stub = Stub::start(|_| ok(json!({}))).await;
        let client = Client::new(&declared(&[]).aws).unwrap();
        for _ in 0..5 {
            let request = Request::get(stub.url()).body(Bytes::new()).unwrap();
            client.send(request).await.unwrap();
        }
        assert_eq!(stub.connections(), 1);
    });
}
