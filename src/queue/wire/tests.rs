//! Messages there and back, and what no message is.

mod lengths;
mod parts;
mod record;
mod values;

use std::collections::BTreeSet;
use std::fmt::Debug;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use url::Url;

use super::scalar::{Canonical, ClockTime, LAPSE_MAX, Lapse, LoginForm, Moment, RouteForm};
use super::*;
use crate::model::{LoginName, PollResult, Proxy, Route, Source};

/// Reads a message, and writes it again.
type Reader = fn(&[u8]) -> Result<Vec<u8>, WireError>;

/// One for each message.
const READERS: [Reader; 5] = [
    |bytes| Ask::decode(bytes).map(|message| message.encode()),
    |bytes| Answer::decode(bytes).map(|message| message.encode()),
    |bytes| Report::decode(bytes).map(|message| message.encode()),
    |bytes| TurnAsk::decode(bytes).map(|message| message.encode()),
    |bytes| TurnAnswer::decode(bytes).map(|message| message.encode()),
];

fn any_message() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        values::ask().prop_map(|message| message.encode()),
        values::answer().prop_map(|message| message.encode()),
        values::report().prop_map(|message| message.encode()),
        values::turn_ask().prop_map(|message| message.encode()),
        values::turn_answer().prop_map(|message| message.encode()),
    ]
}

fn same<T: Debug>(left: &T, right: &T) -> Result<(), TestCaseError> {
    // Not all values of the model can be compared, and all can be shown whole: but for credentials, which there are none of here.
    prop_assert_eq!(format!("{left:?}"), format!("{right:?}"));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_question_for_work_comes_as_it_was_sent(ask in values::ask()) {
        prop_assert_eq!(Ask::decode(&ask.encode()), Ok(ask));
    }

    #[test]
    fn an_answer_comes_as_it_was_sent(answer in values::answer()) {
        same(&Answer::decode(&answer.encode()), &Ok(answer))?;
    }

    #[test]
    fn a_report_comes_as_it_was_sent(report in values::report()) {
        same(&Report::decode(&report.encode()), &Ok(report))?;
    }

    #[test]
    fn turns_come_as_they_were_sent(ask in values::turn_ask(), answer in values::turn_answer()) {
        prop_assert_eq!(TurnAsk::decode(&ask.encode()), Ok(ask));
        prop_assert_eq!(TurnAnswer::decode(&answer.encode()), Ok(answer));
    }

    #[test]
    fn what_was_cut_off_is_refused(message in any_message(), part in 0.0..1.0) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a length")]
        let n_bytes = (message.len() as f64 * part) as usize;
        prop_assert!(READERS.iter().all(|read| read(&message[..n_bytes]).is_err()));
    }

    #[test]
    fn no_bytes_make_it_panic(
        message in any_message(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
        bytes in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut message = message;
        for (at, byte, change) in changes {
            let at = at.index(message.len());
            match change {
                0 => message[at] = byte,
                1 => message.insert(at, byte),
                _ => drop(message.remove(at)),
            }
        }
        for message in [message, bytes] {
            for read in READERS {
                // What is taken in spite of that is written so that it is read again.
                if let Ok(written) = read(&message) {
                    prop_assert_eq!(read(&written), Ok(written));
                }
            }
        }
    }

    #[test]
    fn any_value_in_the_place_of_another_is_read_or_refused(message in any_message(), at in any::<prop::sample::Index>(), other in any_json()) {
        let mut message: Value = serde_json::from_slice(&message).unwrap();
        let mut places = Vec::new();
        note_places(&message, "", &mut places);
        *message.pointer_mut(&places[at.index(places.len())]).unwrap() = other;
        let bytes = serde_json::to_vec(&message).unwrap();
        for read in READERS {
            if let Err(error) = read(&bytes) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("direct"),
        json!("https://me:secret@paper.example/"),
        json!("9999-12-31T23:59:59.999999999-25:59"),
        json!("\u{0}\u{202e}é"),
        json!([]),
        json!([[0, 0]]),
        json!({}),
        json!({"secs": u64::MAX, "nanos": u32::MAX}),
        json!({"version": 2}),
    ])
}

fn note_places(value: &Value, path: &str, places: &mut Vec<String>) {
    places.push(path.to_owned());
    match value {
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(index, value)| note_places(value, &format!("{path}/{index}"), places));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| note_places(value, &format!("{path}/{name}"), places));
        }
        _ => {}
    }
}

