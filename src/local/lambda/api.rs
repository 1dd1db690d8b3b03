//! The two APIs as HTTP: `/2020-01-01/extension/...` and `/2018-06-01/runtime/...`.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use serde_json::{Value, json};

use super::errors::{self, ApiError};
use super::report::{Source, What};
use super::state::{Agent, AgentPhase, Reported, RuntimeAnswer, RuntimePhase, Shared};
use crate::local::http::{Connection, Reply, Request, Response, Serve};
use crate::local::request_id;

pub(super) struct Api(pub Arc<Shared>);

impl Serve for Api {
    async fn serve(&self, request: Request, _: Connection) -> Reply {
        Reply::Answer(self.route(&request).await.unwrap_or_else(|error| error.response()))
    }
}

impl Api {
    async fn route(&self, request: &Request) -> Result<Response, ApiError> {
        let path = request.uri().path();
        if let Some(path) = path.strip_prefix("/2020-01-01/extension/") {
            return match path {
                "register" => post(request, || self.register(request)),
                "event/next" if request.method() != "GET" => Ok(errors::method_not_allowed("GET")),
                "event/next" => self.extension_next(request).await,
                "init/error" => post(request, || self.extension_error(request, AgentPhase::InitError)),
                "exit/error" => post(request, || self.extension_error(request, AgentPhase::ExitError)),
                _ => Ok(errors::not_found()),
            };
        }
        if let Some(path) = path.strip_prefix("/2018-06-01/runtime/") {
            return match path.split('/').collect::<Vec<_>>().as_slice() {
                ["invocation", "next"] if request.method() != "GET" => Ok(errors::method_not_allowed("GET")),
                ["invocation", "next"] => self.runtime_next().await,
                ["invocation", id, "response"] => post(request, || self.response(request, id)),
                ["invocation", id, "error"] => post(request, || self.error(request, id)),
                ["init", "error"] => post(request, || self.runtime_init_error(request)),
                _ => Ok(errors::not_found()),
            };
        }
        if matches!(path, "/2022-07-01/telemetry" | "/2020-08-15/logs") && request.method() == "PUT" {
            let error = json!({ "errorMessage": "Telemetry API is not supported", "errorType": "Telemetry.NotSupported" });
            return Ok(errors::json_response(202, &error));
        }
        Ok(errors::not_found())
    }

    fn register(&self, request: &Request) -> Result<Response, ApiError> {
        let name = header(request, "lambda-extension-name").unwrap_or_default();
        if name.is_empty() {
            return Err(errors::empty_name());
        }
        let events = events(request.body())?;
        let id = request_id();
        self.0.update_noting(|state| {
            let closed = state.closed;
            match state.agents.iter_mut().find(|agent| agent.name == name) {
                Some(agent) if agent.phase != AgentPhase::Started => {
                    let phase = format!("{:?}", agent.phase);
                    return Err(errors::extension_state(&phase, "Registered", name));
                }
                Some(_) | None if closed => return Err(errors::registration_closed()),
                Some(agent) => agent.register(&id, &events),
                None => {
                    if let Some(event) = events.iter().find(|event| *event == "SHUTDOWN") {
                        return Err(errors::not_for_internal(event));
                    }
                    let mut agent = Agent::new(name.into(), false);
                    agent.register(&id, &events);
                    state.agents.push(agent);
                }
            }
            Ok(((), What::Registered { name: name.into(), events: events.clone() }))
        })?;
        let function = &self.0.function;
        let mut body = json!({
            "functionName": function.name,
            "functionVersion": function.version,
            "handler": function.handler,
        });
        let features = header(request, "lambda-extension-accept-feature").unwrap_or_default();
        if features.split(',').any(|feature| feature.trim() == "accountId") {
            body["accountId"] = json!(function.account);
        }
        let mut response = errors::json_response(200, &body);
        response.headers_mut().insert("lambda-extension-identifier", id.parse().expect("ASCII"));
        Ok(response)
    }

    async fn extension_next(&self, request: &Request) -> Result<Response, ApiError> {
        let id = identifier(request)?.to_string();
        self.0.update(|state| {
            let agent = state.agent_by_id(&id).ok_or_else(|| errors::unknown_identifier(&id))?;
            match agent.phase {
                AgentPhase::InitError | AgentPhase::ExitError => {
                    Err(errors::extension_state(&format!("{:?}", agent.phase), "Ready", &agent.name))
                }
                _ => {
                    agent.phase = AgentPhase::Ready;
                    Ok(())
                }
            }
        })?;
        let event = self.0.wait(|state| {
            let Some(agent) = state.agent_by_id(&id) else {
                return Some(Err(errors::unknown_identifier(&id)));
            };
            let event = agent.inbox.pop_front()?;
            agent.phase = AgentPhase::Running;
            Some(Ok(event))
        });
        let mut response = errors::json_response(200, &event.await?);
        let event_id = request_id().parse().expect("ASCII");
        response.headers_mut().insert("lambda-extension-event-identifier", event_id);
        Ok(response)
    }

