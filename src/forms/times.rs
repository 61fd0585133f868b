//! Times as people give and read them.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// Reads a time as people give it: `2026-11-20`, RFC 3339, `2026-11-20T10:00` or with a blank (UTC), `2d`, `12h`, `30m`, `2w`, `1y`, `now`,
/// `today`, `yesterday`; also as we print it, `3 h ago`.
pub(crate) fn parse_time(text: &str) -> Result<Timestamp, String> {
    parse_time_at(text, Timestamp::now())
}

fn parse_time_at(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let text = text.trim();
    let in_utc = |civil: DateTime| Offset::UTC.to_timestamp(civil).ok();
    let midnight = |date: Date| in_utc(date.to_datetime(jiff::civil::Time::midnight()));
    let today = Offset::UTC.to_datetime(now).date();
    let parsed = match text {
        "now" => Some(now),
        "today" => midnight(today),
        "yesterday" => today.yesterday().ok().and_then(midnight),
        // The name of a zone beside a time would be read over.
        _ if text.contains('[') => None,
        // A time without a zone is midnight where no time of day is written.
        _ => text.parse().ok().or_else(|| text.parse().ok().and_then(in_utc)).or_else(|| {
            let age = text.strip_suffix("ago").unwrap_or(text).trim_end();
            let unit_at = age.find(|c: char| !c.is_ascii_digit())?;
            let count: i64 = age[..unit_at].parse().ok()?;
            let seconds = match age[unit_at..].trim_start() {
                "s" | "sec" | "second" | "seconds" => 1,
                "m" | "min" | "minute" | "minutes" => 60,
                "h" | "hour" | "hours" => 3600,
                "d" | "day" | "days" => 86_400,
                "w" | "week" | "weeks" => 7 * 86_400,
                "y" | "year" | "years" => 365 * 86_400,
                _ => return None,
            };
            now.checked_sub(SignedDuration::from_secs(count.checked_mul(seconds)?)).ok()
        }),
    };
    parsed.ok_or_else(|| {
        if text.strip_prefix('-').is_some_and(|age| parse_time_at(age, now).is_ok()) {
            return "must be without the minus: 2d is two days ago".to_owned();
        }
        "must be a day (2026-11-20, today, yesterday), a time (2026-11-20T10:00, UTC unless a zone follows it), or an age (30m, 12h, 2d, 1w, 1y)"
            .to_owned()
    })
}

/// An instant as programs read it, and as the database has it: RFC 3339, UTC, whole seconds.
pub(crate) fn rfc3339(instant: Timestamp) -> String {
    format!("{instant:.0}")
}

/// How long ago an instant was, or how long it is until then; a day for what is longer ago than a week, and for a day alone. Text that is no
/// instant stays as it is.
pub(crate) fn relative(text: &str, now: Timestamp) -> String {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return relative_instant(instant, now);
    }
    let today = Offset::UTC.to_datetime(now).date();
    match text.parse::<Date>() {
        Ok(day) if day == today => "today".to_owned(),
        Ok(day) if today.yesterday().is_ok_and(|yesterday| day == yesterday) => "yesterday".to_owned(),
        _ => text.to_owned(),
    }
}

/// A length of time, as coarsely as one would say it.
pub(crate) fn duration(seconds: u32) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

fn relative_instant(instant: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(instant).as_secs();
    let (size, is_past) = (seconds.unsigned_abs(), seconds >= 0);
    let (count, unit) = match size {
        0..10 => return "now".to_owned(),
        10..60 => (size, "s"),
        60..3600 => (size / 60, "min"),
        3600..86_400 => (size / 3600, "h"),
        86_400..604_800 => (size / 86_400, "d"),
        _ => return Offset::UTC.to_datetime(instant).date().to_string(),
    };
    if is_past { format!("{count} {unit} ago") } else { format!("in {count} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_give_them() {
        let now: Timestamp = "2026-11-20T15:30:00Z".parse().unwrap();
        let read = |text: &str| parse_time_at(text, now).map(|time| time.to_string());
        assert_eq!(read("2026-11-18").unwrap(), "2026-11-18T00:00:00Z");
        assert_eq!(read("2026-11-18T10:00:00+02:00").unwrap(), "2026-11-18T08:00:00Z");
        assert_eq!(read("yesterday").unwrap(), "2026-11-19T00:00:00Z");
        assert_eq!(read("2d").unwrap(), "2026-11-18T15:30:00Z");
        assert_eq!(read("90m").unwrap(), "2026-11-20T14:00:00Z");
        for (text, expected) in
            [("3 h ago", "12:30"), ("90 minutes ago", "14:00"), ("1 hour", "14:30"), ("45 s ago", "15:29")]
        {
            assert!(read(text).unwrap().starts_with(&format!("2026-11-20T{expected}")), "{text}");
        }
        for (text, expected) in [
            ("2026-11-18T10:00", "2026-11-18T10:00:00Z"),
            ("2026-11-18 10:00:30", "2026-11-18T10:00:30Z"),
            ("2026-11-18 10:00-05:00", "2026-11-18T15:00:00Z"),
            ("2026-11-18T10", "2026-11-18T10:00:00Z"),
            ("20261118", "2026-11-18T00:00:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["2026-11-18T10:00[Europe/Berlin]", "2026-11-18T25:00", "2026-11-18T10:00 CET", "2026-13-01"] {
            assert!(read(text).is_err(), "{text}: {:?}", read(text));
        }
        assert_eq!(read("-2d").unwrap_err(), "must be without the minus: 2d is two days ago");
        assert!(read("soon").unwrap_err().starts_with("must be a day"));
        assert!(read("99999999999999999d").is_err());
    }

    #[test]
    fn lengths_are_told_in_one_unit() {
        for (seconds, expected) in
            [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172_800, "2 d")]
        {
            assert_eq!(duration(seconds), expected);
        }
    }

    #[test]
    fn people_read_how_long_ago_it_was() {
        let now: Timestamp = "2026-11-20T15:30:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-11-20T15:29:55Z", "now"),
            ("2026-11-20T15:29:15Z", "45 s ago"),
            ("2026-11-20T14:31:00Z", "59 min ago"),
            ("2026-11-19T15:31:00Z", "23 h ago"),
            ("2026-11-14T15:30:00Z", "6 d ago"),
            ("2026-11-13T15:30:00Z", "2026-11-13"),
            ("2026-11-20T15:35:10Z", "in 5 min"),
            ("2026-11-20", "today"),
            ("2026-11-19", "yesterday"),
            ("2026-11-18", "2026-11-18"),
            ("", ""),
            ("never", "never"),
        ] {
            assert_eq!(relative(text, now), expected, "{text}");
        }
    }
}
