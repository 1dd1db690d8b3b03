//! One call: its turn, its attempts, and the pauses between them.
//!
//! It knows no deadline: whoever waits for it gives up at the deadline, and asks its [`Progress`] what it was at.

use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, sleep, timeout};

use super::door::Door;
use super::fault::{Fault, Kind};
use super::progress::Progress;
use crate::declare::Store;
use crate::resolved::Calls;

/// Calls under way to one store at a time; more would cost a handshake each and be throttled.
const SIDE_BY_SIDE: usize = 16;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What is counted and limited over all calls to one store.
#[derive(Debug)]
pub struct Traffic {
    attempts: AtomicU32,
    retries: AtomicU32,
    turns: Semaphore,
    door: Door,
    /// Whether there was an answer, be it a refusal.
    heard: AtomicBool,
    /// When to give up what was not heard of; never, where that is not said.
    patience: OnceLock<Instant>,
}

impl Traffic {
    pub fn behind(door: &Door) -> Self {
        let turns = Semaphore::new(SIDE_BY_SIDE);
        let (attempts, retries, heard, patience) = Default::default();
        Self { attempts, retries, turns, door: door.clone(), heard, patience }
    }

    /// Whether nobody is there, for long enough that a person need not wait for more.
    fn gives_up(&self, fault: &Fault) -> bool {
        if fault.kind != Kind::Unreached {
            self.heard.store(true, Ordering::Relaxed);
        }
        let is_over = || self.patience.get().is_some_and(|end| Instant::now() >= *end);
        !self.heard.load(Ordering::Relaxed) && is_over()
    }
}

/// The traffic with both stores, and with the service that hands out the credentials of roles.
#[derive(Debug)]
pub struct Traffics {
    ssm: Traffic,
    secretsmanager: Traffic,
    pub sts: Traffic,
}

impl Traffics {
    pub fn behind(door: &Door) -> Self {
        let traffic = || Traffic::behind(door);
        Self { ssm: traffic(), secretsmanager: traffic(), sts: traffic() }
    }

    pub fn of(&self, store: Store) -> &Traffic {
        match store {
            Store::Ssm => &self.ssm,
            Store::SecretsManager => &self.secretsmanager,
        }
    }

    /// Until then an attempt follows the other, though no answer came; after that no more.
    #[cfg(feature = "tool")]
    pub fn unheard_until(&self, end: Instant) {
        for traffic in [&self.ssm, &self.secretsmanager, &self.sts] {
            let _ = traffic.patience.set(end);
        }
    }

    pub fn calls(&self) -> Calls {
        let count = |counter: &AtomicU32| counter.load(Ordering::Relaxed);
        Calls {
            ssm: count(&self.ssm.attempts),
            secretsmanager: count(&self.secretsmanager.attempts),
            sts: count(&self.sts.attempts),
            retries: [&self.ssm, &self.secretsmanager, &self.sts].map(|of| count(&of.retries)).iter().sum(),
            assuming: Duration::ZERO,
        }
    }
}

/// Makes attempts until one ends with an answer or with a fault that another attempt would meet again; `before` of
/// them were made already.
pub async fn call<T, F>(
    traffic: &Traffic,
    progress: &Progress,
    before: u32,
    mut send: impl FnMut() -> F,
) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    for attempt in before.. {
        let fault = {
            progress.attempt();
            let _turn = traffic.turns.acquire().await.expect("it is never closed");
            traffic.attempts.fetch_add(1, Ordering::Relaxed);
            traffic.retries.fetch_add(u32::from(attempt > 0), Ordering::Relaxed);
            match progress.watch(within(attempt_limit(attempt), &traffic.door, send())).await {
                Ok(Ok(answer)) => {
                    traffic.heard.store(true, Ordering::Relaxed);
                    return Ok(answer);
                }
                Ok(Err(fault)) => fault,
                Err(_) => Fault::new(
                    Kind::Unreached,
                    format!("too slow: {} s {}", attempt_limit(attempt).as_secs(), progress.waiting()),
                ),
            }
        };
        if !fault.is_passing() || traffic.gives_up(&fault) {
            return Err(fault);
        }
        pause(attempt, progress, &fault).await;
    }
    unreachable!("attempts are without end")
}

/// A request is made and signed while the policy decides; its time begins when it may leave.
async fn within<T>(limit: Duration, door: &Door, sending: impl Future<Output = T>) -> Result<T, Elapsed> {
    let mut sending = pin!(sending);
    tokio::select! {
        biased;
        answer = &mut sending => Ok(answer),
        () = door.passed() => timeout(limit, sending).await,
    }
}

/// The pause before the attempt after this one.
pub async fn pause(attempt: u32, progress: &Progress, fault: &Fault) {
    progress.failed(fault.to_string());
    sleep(full_jitter(attempt, random())).await;
}

/// A store that is merely slow gets its chance: 3 s, then 6 s and so on.
fn attempt_limit(attempt: u32) -> Duration {
    Duration::from_secs(3 << attempt.min(4))
}

/// Anything from nothing to twice the bound before, so that those who fail together do not return together.
fn full_jitter(attempt: u32, random: u32) -> Duration {
    let bound = LONGEST_PAUSE.min(FIRST_PAUSE * (1 << attempt.min(10)));
    bound.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

/// The standard library's hash keys are random, which is random enough for a pause.
fn random() -> u32 {
    RandomState::new().hash_one(0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_anywhere_below_a_bound_that_doubles_to_a_second() {
        assert_eq!(full_jitter(0, 0), Duration::ZERO);
        assert_eq!(full_jitter(0, u32::MAX), FIRST_PAUSE);
        assert_eq!(full_jitter(2, u32::MAX), 4 * FIRST_PAUSE);
        assert_eq!(full_jitter(30, u32::MAX), LONGEST_PAUSE);
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
    }

    #[test]
    fn what_passes_is_tried_again_and_counted_and_what_lasts_is_not() {
        let traffics = Traffics::behind(&Door::opened());
        let progress = Progress::default();
        let mut left = 2;
        let answer = run(call(traffics.of(Store::Ssm), &progress, 0, || {
            let result =
                if left > 0 { Err(Fault::new(Kind::Passing, "ThrottlingException")) } else { Ok("fine") };
            left -= 1;
            async move { result }
        }));
        assert_eq!(answer, Ok("fine"));
        let denied = Fault::new(Kind::Denied, "AccessDeniedException");
        let answer: Result<(), _> =
            run(call(traffics.of(Store::SecretsManager), &progress, 0, || async { Err(denied.clone()) }));
        assert_eq!(answer, Err(denied.clone()));
        assert_eq!(traffics.calls(), Calls { ssm: 3, secretsmanager: 1, retries: 2, ..Calls::default() });
    }

    #[cfg(feature = "tool")]
    #[test]
    fn what_is_never_heard_of_is_given_up_and_what_was_heard_of_is_not() {
        let traffics = Traffics::behind(&Door::opened());
        traffics.unheard_until(Instant::now());
        let unreached = Fault::new(Kind::Unreached, "Connection refused");
        let progress = Progress::default();
        let given_up: Result<(), _> =
            run(call(traffics.of(Store::Ssm), &progress, 0, || async { Err(unreached.clone()) }));
        assert_eq!(given_up, Err(unreached.clone()));
        let mut answers =
            vec![Ok("fine"), Err(unreached.clone()), Err(Fault::new(Kind::Passing, "ThrottlingException"))];
        let answer = run(call(traffics.of(Store::SecretsManager), &progress, 0, || {
            let answer = answers.pop().unwrap();
            async move { answer }
        }));
        assert_eq!(answer, Ok("fine"));
    }
}
