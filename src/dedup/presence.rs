//! What stands on a page where a known article stood: that article, perhaps in another wording, or something else. What is
//! something else is believed once it is seen twice in a row, and then the known article counts as removed; its text is not
//! lost to a page that has nothing of it.

use super::known::{Known, is_same_article};
use super::likeness::{n_in_both, ratio};
use super::shingle::ShingledText;
use crate::model::{Article, BodyKind, Origin};
use crate::revision::substance;

/// How many times shorter than an article the text is that says that it is gone, at least. Such notices have up to some
/// fifty words; an article that is rewritten as a whole keeps about its length.
const NOTICE_TIMES_SHORTER: usize = 3;

/// So much of the shorter text stands in the other one, if one was made of the other.
const REWRITTEN_SHARE_MIN: f64 = 0.2;

/// Two headlines that have more than two thirds of their telling words in common, and so many, speak of the same. Fewer are
/// the name of a series.
const HEADLINE_WORDS_MIN: usize = 3;

/// What stands where a known article stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// That article.
    Article,
    /// A wall before it, or a lead of something else: that says nothing of the article.
    Barrier,
    /// A word on its absence: it shares neither headline nor any of its text, and is much shorter.
    Notice,
    /// Perhaps the article, rewritten from its headline to its end, and perhaps another one.
    Unlike,
    /// Another article.
    Other,
}

/// What is known of a page beside its article.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Promises<'a> {
    /// The headline that a source gives the link now.
    pub title: Option<&'a str>,
    /// Whether the page has most words of that, or of its own address.
    pub are_kept: bool,
}

/// Tells what stands where a known article stood.
///
/// A headline that its source has changed too, or the day of publication together with the words that were promised, show
/// that an article was rewritten; either of these two alone leaves it open.
#[must_use]
pub fn tell(article: &Article, known: &Known, promises: Promises<'_>) -> Presence {
    if article.body_kind == BodyKind::Wall {
        return Presence::Barrier;
    }
    if is_same_article(article, known) {
        return Presence::Article;
    }
    if article.body_kind == BodyKind::Teaser {
        return Presence::Barrier;
    }
    // Before, something else stood there.
    if [BodyKind::Wall, BodyKind::Teaser].iter().any(|kind| kind.as_str() == known.body_kind) {
        return Presence::Article;
    }
    if article.body.len() < known.body.len() / NOTICE_TIMES_SHORTER {
        return Presence::Notice;
    }
    if is_titled(article, promises.title) || is_rewritten(article, known) {
        return Presence::Article;
    }
    match (promises.are_kept, has_same_day(article, known)) {
        (true, true) => Presence::Article,
        (true, false) | (false, true) => Presence::Unlike,
        (false, false) => Presence::Other,
    }
}

/// Whether one of the two was made of the other: by some of its text, or by most of what its headline speaks of.
fn is_rewritten(article: &Article, known: &Known) -> bool {
    let [ours, theirs] = [(&article.title, &article.body), (&known.title, &known.body)]
        .map(|(title, body)| ShingledText::new(title.as_deref(), body));
    let n_shorter = ours.len().min(theirs.len());
    if ratio(n_in_both(&ours.distinct, &theirs.distinct), n_shorter) >= REWRITTEN_SHARE_MIN {
        return true;
    }
    let n_words = ours.headline.len().min(theirs.headline.len());
    let n_common = n_in_both(&ours.headline, &theirs.headline);
    n_common >= HEADLINE_WORDS_MIN && n_common * 3 > n_words * 2
}

fn is_titled(article: &Article, title: Option<&str>) -> bool {
    let both = article.title.as_deref().zip(title);
    both.is_some_and(|(ours, given)| substance::titles_agree(given, ours, article.site_name.as_deref()))
}

