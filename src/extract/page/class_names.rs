//! What the names on an element say about its content: classes, ids and roles, in the words that page templates use for
//! them in several languages.
//!
//! A mark is evidence, never a verdict: `body` weighs it against what the text itself looks like.

use std::ops::{BitOr, BitOrAssign};
use std::sync::LazyLock;

/// A set of marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Marks(u32);

impl Marks {
    pub(in super::super) const NONE: Marks = Marks(0);
    /// Navigation: menus, bread crumbs, pagination.
    pub(in super::super) const NAVIGATION: Marks = Marks(1);
    /// Foot of a page or of an article.
    pub(in super::super) const FOOTER: Marks = Marks(1 << 1);
    /// Head of a page or of an article.
    pub(in super::super) const HEADER: Marks = Marks(1 << 2);
    /// Beside the text: side bars, boxes, widgets.
    pub(in super::super) const ASIDE: Marks = Marks(1 << 3);
    /// Picture captions and credits.
    pub(in super::super) const CAPTION: Marks = Marks(1 << 4);
    /// Forms and controls.
    pub(in super::super) const CONTROL: Marks = Marks(1 << 5);
    /// Readers' comments.
    pub(in super::super) const COMMENTS: Marks = Marks(1 << 6);
    /// Links to other articles.
    pub(in super::super) const RELATED: Marks = Marks(1 << 7);
    /// Share and follow buttons.
    pub(in super::super) const SHARE: Marks = Marks(1 << 8);
    /// Advertising and sponsored matter.
    pub(in super::super) const ADVERTISING: Marks = Marks(1 << 9);
    /// Newsletter and subscription boxes, pay walls.
    pub(in super::super) const SUBSCRIBE: Marks = Marks(1 << 10);
    /// Not shown.
    pub(in super::super) const HIDDEN: Marks = Marks(1 << 11);
    /// Who wrote it.
    pub(in super::super) const AUTHOR: Marks = Marks(1 << 12);
    /// When it was written.
    pub(in super::super) const DATE: Marks = Marks(1 << 13);
    /// Keywords and rubrics.
    pub(in super::super) const TAGS: Marks = Marks(1 << 14);
    /// An article as a whole.
    pub(in super::super) const ARTICLE: Marks = Marks(1 << 15);
    /// The running text of an article.
    pub(in super::super) const BODY: Marks = Marks(1 << 16);
    /// The lead.
    pub(in super::super) const LEAD: Marks = Marks(1 << 17);
    /// A headline.
    pub(in super::super) const TITLE: Marks = Marks(1 << 18);
    /// Consent to cookies.
    pub(in super::super) const CONSENT: Marks = Marks(1 << 19);
    /// Foreign matter set into the text: posts of social networks, players.
    pub(in super::super) const EMBED: Marks = Marks(1 << 20);
    /// Galleries and videos.
    pub(in super::super) const MEDIA: Marks = Marks(1 << 21);
    /// Teasers and cards, of which a list page is made.
    pub(in super::super) const TEASER: Marks = Marks(1 << 22);
    /// Details of an article that are not its text: sources, dates, reading time.
    pub(in super::super) const DETAILS: Marks = Marks(1 << 23);
    /// A legal or house notice.
    pub(in super::super) const NOTICE: Marks = Marks(1 << 24);
    /// The main part of a page.
    pub(in super::super) const MAIN: Marks = Marks(1 << 25);
    /// Boxes with facts or summaries that belong to the text.
    pub(in super::super) const FACTS: Marks = Marks(1 << 26);
    /// A quotation or pull quote.
    pub(in super::super) const QUOTE: Marks = Marks(1 << 27);

    /// Marks that speak against a line standing under them.
    pub(in super::super) const AGAINST: Marks = Marks::any(&[
        Marks::NAVIGATION,
        Marks::FOOTER,
        Marks::ASIDE,
        Marks::CAPTION,
        Marks::CONTROL,
        Marks::COMMENTS,
        Marks::RELATED,
        Marks::SHARE,
        Marks::ADVERTISING,
        Marks::SUBSCRIBE,
        Marks::HIDDEN,
        Marks::TAGS,
        Marks::CONSENT,
        Marks::EMBED,
        Marks::MEDIA,
        Marks::TEASER,
        Marks::DETAILS,
        Marks::NOTICE,
        Marks::AUTHOR,
        Marks::DATE,
    ]);

