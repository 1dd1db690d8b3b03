//! Says whether a caller's token is the right one. The right one is the plain environment variable `API_TOKEN`;
//! that Vestry put it there, nothing in here knows.
//!
//! On `provided.al2023` the function's handler is the program's name, `authorizer`, and the layer
//! `vestry-provided` brings the `bootstrap` that starts it.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Request {
    token: String,
}

#[derive(Serialize)]
struct Answer {
    authorized: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let expected = std::env::var("API_TOKEN").map_err(|_| "API_TOKEN is not set")?;
    let expected = expected.as_bytes();
    run(service_fn(move |event: LambdaEvent<Request>| async move {
        Ok::<_, Error>(Answer { authorized: same(event.payload.token.as_bytes(), expected) })
    }))
    .await
}

/// Takes as long for a token that is nearly right as for one that is not at all.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn only_the_very_token_is_the_same() {
        assert!(same(b"token", b"token"));
        for other in [&b""[..], b"toke", b"tokens", b"tokem", b"Token"] {
            assert!(!same(other, b"token"));
        }
    }
}
