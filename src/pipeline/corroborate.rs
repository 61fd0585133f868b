//! Whether a page is what its link promised. What a feed says of an entry is evidence, and so are the words of the link's
//! address: a page that shares nothing with them is a question for consent, a sign-in form, a bot check or a notice of
//! error that stands where the article should.

use std::collections::HashSet;

use url::Url;

use crate::model::{BodyKind, ExtractedArticle, LinkHints, Origin};
use crate::scripts::is_unspaced;

use super::address_words::{self, AddressWords};

/// Shortest word that says something of a subject, in characters. Shorter ones are mostly articles, prepositions and
/// pronouns, which every page has.
const WORD_CHARACTERS_MIN: usize = 4;

/// Characters by which words are compared: an ending for case or number makes no other word.
const STEM_CHARACTERS: usize = 5;

/// Fewest words of an entry of which something can be said. Of a headline of two words both may be missing by chance.
const WORDS_MIN: usize = 3;

/// A part of the headline's words, one in so many, that a page may have by chance.
const HEADLINE_PART_MAX: usize = 2;

/// Fewest words of a summary that say more than the headline.
const SUMMARY_WORDS_MIN: usize = 8;

/// Share of the summary's words, in percent, from which page and entry have something in common though the headline is
/// another one. Of 813 real articles none has fewer; of pages of another article, which are full of common words, three in
/// four have.
const SUMMARY_SHARE_MIN: usize = 50;

/// Share of the summary's words, in percent, that stand on a page which is the entry's for sure.
const BEGINNING_SHARE_MIN: usize = 90;

/// Most words of a summary or text of the feed that are looked at.
const ENTRY_WORDS_MAX: usize = 60;

/// What the promises of a link say of the page that it led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Testimony {
    /// It is what was promised.
    Vouched,
    /// They say too little, or not clearly enough.
    Silent,
    /// It is something else, for this reason.
    OtherPage(String),
}

/// Hears what the entry that led to a page and the address that was asked for say of it.
pub(super) fn hear(extracted: &ExtractedArticle, hints: &LinkHints, asked: &Url) -> Testimony {
    // The text is the entry's own.
    if extracted.body_kind == BodyKind::Feed {
        return Testimony::Vouched;
    }
    let by_entry = by_entry(extracted, hints);
    if by_entry == Some(true) {
        return Testimony::Vouched;
    }
    match address_words::compare(asked, texts(extracted)) {
        AddressWords::Agree => Testimony::Vouched,
        _ if by_entry == Some(false) => {
            let title = hints.title.as_deref().unwrap_or_default();
            Testimony::OtherPage(format!("the page has nothing of the entry that led to it, {title:?}"))
        }
        // A headline that the page has in part may be that of the article in other words.
        AddressWords::Disagree if !has_headline(extracted, hints) => {
            Testimony::OtherPage("the page has nothing of the words in its address".to_owned())
        }
        AddressWords::Disagree | AddressWords::Silent => Testimony::Silent,
    }
}

/// Whether the entry has a headline that a page can be compared with.
fn has_headline(extracted: &ExtractedArticle, hints: &LinkHints) -> bool {
    let title = hints.title.as_deref().unwrap_or_default();
    words(title).into_iter().collect::<HashSet<_>>().len() >= WORDS_MIN && !differ_in_language(extracted, hints)
}

