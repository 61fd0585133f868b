//! Whether what was found is an article, how much of it there is, and how far to trust it.
//!
//! No phrase decides alone. A wall is a page whose few words are mostly a wall's words; an article about cookies has
//! many others.

use super::body::Body;
use super::page::Page;
use super::text::{count_words, ends_like_sentence, ends_with_ellipsis, number, share};
use crate::model::{BodyKind, Quality};

/// What stands in the place of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wall {
    /// A question about cookies.
    Consent,
    /// A demand to log in or to subscribe.
    Login,
    /// A test for robots, or a refusal.
    Bot,
}

/// Why a page holds no article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoArticle {
    /// Fewer words than an article has.
    #[error("{n_words} words, fewer than {words_min}")]
    TooShort {
        /// Words found.
        n_words: usize,
        /// The setting `extract.words_min`.
        words_min: usize,
    },
    /// A page that lists articles.
    #[error("a list of links")]
    ListOfLinks,
    /// Something in its place.
    #[error("{}", match .0 {
        Wall::Consent => "a consent wall",
        Wall::Login => "a login wall",
        Wall::Bot => "a bot wall",
    })]
    Wall(Wall),
}

/// What walls say, in lower case.
const WALL_PHRASES: [(Wall, &[&str]); 3] = [
    (
        Wall::Consent,
        &[
            "cookie",
            "consent",
            "our partners",
            "personal data",
            "legitimate interest",
            "einwilligung",
            "zustimmung",
            "datenschutz",
            "personenbezogene",
            "unsere partner",
            "consentement",
            "nos partenaires",
            "données personnelles",
            "consentimiento",
            "nuestros socios",
            "consenso",
            "toestemming",
            "samtycke",
            "samtykke",
            "куки",
            "クッキー",
        ],
    ),
    (
        Wall::Login,
        &[
            "log in",
            "sign in",
            "login",
            "create an account",
            "create a free account",
            "subscribe",
            "subscription",
            "subscriber",
            "already a member",
            "register",
            "anmelden",
            "registrieren",
            "einloggen",
            "abonnent",
            "abonnieren",
            "abo ",
            "testen",
            "connectez-vous",
            "abonné",
            "identifiez-vous",
            "inicia sesión",
            "suscríbete",
            "suscriptor",
            "accedi",
            "abbonati",
            "inloggen",
            "logga in",
            "logg inn",
            "войдите",
            "подписк",
            "会員登録",
            "ログイン",
            "登录",
            "로그인",
        ],
    ),
    (
        Wall::Bot,
        &[
            "enable javascript",
            "javascript is disabled",
            "are you a robot",
            "not a robot",
            "verify you are human",
            "verifying you are human",
            "checking your browser",
            "unusual traffic",
            "unusual activity",
            "access denied",
            "access to this page has been denied",
            "captcha",
            "security check",
            "request blocked",
            "ray id",
            "bot ",
            "aktivieren sie javascript",
            "javascript aktivieren",
            "activer javascript",
            "kein roboter",
        ],
    ),
];

/// A wall is short: a longer text is an article that speaks of such things.
const WALL_WORDS_MAX: usize = 250;

/// Without any sign that the page is an article, a longer text may be a wall: terms are long.
const UNDECLARED_WALL_WORDS_MAX: usize = 1500;

/// Share of the words that must stand in lines with a wall's phrase.
const WALL_SHARE_MIN: f32 = 0.5;

/// The facts that the verdict is made from.
#[derive(Debug)]
pub(super) struct Findings<'a> {
    pub(super) page: &'a Page<'a>,
    pub(super) body: &'a Body,
    pub(super) paragraphs: &'a [String],
    pub(super) title: Option<&'a str>,
    pub(super) has_date: bool,
    /// Whether the page calls itself an article, in structured data or for social networks.
    pub(super) says_article: bool,
    /// Whether it says that it has to be paid for.
    pub(super) says_paid: bool,
    /// Words of the text in structured data.
    pub(super) structured_words: usize,
    /// Whether the paragraphs are that text.
    pub(super) is_structured: bool,
}

