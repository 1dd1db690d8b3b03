//! PEM (RFC 7468), as much of it as one key needs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One block, and what stands before it.
#[derive(Debug)]
pub struct Block<'a> {
    pub before: &'a str,
    pub label: &'a str,
    pub der: Vec<u8>,
}

/// Every block of a text. Line ends in the body do not matter: a variable may have lost them.
pub fn blocks(text: &str) -> Result<Vec<Block<'_>>, &'static str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("-----BEGIN ") {
        let (label, behind) = behind.split_once("-----").ok_or("its BEGIN line does not end")?;
        let (body, behind) = behind.split_once("-----END ").ok_or("it has no END line")?;
        rest = behind
            .strip_prefix(label)
            .and_then(|behind| behind.strip_prefix("-----"))
            .ok_or("its END line is not that of its BEGIN line")?;
        let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let der = STANDARD.decode(body).map_err(|_| "what stands between BEGIN and END is not base64")?;
        found.push(Block { before, label, der });
    }
    if found.is_empty() { Err("it is no PEM: there is no BEGIN line") } else { Ok(found) }
}