    /// All marks of a list.
    pub(in super::super) const fn any(list: &[Marks]) -> Marks {
        let mut all = Marks::NONE;
        let mut position = 0;
        while position < list.len() {
            all = Marks(all.0 | list[position].0);
            position += 1;
        }
        all
    }

    pub(in super::super) fn has(self, other: Marks) -> bool {
        self.0 & other.0 != 0
    }

    pub(in super::super) fn without(self, other: Marks) -> Marks {
        Marks(self.0 & !other.0)
    }
}

impl BitOr for Marks {
    type Output = Marks;
    fn bitor(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }
}

impl BitOrAssign for Marks {
    fn bitor_assign(&mut self, other: Marks) {
        self.0 |= other.0;
    }
}

/// The words that templates use, by what they mean. A word of two parts, such as `articlebody`, stands for
/// `article-body`, `article_body` and `articleBody` too.
const VOCABULARY: &[(Marks, &str)] = &[
    (
        Marks::NAVIGATION,
        "banner breadcrumb breadcrumbs contentinfo inhaltsverzeichnis jumplink masthead megamenu menu nav \
         navbar navi navigation pager pagination paging skiplink submenu toc toolbar topbar",
    ),
    (Marks::FOOTER, "bottombar colophon foot footer fusszeile pied"),
    (Marks::HEADER, "entete head header kopf"),
    (
        Marks::ASIDE,
        "aside barra complementary lateral leftcol leftrail marginalie rail rightcol rightcolumn rightrail \
         secondary seitenleiste sidebar sidebars widget widgets",
    ),
    (
        Marks::CAPTION,
        "agency bildnachweis bildtext bildunterschrift bildunterzeile caption captions copyright credit \
         credits cutline figcaption fotograf imagecaption imagecredit imagetext legende photocredit \
         photographer picturetext pie quelle wpcaption",
    ),
    (
        Marks::CONTROL,
        "accessibility assistivetext btn button buttons contact dialog dropdown feedback form gelsr input kontakt login modal \
         overlay poll popup rating ratings register screenreader search searchform select signin signup \
         sronly srtext survey tooltip umfrage visuallyhidden vote",
    ),
    (
        Marks::COMMENTS,
        "comentarios comment commentaires commenti commentlist comments discussion disqus forum kommentar \
         kommentare kommentit livefyre reacties reply respond talkback usercomments",
    ),
    (
        Marks::RELATED,
        "aehnliche alsoread articlelink aussi correlate correlati crosslink crosslinks discover empfehlung \
         empfehlungen explore inread internallinks latest latestnews leertambien leesook lesen lesenswert \
         linkbox linklist linkout links lireaussi lirelasuite mehr meistgelesen morefrom morelinks morenews \
         morestories mostpopular mostread newslist next nextarticle nextpost outbrain plista popular previous \
         prevpost readalso readingalso readmore readnext recirc recirculation recommend recommendation \
         recommendations recommended relacionadas relacionado relacionados related relatedarticles \
         relatedcontent relatedlinks relatedposts relatedstories relatedstory relatedtopics seealso similar \
         suggested suggestions taboola tambien topstories trending upnext verwandte weiterfuhrend weiterlesen \
         yarpp zergnet",
    ),
    (
        Marks::SHARE,
        "addthis addtoany bookmark drucken facebook follow followus googlenews jpsharetools merkliste partage \
         print share shareaholic sharebar sharebuttons sharedaddy sharelinks sharing social socialmedia \
         socials socialshare teilen whatsapp",
    ),
    (
        Marks::ADVERTISING,
        "ad adbox ads adsbygoogle adslot adunit adv advert advertisement advertising affiliate affiliatebox \
         anzeige commercial deals dfp gpt promo promoted promotion promotions pubblicita publicidad publicite \
         reklam reklame shopping sponsor sponsored sponsors teads werbung",
    ),
    (
        Marks::SUBSCRIBE,
        "abo abonnement abonnieren appdownload calltoaction cta donate donation donations mailchimp \
         membership newsletter newsletters offer optin paywall piano podcastpromo regwall signupbox spenden \
         subscribe subscriber subscription subscriptions support suscripcion",
    ),
    (Marks::HIDDEN, "displaynone dnone hidden hide invisible noscript offscreen"),
    (
        Marks::AUTHOR,
        "auteur auteurs author authorbio authorbox authorname authors autor autore autoren autores bio \
         biography byl byline bylines contributor contributors journalist reporter verfasser writer",
    ),
    (
        Marks::DATE,
        "date dateline dates datetime datum fecha lastmodified modified postdate posted pubdate publishdate \
         published publishedon time timestamp uhrzeit updated",
    ),
    (
        Marks::TAGS,
        "categories category catlinks dachzeile entrycategories etiquetas eyebrow hashtags keywords kicker \
         label labels overline postmeta posttagged posttags rubrik schlagworte section tag tagcloud tagline \
         taglist tags themen topic topiclist topics",
    ),
    (
        Marks::ARTICLE,
        "article articolo articulo artikel blogpost entry hentry newsarticle newsitem nota noticia post \
         postarea story",
    ),
    (
        Marks::BODY,
        "absatz articlebody articlecontainer articlecontent articlecopy articlemain articleparagraph \
         articletext artikelbody artikelinhalt artikeltext body bodycontent bodycopy bodytext contentbody \
         contenttext copytext corps cuerpo detailtext entrybody entrycontent fliesstext fulltext maincontent \
         newsbody newscontent newstext paragraf paragraph paragraphs postbody postcontent posttext richtext \
         rte singlecontent storybody storycontent storytext tdpostcontent tekst testo textblock textblocks \
         texte textelement texto thecontent wysiwyg",
    ),
    (
        Marks::LEAD,
        "abstract anlauf articledeck articlelead articlesummary bajada chapeau chapo copete deck dek \
         entradilla excerpt ingres ingress intro introduction introtext lead leadtext lede manchet perex \
         postexcerpt shortdescription sommario sottotitolo standfirst subhead subheadline subtitle subtitulo \
         sumario summary underrubrik untertitel vorspann",
    ),
    (
        Marks::TITLE,
        "articletitle entrytitle heading headline hed pagetitle posttitle titel title titles titolo titre \
         titulo ueberschrift",
    ),
    (
        Marks::CONSENT,
        "cmp consent cookie cookiebanner cookies datenschutz didomi gdpr onetrust privacy sourcepoint \
         usercentrics",
    ),
    (Marks::EMBED, "embed embedcontent embedded embeds iframe instagram oembed tiktok tweet twitter youtube"),
    (
        Marks::MEDIA,
        "audio bild bildergalerie carousel figure foto fotos fotostrecke galerie gallery image images \
         lightbox media mediathek photo photos picture player podcast slick slider slideshow swiper video \
         videos",
    ),
    (
        Marks::TEASER,
        "archive blogroll card cards featured feed grid headlines highlights listing listitem newsfeed \
         preview teaser teaserbox teaserlist teasers ticker tile tiles",
    ),
    (
        Marks::DETAILS,
        "articlefooter articleinfo articlemeta details entryfooter entrymeta footnote footnotes info infos \
         meta metadata metainfo minread postfooter postinfo readingtime readtime references source sources",
    ),
    (
        Marks::NOTICE,
        "about alert copyrightnotice correction disclaimer editorsnote hinweis impressum imprint legal \
         message notice notification policy terms warning",
    ),
    (
        Marks::MAIN,
        "contenido content contentmain contenu hauptinhalt inhalt main mainarticle maincol maincolumn \
         pagecontent primary",
    ),
    (
        Marks::FACTS,
        "box boxout bulletpoints bullets callout factbox facts faktenbox highlightsbox infobox infokasten \
         kasten keypoints keytakeaways sidebarbox takeaways zusammenfassung",
    ),
    (Marks::QUOTE, "blockquote cita citation citazione pullquote quote quotes zitat"),
];

