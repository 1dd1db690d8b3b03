//! What the APIs and the lifecycle share: who has registered, who waits for what, who has ended.

use std::collections::VecDeque;
use std::process::ExitStatus;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::watch;

use super::function::Function;
use super::report::{Exit, Moment, Source, What};

/// The state behind its lock, and the bell that rings at every change.
pub(super) struct Shared {
    pub function: Function,
    started: Instant,
    state: Mutex<State>,
    changed: watch::Sender<()>,
    observer: Box<dyn Fn(&Moment) + Send + Sync>,
}

impl Shared {
    pub fn new(function: Function, observer: Box<dyn Fn(&Moment) + Send + Sync>) -> Self {
        let state = Mutex::new(State::default());
        Self { function, started: Instant::now(), state, changed: watch::Sender::new(()), observer }
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while the state is held")
    }

    /// Changes the state and tells everyone who waits.
    pub fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.send_replace(());
        result
    }

    /// Changes the state and notes what that was, in one: nobody acts on the change before it is noted.
    pub fn update_noting<T, E>(
        &self,
        change: impl FnOnce(&mut State) -> Result<(T, What), E>,
    ) -> Result<T, E> {
        let (value, moment) = {
            let mut state = self.lock();
            let (value, what) = change(&mut state)?;
            let moment = Moment { at: self.started.elapsed(), what };
            state.moments.push(moment.clone());
            (value, moment)
        };
        (self.observer)(&moment);
        self.changed.send_replace(());
        Ok(value)
    }

    /// Waits until `look` finds what it is after; it looks now and after every change.
    pub async fn wait<T>(&self, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        let mut changes = self.changed.subscribe();
        loop {
            if let Some(found) = look(&mut self.lock()) {
                self.changed.send_replace(());
                return found;
            }
            // The sender is in `self`, so this cannot fail.
            let _ = changes.changed().await;
        }
    }

    /// Notes what happened and shows it to the observer.
    pub fn note(&self, what: What) {
        let moment = Moment { at: self.started.elapsed(), what };
        (self.observer)(&moment);
        self.lock().moments.push(moment);
    }

    /// A process has ended.
    pub fn exited(&self, attempt: usize, source: Source, status: ExitStatus) {
        self.note(What::Exited(Exit { source: source.clone(), attempt, status }));
        self.update(|state| {
            if state.attempt != attempt {
                return;
            }
            match source {
                Source::Runtime => state.runtime.exit = Some(status),
                Source::Extension(name) => {
                    if let Some(agent) = state.agents.iter_mut().find(|agent| agent.name == name) {
                        agent.exit = Some(status);
                    }
                }
            }
        });
    }
}

#[derive(Default)]
pub(super) struct State {
    /// Counts the starts of this sandbox; what belongs to an earlier one no longer counts.
    pub attempt: usize,
    pub agents: Vec<Agent>,
    pub runtime: Runtime,
    /// INIT is over: nobody may register any more.
    pub closed: bool,
    pub moments: Vec<Moment>,
}

impl State {
    /// Forgets the processes of the last start, for the next one.
    pub fn begin(&mut self, extensions: impl Iterator<Item = String>) {
        self.attempt += 1;
        self.agents = extensions.map(|name| Agent::new(name, true)).collect();
        self.runtime = Runtime::default();
        self.closed = false;
    }

    pub fn agent_by_id(&mut self, id: &str) -> Option<&mut Agent> {
        self.agents.iter_mut().find(|agent| agent.id == id)
    }
}

/// What was posted to `init/error` or `exit/error`.
#[derive(Clone, Debug)]
pub(super) struct Reported {
    pub error_type: Option<String>,
    pub message: Option<String>,
}

/// An extension.
pub(super) struct Agent {
    pub name: String,
    /// Empty until it registers.
    pub id: String,
    /// A process of its own, rather than a part of the runtime's.
    pub external: bool,
    pub events: Vec<String>,
    pub phase: AgentPhase,
    pub inbox: VecDeque<Value>,
    pub reported: Option<Reported>,
    pub exit: Option<ExitStatus>,
}

impl Agent {
    pub fn new(name: String, external: bool) -> Self {
        Self {
            name,
            id: String::new(),
            external,
            events: Vec::new(),
            phase: AgentPhase::Started,
            inbox: VecDeque::new(),
            reported: None,
            exit: None,
        }
    }

    pub fn wants(&self, event: &str) -> bool {
        self.events.iter().any(|wanted| wanted == event)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AgentPhase {
    Started,
    Registered,
    /// Waits in next.
    Ready,
    Running,
    InitError,
    ExitError,
}

#[derive(Default)]
pub(super) struct Runtime {
    pub phase: RuntimePhase,
    pub inbox: Option<Pending>,
    /// The invocation in its hands.
    pub current: Option<String>,
    pub answer: Option<RuntimeAnswer>,
    pub reported: Option<Reported>,
    pub exit: Option<ExitStatus>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum RuntimePhase {
    #[default]
    Started,
    /// Waits in next.
    Ready,
    Running,
    ResponseSent,
    InitError,
}

/// An invocation on its way to the runtime.
pub(super) struct Pending {
    pub request_id: String,
    pub deadline_ms: u128,
    pub event: Bytes,
}

pub(super) enum RuntimeAnswer {
    Response(Bytes),
    Error { error_type: Option<String>, body: Bytes },
}
