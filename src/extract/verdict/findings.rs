//! Whether what was found is an article, how much of it there is, and how far to trust it.
//!
//! No phrase decides alone. A wall is a page whose few words are mostly a wall's words; an article about cookies has
//! many others.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use super::super::body::{Body, Sureness};
use super::super::demands::DEMANDS;
use super::super::explanation::TextSource;
use super::super::page::tags::Tag;
use super::super::page::{Line, Page};
use super::super::phrase_index::PhraseIndex;
use super::super::read_on::READ_ON;
use super::super::text::{
    count_wide, count_words, ends_like_sentence, ends_with_ellipsis, lower_case, number, share, weighed_words,
};
use super::no_article::{NoArticle, Wall};
use super::quality::{Fact, Facts};
use super::wall_phrases;
use super::wall_topics::TextTopics;
use super::{house_pages, job_ads};
use crate::model::{BodyKind, Quality};

/// What walls say.
static PHRASES: LazyLock<PhraseIndex<Wall>> = LazyLock::new(|| {
    PhraseIndex::of(&[
        (Wall::Consent, wall_phrases::CONSENT),
        (Wall::Login, wall_phrases::LOGIN),
        (Wall::Login, DEMANDS),
        (Wall::Bot, wall_phrases::BOT),
        (Wall::Unavailable, wall_phrases::UNAVAILABLE),
    ])
});

const WALLS: [Wall; 4] = [Wall::Consent, Wall::Login, Wall::Bot, Wall::Unavailable];

/// For each of them whether a line says what such a wall says.
type Said = [bool; WALLS.len()];

/// A wall is short: a longer text is an article that speaks of such things.
const WALL_WORDS_MAX: usize = 250;

/// Without any sign that the page is an article, a longer text may be a wall: terms are long.
const UNDECLARED_WALL_WORDS_MAX: usize = 1500;

/// Share of the words that must stand in lines with a wall's phrase; more where the page says that it is an article.
const WALL_SHARE_MIN: f32 = 0.5;
const DECLARED_WALL_SHARE_MIN: f32 = 0.75;

/// And less where the title speaks of nothing else.
const TITLED_WALL_SHARE_MIN: f32 = 0.25;

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
#[derive(Debug)]
pub(in super::super) struct Findings<'a> {
    pub(in super::super) page: &'a Page<'a>,
    pub(in super::super) body: &'a Body,
    pub(in super::super) paragraphs: &'a [String],
    /// Words of the paragraphs.
    pub(in super::super) n_words: usize,
    pub(in super::super) title: Option<&'a str>,
    pub(in super::super) has_date: bool,
    /// Whether the page calls itself an article, in structured data or for social networks.
    pub(in super::super) says_article: bool,
    /// Whether it says that it has to be paid for.
    pub(in super::super) says_paid: bool,
    /// Words of the text in structured data.
    pub(in super::super) structured_words: usize,
    /// Where the paragraphs are from.
    pub(in super::super) source: TextSource,
    /// The address that the page says is its own.
    pub(in super::super) address: Option<&'a str>,
    /// How sure it is that the paragraphs' lines are the article.
    pub(in super::super) sureness: &'a Sureness,
}

