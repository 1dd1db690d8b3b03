//! The roles that references are asked for with: each assumed once, side by side, when the first call as it is made.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::api::Api;
use super::fault::{Fault, Kind};
use super::progress::{Progress, Waiting};
use super::retry::{self, Traffics};
use super::sts;
use crate::declare::{Function, Role};

/// Cheap to clone: all share what was obtained.
#[derive(Clone)]
pub struct Roles(Arc<Inner>);

struct Inner {
    sts: Api,
    session: String,
    traffics: Arc<Traffics>,
    assumed: BTreeMap<Role, Assumed>,
    /// When the first was asked for, and when the last was there.
    span: Mutex<Option<(Instant, Instant)>>,
}

/// The outcome for one role, a failure included: nobody asks twice.
#[derive(Default)]
struct Assumed {
    outcome: OnceCell<Result<Credentials, Fault>>,
    progress: Progress,
}

impl Roles {
    pub fn new(
        roles: impl Iterator<Item = Role>,
        sts: Api,
        function: &Function,
        traffics: Arc<Traffics>,
    ) -> Self {
        let session = session_name(function.name.as_deref());
        let assumed = roles.map(|role| (role, Assumed::default())).collect();
        Self(Arc::new(Inner { sts, session, traffics, assumed, span: Mutex::default() }))
    }

    /// The role's credentials, by the one call of whoever comes first.
    pub async fn credentials(&self, role: &Role, progress: &Progress) -> Result<Credentials, Fault> {
        let inner = &*self.0;
        let Some(assumed) = inner.assumed.get(role) else {
            return Err(Fault::new(Kind::Malformed, "the role was not planned for"));
        };
        progress.waits_for(Waiting::Opening(assumed.progress.clone()));
        let assume = || async {
            let began = Instant::now();
            let send = || sts::assume_role(&inner.sts, role, &inner.session);
            let outcome = retry::call(&inner.traffics.sts, &assumed.progress, 0, send).await;
            inner.note(began, Instant::now());
            outcome
        };
        assumed.outcome.get_or_init(assume).await.clone()
    }

    /// From the first that was asked for to the last that was there.
    pub fn took(&self) -> Duration {
        let span = *self.0.span.lock().unwrap_or_else(PoisonError::into_inner);
        span.map_or(Duration::ZERO, |(began, ended)| ended - began)
    }
}

impl Inner {
    fn note(&self, began: Instant, ended: Instant) {
        let mut span = self.span.lock().unwrap_or_else(PoisonError::into_inner);
        *span = Some(span.map_or((began, ended), |(first, last)| (first.min(began), last.max(ended))));
    }
}

/// What CloudTrail of the other account shows: `vestry-orders-prod`, 64 characters at most.
fn session_name(function: Option<&str>) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() || "_=,.@-".contains(c) { c } else { '-' };
    let function = function.map_or(String::new(), |name| format!("-{name}"));
    format!("vestry{function}").chars().map(legal).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_called_after_the_function() {
        assert_eq!(session_name(None), "vestry");
        assert_eq!(session_name(Some("orders-prod")), "vestry-orders-prod");
        assert_eq!(session_name(Some("a b:é")), "vestry-a-b--");
        assert_eq!(session_name(Some(&"x".repeat(100))).len(), 64);
    }
}
