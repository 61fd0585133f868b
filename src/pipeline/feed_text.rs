//! Articles from the text of their feed's entry: in place of the page, which then is not asked for, or because the page
//! cannot be had or shows less.
//!
//! The text goes the way of any other: the extractor is given an empty page at the article's address, and what the
//! feed says of it.

use url::Url;

use crate::extract::{ExtractError, Extractor, READ_ON, fragment_paragraphs};
use crate::fetch::FetchError;
use crate::model::{BodyKind, ExtractedArticle, Failure, FeedText, FetchedDocument, FullText, LinkHints};

/// Fewest words of an entry that is taken for a whole article without being told so. Excerpts have up to a hundred:
/// the usual limit is 55. Of shorter texts nobody can tell, and a request settles it.
const WHOLE_WORDS_MIN: u32 = 120;

/// Fewest paragraphs, likewise: an excerpt is mostly one.
const WHOLE_PARAGRAPHS_MIN: usize = 3;

/// How many times the words of the entry's summary its text has at least. Where both say the same, the text is the
/// summary again, whatever it is called.
const SUMMARY_TIMES_MIN: u32 = 2;

/// How many times the words of the page an entry's text has at least to be taken in place of a page that is known not to
/// be whole. It must be clearly more, since the page has been judged and the entry has not.
const PAGE_TIMES_MIN: u32 = 2;

/// Longest last paragraph in words that can be an invitation to read on. A sentence that merely has those words in it
/// is longer.
const INVITATION_WORDS_MAX: usize = 14;

/// How entries of feeds invite to read on besides, in lower case: there is nothing else that they could be about.
const ENTRY_INVITATIONS: [&str; 7] =
    ["more at", "full story", "click here to read", "view article", "zum artikel", "lire l'article", "en savoir plus"];

/// Whether there is evidence that an entry holds the whole article: several paragraphs, clearly more than its summary
/// says, not broken off, without an invitation to read on elsewhere.
pub(super) fn is_whole(text: &FeedText) -> bool {
    let Some(content) = text.content.as_ref().filter(|_| !text.is_cut) else {
        return false;
    };
    let mut paragraphs = fragment_paragraphs(content);
    drop_signature(&mut paragraphs);
    let n_words = count_words(&paragraphs);
    // A summary may repeat the text in full, as some publishers have it; then the two are the same to the word.
    let summary = text.summary.as_deref().map(fragment_paragraphs);
    let adds_to_summary = summary.is_none_or(|mut summary| {
        drop_signature(&mut summary);
        summary == paragraphs || n_words >= count_words(&summary) * SUMMARY_TIMES_MIN
    });
    paragraphs.len() >= WHOLE_PARAGRAPHS_MIN
        && n_words >= WHOLE_WORDS_MIN
        && adds_to_summary
        && !breaks_off(&paragraphs)
}

/// Whether an article is to be made of its entry without asking for its page.
#[must_use]
pub fn spares_page(hints: &LinkHints) -> bool {
    match hints.full_text {
        FullText::Feed => true,
        FullText::Page => false,
        FullText::Auto => is_whole(&hints.text),
    }
}

/// The article that an entry holds.
///
/// # Errors
///
/// When it holds no text, or fewer words than an article has.
pub(super) fn article_of_entry(extractor: &Extractor, url: &Url, hints: &LinkHints) -> Result<EntryArticle, Failure> {
    let document = FetchedDocument::from_file(b"<!doctype html><title></title>".to_vec(), url.clone());
    let mut hints = hints.clone();
    // Many feeds know no other text than that which is called the description.
    hints.text.content = hints.text.content.or(hints.text.summary.take());
    let mut extracted = extractor.extract(&document, &hints).map_err(|error| {
        let reason = match &error {
            ExtractError::NoArticle(reason) => format!("the feed's entry holds no article: {reason}"),
            _ => error.to_string(),
        };
        Failure { class: error.class(), reason }
    })?;
    mend(&mut extracted, &hints.text);
    Ok(EntryArticle { document, extracted })
}

/// An article made of an entry, and the page that stands for the one that was not asked for.
#[derive(Debug)]
pub(super) struct EntryArticle {
    pub(super) document: FetchedDocument,
    pub(super) extracted: ExtractedArticle,
}

