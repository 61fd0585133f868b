//! Text to instants: what feeds, pages and files write where a date should be.
//!
//! Nearly all write one of two standard forms, which `standard` reads straight from the bytes. For all others there is
//! one reader, and no list of formats to be tried one after the other. The text is cut into numbers, words and marks
//! (`tokens`), which are sorted by what stands around them (`reader`): `15:04` is a time wherever it is, `+0200` behind
//! a time an offset (`zones`), and what words mean in some eighty languages is in a table from CLDR (`names`). Of the
//! readings that are left the best is taken (`choice`), in the calendar that it is of (`calendar`). A text that leaves a
//! day, month or year open is no date.
//!
//! The language, and the order that the writer puts numbers in, may be known to the caller, and then decide between
//! readings: a [`Context`] carries them; [`language_at()`] adds the country of a site. [`find()`] looks for a date among other words.

mod calendar;
mod choice;
mod context;
mod find;
mod names;
mod places;
mod reader;
mod standard;
mod tokens;
mod zones;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

pub use context::{Context, Order};
pub use find::find;
pub use places::language_at;

use crate::model::DatePrecision;
use calendar::YEARS;
use choice::choose;
use names::{HalfDay, Meaning};
use reader::Clock;
use zones::Zone;

/// Longest text that is looked at, in characters after trimming. The longest real dates (a weekday, a month in Tamil
/// and a time zone's full name in brackets) stay below; a paragraph that happens to hold a date is not a date.
const LONGEST_DATE: usize = 100;

/// Years that a number of seconds since 1970 may mean. Others are numbers of something else.
const EPOCH_YEARS: std::ops::RangeInclusive<i16> = 1990..=2100;

/// A date as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadDate {
    /// The instant. Without an offset the text is taken as UTC, without a time as midnight.
    pub instant: Timestamp,
    /// The offset from UTC, where the text gives one.
    pub offset: Option<Offset>,
    /// Whether there was a time or only a day.
    pub precision: DatePrecision,
}

impl ReadDate {
    /// The date as RFC 3339 text: at the publisher's offset, or `Z` where there was none; a day alone stays a day.
    #[must_use]
    pub fn to_rfc3339(&self) -> String {
        let local = self.offset.unwrap_or(Offset::UTC).to_datetime(self.instant);
        match (self.precision, self.offset) {
            (DatePrecision::Day, _) => local.date().to_string(),
            (DatePrecision::Instant, None | Some(Offset::UTC)) => self.instant.to_string(),
            (DatePrecision::Instant, Some(offset)) => self.instant.display_with_offset(offset).to_string(),
        }
    }
}

/// What a text was found to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The date. None if there is none, or if it is not clear which: `03/04/2026`.
    pub date: Option<ReadDate>,
    /// The order of its numbers, where the date itself shows it, since 20 is no month or by its weekday.
    pub order: Option<Order>,
    /// Whether the text is a date, and another [`Context`] could give another one or the first.
    pub is_open: bool,
}

/// Reads a date. `None` if the text is none, leaves a day, month or year open, or is of a year that no news is from.
#[must_use]
pub fn read(text: &str) -> Option<ReadDate> {
    read_in(text, Context::default())
}

/// Reads a date of which more is known than its text.
#[must_use]
pub fn read_in(text: &str, context: Context<'_>) -> Option<ReadDate> {
    interpret(text, context).date
}

/// Reads a date, and tells what it shows of its writer's customs and whether to know more of them would help.
#[must_use]
pub fn interpret(text: &str, context: Context<'_>) -> Reading {
    let text = text.trim();
    let sure = |date| Reading { date, ..Reading::default() };
    if let Some(standard) = standard::read(text) {
        return sure(moment(standard.date, standard.clock, None, standard.zone));
    }
    if !may_be_date(text) {
        return Reading::default();
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) && !matches!(text.len(), 8 | 14) {
        return sure(read_epoch(text));
    }
    general(text, context).unwrap_or_default()
}

fn general(text: &str, context: Context<'_>) -> Option<Reading> {
    let parts = reader::parts(text, &tokens::cut(text))?;
    let choice = choose(&parts, context)?;
    let Some(date) = choice.date else {
        return Some(Reading { is_open: true, ..Reading::default() });
    };
    let date = moment(date, choice.clock, parts.half_day, parts.zone)?;
    Some(Reading { date: Some(date), order: choice.order, is_open: !choice.is_sure })
}

