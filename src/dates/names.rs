//! What languages call the parts of a date: the table of `names.txt`, and the form in which words are looked up.
//!
//! The table is made by `names.py` from CLDR, the Unicode Common Locale Data Repository, and by hand; the head of
//! `names.txt` describes it. It is read when the first date with words is, and not before.

use std::sync::LazyLock;

use jiff::civil::Weekday;
use unicode_normalization::UnicodeNormalization;

use super::calendar::Calendar;
use super::context::Order;

/// What a word, or several, can mean in a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A month, from 1.
    Month(Calendar, u8),
    Weekday(Weekday),
    HalfDay(HalfDay),
    /// What the number in front of it counts.
    Unit(Unit),
    /// Stands in front of the number of a month.
    MonthNumber,
    /// An era, by what its years are to be raised.
    Era(i16),
    /// Nothing.
    Filler,
}

impl Meaning {
    /// Whether it means nothing where no number is beside it.
    pub(super) fn needs_number(self) -> bool {
        matches!(self, Meaning::HalfDay(_) | Meaning::Unit(_) | Meaning::MonthNumber | Meaning::Era(_))
    }
}

/// Which half of the day an hour of the twelve is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HalfDay {
    Morning,
    Afternoon,
    /// After midnight or before it.
    Night,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

/// A set of languages, those with the most speakers first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Languages(u128);

impl Languages {
    pub(super) const NONE: Languages = Languages(0);

    pub(super) fn and(self, other: Languages) -> Languages {
        Languages(self.0 & other.0)
    }

    pub(super) fn or(self, other: Languages) -> Languages {
        Languages(self.0 | other.0)
    }

    /// Leaves those that are among the others too, if there are any; else they stay as they are. Tells whether there are.
    pub(super) fn narrow(&mut self, others: Languages) -> bool {
        let both = self.and(others);
        if !both.is_empty() {
            *self = both;
        }
        !both.is_empty()
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How far down the list the first of them is, which few read.
    pub(super) fn rank(self) -> u32 {
        self.0.trailing_zeros()
    }

    /// Those of them that write the day of a named month with a full stop behind it, or without: `3. Mai`, `3 May`.
    pub(super) fn with_day(self, has_full_stop: bool) -> Languages {
        Languages(self.0 & if has_full_stop { TABLE.day_stop.0 } else { !TABLE.day_stop.0 })
    }

    /// The same for the year: `3. svibnja 2026.`
    pub(super) fn with_year(self, has_full_stop: bool) -> Languages {
        Languages(self.0 & if has_full_stop { TABLE.year_stop.0 } else { !TABLE.year_stop.0 })
    }

    /// The order in which they all write the numbers of a date that has its year in front, or behind.
    pub(super) fn order(self, is_year_first: bool) -> Option<Order> {
        let mut orders = (0..u128::BITS).filter(|bit| self.0 >> bit & 1 == 1).filter_map(|bit| {
            let (_, order) = TABLE.languages.get(usize::try_from(bit).ok()?)?;
            // With the year behind nearly all of those that have it in front elsewhere put the day first.
            Some(if *order == Order::YearMonthDay && !is_year_first { Order::DayMonthYear } else { *order })
        });
        let first = orders.next()?;
        orders.all(|order| order == first).then_some(first)
    }

    /// The language of a tag such as `en-GB` or `zh_Hant_TW`; none if the table does not know it.
    pub(super) fn of_tag(tag: &str) -> Languages {
        TABLE.language(tag).map_or(Languages::NONE, |(bit, _)| Languages(1 << bit))
    }

    /// Whether one of them has that custom.
    pub(super) fn has(self, custom: Custom) -> bool {
        // Without languages the table need not be read.
        !self.is_empty() && !self.and(TABLE.customs[custom as usize]).is_empty()
    }
}

/// What languages may have in common that matters to dates.
#[derive(Clone, Copy, Debug)]
pub(super) enum Custom {
    /// Years are counted in the Persian calendar.
    Persian,
    /// Or in the Islamic one.
    Islamic,
    /// Or in the Buddhist one.
    Buddhist,
    /// Or in the Nepali one, which we cannot read.
    Nepali,
    /// The countries that speak it do not agree on the order of numbers.
    NoOrder,
    /// The year is in front, but what follows where it is not can be either.
    EastAsian,
}

impl Custom {
    /// The languages with each custom, in the order of the customs.
    const LANGUAGES: [&str; 6] = ["fa ps", "ar", "th lo km", "ne", "en", "zh ja ko"];
}

/// One meaning of a name, with the languages that it has it in.
#[derive(Debug)]
pub(super) struct Name {
    key: Box<str>,
    pub(super) meaning: Meaning,
    pub(super) languages: Languages,
}

/// What [`find`] found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    /// All meanings of the words.
    pub(super) names: &'static [Name],
    /// Whether there are names that begin with these words and have more.
    pub(super) goes_on: bool,
}