/// Whether a page is that of the entry which led to it: it has most words of the headline. It is not if it has hardly one,
/// and hardly any of the summary. Nothing where the entry says too little to tell, or is in another language.
fn by_entry(extracted: &ExtractedArticle, hints: &LinkHints) -> Option<bool> {
    let headline: HashSet<String> = words(hints.title.as_deref()?).into_iter().collect();
    if differ_in_language(extracted, hints) {
        return None;
    }
    if headline.len() < WORDS_MIN {
        return begins_like(extracted, hints).then_some(true);
    }
    // Most pages begin with the headline: then the rest is not looked at.
    let n_chance = headline.len() / HEADLINE_PART_MAX;
    let n_agreeing = n_found(headline, texts(extracted), n_chance + 1);
    if n_agreeing > n_chance {
        return Some(true);
    }
    let summary = summary_words(hints);
    let n_words = summary.len();
    // A word in common may be chance, where there is more to compare.
    if n_words < SUMMARY_WORDS_MIN {
        return (n_agreeing == 0).then_some(false);
    }
    let n_enough = (n_words * SUMMARY_SHARE_MIN).div_ceil(100);
    (n_found(summary, texts(extracted), n_enough) < n_enough).then_some(false)
}

/// Whether a page has the headline of the entry that led to it, and nearly all of its summary: enough also where the headline
/// is short, as that of a series is.
fn begins_like(extracted: &ExtractedArticle, hints: &LinkHints) -> bool {
    let headline = |text: &str| words(text).into_iter().collect::<HashSet<_>>();
    let own_title = extracted.title.as_ref().filter(|title| title.origin != Origin::Feed);
    let has_headline =
        own_title.zip(hints.title.as_ref()).is_some_and(|(own, entry)| headline(&own.value) == headline(entry));
    let summary = summary_words(hints);
    let n_enough = (summary.len() * BEGINNING_SHARE_MIN).div_ceil(100);
    let n_words = summary.len();
    has_headline && n_words >= SUMMARY_WORDS_MIN && n_found(summary, texts(extracted), n_enough) >= n_enough
}

/// The words of an entry's summary.
fn summary_words(hints: &LinkHints) -> HashSet<String> {
    let summary = hints.text.summary.as_deref().or(hints.text.content.as_deref()).unwrap_or_default();
    words(&without_tags(summary)).into_iter().take(ENTRY_WORDS_MAX).collect()
}

/// The texts of a page. A headline that is the feed's own would agree with itself.
fn texts(extracted: &ExtractedArticle) -> impl Iterator<Item = &str> + Clone {
    let own_title = extracted.title.as_ref().filter(|title| title.origin != Origin::Feed);
    own_title.map(|title| title.value.as_str()).into_iter().chain(extracted.paragraphs.iter().map(String::as_str))
}

/// How many of these words stand in the texts; no more than `enough` are looked for.
fn n_found<'a>(mut wanted: HashSet<String>, texts: impl Iterator<Item = &'a str>, enough: usize) -> usize {
    let n_wanted = wanted.len();
    for text in texts {
        each_word(text, |word| {
            wanted.remove(word);
        });
        if n_wanted - wanted.len() >= enough {
            break;
        }
    }
    n_wanted - wanted.len()
}

/// Whether both say in which language they are, and it is not the same one: a headline may be translated.
fn differ_in_language(extracted: &ExtractedArticle, hints: &LinkHints) -> bool {
    let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    match (&extracted.language, &hints.language) {
        (Some(page), Some(entry)) => primary(&page.value) != primary(entry),
        _ => false,
    }
}

fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    each_word(text, |word| found.push(word.to_owned()));
    found
}

/// Goes through the words of a text by which its subject is known: their beginnings, numbers, and in scripts without
/// spaces every two characters.
fn each_word(text: &str, mut take: impl FnMut(&str)) {
    let mut word = String::new();
    for run in text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
        if run.chars().any(is_unspaced) {
            let characters: Vec<char> = run.chars().collect();
            for pair in characters.windows(2) {
                word.clear();
                word.extend(pair.iter().flat_map(|c| c.to_lowercase()));
                take(&word);
            }
        } else if run.chars().nth(WORD_CHARACTERS_MIN - 1).is_some() || run.bytes().all(|byte| byte.is_ascii_digit()) {
            word.clear();
            word.extend(run.chars().flat_map(char::to_lowercase).take(STEM_CHARACTERS));
            take(&word);
        }
    }
}

