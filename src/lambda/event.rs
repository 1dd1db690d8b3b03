//! Events, read leniently: Lambda and its emulators do not name their reasons alike.

use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Shutdown {
        /// `spindown`, `timeout`, `failure`, or whatever an emulator says; `unknown` where it says nothing.
        reason: String,
        /// Milliseconds since 1970.
        deadline_ms: Option<u64>,
    },
    Invoke,
    /// One that this version does not know.
    Other(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    event_type: String,
    shutdown_reason: Option<serde_json::Value>,
    deadline_ms: Option<serde_json::Value>,
}

impl Event {
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let raw: Raw = serde_json::from_slice(body).ok()?;
        Some(match raw.event_type.as_str() {
            "SHUTDOWN" => Self::Shutdown {
                reason: raw.shutdown_reason.as_ref().and_then(|r| r.as_str()).unwrap_or("unknown").into(),
                deadline_ms: raw.deadline_ms.as_ref().and_then(|ms| ms.as_u64()),
            },
            "INVOKE" => Self::Invoke,
            _ => Self::Other(raw.event_type),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shutdown_is_understood_whoever_says_it() {
        for (body, reason, deadline_ms) in [
            (
                r#"{"eventType":"SHUTDOWN","shutdownReason":"spindown","deadlineMs":676051}"#,
                "spindown",
                Some(676051),
            ),
            (r#"{"eventType":"SHUTDOWN","shutdownReason":"SandboxTerminated"}"#, "SandboxTerminated", None),
            (
                r#"{"eventType":"SHUTDOWN","shutdownReason":null,"deadlineMs":"soon","new":[]}"#,
                "unknown",
                None,
            ),
        ] {
            let expected = Event::Shutdown { reason: reason.into(), deadline_ms };
            assert_eq!(Event::parse(body.as_bytes()), Some(expected));
        }
    }

    #[test]
    fn other_events_are_told_apart_from_no_event() {
        let invoke = br#"{"eventType":"INVOKE","deadlineMs":1,"requestId":"r","invokedFunctionArn":"a"}"#;
        assert_eq!(Event::parse(invoke), Some(Event::Invoke));
        assert_eq!(Event::parse(br#"{"eventType":"RESTORE"}"#), Some(Event::Other("RESTORE".into())));
        assert_eq!(Event::parse(b"{}"), None);
        assert_eq!(Event::parse(b"<html>"), None);
    }
}
