use super::*;
use proptest::prelude::*;

/// Compares what a text reads as with its RFC 3339 form; `None` for texts that are no dates.
fn check(text: &str, context: Context<'_>, expected: Option<&str>) {
    let read = read_in(text, context).map(|date| date.to_rfc3339());
    assert_eq!(read.as_deref(), expected, "{text:?} in {:?}", context.language);
}

fn in_language(language: &str) -> Context<'_> {
    Context { language: Some(language).filter(|tag| *tag != "-"), order: None }
}

const DATES: &[(&str, &str)] = &[
    // RFC 3339 and ISO 8601.
    ("2026-11-20T15:04:05Z", "2026-11-20T15:04:05Z"),
    ("2026-11-20T15:04:05+05:30", "2026-11-20T15:04:05+05:30"),
    ("2026-11-20T15:04:05-0800", "2026-11-20T15:04:05-08:00"),
    ("2026-11-20T15:04:05+02", "2026-11-20T15:04:05+02:00"),
    ("2026-11-20t15:04:05z", "2026-11-20T15:04:05Z"),
    ("2026-11-20 15:04:05", "2026-11-20T15:04:05Z"),
    ("2026-11-20 15:04:05 +0530", "2026-11-20T15:04:05+05:30"),
    ("2026-11-20T15:04", "2026-11-20T15:04:00Z"),
    ("2026-11-20T15:04Z", "2026-11-20T15:04:00Z"),
    ("2026-11-20T15:04:05.250Z", "2026-11-20T15:04:05.25Z"),
    ("2026-11-20T15:04:05,5+01:00", "2026-11-20T15:04:05.5+01:00"),
    ("2026-11-20T15:04:05.1234567890123Z", "2026-11-20T15:04:05.123456789Z"),
    ("2026-11-20T24:00:00Z", "2026-11-21T00:00:00Z"),
    ("2026-12-31T23:59:60Z", "2026-12-31T23:59:59Z"),
    ("20261120T150405Z", "2026-11-20T15:04:05Z"),
    ("20261120T1504+0100", "2026-11-20T15:04:00+01:00"),
    ("20261120150405", "2026-11-20T15:04:05Z"),
    ("20261120", "2026-11-20"),
    ("2026-11-20", "2026-11-20"),
    ("2026-1-2", "2026-01-02"),
    ("2026/11/20 15:04", "2026-11-20T15:04:00Z"),
    ("  \n2026-11-20\t", "2026-11-20"),
    // RFC 2822 and what becomes of it.
    ("Fri, 20 Nov 2026 15:04:05 +0000", "2026-11-20T15:04:05Z"),
    ("Fri, 20 Nov 2026 15:04:05 -0000", "2026-11-20T15:04:05Z"),
    ("Fri, 20 Nov 2026 15:04:05 GMT", "2026-11-20T15:04:05Z"),
    ("Fri, 20 Nov 2026 15:04:05 +0200", "2026-11-20T15:04:05+02:00"),
    ("Fri, 20 Nov 2026 15:04:05 -03:30", "2026-11-20T15:04:05-03:30"),
    ("20 Nov 2026 15:04:05 EST", "2026-11-20T15:04:05-05:00"),
    ("Mon, 20 Nov 2026 15:04 PDT", "2026-11-20T15:04:00-07:00"),
    ("Friday, 20 November 2026 15:04:05 CET", "2026-11-20T15:04:05+01:00"),
    ("Fri,20 Nov 2026 15:04:05 IST", "2026-11-20T15:04:05+05:30"),
    ("Thurs, 2 Jul 2026 5:04:05 BST", "2026-07-02T05:04:05+01:00"),
    ("Fri, 20 Nov 26 15:04:05 JST", "2026-11-20T15:04:05+09:00"),
    ("Fri, 01 Jan 99 00:00:00 GMT", "1999-01-01T00:00:00Z"),
    ("Fri, 20 Nov 2026 15:04:05 GMT+0200", "2026-11-20T15:04:05+02:00"),
    ("Fri, 20 Nov 2026 15:04:05 UTC+2", "2026-11-20T15:04:05+02:00"),
    ("Fri, 20 Nov 2026 15:04:05 GMT-5:30", "2026-11-20T15:04:05-05:30"),
    ("Fri, 20 Nov 2026 15:04:05 XYZ", "2026-11-20T15:04:05Z"),
    ("Fri, 20 Nov 2026 15:04:05", "2026-11-20T15:04:05Z"),
    ("Fri, 20 Nov 2026", "2026-11-20"),
    ("20-Nov-2026", "2026-11-20"),
    ("20-Nov-26 15:04", "2026-11-20T15:04:00Z"),
    ("Fri, 20 Nov 2026 03:04:05 PM +0100", "2026-11-20T15:04:05+01:00"),
    ("Fri Nov 20 15:04:05 2026", "2026-11-20T15:04:05Z"),
    ("Fri Nov 20 15:04:05 EST 2026", "2026-11-20T15:04:05-05:00"),
    ("Fri Nov 20 2026 15:04:05 GMT+0100 (Central European Standard Time)", "2026-11-20T15:04:05+01:00"),
    ("20 Nov 2026 15:04:05 (CEST)", "2026-11-20T15:04:05+02:00"),
    ("Sat, Nov 21, 2026 09:19:03 GMT", "2026-11-21T09:19:03Z"),
    // As people write.
    ("20 November 2026", "2026-11-20"),
    ("November 20, 2026", "2026-11-20"),
    ("Nov. 20th, 2026", "2026-11-20"),
    ("November 20, 2026 at 5:30 pm EST", "2026-11-20T17:30:00-05:00"),
    ("November 20, 2026 12:30 a.m.", "2026-11-20T00:30:00Z"),
    ("Nov 20, 2026, 5 p.m. ET", "2026-11-20T17:00:00-05:00"),
    ("July 20, 2026, 5 PM ET", "2026-07-20T17:00:00-04:00"),
    ("11/20/2026 3:04 PM", "2026-11-20T15:04:00Z"),
    ("11/20/2026", "2026-11-20"),
    ("20/11/2026", "2026-11-20"),
    ("20/11/26 15:04", "2026-11-20T15:04:00Z"),
    ("03/04/2026 3:04 PM", "2026-03-04T15:04:00Z"),
    ("04/04/2026", "2026-04-04"),
    ("20.11.2026", "2026-11-20"),
    ("03.04.2026, 15:04 Uhr", "2026-04-03T15:04:00Z"),
    ("20.11.2026 15.04", "2026-11-20T15:04:00Z"),
    ("03-04-2026", "2026-04-03"),
    // In other languages.
    ("ven., 20 nov. 2026 15:04:05 +0100", "2026-11-20T15:04:05+01:00"),
    ("20 février 2026", "2026-02-20"),
    ("1er août 2026 à 15h04", "2026-08-01T15:04:00Z"),
    ("Freitag, den 20. März 2026 um 15:04 Uhr", "2026-03-20T15:04:00Z"),
    ("am 20. Dezember 2026 12:04", "2026-12-20T12:04:00Z"),
    ("viernes, 20 de enero de 2026", "2026-01-20"),
    ("20 settembre 2026", "2026-09-20"),
    ("20 de março de 2026 às 15h", "2026-03-20T15:00:00Z"),
    ("20 października 2026", "2026-10-20"),
    ("20 мая 2026 г.", "2026-05-20"),
    ("20 Ağustos 2026", "2026-08-20"),
    ("20. května 2026", "2026-05-20"),
    ("2026年11月20日 15:04", "2026-11-20T15:04:00Z"),
    ("2026年11月20日(金) 15時04分", "2026-11-20T15:04:00Z"),
    ("2026年11月20日 下午3:04", "2026-11-20T15:04:00Z"),
    ("2026년 11월 20일 오후 3:04", "2026-11-20T15:04:00Z"),
    // Seconds and milliseconds since 1970.
    ("1795187045", "2026-11-20T15:04:05Z"),
    ("1795187045000", "2026-11-20T15:04:05Z"),
];

