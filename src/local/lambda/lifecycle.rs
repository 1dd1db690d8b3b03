//! One sandbox from INIT to SHUTDOWN.

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::json;
use tokio::time::{Instant, timeout, timeout_at};

use super::api::Api;
use super::environment;
use super::function::Function;
use super::process::Process;
use super::report::{
    Answer, Failure, FailureKind, Init, Invocation, Moment, Reason, Report, Shutdown, Source, What,
};
use super::state::{Agent, AgentPhase, Pending, Reported, RuntimeAnswer, RuntimePhase, Shared, State};
use crate::local::http::{Plain, Server};
use crate::local::request_id;

/// The part of SHUTDOWN that the runtime has to itself before the extensions are told.
const RUNTIME_SHARE: f64 = 0.3;

/// A sandbox; it lives in a tokio runtime. Dropped without a shutdown, it kills its processes.
pub struct Sandbox {
    shared: Arc<Shared>,
    server: Server,
    processes: Vec<Process>,
    ready: bool,
    report: Report,
}

impl Sandbox {
    /// Listens; starts no process yet.
    pub fn new(function: Function) -> io::Result<Self> {
        Self::observed(function, |_| {})
    }

    /// The same, showing each moment as it happens.
    pub fn observed(
        function: Function,
        observer: impl Fn(&Moment) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(function, Box::new(observer)));
        let server = Server::start(0, Plain, Arc::new(Api(Arc::clone(&shared))))?;
        Ok(Self { shared, server, processes: Vec::new(), ready: false, report: Report::default() })
    }

    /// `AWS_LAMBDA_RUNTIME_API`
    pub fn api(&self) -> SocketAddr {
        self.server.address()
    }

    /// INIT, within its limit. What failed is stopped again; the next invocation starts over.
    pub async fn init(&mut self) -> Result<(), Failure> {
        self.init_within(self.shared.function.init_limit, false).await
    }

    /// One invocation, within the function's time-out. A sandbox that has had no INIT gets one before; one whose
    /// INIT failed gets another inside the invocation, with /tmp as the first one left it.
    pub async fn invoke(&mut self, event: impl Into<Bytes>) -> Invocation {
        if self.report.inits.is_empty() {
            let _ = self.init().await;
        }
        let begun = Instant::now();
        let limit = self.shared.function.timeout;
        let request_id = request_id();
        self.shared.note(What::Invoked { request_id: request_id.clone() });
        let answer = match self.ready_within(limit).await {
            Ok(()) => self.answer(&request_id, event.into(), begun + limit).await,
            Err(failure) if failure.kind == FailureKind::TimedOut => Answer::TimedOut { after: limit },
            Err(failure) => Answer::Failed(failure),
        };
        let invocation = Invocation { request_id, duration: begun.elapsed(), answer };
        self.report.invocations.push(invocation.clone());
        invocation
    }

    /// SHUTDOWN and the end.
    pub async fn shut_down(mut self, reason: Reason) -> Report {
        if self.ready {
            let shutdown = self.stop(reason).await;
            self.report.shutdown = Some(shutdown);
        }
        let mut report = std::mem::take(&mut self.report);
        report.moments = std::mem::take(&mut self.shared.lock().moments);
        report
    }

    async fn ready_within(&mut self, limit: Duration) -> Result<(), Failure> {
        if self.ready { Ok(()) } else { self.init_within(limit, true).await }
    }

    async fn init_within(&mut self, limit: Duration, suppressed: bool) -> Result<(), Failure> {
        let begun = Instant::now();
        let result = match timeout(limit, self.start_all()).await {
            Ok(result) => result,
            Err(_) => Err(late(&self.shared.lock())),
        };
        let failure = result.clone().err();
        self.report.inits.push(Init { suppressed, duration: begun.elapsed(), failure });
        match &result {
            Ok(()) => self.shared.note(What::Ready),
            Err(failure) if failure.kind == FailureKind::TimedOut => drop(self.stop(Reason::Timeout).await),
            Err(_) => drop(self.stop(Reason::Failure).await),
        }
        self.ready = result.is_ok();
        result
    }

    /// Extensions first, all at once; the runtime when every one of them has registered.
    async fn start_all(&mut self) -> Result<(), Failure> {
        let shared = Arc::clone(&self.shared);
        let function = &shared.function;
        let names = function.extensions.iter().map(super::function::Extension::name);
        let attempt = shared.update(|state| {
            state.begin(names);
            state.attempt
        });
        let environment = environment::of_extension(function, self.api());
        for extension in &function.extensions {
            let command = [extension.path.clone().into_os_string()];
            let source = Source::Extension(extension.name());
            self.start(attempt, source, &command, &environment)?;
        }
        let registered = |agent: &Agent| !agent.external || agent.phase != AgentPhase::Started;
        shared.wait(|state| until(state, |state| state.agents.iter().all(registered))).await?;
        let environment = environment::of_runtime(function, self.api());
        self.start(attempt, Source::Runtime, &runtime_command(function), &environment)?;
        let ready = |state: &State| {
            state.runtime.phase == RuntimePhase::Ready
                && state.agents.iter().all(|agent| agent.phase == AgentPhase::Ready)
        };
        shared.wait(|state| until(state, ready)).await?;
        shared.update(|state| state.closed = true);
        Ok(())
    }

    fn start(
        &mut self,
        attempt: usize,
        source: Source,
        command: &[OsString],
        environment: &crate::declare::Environment,
    ) -> Result<(), Failure> {
        let directory = &self.shared.function.task_root;
        match Process::start(&self.shared, attempt, source.clone(), command, environment, directory) {
            Ok(process) => {
                self.processes.push(process);
                Ok(())
            }
            Err(error) => {
                let program = command.first().map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
                let message = format!("cannot start {program}: {error}");
                let (error_type, status) = (None, None);
                Err(Failure {
                    kind: FailureKind::NotStarted,
                    source,
                    error_type,
                    message: Some(message),
                    status,
                })
            }
        }
    }

    async fn answer(&mut self, request_id: &str, event: Bytes, deadline: Instant) -> Answer {
        let deadline_ms = unix_ms() + deadline.saturating_duration_since(Instant::now()).as_millis();
        let arn = self.shared.function.arn();
        self.shared.update(|state| {
            for agent in state.agents.iter_mut().filter(|agent| agent.wants("INVOKE")) {
                agent.inbox.push_back(json!({
                    "eventType": "INVOKE",
                    "deadlineMs": deadline_ms,
                    "requestId": request_id,
                    "invokedFunctionArn": arn,
                }));
            }
            state.runtime.answer = None;
            state.runtime.inbox = Some(Pending { request_id: request_id.into(), deadline_ms, event });
        });
        let over = |state: &State| {
            let idle = |agent: &Agent| agent.phase == AgentPhase::Ready && agent.inbox.is_empty();
            state.runtime.answer.is_some()
                && state.runtime.phase == RuntimePhase::Ready
                && state.agents.iter().all(idle)
        };
        let shared = Arc::clone(&self.shared);
        let ended = timeout_at(deadline, shared.wait(|state| until(state, over))).await;
        let answer = shared.update(|state| state.runtime.answer.take());
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => {
                self.stop(Reason::Failure).await;
                return Answer::Failed(failure);
            }
            Err(_) => {
                self.stop(Reason::Timeout).await;
                return Answer::TimedOut { after: shared.function.timeout };
            }
        }
        match answer {
            Some(RuntimeAnswer::Response(body)) => Answer::Response(body),
            Some(RuntimeAnswer::Error { error_type, body }) => Answer::Error { error_type, body },
            None => Answer::TimedOut { after: shared.function.timeout },
        }
    }

    /// SIGTERM to the runtime, SHUTDOWN to the extensions, SIGKILL to whoever is left when the time is up.
    async fn stop(&mut self, reason: Reason) -> Shutdown {
        self.ready = false;
        let begun = Instant::now();
        let limit = self.shared.function.shutdown_limit;
        self.shared.note(What::ShutDown { reason });
        let mut killed = Vec::new();
        let (runtime, extensions): (Vec<Process>, Vec<Process>) =
            self.processes.drain(..).partition(|process| process.source == Source::Runtime);
        if !extensions.is_empty() {
            // One that has said what is wrong is about to end by itself, and may have more to say.
            if self.shared.lock().runtime.reported.is_none() {
                runtime.iter().for_each(Process::terminate);
            }
            self.end(&runtime, begun + limit.mul_f64(RUNTIME_SHARE), &mut killed).await;
        } else {
            self.end(&runtime, begun, &mut killed).await;
        }
        let deadline_ms = unix_ms() + limit.saturating_sub(begun.elapsed()).as_millis();
        let event = json!({
            "eventType": "SHUTDOWN",
            "shutdownReason": reason.as_str(),
            "deadlineMs": deadline_ms,
        });
        self.shared.update(|state| {
            let told = |agent: &&mut Agent| agent.wants("SHUTDOWN") && !limit.is_zero();
            for agent in state.agents.iter_mut().filter(told) {
                agent.inbox.push_back(event.clone());
            }
        });
        self.end(&extensions, begun + limit, &mut killed).await;
        Shutdown { reason, duration: begun.elapsed(), killed }
    }

    /// Waits for processes to end, and kills those that have not by then.
    async fn end(&self, processes: &[Process], deadline: Instant, killed: &mut Vec<Source>) {
        let shared = &self.shared;
        let all_over = shared.wait(|state| processes.iter().all(|p| is_over(state, &p.source)).then_some(()));
        if timeout_at(deadline, all_over).await.is_ok() {
            return;
        }
        for process in processes {
            if !is_over(&shared.lock(), &process.source) {
                process.kill();
                shared.note(What::Killed { source: process.source.clone() });
                killed.push(process.source.clone());
            }
        }
        let all_over = shared.wait(|state| processes.iter().all(|p| is_over(state, &p.source)).then_some(()));
        // A process in an uninterruptible sleep is not waited for.
        let _ = timeout(Duration::from_secs(5), all_over).await;
    }
}

