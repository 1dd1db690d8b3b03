//! Times as Go writes, reads and counts them, where the engine's way is another.

mod layout;
#[cfg(test)]
mod tests;

use regorus::Value;

use super::arguments::string;
use super::engine::by_engine;
use super::numbers::integer;
use super::{Function, function};
use layout::{Clock, Item};

pub(super) const FUNCTIONS: &[Function] = &[
    function("time.add_date", 4, add_date),
    function("time.format", 1, format),
    function("time.parse_ns", 2, parse_ns),
    function("time.parse_rfc3339_ns", 1, parse_rfc3339_ns),
];

const RFC3339: &str = "2006-01-02T15:04:05.999999999Z07:00";
const DAY_NS: i64 = 86_400 * 1_000_000_000;

/// Days and months beyond a calendar's go over into the next one: 31 January and a month are 3 March, or 2 March.
fn add_date(given: &[Value]) -> Result<Value, String> {
    let small = |at: usize| {
        i32::try_from(integer(given, at)?).map(i64::from).map_err(|_| "too large a number".to_string())
    };
    let ns = moment(given.first())?;
    let [year, month, day] = numbers("time.date", ns, "UTC")?;
    let (years, months, days) = (small(1)?, small(2)?, small(3)?);
    let month = month - 1 + months;
    let first = days_until(year + years + month.div_euclid(12), month.rem_euclid(12) + 1, 1);
    let sum = i128::from(first + day - 1 + days) * i128::from(DAY_NS) + i128::from(ns.rem_euclid(DAY_NS));
    i64::try_from(sum).map(Value::from).map_err(|_| "time outside of valid range".into())
}

fn moment(value: Option<&Value>) -> Result<i64, String> {
    let ns = value.and_then(|value| value.as_i64().ok());
    ns.ok_or_else(|| "the time must be a number of nanoseconds of at most 64 bits".into())
}

/// `[year, month, day]` of `time.date`, `[hour, minute, second]` of `time.clock`.
fn numbers(name: &str, ns: i64, zone: &str) -> Result<[i64; 3], String> {
    let found = by_engine(name, &[Value::from(vec![Value::from(ns), Value::from(zone)])])?;
    let found: Vec<i64> =
        found.as_array().into_iter().flat_map(|all| all.iter()).filter_map(|n| n.as_i64().ok()).collect();
    found.try_into().map_err(|_| "the engine tells no time".into())
}