const NO_DATES: &[&str] = &[
    "",
    " ",
    "yesterday",
    "5 minutes ago",
    "15:04",
    "November 2026",
    "2026",
    "2026-11",
    "2026-13-20",
    "2026-02-30",
    "31 November 2026",
    "1599-12-31",
    "2101-01-01",
    "0000-00-00T00:00:00Z",
    "12345",
    "99999999999999999999999999",
    // Whether March or April, who knows.
    "03/04/2026",
    "on 20 November 2026 the council voted again on the bridge",
    "2026-11-20T25:00:00Z",
    "2026-11-20 15:04 & more",
    // The zeros of clocks.
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "1969-12-31T16:00:00-08:00",
    "1900-01-01T00:00:00",
];

#[test]
fn dates_read_as_listed() {
    for (text, expected) in DATES {
        check(text, Context::default(), Some(expected));
    }
}

#[test]
fn other_texts_are_no_dates() {
    for text in NO_DATES {
        check(text, Context::default(), None);
    }
}

#[test]
fn dates_of_all_languages_read_as_listed() {
    for line in include_str!("cases.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut columns = line.splitn(3, ' ');
        let (expected, language, text) = (columns.next().unwrap(), columns.next().unwrap(), columns.next().unwrap());
        check(text, in_language(language), Some(expected).filter(|date| !matches!(*date, "-" | "?")));
        let is_open = interpret(text, in_language(language)).is_open;
        assert!(is_open || expected != "?", "{text:?} is open");
    }
}

