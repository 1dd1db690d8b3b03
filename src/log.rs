//! Logs: one JSON object a line. Names may be logged, values never.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

impl Level {
    pub const NAMES: [(&'static str, Self); 4] =
        [("error", Self::Error), ("warn", Self::Warn), ("info", Self::Info), ("debug", Self::Debug)];

    fn as_str(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

/// Where the lines go: standard output in Lambda, standard error where standard output belongs to a command.
#[derive(Clone, Copy, Debug)]
pub enum Sink {
    Stdout,
    Stderr,
    /// Standard error, read by a person: the lines that the function has words for, and no others.
    Person(fn(&Value) -> Option<String>),
}

#[derive(Clone, Copy, Debug)]
pub struct Log {
    pub level: Level,
    pub sink: Sink,
}

impl Log {
    /// Writes `{"time":…,"level":…,"event":event, …fields}` where the level asks for it.
    pub fn write(&self, level: Level, event: &str, fields: Value) {
        if level <= self.level {
            self.record(level, event, fields);
        }
    }

    /// Writes it at any level: what was decided, and how INIT ended, is no setting's to hide.
    ///
    /// A line that cannot be written (a closed pipe) is dropped: a log never decides whether a function starts.
    pub fn record(&self, level: Level, event: &str, fields: Value) {
        let mut line = Map::new();
        line.insert("time".into(), json!(rfc3339(SystemTime::now())));
        line.insert("level".into(), json!(level.as_str()));
        line.insert("event".into(), json!(event));
        if let Value::Object(fields) = fields {
            line.extend(fields);
        }
        let line = Value::Object(line);
        let mut text = match self.sink {
            Sink::Stdout | Sink::Stderr => line.to_string(),
            Sink::Person(words) => match words(&line) {
                Some(text) => text,
                None => return,
            },
        };
        text.push('\n');
        let _ = match self.sink {
            Sink::Stdout => std::io::stdout().lock().write_all(text.as_bytes()),
            Sink::Stderr | Sink::Person(_) => std::io::stderr().lock().write_all(text.as_bytes()),
        };
    }

    /// One `warning` line each.
    pub fn warnings(&self, messages: &[String]) {
        for message in messages {
            self.write(Level::Warn, "warning", json!({ "message": message }));
        }
    }
}

/// `2026-11-22T14:25:47.123Z`
pub fn rfc3339(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    aws_smithy_types::DateTime::from_secs_and_nanos(since.as_secs() as i64, since.subsec_millis() * 1_000_000)
        .fmt(aws_smithy_types::date_time::Format::DateTime)
        .unwrap_or_default()
}

/// Milliseconds to a hundredth: what is below it is noise.
pub fn milliseconds(time: Duration) -> Value {
    json!((time.as_secs_f64() * 100_000.0).round() / 100.0)
}
