//! Dates on their way through feed-rs.
//!
//! feed-rs takes a hook that reads dates, and keeps what the hook returns: an instant in UTC, without the publisher's
//! offset and without a word on whether there was a time of day at all. Both are packed into the part of the second,
//! which no feed needs, and unpacked afterwards. `SystemTime` is the door: feed-rs's type of instant is convertible
//! from and to it.
//!
//! The hook sees one date at a time. What one date shows of the feed that another leaves open (whether 03/04/2026 is in
//! March or in April) is gathered in [`Stamps`], and the feed is read again with it. Those of JSON Feed need no packing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::dates::{self, Order, ReadDate};
use crate::model::DatePrecision;

/// Added to the offset in minutes, so that none is negative and zero is free to mean that there was none.
const OFFSET_BIAS: i32 = 2000;

/// Added where only the day is known.
const DAY_MARK: u32 = 10_000;

/// How the dates of one feed are read, and what they show.
#[derive(Debug, Default)]
pub(super) struct Stamps {
    language: Option<String>,
    order: Option<Order>,
    /// Whether some date would be read better with more known.
    is_open: AtomicBool,
    is_day_first: AtomicBool,
    is_month_first: AtomicBool,
}

impl Stamps {
    /// Reads a date as feed-rs's hook does: the offset and the precision packed into the nanoseconds.
    pub(super) fn pack(&self, text: &str) -> Option<SystemTime> {
        pack(self.read(text, self.language.as_deref())?)
    }

    /// Reads a date in a language, and notes what it shows.
    pub(super) fn read(&self, text: &str, language: Option<&str>) -> Option<ReadDate> {
        let context = dates::Context { language, order: self.order };
        let reading = dates::interpret(text, context);
        let shown = match reading.order {
            Some(Order::DayMonthYear) => Some(&self.is_day_first),
            Some(Order::MonthDayYear) => Some(&self.is_month_first),
            Some(Order::YearMonthDay) | None => None,
        };
        let open = reading.is_open.then_some(&self.is_open);
        shown.into_iter().chain(open).for_each(|flag| flag.store(true, Ordering::Relaxed));
        reading.date
    }

    /// How to read the feed again, if that may tell more: in its language, if it has one, and in the order of the
    /// dates that show theirs, if they are of one mind.
    pub(super) fn again(&self, language: Option<String>) -> Option<Stamps> {
        let is_set = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        let order = match (is_set(&self.is_day_first), is_set(&self.is_month_first)) {
            (true, false) => Some(Order::DayMonthYear),
            (false, true) => Some(Order::MonthDayYear),
            _ => None,
        };
        let is_worthwhile = is_set(&self.is_open) && (order.is_some() || language.is_some());
        is_worthwhile.then(|| Stamps { language, order, ..Stamps::default() })
    }
}

fn pack(date: ReadDate) -> Option<SystemTime> {
    let seconds = Duration::from_secs(date.instant.as_second().unsigned_abs());
    let epoch = SystemTime::UNIX_EPOCH;
    let instant = if date.instant.as_second() < 0 { epoch.checked_sub(seconds) } else { epoch.checked_add(seconds) };
    let offset = date.offset.map_or(0, |offset| offset.seconds() / 60 + OFFSET_BIAS);
    let day = if date.precision == DatePrecision::Day { DAY_MARK } else { 0 };
    instant?.checked_add(Duration::from_nanos(u64::try_from(offset).ok()? + u64::from(day)))
}

/// What [`Stamps::pack`] packed, as RFC 3339 text at the publisher's offset.
pub(super) fn unpack(packed: SystemTime) -> Option<String> {
    const SECOND_NS: u32 = 1_000_000_000;
    let (seconds, nanoseconds) = match packed.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => (i64::try_from(since.as_secs()).ok()?, since.subsec_nanos()),
        Err(error) => {
            // The nanoseconds go forward in the years before 1970 too.
            let until = error.duration();
            let nanoseconds = (SECOND_NS - until.subsec_nanos()) % SECOND_NS;
            (-i64::try_from(until.as_secs()).ok()? - i64::from(nanoseconds > 0), nanoseconds)
        }
    };
    let instant = Timestamp::from_second(seconds).ok()?;
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
        let stamps = Stamps::default();
        let check =
            |text: &str, expected: &str| assert_eq!(unpack(stamps.pack(text).unwrap()).as_deref(), Some(expected));
        check("Fri, 20 Nov 2026 15:04:05 +0530", "2026-11-20T15:04:05+05:30");
        check("2026-11-20T15:04:05.75-12:00", "2026-11-20T15:04:05-12:00");
        check("2026-11-20T15:04:05Z", "2026-11-20T15:04:05Z");
        check("2026-11-20 15:04:05", "2026-11-20T15:04:05Z");
        check("2026-11-20", "2026-11-20");
        check("1875-11-20", "1875-11-20");
        check("Fri, 20 Nov 1891 15:04:05 +0100", "1891-11-20T15:04:05+01:00");
        check("1969-11-20T15:04:05", "1969-11-20T15:04:05Z");
    }

    #[test]
    fn dates_that_show_their_order_decide_those_that_do_not() {
        let stamps = Stamps::default();
        assert_eq!(stamps.pack("11/06/2026 08:00"), None);
        assert!(stamps.again(None).is_none());
        assert!(stamps.pack("11/25/2026 10:00").is_some());
        let again = stamps.again(None).unwrap();
        assert_eq!(unpack(again.pack("11/06/2026 08:00").unwrap()).as_deref(), Some("2026-11-06T08:00:00Z"));
        assert!(stamps.pack("25/11/2026 10:00").is_some());
        assert!(stamps.again(None).is_none(), "of two minds");
        let again = stamps.again(Some("fr".to_owned())).unwrap();
        assert_eq!(unpack(again.pack("11/06/2026 08:00").unwrap()).as_deref(), Some("2026-06-11T08:00:00Z"));
        let stamps = Stamps::default();
        assert_eq!(stamps.pack("1405/09/03 06:30"), None);
        let again = stamps.again(Some("fa-IR".to_owned())).unwrap();
        assert_eq!(unpack(again.pack("1405/09/03 06:30").unwrap()).as_deref(), Some("2026-11-24T06:30:00Z"));
    }
}
