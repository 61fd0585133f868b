//! What the notices in an article's place speak of. No two sites word them alike, but all of them name the same things
//! close together: cookies, partners and devices; a page, and that it is gone; a password and an account.
//!
//! A topic is told by stems of its words (`topic_words`). One alone says nothing, and all together say nothing where
//! nobody is spoken to: reports about such things name them too.

use std::sync::LazyLock;

use super::super::phrase_index::PhraseIndex;
use super::no_article::Wall;
use super::topic_words;

#[derive(Clone, Copy, Debug)]
enum Topic {
    /// The visitor, who is told or asked something.
    Visitor,
    Cookie,
    PersonalData,
    Consent,
    Partner,
    Device,
    Advertising,
    Privacy,
    Page,
    Gone,
    WayBack,
    Password,
    Account,
    Robot,
    Confirm,
    Script,
    Enable,
    Browser,
    Outdated,
    BrowserName,
}

/// The topics of some text.
#[derive(Clone, Copy, Debug, Default)]
struct Topics {
    /// A bit for each.
    topics: u32,
    /// A bit for each browser that is named.
    browsers: u32,
}

/// What questions about cookies speak of.
const OF_CONSENT: [Topic; 7] = [
    Topic::Cookie,
    Topic::PersonalData,
    Topic::Consent,
    Topic::Partner,
    Topic::Device,
    Topic::Advertising,
    Topic::Privacy,
];

/// How many of them such a question speaks of: fewer where cookies are among them; and each line that is part of it.
const OF_CONSENT_MIN: usize = 4;
const WITH_COOKIES_MIN: usize = 3;
const IN_LINE_MIN: usize = 2;

/// Browsers named in one line from which it tells which to use.
const BROWSERS_MIN: u32 = 2;

static TOPICS: LazyLock<PhraseIndex<Topic>> = LazyLock::new(|| {
    PhraseIndex::of(&[
        (Topic::Visitor, topic_words::VISITOR),
        (Topic::Cookie, topic_words::COOKIE),
        (Topic::PersonalData, topic_words::PERSONAL_DATA),
        (Topic::Consent, topic_words::CONSENT),
        (Topic::Partner, topic_words::PARTNER),
        (Topic::Device, topic_words::DEVICE),
        (Topic::Advertising, topic_words::ADVERTISING),
        (Topic::Privacy, topic_words::PRIVACY),
        (Topic::Page, topic_words::PAGE),
        (Topic::Gone, topic_words::GONE),
        (Topic::WayBack, topic_words::WAY_BACK),
        (Topic::Password, topic_words::PASSWORD),
        (Topic::Account, topic_words::ACCOUNT),
        (Topic::Robot, topic_words::ROBOT),
        (Topic::Confirm, topic_words::CONFIRM),
        (Topic::Script, topic_words::SCRIPT),
        (Topic::Enable, topic_words::ENABLE),
        (Topic::Browser, topic_words::BROWSER),
        (Topic::Outdated, topic_words::OUTDATED),
        (Topic::BrowserName, topic_words::BROWSER_NAMES),
    ])
});

/// What each line of a text speaks of.
pub(super) struct TextTopics {
    lines: Vec<Topics>,
    all: Topics,
}

impl TextTopics {
    /// The topics of lines in lower case.
    pub(super) fn of<'t>(lines: impl Iterator<Item = &'t str>) -> TextTopics {
        let lines: Vec<Topics> = lines.map(Topics::of).collect();
        let all = lines.iter().fold(Topics::default(), |all, line| all.and(*line));
        TextTopics { lines, all }
    }

    /// For each line whether it is part of such a wall by what it and the others speak of.
    pub(super) fn parts_of(&self, wall: Wall) -> Vec<bool> {
        let TextTopics { lines, all } = self;
        if !all.has(Topic::Visitor) {
            return vec![false; lines.len()];
        }
        match wall {
            Wall::Consent => {
                let n_min = if all.has(Topic::Cookie) { WITH_COOKIES_MIN } else { OF_CONSENT_MIN };
                let is_asked = all.n_of_consent() >= n_min;
                lines.iter().map(|l| is_asked && (l.has(Topic::Cookie) || l.n_of_consent() >= IN_LINE_MIN)).collect()
            }
            Wall::Login => lines.iter().map(|line| line.has(Topic::Password) && line.has(Topic::Account)).collect(),
            Wall::Bot => lines.iter().map(|line| line.tests_visitors()).collect(),
            Wall::Unavailable => {
                let is_gone = |line: &Topics| line.has(Topic::Page) && line.has(Topic::Gone);
                let tells = lines.iter().any(is_gone);
                lines.iter().map(|line| is_gone(line) || tells && line.has(Topic::WayBack)).collect()
            }
        }
    }
}

impl Topics {
    fn of(lower: &str) -> Topics {
        let mut found = Topics::default();
        TOPICS.find_in(lower, |topic, phrase| {
            found.topics |= 1 << topic as u32;
            if let Some(browser) = topic_words::BROWSER_NAMES.iter().position(|name| *name == phrase) {
                found.browsers |= 1 << browser;
            }
        });
        found
    }

    fn and(self, other: Topics) -> Topics {
        Topics { topics: self.topics | other.topics, browsers: self.browsers | other.browsers }
    }

    fn has(self, topic: Topic) -> bool {
        self.topics & 1 << topic as u32 != 0
    }

    fn n_of_consent(self) -> usize {
        OF_CONSENT.iter().filter(|topic| self.has(**topic)).count()
    }

    fn tests_visitors(self) -> bool {
        self.has(Topic::Robot) && self.has(Topic::Confirm)
            || self.has(Topic::Script) && (self.has(Topic::Enable) || self.has(Topic::Browser))
            || self.has(Topic::Browser) && self.has(Topic::Outdated)
            || self.browsers.count_ones() >= BROWSERS_MIN
    }
}
