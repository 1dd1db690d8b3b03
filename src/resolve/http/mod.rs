//! The HTTP client under everything: HTTP/1.1 on hyper, TLS on rustls with ring, one pool for all.
//!
//! Certificates are always checked. Plain `http://` is spoken with this machine only, and with the link-local
//! addresses that hand out credentials.

#[cfg(feature = "tool")]
mod carrier;
mod client;
mod connect;
mod fault;
mod pool;
mod proxy;
mod target;
mod tls;

#[cfg(feature = "tool")]
pub use carrier::http_client;
pub use client::Client;
pub use fault::HttpFault;
pub use target::Target;
