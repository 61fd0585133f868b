//! Sorts the tokens of a text into the parts that a date may have. Which of the numbers is the day and which word the
//! month is for [`super::choice`] to say.

use super::names::{self, Found, HalfDay, Languages, Meaning, Name, Unit};
use super::tokens::{Number, Piece, Token};
use super::zones::{self, Zone};

/// Words without a meaning in dates that are passed over: labels, names of places. With more of them the text is prose.
pub(super) const UNKNOWN_WORDS_MAX: u32 = 2;

/// What a text holds that may be part of a date.
#[derive(Debug, Default)]
pub(super) struct Parts<'t> {
    /// Numbers that stand alone.
    pub(super) numbers: Vec<PartNumber>,
    /// Three numbers with the same mark between them.
    pub(super) groups: Vec<Group>,
    /// Two numbers with a full stop between them, which may be hour and minute.
    pub(super) pair: Option<(u32, u32)>,
    /// Words that the table of names knows, whatever they mean.
    pub(super) words: Vec<PartWord>,
    pub(super) n_unknown_words: u32,
    pub(super) clock: Option<Clock>,
    pub(super) half_day: Option<HalfDay>,
    pub(super) zone: Option<Zone<'t>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct PartNumber {
    pub(super) number: Number,
    /// What a word behind it, or in front, says it counts.
    pub(super) unit: Option<Unit>,
    /// By what its era raises it, where one stands beside it.
    pub(super) era: Option<i16>,
    pub(super) has_full_stop: bool,
    /// Its place among the numbers and words.
    pub(super) place: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub(super) numbers: [Number; 3],
    pub(super) separator: char,
    pub(super) era: Option<i16>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct PartWord {
    pub(super) names: &'static [Name],
    /// Its place among the numbers and words.
    pub(super) place: usize,
}

impl PartWord {
    /// Whether it can be a month.
    pub(super) fn has_month(&self) -> bool {
        self.names.iter().any(|name| matches!(name.meaning, Meaning::Month(..)))
    }

    /// Whether it can be a weekday.
    pub(super) fn has_weekday(&self) -> bool {
        self.names.iter().any(|name| matches!(name.meaning, Meaning::Weekday(_)))
    }

    /// The languages that it is a word of.
    pub(super) fn languages(&self) -> Languages {
        self.names.iter().fold(Languages::NONE, |languages, name| languages.or(name.languages))
    }
}

/// A time of day as it was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) hour: u32,
    pub(super) minute: u32,
    pub(super) second: u32,
    pub(super) nanosecond: u32,
}

impl Clock {
    /// Whether a clock ever shows this, at a leap second or the end of the day.
    pub(super) fn exists(self) -> bool {
        let is_end_of_day = self.hour == 24 && self.minute == 0 && self.second == 0;
        (self.hour < 24 || is_end_of_day) && self.minute < 60 && self.second <= 60
    }
}

/// Sorts tokens; `None` as soon as one has no place in a date, or the text is seen to be prose.
pub(super) fn parts<'t>(text: &'t str, pieces: &[Piece<'t>]) -> Option<Parts<'t>> {
    let mut reader = Reader { text, pieces, at: 0, clock_end: None, era: None, n_places: 0, parts: Parts::default() };
    while let Some(token) = reader.token(0) {
        match token {
            Token::Number(number) => reader.number(number)?,
            Token::Word(word) => reader.word(word),
            Token::Mark(mark) => reader.mark(mark)?,
        }
        if reader.parts.n_unknown_words > UNKNOWN_WORDS_MAX {
            return None;
        }
    }
    Some(reader.parts)
}

struct Reader<'t, 'p> {
    text: &'t str,
    pieces: &'p [Piece<'t>],
    at: usize,
    /// Where the time of day ended.
    clock_end: Option<usize>,
    /// An era whose year is still to come.
    era: Option<i16>,
    n_places: usize,
    parts: Parts<'t>,
}

/// Most words that a name has.
const NAME_WORDS_MAX: usize = 4;

/// Longest ending that is written on to a number: `25-го`, `25ste`.
const ENDING_CHARACTERS_MAX: usize = 4;

