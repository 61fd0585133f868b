//! A day of a dozen papers, played back in the time of a test to a daemon that is killed all the while.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use newswire::demo::web::{NewsWeb, Resource, Site};

use crate::crash::{lives_ms, n_kills};
use crate::harness::{Newsroom, wait_until, web_of};

const N_PAPERS: usize = 12;

/// Articles that a paper publishes within the day, and how many of them its feed lists.
const N_ARTICLES: usize = 40;
const N_LISTED: usize = 20;

/// How often an article is corrected at most.
const N_CORRECTIONS_MAX: usize = 2;

const DAY_S: i64 = 86_400;

/// Steps in which the day goes on within a life of the daemon.
const STEPS_OF_A_LIFE: u32 = 4;

/// Every fourth life is so much longer: long enough for a correction to be seen before the next one.
const LONG_LIFE: Duration = Duration::from_secs(1);

/// A page takes so long, so that kills come while some are under way.
const PAGE_DELAY: Duration = Duration::from_millis(40);

const FEED: &str = "/feed.xml";

/// Words of the invented texts.
const WORDS: &str = "a about after again against agreed all and another as asked at autumn because before boats bridge but by called \
    captain children city close council county cost day decided district doctor early east evening every families farm few \
    ferry fire for found from garden government had harbour has have he heard her hill his hospital hours house in is \
    island it its judge known land last late leave letter library long market mayor meeting money month morning museum \
    near new night no north not of officer old on one opened or other over owner paid people plan police port price \
    promised rain report river road said school sea season she ships since small some south spring station still storm \
    street summer team than that the their there they this to told town train under until valley village voted was water \
    week were west when which while who will winter with without women workers would year young";

/// The same numbers every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("a number of 31 bits") % end
    }

    fn sentence(&mut self) -> String {
        let all: Vec<&str> = WORDS.split(' ').collect();
        let n_words = 8 + self.below(12);
        let words: Vec<&str> = (0..n_words).map(|_| all[self.below(all.len())]).collect();
        let text = words.join(" ");
        format!("{}{}.", text[..1].to_uppercase(), &text[1..])
    }
}

/// An article, and what its page says at a time of the day.
struct Story {
    paper: usize,
    path: String,
    title: String,
    text: String,
    published_s: i64,
    revised_s: Vec<i64>,
    /// How often it was revised by now; absent before it is published.
    wording: Option<usize>,
}

/// What tells a wording from the one before. The first has none.
fn correction(wording: usize) -> String {
    let sentence = Dice(u64::try_from(wording).expect("a small number") << 40).sentence();
    format!("Correction number {wording}: what was written here at first was wrong. {sentence}")
}

/// By its corrections, which wording a text is.
fn wording_of(body: &str) -> usize {
    (1..=N_CORRECTIONS_MAX).take_while(|wording| body.contains(&correction(*wording))).count()
}

/// All that is published within the day: more by day than by night, every third article corrected some hours later, and every ninth
/// twice.
fn stories() -> Vec<Story> {
    let mut stories = Vec::new();
    for paper in 0..N_PAPERS {
        for number in 0..N_ARTICLES {
            let mut dice = Dice(u64::try_from(paper * 1000 + number).expect("a small number") << 20);
            let second = |dice: &mut Dice, end: i64| {
                i64::try_from(dice.below(usize::try_from(end).expect("not negative"))).expect("a second")
            };
            // Of two times of the day that which is nearer to noon.
            let times = [second(&mut dice, DAY_S), second(&mut dice, DAY_S)];
            let published_s = times.into_iter().min_by_key(|time| (time - DAY_S / 2).abs()).expect("two times");
            let n_revisions = usize::from(number % 3 == 0) + usize::from(number % 9 == 0);
            let mut revised_s: Vec<i64> =
                (0..n_revisions).map(|_| published_s + 3600 + second(&mut dice, 5 * 3600)).collect();
            revised_s.sort_unstable();
            let mut title = dice.sentence();
            title.truncate(title.len() - 1);
            let text = (0..6).fold(String::new(), |mut text, _| {
                let sentences: Vec<String> = (0..4).map(|_| dice.sentence()).collect();
                let _ = writeln!(text, "<p>{}</p>", sentences.join(" "));
                text
            });
            let path = format!("/2026/{paper}-{number}.html");
            stories.push(Story { paper, path, title, text, published_s, revised_s, wording: None });
        }
    }
    stories
}

