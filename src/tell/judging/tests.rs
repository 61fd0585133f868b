//! What watches tell as articles come in.

use jiff::SignedDuration;
use rusqlite::Connection;
use serde_json::json;

use super::*;
use crate::model::{ImportedArticle, Watch, WatchKind};
use crate::store;

/// Publisher, headline, text.
type Report = (&'static str, &'static str, &'static str);

const FIRE: [Report; 4] = [
    (
        "tidewater.example",
        "Fire destroys grain silo in Maarholt",
        "A fire destroyed the grain silo of Maarholt in the early hours of Sunday, the fire brigade said. Nobody was hurt.\n\
         Some sixty firefighters fought the flames until noon; the upper floors, built in 1911, fell in at about four.",
    ),
    (
        "northern-post.example",
        "Maarholt loses its grain silo to a night fire",
        "Neighbours stood before the ruins of Maarholt’s grain silo on Sunday. The silo of 1911 burned down overnight.\n\
         Fire chief Jorun Vass said that sixty firefighters had been at work and that the upper floors could not be saved.",
    ),
    (
        "hill-gazette.example",
        "Vass: cause of silo fire in Maarholt unclear",
        "What set Maarholt’s grain silo on fire is not known yet, the fire chief, Jorun Vass, said on Monday.\n\
         Investigators could not enter the ruins of the silo before the walls were propped up, the firefighters said.",
    ),
    (
        "copyist.example",
        "Fire destroys grain silo in Maarholt",
        "A fire destroyed the grain silo of Maarholt in the early hours of Sunday, the fire brigade said. Nobody was hurt.\n\
         Some sixty firefighters fought the flames until noon; the upper floors, built in 1911, fell in at about four.",
    ),
];

const CHESS: Report = (
    "tidewater.example",
    "Twelve-year-old wins the chess open of Osterby",
    "Ida Brekk, who is twelve, won the open chess tournament of Osterby on Saturday without losing a game.\n\
     She beat last year’s winner in the final round with the black pieces, after five hours and eighty moves.",
);

/// A database, and whoever judges.
struct Desk {
    runtime: tokio::runtime::Runtime,
    folder: tempfile::TempDir,
    config: Arc<Config>,
    store: Store,
    judge: Judge,
    reader: Reader,
    now: Timestamp,
}

impl Desk {
    fn new() -> Desk {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut config = crate::config::defaults();
        config.store.path = folder.path().join("a.db");
        let config = Arc::new(config);
        let store = Store::open(&config.store, &config.schedule).unwrap();
        let judge = Desk::judge(&store, &config);
        let reader = Reader::open(&config.store.path).unwrap();
        Desk { runtime, folder, config, store, judge, reader, now: Timestamp::now() }
    }

    fn judge(store: &Store, config: &Arc<Config>) -> Judge {
        let (_, settings) = watch::channel(Arc::clone(config));
        Judge::new(store.clone(), settings, Bells::default(), Arc::default())
    }

    fn watch(&self, name: &str, query: Option<&str>, kind: WatchKind, min_sources: u32) {
        let watch = Watch {
            name: name.to_owned(),
            query: query.map(str::to_owned),
            source_id: None,
            language: None,
            kind,
            min_sources,
            receivers: vec!["desk".to_owned()],
        };
        assert!(store::add_watch_beside(&self.config.store, &watch).unwrap());
    }

    /// Takes in a report that is so many hours old when it comes.
    fn take(&self, (publisher, title, text): Report, age_h: i64) {
        let slug = title.to_lowercase().replace([' ', ':', '’'], "-");
        let at = self.now - SignedDuration::from_hours(age_h);
        let line = json!({
            "url": format!("https://{publisher}/{slug}"), "title": title, "published": at.to_string(),
            "paragraphs": text.lines().collect::<Vec<_>>(),
        });
        let article = crate::pipeline::json_line(&line.to_string()).unwrap().article;
        let arrived_at = self.now;
        let imported = ImportedArticle { article, source: None, guid: None, arrived_at, is_address_given: true };
        self.runtime.block_on(self.store.import(imported)).unwrap().unwrap();
    }

    /// Judges all there is, and gives what was found since.
    fn told(&mut self) -> Vec<String> {
        let last = self.messages().len();
        while self.judge.judge_some(&self.reader, "db", self.runtime.handle()).unwrap() {}
        self.messages().split_off(last)
    }

    /// All messages: watch, kind and headline. The headline of a story that many tell is for others to test.
    fn messages(&self) -> Vec<String> {
        let connection = Connection::open(self.folder.path().join("a.db")).unwrap();
        let sql =
            "SELECT watches.name || ': ' || messages.kind || ' ' || iif(story_id = 1, 'fire', payload ->> '$.title')
             FROM messages JOIN watches ON watches.id = watch_id ORDER BY messages.id";
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    fn execute(&self, sql: &str) {
        Connection::open(self.folder.path().join("a.db")).unwrap().execute_batch(sql).unwrap();
    }

    fn value(&self, sql: &str) -> String {
        let connection = Connection::open(self.folder.path().join("a.db")).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

const NONE: [&str; 0] = [];

#[test]
fn a_story_is_told_once_however_many_tell_it() {
    let mut desk = Desk::new();
    desk.watch("fires", Some("silo fire"), WatchKind::StoryNew, 1);
    desk.watch("big", None, WatchKind::GrowsTo, 3);
    desk.watch("told by two", Some("firefighters"), WatchKind::StoryNew, 2);
    desk.take(FIRE[0], 1);
    desk.take(CHESS, 1);
    assert_eq!(desk.told(), ["fires: story-new fire"]);
    // A copy is no newsroom of its own.
    desk.take(FIRE[3], 0);
    assert_eq!(desk.told(), NONE);
    desk.take(FIRE[1], 0);
    assert_eq!(desk.told(), ["told by two: story-new fire"]);
    desk.take(FIRE[2], 0);
    assert_eq!(desk.value("SELECT n_sources || '' FROM stories WHERE id = 1 AND n_articles = 4"), "3");
    assert_eq!(desk.told(), ["big: grows-to fire"]);
    let payload = desk.value("SELECT payload FROM messages ORDER BY id DESC LIMIT 1");
    let payload: serde_json::Value = serde_json::from_str(&payload).unwrap();
    assert_eq!(payload["story"]["first"]["publisher"], "tidewater.example");
    assert_eq!(
        payload["story"]["articles"][0]["url"],
        "https://tidewater.example/fire-destroys-grain-silo-in-maarholt"
    );
    assert_eq!(payload["story"]["n_sources"], 3);
    assert_eq!((payload["version"].as_i64(), &payload["kind"]), (Some(1), &json!("grows-to")));
    assert_eq!(payload["key"], json!(desk.value("SELECT key FROM messages ORDER BY id DESC LIMIT 1")));
}

#[test]
fn a_watch_tells_of_what_comes_after_it() {
    let mut desk = Desk::new();
    desk.take(FIRE[0], 1);
    desk.take(FIRE[1], 1);
    desk.watch("fires", Some("silo"), WatchKind::StoryNew, 1);
    desk.watch("two", Some("silo"), WatchKind::GrowsTo, 2);
    desk.watch("three", Some("silo"), WatchKind::GrowsTo, 3);
    desk.take(FIRE[2], 0);
    desk.take(CHESS, 0);
    assert_eq!(desk.told(), ["three: grows-to fire"]);
    // One that is added while others are judged is told from there on.
    desk.watch("chess", Some("chess"), WatchKind::StoryNew, 1);
    assert_eq!(desk.told(), NONE);
    desk.take(
        (
            "northern-post.example",
            "Chess club of Velden has a new hall",
            "The club plays in the old dairy from May on, and has room for forty boards there.",
        ),
        0,
    );
    assert_eq!(desk.told(), ["chess: story-new Chess club of Velden has a new hall"]);
}

#[test]
fn what_was_old_when_it_came_in_is_no_news() {
    let mut desk = Desk::new();
    desk.watch("all", None, WatchKind::StoryNew, 1);
    desk.take(CHESS, 49);
    assert_eq!(desk.told(), NONE);
    desk.take(FIRE[0], 47);
    assert_eq!(desk.told(), ["all: story-new Fire destroys grain silo in Maarholt"]);
    // What came in while nobody judged is told for as long.
    desk.now -= SignedDuration::from_hours(72);
    desk.take(
        (
            "hill-gazette.example",
            "Ferry to Lorne runs again",
            "After two weeks in the dock the ferry to Lorne took up its service at noon on Friday, with new engines.",
        ),
        1,
    );
    assert_eq!(desk.told(), NONE);
}

#[test]
fn stories_that_are_merged_or_split_are_not_told_again() {
    let mut desk = Desk::new();
    desk.watch("all", None, WatchKind::StoryNew, 1);
    desk.take(FIRE[0], 1);
    desk.take(FIRE[1], 1);
    desk.take(CHESS, 1);
    assert_eq!(desk.told().len(), 2);
    desk.take(FIRE[2], 0);
    assert_eq!(desk.told(), NONE);
    // The one that came in last was told with the others.
    store::split_story_beside(&desk.config.store, &[4]).unwrap();
    assert_eq!(desk.told(), NONE);
    store::split_story_beside(&desk.config.store, &[2]).unwrap();
    store::merge_stories_beside(&desk.config.store, 2, &[1]).unwrap();
    assert_eq!(desk.told(), NONE);
    assert_eq!(desk.value("SELECT group_concat(story_id, ' ') FROM articles"), "2 4 2 3");
}

#[test]
fn what_is_judged_again_is_found_once_with_the_same_key() {
    let mut desk = Desk::new();
    desk.watch("all", None, WatchKind::StoryNew, 1);
    desk.watch("revised", None, WatchKind::Revised, 1);
    desk.take(FIRE[0], 1);
    assert_eq!(desk.told().len(), 1);
    let key = desk.value("SELECT key FROM messages");
    // As after a crash, or a backup that was put back before it was judged.
    desk.execute("UPDATE _watch_state SET judged_up_to = 0");
    desk.judge = Desk::judge(&desk.store, &desk.config);
    assert_eq!(desk.told(), NONE);
    desk.execute("UPDATE _watch_state SET judged_up_to = 0; DELETE FROM _told; DELETE FROM messages");
    desk.judge = Desk::judge(&desk.store, &desk.config);
    assert_eq!(desk.told().len(), 1);
    assert_eq!(desk.value("SELECT key FROM messages"), key);
}

#[test]
fn revisions_and_removals_of_what_is_watched_are_told() {
    let mut desk = Desk::new();
    desk.watch("changed", Some("\"sixty firefighters\""), WatchKind::Revised, 1);
    desk.watch("gone", Some("silo"), WatchKind::Removed, 1);
    for report in [FIRE[0], FIRE[3], CHESS] {
        desk.take(report, 1);
    }
    assert_eq!(desk.told(), NONE);
    let (publisher, title, text) = FIRE[0];
    // The words that somebody looks for are those that are taken out.
    let text: &'static str = text.replace("sixty firefighters", "ninety men and women").leak();
    desk.take((publisher, title, text), 1);
    assert_eq!(desk.told(), ["changed: revised fire"]);
    let payload: serde_json::Value = serde_json::from_str(&desk.value("SELECT payload FROM messages")).unwrap();
    assert_eq!(payload["revision"]["change"], "1 paragraph changed (+4 -2 words)", "{payload}");
    // The copy goes as well, and is none of it.
    desk.execute(
        "UPDATE articles SET removed_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now'),
             (change_seq, removed_seq) = (SELECT max(change_seq) + 1, max(change_seq) + 1 FROM articles) WHERE id = 2;
         UPDATE articles SET removed_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now'),
             (change_seq, removed_seq) = (SELECT max(change_seq) + 1, max(change_seq) + 1 FROM articles) WHERE id = 1;",
    );
    assert_eq!(desk.told(), ["gone: removed fire"]);
    // Each stands with its watch for feed readers, as those of stories do.
    assert_eq!(
        desk.value("SELECT group_concat(article_id || ' ' || watch_id, ', ' ORDER BY watch_id) FROM _told"),
        "1 1, 1 2"
    );
}

#[test]
fn a_wording_that_returns_to_an_earlier_one_is_told_too() {
    let mut desk = Desk::new();
    desk.watch("changed", None, WatchKind::Revised, 1);
    let (publisher, title, text) = FIRE[0];
    let other: &'static str = text.replace("sixty", "ninety").leak();
    desk.now -= SignedDuration::from_hours(5);
    desk.take((publisher, title, text), 1);
    assert_eq!(desk.told(), NONE);
    for n_told in 1..=4 {
        desk.now += SignedDuration::from_hours(1);
        desk.take((publisher, title, if n_told % 2 == 1 { other } else { text }), 1);
        assert_eq!(desk.told(), ["changed: revised fire"], "wording {}", n_told + 1);
    }
    let subjects = desk.value("SELECT group_concat(subject, ', ' ORDER BY id) FROM messages");
    assert_eq!(subjects, "article 1 revision 2, article 1 revision 3, article 1 revision 4, article 1 revision 5");
    assert_eq!(desk.value("SELECT count(DISTINCT key) || '' FROM messages"), "4");
}

#[test]
fn an_article_that_is_removed_a_second_time_is_told_of_again() {
    let mut desk = Desk::new();
    desk.watch("gone", None, WatchKind::Removed, 1);
    desk.take(FIRE[0], 1);
    for hours_ago in [2, 1] {
        let at = desk.now - SignedDuration::from_hours(hours_ago);
        desk.execute(&format!(
            "UPDATE articles SET removed_at = strftime('%Y-%m-%dT%H:%M:%SZ', '{at}'),
                 (change_seq, removed_seq) = (SELECT max(change_seq) + 1, max(change_seq) + 1 FROM articles)"
        ));
        assert_eq!(desk.told(), ["gone: removed fire"], "{hours_ago} hours ago");
        // As after a crash: the same removal is told once.
        desk.execute("UPDATE _watch_state SET judged_up_to = 0");
        desk.judge = Desk::judge(&desk.store, &desk.config);
        assert_eq!(desk.told(), NONE);
        desk.execute("UPDATE articles SET removed_at = NULL, removed_seq = NULL, change_seq = change_seq + 1");
        assert_eq!(desk.told(), NONE);
    }
    assert_eq!(desk.value("SELECT count(DISTINCT key) || '' FROM messages"), "2");
}

#[test]
fn a_watch_that_is_taken_away_tells_nothing_more() {
    let mut desk = Desk::new();
    desk.watch("all", None, WatchKind::StoryNew, 1);
    desk.take(CHESS, 1);
    assert_eq!(desk.told().len(), 1);
    assert!(store::remove_watch_beside(&desk.config.store, "all").unwrap());
    assert_eq!(desk.value("SELECT count(*) || ' ' || (SELECT count(*) FROM _told) FROM messages"), "0 0");
    desk.take(FIRE[0], 0);
    assert_eq!(desk.told(), NONE);
    // One of the same name is another one.
    desk.watch("all", None, WatchKind::StoryNew, 1);
    desk.take(FIRE[1], 0);
    assert_eq!(desk.told(), NONE);
}

#[test]
fn a_watch_that_is_paused_is_told_later_of_what_comes_after_it_was_resumed() {
    let mut desk = Desk::new();
    desk.watch("fires", Some("silo"), WatchKind::StoryNew, 1);
    desk.watch("three", None, WatchKind::GrowsTo, 3);
    desk.watch("two", None, WatchKind::GrowsTo, 2);
    desk.watch("chess", Some("chess"), WatchKind::StoryNew, 1);
    for name in ["fires", "two"] {
        assert_eq!(store::pause_watch_beside(&desk.config.store, name).unwrap(), Some(true));
        assert_eq!(store::pause_watch_beside(&desk.config.store, name).unwrap(), Some(false));
    }
    desk.take(FIRE[0], 1);
    desk.take(FIRE[1], 1);
    desk.take(CHESS, 1);
    assert_eq!(desk.told(), ["chess: story-new Twelve-year-old wins the chess open of Osterby"]);
    for name in ["fires", "two"] {
        assert_eq!(store::resume_watch_beside(&desk.config.store, name).unwrap(), Some(false));
        assert_eq!(store::resume_watch_beside(&desk.config.store, name).unwrap(), Some(true));
    }
    // The story came, and grew, while nobody wanted to hear of it.
    desk.take(FIRE[2], 0);
    assert_eq!(desk.told(), ["three: grows-to fire"]);
    desk.take(
        (
            "hill-gazette.example",
            "New silo for the mill of Velden",
            "The mill of Velden builds a silo for nine hundred tonnes beside the railway, and opens it in autumn.",
        ),
        0,
    );
    assert_eq!(desk.told(), ["fires: story-new New silo for the mill of Velden"]);
    assert_eq!(store::pause_watch_beside(&desk.config.store, "none").unwrap(), None);
    assert_eq!(store::resume_watch_beside(&desk.config.store, "none").unwrap(), None);
}

#[test]
fn a_story_grows_by_being_merged_also_where_its_newsrooms_had_told_of_it_before() {
    let mut desk = Desk::new();
    desk.take(FIRE[0], 1);
    desk.take(FIRE[1], 1);
    store::split_story_beside(&desk.config.store, &[2]).unwrap();
    desk.take(CHESS, 1);
    desk.watch("two", None, WatchKind::GrowsTo, 2);
    assert_eq!(desk.told(), NONE);
    // Each of both stories had one newsroom when the watch was added.
    let stories = desk.value("SELECT group_concat(DISTINCT story_id) FROM articles WHERE id <= 2");
    let [one, other] = [0, 1].map(|at| stories.split(',').nth(at).unwrap().parse().unwrap());
    store::merge_stories_beside(&desk.config.store, one, &[other]).unwrap();
    assert_eq!(desk.told().len(), 1);
    // One that had two is not told when a third comes.
    desk.watch("again", None, WatchKind::GrowsTo, 2);
    desk.take(FIRE[2], 0);
    assert_eq!(desk.told(), NONE);
}
