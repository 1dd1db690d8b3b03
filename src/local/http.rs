//! A small HTTP/1.1 server on loopback, on a thread of its own so that any test or program can start one.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

pub type Request = http::Request<Bytes>;
pub type Response = http::Response<Full<Bytes>>;

/// What happens to a request.
pub enum Reply {
    Answer(Response),
    /// The connection is reset before a byte of the answer.
    Reset,
}

/// Which connection a request came over, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Connection(pub u64);

/// Answers requests; many may be in its hands at once.
pub trait Serve: Send + Sync + 'static {
    fn serve(&self, request: Request, connection: Connection) -> impl Future<Output = Reply> + Send;
}

/// Makes a stream out of an accepted connection: as it is, or with TLS.
pub trait Accept: Send + Sync + 'static {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send;
    fn accept(&self, stream: TcpStream) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

pub struct Plain;

impl Accept for Plain {
    type Stream = TcpStream;
    async fn accept(&self, stream: TcpStream) -> io::Result<TcpStream> {
        Ok(stream)
    }
}

impl Accept for tokio_rustls::TlsAcceptor {
    type Stream = tokio_rustls::server::TlsStream<TcpStream>;
    async fn accept(&self, stream: TcpStream) -> io::Result<Self::Stream> {
        tokio_rustls::TlsAcceptor::accept(self, stream).await
    }
}

/// A running server; dropped, it stops and closes its connections.
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// Listens on 127.0.0.1; port 0 takes a free one.
    pub fn start(port: u16, accept: impl Accept, serve: Arc<impl Serve>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new().name("local-http".into()).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = accept_all(listener, Arc::new(accept), serve) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept_all(listener: TcpListener, accept: Arc<impl Accept>, serve: Arc<impl Serve>) {
    for number in 1.. {
        // Out of descriptors, most likely: the next one may have more luck.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (accept, serve) = (Arc::clone(&accept), Arc::clone(&serve));
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let Ok(socket) = stream.as_fd().try_clone_to_owned() else { return };
            let Ok(stream) = accept.accept(stream).await else { return };
            let answer = service_fn(|request| answer(&*serve, request, Connection(number), &socket));
            let _ = hyper::server::conn::http1::Builder::new()
                .title_case_headers(true)
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
    }
}

async fn answer(
    serve: &impl Serve,
    request: http::Request<Incoming>,
    connection: Connection,
    socket: &OwnedFd,
) -> Result<Response, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    match serve.serve(http::Request::from_parts(head, body), connection).await {
        Reply::Answer(response) => Ok(response),
        Reply::Reset => {
            let _ = rustix::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO));
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
}
