//! Sources of a few makes, played back.

use super::*;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Monday, 27 January 2025.
const BEGINS: i64 = 1_737_936_000;

/// Polls a source every half hour, in which it brings what `items` says of the half hour before.
fn play(habits: &mut Habits, room: &mut Newsroom, days: std::ops::Range<i64>, items: impl Fn(i64) -> Option<u32>) {
    for half_hour in days.start * 48..days.end * 48 {
        let at_s = BEGINS + half_hour * HOUR / 2;
        habits.take_poll(Poll { at_s, n_new: items(half_hour) }, room);
    }
}

/// An item in every other half hour from 6 to 22 o'clock on weekdays, a few on other days.
fn usual(half_hour: i64) -> u32 {
    let (day, hour) = (half_hour / 48 % 7, half_hour % 48 / 2);
    let is_time = if day < 5 { (6..22).contains(&hour) } else { hour == 9 || hour == 17 };
    // Not all alike, whatever their order.
    u32::from(is_time && half_hour.wrapping_mul(2_654_435_761) >> 7 & 1 == 0)
}

fn symptoms(habits: &mut Habits) -> Vec<Symptom> {
    habits.judge().0.into_iter().map(|doubt| doubt.symptom).collect()
}

fn learned() -> (Habits, Newsroom) {
    let (mut habits, mut room) = (Habits::default(), Newsroom::default());
    play(&mut habits, &mut room, 0..42, |at| Some(usual(at)));
    (habits, room)
}

#[test]
fn a_source_that_falls_silent_is_told_within_its_day_and_quiet_weekends_are_not() {
    let (mut habits, mut room) = learned();
    for day in 42..49 {
        play(&mut habits, &mut room, day..day + 1, |at| Some(usual(at)));
        assert_eq!(symptoms(&mut habits), [], "day {day}");
    }
    play(&mut habits, &mut room, 49..50, |_| Some(0));
    let (doubts, _) = habits.judge();
    assert_eq!(doubts.len(), 1, "{doubts:?}");
    assert!(doubts[0].symptom == Symptom::Silent && doubts[0].confidence > 0.9, "{doubts:?}");
    play(&mut habits, &mut room, 50..51, |at| Some(usual(at)));
    assert_eq!(habits.judge(), (vec![], vec![(Symptom::Silent, Ending::Back)]));
}

#[test]
fn time_in_which_nobody_was_answered_is_no_silence() {
    for do_polls_fail in [true, false] {
        let (mut habits, mut room) = learned();
        // Polls fail for three days, or there are none.
        if do_polls_fail {
            play(&mut habits, &mut room, 42..45, |_| None);
        }
        let at_s = BEGINS + 45 * DAY;
        habits.take_poll(Poll { at_s, n_new: Some(0) }, &mut room);
        assert_eq!(symptoms(&mut habits), []);
    }
}

#[test]
fn nothing_is_said_of_a_source_before_three_weeks() {
    let (mut habits, mut room) = (Habits::default(), Newsroom::default());
    play(&mut habits, &mut room, 0..7, |at| Some(usual(at)));
    play(&mut habits, &mut room, 7..20, |_| Some(0));
    assert_eq!(symptoms(&mut habits), []);
}

/// Twenty sources through a holiday, on which each brings one item in eight. Returns how many of them were told, where each knows what the
/// others do, or else nothing of them.
fn n_told_on_a_holiday(is_together: bool) -> usize {
    let mut rooms: Vec<Newsroom> = (0..20).map(|_| Newsroom::default()).collect();
    let mut all: Vec<Habits> = (0..20).map(|_| Habits::default()).collect();
    let mut told = std::collections::BTreeSet::new();
    for half_hour in 0..48 * 44 {
        for (number, habits) in all.iter_mut().enumerate() {
            let shift = i64::try_from(number).unwrap();
            let is_holiday = half_hour / 48 == 43;
            let is_left_out = is_holiday && (half_hour + 3 * shift) % 8 != 0;
            let n_new = if is_left_out { 0 } else { usual(half_hour + 48 * 7 * shift) };
            let room = &mut rooms[if is_together { 0 } else { number }];
            habits.take_poll(Poll { at_s: BEGINS + half_hour * HOUR / 2 + shift, n_new: Some(n_new) }, room);
            if is_holiday && symptoms(habits).contains(&Symptom::Silent) {
                told.insert(number);
            }
        }
    }
    told.len()
}

#[test]
fn what_all_do_at_once_is_no_loss_of_each() {
    let (together, alone) = (n_told_on_a_holiday(true), n_told_on_a_holiday(false));
    assert!(together + 5 <= alone, "{together} {alone}");
}

#[test]
fn where_nothing_comes_of_any_source_it_is_the_intake() {
    let mut room = Newsroom::default();
    let mut all: Vec<Habits> = (0..20).map(|_| Habits::default()).collect();
    for half_hour in 0..48 * 24 {
        for (habits, shift) in all.iter_mut().zip(0..) {
            // From eleven o'clock on.
            let is_lost = (48 * 22 + 22..48 * 23).contains(&half_hour);
            let n_new = if is_lost { 0 } else { usual(half_hour + 48 * 7 * shift) };
            habits.take_poll(Poll { at_s: BEGINS + half_hour * HOUR / 2 + shift, n_new: Some(n_new) }, &mut room);
        }
        let is_expected = (48 * 22 + 32..48 * 23 + 12).contains(&half_hour);
        let is_over = !(48 * 22 + 22..48 * 23 + 20).contains(&half_hour);
        assert!(!is_expected || room.is_silent(), "{half_hour}");
        assert!(!is_over || !room.is_silent(), "{half_hour}");
    }
}