    fn extension_error(&self, request: &Request, phase: AgentPhase) -> Result<Response, ApiError> {
        let id = identifier(request)?;
        self.0.update_noting(|state| {
            let agent = state.agent_by_id(id).ok_or_else(|| errors::unknown_identifier(id))?;
            let error_type = header(request, "lambda-extension-function-error-type");
            let error_type = error_type.ok_or_else(errors::missing_error_type)?.to_string();
            if phase == AgentPhase::InitError && agent.phase != AgentPhase::Registered {
                return Err(errors::extension_state(&format!("{:?}", agent.phase), "InitError", &agent.name));
            }
            let reported = Reported { error_type: Some(error_type), message: message(request.body()) };
            agent.phase = phase;
            agent.reported = Some(reported.clone());
            let Reported { error_type, message } = reported;
            Ok(((), What::Reported { source: Source::Extension(agent.name.clone()), error_type, message }))
        })?;
        Ok(errors::accepted())
    }

    async fn runtime_next(&self) -> Result<Response, ApiError> {
        let attempt = self.0.update(|state| {
            if state.runtime.phase == RuntimePhase::InitError {
                return Err(errors::runtime_state("InitError", "Ready"));
            }
            state.runtime.phase = RuntimePhase::Ready;
            Ok(state.attempt)
        })?;
        let pending = self.0.wait(|state| {
            if state.attempt != attempt {
                return Some(None);
            }
            let pending = state.runtime.inbox.take()?;
            state.runtime.phase = RuntimePhase::Running;
            state.runtime.current = Some(pending.request_id.clone());
            Some(Some(pending))
        });
        let Some(pending) = pending.await else { return Ok(errors::not_found()) };
        let response = http::Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", &pending.request_id)
            .header("lambda-runtime-deadline-ms", pending.deadline_ms.to_string())
            .header("lambda-runtime-invoked-function-arn", self.0.function.arn())
            .body(Full::new(pending.event));
        Ok(response.unwrap_or_else(|_| errors::not_found()))
    }

    fn response(&self, request: &Request, id: &str) -> Result<Response, ApiError> {
        self.answer(id, "InvocationResponse", RuntimeAnswer::Response(request.body().clone()))
    }

    fn error(&self, request: &Request, id: &str) -> Result<Response, ApiError> {
        let error_type = header(request, "lambda-runtime-function-error-type").map(str::to_string);
        self.answer(
            id,
            "InvocationErrorResponse",
            RuntimeAnswer::Error { error_type, body: request.body().clone() },
        )
    }

    fn answer(&self, id: &str, transition: &str, answer: RuntimeAnswer) -> Result<Response, ApiError> {
        self.0.update_noting(|state| {
            let runtime = &mut state.runtime;
            if runtime.current.as_deref() != Some(id) {
                return Err(errors::invalid_request_id());
            }
            if runtime.phase != RuntimePhase::Running {
                let from = match runtime.phase {
                    RuntimePhase::ResponseSent => "RuntimeResponseSentState".to_string(),
                    phase => format!("{phase:?}"),
                };
                return Err(errors::runtime_state(&from, transition));
            }
            runtime.phase = RuntimePhase::ResponseSent;
            runtime.answer = Some(answer);
            Ok(((), What::Answered { request_id: id.into() }))
        })?;
        Ok(errors::accepted())
    }

    fn runtime_init_error(&self, request: &Request) -> Result<Response, ApiError> {
        let error_type = header(request, "lambda-runtime-function-error-type").map(str::to_string);
        let reported = Reported { error_type, message: message(request.body()) };
        self.0.update_noting(|state| {
            if state.runtime.phase != RuntimePhase::Started {
                return Err(errors::runtime_state(&format!("{:?}", state.runtime.phase), "InitError"));
            }
            state.runtime.phase = RuntimePhase::InitError;
            state.runtime.reported = Some(reported.clone());
            let Reported { error_type, message } = reported;
            Ok(((), What::Reported { source: Source::Runtime, error_type, message }))
        })?;
        Ok(errors::accepted())
    }
}

impl Agent {
    fn register(&mut self, id: &str, events: &[String]) {
        self.id = id.into();
        self.events = events.to_vec();
        self.phase = AgentPhase::Registered;
    }
}

/// Only a POST gets through.
fn post(
    request: &Request,
    handle: impl FnOnce() -> Result<Response, ApiError>,
) -> Result<Response, ApiError> {
    if request.method() == "POST" { handle() } else { Ok(errors::method_not_allowed("POST")) }
}

fn events(body: &[u8]) -> Result<Vec<String>, ApiError> {
    let body: Value = serde_json::from_slice(body).map_err(|_| errors::invalid_request())?;
    let Some(Value::Array(events)) = body.get("events") else { return Ok(Vec::new()) };
    let event = |event: &Value| match event.as_str() {
        Some(known @ ("INVOKE" | "SHUTDOWN")) => Ok(known.to_string()),
        Some(other) => Err(errors::invalid_event(other)),
        None => Err(errors::invalid_request()),
    };
    events.iter().map(event).collect()
}

fn identifier(request: &Request) -> Result<&str, ApiError> {
    let id = header(request, "lambda-extension-identifier").unwrap_or_default();
    if id.is_empty() {
        return Err(errors::missing_identifier());
    }
    let uuid = id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    if uuid { Ok(id) } else { Err(errors::invalid_identifier()) }
}

fn message(body: &Bytes) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    body.get("errorMessage")?.as_str().map(str::to_string)
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}
