//! Requests and answers over pooled connections.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::{HOST, HeaderValue, USER_AGENT};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

use super::connect::{Connection, Connector};
use super::pool::Pool;
use super::proxy::Proxy;
use super::{HttpFault, Target, tls};
use crate::declare::AwsSettings;
use crate::error::Problem;
use crate::resolve::door::Door;
use crate::resolve::progress::{Progress, Waiting};

/// 50 parameters of 8 KB or 20 secrets of 64 KB, escaped, are far below this.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

const AGENT: &str = concat!("vestry/", env!("CARGO_PKG_VERSION"));

/// Cheap to clone: one pool behind all of them.
#[derive(Clone, Debug)]
pub struct Client {
    pool: Arc<Pool>,
    door: Door,
}

impl Client {
    pub fn new(settings: &AwsSettings) -> Result<Self, Problem> {
        Self::behind(Door::opened(), settings)
    }

    /// Connects, and sends nothing before the door is open.
    pub fn behind(door: Door, settings: &AwsSettings) -> Result<Self, Problem> {
        let tls = tls::config(settings.ca_bundle.as_deref())?;
        let proxy = settings.https_proxy.as_deref().map(|url| Proxy::parse(url, &settings.no_proxy));
        let connector = Connector::new(tls, proxy.transpose()?);
        Ok(Self { pool: Arc::new(Pool::new(connector)), door })
    }

    /// Begins to open connections in the background, for requests to come.
    pub fn preconnect(&self, target: &Target, count: usize) {
        self.pool.preconnect(target, count);
    }

    /// Sends a request, and once more on a new connection if a waiting one turns out to be dead.
    pub async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpFault> {
        let target = Target::of(request.uri())?;
        let progress = Progress::current();
        if !request.headers().contains_key(HOST) {
            let host = HeaderValue::try_from(target.to_string())
                .map_err(|_| HttpFault::BadUrl { url: target.to_string(), why: "it has no host" })?;
            request.headers_mut().insert(HOST, host);
        }
        // What CloudTrail shows of who asked; it is not signed.
        request.headers_mut().entry(USER_AGENT).or_insert(HeaderValue::from_static(AGENT));
        // HTTP/1.1 wants the path alone.
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = path.map_or_else(|| http::Uri::from_static("/"), http::Uri::from);

        self.door.passed().await;
        let (mut connection, waited) = self.pool.take(&target, &progress).await?;
        let answer = match exchange(&mut connection, request.clone(), &target, &progress).await {
            Err(HttpFault::Broken { .. }) if waited => {
                connection = self.pool.open(&target, &progress).await?;
                exchange(&mut connection, request, &target, &progress).await?
            }
            answer => answer?,
        };
        progress.waits_for(Waiting::Rest(target.to_string()));
        let answer = whole(answer, &target).await?;
        self.pool.give_back(&target, connection);
        Ok(answer)
    }
}

/// The head of the answer.
async fn exchange(
    connection: &mut Connection,
    request: Request<Bytes>,
    target: &Target,
    progress: &Progress,
) -> Result<Response<Incoming>, HttpFault> {
    progress.waits_for(Waiting::Answer(target.to_string()));
    connection.send_request(request.map(Full::new)).await.map_err(|e| {
        let host = target.to_string();
        if e.is_parse() { HttpFault::NotHttp { host } } else { HttpFault::Broken { host } }
    })
}

/// The whole of the answer, as far as it is of a size that can be one.
async fn whole(answer: Response<Incoming>, target: &Target) -> Result<Response<Bytes>, HttpFault> {
    let (head, mut incoming) = answer.into_parts();
    let mut body = BytesMut::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|_| HttpFault::Broken { host: target.to_string() })?;
        if let Ok(data) = frame.into_data() {
            if body.len() + data.len() > LARGEST_ANSWER {
                return Err(HttpFault::TooLarge { host: target.to_string(), limit: LARGEST_ANSWER });
            }
            body.extend_from_slice(&data);
        }
    }
    Ok(Response::from_parts(head, body.freeze()))
}
