//! Whether what was found is an article, how much of it there is, and how far to trust it.
//!
//! No phrase decides alone. A wall is a page whose few words are mostly a wall's words; an article about cookies has
//! many others.

use super::body::Body;
use super::no_article::{NoArticle, Wall};
use super::page::Page;
use super::text::{count_words, ends_like_sentence, ends_with_ellipsis, number, share};
use crate::model::{BodyKind, Quality};

/// What walls say, in lower case. They address the reader, which an article about such things seldom does.
const WALL_PHRASES: [(Wall, &[&str]); 3] =
    [(Wall::Consent, CONSENT_PHRASES), (Wall::Login, LOGIN_PHRASES), (Wall::Bot, BOT_PHRASES)];

const CONSENT_PHRASES: &[&str] = &[
    "use cookies",
    "use of cookies",
    "uses cookies",
    "accept all",
    "accept cookies",
    "cookie settings",
    "cookie policy",
    "cookie preferences",
    "our partners",
    "your consent",
    "withdraw consent",
    "legitimate interest",
    "your privacy",
    "verwenden cookies",
    "nutzen cookies",
    "cookies akzeptieren",
    "alle akzeptieren",
    "ihre einwilligung",
    "ihrer einwilligung",
    "ihre zustimmung",
    "ihrer zustimmung",
    "unsere partner",
    "unseren partnern",
    "cookie-einstellungen",
    "utilisons des cookies",
    "nos partenaires",
    "tout accepter",
    "votre consentement",
    "utilizamos cookies",
    "usamos cookies",
    "nuestros socios",
    "aceptar todo",
    "su consentimiento",
    "utilizziamo i cookie",
    "nostri partner",
    "il tuo consenso",
    "gebruiken cookies",
    "onze partners",
    "uw toestemming",
    "använder cookies",
    "bruker cookies",
    "bruger cookies",
    "używamy plików cookie",
    "используем файлы cookie",
    "cookieを使用",
    "クッキーを使用",
    "使用cookie",
    "쿠키를 사용",
];

const LOGIN_PHRASES: &[&str] = &[
    "log in to",
    "sign in to",
    "login to",
    "please log in",
    "please sign in",
    "create an account",
    "create a free account",
    "create your free account",
    "to continue reading",
    "subscribe to",
    "subscribe now",
    "already a subscriber",
    "already have an account",
    "already a member",
    "for subscribers",
    "subscribers only",
    "unlimited access",
    "melden sie sich an",
    "jetzt anmelden",
    "jetzt registrieren",
    "bereits abonnent",
    "jetzt abonnieren",
    "um weiterzulesen",
    "mit abo",
    "nur für abonnenten",
    "jetzt testen",
    "kostenlos testen",
    "monatlich kündbar",
    "jetzt weiterlesen",
    "connectez-vous",
    "déjà abonné",
    "réservé aux abonnés",
    "identifiez-vous",
    "abonnez-vous",
    "inicia sesión",
    "suscríbete",
    "exclusivo para suscriptores",
    "ya eres suscriptor",
    "accedi per",
    "abbonati",
    "sei già abbonato",
    "log in om",
    "inloggen om",
    "al abonnee",
    "logga in för",
    "bli prenumerant",
    "logg inn for",
    "bli abonnent",
    "войдите, чтобы",
    "для подписчиков",
    "оформите подписку",
    "会員限定",
    "ログインして",
    "有料会員",
    "登录后",
    "로그인 후",
];

const BOT_PHRASES: &[&str] = &[
    "enable javascript",
    "javascript is disabled",
    "a robot",
    "you are human",
    "you are a human",
    "checking your browser",
    "unusual traffic",
    "unusual activity",
    "access denied",
    "access to this page",
    "captcha",
    "security check",
    "request blocked",
    "have been blocked",
    "has been blocked",
    "cloudflare ray id",
    "aktivieren sie javascript",
    "javascript aktivieren",
    "activer javascript",
    "kein roboter",
    "habilita javascript",
    "включите javascript",
];

/// A wall is short: a longer text is an article that speaks of such things.
const WALL_WORDS_MAX: usize = 250;

/// Without any sign that the page is an article, a longer text may be a wall: terms are long.
const UNDECLARED_WALL_WORDS_MAX: usize = 1500;

/// Share of the words that must stand in lines with a wall's phrase; more where the page says that it is an article.
const WALL_SHARE_MIN: f32 = 0.5;
const DECLARED_WALL_SHARE_MIN: f32 = 0.75;

/// What titles of articles about such things say.
const WALL_SUBJECTS: [&str; 14] = [
    "cookie",
    "consent",
    "privacy",
    "datenschutz",
    "tracking",
    "subscri",
    "abo",
    "login",
    "account",
    "paywall",
    "robot",
    "captcha",
    "javascript",
    "クッキー",
];

