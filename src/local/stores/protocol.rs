//! AWS JSON 1.1: one POST an action, the action in a header, errors as a type and a message.

use std::sync::Mutex;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::Full;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::calls::Call;
use super::faults::{Failure, Faults, Struck};
use super::model::Store;
use super::{descriptions, secrets_manager, ssm, sts};
use crate::local::http::{Connection, Reply, Request, Response, Serve};

pub(super) struct Api {
    pub store: Store,
    pub faults: Mutex<Faults>,
    pub calls: Mutex<Vec<Call>>,
    pub started: Instant,
}

/// An error as AWS words it.
#[derive(Debug)]
pub(super) struct ApiError {
    pub status: u16,
    pub code: String,
    pub message: String,
}

impl ApiError {
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.into(), message: message.into() }
    }

    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

/// The two services, told apart by the prefix of the target.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Service {
    Ssm,
    SecretsManager,
}

impl Serve for Api {
    async fn serve(&self, request: Request, connection: Connection) -> Reply {
        if sts::is_for(&request) {
            let number = self.note(&request, "AssumeRole", &sts::names(request.body()), connection);
            self.finish(number, Some(200), None);
            return Reply::Answer(sts::assume_role());
        }
        let target = header(&request, "x-amz-target").unwrap_or_default();
        let (service, action) = match target.split_once('.') {
            Some(("AmazonSSM", action)) => (Service::Ssm, action),
            Some(("secretsmanager", action)) => (Service::SecretsManager, action),
            _ => return Reply::Answer(error_response(&unknown_operation())),
        };
        let asked = names(request.body());
        let number = self.note(&request, action, &asked, connection);
        let struck = self.faults.lock().expect("no panic while faults are looked up").of_call(action, &asked);
        if let Some(delay) = struck.delay() {
            tokio::time::sleep(delay).await;
        }
        if struck.has(&Failure::Reset) {
            self.finish(number, None, None);
            return Reply::Reset;
        }
        let answer = match self.failure_of_call(service, action, &asked, &struck) {
            Some(error) => Err(error),
            None => self.act(service, action, request.body(), &struck),
        };
        Reply::Answer(match answer {
            Ok(body) => {
                self.finish(number, Some(200), None);
                let text = body.to_string();
                let end = if struck.has(&Failure::Malformed) { text.len() / 2 } else { text.len() };
                response(200, Bytes::copy_from_slice(&text.as_bytes()[..end]))
            }
            Err(error) => {
                self.finish(number, Some(error.status), Some(error.code.clone()));
                error_response(&error)
            }
        })
    }
}

impl Api {
    fn act(&self, service: Service, action: &str, body: &[u8], struck: &Struck) -> Result<Value, ApiError> {
        match (service, action) {
            (Service::Ssm, "GetParameter") => ssm::get_parameter(&self.store, parse(body)?),
            (Service::Ssm, "GetParameters") => ssm::get_parameters(&self.store, parse(body)?, struck),
            (Service::Ssm, "GetParametersByPath") => {
                ssm::get_parameters_by_path(&self.store, parse(body)?, struck)
            }
            (Service::Ssm, "DescribeParameters") => {
                descriptions::describe_parameters(&self.store, parse(body)?, struck)
            }
            (Service::SecretsManager, "DescribeSecret") => {
                secrets_manager::describe_secret(&self.store, &parse(body)?)
            }
            (Service::SecretsManager, "GetSecretValue") => {
                secrets_manager::get_secret_value(&self.store, &parse(body)?)
            }
            (Service::SecretsManager, "BatchGetSecretValue") => {
                secrets_manager::batch_get_secret_value(&self.store, &parse(body)?, struck)
            }
            _ => Err(unknown_operation()),
        }
    }

