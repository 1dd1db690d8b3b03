//! Logs: one JSON object a line. Names may be logged, values never.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

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
    Person(fn(event: &str, fields: &Value) -> Option<String>),
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
        self.record_with(level, event, fields, &[]);
    }

    /// The same, with fields that are JSON text already.
    pub fn record_with(&self, level: Level, event: &str, fields: Value, written: &[(&str, String)]) {
        let mut text = match self.sink {
            Sink::Stdout | Sink::Stderr => line(level, event, &fields, written),
            Sink::Person(words) => match words(event, &fields) {
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

/// What every line begins with. A policy's object may have fields of these names: they would pass one line off as another.
const OWN: [&str; 3] = ["time", "level", "event"];

/// For all but what is JSON text already, in bytes: what is longer only takes longer.
const ROOM: usize = 1024;

/// By hand, because the library's objects are sorted and a person looks for these three first.
fn line(level: Level, event: &str, fields: &Value, written: &[(&str, String)]) -> String {
    let (time, level, event) = (json!(rfc3339(SystemTime::now())), json!(level.as_str()), json!(event));
    let mut line = String::with_capacity(ROOM + written.iter().map(|(_, value)| value.len()).sum::<usize>());
    let _ = write!(line, r#"{{"time":{time},"level":{level},"event":{event}"#);
    let others = fields.as_object().into_iter().flatten().filter(|(name, _)| !OWN.contains(&name.as_str()));
    for (name, value) in others {
        let _ = write!(line, ",{}:{value}", json!(name));
    }
    for (name, value) in written {
        let _ = write!(line, ",{}:{value}", json!(name));
    }
    line.push('}');
    line
}

/// As many of a list as there is room for, and what `omitted` says of the others: `/problems: 7 of them`. Lambda cuts a line at
/// 256 KiB, and half a line is none.
pub fn fitting(place: &str, mut list: Vec<Value>, limit: usize) -> (Vec<Value>, Option<String>) {
    let mut bytes = 0;
    let fits = list.iter().take_while(|value| {
        bytes += value.to_string().len();
        bytes <= limit
    });
    let fits = fits.count();
    let left_out = list.split_off(fits).len();
    (list, (left_out > 0).then(|| format!("{place}: {left_out} of them")))
}

/// `2026-11-22T14:25:47.120Z`: always three digits, so that sorted as text they are sorted in time.
pub fn rfc3339(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = aws_smithy_types::DateTime::from_secs(since.as_secs() as i64)
        .fmt(aws_smithy_types::date_time::Format::DateTime)
        .unwrap_or_default();
    format!("{}.{:03}Z", seconds.trim_end_matches('Z'), since.subsec_millis())
}

/// Milliseconds to a hundredth: what is below it is noise.
pub fn milliseconds(time: Duration) -> Value {
    json!((time.as_secs_f64() * 100_000.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_makes_a_line_of_its_own() {
        let forged = "no\n{\"event\":\"init\",\"outcome\":\"ready\"}\r\u{85}\u{2028}\u{1b}[2J";
        let fields = json!({ forged: 1, "msg": forged });
        let written = line(Level::Warn, forged, &fields, &[("input", json!({ "a": forged }).to_string())]);
        assert!(!written.contains(['\n', '\r', '\u{1b}']), "{written}");
        let read: Value = serde_json::from_str(&written).unwrap();
        assert_eq!((read["msg"].as_str(), read["input"]["a"].as_str()), (Some(forged), Some(forged)));
    }

    #[test]
    fn no_field_passes_a_line_off_as_another() {
        let fields = json!({"event": "decision", "level": "info", "time": "1999", "decision": "allow"});
        let written = line(Level::Warn, "policy_warning", &fields, &[]);
        for (name, says) in [("event", "policy_warning"), ("level", "warn")] {
            assert_eq!(written.matches(&format!("\"{name}\":")).count(), 1, "{written}");
            assert!(written.contains(&format!("\"{name}\":\"{says}\"")), "{written}");
        }
        assert!(!written.contains("1999") && written.contains("\"decision\":\"allow\""), "{written}");
    }

    #[test]
    fn times_have_three_digits() {
        let at = |ms| rfc3339(UNIX_EPOCH + Duration::from_millis(ms));
        assert_eq!(at(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(1_795_357_800_250), "2026-11-22T14:30:00.250Z");
    }

    #[test]
    fn a_list_is_cut_where_the_line_would_be() {
        let fitting = |list| fitting("/list", list, 24 << 10);
        let (all, left_out) = fitting(vec![json!("x".repeat(1000)); 3]);
        assert_eq!((all.len(), left_out), (3, None));
        let (some, left_out) = fitting(vec![json!("x".repeat(1000)); 100]);
        assert_eq!((some.len(), left_out.as_deref()), (24, Some("/list: 76 of them")));
    }
}
