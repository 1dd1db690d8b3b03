//! What the stores were asked, and when.

use std::time::Duration;

use crate::local::http::Connection;

#[derive(Clone, Debug)]
pub struct Call {
    /// `GetParameters`, `BatchGetSecretValue`, ...
    pub action: String,
    /// The names, ids or path asked for, as they were asked for.
    pub names: Vec<String>,
    /// Since the emulator started.
    pub arrived: Duration,
    /// Since the emulator started; none while it is being answered.
    pub answered: Option<Duration>,
    /// The status; none where the connection was reset.
    pub status: Option<u16>,
    /// The error's code, where it was one.
    pub error: Option<String>,
    pub connection: Connection,
    /// Out of the signature.
    pub access_key_id: Option<String>,
    pub region: Option<String>,
    pub signed_with_session_token: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Calls(pub Vec<Call>);

impl Calls {
    pub fn count(&self, action: &str) -> usize {
        self.of(action).count()
    }

    pub fn of(&self, action: &str) -> impl Iterator<Item = &Call> {
        self.0.iter().filter(move |call| call.action == action)
    }

    /// How many were being answered at once, at most.
    pub fn concurrency(&self) -> usize {
        let open_at = |at: Duration| {
            let open =
                |call: &&Call| call.arrived <= at && call.answered.is_none_or(|answered| answered > at);
            self.0.iter().filter(open).count()
        };
        self.0.iter().map(|call| open_at(call.arrived)).max().unwrap_or(0)
    }

    /// How many connections they came over.
    pub fn connections(&self) -> usize {
        let distinct: std::collections::HashSet<_> = self.0.iter().map(|call| call.connection).collect();
        distinct.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrency_counts_what_overlaps() {
        let call = |arrived, answered| Call {
            action: "GetParameters".into(),
            names: Vec::new(),
            arrived: Duration::from_millis(arrived),
            answered: Some(Duration::from_millis(answered)),
            status: Some(200),
            error: None,
            connection: Connection(arrived),
            access_key_id: None,
            region: None,
            signed_with_session_token: false,
        };
        let calls = Calls(vec![call(0, 10), call(5, 20), call(9, 12), call(20, 30)]);
        assert_eq!((calls.concurrency(), calls.connections()), (3, 4));
    }
}
