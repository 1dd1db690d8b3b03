//! Whom to connect to, and whether plain HTTP may be spoken there.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;

use super::HttpFault;

/// The link-local addresses that hand out a container's credentials: ECS and Lambda, EKS.
const CONTAINER: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

/// Those of an EC2 instance, which only the SDK's default chain asks.
const INSTANCE: [&str; 2] = ["169.254.169.254", "fd00:ec2::254"];

/// One end of connections: those with the same target may be used for one another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// A name or an address, IPv6 without brackets.
    pub host: String,
    pub port: u16,
    pub tls: bool,
}

impl Target {
    pub fn of(uri: &Uri) -> Result<Self, HttpFault> {
        let bad = |why| HttpFault::BadUrl { url: without_query(uri), why };
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(bad("it begins with neither https:// nor http://")),
        };
        let authority = uri.authority().ok_or_else(|| bad("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(HttpFault::BadUrl { url: "the URL".into(), why: "it carries a user" });
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() {
            return Err(bad("it has no host"));
        }
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let target = Self { host, port, tls };
        if !target.tls && !target.is_loopback() && !target.hands_out_credentials() {
            return Err(bad("plain http:// is for loopback only"));
        }
        Ok(target)
    }

    /// This machine itself, by its address or as `localhost`.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(|address: IpAddr| is_loopback(address))
    }

    pub fn hands_out_credentials(&self) -> bool {
        self.is_one_of(&CONTAINER) || self.is_instance()
    }

    pub fn is_instance(&self) -> bool {
        self.is_one_of(&INSTANCE)
    }

    fn is_one_of(&self, addresses: &[&str]) -> bool {
        let own = self.host.parse::<IpAddr>();
        own.is_ok_and(|own| addresses.iter().any(|address| address.parse() == Ok(own)))
    }

    /// `Host` and the argument of `CONNECT`: with the port unless it is the scheme's own.
    pub fn authority(&self, always_port: bool) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let default = if self.tls { 443 } else { 80 };
        if always_port || self.port != default { format!("{host}:{}", self.port) } else { host }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.authority(false))
    }
}

pub fn is_loopback(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback()),
    }
}

fn without_query(uri: &Uri) -> String {
    uri.to_string().split('?').next().unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, HttpFault> {
        Target::of(&url.parse().unwrap())
    }

    #[test]
    fn plain_http_is_spoken_with_this_machine_and_credential_endpoints_only() {
        for fine in [
            "http://127.0.0.1:5000/",
            "http://127.8.9.10",
            "http://[::1]:80/x",
            "http://localhost:4566",
            "http://169.254.170.2/v2",
            "http://169.254.170.23/v1",
            "http://[fd00:ec2::23]/v1",
            "https://example.com",
        ] {
            assert!(target(fine).is_ok(), "{fine}");
        }
        for not in [
            "http://example.com",
            "http://10.0.0.1",
            "http://127.0.0.1.example.com",
            "http://169.254.170.3",
            "http://localhost.example.com",
            "https://user:pass@example.com",
            "/only/a/path",
        ] {
            assert!(target(not).is_err(), "{not}");
        }
    }

    #[test]
    fn the_authority_names_the_port_where_it_is_not_the_usual_one() {
        assert_eq!(target("https://example.com").unwrap().authority(false), "example.com");
        assert_eq!(target("https://example.com").unwrap().authority(true), "example.com:443");
        assert_eq!(target("http://[::1]:8080").unwrap().authority(false), "[::1]:8080");
    }

    #[test]
    fn a_user_in_a_url_is_not_repeated() {
        let message = target("https://user:hunter2@example.com").unwrap_err().to_string();
        assert!(!message.contains("hunter2"), "{message}");
    }
}
