//! Chooses what the parts of a text mean: which number is the day, which word the month, in which calendar.
//!
//! All readings are weighed that the parts allow, and the best is taken. A word may be a weekday in one language and a
//! month in another (French `mar.` is Tuesday, English `Mar` March), or different months (`listopad` is November in
//! Poland, October in Croatia); two numbers may be day and month or month and day. What decides, in this order: that
//! no word is left over; that the month stands beside the day; that the weekday is right; that all words are of one
//! language, of the one that the caller knows; and if all that says nothing, how many people speak it.

use jiff::civil::Date;

use super::calendar::{self, Calendar, Customs, WrittenYear};
use super::context::{Context, Order};
use super::names::{self, Custom, Languages, Meaning, Name, Unit};
use super::reader::{Clock, Group, PartNumber, PartWord, Parts, UNKNOWN_WORDS_MAX};
use super::tokens::{Digits, Number};

/// What was chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    /// None where day and month cannot be told apart.
    pub(super) date: Option<Date>,
    pub(super) clock: Option<Clock>,
    /// The order of its numbers, if the date shows it by itself.
    pub(super) order: Option<Order>,
    /// Whether another language, or another order, would not change it.
    pub(super) is_sure: bool,
}

/// Chooses a date; `None` if the parts make none.
pub(super) fn choose(parts: &Parts<'_>, context: Context<'_>) -> Option<Choice> {
    let weigher = Weigher::new(parts, context);
    let numbers = parts.numbers.as_slice();
    if numbers.len() >= 2 && parts.words.iter().any(PartWord::has_month) {
        let clock = clock_besides(parts, &parts.groups).ok()?;
        weigher.by_name(clock)
    } else if numbers.iter().any(|part| part.unit == Some(Unit::Month)) {
        let clock = clock_besides(parts, &parts.groups).ok()?;
        weigher.by_units(clock)
    } else if let ([first, rest @ ..], []) = (parts.groups.as_slice(), numbers) {
        let clock = clock_besides(parts, rest).ok()?;
        weigher.by_group(first, clock)
    } else if let ([], [PartNumber { number: number @ Number { digits: 8, .. }, .. }]) =
        (parts.groups.as_slice(), numbers)
    {
        let clock = clock_besides(parts, &[]).ok()?;
        weigher.by_group(&of_eight_digits(*number), clock)
    } else {
        None
    }
}

/// `20261120`.
fn of_eight_digits(number: Number) -> Group {
    let part = |value: u64, digits: usize| Number { value, digits, ..number };
    let numbers = [part(number.value / 10_000, 4), part(number.value / 100 % 100, 2), part(number.value % 100, 2)];
    Group { numbers, separator: '-', era: None }
}

/// There are more numbers than a date and a time have.
struct TooManyNumbers;

/// The time of day: one with a colon, or else numbers with full stops that the date does not need.
fn clock_besides(parts: &Parts<'_>, groups: &[Group]) -> Result<Option<Clock>, TooManyNumbers> {
    match (parts.clock, parts.pair, groups) {
        (clock, None, []) => Ok(clock),
        (None, Some((hour, minute)), []) => Ok(Some(Clock { hour, minute, ..Clock::default() })),
        (None, None, [Group { numbers: [hour, minute, second], separator: '.', .. }]) => {
            let short = |number: &Number| number.short().ok_or(TooManyNumbers);
            let (hour, minute, second) = (short(hour)?, short(minute)?, short(second)?);
            Ok(Some(Clock { hour, minute, second, nanosecond: 0 }))
        }
        _ => Err(TooManyNumbers),
    }
}

/// One way to read the parts.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    date: Date,
    weight: Weight,
}

/// What speaks for a reading, the weightiest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Weight {
    words: WordsVerdict,
    /// Whether the month stands beside the day.
    is_beside: bool,
    weekday: WeekdayVerdict,
    /// Other words that are of the same language.
    n_akin: usize,
    is_hinted: bool,
    /// Of day and year those that have a full stop where the language writes one, or none where it does not.
    n_punctuated: u8,
    /// Of two numbers that both may be the day the first is.
    is_day_first: bool,
    /// How many languages have fewer speakers.
    rank: u32,
}

impl Weight {
    /// Without what may change with the language, or is only likely.
    fn of_text(self) -> (WordsVerdict, bool, WeekdayVerdict, usize) {
        (self.words, self.is_beside, self.weekday, self.n_akin)
    }
}

/// How many words have no place in a reading; the fewer the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct WordsVerdict {
    n_leftover: u32,
}

impl Ord for WordsVerdict {
    fn cmp(&self, other: &WordsVerdict) -> std::cmp::Ordering {
        other.n_leftover.cmp(&self.n_leftover)
    }
}