/// Every name of the table that a date can be written with, as it stands there, with the first tag of its language.
fn names() -> Vec<(&'static str, &'static str, &'static str)> {
    let mut language = "";
    let mut names = Vec::new();
    for line in include_str!("names.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(head) = line.strip_prefix('[') {
            language = head.split([' ', ']']).next().unwrap();
        } else {
            let (what, listed) = line.split_once(' ').unwrap();
            names.extend(listed.split(", ").map(|name| (language, what, name)));
        }
    }
    names
}

#[test]
fn all_names_of_months_are_read_in_their_language() {
    for (language, what, name) in names() {
        if let Ok(month) = what.parse::<u8>()
            && what.bytes().all(|byte| byte.is_ascii_digit())
        {
            let expected = format!("2026-{month:02}-17");
            check(&format!("17 {name} 2026"), in_language(language), Some(&expected));
            check(&format!("2026 {name} 17"), in_language(language), Some(&expected));
            check(&format!("{} 17, 2026", name.to_uppercase()), in_language(language), Some(&expected));
        }
    }
}

#[test]
fn all_names_of_weekdays_decide_between_day_and_month() {
    // The weekdays of the week of 5 July 2026, and of the same numbers with day and month exchanged.
    for (language, what, name) in names() {
        let Some(at) = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"].iter().position(|day| *day == what) else {
            continue;
        };
        let day = 5 + i8::try_from(at).unwrap();
        let date = Date::new(2026, 7, day).unwrap();
        let exchanged = Date::new(2026, day, 7).unwrap();
        if date.weekday() != exchanged.weekday() {
            check(&format!("{name}, {day:02}/07/2026"), in_language(language), Some(&date.to_string()));
            check(&format!("{name}, 07/{day:02}/2026"), in_language(language), Some(&date.to_string()));
        }
    }
}

#[test]
fn no_name_is_two_months_in_one_language() {
    let mut months = std::collections::HashMap::new();
    for (language, what, name) in names() {
        if what.parse::<u8>().is_ok() && !what.starts_with(['+', '-']) {
            let known = *months.entry((language, super::names::key(name))).or_insert(what);
            assert_eq!(known, what, "{name} in {language}");
        }
    }
}