/// Words after which the next one says what a page has somewhere, not what the element is: `has-sidebar`.
const MODIFIERS: &str = "has hide no not show with without after before";

/// Slots of the table of words: a power of two, four times the words, so that most are found where they belong.
const SLOTS: usize = 4096;

/// The vocabulary by hash. A word is known by its 64-bit hash alone, which is worked out while the name is read and
/// goes on from one part of a name to the next.
struct Vocabulary {
    slots: Vec<(u64, Marks)>,
    modifiers: Vec<u64>,
}

static WORDS: LazyLock<Vocabulary> = LazyLock::new(|| {
    let mut slots = vec![(0, Marks::NONE); SLOTS];
    for (marks, words) in VOCABULARY {
        for word in words.split_ascii_whitespace() {
            let hash = hash_of(word);
            let mut slot = slot_of(hash);
            while slots[slot].0 != 0 && slots[slot].0 != hash {
                slot = (slot + 1) % SLOTS;
            }
            slots[slot] = (hash, slots[slot].1 | *marks);
        }
    }
    Vocabulary { slots, modifiers: MODIFIERS.split_ascii_whitespace().map(hash_of).collect() }
});

impl Vocabulary {
    fn look_up(&self, hash: u64) -> Marks {
        let mut slot = slot_of(hash);
        loop {
            match self.slots[slot] {
                (0, _) => return Marks::NONE,
                (known, marks) if known == hash => return marks,
                _ => slot = (slot + 1) % SLOTS,
            }
        }
    }
}

