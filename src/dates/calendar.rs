//! Years and calendars: from what a date says to the day that we call it.
//!
//! Three calendars count months of their own and are left to `icu_calendar`. The Buddhist calendar of Thailand, the
//! eras of Japan and the years of the Republic of China are the Gregorian calendar with other numbers for its years.

use std::ops::RangeInclusive;

use icu_calendar::cal::{EthiopianEraStyle, Hijri, Iso};
use icu_calendar::{AsCalendar, Date as CalendarDate};
use jiff::civil::Date;

/// The calendars whose months have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calendar {
    Gregorian,
    /// The solar calendar of Iran and Afghanistan.
    Persian,
    /// The lunar calendar, as Saudi Arabia publishes it (Umm al-Qura).
    Islamic,
    /// The calendar of Ethiopia.
    Ethiopian,
}

/// Years that a publication can have. The first newspaper is of 1605; a year later than the last is a slip.
pub(super) const YEARS: RangeInclusive<i16> = 1600..=2100;

/// Two-digit years below this are of this century. RFC 2822, section 4.3, says 50, but no feed is from before 1969.
const CENTURY_PIVOT: i16 = 69;

/// The same years in the Buddhist calendar of Thailand, Laos and Cambodia, which is ahead by [`BUDDHIST_YEARS`].
const BUDDHIST: RangeInclusive<i16> = 2301..=2643;

const BUDDHIST_YEARS: i16 = 543;

/// Years of the Persian and the Islamic calendar that are years of ours in [`YEARS`].
const HEGIRA: RangeInclusive<i16> = 1001..=1520;

/// A year as a date writes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct WrittenYear {
    pub(super) value: i16,
    /// Whether the century is left out.
    pub(super) is_short: bool,
    /// By what its era raises it.
    pub(super) era: Option<i16>,
}

/// Which calendars the writer of a date uses beside ours.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Customs {
    /// The one that counts from the Hegira, Persian or Islamic: for dates without a month's name.
    pub(super) hegira: Option<Calendar>,
    /// Whether it is the Buddhist one, and its century may be left out.
    pub(super) is_buddhist: bool,
    /// Whether it is the Nepali one, which we cannot read.
    pub(super) is_nepali: bool,
}

/// The day, in our calendar, of a date whose month is known by name and calendar.
pub(super) fn day(calendar: Calendar, year: WrittenYear, month: u32, day: u32, customs: Customs) -> Option<Date> {
    let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    let written = i32::from(year.value);
    match calendar {
        Calendar::Gregorian => {
            let date = Date::new(gregorian_year(year, customs)?, month.cast_signed(), day.cast_signed()).ok()?;
            YEARS.contains(&date.year()).then_some(date)
        }
        _ if year.is_short || year.era.is_some() => None,
        Calendar::Persian => iso(&CalendarDate::try_new_persian(written, month, day).ok()?),
        Calendar::Islamic => {
            let calendar = Hijri::new_umm_al_qura();
            iso(&CalendarDate::try_new_hijri_with_calendar(written, month, day, calendar).ok()?)
        }
        Calendar::Ethiopian => {
            let calendar = EthiopianEraStyle::AmeteMihret;
            iso(&CalendarDate::try_new_ethiopian(calendar, written, month, day).ok()?)
        }
    }
}

/// The day of a date in numbers, in the calendar that its year is of.
pub(super) fn day_in_numbers(year: WrittenYear, month: u32, day_of_month: u32, customs: Customs) -> Option<Date> {
    let is_hegira = HEGIRA.contains(&year.value) && !year.is_short && year.era.is_none();
    let calendar = if is_hegira { customs.hegira? } else { Calendar::Gregorian };
    day(calendar, year, month, day_of_month, customs)
}

fn gregorian_year(year: WrittenYear, customs: Customs) -> Option<i16> {
    if let Some(era) = year.era {
        // `พ.ศ. 69` and `ค.ศ. 26` leave out the century all the same.
        return match (year.is_short, era) {
            (true, 0) => Some(century(year.value)),
            (true, ..0) => year.value.checked_add(2500 + era),
            _ => year.value.checked_add(era),
        };
    }
    if year.is_short {
        // 69 is 2569, our 2026; 26 is 2026, since nobody publishes of 2526, our 1983.
        let is_buddhist = customs.is_buddhist && year.value >= 2543 - 2500;
        return Some(if is_buddhist { 2500 + year.value - BUDDHIST_YEARS } else { century(year.value) });
    }
    if BUDDHIST.contains(&year.value) {
        return Some(year.value - BUDDHIST_YEARS);
    }
    // The Nepali calendar is ahead by 56 years and some months, with days and months of its own.
    (!customs.is_nepali || year.value < 2050).then_some(year.value)
}

fn century(two_digits: i16) -> i16 {
    if two_digits < CENTURY_PIVOT { 2000 + two_digits } else { 1900 + two_digits }
}

/// The same day in our calendar, if it is of a year that a publication can have.
fn iso<C: AsCalendar>(date: &CalendarDate<C>) -> Option<Date> {
    let date = date.to_calendar(Iso);
    let year = i16::try_from(date.era_year().year).ok().filter(|year| YEARS.contains(year))?;
    Date::new(year, date.month().number().cast_signed(), date.day_of_month().0.cast_signed()).ok()
}

/// Whether a day is no date, but the zero of somebody's clock or calendar: of spreadsheets and databases (1899-12-30,
/// 1900-01-01, 1753-01-01), of files (1601-01-01). That of Unix is an instant.
pub(super) fn is_zero(date: Date) -> bool {
    [(1601, 1, 1), (1753, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1)].contains(&(
        date.year(),
        date.month(),
        date.day(),
    ))
}
