//! From a target to a connection on which requests can be sent: address, TCP, tunnel, TLS, HTTP.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;

use super::proxy::Proxy;
use super::target::is_loopback;
use super::{HttpFault, Target};
use crate::resolve::progress::{Progress, Waiting};

/// For the address and TCP together; the TLS handshake has the rest of the attempt.
const CONNECT_SECONDS: u64 = 1;

/// A connection that speaks HTTP/1.1. The end of it closes the connection.
pub type Connection = SendRequest<Full<Bytes>>;

#[derive(Debug)]
pub struct Connector {
    tls: Arc<ClientConfig>,
    proxy: Option<Proxy>,
    /// So that connections opened side by side ask for the address once.
    addresses: Mutex<Addresses>,
}

type Addresses = BTreeMap<(String, u16), Arc<OnceCell<Vec<SocketAddr>>>>;

impl Connector {
    pub fn new(tls: Arc<ClientConfig>, proxy: Option<Proxy>) -> Self {
        Self { tls, proxy, addresses: Mutex::default() }
    }

    pub async fn open(&self, target: &Target, progress: &Progress) -> Result<Connection, HttpFault> {
        let tcp = match self.proxy.as_ref().filter(|proxy| proxy.serves(target)) {
            Some(proxy) => {
                let tcp = self.tcp(&proxy.host, proxy.port, false, progress).await?;
                progress.waits_for(Waiting::Proxy(proxy.host.clone()));
                proxy.tunnel(tcp, target).await?
            }
            None => {
                let here_only = !target.tls && !target.hands_out_credentials();
                self.tcp(&target.host, target.port, here_only, progress).await?
            }
        };
        if !target.tls {
            return http(tcp, target).await;
        }
        progress.waits_for(Waiting::Tls(target.to_string()));
        let name = ServerName::try_from(target.host.clone()).map_err(|_| HttpFault::BadUrl {
            url: target.to_string(),
            why: "the host is no name that a certificate could have",
        })?;
        let tls = TlsConnector::from(Arc::clone(&self.tls));
        let stream = tls.connect(name, tcp).await.map_err(|why| tls_fault(target, why))?;
        http(stream, target).await
    }

    async fn tcp(
        &self,
        host: &str,
        port: u16,
        here_only: bool,
        progress: &Progress,
    ) -> Result<TcpStream, HttpFault> {
        let connecting = async {
            progress.waits_for(Waiting::Name(host.into()));
            let mut addresses = self.addresses(host, port).await?;
            if here_only {
                // `localhost` is whatever the resolver says it is.
                addresses.retain(|address| is_loopback(address.ip()));
            }
            progress.waits_for(Waiting::Connecting(host.into()));
            let unreachable = |why| HttpFault::Unreachable { host: host.into(), why };
            let tcp = TcpStream::connect(addresses.as_slice()).await.map_err(unreachable)?;
            tcp.set_nodelay(true).map_err(unreachable)?;
            Ok(tcp)
        };
        let result = match tokio::time::timeout(Duration::from_secs(CONNECT_SECONDS), connecting).await {
            Ok(result) => result,
            Err(_) => Err(HttpFault::NoConnection { host: host.into(), seconds: CONNECT_SECONDS }),
        };
        if result.is_err() {
            // The next attempt asks again: the address may have been the fault.
            self.lock().remove(&(host.to_string(), port));
        }
        result
    }

    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, HttpFault> {
        let cell = Arc::clone(self.lock().entry((host.to_string(), port)).or_default());
        let asking = || async {
            tokio::net::lookup_host((host, port))
                .await
                .map(Iterator::collect)
                .map_err(|why| HttpFault::NoAddress { host: host.into(), why })
        };
        cell.get_or_try_init(asking).await.cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Addresses> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn http<S>(stream: S, target: &Target) -> Result<Connection, HttpFault>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (connection, driver) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|_| HttpFault::Broken { host: target.to_string() })?;
    // Ends by itself when the connection is dropped; what goes wrong on it, its requests learn.
    tokio::spawn(Box::pin(async move {
        let _ = driver.await;
    }));
    Ok(connection)
}

fn tls_fault(target: &Target, why: io::Error) -> HttpFault {
    let host = target.to_string();
    match why.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(e)) => HttpFault::Untrusted { host, why: format!("{e:?}") },
        _ => HttpFault::Tls { host, why },
    }
}