const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

fn hash_on(hash: u64, letter: u8) -> u64 {
    (hash ^ u64::from(letter.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
}

fn hash_of(word: &str) -> u64 {
    word.bytes().fold(HASH_START, hash_on)
}

fn slot_of(hash: u64) -> usize {
    // The upper bits of such a hash are mixed better than the lower.
    ((hash >> 32) % SLOTS as u64) as usize
}

/// The marks in the value of a `class`, `id`, `itemprop`, `role` or test-id attribute.
pub(in super::super) fn marks_of_names(names: &str) -> Marks {
    let vocabulary = &*WORDS;
    let mut marks = Marks::NONE;
    for name in names.split_ascii_whitespace() {
        let bytes = name.as_bytes();
        // The hash of the part before, to go on from for words of two parts.
        let (mut before, mut skips_next) = (None, false);
        let mut at = 0;
        while at < bytes.len() {
            if !bytes[at].is_ascii_alphabetic() {
                at += 1;
                continue;
            }
            let (mut alone, mut joined) = (HASH_START, before.unwrap_or(HASH_START));
            let start = at;
            while at < bytes.len()
                && bytes[at].is_ascii_alphabetic()
                && !(at > start && bytes[at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase())
            {
                alone = hash_on(alone, bytes[at]);
                joined = hash_on(joined, bytes[at]);
                at += 1;
            }
            if !skips_next {
                marks |= vocabulary.look_up(alone);
                if before.is_some() {
                    marks |= vocabulary.look_up(joined);
                }
            }
            skips_next = vocabulary.modifiers.contains(&alone);
            before = Some(alone);
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_stands_in_one_group_and_has_a_hash_of_its_own() {
        let words: Vec<&str> = VOCABULARY.iter().flat_map(|(_, words)| words.split_ascii_whitespace()).collect();
        let mut hashes: Vec<u64> = words.iter().map(|word| hash_of(word)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), words.len());
        assert!(words.len() * 4 <= SLOTS && !hashes.contains(&0));
    }

    #[test]
    fn names_are_taken_apart() {
        let check = |names: &str, expected: Marks| assert_eq!(marks_of_names(names), expected, "{names}");
        check("c-article__body", Marks::ARTICLE | Marks::BODY);
        check("articleBody", Marks::ARTICLE | Marks::BODY);
        check("story-sidebar", Marks::ARTICLE | Marks::ASIDE);
        check("page has-sidebar", Marks::NONE);
        check("READMORE", Marks::RELATED);
        check("größe 12 --", Marks::NONE);
    }
}
