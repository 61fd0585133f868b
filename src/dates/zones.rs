//! Time zones as dates name them: abbreviations, names of the IANA database, offsets.

use jiff::civil::DateTime;
use jiff::tz::{self, Offset};

/// What a date says of its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone<'t> {
    /// Nothing, in so many words: `-0000` (RFC 2822, section 3.3).
    Unknown,
    /// An offset, in minutes east of UTC.
    Fixed(i32),
    /// The name of a zone in the IANA database.
    Named(&'t str),
}

impl Zone<'_> {
    /// The offset that the zone has at a local time; none if it says none. Of a time that the clock shows twice the
    /// first is taken, and one that it skips is as if it had not.
    pub(super) fn offset_at(self, local: DateTime) -> Option<Offset> {
        match self {
            Zone::Unknown => None,
            Zone::Fixed(minutes) => Offset::from_seconds(minutes * 60).ok(),
            Zone::Named(name) => {
                let zone = tz::db().get(name).ok()?;
                let instant = zone.to_ambiguous_timestamp(local).compatible().ok()?;
                Some(zone.to_offset(instant))
            }
        }
    }
}

/// Abbreviations as they stand in dates, in minutes east of UTC. Those with several meanings have the one that feeds
/// use them in: IST is India, BST Britain, CST and EST North America.
const ABBREVIATIONS: [(&str, i32); 81] = [
    ("Z", 0),
    ("UT", 0),
    ("TU", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("BST", 60),
    ("WEST", 60),
    ("CET", 60),
    ("MEZ", 60),
    ("МСК", 180),
    ("мск", 180),
    ("MET", 60),
    ("WAT", 60),
    ("CEST", 120),
    ("MESZ", 120),
    ("MEST", 120),
    ("EET", 120),
    ("SAST", 120),
    ("CAT", 120),
    ("EEST", 180),
    ("MSK", 180),
    ("EAT", 180),
    ("TRT", 180),
    ("IDT", 180),
    ("IRST", 210),
    ("GST", 240),
    ("SAMT", 240),
    ("AZT", 240),
    ("AFT", 270),
    ("PKT", 300),
    ("UZT", 300),
    ("YEKT", 300),
    ("IST", 330),
    ("SLST", 330),
    ("NPT", 345),
    ("BDT", 360),
    ("MMT", 390),
    ("ICT", 420),
    ("WIB", 420),
    ("SGT", 480),
    ("HKT", 480),
    ("PHT", 480),
    ("PHST", 480),
    ("MYT", 480),
    ("AWST", 480),
    ("WITA", 480),
    ("JST", 540),
    ("KST", 540),
    ("WIT", 540),
    ("ACST", 570),
    ("AEST", 600),
    ("CHST", 600),
    ("ACDT", 630),
    ("AEDT", 660),
    ("NZST", 720),
    ("NZDT", 780),
    ("BRT", -180),
    ("ART", -180),
    ("UYT", -180),
    ("ADT", -180),
    ("NDT", -150),
    ("NST", -210),
    ("AST", -240),
    ("CLT", -240),
    ("BOT", -240),
    ("VET", -240),
    ("EDT", -240),
    ("EST", -300),
    ("COT", -300),
    ("PET", -300),
    ("CDT", -300),
    ("CST", -360),
    ("MDT", -360),
    ("MST", -420),
    ("PDT", -420),
    ("PST", -480),
    ("AKDT", -480),
    ("AKST", -540),
    ("HDT", -540),
    ("HST", -600),
];

/// Abbreviations for a country's zone without a word about summer time.
const AMERICAN: [(&str, &str); 4] =
    [("ET", "America/New_York"), ("CT", "America/Chicago"), ("MT", "America/Denver"), ("PT", "America/Los_Angeles")];

/// The zone that a word is an abbreviation of.
pub(super) fn abbreviated(word: &str) -> Option<Zone<'static>> {
    if let Some((_, minutes)) = ABBREVIATIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) {
        return Some(Zone::Fixed(*minutes));
    }
    // In small letters these are words.
    AMERICAN.iter().find(|(name, _)| *name == word).map(|(_, zone)| Zone::Named(zone))
}

/// Areas of the IANA database, <https://data.iana.org/time-zones/theory.html>.
const AREAS: [&str; 16] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
    "Etc",
    "US",
    "Canada",
    "Brazil",
    "Chile",
    "Mexico",
];

/// The name of a zone in the IANA database that a text begins with: `Europe/Brussels`, `Etc/GMT+5`.
pub(super) fn named_at_start(text: &str) -> Option<&str> {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+');
    let name = &text[..text.bytes().position(|byte| !is_of_name(&byte)).unwrap_or(text.len())];
    let (area, place) = name.split_once('/')?;
    let has_area = AREAS.iter().any(|known| known.eq_ignore_ascii_case(area));
    (has_area && !place.is_empty()).then_some(name)
}
