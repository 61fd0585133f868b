//! The words of dates: months, markers of units, zones, and words without meaning.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::civil::{DateTime, Weekday};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

const ENGLISH_MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Month names of the other languages of Europe, in the cases that dates put them in, with their usual short forms.
/// Where a name means different months in two languages (`listopad`), the larger press has it.
const FOREIGN_MONTHS: [&str; 12] = [
    "janvier janv januar jänner jan enero ene gennaio gen janeiro januari stycznia styczeń sty ledna leden januára \
     január ianuarie ocak oca tammikuuta tammikuu января январь янв січня січень ιανουαρίου ιανουάριος ιαν януари \
     januára siječnja",
    "février févr fév februar feber febrero feb febbraio fevereiro fev februari lutego luty února únor februára \
     február februarie şubat şub helmikuuta helmikuu февраля февраль фев лютого лютий φεβρουαρίου φεβρουάριος φεβ \
     февруари veljače",
    "mars märz mär marzo mar março maart mrt marca marzec března březen március marec martie mart maaliskuuta \
     maaliskuu марта март мар березня березень μαρτίου μάρτιος μαρ ožujka",
    "avril avr april apr abril abr aprile kwietnia kwiecień kwi dubna duben aprila apríla április aprilie nisan nis \
     huhtikuuta huhtikuu апреля апрель апр квітня квітень απριλίου απρίλιος απρ април travnja",
    "mai mayo maggio mag maio mei maja maj května květen máj mája május mayıs toukokuuta toukokuu мая май травня \
     травень μαΐου μάιος μαϊ svibnja",
    "juin juni jun junio giugno giu junho czerwca czerwiec cze června červen júna jún június iunie haziran haz \
     kesäkuuta kesäkuu июня июнь июн червня червень ιουνίου ιούνιος ιουν юни lipnja",
    "juillet juil juli jul julio luglio lug julho lipca lipiec lip července červenec júla júl július iulie temmuz tem \
     heinäkuuta heinäkuu июля июль июл липня липень ιουλίου ιούλιος ιουλ юли srpnja",
    "août aout august aug agosto ago augustus augusti sierpnia sierpień sie srpna srpen augusta augusztus ağustos ağu \
     elokuuta elokuu августа август авг серпня серпень αυγούστου αύγουστος αυγ kolovoza",
    "septembre sept september septiembre setiembre settembre set setembro września wrzesień wrz září septembra \
     szeptember septembrie eylül eyl syyskuuta syyskuu сентября сентябрь сен сент вересня вересень σεπτεμβρίου \
     σεπτέμβριος σεπ септември rujna",
    "octobre oktober okt octubre ottobre ott outubro out października październik paź října říjen október októbra \
     octombrie ekim eki lokakuuta lokakuu октября октябрь окт жовтня жовтень οκτωβρίου οκτώβριος οκτ октомври",
    "novembre november nov noviembre novembro listopada listopad lis listopadu novembra noiembrie kasım kas \
     marraskuuta marraskuu ноября ноябрь ноя листопада листопад νοεμβρίου νοέμβριος νοε ноември",
    "décembre déc dezember dez diciembre dic dicembre dezembro december desember grudnia grudzień gru prosince \
     prosinec decembra decembrie aralık ara joulukuuta joulukuu декабря декабрь дек грудня грудень δεκεμβρίου \
     δεκέμβριος δεκ декември prosinca",
];

static FOREIGN_MONTH_NUMBERS: LazyLock<HashMap<String, u32>> = LazyLock::new(|| {
    let mut numbers = HashMap::new();
    for (number, names) in (1_u32..).zip(FOREIGN_MONTHS) {
        for name in names.split_whitespace() {
            numbers.entry(fold(name)).or_insert(number);
        }
    }
    numbers
});

/// Lower case without diacritics, so that `FÉVRIER`, `fevrier` and `février` are one word.
fn fold(word: &str) -> String {
    word.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// The number of the month that a word names, from 1.
pub(super) fn month(word: &str) -> Option<u32> {
    if word.len() < 3 {
        return None;
    }
    // Three letters or more of an English name are the name: `Nov`, `Sept`.
    for (number, name) in (1_u32..).zip(ENGLISH_MONTHS) {
        if name.len() >= word.len() && name.as_bytes()[..word.len()].eq_ignore_ascii_case(word.as_bytes()) {
            return Some(number);
        }
    }
    FOREIGN_MONTH_NUMBERS.get(&fold(word)).copied()
}

/// What a word says about the number in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Year,
    Month,
    Day,
    Hour,
    Second,
    Morning,
    Afternoon,
}