/// The feed of a paper as it stood for a while: from which request on, until which, and which wordings it knew of.
struct Listing {
    from: usize,
    until: usize,
    wordings: BTreeMap<usize, usize>,
}

/// The papers at a time of the day.
struct Playback {
    web: NewsWeb,
    midnight: Timestamp,
    stories: Vec<Story>,
    /// What is still to come: when, and to which story it happens. The latest comes first.
    to_come: Vec<(i64, usize)>,
    /// For each paper, all that its feed was.
    listings: Vec<Vec<Listing>>,
}

fn host(paper: usize) -> String {
    format!("paper-{paper}.example")
}

impl Playback {
    /// Before anything is published.
    fn new() -> Playback {
        let stories = stories();
        let mut to_come: Vec<(i64, usize)> = Vec::new();
        for (index, story) in stories.iter().enumerate() {
            to_come.extend(story.revised_s.iter().chain([&story.published_s]).map(|second| (*second, index)));
        }
        to_come.retain(|(second, _)| *second < DAY_S);
        to_come.sort_unstable_by(|one, other| other.cmp(one));
        let web = web_of((0..N_PAPERS).map(|paper| Site::new(&host(paper))).collect());
        let midnight = Timestamp::now() - SignedDuration::from_secs(DAY_S);
        let mut playback = Playback { web, midnight, stories, to_come, listings: Vec::new() };
        for paper in 0..N_PAPERS {
            playback.listings.push(Vec::new());
            playback.list(paper, 0);
        }
        playback
    }

    fn url(&self, story: usize) -> String {
        format!("http://{}{}", host(self.stories[story].paper), self.stories[story].path)
    }

    fn time(&self, second: i64) -> Timestamp {
        self.midnight + SignedDuration::from_secs(second)
    }

    /// Lets happen what happens until a second of the day.
    fn go_on_until(&mut self, second: i64) {
        while let Some((happens_s, index)) = self.to_come.pop_if(|(happens_s, _)| *happens_s < second) {
            let story = &mut self.stories[index];
            story.wording = Some(story.wording.map_or(0, |wording| wording + 1));
            let paper = story.paper;
            self.show(index);
            self.list(paper, happens_s);
        }
    }

    /// Puts the page of a story where it stands.
    fn show(&self, index: usize) {
        let Story { paper, path, title, text, published_s, wording, .. } = &self.stories[index];
        let corrections = (1..=wording.unwrap_or(0))
            .fold(String::new(), |text, wording| text + &format!("<p>{}</p>\n", correction(wording)));
        let page = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
             <meta property=\"article:published_time\" content=\"{}\"></head><body><article><h1>{title}</h1>\n{text}{corrections}</article>\
             </body></html>\n",
            self.time(*published_s)
        );
        assert!(self.web.put(&host(*paper), path, Resource::html(page).delay(PAGE_DELAY)));
    }

    /// Puts the feed of a paper where it stands, with its newest articles.
    fn list(&mut self, paper: usize, second: i64) {
        let mut listed: Vec<usize> = (0..self.stories.len())
            .filter(|index| self.stories[*index].paper == paper && self.stories[*index].wording.is_some())
            .collect();
        listed.sort_by_key(|index| -self.stories[*index].published_s);
        listed.truncate(N_LISTED);
        let mut feed = format!(
            "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Paper {paper}</title><id>tag:{},2026:feed</id>\
             <updated>{}</updated>\n",
            host(paper),
            self.time(second)
        );
        let mut wordings = BTreeMap::new();
        for index in listed {
            let Story { path, title, published_s, revised_s, wording, .. } = &self.stories[index];
            let wording = wording.unwrap_or(0);
            let updated_s = if wording == 0 { *published_s } else { revised_s[wording - 1] };
            let [published, updated] = [*published_s, updated_s].map(|second| self.time(second));
            let url = self.url(index);
            let _ = writeln!(
                feed,
                "<entry><id>tag:{},2026:{path}</id><title>{title}</title><link href=\"{url}\"/>\
                 <published>{published}</published><updated>{updated}</updated></entry>",
                host(paper)
            );
            wordings.insert(index, wording);
        }
        feed.push_str("</feed>\n");
        let n_requests = |web: &NewsWeb| web.stats(&host(paper)).requests.len();
        // A request that comes meanwhile may be answered by either.
        if let Some(before) = self.listings[paper].last_mut() {
            before.until = n_requests(&self.web);
        }
        assert!(self.web.put(&host(paper), FEED, Resource::new("application/atom+xml", feed)));
        let from = n_requests(&self.web);
        self.listings[paper].push(Listing { from, until: usize::MAX, wordings });
    }

    /// Which wordings the daemon must have: of what its papers' feeds list now, and of what they listed when it was told that they were as
    /// they had been. Whoever asks so has stored what they list.
    fn wordings_due(&self) -> BTreeMap<usize, usize> {
        let mut due: BTreeMap<usize, usize> = BTreeMap::new();
        for (paper, listings) in self.listings.iter().enumerate() {
            let requests = self.web.stats(&host(paper)).requests;
            let asked_again: BTreeSet<usize> = requests
                .iter()
                .enumerate()
                .filter(|(_, request)| request.path == FEED && request.status == Some(304))
                .map(|(position, _)| position)
                .collect();
            for Listing { from, until, wordings } in listings {
                if *until == usize::MAX || asked_again.range(from..until).next().is_some() {
                    for (story, wording) in wordings {
                        let known = due.entry(*story).or_default();
                        *known = (*known).max(*wording);
                    }
                }
            }
        }
        due
    }
}

