//! The HTTP client under everything: HTTP/1.1 on hyper, TLS on rustls with ring, one pool for all.
//!
//! Certificates are always checked. Plain `http://` is spoken with this machine only, and with the link-local
//! addresses that hand out credentials.

mod client;
mod connect;
mod fault;
mod pool;
mod proxy;
mod target;
mod tls;

use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::declare::AwsSettings;
use crate::error::Problem;

pub use client::Client;
pub use fault::HttpFault;
pub use target::Target;

/// The client for a whole credentials chain: certificates and proxy as the settings say.
pub fn http_client(settings: &AwsSettings) -> Result<SharedHttpClient, Problem> {
    Ok(SharedHttpClient::new(Client::new(settings)?))
}
