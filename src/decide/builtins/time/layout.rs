//! Go's layouts for times, `Mon Jan _2 15:04:05 2006`, written as its package `time` writes them.

/// A part of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item<'l> {
    Text(&'l str),
    /// A part of the reference time, `Mon Jan 2 15:04:05 MST 2006`.
    Part(&'static str),
    /// `.000` and `,999`: of the latter, zeros at the end are left away.
    Fraction {
        separator: char,
        digits: usize,
        trimmed: bool,
    },
}

/// A longer one comes before what begins it.
const PARTS: [&str; 33] = [
    "January",
    "Jan",
    "Monday",
    "Mon",
    "MST",
    "002",
    "01",
    "02",
    "03",
    "04",
    "05",
    "06",
    "15",
    "1",
    "2006",
    "2",
    "__2",
    "_2",
    "3",
    "4",
    "5",
    "PM",
    "pm",
    "-070000",
    "-07:00:00",
    "-0700",
    "-07:00",
    "-07",
    "Z070000",
    "Z07:00:00",
    "Z0700",
    "Z07:00",
    "Z07",
];

/// Layouts that have a name.
const NAMED: [(&str, &str); 10] = [
    ("ANSIC", "Mon Jan _2 15:04:05 2006"),
    ("UnixDate", "Mon Jan _2 15:04:05 MST 2006"),
    ("RubyDate", "Mon Jan 02 15:04:05 -0700 2006"),
    ("RFC822", "02 Jan 06 15:04 MST"),
    ("RFC822Z", "02 Jan 06 15:04 -0700"),
    ("RFC850", "Monday, 02-Jan-06 15:04:05 MST"),
    ("RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"),
    ("RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"),
    ("RFC3339", "2006-01-02T15:04:05Z07:00"),
    ("RFC3339Nano", super::RFC3339),
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) fn items(layout: &str) -> Vec<Item<'_>> {
    let layout = NAMED.iter().find(|(name, _)| *name == layout).map_or(layout, |(_, layout)| layout);
    let (mut items, mut text, mut at) = (Vec::new(), 0, 0);
    while let Some(c) = layout[at..].chars().next() {
        let Some((item, length)) = item(&layout[at..]) else {
            at += c.len_utf8();
            continue;
        };
        if text < at {
            items.push(Item::Text(&layout[text..at]));
        }
        items.push(item);
        at += length;
        text = at;
    }
    if text < at {
        items.push(Item::Text(&layout[text..]));
    }
    items
}

/// The part that the text begins with, and its length.
fn item(text: &str) -> Option<(Item<'static>, usize)> {
    let next = |at: usize| text.as_bytes().get(at).copied().unwrap_or_default();
    if let separator @ (b'.' | b',') = next(0) {
        let digit = next(1);
        let digits = text.bytes().skip(1).take_while(|byte| *byte == digit).count();
        let ends = !next(digits + 1).is_ascii_digit();
        let fraction = Item::Fraction { separator: separator.into(), digits, trimmed: digit == b'9' };
        return (matches!(digit, b'0' | b'9') && ends).then_some((fraction, digits + 1));
    }
    // Of an underscore and a year only the year is one.
    if text.starts_with("_2006") {
        return None;
    }
    let part = PARTS.into_iter().find(|part| {
        // `Januar` and `Mond` are words.
        let is_word = matches!(*part, "Jan" | "Mon") && next(3).is_ascii_lowercase();
        text.starts_with(part) && !is_word
    })?;
    Some((Item::Part(part), part.len()))
}

/// A moment on the clocks of a zone.
pub(super) struct Clock {
    pub year: i64,
    pub month: usize,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
    pub nanosecond: u32,
    pub weekday: String,
    /// From 1.
    pub day_of_year: i64,
    /// In seconds, east of UTC.
    pub offset: i64,
    /// Only of UTC.
    pub zone: Option<&'static str>,
}

/// Fails where a zone's name is asked for.
pub(super) fn written(items: &[Item<'_>], clock: &Clock) -> Result<String, String> {
    let mut out = String::new();
    for item in items {
        match item {
            Item::Text(text) => out.push_str(text),
            Item::Part(part) => out.push_str(&of_part(part, clock)?),
            Item::Fraction { separator, digits, trimmed } => {
                let all = format!("{:09}", clock.nanosecond);
                let kept = &all[..(*digits).min(all.len())];
                let kept = if *trimmed { kept.trim_end_matches('0') } else { kept };
                if !kept.is_empty() {
                    out.push(*separator);
                    out.push_str(kept);
                }
            }
        }
    }
    Ok(out)
}

fn of_part(part: &str, clock: &Clock) -> Result<String, String> {
    let month = MONTHS.get(clock.month.wrapping_sub(1)).copied().unwrap_or_default();
    let hour = if clock.hour % 12 == 0 { 12 } else { clock.hour % 12 };
    Ok(match part {
        "2006" => format!("{:04}", clock.year),
        "06" => format!("{:02}", clock.year.rem_euclid(100)),
        "January" => month.into(),
        "Jan" => month[..3].into(),
        "1" => clock.month.to_string(),
        "01" => format!("{:02}", clock.month),
        "Monday" => clock.weekday.clone(),
        "Mon" => clock.weekday.chars().take(3).collect(),
        "2" => clock.day.to_string(),
        "_2" => format!("{:2}", clock.day),
        "02" => format!("{:02}", clock.day),
        "002" => format!("{:03}", clock.day_of_year),
        "__2" => format!("{:3}", clock.day_of_year),
        "15" => format!("{:02}", clock.hour),
        "3" => hour.to_string(),
        "03" => format!("{hour:02}"),
        "4" => clock.minute.to_string(),
        "04" => format!("{:02}", clock.minute),
        "5" => clock.second.to_string(),
        "05" => format!("{:02}", clock.second),
        "PM" => (if clock.hour < 12 { "AM" } else { "PM" }).into(),
        "pm" => (if clock.hour < 12 { "am" } else { "pm" }).into(),
        "MST" => {
            clock.zone.ok_or("the names of time zones are not available; ask for the offset, -07:00")?.into()
        }
        _ => offset(part, clock.offset),
    })
}

/// `Z07:00` and its like: sign, hours, and what else is there of `-07:00:00`.
fn offset(part: &str, seconds: i64) -> String {
    if part.starts_with('Z') && seconds == 0 {
        return "Z".into();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let colon = if part.contains(':') { ":" } else { "" };
    let mut out = format!("{sign}{:02}", seconds.abs() / 3_600);
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    if digits >= 4 {
        out.push_str(&format!("{colon}{:02}", seconds.abs() / 60 % 60));
    }
    if digits >= 6 {
        out.push_str(&format!("{colon}{:02}", seconds.abs() % 60));
    }
    out
}