/// What is stored: for each address the wordings, the earliest first.
fn stored_wordings(room: &Newsroom) -> BTreeMap<String, Vec<usize>> {
    let sql = "SELECT url, body FROM (
                   SELECT url, articles.id, revisions.revision AS number, revisions.body AS body FROM revisions JOIN articles ON articles.id = article_id
                   UNION ALL SELECT url, id, 1000000, body FROM articles)
               ORDER BY id, number";
    let mut stored: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for row in room.try_table(sql).unwrap_or_default() {
        stored.entry(row[0].clone()).or_default().push(wording_of(&row[1]));
    }
    stored
}

#[test]
fn a_day_is_read_by_a_daemon_that_is_killed_all_the_while_and_nothing_is_lost_or_doubled() {
    let n_kills = n_kills();
    let mut playback = Playback::new();
    let mut room = Newsroom::reading(&playback.web);
    room.hurry();
    // What is in work alone at each of several kills is not to be blamed for them.
    room.set(&[("schedule.article_attempts_max", "100"), ("schedule.look_again_after_s", "[2, 12, 60]")]);
    for paper in 0..N_PAPERS {
        room.follow(&format!("paper-{paper}"), &format!("http://{}{FEED}", host(paper)), Some("feed"));
    }

    let (mut known_links, mut n_revisions, mut n_in_work) = (BTreeSet::new(), 0, 0);
    let second_after = |step: usize| {
        let n_steps = n_kills * usize::try_from(STEPS_OF_A_LIFE).expect("a small number");
        DAY_S * i64::try_from(step).expect("a number of steps") / i64::try_from(n_steps).expect("a number of steps")
    };
    let mut n_steps_done = 0;
    for (number, life_ms) in lives_ms().enumerate() {
        let mut daemon = room.start();
        let life = Duration::from_millis(life_ms) + if number % 4 == 3 { LONG_LIFE } else { Duration::ZERO };
        for _ in 0..STEPS_OF_A_LIFE {
            std::thread::sleep(life / STEPS_OF_A_LIFE);
            n_steps_done += 1;
            playback.go_on_until(second_after(n_steps_done));
        }
        assert!(!daemon.has_ended(), "{}", daemon.log());
        daemon.kill();
        let Ok(links) = room.try_table("SELECT url FROM _links") else { continue };
        assert_eq!(room.value("PRAGMA quick_check"), "ok");
        let links: BTreeSet<String> = links.into_iter().flatten().collect();
        let lost: Vec<&String> = known_links.difference(&links).collect();
        assert!(lost.is_empty(), "links are lost: {lost:?}");
        known_links = links;
        let n_revisions_now = room.number("SELECT count(*) FROM revisions");
        assert!(n_revisions_now >= n_revisions, "earlier wordings are lost");
        n_revisions = n_revisions_now;
        n_in_work += room.number("SELECT count(*) FROM _links WHERE claim_id IS NOT NULL");
    }
    assert!(playback.to_come.is_empty());

    // It is left in peace until it has all that it must have.
    let daemon = room.start();
    daemon.wait_to_say("started");
    let is_missing = |playback: &Playback| -> Vec<String> {
        let stored = stored_wordings(&room);
        let lacks = |(story, wording): (usize, usize)| {
            let url = playback.url(story);
            let has = stored.get(&url).and_then(|wordings| wordings.last().copied());
            (has < Some(wording)).then(|| format!("{url}: wording {has:?} of {wording}"))
        };
        playback.wordings_due().into_iter().filter_map(lacks).collect()
    };
    let all_are_asked_again =
        |playback: &Playback| (0..N_PAPERS).all(|paper| playback.web.stats(&host(paper)).n_not_modified() > 0);
    let n_due = "SELECT count(*) FROM _links WHERE due_at IS NOT NULL";
    let is_done = wait_until(Duration::from_mins(2), || {
        std::thread::sleep(Duration::from_millis(200));
        all_are_asked_again(&playback) && room.value(n_due) == "0" && is_missing(&playback).is_empty()
    });
    assert!(is_done, "missing: {:#?}", is_missing(&playback));
    let outcome = daemon.stop().exits(0);
    assert!(!outcome.stderr.contains("ERROR"), "{}", outcome.stderr);

    let stored = stored_wordings(&room);
    let published: BTreeSet<String> = (0..playback.stories.len()).map(|story| playback.url(story)).collect();
    assert!(stored.keys().all(|url| published.contains(url)), "something else came in");
    assert!(known_links.iter().all(|url| stored.contains_key(url)), "a link is lost");
    for (url, wordings) in &stored {
        assert!(wordings.is_sorted_by(|one, next| one < next), "a wording of {url} is doubled: {wordings:?}");
    }
    let n_stored = i64::try_from(stored.len()).expect("a number of articles");
    assert_eq!(room.number("SELECT count(*) FROM articles"), n_stored);
    assert_eq!(room.number("SELECT count(*) FROM sightings"), n_stored);
    assert_eq!(room.number("SELECT count(*) FROM _pending_sightings"), 0);
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE duplicate_kind = 'exact'"), 0);
    room.assert_sound();
    room.run(&["doctor"]).exits(0);

    // A page is fetched twice in the same wording only if it was in work at a kill.
    let stats: Vec<_> = (0..N_PAPERS).map(|paper| playback.web.stats(&host(paper))).collect();
    let mut n_repeated = 0;
    for (index, story) in playback.stories.iter().enumerate() {
        let is_page = |request: &&newswire::demo::web::LoggedRequest| request.path == story.path;
        let n_whole = stats[story.paper].requests.iter().filter(is_page).filter(|it| it.status == Some(200)).count();
        n_repeated += n_whole.saturating_sub(stored.get(&playback.url(index)).map_or(0, Vec::len));
    }
    let n_made: usize = playback.stories.iter().filter_map(|story| story.wording).sum();
    let n_kept: usize = stored.values().map(|wordings| wordings.len() - 1).sum();
    eprintln!(
        "{n_kills} kills over a day, {} of {} articles, the others not listed long enough to be seen; {n_kept} of {n_made} corrections; feeds \
         answered {} times in full and {} times not; {n_repeated} pages fetched again, {n_in_work} in work at the kills",
        stored.len(),
        published.len(),
        stats.iter().flat_map(|it| &it.requests).filter(|it| it.path == FEED && it.status == Some(200)).count(),
        stats.iter().flat_map(|it| &it.requests).filter(|it| it.path == FEED && it.status == Some(304)).count(),
    );
    assert!(i64::try_from(n_repeated).expect("a number of pages") <= n_in_work, "{n_repeated} of {n_in_work}");
}