/// Puts a body that came from the feed into its final form: without the feed's signature, called a teaser if it breaks
/// off, and partial if what is kept of a text is less than it. Other bodies are left as they are.
pub(super) fn mend(extracted: &mut ExtractedArticle, text: &FeedText) {
    if extracted.body_kind != BodyKind::Feed {
        return;
    }
    drop_signature(&mut extracted.paragraphs);
    if text.is_cut {
        extracted.body_kind = BodyKind::Partial;
    } else if breaks_off(&extracted.paragraphs) {
        extracted.body_kind = BodyKind::Teaser;
    }
}

/// Takes the entry's text where the page is known to show less than the article and the entry has clearly more.
pub(super) fn take_fuller(extracted: &mut ExtractedArticle, extractor: &Extractor, url: &Url, hints: &LinkHints) {
    let is_short = matches!(extracted.body_kind, BodyKind::Teaser | BodyKind::Wall | BodyKind::Partial);
    // An article of several pages breaks off for another reason, and the next fetch may find them all.
    if !is_short || extracted.quality.lacks_pages() || !is_whole(&hints.text) {
        return;
    }
    let Ok(entry) = article_of_entry(extractor, url, hints) else { return };
    if count_words(&entry.extracted.paragraphs) >= count_words(&extracted.paragraphs) * PAGE_TIMES_MIN {
        extracted.paragraphs = entry.extracted.paragraphs;
        extracted.body_kind = entry.extracted.body_kind;
        extracted.quality = entry.extracted.quality;
    }
}

/// Whether a page that could not be had is one that will not be had: then the entry's text is all there will ever be.
pub(super) fn is_barred(error: &FetchError) -> bool {
    matches!(error, FetchError::RobotsForbid { .. } | FetchError::Status { status: 401 | 402 | 403 | 451, .. })
}

/// Takes away the last paragraph where it is the sentence that `WordPress` puts under every entry of a feed.
fn drop_signature(paragraphs: &mut Vec<String>) {
    let is_signature = |text: &String| text.starts_with("The post ") && text.contains(" appeared first on ");
    if paragraphs.last().is_some_and(is_signature) {
        paragraphs.pop();
    }
}

/// Whether a text ends with dots, as excerpts do, or with an invitation to read on.
fn breaks_off(paragraphs: &[String]) -> bool {
    let Some(last) = paragraphs.last() else {
        return false;
    };
    let folded = last.to_lowercase().replace('’', "'");
    let text = folded.trim_matches(|c: char| !c.is_alphanumeric() && c != '.' && c != '…');
    let bare = text.trim_end_matches(['.', '…']);
    let has_dots = text.ends_with("...") || text.ends_with('…');
    let is_invitation = last.split_whitespace().count() <= INVITATION_WORDS_MAX
        && READ_ON.iter().chain(&ENTRY_INVITATIONS).any(|phrase| text.starts_with(phrase) || bare.ends_with(phrase));
    has_dots || is_invitation
}