/// The marker that a word is.
pub(super) fn marker(word: &str) -> Option<Marker> {
    Some(match word {
        "年" | "년" => Marker::Year,
        "月" | "월" => Marker::Month,
        "日" | "号" | "일" | "th" | "st" | "nd" | "rd" | "er" => Marker::Day,
        "時" | "时" | "시" | "h" | "H" => Marker::Hour,
        "秒" | "초" => Marker::Second,
        "am" | "AM" | "Am" | "前" | "上" | "오전" => Marker::Morning,
        "pm" | "PM" | "Pm" | "後" | "后" | "下" | "오후" => Marker::Afternoon,
        _ => return None,
    })
}

/// What a zone's name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    /// Nothing.
    Unknown,
    /// An offset, in minutes east of UTC.
    Fixed(i32),
    /// A zone of the United States without a word about summer time, as hours of its standard time: `ET`.
    UnitedStates(i8),
}

impl Zone {
    /// Whether an offset may follow: it does in `GMT+2`, and not in `EST-5`, which would count twice.
    pub(super) fn takes_offset(self) -> bool {
        matches!(self, Zone::Fixed(0) | Zone::Unknown)
    }
}

/// Zone names as they stand in dates, minutes east of UTC. Names with several meanings have the one that feeds use
/// them in: IST is India, BST Britain, CST and EST North America.
const ZONES: [(&str, i32); 72] = [
    ("Z", 0),
    ("UT", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("BST", 60),
    ("WEST", 60),
    ("CET", 60),
    ("MEZ", 60),
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
];

/// As [`ZONES`], the rest of North America.
const WESTERN_ZONES: [(&str, i32); 6] =
    [("PDT", -420), ("PST", -480), ("AKDT", -480), ("AKST", -540), ("HDT", -540), ("HST", -600)];

/// The zone that a word names.
pub(super) fn zone(word: &str) -> Option<Zone> {
    let named = |(name, _): &&(&str, i32)| name.eq_ignore_ascii_case(word);
    if let Some((_, minutes)) = ZONES.iter().chain(&WESTERN_ZONES).find(named) {
        return Some(Zone::Fixed(*minutes));
    }
    Some(match word {
        "ET" => Zone::UnitedStates(-5),
        "CT" => Zone::UnitedStates(-6),
        "MT" => Zone::UnitedStates(-7),
        "PT" => Zone::UnitedStates(-8),
        _ => return None,
    })
}

/// Whether summer time holds in the United States: from the second Sunday of March to the first of November, by the
/// rule of 2007. The years before it differ by some weeks.
pub(super) fn is_summer_in_the_united_states(local: DateTime) -> bool {
    let changes_on = |month: i8, nth: i8| {
        local
            .date()
            .with()
            .month(month)
            .day(1)
            .build()
            .and_then(|first| first.nth_weekday_of_month(nth, Weekday::Sunday))
    };
    let (Ok(begin), Ok(end)) = (changes_on(3, 2), changes_on(11, 1)) else {
        return false;
    };
    begin.at(2, 0, 0, 0) <= local && local < end.at(2, 0, 0, 0)
}

/// Words between the parts of a date. Weekdays are here in English alone: those of other languages count as unknown,
/// of which a date may have some.
const FILLERS: [&str; 46] = [
    "t",
    "at",
    "on",
    "the",
    "of",
    "um",
    "uhr",
    "den",
    "der",
    "dem",
    "am",
    "à",
    "a",
    "às",
    "le",
    "de",
    "del",
    "di",
    "el",
    "alle",
    "ore",
    "las",
    "los",
    "kl",
    "klo",
    "om",
    "o",
    "г",
    "года",
    "в",
    "分",
    "분",
    "午",
    "星",
    "期",
    "曜",
    "clock",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "date",
    "published",
];

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Whether a word may be passed over without a second thought.
pub(super) fn is_filler(word: &str) -> bool {
    let is_weekday = |name: &str| {
        word.len() >= 3
            && name.len() >= word.len()
            && name.as_bytes()[..word.len()].eq_ignore_ascii_case(word.as_bytes())
    };
    WEEKDAYS.iter().any(|name| is_weekday(name))
        || FILLERS.iter().any(|filler| filler.eq_ignore_ascii_case(word))
        || FILLERS.contains(&word.to_lowercase().as_str())
}