#[test]
fn a_text_is_read_in_the_order_of_its_writer() {
    let month_first = Context { order: Some(Order::MonthDayYear), ..in_language("fr") };
    check("03/04/2026 10:00", month_first, Some("2026-03-04T10:00:00Z"));
    check("13/04/2026 10:00", month_first, Some("2026-04-13T10:00:00Z"));
    check("mercredi 04/11/2026", month_first, Some("2026-11-04"));
}

#[test]
fn a_date_shows_its_order_and_whether_it_is_open() {
    let check = |text: &str, language: &str, order: Option<Order>, is_open: bool| {
        let reading = interpret(text, in_language(language));
        assert_eq!((reading.order, reading.is_open), (order, is_open), "{text:?}");
    };
    check("25/11/2026", "-", Some(Order::DayMonthYear), false);
    check("11/25/2026", "-", Some(Order::MonthDayYear), false);
    check("Wed, 11/04/2020", "-", Some(Order::MonthDayYear), false);
    check("04/04/2026", "-", None, false);
    check("2026-11-25", "-", None, false);
    check("2026/11/04", "-", None, false);
    check("03/04/2026", "-", None, true);
    check("03.04.2026", "-", None, true);
    check("25 listopada 2026", "-", None, true);
    check("25 novembre 2026", "-", None, false);
    check("1405/09/03", "-", None, true);
    check("26. 1. 3.", "-", None, true);
    check("1405/09/03", "fa", None, false);
    check("2026/13/13", "-", None, false);
    check("no date", "-", None, false);
}

#[test]
fn a_date_is_found_in_a_line() {
    let check = |line: &str, expected: Option<&str>| assert_eq!(find(line), expected, "{line:?}");
    let english = "Written by Mara Lindqvist in Harbour on 24 November 2026 at 08:34 AM EST. 51 Comments";
    check(english, Some("24 November 2026 at 08:34 AM EST"));
    check("입력 2026.11.24 06:30 수정 2026.11.25 09:10", Some("2026.11.24 06:30"));
    check("来源：临江日报 作者：王 2026年11月24日 06:30 编辑：李", Some("2026年11月24日 06:30"));
    check("By Mara Lindqvist, Tuesday, November 24, 2026 (updated)", Some("Tuesday, November 24, 2026"));
    check("24 November 2026", Some("24 November 2026"));
    check("By Mara Lindqvist, November 24, 2026 | 6:30 p.m.", Some("November 24, 2026 | 6:30 p.m"));
    check("24 de noviembre de 2026, 6:30 p. m. | Sociedad", Some("24 de noviembre de 2026, 6:30 p. m"));
    check("6 min read | November 24, 2016", Some("November 24, 2016"));
    check("Mara Lindqvist was born in May and has 24 cats", None);
    // What begins the next date is no part of this one.
    check("November 24, 2026 Published: November 20, 2026", Some("November 24, 2026"));
    check("24.11.2026 Veröffentlicht: 20.11.2026", Some("24.11.2026"));
    check("2026-11-24 Publicerad: 2026-11-20", Some("2026-11-24"));
    check("2026/11/24 投稿日 2026/11/20", Some("2026/11/24"));
    check("Issue 41, 2 November 2026", Some("2 November 2026"));
    check("Press release 112/2026, 3 November 2026", Some("3 November 2026"));
    check("Issue 12/2025, 3 November 2026", Some("3 November 2026"));
    check("Pressemitteilung Nr. 112/2026 vom 3. November 2026", Some("3. November 2026"));
    check("Posted 11/3/2026 in issue 4", Some("11/3/2026"));
    check("Nov. 9, 2026, 5:00 a.m. ET | Opinion", Some("Nov. 9, 2026, 5:00 a.m. ET"));
    check("Top 5 November 16, 2025", Some("November 16, 2025"));
    check("3d23-4ce5 Nov 16, 2025", Some("Nov 16, 2025"));
    check("24.11.2026-26.11.2026", Some("24.11.2026"));
    check("November 24, 2016 - 5 min read", Some("November 24, 2016"));
    check("", None);
}