#[test]
fn every_variant_of_every_value_is_tried() {
    let mut words = BTreeSet::new();
    let mut runner = TestRunner::deterministic();
    let messages = any_message();
    for _ in 0..3000 {
        let message = messages.new_tree(&mut runner).unwrap().current();
        note_words(&serde_json::from_slice(&message).unwrap(), "", &mut words);
    }
    let of = |field: &str, variants: &str| {
        for variant in variants.split(' ') {
            assert!(words.contains(&format!("{field} {variant}")), "{field} {variant}");
        }
    };
    of("message", "work refused begin extend end granted busy not-mine unknown ended");
    of("task", "poll article");
    of("outcome", "poll article dropped");
    of("purpose", "poll article robots discovery");
    of(
        "class",
        "dns tls connect header short-body coding timeout http4xx http5xx too-large redirect robots address parse",
    );
    of("class", "empty not-article other-page internal");
    of("kind", "feed sitemap page article");
    of("full_text", "auto feed page");
    of("result", "listed unchanged postponed failed article obstructed unvouched");
    of("role", "own later without-first");
    of("absence", "unknown likely certain");
    of("body_kind", "full partial teaser wall feed");
    of("precision", "day instant");
    of("origin", "site-rule json-ld meta time feed sitemap url byline text heading link file detected");
    of("text", "file failure");
    of("proxy", "direct");
}

/// Each field with the word, or the names of fields, that it has.
fn note_words(value: &Value, field: &str, words: &mut BTreeSet<String>) {
    match value {
        Value::String(word) => drop(words.insert(format!("{field} {word}"))),
        Value::Array(values) => values.iter().for_each(|value| note_words(value, field, words)),
        Value::Object(fields) => {
            for (name, value) in fields {
                words.insert(format!("{field} {name}"));
                note_words(value, name, words);
            }
        }
        _ => {}
    }
}

fn ask() -> Ask {
    Ask {
        version: VERSION,
        worker: "w-1".to_owned(),
        machine: "press, 4711".to_owned(),
        program: "0.1.0".to_owned(),
        settings: "5e77".to_owned(),
        slots: Slots { polls: 8, articles: 16 },
        room: Room::default(),
        shards: vec![(3, 17)],
        number: 7,
        heard: Some(6),
        n_in_work: 2,
        run: None,
    }
}