fn count_words(paragraphs: &[String]) -> u32 {
    paragraphs.iter().map(|text| crate::scripts::count_words(text)).sum()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::model::Quality;

    const SENTENCE: &str = "The ferry that had been laid up since the spring went back to its old place on the river, \
        and for once nobody had anything to complain of, not even those who had missed it. ";

    fn paragraphs(n_paragraphs: usize) -> String {
        format!("<p>{}</p>\n", SENTENCE.repeat(2)).repeat(n_paragraphs)
    }

    #[test]
    fn an_entry_is_whole_only_where_there_is_evidence() {
        let check = |content: &str, summary: Option<&str>, expected: bool| {
            let text =
                FeedText { content: Some(content.to_owned()), summary: summary.map(str::to_owned), is_cut: false };
            assert_eq!(is_whole(&text), expected, "{content}, {summary:?}");
        };
        let whole = paragraphs(4);
        let lead = format!("<p>{SENTENCE}</p>");
        check(&whole, None, true);
        check(&whole, Some(&lead), true);
        check(&whole, Some(&whole), true);
        check(&whole.replace("<p>", "").replace("</p>", "<br><br>"), Some(&lead), true);
        check(&format!("{whole}<p>The post Ferry returns appeared first on The River.</p>"), Some(&lead), true);
        // A sentence with such words in it is none of these invitations.
        check(
            &format!("{whole}<p>{SENTENCE} Those who care can read more about it in the archive of the town.</p>"),
            None,
            true,
        );

        check("", None, false);
        check(&lead, None, false);
        check(&paragraphs(2), None, false);
        check(&format!("<p>{}</p>", SENTENCE.repeat(9)), None, false);
        check("<p>One.</p><p>Two.</p><p>Three.</p><p>Four.</p>", None, false);
        check(&whole, Some(&paragraphs(3)), false);
        for ending in [
            "<p>And then […]</p>",
            "<p>And then …</p>",
            "<p>And then ... </p>",
            "<p><a href='x'>Read more →</a></p>",
            "<p>Continue reading “Ferry returns”</p>",
            "<p>Lire l’article complet</p>",
            "<p>[Weiterlesen ...]</p>",
            "<p>Læs mere</p>",
            "<p>続きを読む</p>",
            "<p>And then [&#8230;]</p><p>The post Ferry returns appeared first on The River.</p>",
        ] {
            check(&format!("{whole}{ending}"), Some(&lead), false);
        }
        let cut = FeedText { content: Some(whole.clone()), summary: None, is_cut: true };
        assert!(!is_whole(&cut), "what is kept of a text is not all of it");
        assert!(
            !is_whole(&FeedText { content: None, summary: Some(whole), is_cut: false }),
            "a description is not told to be all"
        );
    }

    #[test]
    fn the_choice_of_the_user_goes_before_evidence() {
        let check = |full_text: FullText, content: &str, expected: bool| {
            let text = FeedText { content: Some(content.to_owned()), summary: None, is_cut: false };
            assert_eq!(spares_page(&LinkHints { text, full_text, ..LinkHints::default() }), expected, "{full_text}");
        };
        let whole = paragraphs(4);
        check(FullText::Auto, &whole, true);
        check(FullText::Auto, "<p>Short.</p>", false);
        check(FullText::Feed, "<p>Short.</p>", true);
        check(FullText::Page, &whole, false);
    }

    #[test]
    fn an_entry_becomes_an_article() {
        let extractor = Extractor::new(&crate::config::defaults().extract);
        let url = Url::parse("https://river.example/ferry").unwrap();
        let read = |content: Option<&str>, summary: Option<&str>| {
            let text =
                FeedText { content: content.map(str::to_owned), summary: summary.map(str::to_owned), is_cut: false };
            let title = Some("Ferry returns".to_owned());
            article_of_entry(&extractor, &url, &LinkHints { title, text, ..LinkHints::default() })
        };
        let whole = paragraphs(3) + "<p>The post Ferry returns appeared first on The River.</p>";
        let article = read(Some(&whole), None).unwrap().extracted;
        assert_eq!((article.paragraphs.len(), article.body_kind), (3, BodyKind::Feed));
        assert_eq!(article.title.unwrap().value, "Ferry returns");
        let described = read(None, Some(&paragraphs(1))).unwrap().extracted;
        assert_eq!((described.paragraphs.len(), described.body_kind), (1, BodyKind::Feed));
        let cut = read(None, Some(&format!("{} …", paragraphs(1)))).unwrap().extracted;
        assert_eq!(cut.body_kind, BodyKind::Teaser);
        let failure = read(None, None).unwrap_err();
        assert!(failure.reason.starts_with("the feed's entry holds no article: 0 words"), "{failure}");
    }

    #[test]
    fn a_page_that_shows_less_gives_way_to_the_entry() {
        let extractor = Extractor::new(&crate::config::defaults().extract);
        let url = Url::parse("https://river.example/ferry").unwrap();
        let check = |body_kind: BodyKind, reasons: Vec<Cow<'static, str>>, content: String, expected: usize| {
            let text = FeedText { content: Some(content), summary: None, is_cut: false };
            let hints = LinkHints { text, ..LinkHints::default() };
            let mut extracted = article_of_entry(&extractor, &url, &hints).unwrap().extracted;
            extracted.paragraphs = vec![SENTENCE.to_owned()];
            extracted.body_kind = body_kind;
            extracted.quality = Quality { score: 50, reasons };
            take_fuller(&mut extracted, &extractor, &url, &hints);
            assert_eq!(extracted.paragraphs.len(), expected, "{body_kind:?}");
        };
        check(BodyKind::Teaser, vec![], paragraphs(4), 4);
        check(BodyKind::Partial, vec![], paragraphs(4), 4);
        check(BodyKind::Full, vec![], paragraphs(4), 1);
        check(BodyKind::Partial, vec![Quality::PAGES_MISSING.into()], paragraphs(4), 1);
        check(BodyKind::Teaser, vec![], paragraphs(1), 1);
    }
}