impl PartialOrd for WordsVerdict {
    fn partial_cmp(&self, other: &WordsVerdict) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// What the weekday that a text names says of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum WeekdayVerdict {
    Wrong,
    None,
    Right,
}

/// The word that is the month in a reading.
#[derive(Clone, Copy)]
struct NamedMonth {
    place: usize,
    number: u8,
    /// In these languages.
    languages: Languages,
}

struct Weigher<'a> {
    parts: &'a Parts<'a>,
    context: Context<'a>,
    /// The language that the caller knows.
    hint: Languages,
    /// The languages that all words are of.
    spoken: Languages,
    customs: Customs,
}

impl<'a> Weigher<'a> {
    fn new(parts: &'a Parts<'a>, context: Context<'a>) -> Weigher<'a> {
        let hint = context.language.map_or(Languages::NONE, Languages::of_tag);
        let spoken = spoken(&parts.words);
        let customs = customs(parts, if hint.is_empty() { spoken } else { hint });
        Weigher { parts, context, hint, spoken, customs }
    }

    /// `20 November 2026`, in any order, with every word that can be a month as the month.
    fn by_name(&self, clock: Option<Clock>) -> Option<Choice> {
        let [first, second] = self.parts.numbers.as_slice() else {
            return None;
        };
        let mut candidates = Vec::new();
        for word in &self.parts.words {
            for name in word.names {
                let Meaning::Month(calendar, number) = name.meaning else {
                    continue;
                };
                let month = NamedMonth { place: word.place, number, languages: name.languages };
                for (day, year, is_day_first) in days_and_years(first, second) {
                    if let Some(date) = self.day(calendar, year, u32::from(number), day) {
                        candidates.push(Candidate { date, weight: self.weight(date, month, day, year, is_day_first) });
                    }
                }
            }
        }
        best(&candidates, clock)
    }

    fn weight(&self, date: Date, month: NamedMonth, day: &PartNumber, year: &PartNumber, is_day_first: bool) -> Weight {
        let is_hinted = !month.languages.and(self.hint).is_empty();
        let mut common = if is_hinted { month.languages.and(self.hint) } else { month.languages };
        let mut n_akin = 0;
        for word in self.parts.words.iter().filter(|word| word.place != month.place) {
            n_akin += usize::from(common.narrow(word.languages()));
        }
        let n_punctuated = u8::from(common.narrow(common.with_day(day.has_full_stop)))
            + u8::from(common.narrow(common.with_year(year.has_full_stop)));
        let (weekday, words) = self.verdicts(date, Some(NamedMonth { languages: common, ..month }));
        Weight {
            words,
            is_beside: month.place.abs_diff(day.place) == 1,
            weekday,
            n_akin,
            is_hinted,
            n_punctuated,
            is_day_first,
            rank: u128::BITS - common.rank(),
        }
    }

    /// `2026年11月20日`, `ngày 20 tháng 11 năm 2026`.
    fn by_units(&self, clock: Option<Clock>) -> Option<Choice> {
        let is_month = |part: &&PartNumber| part.unit == Some(Unit::Month);
        let month = self.parts.numbers.iter().find(is_month)?;
        let others: Vec<&PartNumber> = self.parts.numbers.iter().filter(|part| part.place != month.place).collect();
        let [first, second] = others.as_slice() else {
            return None;
        };
        let mut candidates = Vec::new();
        for (day, year, is_day_first) in days_and_years(first, second) {
            if let Some(date) = self.day(Calendar::Gregorian, year, month.number.short()?, day) {
                let (weekday, words) = self.verdicts(date, None);
                let (is_beside, n_akin, is_hinted, n_punctuated, rank) = (true, 0, true, 0, 0);
                let weight = Weight { words, is_beside, weekday, n_akin, is_hinted, n_punctuated, is_day_first, rank };
                candidates.push(Candidate { date, weight });
            }
        }
        best(&candidates, clock)
    }

    fn day(&self, calendar: Calendar, year: &PartNumber, month: u32, day: &PartNumber) -> Option<Date> {
        let year = written_year(year.number, year.era)?;
        calendar::day(calendar, year, month, day.number.short()?, self.customs)
    }

    /// What the weekday that the text names says of a date, and the words that are left over beside the month's.
    fn verdicts(&self, date: Date, month: Option<NamedMonth>) -> (WeekdayVerdict, WordsVerdict) {
        let mut weekday = WeekdayVerdict::None;
        let mut n_leftover = self.parts.n_unknown_words;
        let is_same_month = |name: &Name| matches!(name.meaning, Meaning::Month(_, other) if month.is_some_and(|month| month.number == other));
        let is_filler = |name: &Name| !matches!(name.meaning, Meaning::Weekday(_) | Meaning::Month(..));
        for word in self.parts.words.iter().filter(|word| month.is_none_or(|month| month.place != word.place)) {
            if weekday == WeekdayVerdict::None && self.is_weekday_of(word, date, month) {
                weekday = WeekdayVerdict::Right;
            } else if word.names.iter().any(|name| is_filler(name) || is_same_month(name)) {
                // It has its meaning.
            } else if weekday == WeekdayVerdict::None && word.has_weekday() {
                weekday = WeekdayVerdict::Wrong;
            } else {
                n_leftover += 1;
            }
        }
        (weekday, WordsVerdict { n_leftover })
    }

    /// Whether a word is the weekday of a date, in the language of the month, or in the one that the caller knows.
    fn is_weekday_of(&self, word: &PartWord, date: Date, month: Option<NamedMonth>) -> bool {
        let is_weekday = |name: &&Name| matches!(name.meaning, Meaning::Weekday(_));
        let is_hinted = |name: &Name| !name.languages.and(self.hint).is_empty();
        let has_hinted = month.is_none() && word.names.iter().filter(is_weekday).any(is_hinted);
        let is_of_language = |name: &Name| match month {
            Some(month) => !name.languages.and(month.languages).is_empty(),
            None => is_hinted(name) || !has_hinted,
        };
        word.names.iter().any(|name| name.meaning == Meaning::Weekday(date.weekday()) && is_of_language(name))
    }

    /// `20/11/2026`: three numbers. What the digits leave open is for the weekday to say, for the other dates of the
    /// writer, and for the language.
    fn by_group(&self, group: &Group, clock: Option<Clock>) -> Option<Choice> {
        let dated = |order: Order| self.in_order(group, order).map(|date| (order, date));
        let mut possible: Vec<(Order, Date)> = Order::ALL.into_iter().filter_map(dated).collect();
        let Some((first_order, first)) = possible.first().copied() else {
            let is_for_language = self.context.language.is_none() && is_for_language(group);
            return is_for_language.then_some(Choice { date: None, clock, order: None, is_sure: false });
        };
        if self.verdicts(first, None).1.n_leftover > UNKNOWN_WORDS_MAX {
            return None;
        }
        let is_right = |date: Date| self.verdicts(date, None).0 == WeekdayVerdict::Right;
        if possible.iter().any(|(_, date)| is_right(*date)) {
            possible.retain(|(_, date)| is_right(*date));
        }
        let (order, date) = possible.first().copied().unwrap_or((first_order, first));
        if possible.iter().all(|(_, other)| *other == date) {
            // 4/4/2026 shows nothing, and neither does 2026-11-20 of those that write the year last.
            let has_long_year = group.numbers[2].digits == 4;
            let order = (possible.len() == 1 && has_long_year).then_some(order);
            return Some(Choice { date: Some(date), clock, order, is_sure: true });
        }
        let date_in = |order: Order| possible.iter().find(|(other, _)| *other == order).map(|(_, date)| *date);
        let date = self.context.order.and_then(date_in).or_else(|| self.by_custom(group, &date_in));
        Some(Choice { date, clock, order: None, is_sure: self.context.order.is_some() })
    }

    /// The day that the numbers are in an order, if they can be in it.
    fn in_order(&self, group: &Group, order: Order) -> Option<Date> {
        let [first, second, third] = group.numbers;
        let (year, month, day) = match order {
            Order::YearMonthDay => (first, second, third),
            Order::DayMonthYear => (third, second, first),
            Order::MonthDayYear => (third, first, second),
        };
        // A year has four digits or two, or an era in front.
        let is_possible = match (first.digits, third.digits, group.era) {
            (4, ..) | (.., Some(_)) => order == Order::YearMonthDay,
            (_, 4, _) | (1, ..) => order != Order::YearMonthDay,
            // `26/1/3`, or the number of a version.
            (_, 1, _) => order == Order::YearMonthDay && self.order_of_language(false) == Some(order),
            _ => true,
        };
        let year = written_year(year, group.era).filter(|_| is_possible)?;
        calendar::day_in_numbers(year, month.short()?, day.short()?, self.customs)
    }

    /// What the language says of numbers that may be several days, and what is usual where the language is not known.
    fn by_custom(&self, group: &Group, date_in: &impl Fn(Order) -> Option<Date>) -> Option<Date> {
        let [first, second, third] = group.numbers;
        let is_padded = third.digits == 4 || (first.digits == 2 && second.digits == 2);
        let order = match self.context.language {
            Some(_) => self.order_of_language(is_padded),
            None => self.order_of_words(third),
        };
        match order {
            // Americans write strokes; full stops they have from others, or not.
            Some(Order::MonthDayYear) if group.separator == '.' => None,
            Some(order) if date_in(order).is_some() => date_in(order),
            // The year is last against the language's custom. East Asia does so to be read abroad, in both ways.
            Some(_) if group.separator == '/' && self.hint.has(Custom::EastAsian) => None,
            Some(_) => date_in(Order::DayMonthYear),
            // With full stops and dashes nobody writes the month first; with strokes half the world does.
            None => match (date_in(Order::DayMonthYear), date_in(Order::MonthDayYear)) {
                (Some(day_first), _) if group.separator != '/' => Some(day_first),
                // The clock of twelve hours and the month in front belong to the same country.
                (Some(_), Some(month_first)) => self.parts.half_day.map(|_| month_first),
                (day_first, month_first) => day_first.or(month_first),
            },
        }
    }

    fn order_of_language(&self, is_padded: bool) -> Option<Order> {
        self.context.language.and_then(|tag| names::order_of(tag, is_padded))
    }

    /// The order that the words tell, by their language, or the digits, by their script.
    fn order_of_words(&self, last: Number) -> Option<Order> {
        let is_year_last = last.digits == 4;
        let is_open = self.spoken.has(Custom::NoOrder) || self.spoken.has(Custom::EastAsian);
        let by_words = if is_open { None } else { self.spoken.order(!is_year_last) };
        let is_western = last.digits_of == Digits::Western;
        by_words.or((is_year_last && !is_western).then_some(Order::DayMonthYear))
    }
}

/// The languages that all words are of, as far as there are any.
fn spoken(words: &[PartWord]) -> Languages {
    let mut words = words.iter().map(PartWord::languages);
    let mut common = words.next().unwrap_or_default();
    words.for_each(|languages| {
        common.narrow(languages);
    });
    common
}

/// Which calendars the writer uses, by the language and the digits.
fn customs(parts: &Parts<'_>, languages: Languages) -> Customs {
    let alone = parts.numbers.iter().map(|part| part.number);
    let mut numbers = alone.chain(parts.groups.iter().flat_map(|group| group.numbers));
    let has_persian_digits = numbers.any(|number| number.digits_of == Digits::Persian);
    let is_persian = languages.has(Custom::Persian) || (has_persian_digits && languages.is_empty());
    let is_islamic = languages.has(Custom::Islamic) && !has_persian_digits;
    let hegira = match (is_persian, is_islamic) {
        (true, false) => Some(Calendar::Persian),
        (false, true) => Some(Calendar::Islamic),
        _ => None,
    };
    Customs { hegira, is_buddhist: languages.has(Custom::Buddhist), is_nepali: languages.has(Custom::Nepali) }
}

/// Which of two numbers is the day and which the year, and whether the first of them is the day.
fn days_and_years<'n>(
    first: &'n PartNumber,
    second: &'n PartNumber,
) -> impl Iterator<Item = (&'n PartNumber, &'n PartNumber, bool)> {
    [(first, second, true), (second, first, false)].into_iter().filter(|(day, year, _)| {
        let may_be_day = day.number.digits <= 2 && day.unit != Some(Unit::Year) && day.era.is_none();
        let has_digits_of_year = matches!(year.number.digits, 2 | 4);
        let may_be_year = year.unit == Some(Unit::Year) || year.era.is_some() || has_digits_of_year;
        may_be_day && may_be_year && year.unit != Some(Unit::Day)
    })
}

