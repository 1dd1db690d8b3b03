//! Durations as Go writes and reads them, which is how OPA's users know them.

use std::time::Duration;

const UNITS: [(&str, f64); 7] =
    [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// `500ms`, `5s`, `1h30m`; a number alone is seconds.
pub(in crate::cli::policy) fn parse(text: &str) -> Result<Duration, String> {
    let refuse = || format!("{text:?} is no duration; write 500ms, 5s or 1m");
    if let Ok(seconds) = text.parse() {
        return duration(seconds).ok_or_else(refuse);
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(refuse)?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        let unit = UNITS.iter().find(|(unit, _)| *unit == &rest[digits..unit_end]).ok_or_else(refuse)?;
        seconds += rest[..digits].parse::<f64>().map_err(|_| refuse())? * unit.1;
        rest = &rest[unit_end..];
    }
    duration(seconds).ok_or_else(refuse)
}

/// Nothing ends at once, and nothing takes longer than a day.
fn duration(seconds: f64) -> Option<Duration> {
    (seconds > 0.0 && seconds <= 86_400.0).then(|| Duration::from_secs_f64(seconds))
}

/// `1.234567ms`, `85.3µs`, `2s`
pub(super) fn go(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    let (unit, digits) = match nanoseconds {
        0 => return "0s".into(),
        1..1_000 => return format!("{nanoseconds}ns"),
        1_000..1_000_000 => ("µs", 3),
        1_000_000..1_000_000_000 => ("ms", 6),
        _ => ("s", 9),
    };
    let whole = 10_u128.pow(digits);
    let fraction = format!("{:0width$}", nanoseconds % whole, width = digits as usize);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}{unit}", nanoseconds / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, ms) in [
            ("5s", 5000),
            ("500ms", 500),
            ("1m30s", 90_000),
            ("1h30m", 5_400_000),
            ("2", 2000),
            ("1.5s", 1500),
            ("250000us", 250),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "s", "5x", "-1s", "0s", "25h", "5s5", "1e9s", "NaN"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_written_as_go_writes_them() {
        let written =
            [0, 999, 85_300, 1_234_567, 2_000_000_000, 2_500_000_000].map(|ns| go(Duration::from_nanos(ns)));
        assert_eq!(written, ["0s", "999ns", "85.3µs", "1.234567ms", "2s", "2.5s"]);
    }
}
