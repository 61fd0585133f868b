//! The two forms that nearly all feeds and pages write dates in, read straight from their bytes: that of RFC 3339 (and
//! the W3C's profile of ISO 8601, <https://www.w3.org/TR/NOTE-datetime>) and that of RFC 2822, which RSS takes from
//! RFC 822. What deviates from them in the least is left to the general reader.

use jiff::civil::Date;

use super::reader::Clock;
use super::zones::{self, Zone};

/// A date in one of the standard forms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standard<'t> {
    pub(super) date: Date,
    pub(super) clock: Option<Clock>,
    pub(super) zone: Option<Zone<'t>>,
}

/// Reads a date in one of the standard forms.
pub(super) fn read(text: &str) -> Option<Standard<'_>> {
    let mut scanner = Scanner { text, at: 0 };
    if text.as_bytes().get(4) == Some(&b'-') { scanner.rfc3339() } else { scanner.rfc2822() }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over a byte, if it is there.
    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    /// A number of just so many digits.
    fn digits(&mut self, n_digits: usize) -> Option<u32> {
        let digits = self.text.as_bytes().get(self.at..self.at + n_digits)?;
        let mut value = 0;
        for digit in digits {
            value = value * 10 + u32::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        }
        self.at += n_digits;
        Some(value)
    }

    fn is_digit(&self) -> bool {
        self.peek().is_some_and(|byte| byte.is_ascii_digit())
    }

    /// `2026-11-20T15:04:05.678+02:00`, `2026-11-20T15:04Z`, `2026-11-20`.
    fn rfc3339(&mut self) -> Option<Standard<'t>> {
        let year = self.digits(4)?;
        self.eat(b'-')?;
        let month = self.digits(2)?;
        self.eat(b'-')?;
        let date = civil(year, month, self.digits(2)?)?;
        if self.at == self.text.len() {
            return Some(Standard { date, clock: None, zone: None });
        }
        if !matches!(self.peek()?, b'T' | b't' | b' ') {
            return None;
        }
        self.at += 1;
        let clock = self.clock()?;
        let zone = match self.peek() {
            None => None,
            Some(b'Z' | b'z') => {
                self.at += 1;
                Some(Zone::Fixed(0))
            }
            Some(_) => Some(self.offset()?),
        };
        (self.at == self.text.len()).then_some(Standard { date, clock: Some(clock), zone })
    }

    /// `Fri, 20 Nov 2026 15:04:05 +0200`; the weekday and the seconds may be missing, the zone may be its name.
    fn rfc2822(&mut self) -> Option<Standard<'t>> {
        const WEEKDAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
        const MONTHS: [&[u8]; 12] =
            [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
        if !self.is_digit() {
            let weekday = self.text.as_bytes().get(..3)?;
            if !WEEKDAYS.contains(&weekday) {
                return None;
            }
            self.at = 3;
            self.eat(b',')?;
            self.eat(b' ')?;
        }
        let mut day = self.digits(1)?;
        if self.is_digit() {
            day = day * 10 + self.digits(1)?;
        }
        self.eat(b' ')?;
        let name = self.text.as_bytes().get(self.at..self.at + 3)?;
        let month = MONTHS.iter().position(|month| *month == name)? + 1;
        self.at += 3;
        self.eat(b' ')?;
        let date = civil(self.digits(4)?, u32::try_from(month).ok()?, day)?;
        self.eat(b' ')?;
        let clock = self.clock()?;
        self.eat(b' ')?;
        let zone = if matches!(self.peek()?, b'+' | b'-') {
            self.offset()?
        } else {
            let name = &self.text[self.at..];
            self.at = self.text.len();
            if name == "GMT" { Zone::Fixed(0) } else { zones::abbreviated(name)? }
        };
        (self.at == self.text.len()).then_some(Standard { date, clock: Some(clock), zone: Some(zone) })
    }

    fn clock(&mut self) -> Option<Clock> {
        let hour = self.digits(2)?;
        self.eat(b':')?;
        let mut clock = Clock { hour, minute: self.digits(2)?, ..Clock::default() };
        if self.eat(b':').is_some() {
            clock.second = self.digits(2)?;
            if self.eat(b'.').is_some() {
                let mut unit = 100_000_000;
                while self.is_digit() {
                    clock.nanosecond += self.digits(1)? * unit;
                    unit /= 10;
                }
            }
        }
        Some(clock)
    }

    /// `+02:00`, `-0330`.
    fn offset(&mut self) -> Option<Zone<'t>> {
        let sign = self.peek()?;
        self.at += 1;
        let hours = self.digits(2)?;
        // Only RFC 3339 has a colon, and not everybody who follows it.
        let _ = self.eat(b':');
        let minutes = self.digits(2)?;
        if hours > 15 || minutes > 59 || !matches!(sign, b'+' | b'-') {
            return None;
        }
        let minutes = i32::try_from(hours * 60 + minutes).ok()?;
        Some(match (sign, minutes) {
            (b'-', 0) => Zone::Unknown,
            (b'-', _) => Zone::Fixed(-minutes),
            _ => Zone::Fixed(minutes),
        })
    }
}

fn civil(year: u32, month: u32, day: u32) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}