/// Whether a text is a date as RFC 3339 or RFC 2822 has it, but none that anything was published at: of a year before
/// newspapers or far ahead, or the zero of somebody's clock (`0001-01-01`, `9999-12-31`, `1970-01-01T00:00:00Z`). Where
/// one must be written, these stand for none.
#[must_use]
pub fn stands_for_none(text: &str) -> bool {
    let text = text.trim();
    let is_date = |standard: standard::Standard<'_>| standard.clock.is_none_or(Clock::exists);
    read(text).is_none() && (standard::read(text).is_some_and(is_date) || text.starts_with("0000-00-00"))
}

/// Whether a text can be a date, without reading it: it has a digit and is no paragraph.
#[must_use]
pub fn may_be_date(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 4 * LONGEST_DATE
        && text.chars().count() <= LONGEST_DATE
        && tokens::has_digit(text)
}

/// The value of a decimal digit, in any script that dates are written in.
#[must_use]
pub fn digit(c: char) -> Option<u32> {
    tokens::digit(c)
}

/// Whether a word names a month, in one of the languages that dates are read in. Words of one or two letters do not.
#[must_use]
pub fn names_month(word: &str) -> bool {
    let key = names::key(word);
    key.chars().nth(2).is_some()
        && names::find(&key).names.iter().any(|name| matches!(name.meaning, Meaning::Month(..)))
}

/// Seconds or milliseconds since 1970, told apart by their number of digits.
fn read_epoch(digits: &str) -> Option<ReadDate> {
    let number: i64 = digits.parse().ok()?;
    let instant = match digits.len() {
        9 | 10 => Timestamp::from_second(number).ok()?,
        12 | 13 => Timestamp::from_millisecond(number).ok()?,
        _ => return None,
    };
    let year = Offset::UTC.to_datetime(instant).year();
    let is_of_news = EPOCH_YEARS.contains(&year);
    is_of_news.then_some(ReadDate { instant, offset: Some(Offset::UTC), precision: DatePrecision::Instant })
}

/// The instant of a day and time; `None` if the clock has no such time, or the zero of a clock stands for no date.
fn moment(date: Date, clock: Option<Clock>, half_day: Option<HalfDay>, zone: Option<Zone<'_>>) -> Option<ReadDate> {
    let precision = if clock.is_some() { DatePrecision::Instant } else { DatePrecision::Day };
    let clock = clock.unwrap_or_default();
    let is_midnight = clock == Clock::default();
    if !YEARS.contains(&date.year()) || (is_midnight && calendar::is_zero(date)) {
        return None;
    }
    let hour = match half_day {
        Some(HalfDay::Afternoon) if clock.hour < 12 => clock.hour + 12,
        Some(HalfDay::Morning | HalfDay::Night) if clock.hour == 12 => 0,
        Some(HalfDay::Night) if (6..12).contains(&clock.hour) => clock.hour + 12,
        _ => clock.hour,
    };
    // A leap second has no place in our calendar, and 24:00 is the end of the day.
    let second = if clock.second == 60 { 59 } else { clock.second };
    let (date, hour) = if hour == 24 && clock.minute == 0 { (date.tomorrow().ok()?, 0) } else { (date, hour) };
    let narrow = |number: u32| i8::try_from(number).ok();
    let nanosecond = i32::try_from(clock.nanosecond).ok()?;
    let time = Time::new(narrow(hour)?, narrow(clock.minute)?, narrow(second)?, nanosecond).ok()?;
    let local = date.to_datetime(time);
    let offset = zone.and_then(|zone| zone.offset_at(local));
    let instant = offset.unwrap_or(Offset::UTC).to_timestamp(local).ok()?;
    (!is_zero_of_unix(instant)).then_some(ReadDate { instant, offset, precision })
}

/// Whether an instant is 1970 began, in some zone: a date that somebody did not have.
fn is_zero_of_unix(instant: Timestamp) -> bool {
    const ZONES_S: i64 = 14 * 3600;
    instant.as_second().abs() <= ZONES_S
}

#[cfg(test)]
mod tests;
