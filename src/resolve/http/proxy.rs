//! The proxy of `HTTPS_PROXY`: whom it is for, and the tunnel through it.
//!
//! Only `https://` goes through it, and never what is on this machine: an answer from loopback that took a way
//! through another machine would not be one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use http::uri::Scheme;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::{HttpFault, Target};
use crate::error::{ErrorType, Problem};
use crate::secret::SecretValue;

/// More than this before the end of its headers is no answer of a proxy.
const LONGEST_HEAD: usize = 16 * 1024;

#[derive(Debug)]
pub struct Proxy {
    pub host: String,
    pub port: u16,
    /// `Basic …`
    authorization: Option<SecretValue>,
    bypass: Vec<String>,
}

impl Proxy {
    /// `http://host:port`, `http://user:password@host:port`, or without the scheme.
    pub fn parse(url: &str, bypass: &[String]) -> Result<Self, Problem> {
        let problem = |why: &str| {
            Problem::new(ErrorType::InvalidDeclaration, why)
                .variable("HTTPS_PROXY")
                .advice("write it as http://host:port or http://user:password@host:port")
        };
        let whole =
            Zeroizing::new(if url.contains("://") { url.to_string() } else { format!("http://{url}") });
        let uri: Uri = whole.parse().map_err(|_| problem("it is no URL"))?;
        if uri.scheme() != Some(&Scheme::HTTP) {
            return Err(problem("a proxy is spoken to over plain http://, which then carries the TLS"));
        }
        let authority = uri.authority().ok_or_else(|| problem("it names no host"))?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_string();
        if host.is_empty() {
            return Err(problem("it names no host"));
        }
        let authorization = authority.as_str().rsplit_once('@').map(|(user, _)| {
            let decoded = Zeroizing::new(percent_decode_str(user).collect::<Vec<u8>>());
            SecretValue::from(format!("Basic {}", STANDARD.encode(&*decoded)))
        });
        let bypass = bypass.iter().map(|entry| entry.trim().to_ascii_lowercase()).collect();
        Ok(Self { host, port: authority.port_u16().unwrap_or(80), authorization, bypass })
    }

    /// Whether connections to this target go through it.
    pub fn serves(&self, target: &Target) -> bool {
        target.tls
            && !target.is_loopback()
            && !target.hands_out_credentials()
            && !self.bypass.iter().any(|entry| matches(entry, target))
    }

    /// Asks for a tunnel; afterwards the stream is one to the target.
    pub async fn tunnel(&self, mut stream: TcpStream, target: &Target) -> Result<TcpStream, HttpFault> {
        let broken = |why: std::io::Error| self.refused(target, why.to_string(), false);
        let authority = target.authority(true);
        let mut head = Zeroizing::new(format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n"));
        if let Some(authorization) = self.authorization.as_ref().and_then(SecretValue::expose_str) {
            head.push_str("Proxy-Authorization: ");
            head.push_str(authorization);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await.map_err(broken)?;

        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            // Byte by byte: what comes after the head belongs to TLS.
            match stream.read_u8().await {
                Ok(byte) if answer.len() < LONGEST_HEAD => answer.push(byte),
                Ok(_) => return Err(self.refused(target, "its answer is not HTTP".into(), true)),
                Err(e) => return Err(broken(e)),
            }
        }
        match status(&answer) {
            Some(200..=299) => Ok(stream),
            Some(code) => Err(self.refused(
                target,
                format!("it answered {code}"),
                code < 500 && code != 429 && code != 408,
            )),
            None => Err(self.refused(target, "its answer is not HTTP".into(), true)),
        }
    }

    fn refused(&self, target: &Target, why: String, lasting: bool) -> HttpFault {
        HttpFault::Tunnel {
            proxy: format!("{}:{}", self.host, self.port),
            host: target.to_string(),
            why,
            lasting,
        }
    }
}

/// `HTTP/1.1 200 Connection established`
fn status(head: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(head).ok()?.lines().next()?;
    let mut words = line.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next()?.parse().ok().filter(|code| (100..600).contains(code))
}

/// `*`, `host`, `.suffix`, `host:port`; a host stands for its subdomains too, as curl has it.
fn matches(entry: &str, target: &Target) -> bool {
    if entry == "*" {
        return true;
    }
    let (host, port) = match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port.parse().ok()),
        _ => (entry, None),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_start_matches("*.");
    let suffix = host.trim_start_matches('.');
    if suffix.is_empty() || port.is_some_and(|port: u16| port != target.port) {
        return false;
    }
    (target.host == suffix && !host.starts_with('.'))
        || target.host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serves(no_proxy: &str, url: &str) -> bool {
        let bypass: Vec<String> = no_proxy.split(',').map(str::to_string).collect();
        let proxy = Proxy::parse("http://proxy.example:3128", &bypass).unwrap();
        proxy.serves(&Target::of(&url.parse().unwrap()).unwrap())
    }

    #[test]
    fn no_proxy_takes_hosts_suffixes_ports_and_the_star() {
        let ssm = "https://ssm.eu-west-1.amazonaws.com";
        for bypassed in
            ["*", "amazonaws.com", ".amazonaws.com", "ssm.eu-west-1.amazonaws.com", "x, amazonaws.com"]
        {
            assert!(!serves(bypassed, ssm), "{bypassed}");
        }
        assert!(!serves("*.amazonaws.com", ssm) && !serves("amazonaws.com:443", ssm));
        for served in ["", "zonaws.com", "amazonaws.com:8443", "example.com", ".ssm.eu-west-1.amazonaws.com"]
        {
            assert!(serves(served, ssm), "{served}");
        }
    }

    #[test]
    fn this_machine_is_never_reached_through_a_proxy() {
        for here in ["https://127.0.0.1:8443", "https://localhost", "https://[::1]", "http://169.254.170.2"] {
            assert!(!serves("", here), "{here}");
        }
    }

    #[test]
    fn a_user_is_decoded_into_the_authorization_and_printed_nowhere() {
        let proxy = Proxy::parse("http://us%40er:hunter2@proxy.example:3128", &[]).unwrap();
        let expected = format!("Basic {}", STANDARD.encode("us@er:hunter2"));
        assert_eq!(proxy.authorization.as_ref().unwrap().expose_str(), Some(expected.as_str()));
        assert_eq!((proxy.host.as_str(), proxy.port), ("proxy.example", 3128));
        assert!(!format!("{proxy:?}").contains("hunter2"));
        for bad in ["https://hunter2@proxy", "socks5://hunter2@x", "http://", "http://hun ter2@x"] {
            let problem = Proxy::parse(bad, &[]).unwrap_err();
            assert_eq!(problem.variable.as_deref(), Some("HTTPS_PROXY"));
            assert!(!problem.to_string().contains("hunter2"), "{problem}");
        }
    }
}