/// From 1970, in the calendar of today at all times.
fn days_until(year: i64, month: i64, day: i64) -> i64 {
    // Counted from March, a leap day is the last of its year.
    let year = if month < 3 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn clock(ns: i64, zone: &str) -> Result<Clock, String> {
    let (date, time) = (numbers("time.date", ns, zone)?, numbers("time.clock", ns, zone)?);
    let weekday = by_engine("time.weekday", &[Value::from(vec![Value::from(ns), Value::from(zone)])])?;
    let [year, month, day] = date;
    let [hour, minute, second] = time;
    let local = days_until(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Ok(Clock {
        year,
        month: usize::try_from(month).unwrap_or_default(),
        day,
        hour,
        minute,
        second,
        nanosecond: u32::try_from(ns.rem_euclid(1_000_000_000)).unwrap_or_default(),
        weekday: weekday.as_string().map(|text| text.to_string()).unwrap_or_default(),
        day_of_year: days_until(year, month, day) - days_until(year, 1, 1) + 1,
        offset: local - ns.div_euclid(1_000_000_000),
        zone: matches!(zone, "UTC" | "").then_some("UTC"),
    })
}

/// `ns`, `[ns, zone]` or `[ns, zone, layout]`.
fn format(given: &[Value]) -> Result<Value, String> {
    let parts = match given.first() {
        Some(Value::Array(parts)) => parts.iter().cloned().collect(),
        Some(ns) => vec![ns.clone(), Value::from("UTC")],
        None => Vec::new(),
    };
    let (zone, layout) = match parts.len() {
        2 => (string(&parts, 1)?, ""),
        3 => (string(&parts, 1)?, string(&parts, 2)?),
        _ => return Err("operand 1 must be ns, [ns, zone] or [ns, zone, layout]".into()),
    };
    let layout = if layout.is_empty() { RFC3339 } else { layout };
    let clock = clock(moment(parts.first())?, zone)?;
    layout::written(&layout::items(layout), &clock).map(Value::from)
}

/// What does not come out again as it was written was read more leniently than Go does.
fn parse_ns(given: &[Value]) -> Result<Value, String> {
    let (layout, text) = (string(given, 0)?, string(given, 1)?);
    let items = layout::items(layout);
    let has =
        |parts: &[&str]| items.iter().any(|item| matches!(item, Item::Part(part) if parts.contains(part)));
    if has(&["MST"]) && !text.contains("UTC") {
        return Err("the names of time zones are not available; write offsets, -07:00".into());
    }
    let ascii = [layout, text].map(|text| Value::from(in_ascii(text)));
    let parsed = by_engine("time.parse_ns", &ascii)?;
    // Go reads a fraction behind the seconds even where the layout has none.
    let second = items.iter().position(|item| matches!(item, Item::Part("05" | "5")));
    let mut with_fraction = items.clone();
    if let Some(at) = second {
        with_fraction.insert(at + 1, Item::Fraction { separator: '.', digits: 9, trimmed: true });
    }
    let loose = has(&["1", "2", "3", "4", "5", "_2", "__2"]);
    let same = |written: &str| if loose { plain(written) == plain(text) } else { written == text };
    let is_zone = |item: &Item<'_>| matches!(item, Item::Part(part) if part.starts_with(['-', 'Z']));
    let quarters = if items.iter().any(is_zone) { -64..=64 } else { 0..=0 };
    let utc = moment(Some(&parsed))?;
    for quarter in quarters {
        let Some(there) = utc.checked_add(quarter * 900 * 1_000_000_000) else { continue };
        let clock = Clock { offset: quarter * 900, ..clock(there, "UTC")? };
        for items in [&items, &with_fraction] {
            let written = layout::written(items, &clock)?;
            let of_greenwich = || ["+00:00", "-00:00"].map(|zone| written.replace('Z', zone));
            if same(&written) || (quarter == 0 && of_greenwich().iter().any(|written| same(written))) {
                return Ok(parsed);
            }
        }
    }
    Err(format!("parsing time {text:?} as {layout:?}: Go would not, or it cannot be told whether"))
}

/// The engine reads a layout byte by byte, and panics within a letter of several. No layout has a meaning for `!`, and that
/// the letters are the same is seen when the time is written out again.
fn in_ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() { c } else { '!' }).collect()
}

/// Without the zeros and spaces in front of numbers.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let in_number = out.ends_with(|last: char| last.is_ascii_digit());
        if c == ' ' || (c == '0' && !in_number) {
            continue;
        }
        out.push(c);
    }
    out
}

/// The engine takes a space for the `T`, small letters, and a second of 60.
fn parse_rfc3339_ns(given: &[Value]) -> Result<Value, String> {
    let text = string(given, 0)?;
    let refuse = || format!("parsing time {text:?} as {:?}: it is none", "2006-01-02T15:04:05Z07:00");
    let like = |text: &str, pattern: &str| {
        text.len() == pattern.len()
            && text
                .bytes()
                .zip(pattern.bytes())
                .all(|(is, wanted)| if wanted == b'0' { is.is_ascii_digit() } else { is == wanted })
    };
    let (moment, rest) = text.split_at_checked(19).ok_or_else(refuse)?;
    let fraction = rest.find(['Z', '+', '-']).ok_or_else(refuse)?;
    let (fraction, zone) = rest.split_at(fraction);
    let is_fraction = fraction
        .strip_prefix(['.', ','])
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    let sound = like(moment, "0000-00-00T00:00:00")
        && !moment.ends_with("60")
        && (fraction.is_empty() || is_fraction)
        && ["Z", "+00:00", "-00:00"].into_iter().any(|pattern| like(zone, pattern));
    if !sound {
        return Err(refuse());
    }
    by_engine("time.parse_rfc3339_ns", &[Value::from(text.replace(',', "."))])
}