fn written_year(number: Number, era: Option<i16>) -> Option<WrittenYear> {
    // The eras of Japan and of the Republic of China have so few years that none lacks its century.
    let is_young_era = era.is_some_and(|era| era > 1000);
    Some(WrittenYear { value: i16::try_from(number.value).ok()?, is_short: number.digits <= 2 && !is_young_era, era })
}

/// Whether numbers may be a date to those who know the language: of a calendar that it has beside ours, or short ones
/// with the year in front.
fn is_for_language(group: &Group) -> bool {
    let [first, second, third] = group.numbers;
    let is_hegira = |number: Number| written_year(number, group.era).is_some_and(calendar::is_of_hegira);
    let is_short = (first.digits, third.digits) == (2, 1) && matches!(second.value, 1..=12);
    group.numbers.into_iter().any(is_hegira) || is_short
}

/// The weightiest reading, if it does not leave too much over.
fn best(candidates: &[Candidate], clock: Option<Clock>) -> Option<Choice> {
    let best = candidates.iter().max_by_key(|candidate| candidate.weight)?;
    let is_worse = |other: &Candidate| other.weight.of_text() < best.weight.of_text();
    let is_sure = candidates.iter().all(|other| other.date == best.date || is_worse(other));
    let is_date = best.weight.words.n_leftover <= UNKNOWN_WORDS_MAX;
    is_date.then_some(Choice { date: Some(best.date), clock, order: None, is_sure })
}