/// Articles, one in two hours; every fifth is a video of a few words.
fn read(habits: &mut Habits, numbers: std::ops::Range<i64>, n_words: u32) -> Option<i64> {
    for id in numbers {
        let is_video = (id.wrapping_mul(2_654_435_761) >> 9) % 4 == 0;
        let n_words = if is_video { 30 } else { n_words + u32::try_from(id * 37 % 150).unwrap() };
        let quality = if is_video { 45 } else { 88 };
        let language = Some(*b"en");
        let reading = Reading { id, at_s: BEGINS + id * 2 * HOUR, quality, n_words, is_whole: !is_video, language };
        habits.take_article(&reading);
        if symptoms(habits).contains(&Symptom::Shorter) {
            return Some(id);
        }
    }
    None
}

#[test]
fn shorter_articles_are_told_after_a_few_and_become_a_habit_in_the_end() {
    let mut habits = Habits::default();
    assert_eq!(read(&mut habits, 1..500, 400), None);
    let told = read(&mut habits, 500..600, 20);
    assert!(told.is_some_and(|id| id < 515), "{told:?}");
    let mut id = 600;
    let mut ended = Vec::new();
    while ended.is_empty() && id < 1500 {
        let reading =
            Reading { id, at_s: BEGINS + id * 2 * HOUR, quality: 88, n_words: 30, is_whole: true, language: None };
        habits.take_article(&reading);
        ended = habits.judge().1;
        id += 1;
    }
    assert_eq!(ended, [(Symptom::Shorter, Ending::Habit)]);
    assert!(id - 500 >= 30 * 12, "a month: {id}");
}

#[test]
fn texts_that_are_as_they_were_end_it() {
    let mut habits = Habits::default();
    assert_eq!(read(&mut habits, 1..500, 400), None);
    let told = read(&mut habits, 500..600, 20).expect("it is told");
    let back = (told + 1..told + 60).find(|id| read(&mut habits, *id..*id + 1, 400).is_none());
    assert!(back.is_some_and(|id| id < told + 20), "{told} {back:?}");
}

#[test]
fn habits_are_kept_in_few_bytes_and_judge_alike() {
    let (mut habits, mut room) = learned();
    read(&mut habits, 1..200, 400);
    let bytes = habits.to_bytes();
    assert!(bytes.len() < 2200, "{}", bytes.len());
    let mut kept = Habits::from_bytes(&bytes);
    assert_eq!((kept.polled_s(), kept.article_id()), (habits.polled_s(), habits.article_id()));
    let mut other_room = room.clone();
    for (one, room) in [(&mut habits, &mut room), (&mut kept, &mut other_room)] {
        play(one, room, 42..44, |_| Some(0));
    }
    let (before, after) = (habits.judge().0, kept.judge().0);
    assert!((before[0].confidence - after[0].confidence).abs() < 0.02, "{before:?} {after:?}");
    for cut in 0..bytes.len() {
        // Half of it is as if there were little.
        let _ = Habits::from_bytes(&bytes[..cut]).judge();
    }
}

#[test]
fn where_articles_are_always_alike_two_that_have_fallen_are_enough_and_one_cause_is_one_alarm() {
    // Quality, words and completeness of what comes, and what is told of it.
    let cases = [
        // Cut by a redesign, and what is left of it is bad.
        ((40, 180, true), Some(Symptom::Quality)),
        // Before a wall.
        ((88, 50, false), Some(Symptom::Partial)),
        // Briefs.
        ((88, 30, true), Some(Symptom::Shorter)),
        // As they were.
        ((85, 420, true), None),
    ];
    for ((quality, n_words, is_whole), expected) in cases {
        let mut habits = Habits::default();
        let reading = |id: i64, quality: u8, n_words: u32, is_whole: bool| Reading {
            id,
            at_s: BEGINS + id * 2 * HOUR,
            quality,
            n_words,
            is_whole,
            language: None,
        };
        for id in 1..300 {
            let n_words = 350 + u32::try_from(id * 37 % 150).unwrap();
            habits.take_article(&reading(id, 86 + u8::try_from(id % 3).unwrap(), n_words, true));
        }
        assert_eq!(symptoms(&mut habits), []);
        let told = (300..302).map(|id| {
            habits.take_article(&reading(id, quality, n_words, is_whole));
            symptoms(&mut habits)
        });
        let first = told.into_iter().find(|told| !told.is_empty()).unwrap_or_default();
        assert_eq!(first, expected.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn what_earlier_versions_kept_is_read_and_the_rest_learned_anew() {
    let (mut habits, _) = learned();
    read(&mut habits, 1..200, 400);
    let bytes = habits.to_bytes();
    // Their form ended before the combinations.
    let mut kept = Habits::from_bytes(&bytes[..1565]);
    assert_eq!((kept.polled_s(), kept.article_id()), (habits.polled_s(), habits.article_id()));
    assert_eq!(kept.judge().0, []);
    assert_eq!(read(&mut kept, 200..300, 400), None);
    assert!(read(&mut kept, 300..330, 20).is_some());
}
