//! The errors of the two APIs, worded as aws-lambda-rie words them.

use bytes::Bytes;
use http_body_util::Full;
use serde_json::json;

use crate::local::http::Response;

/// A refusal: status, type, message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub status: u16,
    pub error_type: &'static str,
    pub message: String,
}

fn forbidden(error_type: &'static str, message: impl Into<String>) -> ApiError {
    ApiError { status: 403, error_type, message: message.into() }
}

pub(super) fn empty_name() -> ApiError {
    forbidden("Extension.InvalidExtensionName", "Empty extension name")
}

pub(super) fn invalid_request() -> ApiError {
    forbidden("InvalidRequestFormat", "cannot read the request")
}

pub(super) fn invalid_event(event: &str) -> ApiError {
    forbidden("Extension.InvalidEventType", format!("{event}: ErrorInvalidEventType"))
}

/// Also what a name gets that is no file of /opt/extensions: it can only be an internal extension's.
pub(super) fn not_for_internal(event: &str) -> ApiError {
    let message = format!("{event}: ShutdownEventNotSupportedForInternalExtension");
    forbidden("Extension.InvalidEventType", message)
}

pub(super) fn registration_closed() -> ApiError {
    forbidden("Extension.RegistrationClosed", "Extension registration closed already")
}

pub(super) fn extension_state(from: &str, to: &str, name: &str) -> ApiError {
    let message = format!(
        "State transition from {from} to {to} failed for extension {name}. Error: State transition is not allowed"
    );
    forbidden("Extension.InvalidExtensionState", message)
}

pub(super) fn missing_identifier() -> ApiError {
    forbidden("Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header")
}

pub(super) fn invalid_identifier() -> ApiError {
    forbidden("Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier")
}

pub(super) fn unknown_identifier(id: &str) -> ApiError {
    forbidden("Extension.UnknownExtensionIdentifier", format!("Unknown extension {id}"))
}

pub(super) fn missing_error_type() -> ApiError {
    forbidden("Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found")
}

pub(super) fn runtime_state(from: &str, to: &str) -> ApiError {
    let message = format!(
        "State transition from {from} to {to} failed for runtime. Error: State transition is not allowed"
    );
    forbidden("InvalidStateTransition", message)
}

pub(super) fn invalid_request_id() -> ApiError {
    ApiError { status: 400, error_type: "InvalidRequestID", message: "Invalid request ID".into() }
}

impl ApiError {
    pub fn response(&self) -> Response {
        json_response(self.status, &json!({ "errorMessage": self.message, "errorType": self.error_type }))
    }
}

pub(super) fn json_response(status: u16, body: &serde_json::Value) -> Response {
    http::Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_string())))
        .expect("a response of constant parts")
}

/// What an accepted post gets.
pub(super) fn accepted() -> Response {
    json_response(202, &json!({ "status": "OK" }))
}

pub(super) fn not_found() -> Response {
    let mut response = http::Response::new(Full::new(Bytes::from_static(b"404 page not found\n")));
    *response.status_mut() = http::StatusCode::NOT_FOUND;
    let plain = http::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert("content-type", plain);
    response
}

pub(super) fn method_not_allowed(allowed: &'static str) -> Response {
    let mut response = http::Response::new(Full::default());
    *response.status_mut() = http::StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert("allow", http::HeaderValue::from_static(allowed));
    response
}
