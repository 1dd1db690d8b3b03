//! What goes wrong below HTTP. Hosts are named, bytes of an answer never.

use std::io;

#[derive(Debug, thiserror::Error)]
pub enum HttpFault {
    #[error("{host} has no address: {why}")]
    NoAddress { host: String, why: io::Error },
    #[error("{host} cannot be reached: {why}")]
    Unreachable { host: String, why: io::Error },
    #[error("{host} cannot be reached: no connection within {seconds} s")]
    NoConnection { host: String, seconds: u64 },
    #[error("the proxy {proxy} did not open a tunnel to {host}: {why}")]
    Tunnel { proxy: String, host: String, why: String, lasting: bool },
    #[error("the certificate of {host} is not trusted ({why})")]
    Untrusted { host: String, why: String },
    #[error("TLS with {host} failed: {why}")]
    Tls { host: String, why: io::Error },
    #[error("{host} closed the connection before its answer was complete")]
    Broken { host: String },
    #[error("the answer of {host} is not HTTP")]
    NotHttp { host: String },
    #[error("the answer of {host} is larger than {limit} bytes")]
    TooLarge { host: String, limit: usize },
    #[error("{url} is no URL that can be asked: {why}")]
    BadUrl { url: String, why: &'static str },
}

impl HttpFault {
    /// Another attempt would meet the same.
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::Tunnel { lasting, .. } => *lasting,
            Self::Untrusted { .. } | Self::NotHttp { .. } | Self::TooLarge { .. } | Self::BadUrl { .. } => {
                true
            }
            _ => false,
        }
    }
}