/// The text between the tags of a piece of HTML. An address in an attribute is no word of the entry.
fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut is_in_tag = false;
    for c in html.chars() {
        match c {
            '<' => is_in_tag = true,
            '>' if is_in_tag => {
                is_in_tag = false;
                text.push(' ');
            }
            _ if !is_in_tag => text.push(c),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::extract::Extractor;
    use crate::model::{Evidence, FeedText, FetchedDocument};

    fn check(entry: (&str, &str), page: (&str, &str), expected: bool) {
        let is_other = matches!(testimony(entry, page), Testimony::OtherPage(_));
        assert_eq!(is_other, expected, "{entry:?} {page:?}");
    }

    fn testimony(entry: (&str, &str), page: (&str, &str)) -> Testimony {
        let url = Url::parse("https://harbour.example/news/1").unwrap();
        let text = FeedText { content: None, summary: Some(entry.1.to_owned()), is_cut: false };
        let hints = LinkHints { title: Some(entry.0.to_owned()), text, ..LinkHints::default() };
        let sentence = "The report was read to the members in the afternoon, and all of them agreed that it was clear.";
        let html = format!(
            "<html><body><article><h1>Any</h1><p>{sentence}</p><p>Nobody asked for more, and so the meeting was closed early.</p></article></body></html>"
        );
        let document = FetchedDocument::from_file(html.into_bytes(), url.clone());
        let settings = config::defaults().extract;
        let mut extracted = Extractor::new(&settings).extract(&document, &LinkHints::default()).unwrap();
        extracted.title = Some(Evidence::new(page.0.to_owned(), Origin::Heading));
        extracted.paragraphs = vec![page.1.to_owned(), sentence.to_owned()];
        hear(&extracted, &hints, &url)
    }

    #[test]
    fn the_headline_of_a_series_and_the_summary_together_vouch() {
        let summary = "The court of Aske denied the request of a farmer who had blocked the road to the mill.";
        let entry = ("From court", summary);
        assert_eq!(testimony(entry, ("From court", summary)), Testimony::Vouched);
        assert_eq!(testimony(entry, ("From court", "Nothing was heard of it on Monday.")), Testimony::Silent);
        assert_eq!(testimony(entry, ("To the polls", summary)), Testimony::Silent);
    }

    #[test]
    fn a_page_that_shares_nothing_with_its_entry_contradicts_it() {
        let storm =
            ("Storm closes harbour for two days", "Ferries stay in port until Thursday, the harbour master says.");
        let consent = (
            "We value your privacy",
            "We and our partners store and access information on a device and process personal data, such as unique \
             identifiers, for advertising. You may accept or manage your choices by clicking below.",
        );
        check(storm, consent, true);
        // A word by chance.
        let reading = (
            "Library opens reading garden",
            "Behind the municipal library a garden with forty chairs opens on Sunday, planted by volunteers.",
        );
        check(
            reading,
            ("Welcome back", "Sign in with your account to keep reading, or create one within a minute."),
            true,
        );
        check(storm, ("Storm: harbour closed", "Nothing moves before Thursday."), false);
        // Another headline over the text that the summary is from.
        check(
            storm,
            ("Nothing goes", "Ferries stay in port until Thursday, the harbour master says, and not before."),
            false,
        );
        // Too little is said to tell.
        check(("Live", ""), consent, false);
        check(
            ("Briefing", ""),
            ("The day", "What came to pass, and what did not, in a few lines and without haste."),
            false,
        );
    }

    #[test]
    fn scripts_without_spaces_are_compared_too() {
        let quake = ("関東で強い地震、津波の心配なし", "気象庁によると、関東地方で強い地震がありました。");
        check(
            quake,
            (
                "クッキーの使用について",
                "当サイトではサービス向上のためクッキーを使用しています。同意する場合は次へ進んでください。",
            ),
            true,
        );
        check(quake, ("強い地震", "関東地方で強い地震がありました。気象庁は注意を呼びかけています。"), false);
    }
}
