//! Every expected value is OPA's own, of version 1.22.

use super::*;

const NS: i64 = 1_700_000_000_123_456_789;

fn formatted(ns: i64, zone: &str, layout: &str) -> Result<String, String> {
    let given = Value::from(vec![Value::from(ns), Value::from(zone), Value::from(layout)]);
    format(&[given]).map(|value| value.as_string().unwrap().to_string())
}

#[test]
fn layouts_are_read_as_go_reads_them() {
    for (zone, layout, wanted) in [
        ("UTC", "", "2023-11-14T22:13:20.123456789Z"),
        ("UTC", "15:04:05.999999", "22:13:20.123456"),
        ("UTC", "15:04:05,000", "22:13:20,123"),
        ("UTC", "05.9 .90", "20.1 .90"),
        ("UTC", "Z0700 Z07:00:00 Z07 -07:00:00 -070000", "Z Z Z +00:00:00 +000000"),
        ("Europe/Berlin", "Z0700 Z07:00:00 Z07 -07:00 -070000", "+0100 +01:00:00 +01 +01:00 +010000"),
        (
            "UTC",
            "Jan January 1 01 2 02 _2 002 __2 06 2006 Mon Monday 15 3 03 4 04 5 05 pm PM",
            "Nov November 11 11 14 14 14 318 318 23 2023 Tue Tuesday 22 10 10 13 13 20 20 pm PM",
        ),
        ("UTC", "12 7 8 9 10 11 0 %Y 100%", "1114 7 8 9 110 1111 0 %Y 1100%"),
        ("UTC", "Januar Mondayish Stamp _2006", "Januar Tuesdayish Stamp _2023"),
        ("UTC", "RFC1123", "Tue, 14 Nov 2023 22:13:20 UTC"),
        ("", "RFC822", "14 Nov 23 22:13 UTC"),
        ("Asia/Tokyo", "RFC1123Z", "Wed, 15 Nov 2023 07:13:20 +0900"),
    ] {
        assert_eq!(formatted(NS, zone, layout).as_deref(), Ok(wanted), "{zone} {layout}");
    }
    assert_eq!(formatted(1, "UTC", ".999 .000000001").as_deref(), Ok(" .000000001"));
    assert!(formatted(NS, "Europe/Berlin", "MST").unwrap_err().contains("-07:00"));
    assert!(formatted(NS, "Nowhere/X", "2006").is_err());
}

#[test]
fn what_a_month_does_not_have_goes_over_into_the_next() {
    let added =
        |ns: i64, years: i64, months: i64, days: i64| add_date(&[ns, years, months, days].map(Value::from));
    for (ns, years, months, days, wanted) in [
        (1_709_164_800_000_000_000, 1, 0, 0, 1_740_787_200_000_000_000_i64),
        (1_706_659_200_000_000_000, 0, 1, 0, 1_709_337_600_000_000_000),
        (1_706_659_200_000_000_000, 0, -14, 40, 1_673_308_800_000_000_000),
        (-1, 0, 0, 1, 86_399_999_999_999),
    ] {
        assert_eq!(added(ns, years, months, days), Ok(Value::from(wanted)), "{ns} {years} {months} {days}");
    }
    for (years, days) in [(1_000, 0), (-300, 0), (0, 2_000_000_000), (1 << 40, 0)] {
        assert!(added(0, years, 0, days).is_err(), "{years} {days}");
    }
}

#[test]
fn only_what_go_parses_is_parsed() {
    let parsed = |layout: &str, text: &str| parse_ns(&[layout, text].map(Value::from));
    for (layout, text, wanted) in [
        ("2006-01-02", "2020-01-02", 1_577_923_200_000_000_000_i64),
        ("2006-1-2", "2020-01-02", 1_577_923_200_000_000_000),
        ("2006-01-02 15:04:05 -0700", "2020-01-02 03:04:05 +0130", 1_577_928_845_000_000_000),
        ("2006-01-02 15:04:05", "2020-01-02 03:04:05.123", 1_577_934_245_123_000_000),
        ("ANSIC", "Mon Jan  2 15:04:05 2006", 1_136_214_245_000_000_000),
        ("RFC1123", "Mon, 02 Jan 2006 15:04:05 UTC", 1_136_214_245_000_000_000),
        ("2006年01月02日", "2020年01月02日", 1_577_923_200_000_000_000),
    ] {
        assert_eq!(parsed(layout, text), Ok(Value::from(wanted)), "{layout} {text}");
    }
    for (layout, text) in [
        ("2006-01-02", "2020-1-2"),
        ("2006-01-02 15:04:05 -0700", "2020-1-2 03:04:05 +0130"),
        ("2006-01-02T15:04:05", "2020-01-02T03:04:60"),
        ("RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"),
        ("2006年01", "2020月01"),
        ("2006!01", "2020é01"),
        ("é😀", "/prod/x"),
    ] {
        assert!(parsed(layout, text).is_err(), "{layout} {text}");
    }
}

#[test]
fn of_rfc_3339_only_gos_form_is_read() {
    let parsed = |text: &str| parse_rfc3339_ns(&[Value::from(text)]);
    assert_eq!(parsed("2020-01-02T03:04:05,5+01:00"), Ok(Value::from(1_577_930_645_500_000_000_i64)));
    for text in
        ["2020-01-02t03:04:05Z", "2020-01-02 03:04:05Z", "2020-01-02T03:04:60Z", "2020-01-02T03:04:05.Z", "ä"]
    {
        assert!(parsed(text).is_err(), "{text}");
    }
}