impl Findings<'_> {
    /// # Errors
    ///
    /// What the page is instead of an article.
    pub(in super::super) fn check_article(&self, words_min: usize) -> Result<(), NoArticle> {
        if let Some(wall) = self.wall() {
            return Err(NoArticle::Wall(wall));
        }
        if self.title.is_some_and(house_pages::is_named) {
            return Err(NoArticle::OfTheHouse);
        }
        // An article may tell of such advertisements, and have some beside it.
        if !self.says_article
            && (self.title.is_some_and(job_ads::is_headed) || job_ads::is_described(&self.page.json_ld))
        {
            return Err(NoArticle::JobAd);
        }
        if self.is_list() {
            return Err(NoArticle::ListOfLinks);
        }
        let n_words = self.n_words;
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
        line.link_bytes * 10 > line.text.len() * 9 && line.n_words >= HEADLINE_WORDS_MIN
    }

    /// Words of the paragraphs, two characters of Han or Kana being one.
    fn weighed_words(&self) -> usize {
        self.n_words - self.paragraphs.iter().map(|paragraph| count_wide(paragraph) / 2).sum::<usize>()
    }

    /// Looks at what was found, and where that is next to nothing at all that the page says.
    fn wall(&self) -> Option<Wall> {
        if self.paragraphs.is_empty() {
            return self.wall_in(&self.page.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>());
        }
        let n_words = self.weighed_words();
        let texts = || self.paragraphs.iter().map(String::as_str).collect::<Vec<_>>();
        let wall = if n_words <= self.wall_words_max() { self.wall_in(&texts()) } else { None };
        wall.or_else(|| self.notice_before_a_list())
    }

    /// The notice that a page is gone, where what other people read stands under it.
    fn notice_before_a_list(&self) -> Option<Wall> {
        if self.says_article || self.source != TextSource::Page {
            return None;
        }
        let lines = self.body.lines.iter().map(|line| &self.page.lines[*line]);
        let is_heading = |line: &Line| matches!(self.page.elements[line.block].tag, Tag::Heading(_));
        let opening: Vec<&str> = lines.take_while(|line| !is_heading(line)).map(|line| line.text.as_str()).collect();
        if opening.len() == self.body.lines.len() {
            return None;
        }
        self.wall_in(&opening).filter(|wall| *wall == Wall::Unavailable)
    }

    /// Whether the page says that it is an article, as walls with the date of one seldom do.
    fn declares(&self) -> bool {
        self.says_article && self.has_date
    }

    /// Most words of a wall on such a page.
    fn wall_words_max(&self) -> usize {
        if self.declares() { WALL_WORDS_MAX } else { UNDECLARED_WALL_WORDS_MAX }
    }

    /// The wall that texts make.
    fn wall_in(&self, texts: &[&str]) -> Option<Wall> {
        let declares = self.declares();
        let lengths: Vec<usize> = texts.iter().map(|text| weighed_words(text)).collect();
        let n_words: usize = lengths.iter().sum();
        if n_words == 0 || n_words > self.wall_words_max() {
            return None;
        }
        let title = lower_case(self.title.unwrap_or_default());
        // An article about cookies says so in its title.
        if declares && WALL_SUBJECTS.iter().any(|subject| title.contains(subject)) {
            return None;
        }
        let lower: Vec<(String, usize)> = texts.iter().map(|text| lower_case(text)).zip(lengths).collect();
        // Which kinds of walls each line speaks for.
        let mut said: Vec<Said> = lower.iter().map(|(text, _)| phrases_in(text)).collect();
        if !self.says_article && n_words <= WALL_WORDS_MAX {
            add_topics(&lower, &mut said);
        }
        let titled =
            !declares && n_words <= WALL_WORDS_MAX && wall_phrases::TITLES.iter().any(|part| title.contains(part));
        let share_min = match (titled, declares) {
            (true, _) => TITLED_WALL_SHARE_MIN,
            (false, true) => DECLARED_WALL_SHARE_MIN,
            (false, false) => WALL_SHARE_MIN,
        };
        let share_of = |says: &dyn Fn(&Said) -> bool| {
            let lines = lower.iter().zip(&said).filter(|(_, said)| says(said)).map(|((_, n_words), _)| n_words);
            // Longer texts need more lines that say so, not one.
            let (n_lines, n_said) = lines.fold((0, 0), |(n_lines, all), n_words| (n_lines + 1, all + n_words));
            if n_lines > 1 || n_words < 60 || titled { share(n_said, n_words) } else { 0.0 }
        };
        let shares: Vec<f32> = (0..WALLS.len()).map(|wall| share_of(&|said| said[wall])).collect();
        let most = (0..WALLS.len()).rev().max_by(|one, other| shares[*one].total_cmp(&shares[*other]))?;
        (share_of(&|said| said.contains(&true)) >= share_min && shares[most] > 0.0).then_some(WALLS[most])
    }

    /// What tells the quality of the text.
    pub(in super::super) fn facts(&self) -> Facts {
        /// Where the address is not known, as much is said for an article as against it.
        const UNKNOWN_NAME_WORDS: usize = 4;
        /// Structured text is the publisher's own, though it may be an excerpt.
        const STRUCTURED_CERTAINTY: f32 = 0.95;
        let lines: Vec<&Line> = self.body.lines.iter().map(|line| &self.page.lines[*line]).collect();
        let n_bytes = lines.iter().map(|line| line.text.len()).sum();
        let parents: HashSet<usize> = lines.iter().map(|line| self.page.elements[line.block].parent).collect();
        let is_structured = self.source == TextSource::StructuredData;
        let certainty = if is_structured { STRUCTURED_CERTAINTY } else { self.sureness.certainty.clamp(0.001, 0.999) };
        let (n_further, is_numbered) = self.address.map_or((UNKNOWN_NAME_WORDS, false), name_in);
        let mut facts = Facts::default();
        facts.set(Fact::Certainty, (certainty / (1.0 - certainty)).ln() / 4.0);
        facts.set(Fact::Words, number(self.n_words + 1).log2() / 10.0);
        facts.set(Fact::Links, share(lines.iter().map(|line| line.link_bytes).sum(), n_bytes));
        facts.set(Fact::Teasers, share(self.n_teasers(), lines.len()));
        facts.mark(Fact::SaysArticle, self.says_article);
        facts.mark(Fact::HasDate, self.has_date);
        facts.mark(Fact::HasTitle, self.title.is_some());
        facts.set(Fact::Parents, share(parents.len(), lines.len()));
        facts.mark(Fact::AsksToSubscribe, self.asks_to_subscribe());
        facts.set(Fact::Slug, number(n_further.min(8)) / 8.0);
        facts.mark(Fact::Numbered, is_numbered);
        facts.set(Fact::TitleGap, self.sureness.title_gap);
        facts.set(Fact::Comments, self.sureness.comments);
        facts.set(Fact::Items, self.sureness.items);
        facts.set(Fact::WithInputs, self.sureness.with_inputs);
        facts
    }

    /// Whether the text is far shorter than that of structured data.
    fn falls_short(&self, n_words: usize) -> bool {
        /// Share of the structured text below which the body is called short against it.
        const STRUCTURED_SHARE_MIN: f32 = 0.7;
        number(n_words) < number(self.structured_words) * STRUCTURED_SHARE_MIN
    }

    /// Lines of the text that stand right behind a linked headline.
    fn n_teasers(&self) -> usize {
        let follows = |line: &&usize| (line.saturating_sub(2)..=**line).any(|line| self.is_linked_headline(line));
        self.body.lines.iter().filter(follows).count()
    }

    /// A page of teasers: most of its text lines follow a linked headline.
    fn is_list(&self) -> bool {
        const LINES_MIN: usize = 4;
        const TEASER_SHARE_MIN: f32 = 0.6;
        /// Expected F1 from which it is none: an article with a link above each paragraph.
        const LIST_EXPECTED_MAX: f32 = 0.7;
        if self.says_article || self.source != TextSource::Page || self.body.lines.len() < LINES_MIN {
            return false;
        }
        // Teasers are of about the same length: a text most of which is one paragraph is no list of them.
        let lengths = self.body.lines.iter().map(|line| self.page.lines[*line].text.len());
        if lengths.clone().max().unwrap_or(0) * 2 > lengths.sum() {
            return false;
        }
        share(self.n_teasers(), self.body.lines.len()) >= TEASER_SHARE_MIN
            && self.facts().expected() < LIST_EXPECTED_MAX
    }

    /// How much of the article was found, and how far to trust it: the score is the F1 to be expected of the text, in
    /// percent. The reasons say what lowers it, or where the text is from.
    pub(in super::super) fn judge(&self) -> (BodyKind, Quality) {
        const SHORT_WORDS: usize = 80;
        /// Expected F1 below which the reader is warned.
        const SURE: f32 = 0.9;
        const TEASER_WORDS_MAX: usize = 160;
        let n_words = self.weighed_words();
        let expected = self.facts().expected();
        let score = percent(expected);
        let mut reasons: Vec<Cow<'static, str>> = Vec::new();
        let mut give = |holds: bool, reason: &'static str| {
            if holds {
                reasons.push(reason.into());
            }
            holds
        };
        let last = self.paragraphs.last().map_or("", String::as_str);
        let is_short = give(n_words < SHORT_WORDS, "short");
        let links = self.body.lines.iter().map(|line| self.page.lines[*line].link_bytes).sum();
        let all = self.body.lines.iter().map(|line| self.page.lines[*line].text.len()).sum();
        give(share(links, all) > 0.3 && self.source == TextSource::Page, "link-heavy");
        let falls_short = give(self.falls_short(self.n_words), "short-against-json-ld");
        let breaks_off = ends_with_ellipsis(last);
        give(breaks_off || !ends_like_sentence(last) && count_words(last) > 12, "ends-mid-sentence");
        let asks = give(self.asks_to_subscribe(), "subscribe-text");
        give(self.source == TextSource::StructuredData, "from-json-ld");
        give(self.source == TextSource::Script, "from-script");
        give(self.title.is_none(), "no-title");
        give(!self.has_date, "no-date");
        give(expected < SURE, "unsure");
        // A whole text may well end in dots.
        let goes_on = n_words < TEASER_WORDS_MAX || self.says_paid || asks || self.goes_on_elsewhere();
        // What the page shows of a paid text is cut; what it tells machines, where that is more, ends as the text does.
        let is_shown_in_part = self.says_paid && self.source != TextSource::StructuredData;
        let is_cut = falls_short || breaks_off && goes_on || (is_shown_in_part && asks) || (is_short && asks);
        let body_kind = match is_cut {
            true if n_words < TEASER_WORDS_MAX => BodyKind::Teaser,
            true => BodyKind::Partial,
            false => BodyKind::Full,
        };
        (body_kind, Quality { score, reasons })
    }

    /// Whether an invitation to read on stands right behind the text.
    fn goes_on_elsewhere(&self) -> bool {
        const LINES_AFTER: usize = 2;
        const WORDS_MAX: usize = 8;
        let Some(last) = self.body.lines.last() else {
            return false;
        };
        self.page.lines.iter().skip(last + 1).take(LINES_AFTER).any(|line| {
            let invites = |lower: String| READ_ON.iter().any(|phrase| lower.contains(phrase));
            line.n_words <= WORDS_MAX && invites(lower_case(&line.text))
        })
    }

    /// Whether a demand to subscribe stands right behind the text.
    fn asks_to_subscribe(&self) -> bool {
        const LINES_AFTER: usize = 6;
        let Some(last) = self.body.lines.last() else {
            return false;
        };
        self.page.lines.iter().skip(last + 1).take(LINES_AFTER).any(|line| {
            let lower = lower_case(&line.text);
            !lower.contains("newsletter") && asks_for_login(&lower)
        })
    }
}