/// Whether the page itself gives the day of publication, and it is that of the known article.
fn has_same_day(article: &Article, known: &Known) -> bool {
    let is_of_page = |origin: Origin| !matches!(origin, Origin::Feed | Origin::Sitemap | Origin::Url);
    let day = article.published.filter(|published| is_of_page(published.origin)).map(|published| published.day());
    day.is_some() && day == known.day
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, tz::Offset};

    use super::super::example;
    use super::*;
    use crate::model::{DatePrecision, Published};

    const BRIDGES: &str =
        "The three bridges over the Lorn are to be painted from May on.\nNobody knows what it will cost.";
    const TUNNELS: &str =
        "Under the hill of Aske two tunnels were begun in the night.\nThe first train is expected in nine years.";

    fn article(title: &str, body: &str, kind: BodyKind, origin: Option<Origin>) -> Article {
        let published = origin.map(|origin| Published {
            instant: Timestamp::from_second(1_794_000_000).unwrap(),
            offset: Offset::UTC,
            precision: DatePrecision::Day,
            origin,
        });
        Article { published, body_kind: kind, ..example::article(title, body) }
    }

    fn known(kind: BodyKind) -> Known {
        let day = article("", "", kind, Some(Origin::Meta)).published.map(|published| published.day());
        let (title, body) = (Some("Bridges over Lorn to be painted".to_owned()), BRIDGES.to_owned());
        Known { id: 7, title, body, body_kind: kind.as_str().to_owned(), day }
    }

    fn told(title: &str, body: &str, origin: Option<Origin>, promises: Promises<'_>) -> Presence {
        tell(&article(title, body, BodyKind::Full, origin), &known(BodyKind::Full), promises)
    }

    #[test]
    fn an_article_is_known_by_its_headline_its_text_or_what_was_promised() {
        let nothing = Promises::default();
        assert_eq!(told("Tunnels begun", TUNNELS, None, nothing), Presence::Other);
        assert_eq!(told("Bridges over Lorn to be painted", TUNNELS, None, nothing), Presence::Article);
        assert_eq!(told("Bridges over the Lorn: painted at last", TUNNELS, None, nothing), Presence::Article);
        assert_eq!(told("Lorn", TUNNELS, None, nothing), Presence::Other);
        let edited = format!("It is decided. {}", BRIDGES.replace('\n', " So it begins. "));
        assert_eq!(told("Paint", &edited, None, nothing), Presence::Article);
        let promised = |title| Promises { title: Some(title), are_kept: false };
        assert_eq!(told("Tunnels begun", TUNNELS, None, promised("Tunnels begun")), Presence::Article);
        assert_eq!(told("Tunnels begun", TUNNELS, None, promised("Bridges")), Presence::Other);
    }

    #[test]
    fn of_day_and_promised_words_both_are_needed_at_once() {
        let kept = Promises { title: None, are_kept: true };
        let of_page = Some(Origin::Meta);
        assert_eq!(told("Tunnels begun", TUNNELS, of_page, kept), Presence::Article);
        assert_eq!(told("Tunnels begun", TUNNELS, None, kept), Presence::Unlike);
        assert_eq!(told("Tunnels begun", TUNNELS, of_page, Promises::default()), Presence::Unlike);
        // What is not the page's own word says nothing of it.
        assert_eq!(told("Tunnels begun", TUNNELS, Some(Origin::Url), Promises::default()), Presence::Other);
    }

    #[test]
    fn walls_leads_and_notices_are_no_articles() {
        let nothing = Promises::default();
        let of_kind = |title: &str, kind| tell(&article(title, TUNNELS, kind, None), &known(BodyKind::Full), nothing);
        assert_eq!(of_kind("Bridges over Lorn to be painted", BodyKind::Wall), Presence::Barrier);
        assert_eq!(of_kind("Bridges over Lorn to be painted", BodyKind::Teaser), Presence::Article);
        assert_eq!(of_kind("Tunnels begun", BodyKind::Teaser), Presence::Barrier);
        assert_eq!(told("Page not found", "It was removed.", None, nothing), Presence::Notice);
        assert_eq!(told("Bridges over Lorn to be painted", "It is over.", None, nothing), Presence::Article);
        // An article in the place of a wall is what was looked for.
        let full = article("Tunnels begun", TUNNELS, BodyKind::Full, None);
        assert_eq!(tell(&full, &known(BodyKind::Wall), nothing), Presence::Article);
    }
}
