//! Text to instants: what feeds, pages and files write where a date should be.
//!
//! One reader for all of them. The text is cut into numbers, words and marks, and each finds its place by what stands
//! around it: `15:04` is a time wherever it is, `November` a month, `+0200` behind a time an offset. That reads the
//! standard forms (RFC 3339, ISO 8601, RFC 2822, asctime) and everything that servers make of them, and there is
//! no list of formats to be tried one after the other. A text that leaves a day, month or year open is no date.

mod words;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use crate::model::DatePrecision;
use words::{Marker, Zone};

/// Longest text that is looked at, in bytes after trimming. The longest real dates (a weekday, a month in Greek and
/// a time zone's full name in brackets) stay below; a paragraph that happens to hold a date is not a date.
const LONGEST_DATE: usize = 100;

/// Words that mean nothing to us and are passed over: a weekday in a language we do not know, a label. With more of
/// them the text is prose.
const UNKNOWN_WORDS_MAX: u32 = 2;

/// Years that a publication can have. News on the web begins about 1990; a later year than the last is a slip.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2100;

/// Two-digit years below this are of this century (RFC 2822 says 50, but no feed is from before 1969).
const CENTURY_PIVOT: u32 = 69;

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

/// Reads a date. `None` if the text is none, leaves a day, month or year open, or is of a year that no news is from.
#[must_use]
pub fn read(text: &str) -> Option<ReadDate> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST_DATE {
        return None;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) && !matches!(text.len(), 8 | 14) {
        return read_epoch(text);
    }
    let tokens = cut(text);
    let mut reader = Reader { tokens: &tokens, ..Reader::default() };
    reader.run()?;
    reader.finish()
}

/// Whether a word names a month, in one of the languages of Europe.
#[must_use]
pub fn names_month(word: &str) -> bool {
    words::month(word).is_some()
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
    YEARS.contains(&year).then_some(ReadDate { instant, offset: Some(Offset::UTC), precision: DatePrecision::Instant })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    /// A run of digits. `value` saturates; nothing with so many digits is a part of a date.
    Number { value: u64, digits: usize },
    /// A run of letters, or one Han character.
    Word(&'a str),
    /// Anything else but white space.
    Mark(char),
}

fn cut(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::with_capacity(24);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_digit() {
            rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len())
        } else if is_han(first) || !first.is_alphabetic() {
            first.len_utf8()
        } else {
            // Combining marks are not alphabetic, but part of the word.
            let in_word = |c: char| (c.is_alphabetic() && !is_han(c)) || ('\u{300}'..='\u{36f}').contains(&c);
            rest.find(|c| !in_word(c)).unwrap_or(rest.len())
        };
        let (piece, after) = rest.split_at(length);
        if first.is_ascii_digit() {
            let value = piece
                .bytes()
                .fold(0_u64, |value, digit| value.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
            tokens.push(Token::Number { value, digits: length });
        } else if first.is_alphabetic() {
            tokens.push(Token::Word(piece));
        } else if !(first.is_whitespace() || first.is_control() || first == '\u{200e}' || first == '\u{200f}') {
            tokens.push(Token::Mark(first));
        }
        rest = after;
    }
    tokens
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

#[derive(Default)]
struct Reader<'t> {
    tokens: &'t [Token<'t>],
    at: usize,
    year: Option<u32>,
    month: Option<u32>,
    day: Option<u32>,
    time: Option<(u32, u32, u32)>,
    nanosecond: u32,
    /// `Morning` or `Afternoon`.
    half_day: Option<Marker>,
    zone: Option<Zone>,
    unknown_words: u32,
    /// A date `a/b/year` in which both may be the month, as (a, b). Only the clock of twelve hours decides it.
    undecided: Option<(u32, u32)>,
}

