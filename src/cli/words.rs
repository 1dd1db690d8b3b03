//! Vestry's log lines as a person would say them.

use serde_json::Value;

use super::plain;

/// What a line warns of; none where it is no warning, or is told in another way.
pub(super) fn warning(event: &str, fields: &Value) -> Option<String> {
    let text = |name: &str| fields[name].as_str().unwrap_or_default().to_string();
    match event {
        "warning" | "lambda" => Some(text("message")),
        "policy_warning" => Some(match fields["would_deny"].as_str() {
            Some(softened) => format!("would be denied ({softened}): {}", text("msg")),
            None => text("msg"),
        }),
        "policy_waiver" => Some(text("message")),
        "policy_file_ignored" => Some(format!("{} is ignored; {}", text("file"), text("advice"))),
        _ => None,
    }
}

/// A warning as one line that says whose it is.
pub(super) fn warning_line(event: &str, fields: &Value) -> Option<String> {
    warning(event, fields).map(|said| format!("vestry: {}", plain::line(&said)))
}

/// What the policies print: line by line.
pub(super) fn prints(line: &Value) -> impl Iterator<Item = &str> {
    let lines = if line["event"] == "policy_print" { line["lines"].as_array() } else { None };
    lines.into_iter().flatten().filter_map(Value::as_str)
}

/// Which exceptions a decision used, and what they waive.
pub(super) fn exceptions(decision: &Value) -> impl Iterator<Item = String> {
    decision["exceptions"].as_array().into_iter().flatten().map(|exception| {
        let of = |name: &str| exception[name].as_str().unwrap_or_default();
        let messages = exception["messages"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let waived: Vec<_> = messages.collect();
        let by = |name: &str| exception["waiver"][name].as_str().unwrap_or_default();
        let whose = if exception["waiver"].is_null() {
            String::new()
        } else {
            format!(" (waived by {} until {}: {})", by("owner"), by("expires"), by("reason"))
        };
        format!("exception to {}.{}: {}{whose}", of("package"), of("rule"), waived.join("; "))
    })
}

pub(super) fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