#[test]
fn a_long_text_is_no_date() {
    check(&format!("2026-11-20{}1", " ".repeat(LONGEST_DATE)), Context::default(), None);
}

#[test]
fn an_offset_is_only_what_the_text_gives() {
    assert_eq!(read("2026-11-20T15:04:05").unwrap().offset, None);
    assert_eq!(read("2026-11-20T15:04:05Z").unwrap().offset, Some(Offset::UTC));
    assert_eq!(read("2026-11-20").unwrap().precision, DatePrecision::Day);
}

#[test]
fn words_that_name_months_are_known() {
    for word in ["November", "NOV", "févr", "мая", "listopada", "نوفمبر", "พฤศจิกายน"] {
        assert!(names_month(word), "{word}");
    }
    for word in ["", "no", "Monday", "word", "25", "di"] {
        assert!(!names_month(word), "{word}");
    }
}

#[test]
fn a_date_that_nothing_was_published_at_stands_for_none() {
    for text in [
        "0001-01-01T00:00:00",
        "0001-01-01",
        "9999-12-31T23:59:59.9999999Z",
        "9999-12-31T23:59:59-05:00",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "1970-01-01T00:00:00Z",
        "1900-01-01 00:00:00",
        "0000-00-00 00:00:00",
    ] {
        assert!(stands_for_none(text), "{text}");
        check(text, Context::default(), None);
    }
    for text in ["", "soon", "2026-11-20", "1785-01-01", "0001-13-01", "0001-01-01T25:00:00Z", "0001", "1 + 1"] {
        assert!(!stands_for_none(text), "{text}");
    }
}

proptest! {
    #[test]
    fn reading_never_panics(text in "\\PC{0,60}") {
        let _ = (read(&text), find(&text));
    }

    #[test]
    fn reading_date_like_text_never_panics(
        text in "([0-9]{1,20}|[-+:./, ()\\[\\]']|Nov|T|Z|pm|p\\.m\\.|GMT|ET|h|Europe/Rome|mar|de|am|年|月|日|令和|元|十|民國|tháng|Th|พ.ศ.|ที่|۱۴۰۵|آذر|сар|Uhr){0,14}",
        language in "(en|fa|ja|th|ar|vi|xx|-)",
    ) {
        let _ = (read_in(&text, in_language(&language)), find(&text));
    }

    #[test]
    fn formatted_instants_come_back(second in -11_000_000_000_i64..4_102_444_800, quarters in -48_i32..=56) {
        let instant = Timestamp::from_second(second).unwrap();
        let offset = Offset::from_seconds(quarters * 900).unwrap();
        let local = offset.to_datetime(instant);
        if YEARS.contains(&local.year()) && !is_zero_of_unix(instant) && !calendar::is_zero(local.date()) {
            for format in ["%Y-%m-%dT%H:%M:%S%:z", "%a, %d %b %Y %H:%M:%S %z", "%B %-d, %Y %I:%M:%S %p %z", "%Y/%m/%d %H:%M:%S %z"] {
                let text = instant.to_zoned(offset.to_time_zone()).strftime(format).to_string();
                // `-0000` alone means that the offset is not known; UTC is written `+0000`.
                prop_assert_eq!(read(&text), Some(ReadDate { instant, offset: Some(offset), precision: DatePrecision::Instant }), "{}", text);
            }
        }
    }

    #[test]
    fn the_quick_reader_and_the_general_one_agree(
        text in "(Fri, )?[0-3]?[0-9] (Mar|Nov) 20[0-9]{2} [0-2][0-9]:[0-5][0-9](:[0-5][0-9])? (GMT|UT|EST|[-+]0[0-9][0-5]0)|20[0-9]{2}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,12})?)?(Z|[-+]0[0-9]:?[0-5]0)?)?",
    ) {
        if let Some(standard) = standard::read(&text) {
            let quick = moment(standard.date, standard.clock, None, standard.zone);
            prop_assert_eq!(quick, general(&text, Context::default()).and_then(|reading| reading.date), "{}", text);
        }
    }
}