impl<'t> Reader<'t, '_> {
    fn token(&self, ahead: usize) -> Option<Token<'t>> {
        self.pieces.get(self.at + ahead).map(|piece| piece.token)
    }

    fn is_glued(&self, ahead: usize) -> bool {
        self.pieces.get(self.at + ahead).is_some_and(|piece| piece.is_glued)
    }

    fn is_mark(&self, ahead: usize, mark: char) -> bool {
        self.token(ahead) == Some(Token::Mark(mark))
    }

    fn number_at(&self, ahead: usize) -> Option<Number> {
        match self.token(ahead)? {
            Token::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The value of a number of one or two digits.
    fn short_at(&self, ahead: usize) -> Option<u32> {
        self.number_at(ahead).and_then(Number::short)
    }

    /// The longest name that begins `ahead`, and of how many tokens it is. Its words may have full stops, hyphens and
    /// apostrophes between them.
    fn name_at(&self, ahead: usize) -> Option<(&'static [Name], usize)> {
        let Token::Word(first) = self.token(ahead)? else {
            return None;
        };
        let mut key = names::key(first);
        let mut found: Found = names::find(&key);
        let mut best = None;
        let mut n_tokens = 1;
        for _ in 0..NAME_WORDS_MAX {
            if !found.names.is_empty() {
                best = Some((found.names, n_tokens));
            }
            if !found.goes_on {
                break;
            }
            while let Some(Token::Mark('.' | '-' | '\'' | '"')) = self.token(ahead + n_tokens) {
                n_tokens += 1;
            }
            let Some(Token::Word(next)) = self.token(ahead + n_tokens) else {
                break;
            };
            n_tokens += 1;
            key.push(' ');
            key.push_str(&names::key(next));
            found = names::find(&key);
        }
        best
    }

    fn place(&mut self) -> usize {
        self.n_places += 1;
        self.n_places
    }

    fn number(&mut self, number: Number) -> Option<()> {
        if number.digits <= 2 && self.is_mark(1, ':') && self.number_at(2).is_some() {
            return self.clock(number);
        }
        if self.group(number) || self.pair(number) || self.digits(number) {
            return Some(());
        }
        let (names, n_name_tokens) = self.name_behind_number().unwrap_or_default();
        let means = |meaning: Meaning| names.iter().any(|name| name.meaning == meaning);
        if number.digits <= 2 && self.parts.clock.is_none() {
            if means(Meaning::Unit(Unit::Hour)) {
                self.at += 1 + n_name_tokens;
                self.hour(small(number.value));
                return Some(());
            }
            if let Some(half_day) = only_half_day(names) {
                self.at += 1 + n_name_tokens;
                self.parts.half_day = Some(half_day);
                self.set_clock(Clock { hour: small(number.value), ..Clock::default() });
                return Some(());
            }
        }
        // `25 Th11` is no ordinal.
        let is_before_number =
            !self.is_glued(1) && self.is_glued(1 + n_name_tokens) && self.number_at(1 + n_name_tokens).is_some();
        let is_unit = |unit: &Unit| means(Meaning::Unit(*unit)) && !is_before_number;
        let unit = [Unit::Year, Unit::Month, Unit::Day].into_iter().find(is_unit);
        let n_tokens = match unit {
            Some(_) => n_name_tokens,
            None if names.is_empty() => self.ending_behind(number),
            None => 0,
        };
        let has_full_stop = self.is_mark(1, '.');
        self.at += 1 + n_tokens;
        self.push(number, unit, has_full_stop);
        Some(())
    }

    /// The name behind a number, with what is between: `20日`, `20 November`, `11-р сар`.
    fn name_behind_number(&self) -> Option<(&'static [Name], usize)> {
        if self.is_mark(1, '-') && self.is_glued(1) && self.is_glued(2) && self.unit_at(2, Unit::Month).is_some() {
            return self.name_at(2).map(|(names, n_tokens)| (names, n_tokens + 1));
        }
        self.name_at(1)
    }

    /// Of how many tokens the ending is that is written on to a number: `25ste`, `25-го`.
    fn ending_behind(&self, number: Number) -> usize {
        let is_ending = |ahead: usize| match self.token(ahead) {
            Some(Token::Word(word)) => self.is_glued(ahead) && word.chars().count() <= ENDING_CHARACTERS_MAX,
            _ => false,
        };
        if number.digits <= 4 && is_ending(1) {
            1
        } else if self.is_mark(1, '-') && self.is_glued(1) && is_ending(2) && self.name_at(2).is_none() {
            2
        } else {
            0
        }
    }

    fn push(&mut self, number: Number, unit: Option<Unit>, has_full_stop: bool) {
        let (place, era) = (self.place(), self.era.take());
        self.parts.numbers.push(PartNumber { number, unit, era, has_full_stop, place });
    }

    fn push_word(&mut self, names: &'static [Name]) {
        let place = self.place();
        self.parts.words.push(PartWord { names, place });
    }

    /// Steps over what belongs to the time of day.
    fn step_behind_clock(&mut self, n_tokens: usize) {
        let is_behind_clock = self.clock_end == Some(self.at);
        self.at += n_tokens;
        if is_behind_clock {
            self.clock_end = Some(self.at);
        }
    }

    fn set_clock(&mut self, clock: Clock) {
        self.parts.clock = Some(clock);
        self.clock_end = Some(self.at);
    }

    /// `15:04`, `15:04:05`, `15:04:05.678`.
    fn clock(&mut self, hour: Number) -> Option<()> {
        if self.parts.clock.is_some() {
            return None;
        }
        let mut clock = Clock { hour: small(hour.value), minute: self.short_at(2)?, ..Clock::default() };
        self.at += 3;
        if self.is_mark(0, ':')
            && let Some(second) = self.short_at(1)
        {
            clock.second = second;
            self.at += 2;
            clock.nanosecond = self.fraction();
        }
        self.set_clock(clock);
        Some(())
    }

    fn fraction(&mut self) -> u32 {
        let (Some(Token::Mark('.' | ',')), Some(number), true) = (self.token(0), self.number_at(1), self.is_glued(1))
        else {
            return 0;
        };
        self.at += 2;
        // What is finer than a nanosecond is cut off.
        let (n_missing, n_spare) = (9_usize.saturating_sub(number.digits), number.digits.saturating_sub(9));
        let cut = (0..n_spare).fold(number.value, |value, _| value / 10);
        small((0..n_missing).fold(cut, |value, _| value * 10))
    }

    /// An hour that a word for it followed: `15h04`, `15 Uhr`, `15時4分5秒`.
    fn hour(&mut self, hour: u32) {
        let mut clock = Clock { hour, ..Clock::default() };
        if let Some(minute) = self.short_at(0) {
            if let Some(n_tokens) = self.unit_at(1, Unit::Minute) {
                clock.minute = minute;
                self.at += 1 + n_tokens;
                if let (Some(second), Some(n_tokens)) = (self.short_at(0), self.unit_at(1, Unit::Second)) {
                    clock.second = second;
                    self.at += 1 + n_tokens;
                }
            } else if self.number_at(0).is_some_and(|number| number.digits == 2)
                && (self.is_glued(0) || !self.begins_date(1))
            {
                clock.minute = minute;
                self.at += 1;
            }
        }
        self.set_clock(clock);
    }

    /// Of how many tokens the word `ahead` is, if it is one for this unit.
    fn unit_at(&self, ahead: usize, unit: Unit) -> Option<usize> {
        let (names, n_tokens) = self.name_at(ahead)?;
        names.iter().any(|name| name.meaning == Meaning::Unit(unit)).then_some(n_tokens)
    }

    /// Whether what stands `ahead` makes a day of the number before it.
    fn begins_date(&self, ahead: usize) -> bool {
        match self.token(ahead) {
            Some(Token::Mark('.' | '/' | '-')) => true,
            _ => self.name_at(ahead).is_some_and(|(names, _)| PartWord { names, place: 0 }.has_month()),
        }
    }

    /// `2026-11-20`, `20. 11. 2026`, `11/20/2026`, `20/11/26`; with an era in front `115/11/20`.
    fn group(&mut self, first: Number) -> bool {
        let Some(Token::Mark(separator @ ('-' | '/' | '.' | '–'))) = self.token(1) else {
            return false;
        };
        let (Some(second), Some(third), true) = (self.number_at(2), self.number_at(4), self.is_mark(3, separator))
        else {
            return false;
        };
        let is_fourth =
            self.is_mark(5, separator) && self.is_glued(5) && self.is_glued(6) && self.number_at(6).is_some();
        let fits = match (first.digits, second.digits, third.digits) {
            (4, 1 | 2, 1 | 2) | (1 | 2, 1 | 2, 2 | 4) | (2, 1 | 2, 1) => true,
            (1..=3, 1 | 2, 1 | 2) => self.era.is_some(),
            _ => false,
        };
        if !fits || is_fourth {
            return false;
        }
        let era = self.era.take();
        self.parts.groups.push(Group { numbers: [first, second, third], separator, era });
        self.at += 5;
        true
    }

    /// `15.04`.
    fn pair(&mut self, first: Number) -> bool {
        let (Some(second), true) = (self.number_at(2), self.is_mark(1, '.')) else {
            return false;
        };
        let is_clock = first.digits <= 2 && second.digits == 2 && self.is_glued(1) && self.is_glued(2);
        if !is_clock || self.parts.pair.is_some() || self.parts.clock.is_some() {
            return false;
        }
        self.parts.pair = Some((small(first.value), small(second.value)));
        self.at += 3;
        self.clock_end = Some(self.at);
        true
    }

    /// `20261120150405`, and `150405` or `1504` behind a whole date.
    fn digits(&mut self, number: Number) -> bool {
        let (day, time) = match number.digits {
            14 => (Some(number.value / 1_000_000), number.value % 1_000_000),
            6 if self.has_day() => (None, number.value),
            4 if self.has_day() && !self.may_be_year(number) => (None, number.value * 100),
            _ => return false,
        };
        if self.parts.clock.is_some() {
            return false;
        }
        if let Some(value) = day {
            self.push(Number { value, digits: 8, ..number }, None, false);
        }
        self.at += 1;
        let (hour, minute, second) = (small(time / 10_000), small(time / 100 % 100), small(time % 100));
        self.set_clock(Clock { hour, minute, second, nanosecond: 0 });
        true
    }

    /// Whether what has been read is a whole date.
    fn has_day(&self) -> bool {
        let Parts { numbers, groups, words, .. } = &self.parts;
        let month = words.iter().rfind(|word| word.has_month()).map(|word| word.place);
        let has_long_year = numbers.iter().any(|part| part.number.digits == 4);
        // Of two short numbers one is the year only if it stands behind the month.
        let has_year = |month: usize| has_long_year || numbers.last().is_some_and(|part| part.place > month);
        !groups.is_empty()
            || numbers.iter().any(|part| part.number.digits == 8)
            || (numbers.len() >= 2 && month.is_some_and(has_year))
    }

    /// Whether a number of four digits is rather the year of a date that has none so far.
    fn may_be_year(&self, number: Number) -> bool {
        let Parts { numbers, groups, .. } = &self.parts;
        let has_long_year = !groups.is_empty() || numbers.iter().any(|part| part.number.digits >= 4);
        !has_long_year && (1900..2100).contains(&number.value)
    }

    fn word(&mut self, word: &'t str) {
        let is_behind_clock = self.clock_end == Some(self.at);
        if self.named_zone() || (is_behind_clock && self.is_in_capitals() && self.abbreviated_zone(word)) {
            return;
        }
        if let Some(names) = self.numbered_weekday(word) {
            self.at += 2;
            self.push_word(names);
            return;
        }
        let Some((names, n_tokens)) = self.name_at(0) else {
            if !self.abbreviated_zone(word) {
                self.at += 1;
                self.parts.n_unknown_words += 1;
            }
            return;
        };
        if self.half_day(names, n_tokens, is_behind_clock) {
            return;
        }
        self.at += n_tokens;
        let means = |meaning: Meaning| names.iter().any(|name| name.meaning == meaning);
        if let Some(era) =
            names.iter().find_map(|name| if let Meaning::Era(era) = name.meaning { Some(era) } else { None })
        {
            self.set_era(era);
        } else if let (Some(number), true) = (self.number_at(0), means(Meaning::MonthNumber))
            && number.digits <= 2
        {
            self.at += 1;
            self.push(number, Some(Unit::Month), false);
        } else if !is_behind_clock
            && self.number_at(0).is_none()
            && names.iter().all(|name| name.meaning.needs_number())
        {
            self.parts.n_unknown_words += 1;
        } else {
            self.push_word(names);
        }
    }

    /// The weekdays of Vietnamese are numbers: `Thứ 4` and `Th 4` are Wednesday. To the table of names they are
    /// Thursday and an English ending.
    fn numbered_weekday(&self, word: &str) -> Option<&'static [Name]> {
        const WEEKDAYS: [&str; 6] = ["thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu", "thứ bảy"];
        let day = usize::try_from(self.short_at(1)?).ok()?;
        let is_weekday = match word {
            "Thứ" | "thứ" | "THỨ" => true,
            "Th" => !self.is_glued(0) && !self.is_glued(1) && self.is_mark(2, ','),
            _ => false,
        };
        let weekday = WEEKDAYS.get(day.checked_sub(2)?).filter(|_| is_weekday)?;
        Some(names::find(&names::key(weekday)).names)
    }

    /// An era counts the year behind it, or else the one before.
    fn set_era(&mut self, era: i16) {
        while self.is_mark(0, '.') {
            self.at += 1;
        }
        match (self.number_at(0), self.parts.numbers.last_mut()) {
            (None, Some(last)) if last.era.is_none() => last.era = Some(era),
            _ => self.era = Some(era),
        }
    }

    /// A half of the day: right behind the time, or right before it.
    fn half_day(&mut self, names: &'static [Name], n_tokens: usize, is_behind_clock: bool) -> bool {
        let half_day = names.iter().find_map(|name| match name.meaning {
            Meaning::HalfDay(half_day) => Some(half_day),
            _ => None,
        });
        let (Some(half_day), None) = (half_day, self.parts.half_day) else {
            return false;
        };
        let before_mark = |ahead: usize, mark: char| self.number_at(ahead).is_some() && self.is_mark(ahead + 1, mark);
        // German dates begin with `am`, and Welsh times, and it says nothing of the morning.
        let may_be_filler = names.iter().any(|name| name.meaning == Meaning::Filler);
        let is_filler_behind_clock = may_be_filler && before_mark(n_tokens, '.');
        let is_filler_before_clock = may_be_filler && !self.is_in_capitals();
        let skip = usize::from(self.is_mark(n_tokens, '.'));
        let ahead = n_tokens + skip;
        let is_before_clock = self.parts.clock.is_none()
            && (before_mark(ahead, ':')
                || (self.short_at(ahead).is_some() && self.unit_at(ahead + 1, Unit::Hour).is_some())
                || (only_half_day(names).is_some() && before_mark(ahead, '.') && !self.is_mark(ahead + 3, '.')));
        if (is_behind_clock && !is_filler_behind_clock) || (is_before_clock && !is_filler_before_clock) {
            self.parts.half_day = Some(half_day);
            self.push_word(names);
            self.step_behind_clock(n_tokens);
            return true;
        }
        false
    }

    /// Whether the word here has no small letters.
    fn is_in_capitals(&self) -> bool {
        matches!(self.token(0), Some(Token::Word(word)) if !word.chars().any(char::is_lowercase))
    }

    /// `Europe/Brussels`.
    fn named_zone(&mut self) -> bool {
        if !self.is_mark(1, '/') {
            return false;
        }
        let start = self.pieces[self.at].start;
        let Some(name) = zones::named_at_start(&self.text[start..]) else {
            return false;
        };
        self.parts.zone = self.parts.zone.or(Some(Zone::Named(name)));
        let n_tokens = self.pieces[self.at..].iter().take_while(|piece| piece.start < start + name.len()).count();
        self.step_behind_clock(n_tokens);
        true
    }

    /// `CET`, behind a time or before it. Where the zone is known already, this repeats it.
    fn abbreviated_zone(&mut self, word: &str) -> bool {
        let is_before_clock = self.number_at(1).is_some() && self.is_mark(2, ':');
        if self.parts.clock.is_none() && self.parts.pair.is_none() && !is_before_clock {
            return false;
        }
        let Some(zone) = zones::abbreviated(word) else {
            return false;
        };
        self.parts.zone = self.parts.zone.or(Some(zone));
        self.step_behind_clock(1);
        true
    }

    fn mark(&mut self, mark: char) -> Option<()> {
        match mark {
            '+' | '-' if (self.parts.clock.is_some() || self.parts.pair.is_some()) && self.offset(mark) => {}
            '(' | '[' => self.bracket(),
            // It may be that of `p.m.`, and a zone follow.
            '.' => self.step_behind_clock(1),
            ',' | '-' | '/' | ':' | ';' | '|' | ')' | ']' | '\'' | '@' | '·' | '•' | '・' | '–' | '—' | '―' =>
            {
                self.at += 1;
            }
            _ => return None,
        }
        Some(())
    }

    /// The offset that a sign begins: `+0200`, `-02:00`, `+2`, `+530`; absurd ones are passed over. Behind a zone with
    /// another offset a short one is passed over too: `EST-5` says it twice.
    fn offset(&mut self, sign: char) -> bool {
        let (Some(number), true) = (self.number_at(1), self.is_glued(1)) else {
            return false;
        };
        let has_minutes = number.digits <= 2 && self.is_mark(2, ':') && self.short_at(3).is_some();
        let is_short = number.digits <= 2 && !has_minutes;
        let is_behind_clock = self.clock_end == Some(self.at);
        let is_dash = sign == '-' && (!is_behind_clock || (is_short && self.parts.zone.is_none() && !self.is_glued(0)));
        if number.digits > 4 || is_dash {
            return false;
        }
        let value = small(number.value);
        let (hours, minutes) = match (has_minutes, number.digits) {
            (true, _) => (value, self.short_at(3).unwrap_or_default()),
            (false, 1 | 2) => (value, 0),
            _ => (value / 100, value % 100),
        };
        self.at += if has_minutes { 4 } else { 2 };
        if hours > 15 || minutes > 59 {
            return true;
        }
        let minutes = i32::try_from(hours * 60 + minutes).unwrap_or_default();
        let is_unknown = minutes == 0 && sign == '-';
        let signed = if sign == '-' { -minutes } else { minutes };
        let takes_offset = matches!(self.parts.zone, None | Some(Zone::Fixed(0) | Zone::Unknown));
        if takes_offset || !is_short {
            self.parts.zone = Some(if is_unknown { Zone::Unknown } else { Zone::Fixed(signed) });
        }
        if is_behind_clock {
            self.clock_end = Some(self.at);
        }
        true
    }

    /// A comment in brackets is passed over, but for a weekday, a zone's name where none was given before, and a time.
    fn bracket(&mut self) {
        self.at += 1;
        let rest = &self.pieces[self.at..];
        let is_end = |piece: &Piece<'_>| matches!(piece.token, Token::Mark(')' | ']'));
        let length = rest.iter().position(is_end).unwrap_or(rest.len());
        let has_clock = rest[..length].iter().any(|piece| piece.token == Token::Mark(':'));
        if has_clock && self.parts.clock.is_none() {
            return;
        }
        if let (Some(Token::Word(word)), None) = (self.token(0), self.parts.zone)
            && (self.named_zone() || self.abbreviated_zone(word))
        {
            return;
        }
        if let Some((names, n_tokens)) = self.name_at(0)
            && n_tokens == length
            && (PartWord { names, place: 0 }).has_weekday()
        {
            self.push_word(names);
        }
        self.at += (length + 1).min(rest.len());
    }
}

/// The half of the day that a name means, if it means nothing else.
fn only_half_day(names: &[Name]) -> Option<HalfDay> {
    match names {
        [Name { meaning: Meaning::HalfDay(half_day), .. }, rest @ ..] => {
            rest.iter().all(|name| matches!(name.meaning, Meaning::HalfDay(_))).then_some(*half_day)
        }
        _ => None,
    }
}

/// A number as one that dates can have; those too large stay too large.
fn small(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
