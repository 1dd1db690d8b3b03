//! Parameter Store's lists of parameters, a page at a time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::faults::{Failure, Struck};
use super::protocol::ApiError;

/// The page of what was found that begins where `next_token` says, and the token of the next one where there is more.
pub(super) fn page(
    found: impl Iterator<Item = Value>,
    limit: usize,
    next_token: Option<&str>,
    struck: &Struck,
) -> Result<Value, ApiError> {
    let start = match next_token {
        None => 0,
        Some(token) => position(token)
            .ok_or_else(|| ApiError::new("InvalidNextToken", "The specified token is not valid."))?,
    };
    if struck.has(&Failure::EmptyPage) {
        return Ok(json!({ "Parameters": [], "NextToken": token(start) }));
    }
    let mut rest = found.skip(start);
    let page: Vec<Value> = rest.by_ref().take(limit).collect();
    let next =
        if struck.has(&Failure::RepeatedToken) { Some(start) } else { rest.next().map(|_| start + limit) };
    let mut answer = json!({ "Parameters": page });
    if let Some(next) = next {
        answer["NextToken"] = json!(token(next));
    }
    Ok(answer)
}

/// Opaque to callers, as the real one's.
fn token(position: usize) -> String {
    STANDARD.encode(format!("page:{position}"))
}

fn position(token: &str) -> Option<usize> {
    String::from_utf8(STANDARD.decode(token).ok()?).ok()?.strip_prefix("page:")?.parse().ok()
}