struct Table {
    /// Sorted by key.
    names: Vec<Name>,
    /// Tags of each language and the order of its dates in numbers; the position is the bit in [`Languages`].
    languages: Vec<(&'static str, Order)>,
    day_stop: Languages,
    year_stop: Languages,
    customs: [Languages; Custom::LANGUAGES.len()],
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("names.txt")));

/// All meanings of a name, by its [`key`].
pub(super) fn find(key: &str) -> Found {
    let names = &TABLE.names;
    let start = names.partition_point(|name| *name.key < *key);
    let same = names[start..].iter().take_while(|name| *name.key == *key).count();
    let rest = &names[start + same..];
    // Of the names that are longer the next in order has a space behind the key, if any has.
    let goes_on = rest.first().and_then(|name| name.key.strip_prefix(key)).is_some_and(|more| more.starts_with(' '));
    Found { names: &names[start..start + same], goes_on }
}

/// The length in bytes of the longest name that a text begins with.
pub(super) fn longest_at_start(text: &str) -> Option<usize> {
    /// Characters of the longest name in a script without spaces, and some.
    const LONGEST: usize = 24;
    let mut folded = String::with_capacity(text.len().min(4 * LONGEST));
    let mut ends = Vec::with_capacity(LONGEST);
    for (at, c) in text.char_indices().take(LONGEST) {
        fold_into(text.get(at..at + c.len_utf8())?, &mut folded);
        ends.push((at + c.len_utf8(), folded.len()));
    }
    ends.into_iter().rev().find(|(_, end)| !find(&folded[..*end]).names.is_empty()).map(|(end, _)| end)
}

/// The order in which a language writes the numbers of a date, as CLDR has it for its countries; none where they
/// differ and the tag does not say which.
pub(super) fn order_of(tag: &str, is_padded: bool) -> Option<Order> {
    let (_, usual) = TABLE.language(tag)?;
    let region = tag.split(['-', '_']).skip(1).find(|subtag| matches!(subtag.len(), 2 | 3) && *subtag != "001");
    let is_region = |list: &[&str]| region.is_some_and(|region| list.iter().any(|r| r.eq_ignore_ascii_case(region)));
    match tag.get(..2)?.to_ascii_lowercase().as_str() {
        "en" if is_region(&["US", "PH", "PR", "GU", "VI", "AS", "MP", "MH", "UM", "BI"]) => Some(Order::MonthDayYear),
        "en" if is_region(&["CA"]) => None,
        "en" if region.is_some() => Some(Order::DayMonthYear),
        // Half of the English that names no country is not from America. But only Americans leave out the zeros and
        // the century: CLDR's 3/4/26 is 03/04/2026 in most other countries.
        "en" => (!is_padded).then_some(Order::MonthDayYear),
        "es" if is_region(&["PA", "PR"]) => Some(Order::MonthDayYear),
        "zh" if is_region(&["HK", "MO", "SG"]) => Some(Order::DayMonthYear),
        _ => Some(usual),
    }
}

impl Table {
    fn read(text: &'static str) -> Table {
        let none = Languages::NONE;
        let mut table = Table {
            names: Vec::with_capacity(8000),
            languages: Vec::with_capacity(100),
            day_stop: none,
            year_stop: none,
            customs: [none; Custom::LANGUAGES.len()],
        };
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some((tags, order)) = line.strip_prefix('[').and_then(|head| head.split_once("] ")) {
                let bit = table.languages.len();
                let mut words = order.split(' ');
                table.languages.push((tags, order_named(words.next().unwrap_or_default())));
                for word in words {
                    let stops = if word == "d." { &mut table.day_stop } else { &mut table.year_stop };
                    stops.0 |= 1 << bit;
                }
            } else if let (Some((what, names)), Some(last)) =
                (line.split_once(' '), table.languages.len().checked_sub(1))
                && let Some(meaning) = meaning_named(what)
            {
                let languages = Languages(1 << last);
                let names = names.split(", ").map(|name| Name { key: key(name).into(), meaning, languages });
                table.names.extend(names);
            }
        }
        table.names.sort_by(|left, right| left.key.cmp(&right.key));
        table.names.dedup_by(|later, earlier| {
            let is_same = later.key == earlier.key && later.meaning == earlier.meaning;
            if is_same {
                earlier.languages = earlier.languages.or(later.languages);
            }
            is_same
        });
        table.customs = Custom::LANGUAGES.map(|tags| {
            tags.split(' ')
                .filter_map(|tag| table.language(tag))
                .fold(none, |all, (bit, _)| all.or(Languages(1 << bit)))
        });
        table
    }

    fn language(&self, tag: &str) -> Option<(usize, Order)> {
        let primary = tag.split(['-', '_']).next()?;
        let bit = self
            .languages
            .iter()
            .position(|(tags, _)| tags.split(' ').any(|known| known.eq_ignore_ascii_case(primary)))?;
        Some((bit, self.languages[bit].1))
    }
}

