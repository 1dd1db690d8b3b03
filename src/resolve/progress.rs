//! What a call is waiting for, so that the error at the deadline can say it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

tokio::task_local! {
    /// The progress of the call that the current task is making: the HTTP client is below the SDK and has no
    /// other way to learn whose connection it opens.
    static CURRENT: Progress;
}

/// Shared between the one who waits and the one who reports.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    waiting: Waiting,
    attempts: u32,
    last_error: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub enum Waiting {
    #[default]
    Turn,
    Credentials,
    Name(String),
    Connecting(String),
    Proxy(String),
    Tls(String),
    Answer(String),
    Rest(String),
    Retry,
    /// A connection that was begun earlier, elsewhere.
    Opening(Progress),
}

impl Progress {
    /// The progress of the current task's call; one that nobody reads outside of one.
    pub fn current() -> Self {
        CURRENT.try_with(Clone::clone).unwrap_or_default()
    }

    /// Makes this the current progress while `future` runs.
    pub fn watch<F: Future>(&self, future: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self.clone(), future)
    }

    pub fn waits_for(&self, waiting: Waiting) {
        self.with(|state| state.waiting = waiting);
    }

    pub fn waiting(&self) -> Waiting {
        self.with(|state| state.waiting.clone())
    }

    pub fn attempt(&self) {
        self.with(|state| {
            state.attempts += 1;
            state.waiting = Waiting::Turn;
        });
    }

    pub fn failed(&self, error: String) {
        self.with(|state| {
            state.last_error = Some(error);
            state.waiting = Waiting::Retry;
        });
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `waiting for the answer of ssm.eu-west-1.amazonaws.com (attempt 3; the one before: ThrottlingException)`
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (waiting, attempts, last_error) =
            self.with(|state| (state.waiting.clone(), state.attempts, state.last_error.clone()));
        write!(f, "{waiting}")?;
        match (last_error, &waiting) {
            (Some(error), Waiting::Retry) => write!(f, " after attempt {attempts}: {error}"),
            (Some(error), _) => write!(f, " (attempt {attempts}; the one before: {error})"),
            (None, _) => Ok(()),
        }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Turn => write!(f, "waiting for its turn"),
            Self::Credentials => write!(f, "waiting for credentials"),
            Self::Name(host) => write!(f, "resolving the name {host}"),
            Self::Connecting(host) => write!(f, "connecting to {host}"),
            Self::Proxy(host) => write!(f, "waiting for the proxy {host}"),
            Self::Tls(host) => write!(f, "waiting for the TLS handshake with {host}"),
            Self::Answer(host) => write!(f, "waiting for the answer of {host}"),
            Self::Rest(host) => write!(f, "waiting for the rest of the answer of {host}"),
            Self::Retry => write!(f, "waiting to retry"),
            Self::Opening(other) => write!(f, "{other}"),
        }
    }
}
