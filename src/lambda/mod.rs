//! The Extensions API: register, wait, say why not.

mod api;
mod event;
#[cfg(feature = "fuzz")]
pub mod fuzz;

pub use api::Error;
pub use event::Event;

use api::{Api, Call};
use serde::Serialize;

use crate::error::ErrorType;

/// A client of the Extensions API, for one extension. All calls go over one connection.
pub struct Extensions {
    api: Api,
    identifier: Option<http::HeaderValue>,
}

impl Extensions {
    /// `api` is `AWS_LAMBDA_RUNTIME_API`: host and port.
    pub fn new(api: &str) -> Self {
        Self { api: Api::new(api), identifier: None }
    }

    /// Connects ahead. Where that fails, the first call does it again and says why.
    pub async fn connect(&mut self) {
        let _ = self.api.connect().await;
    }

    /// Registers for SHUTDOWN alone. `name` is the file name under `/opt/extensions`.
    ///
    /// Lambda starts the runtime when every extension has registered: whatever must come before the function's
    /// first line must be done by now.
    pub async fn register(&mut self, name: &str) -> Result<(), Error> {
        self.register_as(name, &["SHUTDOWN"]).await
    }

    async fn register_as(&mut self, name: &str, events: &[&str]) -> Result<(), Error> {
        let call = Call::post("register", &serde_json::json!({ "events": events }))
            .header("lambda-extension-name", name);
        let answer = self.api.send(call).await?;
        let identifier = answer.headers.get("lambda-extension-identifier").cloned();
        self.identifier =
            Some(identifier.ok_or(Error::Malformed { call: "register", why: "no identifier" })?);
        Ok(())
    }

    /// Waits for the next event, however long that takes.
    pub async fn next(&mut self) -> Result<Event, Error> {
        let call = self.identified(Call::get("event/next"));
        let answer = self.api.send(call).await?;
        Event::parse(&answer.body).ok_or(Error::Malformed { call: "event/next", why: "no event" })
    }

    /// Waits for SHUTDOWN and tells its reason.
    pub async fn until_shutdown(&mut self) -> Result<String, Error> {
        loop {
            if let Event::Shutdown { reason, .. } = self.next().await? {
                return Ok(reason);
            }
        }
    }

    /// Reports the failure of INIT, for which one has to be registered.
    ///
    /// Once every program of `/opt/extensions` has registered, Lambda starts the runtime, and a function that
    /// reads a file has nothing of ours in front of it: its first lines would run before the failure is told. So
    /// this one does not register. An internal extension, which Lambda does not wait for, tells the failure; only
    /// where that is refused, the extension itself does, in one go on one connection.
    pub async fn refuse(&mut self, name: &str, error_type: ErrorType, message: &str) -> Result<(), Error> {
        self.api.connect().await?;
        if self.register_as(&format!("{name}-refusal"), &[]).await.is_ok()
            && self.error("init/error", error_type, message).await.is_ok()
        {
            return Ok(());
        }
        self.register(name).await?;
        self.error("init/error", error_type, message).await
    }

    async fn error(&mut self, path: &'static str, error_type: ErrorType, message: &str) -> Result<(), Error> {
        let body = Failure { error_message: message, error_type: error_type.as_str(), stack_trace: [] };
        let call =
            Call::post(path, &body).header("lambda-extension-function-error-type", error_type.as_str());
        let call = self.identified(call);
        self.api.send(call).await.map(|_| ())
    }

    fn identified(&self, mut call: Call) -> Call {
        if let Some(identifier) = &self.identifier {
            call.headers.insert("lambda-extension-identifier", identifier.clone());
        }
        call
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure<'a> {
    error_message: &'a str,
    error_type: &'a str,
    stack_trace: [&'a str; 0],
}

#[cfg(test)]
mod tests;