fn order_named(name: &str) -> Order {
    match name {
        "mdy" => Order::MonthDayYear,
        "ymd" => Order::YearMonthDay,
        _ => Order::DayMonthYear,
    }
}

fn meaning_named(name: &str) -> Option<Meaning> {
    let month = |digits: &str| digits.parse().ok();
    Some(match name {
        "mon" => Meaning::Weekday(Weekday::Monday),
        "tue" => Meaning::Weekday(Weekday::Tuesday),
        "wed" => Meaning::Weekday(Weekday::Wednesday),
        "thu" => Meaning::Weekday(Weekday::Thursday),
        "fri" => Meaning::Weekday(Weekday::Friday),
        "sat" => Meaning::Weekday(Weekday::Saturday),
        "sun" => Meaning::Weekday(Weekday::Sunday),
        "am" => Meaning::HalfDay(HalfDay::Morning),
        "pm" => Meaning::HalfDay(HalfDay::Afternoon),
        "night" => Meaning::HalfDay(HalfDay::Night),
        "year" => Meaning::Unit(Unit::Year),
        "month" => Meaning::Unit(Unit::Month),
        "day" => Meaning::Unit(Unit::Day),
        "hour" => Meaning::Unit(Unit::Hour),
        "minute" => Meaning::Unit(Unit::Minute),
        "second" => Meaning::Unit(Unit::Second),
        "no" => Meaning::MonthNumber,
        "-" => Meaning::Filler,
        _ => match name.split_at_checked(1)? {
            ("+" | "-", _) => Meaning::Era(name.parse().ok()?),
            ("p", number) => Meaning::Month(Calendar::Persian, month(number)?),
            ("h", number) => Meaning::Month(Calendar::Islamic, month(number)?),
            ("e", number) => Meaning::Month(Calendar::Ethiopian, month(number)?),
            _ => Meaning::Month(Calendar::Gregorian, month(name)?),
        },
    })
}

/// The form in which names are compared: lower case, without diacritics, a space between words whatever stands there.
/// `FÉVR.` and `fevr` are one, as are `п’ятниця` and `п'ятниця`, or `p. m.` and `P.M.`
pub(super) fn key(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    fold_into(name, &mut folded);
    folded.truncate(folded.trim_end().len());
    folded
}

/// Appends the [`key`] of a piece of a name.
pub(super) fn fold_into(piece: &str, folded: &mut String) {
    if piece.is_ascii() {
        for byte in piece.bytes() {
            push_folded(char::from(byte.to_ascii_lowercase()), folded);
        }
    } else {
        for c in piece.nfd().flat_map(char::to_lowercase) {
            push_folded(c, folded);
        }
    }
}

fn push_folded(c: char, folded: &mut String) {
    match c {
        'a'..='z' => folded.push(c),
        'ı' => folded.push('i'),
        'ł' => folded.push('l'),
        'đ' => folded.push('d'),
        'ø' => folded.push('o'),
        'ħ' => folded.push('h'),
        'ə' => folded.push('e'),
        'ß' => folded.push_str("ss"),
        'æ' => folded.push_str("ae"),
        'ς' => folded.push('σ'),
        // One letter in Arabic and in Persian or Urdu, to the eye as well.
        'ى' | 'ی' => folded.push('ي'),
        'ک' => folded.push('ك'),
        'ة' | 'ھ' | 'ہ' | 'ە' => folded.push('ه'),
        _ if is_silent(c) => {}
        _ if !is_between(c) => folded.push(c),
        _ if folded.is_empty() || folded.ends_with(' ') => {}
        _ => folded.push(' '),
    }
}

/// Whether it parts the words of a name. Words have no digits and no signs in them, so that it need not be asked of all
/// characters whether they are letters.
fn is_between(c: char) -> bool {
    // Among those that are not ASCII: modifier letters that are apostrophes, Hebrew points that stand for letters left
    // out, a full stop of India, and general punctuation.
    c.is_ascii() || matches!(c, '\u{2b9}'..='\u{2bf}' | '׳' | '״' | '॰' | '\u{2000}'..='\u{206f}' | '\u{a0}')
}

/// Marks that names are written with and without: accents, points, the nukta of Indian scripts, joiners. The vowels of
/// Indian scripts are marks too, and stay.
fn is_silent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{93c}' | '\u{9bc}' | '\u{a3c}' | '\u{abc}' | '\u{200d}')
}
