//! Events of the Extensions API: an event, or none; SHUTDOWN is never missed.

use serde_json::Value;
use vestry::lambda::{Event, fuzz::event};

use crate::seeds;
use crate::target::{Broken, Outcome, Target};

pub struct LambdaEvent;

impl Target for LambdaEvent {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::texts(&[
            r#"{"eventType":"SHUTDOWN","shutdownReason":"spindown","deadlineMs":676051}"#,
            r#"{"eventType":"INVOKE","deadlineMs":1,"requestId":"r","invokedFunctionArn":"a","tracing":{"type":"t"}}"#,
            r#"{"eventType":"RESTORE"}"#,
        ])
    }

    fn words(&self) -> &'static [&'static str] {
        &["\"eventType\"", "\"SHUTDOWN\"", "\"INVOKE\"", "\"shutdownReason\"", "\"deadlineMs\"", "null"]
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let event = event(case);
        let said: Option<Value> = serde_json::from_slice(case).ok();
        let of_type = said.as_ref().and_then(|said| said["eventType"].as_str());
        let is_shutdown = matches!(event, Some(Event::Shutdown { .. }));
        // Two fields of one name: whoever wrote that means nothing.
        let twice = ["eventType", "shutdownReason", "deadlineMs"]
            .iter()
            .any(|name| case.windows(name.len()).filter(|window| *window == name.as_bytes()).count() > 1);
        if of_type == Some("SHUTDOWN") && !is_shutdown && !twice && !case.contains(&b'\\') {
            return Err(format!("SHUTDOWN is taken for {event:?}"));
        }
        Ok(match event {
            None => "none".into(),
            Some(Event::Other(_)) => "other".into(),
            Some(Event::Shutdown { deadline_ms, .. }) => format!("shutdown {}", deadline_ms.is_some()),
            Some(Event::Invoke) => "invoke".into(),
        })
    }
}