impl Findings<'_> {
    /// # Errors
    ///
    /// What the page is instead of an article.
    pub(super) fn check_article(&self, words_min: usize) -> Result<(), NoArticle> {
        if let Some(wall) = self.wall() {
            return Err(NoArticle::Wall(wall));
        }
        if self.is_list() {
            return Err(NoArticle::ListOfLinks);
        }
        let n_words = self.n_words();
        if n_words < words_min { Err(NoArticle::TooShort { n_words, words_min }) } else { Ok(()) }
    }

    fn n_words(&self) -> usize {
        self.paragraphs.iter().map(|paragraph| count_words(paragraph)).sum()
    }

    /// Looks at what was found, and where that is next to nothing at all that the page says.
    fn wall(&self) -> Option<Wall> {
        let declares = self.says_article && self.has_date;
        let words_max = if declares { WALL_WORDS_MAX } else { UNDECLARED_WALL_WORDS_MAX };
        let found: Vec<&str> = self.paragraphs.iter().map(String::as_str).collect();
        let everything: Vec<&str> = self.page.lines.iter().map(|line| line.text.as_str()).collect();
        let texts = if found.is_empty() { &everything } else { &found };
        let n_words: usize = texts.iter().map(|text| count_words(text)).sum();
        if n_words == 0 || n_words > words_max {
            return None;
        }
        let lower: Vec<(String, usize)> = texts.iter().map(|text| (text.to_lowercase(), count_words(text))).collect();
        let title = self.title.unwrap_or_default().to_lowercase();
        WALL_PHRASES.into_iter().find_map(|(wall, phrases)| {
            let holds = |text: &str| phrases.iter().any(|phrase| text.contains(phrase));
            let n_said: usize = lower.iter().filter(|(text, _)| holds(text)).map(|(_, n_words)| n_words).sum();
            // Longer texts need more lines that say so, not one.
            let n_lines = lower.iter().filter(|(text, _)| holds(text)).count();
            let is_wall = share(n_said, n_words) >= WALL_SHARE_MIN && (n_lines > 1 || n_words < 60);
            // The title of an article about cookies says so too, and then the text is no wall.
            (is_wall && !(declares && holds(&title))).then_some(wall)
        })
    }

    /// A page of teasers: most of its text lines follow a linked headline.
    fn is_list(&self) -> bool {
        const LINES_MIN: usize = 4;
        const TEASER_SHARE_MIN: f32 = 0.6;
        if self.says_article || self.is_structured || self.body.lines.len() < LINES_MIN {
            return false;
        }
        let is_linked_headline = |line: usize| {
            let line = &self.page.lines[line];
            line.link_bytes * 10 > line.text.len() * 9 && count_words(&line.text) >= 4
        };
        let n_teasers =
            self.body.lines.iter().filter(|line| (line.saturating_sub(2)..=**line).any(is_linked_headline)).count();
        share(n_teasers, self.body.lines.len()) >= TEASER_SHARE_MIN
    }

    /// How much of the article was found, and how far to trust it.
    pub(super) fn judge(&self) -> (BodyKind, Quality) {
        const SHORT_WORDS: usize = 80;
        const TEASER_WORDS_MAX: usize = 160;
        /// Share of the structured text below which the body is called short against it.
        const STRUCTURED_SHARE_MIN: f32 = 0.7;
        let n_words = self.n_words();
        let mut score = 100_u8;
        let mut reasons: Vec<&'static str> = Vec::new();
        let mut count_against = |holds: bool, cost: u8, reason: &'static str| {
            if holds {
                score = score.saturating_sub(cost);
                reasons.push(reason);
            }
            holds
        };
        let last = self.paragraphs.last().map_or("", String::as_str);
        let is_short = count_against(n_words < SHORT_WORDS, 25, "short");
        let links = self.body.lines.iter().map(|line| self.page.lines[*line].link_bytes).sum();
        let all = self.body.lines.iter().map(|line| self.page.lines[*line].text.len()).sum();
        count_against(share(links, all) > 0.3 && !self.is_structured, 25, "link-heavy");
        let falls_short = count_against(
            number(n_words) < number(self.structured_words) * STRUCTURED_SHARE_MIN,
            20,
            "short-against-json-ld",
        );
        let breaks_off = ends_with_ellipsis(last);
        count_against(breaks_off || !ends_like_sentence(last) && count_words(last) > 12, 10, "ends-mid-sentence");
        let asks = count_against(self.asks_to_subscribe(), 10, "subscribe-text");
        count_against(self.is_structured, 5, "from-json-ld");
        count_against(self.title.is_none(), 15, "no-title");
        count_against(!self.has_date, 5, "no-date");
        count_against(self.body.confidence < 0.8 && !self.is_structured, 15, "unsure");
        let is_cut = breaks_off || falls_short || (self.says_paid && asks) || (is_short && asks);
        let body_kind = match is_cut {
            true if n_words < TEASER_WORDS_MAX => BodyKind::Teaser,
            true => BodyKind::Partial,
            false => BodyKind::Full,
        };
        (body_kind, Quality { score, reasons })
    }

    /// Whether a demand to subscribe stands right behind the text.
    fn asks_to_subscribe(&self) -> bool {
        const LINES_AFTER: usize = 6;
        let Some(last) = self.body.lines.last() else {
            return false;
        };
        let [_, (_, phrases), _] = WALL_PHRASES;
        self.page.lines.iter().skip(last + 1).take(LINES_AFTER).any(|line| {
            let lower = line.text.to_lowercase();
            !lower.contains("newsletter") && phrases.iter().any(|phrase| lower.contains(phrase))
        })
    }
}