#[test]
fn of_another_version_both_are_told() {
    let other = Ask { version: 7, ..ask() }.encode();
    let told = WireError::Version { message: "a worker's question for work", theirs: 7, ours: VERSION };
    assert_eq!(Ask::decode(&other), Err(told.clone()));
    // One that is otherwise another message too.
    assert_eq!(Ask::decode(br#"{"words":["?"],"version":7}"#), Err(told.clone()));
    assert!(told.to_string().contains("version 7") && told.to_string().contains("reads version 1"), "{told}");

    let turn = br#"{"version":2,"message":"ended"}"#;
    assert!(matches!(TurnAnswer::decode(turn), Err(WireError::Version { theirs: 2, .. })));
    assert!(matches!(TurnAsk::decode(turn), Err(WireError::Version { theirs: 2, .. })));
    assert!(matches!(Report::decode(turn), Err(WireError::Version { theirs: 2, .. })));
    // A refusal is understood by all.
    let answer = |message: &str| Answer::decode(format!(r#"{{"version":2,"message":{message}}}"#).as_bytes());
    assert!(matches!(
        answer(r#"{"refused":{"version":2,"reason":"too old"}}"#),
        Ok(Answer::Refused { version: 2, .. })
    ));
    let work = r#"{"work":{"run":"r","lasts":{"secs":1,"nanos":0},"jobs":[],"sole":true}}"#;
    assert!(matches!(answer(work), Err(WireError::Version { theirs: 2, .. })));
}

#[test]
fn what_is_wrong_is_told_with_the_message() {
    let told = |bytes: &[u8]| Report::decode(bytes).unwrap_err().to_string();
    assert_eq!(told(b""), "a worker's report cannot be read: EOF while parsing a value at line 1 column 0");
    assert!(told(b"{\"version\":1}").contains("missing field `run`"));
    let error = Ask::decode(format!(r#"{{"version":1,"worker":{}}}"#, "[".repeat(9000)).as_bytes()).unwrap_err();
    assert!(error.to_string().len() < 500, "{error}");
    let error = TurnAnswer::decode("{\"version\":1,\"message\":\"\\u001b[2Jé\"}".as_bytes()).unwrap_err().to_string();
    assert!(error.contains("unknown variant") && !error.contains('\u{1b}'), "{error:?}");
}

#[test]
fn what_nobody_knows_is_passed_over() {
    let mut message: Value = serde_json::from_slice(&ask().encode()).unwrap();
    message["mood"] = json!({"good": [1, 2]});
    message["slots"]["tea"] = json!(3);
    assert_eq!(Ask::decode(&serde_json::to_vec(&message).unwrap()), Ok(ask()));
    assert!(message.get("run").is_none(), "absent options are left out");
}

/// A value as its form writes it, and what is read of that.
fn there_and_back<F: form::Form>(value: &F::Value) -> (String, Result<F::Value, String>) {
    let mut bytes = Vec::new();
    F::serialize(value, &mut serde_json::Serializer::new(&mut bytes)).unwrap();
    let written = String::from_utf8(bytes).unwrap();
    let read = read::<F>(&written);
    (written, read)
}

fn read<F: form::Form>(written: &str) -> Result<F::Value, String> {
    F::deserialize(&mut serde_json::Deserializer::from_str(written)).map_err(|error| error.to_string())
}

#[test]
fn secrets_are_not_sent() {
    let proxy = Proxy::parse("http://me:zq7@proxy.example:3128").unwrap();
    let (written, back) = there_and_back::<RouteForm>(&Route::Via(proxy.clone()));
    assert_eq!(written, "\"http://proxy.example:3128/\"");
    assert_eq!(back, Ok(Route::Via(proxy.without_credentials())));
    let refused = read::<RouteForm>("\"http://me:zq7@proxy.example:3128\"").unwrap_err();
    assert!(refused.contains("must be without credentials") && !refused.contains("zq7"), "{refused}");

    let url = Url::parse("https://me:zq7@paper.example/feed").unwrap();
    let source = crate::model::DueSource::untried(&Source::new("paper".to_owned(), url));
    assert!(source.has_secrets());
    let task = Task::Poll(Box::new(source));
    let job = Job { ticket: "t".to_owned(), shard: 0, epoch: 1, hosts: crate::model::HostMemory::default(), task };
    let answer = Answer::Work { run: "r".to_owned(), lasts: LAPSE_MAX, jobs: vec![job], sole: true }.encode();
    let written = String::from_utf8(answer).unwrap();
    assert!(written.contains("https://paper.example/feed") && !written.contains("zq7"), "{written}");
    let Ok(Answer::Work { jobs, .. }) = Answer::decode(written.as_bytes()) else { panic!("{written}") };
    let Task::Poll(sent) = &jobs[0].task else { panic!("{written}") };
    assert!(!sent.has_secrets());
    let refused = Answer::decode(written.replace("https://paper", "https://me:zq7@paper").as_bytes()).unwrap_err();
    assert!(refused.to_string().contains("must be without credentials") && !refused.to_string().contains("zq7"));
}

#[test]
fn credentials_for_nobody_stay_for_nobody() {
    let login = LoginName::of("daily", &Url::parse("data:,x").unwrap());
    let (written, back) = there_and_back::<LoginForm>(&login);
    assert_eq!(written, r#"{"name":"daily"}"#);
    assert!(!back.unwrap().origin.is_tuple());
    for wrong in [
        r#"{"name":"../daily","origin":"https://paper.example"}"#,
        r#"{"name":"daily","origin":"https://paper.example/feed"}"#,
        r#"{"name":"daily","origin":"https://me:zq7@paper.example"}"#,
        r#"{"name":"daily","origin":"null"}"#,
    ] {
        let refused = read::<LoginForm>(wrong).unwrap_err();
        assert!(!refused.contains("zq7"), "{refused}");
    }
}

#[test]
fn only_what_can_be_followed_is_the_address_of_an_article() {
    assert!(read::<Canonical>("\"https://paper.example/a?b=c\"").is_ok());
    for wrong in ["", "paper", "ftp://paper.example/", "https:///", "http://a b/", "data:,x", "https://a@b.example/"] {
        assert!(read::<Canonical>(&json!(wrong).to_string()).is_err(), "{wrong}");
    }
}

#[test]
fn with_what_is_read_can_be_reckoned() {
    let lapse = read::<Lapse>(&format!(r#"{{"secs":{},"nanos":999999999}}"#, u64::MAX)).unwrap_or(LAPSE_MAX);
    assert_eq!(read::<Lapse>(&format!(r#"{{"secs":{},"nanos":0}}"#, u64::MAX)), Ok(LAPSE_MAX));
    assert!(std::time::Instant::now().checked_add(lapse).is_some());
    let latest = read::<ClockTime>(&json!(Timestamp::MAX.to_string()).to_string()).unwrap();
    assert!(latest.checked_add(lapse).is_ok(), "{latest}");
    assert_eq!(latest.to_string(), "8999-12-31T23:59:59Z");
    assert_eq!(read::<ClockTime>("\"-009999-01-02T01:59:59Z\"").unwrap().as_second(), 0);
    for moment in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH] {
        assert_eq!(there_and_back::<Moment>(&moment).1, Ok(moment));
    }
}

#[test]
fn an_outcome_is_what_came_of_its_source() {
    let source = || {
        crate::model::DueSource::untried(&Source::new("paper".to_owned(), Url::parse("https://a.example/").unwrap()))
    };
    let now = Timestamp::from_second(1_700_000_000).unwrap();
    let done = PollDone {
        exchanges: Vec::new(),
        finished_at: now,
        result: PollResult::Postponed { until: now },
        healing: Some(Vec::new()),
    };
    let outcome = done.clone().with(source());
    let (its_source, again) = PollDone::of(outcome);
    assert_eq!((format!("{its_source:?}"), format!("{again:?}")), (format!("{:?}", source()), format!("{done:?}")));
}
