//! Text to instants.

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::model::DatePrecision;

/// A date as a document wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadDate {
    /// The instant; where only the day is known, its midnight.
    pub instant: Timestamp,
    /// The offset that was written; absent means that UTC was assumed.
    pub offset: Option<Offset>,
    /// What of it is known.
    pub precision: DatePrecision,
}

/// Reads a date. STUB until the real one lands.
#[must_use]
pub fn read(text: &str) -> Option<ReadDate> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        let offset = text.get(text.len().saturating_sub(6)..).and_then(|tail| {
            let sign = if tail.starts_with('+') {
                1
            } else if tail.starts_with('-') {
                -1
            } else {
                return None;
            };
            let (h, m) = tail[1..].split_once(':')?;
            Offset::from_seconds(sign * (h.parse::<i32>().ok()? * 3600 + m.parse::<i32>().ok()? * 60)).ok()
        });
        return Some(ReadDate {
            instant,
            offset,
            precision: DatePrecision::Instant,
        });
    }
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        let instant = Offset::UTC
            .to_timestamp(date.to_datetime(jiff::civil::Time::midnight()))
            .ok()?;
        return Some(ReadDate {
            instant,
            offset: None,
            precision: DatePrecision::Day,
        });
    }
    let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(ReadDate {
        instant: zoned.timestamp(),
        offset: Some(zoned.offset()),
        precision: DatePrecision::Instant,
    })
}