/// Linked headlines that make a page without a text of its own a list.
const LISTED_HEADLINES_MIN: usize = 5;

/// The facts that the verdict is made from.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each read once")]
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
        if n_words >= words_min {
            return Ok(());
        }
        let n_headlines = (0..self.page.lines.len()).filter(|line| self.is_linked_headline(*line)).count();
        if n_headlines >= LISTED_HEADLINES_MIN && !self.says_article {
            return Err(NoArticle::ListOfLinks);
        }
        Err(NoArticle::TooShort { n_words, words_min })
    }

    /// A line of some words that is all link.
    fn is_linked_headline(&self, line: usize) -> bool {
        const HEADLINE_WORDS_MIN: usize = 4;
        let line = &self.page.lines[line];
        line.link_bytes * 10 > line.text.len() * 9 && count_words(&line.text) >= HEADLINE_WORDS_MIN
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
        // An article about cookies says so in its title.
        let is_subject = declares && WALL_SUBJECTS.iter().any(|subject| title.contains(subject));
        let share_min = if declares { DECLARED_WALL_SHARE_MIN } else { WALL_SHARE_MIN };
        WALL_PHRASES.into_iter().find_map(|(wall, phrases)| {
            let holds = |text: &str| phrases.iter().any(|phrase| text.contains(phrase));
            let n_said: usize = lower.iter().filter(|(text, _)| holds(text)).map(|(_, n_words)| n_words).sum();
            // Longer texts need more lines that say so, not one.
            let n_lines = lower.iter().filter(|(text, _)| holds(text)).count();
            let is_wall = share(n_said, n_words) >= share_min && (n_lines > 1 || n_words < 60);
            (is_wall && !is_subject).then_some(wall)
        })
    }

    /// A page of teasers: most of its text lines follow a linked headline.
    fn is_list(&self) -> bool {
        const LINES_MIN: usize = 4;
        const TEASER_SHARE_MIN: f32 = 0.6;
        if self.says_article || self.is_structured || self.body.lines.len() < LINES_MIN {
            return false;
        }
        let n_teasers = self
            .body
            .lines
            .iter()
            .filter(|line| (line.saturating_sub(2)..=**line).any(|line| self.is_linked_headline(line)))
            .count();
        share(n_teasers, self.body.lines.len()) >= TEASER_SHARE_MIN
    }

    /// How much of the article was found, and how far to trust it: the score is the F1 to be expected of the lines that
    /// were chosen, in percent, less what each reason costs.
    pub(super) fn judge(&self) -> (BodyKind, Quality) {
        const SHORT_WORDS: usize = 80;
        const STRUCTURED_CERTAINTY: f32 = 0.95;
        /// Expected F1 below which the reader is warned.
        const SURE_CERTAINTY: f32 = 0.9;
        const TEASER_WORDS_MAX: usize = 160;
        /// Share of the structured text below which the body is called short against it.
        const STRUCTURED_SHARE_MIN: f32 = 0.7;
        let n_words = self.n_words();
        // Structured text is the publisher's own, though it may be an excerpt.
        let certainty = if self.is_structured { STRUCTURED_CERTAINTY } else { self.body.certainty };
        let mut score = percent(certainty);
        let mut reasons: Vec<&'static str> = Vec::new();
        let mut count_against = |holds: bool, cost: u8, reason: &'static str| {
            if holds {
                score = score.saturating_sub(cost);
                reasons.push(reason);
            }
            holds
        };
        let last = self.paragraphs.last().map_or("", String::as_str);
        let is_short = count_against(n_words < SHORT_WORDS, 10, "short");
        let links = self.body.lines.iter().map(|line| self.page.lines[*line].link_bytes).sum();
        let all = self.body.lines.iter().map(|line| self.page.lines[*line].text.len()).sum();
        count_against(share(links, all) > 0.3 && !self.is_structured, 15, "link-heavy");
        let falls_short = count_against(
            number(n_words) < number(self.structured_words) * STRUCTURED_SHARE_MIN,
            15,
            "short-against-json-ld",
        );
        let breaks_off = ends_with_ellipsis(last);
        count_against(breaks_off || !ends_like_sentence(last) && count_words(last) > 12, 3, "ends-mid-sentence");
        let asks = count_against(self.asks_to_subscribe(), 3, "subscribe-text");
        count_against(self.is_structured, 0, "from-json-ld");
        count_against(self.title.is_none(), 10, "no-title");
        count_against(!self.has_date, 3, "no-date");
        count_against(certainty < SURE_CERTAINTY, 0, "unsure");
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

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 100")]
fn percent(share: f32) -> u8 {
    (share * 100.0).round().clamp(0.0, 100.0) as u8
}
