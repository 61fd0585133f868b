//! Dates on their way through feed-rs.
//!
//! feed-rs takes a hook that reads dates, and keeps what the hook returns: an instant in UTC, without the publisher's
//! offset and without a word on whether there was a time of day at all. Both are packed into the part of the second,
//! which no feed needs, and unpacked afterwards. `SystemTime` is the door: feed-rs's type of instant is convertible
//! from and to it.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::dates::{self, ReadDate};
use crate::model::DatePrecision;

/// Added to the offset in minutes, so that none is negative and zero is free to mean that there was none.
const OFFSET_BIAS: i32 = 2000;

/// Added where only the day is known.
const DAY_MARK: u32 = 10_000;

/// Reads a date as feed-rs's hook does: the offset and the precision packed into the nanoseconds.
pub(super) fn pack(text: &str) -> Option<SystemTime> {
    let date = dates::read(text)?;
    let seconds = u64::try_from(date.instant.as_second()).ok()?;
    let offset = date.offset.map_or(0, |offset| offset.seconds() / 60 + OFFSET_BIAS);
    let day = if date.precision == DatePrecision::Day { DAY_MARK } else { 0 };
    let nanoseconds = u32::try_from(offset).ok()? + day;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
}

/// What [`pack`] packed, as RFC 3339 text at the publisher's offset.
pub(super) fn unpack(packed: SystemTime) -> Option<String> {
    let since = packed.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let nanoseconds = since.subsec_nanos();
    let instant = Timestamp::from_second(i64::try_from(since.as_secs()).ok()?).ok()?;
    let offset = match i32::try_from(nanoseconds % DAY_MARK).ok()? {
        0 => None,
        biased => Some(Offset::from_seconds((biased - OFFSET_BIAS) * 60).ok()?),
    };
    let precision = if nanoseconds >= DAY_MARK { DatePrecision::Day } else { DatePrecision::Instant };
    Some(ReadDate { instant, offset, precision }.to_rfc3339())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_date_keeps_offset_and_precision() {
        let check = |text: &str, expected: &str| assert_eq!(unpack(pack(text).unwrap()).as_deref(), Some(expected));
        check("Fri, 20 Nov 2026 15:04:05 +0530", "2026-11-20T15:04:05+05:30");
        check("2026-11-20T15:04:05.75-12:00", "2026-11-20T15:04:05-12:00");
        check("2026-11-20T15:04:05Z", "2026-11-20T15:04:05Z");
        check("2026-11-20 15:04:05", "2026-11-20T15:04:05Z");
        check("2026-11-20", "2026-11-20");
    }
}