    /// What makes the whole call fail, whatever it asks for.
    fn failure_of_call(
        &self,
        service: Service,
        action: &str,
        asked: &[String],
        struck: &Struck,
    ) -> Option<ApiError> {
        let batch = action == "BatchGetSecretValue";
        if struck.has(&Failure::BatchDenied) {
            return Some(denied("secretsmanager:BatchGetSecretValue", "*"));
        }
        if struck.has(&Failure::Throttled) {
            return Some(ApiError::new("ThrottlingException", "Rate exceeded"));
        }
        if struck.has(&Failure::ServerError) {
            return Some(server_error(service));
        }
        if struck.has(&Failure::Expired) {
            let message = "The security token included in the request is expired";
            return Some(ApiError::new("ExpiredTokenException", message));
        }
        // A batch of secrets tells these of each entry.
        if batch {
            return None;
        }
        let failed = |failure: &Failure| {
            struck.has(failure).then(|| {
                let hit = |name: &&String| struck.of_name(name).any(|f| f == failure);
                asked.iter().find(hit).cloned().unwrap_or_default()
            })
        };
        if let Some(name) = failed(&Failure::Denied) {
            return Some(match service {
                Service::Ssm if action == "DescribeParameters" => denied("ssm:DescribeParameters", "*"),
                Service::Ssm => denied(&format!("ssm:{action}"), &ssm::resource(&self.store, &name)),
                Service::SecretsManager => secrets_manager::denied(&self.store, action, &name),
            });
        }
        // What is only described is not decrypted.
        let decrypts = !action.starts_with("Describe");
        for failure in [Failure::KmsDenied, Failure::KmsFailure] {
            if decrypts && struck.has(&failure) {
                return match service {
                    Service::Ssm => ssm::kms_error(&failure),
                    Service::SecretsManager => secrets_manager::kms_error(&failure),
                };
            }
        }
        None
    }

    fn note(&self, request: &Request, action: &str, asked: &[String], connection: Connection) -> usize {
        let credential = header(request, "authorization")
            .and_then(|text| text.split_once("Credential=")?.1.split_once(','))
            .map(|(scope, _)| scope.split('/').map(str::to_string).collect::<Vec<_>>())
            .unwrap_or_default();
        let mut calls = self.calls.lock().expect("no panic while calls are noted");
        calls.push(Call {
            action: action.into(),
            names: asked.to_vec(),
            arrived: self.started.elapsed(),
            answered: None,
            status: None,
            error: None,
            connection,
            access_key_id: credential.first().cloned(),
            region: credential.get(2).cloned(),
            signed_with_session_token: request.headers().contains_key("x-amz-security-token"),
        });
        calls.len() - 1
    }

    fn finish(&self, number: usize, status: Option<u16>, error: Option<String>) {
        let mut calls = self.calls.lock().expect("no panic while calls are noted");
        calls[number].answered = Some(self.started.elapsed());
        calls[number].status = status;
        calls[number].error = error;
    }
}

/// What a call asks for, whichever call it is.
fn names(body: &[u8]) -> Vec<String> {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else { return Vec::new() };
    let one = ["Name", "Path", "SecretId"].into_iter().filter_map(|field| body.get(field));
    let many =
        ["Names", "SecretIdList"].into_iter().filter_map(|field| body.get(field)?.as_array()).flatten();
    let filters = body.get("ParameterFilters").and_then(Value::as_array).into_iter().flatten();
    let by_name = filters.filter(|filter| filter["Key"] == "Name");
    let filtered = by_name.filter_map(|filter| filter["Values"].as_array()).flatten();
    one.chain(many).chain(filtered).filter_map(|name| name.as_str().map(str::to_string)).collect()
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body)
        .map_err(|_| ApiError::new("SerializationException", "cannot read the request"))
}

/// As IAM words it.
pub(super) fn denied(action: &str, resource: &str) -> ApiError {
    ApiError::new(
        "AccessDeniedException",
        format!(
            "User: arn:aws:sts::000000000000:assumed-role/local/local is not authorized to perform: {action} \
             on resource: {resource} because no identity-based policy allows the {action} action"
        ),
    )
}

pub(super) fn validation(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", message)
}

fn server_error(service: Service) -> ApiError {
    match service {
        Service::Ssm => ApiError::new("InternalServerError", "An internal error occurred").with_status(500),
        Service::SecretsManager => {
            ApiError::new("InternalServiceError", "An internal error occurred").with_status(500)
        }
    }
}

fn unknown_operation() -> ApiError {
    ApiError::new("UnknownOperationException", "")
}

/// Seconds since 1970 with milliseconds, as the protocol has its times.
pub(super) fn seconds(time: SystemTime) -> Value {
    let millis = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    json!(millis as f64 / 1000.0)
}

pub(super) fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

fn error_response(error: &ApiError) -> Response {
    let body = json!({ "__type": error.code, "message": error.message });
    let mut response = response(error.status, body.to_string().into());
    if let Ok(code) = error.code.parse() {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}

fn response(status: u16, body: Bytes) -> Response {
    http::Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amzn-requestid", super::super::request_id())
        .body(Full::new(body))
        .expect("a response of constant parts")
}