/// The runtime's command, behind the wrapper that managed runtimes look for.
fn runtime_command(function: &Function) -> Vec<OsString> {
    let wrapper = function.variables.get("AWS_LAMBDA_EXEC_WRAPPER").filter(|_| function.managed);
    wrapper.map(Into::into).into_iter().chain(function.runtime.iter().cloned()).collect()
}

/// `Ok` when it is reached, `Err` when somebody failed before.
fn until(state: &State, reached: impl Fn(&State) -> bool) -> Option<Result<(), Failure>> {
    match failure(state) {
        Some(failure) => Some(Err(failure)),
        None => reached(state).then_some(Ok(())),
    }
}

/// The first who failed; who said so before who merely ended.
fn failure(state: &State) -> Option<Failure> {
    let agents = state
        .agents
        .iter()
        .map(|agent| (Source::Extension(agent.name.clone()), agent.reported.as_ref(), agent.exit));
    let all: Vec<_> =
        agents.chain([(Source::Runtime, state.runtime.reported.as_ref(), state.runtime.exit)]).collect();
    let reported = all.iter().find_map(|(source, reported, status)| {
        let Reported { error_type, message } = (*reported)?.clone();
        let kind = FailureKind::Reported;
        Some(Failure { kind, source: source.clone(), error_type, message, status: *status })
    });
    reported.or_else(|| {
        all.iter().find_map(|(source, _, status)| {
            let (error_type, message) = (None, None);
            let (kind, status) = (FailureKind::Exited, Some((*status)?));
            Some(Failure { kind, source: source.clone(), error_type, message, status })
        })
    })
}

/// A time-out's failure names the first who kept the others waiting.
fn late(state: &State) -> Failure {
    let agent = state.agents.iter().find(|agent| agent.phase != AgentPhase::Ready);
    let source = agent.map_or(Source::Runtime, |agent| Source::Extension(agent.name.clone()));
    Failure { kind: FailureKind::TimedOut, source, error_type: None, message: None, status: None }
}

fn is_over(state: &State, source: &Source) -> bool {
    match source {
        Source::Runtime => state.runtime.exit.is_some(),
        Source::Extension(name) => {
            state.agents.iter().any(|agent| agent.name == *name && agent.exit.is_some())
        }
    }
}

fn unix_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}