impl<'t> Reader<'t> {
    fn peek(&self, ahead: usize) -> Option<Token<'t>> {
        self.tokens.get(self.at + ahead).copied()
    }

    fn number_at(&self, ahead: usize, digits_max: usize) -> Option<u32> {
        match self.peek(ahead) {
            Some(Token::Number { value, digits }) if digits <= digits_max => u32::try_from(value).ok(),
            _ => None,
        }
    }

    /// Reads token after token; `None` as soon as one has no place in a date.
    fn run(&mut self) -> Option<()> {
        while let Some(token) = self.peek(0) {
            match token {
                Token::Number { value, digits } => self.number(value, digits)?,
                Token::Word(word) => self.word(word)?,
                Token::Mark(mark) => self.mark(mark)?,
            }
        }
        Some(())
    }

    fn number(&mut self, value: u64, digits: usize) -> Option<()> {
        // Fourteen digits are the longest that mean something here; longer ones fail below.
        let (tail, value) = (value % 1_000_000, u32::try_from(if digits == 14 { value / 1_000_000 } else { value }));
        let value = value.ok()?;
        if self.clock(value, digits) || self.three_numbers(value, digits) {
            return Some(());
        }
        if digits <= 4
            && let Some((marker, n_tokens)) = self.marker(1)
        {
            self.at += 1 + n_tokens;
            return self.marked(marker, value);
        }
        self.at += 1;
        match digits {
            8 | 14 if self.year.is_none() => {
                self.set_date(value / 10_000, value / 100 % 100, value % 100);
                if digits == 14 {
                    self.six_digits(u32::try_from(tail).ok()?);
                }
            }
            6 if self.has_day() && self.time.is_none() => self.six_digits(value),
            4 if self.has_day() && self.time.is_none() => self.time = Some((value / 100, value % 100, 0)),
            4 if self.year.is_none() => self.year = Some(value),
            1 | 2 if self.day.is_none() => self.day = Some(value),
            1 | 2 if self.year.is_none() && self.month.is_some() => self.year = Some(century(value)),
            _ => return None,
        }
        Some(())
    }

    fn six_digits(&mut self, value: u32) {
        self.time = Some((value / 10_000, value / 100 % 100, value % 100));
    }

    /// The marker that stands `ahead`, and of how many tokens it is: `p.m.` falls into pieces.
    fn marker(&self, ahead: usize) -> Option<(Marker, usize)> {
        let Token::Word(word) = self.peek(ahead)? else {
            return None;
        };
        if let (Some(Token::Mark('.')), Some(Token::Word("m" | "M"))) = (self.peek(ahead + 1), self.peek(ahead + 2)) {
            match word {
                "a" | "A" => return Some((Marker::Morning, 3)),
                "p" | "P" => return Some((Marker::Afternoon, 3)),
                _ => {}
            }
        }
        words::marker(word).map(|marker| (marker, 1))
    }

    fn has_day(&self) -> bool {
        (self.year.is_some() && self.month.is_some() && self.day.is_some()) || self.undecided.is_some()
    }

    /// `15:04`, `15:04:05`, `15:04:05.678`, and `15.04` behind a whole date.
    fn clock(&mut self, hour: u32, digits: usize) -> bool {
        if self.time.is_some() || digits > 2 {
            return false;
        }
        let separator = match self.peek(1) {
            Some(Token::Mark(':')) => ':',
            Some(Token::Mark('.')) if self.has_day() => '.',
            _ => return false,
        };
        let Some(minute) = self.number_at(2, 2) else {
            return false;
        };
        self.at += 3;
        let mut second = 0;
        if self.peek(0) == Some(Token::Mark(separator))
            && let Some(value) = self.number_at(1, 2)
        {
            second = value;
            self.at += 2;
            self.fraction();
        }
        self.time = Some((hour, minute, second));
        true
    }

    fn fraction(&mut self) {
        let Some(Token::Mark('.' | ',')) = self.peek(0) else {
            return;
        };
        let Some(Token::Number { value, digits }) = self.peek(1) else {
            return;
        };
        // Digits behind the ninth are too fine for anyone.
        if let (Ok(value), Some(missing)) = (u32::try_from(value), 9_usize.checked_sub(digits)) {
            self.nanosecond = (0..missing).fold(value, |scaled, _| scaled.saturating_mul(10));
        }
        self.at += 2;
    }

    /// `2026-11-20`, `20.11.2026`, `11/20/2026`, `20/11/26`.
    fn three_numbers(&mut self, first: u32, digits: usize) -> bool {
        if self.year.is_some() || self.month.is_some() || self.day.is_some() {
            return false;
        }
        let Some(Token::Mark(separator @ ('-' | '/' | '.' | '\u{2010}' | '\u{2011}'))) = self.peek(1) else {
            return false;
        };
        if self.peek(3) != Some(Token::Mark(separator)) {
            return false;
        }
        let Some(second) = self.number_at(2, 2) else {
            return false;
        };
        let Some(Token::Number { digits: third_digits, .. }) = self.peek(4) else {
            return false;
        };
        let Some(third) = self.number_at(4, 4) else {
            return false;
        };
        match (digits, third_digits) {
            (4, 1 | 2) => self.set_date(first, second, third),
            (1 | 2, 2 | 4) => {
                let year = if third_digits == 2 { century(third) } else { third };
                match (first, second) {
                    (13.., _) => self.set_date(year, second, first),
                    (_, 13..) => self.set_date(year, first, second),
                    // With dots and dashes nobody writes the month first; with strokes half the world does.
                    _ if separator == '/' && first != second => {
                        self.year = Some(year);
                        self.undecided = Some((first, second));
                    }
                    _ => self.set_date(year, second, first),
                }
            }
            _ => return false,
        }
        self.at += 5;
        true
    }

    fn set_date(&mut self, year: u32, month: u32, day: u32) {
        (self.year, self.month, self.day) = (Some(year), Some(month), Some(day));
    }

    /// A number with its unit behind it: `11月`, `15h`, `5 pm`, `20th`.
    fn marked(&mut self, marker: Marker, value: u32) -> Option<()> {
        match marker {
            Marker::Year => self.year = Some(if value < 100 { century(value) } else { value }),
            Marker::Month => self.month = Some(value),
            Marker::Day => self.day = Some(value),
            Marker::Hour => {
                let minute = self.number_at(0, 2);
                self.time = Some((value, minute.unwrap_or(0), 0));
                self.at += usize::from(minute.is_some());
            }
            Marker::Second => self.time.as_mut()?.2 = value,
            Marker::Morning | Marker::Afternoon => {
                self.time = Some((value, 0, 0));
                self.half_day = Some(marker);
            }
        }
        Some(())
    }

    fn word(&mut self, word: &'t str) -> Option<()> {
        if let Some((marker @ (Marker::Morning | Marker::Afternoon), n_tokens)) = self.marker(0)
            // German dates begin with `am`, and it says nothing of the morning.
            && (self.time.is_some() || !word.is_ascii())
        {
            self.at += n_tokens;
            self.half_day = Some(marker);
            return Some(());
        }
        self.at += 1;
        if self.month.is_none()
            && let Some(month) = words::month(word)
        {
            self.month = Some(month);
        } else if self.time.is_some()
            && self.zone.is_none()
            && let Some(zone) = words::zone(word)
        {
            self.zone = Some(zone);
        } else if !words::is_filler(word) {
            self.unknown_words += 1;
        }
        (self.unknown_words <= UNKNOWN_WORDS_MAX).then_some(())
    }

    fn mark(&mut self, mark: char) -> Option<()> {
        self.at += 1;
        match mark {
            '+' | '-' | '\u{2212}' if self.time.is_some() && self.zone.is_none_or(Zone::takes_offset) => {
                if let Some(minutes) = self.offset_behind_sign() {
                    // `-0000` says that the local offset is not known (RFC 2822, section 3.3).
                    let is_unknown = minutes == 0 && mark != '+';
                    let signed = if mark == '+' { minutes } else { -minutes };
                    self.zone = Some(if is_unknown { Zone::Unknown } else { Zone::Fixed(signed) });
                }
                Some(())
            }
            '(' => {
                self.bracket();
                Some(())
            }
            ',' | '.' | '-' | '/' | ':' | ';' | '|' | ')' | '\'' | '@' | '·' | '•' | '–' | '—' | '\u{2019}' => {
                Some(())
            }
            _ => None,
        }
    }

    /// `0200`, `02:00`, `2`, `530`. Absurd offsets are none.
    fn offset_behind_sign(&mut self) -> Option<i32> {
        let Some(Token::Number { digits, .. }) = self.peek(0) else {
            return None;
        };
        let value = self.number_at(0, 4)?;
        self.at += 1;
        let (hours, minutes) = match digits {
            1 | 2 => {
                let minutes = if self.peek(0) == Some(Token::Mark(':')) { self.number_at(1, 2) } else { None };
                self.at += if minutes.is_some() { 2 } else { 0 };
                (value, minutes.unwrap_or(0))
            }
            _ => (value / 100, value % 100),
        };
        if hours > 15 || minutes > 59 { None } else { i32::try_from(hours * 60 + minutes).ok() }
    }

    /// A comment in brackets: passed over, but for a zone's name where none was given before.
    fn bracket(&mut self) {
        if let (Some(Token::Word(word)), Some(Token::Mark(')'))) = (self.peek(0), self.peek(1))
            && self.zone.is_none()
        {
            self.zone = words::zone(word);
        }
        while let Some(token) = self.peek(0) {
            self.at += 1;
            if token == Token::Mark(')') {
                break;
            }
        }
    }

    fn finish(mut self) -> Option<ReadDate> {
        if let Some((first, second)) = self.undecided {
            // The clock of twelve hours and the month in front belong to the same country.
            self.half_day?;
            (self.month, self.day) = (Some(first), Some(second));
        }
        let narrow = |number: u32| i8::try_from(number).ok();
        let year = i16::try_from(self.year?).ok().filter(|year| YEARS.contains(year))?;
        let date = Date::new(year, narrow(self.month?)?, narrow(self.day?)?).ok()?;
        let precision = if self.time.is_some() { DatePrecision::Instant } else { DatePrecision::Day };
        let local = self.local_time(date)?;
        let offset = match self.zone {
            None | Some(Zone::Unknown) => None,
            Some(Zone::Fixed(minutes)) => Some(Offset::from_seconds(minutes * 60).ok()?),
            Some(Zone::UnitedStates(standard_hours)) => {
                let hours = standard_hours + i8::from(words::is_summer_in_the_united_states(local));
                Some(Offset::constant(hours))
            }
        };
        let instant = offset.unwrap_or(Offset::UTC).to_timestamp(local).ok()?;
        Some(ReadDate { instant, offset, precision })
    }

    fn local_time(&self, date: Date) -> Option<DateTime> {
        let narrow = |number: u32| i8::try_from(number).ok();
        let (mut hour, minute, second) = self.time.unwrap_or((0, 0, 0));
        match self.half_day {
            Some(Marker::Afternoon) if hour < 12 => hour += 12,
            Some(Marker::Morning) if hour == 12 => hour = 0,
            _ => {}
        }
        // A leap second has no place in our calendar, and 24:00 is the end of the day.
        let second = if second == 60 { 59 } else { second };
        let (date, hour) = if hour == 24 && minute == 0 { (date.tomorrow().ok()?, 0) } else { (date, hour) };
        let nanosecond = i32::try_from(self.nanosecond).ok()?;
        Some(date.to_datetime(Time::new(narrow(hour)?, narrow(minute)?, narrow(second)?, nanosecond).ok()?))
    }
}

fn century(two_digits: u32) -> u32 {
    if two_digits < CENTURY_PIVOT { 2000 + two_digits } else { 1900 + two_digits }
}

#[cfg(test)]
mod tests;
