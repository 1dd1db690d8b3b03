//! PEM (RFC 7468), as much as keys and certificates need.

use crate::decide::builtins::arguments::base64;

/// `CERTIFICATE` and what stands within.
#[derive(Debug)]
pub(in crate::decide::builtins) struct Block {
    pub label: String,
    pub bytes: Vec<u8>,
}

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

/// The first block and what follows it, `None` where there is none at all.
pub(in crate::decide::builtins) fn pem_block(text: &str) -> Result<Option<(Block, &str)>, String> {
    let Some(at) = text.find(BEGIN).filter(|at| *at == 0 || text[..*at].ends_with('\n')) else {
        return Ok(None);
    };
    let broken = || "a PEM block is broken".to_string();
    let (label, rest) = text[at + BEGIN.len()..].split_once(DASHES).ok_or_else(broken)?;
    let (body, rest) = rest.split_once(&format!("-----END {label}-----")).ok_or_else(broken)?;
    let body: String = body.split_ascii_whitespace().collect();
    let bytes = base64(&body).ok_or_else(broken)?;
    let rest = rest.trim_start_matches([' ', '\t', '\r']);
    Ok(Some((Block { label: label.to_string(), bytes }, rest.strip_prefix('\n').unwrap_or(rest))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_and_what_follows() {
        let text = "before\n-----BEGIN A B-----\nAQ\nID\n-----END A B-----\nrest";
        let (block, rest) = pem_block(text).unwrap().unwrap();
        assert_eq!((block.label.as_str(), block.bytes.as_slice(), rest), ("A B", &[1, 2, 3][..], "rest"));
        assert!(pem_block("{}").unwrap().is_none());
    }

    #[test]
    fn a_broken_block_is_an_error() {
        for text in [
            "-----BEGIN A-----\nAQID",
            "-----BEGIN A-----\n!\n-----END A-----",
            "-----BEGIN ",
            "-----BEGIN A-----\n-----END B-----",
        ] {
            assert!(pem_block(text).is_err(), "{text}");
        }
    }
}
