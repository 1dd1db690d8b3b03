//! HTTP/1.1 on one connection that is kept.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::TcpStream;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot connect to the Extensions API on {api}: {source}")]
    Connect { api: String, source: std::io::Error },
    #[error("{call} did not get through to the Extensions API: {source}")]
    Http { call: &'static str, source: hyper::Error },
    #[error("the Extensions API refused {call}: {status} {answer}")]
    Refused { call: &'static str, status: StatusCode, answer: String },
    #[error("the Extensions API answered {call} with something else: {why}")]
    Malformed { call: &'static str, why: &'static str },
}

pub struct Call {
    path: &'static str,
    method: Method,
    pub headers: HeaderMap,
    body: Bytes,
}

impl Call {
    pub fn get(path: &'static str) -> Self {
        Self { path, method: Method::GET, headers: HeaderMap::new(), body: Bytes::new() }
    }

    pub fn post(path: &'static str, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("our own bodies serialize").into();
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self { path, method: Method::POST, headers, body }
    }

    /// A value that no header can hold is left out; Lambda then says what is missing.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

pub struct Answer {
    pub headers: HeaderMap,
    pub body: Bytes,
}

pub struct Api {
    authority: String,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl Api {
    pub fn new(authority: &str) -> Self {
        Self { authority: authority.into(), connection: None }
    }

    pub async fn connect(&mut self) -> Result<(), Error> {
        let stream = TcpStream::connect(&self.authority)
            .await
            .map_err(|source| Error::Connect { api: self.authority.clone(), source })?;
        let _ = stream.set_nodelay(true);
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|source| Error::Http { call: "the handshake", source })?;
        // An error of the connection comes back through the request that meets it.
        tokio::spawn(connection);
        self.connection = Some(sender);
        Ok(())
    }

    /// A connection that takes a request: the one that is there, or a new one where the other end has closed it.
    async fn ready(&mut self, call: &'static str) -> Result<&mut SendRequest<Full<Bytes>>, Error> {
        let usable = match &mut self.connection {
            Some(connection) => connection.ready().await.is_ok(),
            None => false,
        };
        if !usable {
            self.connect().await?;
        }
        self.connection.as_mut().ok_or(Error::Malformed { call, why: "no connection" })
    }

    /// Sends and waits for the answer, without a time-out: `event/next` is meant to take long.
    pub async fn send(&mut self, call: Call) -> Result<Answer, Error> {
        let path = call.path;
        let failed = |source| Error::Http { call: path, source };
        let mut request = Request::new(Full::new(call.body));
        *request.method_mut() = call.method;
        *request.uri_mut() = format!("/2020-01-01/extension/{path}").parse().expect("our own paths parse");
        *request.headers_mut() = call.headers;
        if let Ok(host) = HeaderValue::from_str(&self.authority) {
            request.headers_mut().insert(header::HOST, host);
        }
        let response = self.ready(path).await?.send_request(request).await.map_err(failed)?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(failed)?.to_bytes();
        if !parts.status.is_success() {
            let answer: String = String::from_utf8_lossy(&body).chars().take(300).collect();
            return Err(Error::Refused { call: path, status: parts.status, answer });
        }
        Ok(Answer { headers: parts.headers, body })
    }
}