/// How many words more than one the last part of an address has, and whether it has a long number.
fn name_in(address: &str) -> (usize, bool) {
    const NUMBER_DIGITS: usize = 5;
    let path = address.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let name = path.split_once('/').and_then(|(_, path)| path.rsplit('/').next()).unwrap_or_default();
    let n_digits = name.bytes().filter(u8::is_ascii_digit).count();
    (name.bytes().filter(|byte| matches!(byte, b'-' | b'_')).count(), n_digits >= NUMBER_DIGITS)
}

/// Whether phrases of each kind of wall stand in a text in lower case.
fn phrases_in(lower: &str) -> Said {
    let mut said = Said::default();
    PHRASES.find_in(lower, |wall, _| {
        said.iter_mut().zip(WALLS).for_each(|(says, kind)| *says |= kind == wall);
    });
    said
}

/// Adds the kinds of walls of which lines in lower case speak in other words.
fn add_topics(lower: &[(String, usize)], said: &mut [Said]) {
    let topics = TextTopics::of(lower.iter().map(|(text, _)| text.as_str()));
    for (position, wall) in WALLS.into_iter().enumerate() {
        for (said, is_part) in said.iter_mut().zip(topics.parts_of(wall)) {
            said[position] |= is_part;
        }
    }
}

fn asks_for_login(lower: &str) -> bool {
    let mut asks = false;
    PHRASES.find_in(lower, |wall, _| asks |= wall == Wall::Login);
    asks
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 100")]
fn percent(share: f32) -> u8 {
    (share * 100.0).round().clamp(0.0, 100.0) as u8
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::super::error::ExtractError;
    use super::super::super::tests::{document, extract, extractor};
    use super::*;
    use crate::model::{LinkHints, NO_ADDRESS};

    fn page(title: &str, paragraphs: &[&str]) -> String {
        let text = paragraphs.join("</p><p>");
        format!("<title>{title}</title><nav><a href=/a>News</a></nav><main><h1>{title}</h1><p>{text}</p></main>")
    }

    #[test]
    fn an_offer_of_a_job_is_no_article() {
        let text = [
            "The Harbour Post is looking for a reporter to cover courts and the council from its desk in Mell, full time and from January.",
            "You have five years of experience, and enjoy explaining complicated matters in plain words. Send three pieces of your work.",
        ];
        let refusal = |page: String| extract(page, &LinkHints::default()).err();
        let job_ad = Some(ExtractError::NoArticle(NoArticle::JobAd));
        assert_eq!(refusal(page("Senior reporter (m/f/d)", &text)), job_ad);
        let described = r#"<script type="application/ld+json">{"@type": "JobPosting", "title": "Reporter"}</script>"#;
        assert_eq!(refusal(described.to_owned() + &page("Reporter for Mell", &text)), job_ad);
        let news =
            r#"<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Who reads (m/f/d)?"}</script>"#;
        assert_eq!(refusal(news.to_owned() + &page("Who reads (m/f/d)?", &text)), None);
    }

    #[test]
    fn a_paid_text_that_is_told_whole_to_machines_is_no_teaser() {
        let told = [
            "The old mill on the Linde has been sold to forty families, who paid for it together and mean to run it.",
            "They will grind again from next autumn on, says Ada Quist, who leads them, and bake on Saturdays as before.",
            "The wheel has stood still since the flood, and nobody in the valley remembers how the stones were set.",
            "A miller from the coast will teach them for a winter, for a room above the stable and a share of the flour.",
            "The council gave the building away for nothing, on the condition that the roof is mended before the spring.",
        ];
        let page = format!(
            r#"<title>Mill sold</title><script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Mill sold",
            "isAccessibleForFree": "False", "articleBody": "{}"}}</script>
            <article><h1>Mill sold</h1><p>{}</p><div>Subscribe to continue reading.</div></article>"#,
            told.join("\\n"),
            told[0]
        );
        let article = extract(page, &LinkHints::default()).expect("an article");
        assert_eq!((article.paragraphs.len(), article.body_kind), (told.len(), BodyKind::Full));
    }

    #[test]
    fn what_stands_in_an_articles_place_is_none() {
        let check = |wall: Wall, title: &str, paragraphs: &[&str]| {
            let error = extract(page(title, paragraphs), &LinkHints::default()).map(|article| article.paragraphs);
            assert_eq!(error, Err(ExtractError::NoArticle(NoArticle::Wall(wall))), "{title}");
        };
        check(
            Wall::Consent,
            "Cookies",
            &[
                "De Rijnbode maakt gebruik van cookies en vergelijkbare technieken om deze website beter te laten werken.",
                "Ook derde partijen plaatsen cookies, om u persoonlijke advertenties te tonen. Klik op akkoord om verder te gaan.",
            ],
        );
        check(
            Wall::Consent,
            "Der Mühlenbote",
            &[
                "Mit Werbung und Tracking weiterlesen: Besuchen Sie uns wie gewohnt, und stimmen Sie der Nutzung zu.",
                "Oder lesen Sie den Mühlenboten im Pur-Abo ohne Werbetracking, für wenig Geld und monatlich kündbar.",
            ],
        );
        check(
            Wall::Consent,
            "Głos Zatoki",
            &[
                "Dbamy o Twoją prywatność. Nasi zaufani partnerzy zapisują pliki cookie na urządzeniu, z którego korzystasz.",
                "Klikając przycisk, wyrażasz zgodę na ich użycie w celach reklamowych. Zgodę możesz wycofać w każdej chwili.",
            ],
        );
        check(
            Wall::Bot,
            "Attention Required!",
            &[
                "You are unable to access this site. It uses a security service to protect itself from online attacks.",
                "Please send the owner the Ray ID below, with what you were doing when you were blocked.",
            ],
        );
        check(
            Wall::Bot,
            "安全验证",
            &["您的访问过于频繁，请输入下方的验证码，然后继续浏览。", "如有疑问，请与客服联系，并告知编号。"],
        );
        check(
            Wall::Unavailable,
            "Page not found",
            &[
                "The page you are looking for does not exist, or its address may have been changed when we moved house.",
                "Try our search, or go back to the home page and read what is new in the valley today.",
            ],
        );
        check(
            Wall::Unavailable,
            "Seite nicht gefunden",
            &[
                "Die gewünschte Seite gibt es nicht oder nicht mehr. Vielleicht hilft Ihnen die Suche weiter.",
                "Zur Startseite geht es hier entlang, zum Archiv dort; beide sind an allen Tagen offen.",
            ],
        );
        check(
            Wall::Unavailable,
            "Back soon",
            &["We are carrying out planned maintenance. Please try again later; it should not take more than an hour."],
        );
        check(
            Wall::Unavailable,
            "451",
            &[
                "This website is not available in your region, since we cannot yet keep to the rules that hold there.",
                "We hope to be back shortly. For any issues, contact the newsroom by letter.",
            ],
        );
    }

    /// The texts of a folder, each with its name: a title, and a paragraph a line.
    fn texts_in(folder: &str) -> Vec<(String, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
        let mut paths: Vec<_> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.into_iter().map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap())).collect()
    }

    /// Pages that say a text: with the site's frame and without.
    fn pages_of(text: &str) -> [String; 2] {
        let mut lines = text.lines();
        let title = lines.next().unwrap();
        let paragraphs: Vec<&str> = lines.collect();
        let text = paragraphs.join("</p><p>");
        let foot = "<footer><a href=/imprint>Imprint</a><p>© 2026 The Mell Echo</p></footer>";
        [page(title, &paragraphs) + foot, format!("<title>{title}</title><div><p>{text}</p></div>")]
    }

    #[test]
    fn pages_about_the_site_are_none() {
        let text = "This page says which data we keep of those who read us, how long we keep them, and whom you may ask to delete them.";
        let found = extract(page("Privacy policy", &[text, text]), &LinkHints::default());
        assert_eq!(found.map(|article| article.paragraphs), Err(ExtractError::NoArticle(NoArticle::OfTheHouse)));
    }

    #[test]
    fn notices_are_told_whatever_their_words() {
        let kinds = [
            ("notices/consent", Wall::Consent),
            ("notices/login", Wall::Login),
            ("notices/bot", Wall::Bot),
            ("notices/unavailable", Wall::Unavailable),
        ];
        for (folder, wall) in kinds {
            for (name, text) in texts_in(folder) {
                for page in pages_of(&text) {
                    let found = extract(page, &LinkHints::default()).map(|article| article.paragraphs);
                    assert_eq!(found, Err(ExtractError::NoArticle(NoArticle::Wall(wall))), "{name}");
                }
            }
        }
    }

    #[test]
    fn a_notice_before_what_others_read_is_one() {
        let titles =
            ["A school buys a ferry", "The goat sails again", "Beer at the bridge of Harn", "Ice on the river"];
        let told = "Whoever was there will tell of it for years to come.";
        let popular = titles.map(|title| format!("<li><a href=/s><h3>{title}</h3></a><p>{told}</p></li>")).concat();
        for (name, text) in texts_in("notices/unavailable").into_iter().filter(|(name, _)| name.contains("/404-")) {
            let lines: Vec<&str> = text.lines().collect();
            let page =
                page(lines[0], &lines[1..]) + &format!("<section><h2>Most read</h2><ul>{popular}</ul></section>");
            let found = extract(page, &LinkHints::default()).map(|article| article.paragraphs);
            assert!(matches!(found, Err(ExtractError::NoArticle(_))), "{name} {found:?}");
        }
    }

    #[test]
    fn reports_about_what_notices_speak_of_are_articles() {
        for (name, text) in texts_in("notices/articles") {
            for page in pages_of(&text) {
                let found = extract(page, &LinkHints::default()).map(|article| article.paragraphs.join("\n"));
                assert_eq!(found.as_deref(), Ok(text.trim_end().split_once('\n').unwrap().1), "{name}");
            }
        }
    }

    #[test]
    fn articles_about_such_things_are_articles() {
        let check = |title: &str, paragraphs: &[&str]| {
            let found = extract(page(title, paragraphs), &LinkHints::default()).map(|article| article.paragraphs.len());
            assert_eq!(found, Ok(paragraphs.len()), "{title}");
        };
        check(
            "Lost walkers found after night on the fell",
            &[
                "Two walkers who had lost their way on Harn Fell were found on Sunday morning by a shepherd and her dog.",
                "They had spent the night in a hut that is under maintenance, without light and with one blanket between them.",
                "“The page of our map that we needed had been torn out,” said one of them, “so we went where the stream went.”",
                "The rescue team of Mell, which had been out since midnight, thanked the shepherd and asked walkers to carry a lamp.",
            ],
        );
        check(
            "Library closes for repairs",
            &[
                "The library of Orrey closes for four weeks from Monday, while the roof above the reading room is mended.",
                "Readers who use cookies as bookmarks have cost it nine volumes this year, its head said, and mice two more.",
                "Books can be returned at the town hall in the meantime, where a clerk will be on duty until eight.",
            ],
        );
    }

    /// The last line of each text of `tests/fixtures/teasers` is the demand behind it.
    #[test]
    fn a_text_before_a_demand_to_pay_is_a_teaser() {
        for (name, text) in texts_in("teasers") {
            let lines: Vec<&str> = text.lines().collect();
            let [title, paragraphs @ .., demand] = lines.as_slice() else { panic!("{name}") };
            for behind in [format!("<div class=z4><p>{demand}</p></div>"), format!("<p>{demand}</p>")] {
                let html = page(title, paragraphs).replace("</main>", &format!("{behind}</main>"));
                let article = extract(html, &LinkHints::default()).unwrap();
                let found = (article.paragraphs.as_slice(), article.body_kind);
                assert_eq!(found, (own(paragraphs).as_slice(), BodyKind::Teaser), "{name}");
            }
        }
    }

    fn own(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_whole_text_may_end_in_dots() {
        let sentence = "The weir below Harn Bridge will be rebuilt from next spring, eleven years after the flood, \
                        and nobody in Mell knows how many herons will then stand on it";
        let kind = |n_paragraphs: usize, behind: &str| {
            let mut text = vec![format!("{sentence}."); n_paragraphs - 1];
            text.iter_mut().enumerate().for_each(|(n, paragraph)| paragraph.insert_str(0, &format!("{n}: ")));
            text.push(format!("{sentence}…"));
            let paragraphs: Vec<&str> = text.iter().map(String::as_str).collect();
            let page = page("Weir to be rebuilt", &paragraphs) + behind;
            let article = extract(page, &LinkHints::default()).unwrap();
            assert_eq!(article.paragraphs.len(), n_paragraphs);
            article.body_kind
        };
        assert_eq!(kind(8, ""), BodyKind::Full);
        assert_eq!(kind(8, "<a href=/b>Continue reading</a>"), BodyKind::Partial);
        assert_eq!(kind(8, "<p>To read on, log in or subscribe to the Mell Echo</p>"), BodyKind::Partial);
        assert_eq!(kind(3, ""), BodyKind::Teaser);
    }

    #[test]
    fn a_page_that_gives_no_address_is_known_by_where_it_came_from() {
        let address = "https://news.example/2026/11/weir-below-harn-bridge-to-be-rebuilt";
        let text = page(
            "Weir to be rebuilt",
            &[
                "The weir below Harn Bridge will be rebuilt from next spring, eleven years after the flood.",
                "The council of Mell voted for the plan on Tuesday evening, after a debate without a quarrel.",
            ],
        );
        let quality = |html: &str, url: &str| {
            let document = document(html.into(), url);
            extractor().extract(&document, &LinkHints::default()).unwrap().quality.score
        };
        let canonical = format!("{text}<link rel=canonical href={address}>");
        let given = quality(&canonical, NO_ADDRESS);
        assert_eq!(quality(&text, address), given);
        let unnamed = quality(&text, "https://news.example/news");
        let unknown = quality(&text, NO_ADDRESS);
        assert!(unnamed < unknown && unknown < given, "{unnamed} {unknown} {given}");
    }

    #[test]
    fn a_text_that_structured_data_holds_twice_is_no_longer_for_it() {
        let text = [
            "The weir below Harn Bridge will be rebuilt from next spring, eleven years after a flood tore a gap into it.",
            "The council of Mell voted for the plan on Tuesday evening, after a debate in which nobody was against it.",
            "Work will begin once the herons have left, which the warden of the reserve expects in the middle of August.",
            "The money comes from a fund for the old works of the river, into which every house has paid since spring.",
            "“We have waited for this since the night of the flood,” said the miller, whose wheel has stood still since.",
        ];
        let reasons = |body: String| {
            let data = format!("{{\"@type\":\"NewsArticle\",\"articleBody\":\"{body}\"}}");
            let page = page("Weir to be rebuilt", &text) + &format!("<script type=application/ld+json>{data}</script>");
            let article = extract(page, &LinkHints::default()).unwrap();
            assert_eq!(article.paragraphs, text);
            article.quality.reasons
        };
        let told = text.join(" ");
        assert!(!reasons(format!("{told} {told}")).contains(&"short-against-json-ld".into()));
        let longer = format!("{told} {}", "And so it went on, in other words each time, for many a page. ".repeat(9));
        assert!(reasons(longer).contains(&"short-against-json-ld".into()));
    }
}
