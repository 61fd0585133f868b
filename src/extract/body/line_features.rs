//! What a line looks like on its own and by what stands above it: the features of the first pass.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::super::page::class_names::Marks;
use super::super::page::tags::Tag;
use super::super::page::{Line, Page};
use super::super::text::{
    count_wide, ends_like_sentence, ends_with_ellipsis, key, lower_case_into, n_ascii, number, share,
};
use super::features::{Feature, Features};
use super::known_texts::KnownTexts;
use super::phrases;
use super::shingles::Shingles;

/// Fewest words of a line that counts as prose when marks are checked against the text under them.
const PROSE_WORDS_MIN: usize = 10;

/// A mark on an element that holds more than this share of the page's prose says nothing: it belongs to the page's
/// frame (`class="page sidebar-right comments-open"`), or the template has a name of its own for its articles.
const FRAME_SHARE: f32 = 0.5;

/// Words of structured text from which a line's absence in it means something.
const STRUCTURED_WORDS_MIN: usize = 60;

/// Share of a line's shingles that must stand in the structured text.
const STRUCTURED_SHARE_MIN: f32 = 0.6;

/// A line with what was found out about it.
#[derive(Clone, Debug)]
pub(super) struct LineProfile {
    /// Words; of Han and Kana two characters count as one, to be comparable with other scripts.
    pub(super) n_words: usize,
    pub(super) key: String,
    pub(super) features: Features,
}

/// The profiles of all lines of a page.
pub(super) fn profiles(page: &Page<'_>, texts: &KnownTexts) -> Vec<LineProfile> {
    let words: Vec<usize> = page.lines.iter().map(|line| line.n_words - count_wide(&line.text) / 2).collect();
    let above = marks_above(page, &words);
    let structured = texts.structured_body.as_deref().map(Shingles::of);
    let first_heading = page.top_headings.iter().map(|heading| page.elements[*heading].lines_start).min();
    let mut lower = String::new();
    let mut profiles: Vec<LineProfile> = page
        .lines
        .iter()
        .enumerate()
        .map(|(position, line)| {
            let mut profile = profile_of(page, line, words[position], &mut lower);
            let features = &mut profile.features;
            features.mark(Feature::BeforeHeading, first_heading.is_some_and(|heading| position < heading));
            set_marks(features, above[line.owner], profile.n_words);
            set_titles(features, &profile.key, texts);
            set_company(page, position, features);
            profile
        })
        .collect();
    if let Some(structured) = structured.filter(|known| known.n_words >= STRUCTURED_WORDS_MIN) {
        set_structured(page, &structured, &mut profiles);
    }
    let title = profiles.iter().position(|profile| profile.features.0[Feature::IsTitle as usize] > 0.0);
    let n_above = title.map_or(profiles.len(), |title| title + 1);
    for profile in profiles.iter_mut().skip(n_above).take(UNDER_TITLE_LINES) {
        profile.features.mark(Feature::UnderTitle, true);
    }
    for line in repeated(&profiles) {
        profiles[line].features.mark(Feature::Repeated, true);
    }
    profiles
}

/// The lines whose keys stand on the page more than once.
fn repeated(profiles: &[LineProfile]) -> Vec<usize> {
    let key_of = |line: &usize| profiles[*line].key.as_str();
    let mut lines: Vec<usize> = (0..profiles.len()).collect();
    // By their lengths first, which tell most of them apart.
    lines.sort_unstable_by(|one, other| {
        let (one, other) = (key_of(one), key_of(other));
        one.len().cmp(&other.len()).then_with(|| one.cmp(other))
    });
    let alike = lines.chunk_by(|one, other| key_of(one) == key_of(other));
    alike.filter(|alike| alike.len() > 1).flatten().copied().collect()
}

/// Compares the lines with the text that structured data gives.
fn set_structured(page: &Page<'_>, structured: &Shingles, profiles: &mut [LineProfile]) {
    let known: Vec<bool> =
        page.lines.iter().map(|line| structured.share_of(&line.text) >= STRUCTURED_SHARE_MIN).collect();
    let is_prose = |line: usize| {
        let features = &profiles[line].features.0;
        profiles[line].n_words >= PROSE_WORDS_MIN
            && features[Feature::Sentence as usize] > 0.0
            && features[Feature::LinkShare as usize] < 0.5
    };
    let words = |is_counted: &dyn Fn(usize) -> bool| -> usize {
        (0..profiles.len()).filter(|line| is_prose(*line) && is_counted(*line)).map(|line| profiles[line].n_words).sum()
    };
    let covered = share(words(&|line| known[line]), words(&|_| true));
    let first = known.iter().position(|known| *known).unwrap_or(known.len());
    let last = known.iter().rposition(|known| *known).unwrap_or(0);
    for (line, profile) in profiles.iter_mut().enumerate() {
        profile.features.mark(Feature::InStructured, known[line]);
        profile.features.mark(Feature::NotInStructured, !known[line]);
        profile.features.mark(Feature::OutsideStructured, line < first || line > last);
        profile.features.set(Feature::StructuredShare, covered);
    }
}

/// Lines under the title among which its lead is, where it has one.
const UNDER_TITLE_LINES: usize = 2;

/// Levels up to which an element is looked for that holds little else than the line.
const COMPANY_LEVELS: usize = 4;

/// Most lines of an element with a picture, or with a button or field, that the line shares.
const IMAGE_LINES_MAX: usize = 3;
const INPUT_LINES_MAX: usize = 8;

/// What a line shares a small element with: a picture whose caption it may be, a form that it may belong to. Templates
/// without telling names are told by it.
fn set_company(page: &Page<'_>, position: usize, features: &mut Features) {
    let line = &page.lines[position];
    let mut element = line.block;
    for _ in 0..COMPANY_LEVELS {
        let above = &page.elements[element];
        let n_lines = above.lines_end - above.lines_start;
        if n_lines > INPUT_LINES_MAX || above.parent == element {
            break;
        }
        if above.holds_image && n_lines <= IMAGE_LINES_MAX {
            features.mark(Feature::WithImage, true);
        }
        if above.holds_input {
            features.mark(Feature::WithInput, true);
        }
        element = above.parent;
    }
    let before = position.checked_sub(1).map_or(0, |previous| page.lines[previous].n_images);
    features.mark(Feature::AfterImage, line.n_images > before);
    features.mark(Feature::BeforeImage, page.lines.get(position + 1).is_some_and(|next| next.n_images > line.n_images));
}

/// For every element the marks on it and above it, those of the page's frame left out.
fn marks_above(page: &Page<'_>, words: &[usize]) -> Vec<Marks> {
    let mut prose_before: Vec<usize> = vec![0];
    for (line, n_words) in page.lines.iter().zip(words) {
        let is_prose =
            line.link_bytes * 2 < line.text.len() && ends_like_sentence(&line.text) && *n_words >= PROSE_WORDS_MIN;
        prose_before.push(prose_before.last().copied().unwrap_or(0) + if is_prose { line.text.len() } else { 0 });
    }
    let all = prose_before.last().copied().unwrap_or(0);
    let mut above: Vec<Marks> = Vec::with_capacity(page.elements.len());
    for (index, element) in page.elements.iter().enumerate() {
        let prose = prose_before[element.lines_end] - prose_before[element.lines_start];
        let is_frame = share(prose, all) > FRAME_SHARE;
        let own = if is_frame { element.marks.without(Marks::AGAINST) } else { element.marks };
        let inherited = if element.parent == index { Marks::NONE } else { above[element.parent] };
        above.push(own | inherited);
    }
    above
}

/// The profile of a line by itself. `lower` has room for it in lower case.
fn profile_of(page: &Page<'_>, line: &Line, n_words: usize, lower: &mut String) -> LineProfile {
    let text = line.text.as_str();
    let mut features = Features::new();
    let length = match n_words {
        0..=3 => Feature::Tiny,
        4..=9 => Feature::Short,
        10..=19 => Feature::Medium,
        20..=49 => Feature::Long,
        _ => Feature::VeryLong,
    };
    features.set(length, 1.0);
    let is_sentence = ends_like_sentence(text);
    features.mark(Feature::Sentence, is_sentence);
    features.mark(Feature::ShortSentence, is_sentence && n_words < 10);
    features.mark(Feature::Ellipsis, ends_with_ellipsis(text));
    features.mark(Feature::Colon, text.ends_with([':', '：']));
    features.mark(Feature::Question, text.ends_with(['?', '？', '؟']));
    let link_share = share(line.link_bytes, text.len());
    features.set(Feature::LinkShare, link_share);
    features.mark(Feature::AllLink, link_share > 0.9);
    features.mark(Feature::LinkInText, line.n_links > 0 && link_share < 0.5);
    features.mark(Feature::AllEmphasis, share(line.emphasis_bytes, text.len()) > 0.9);
    set_characters(&mut features, text);
    let block = &page.elements[line.block];
    let tag = match block.tag {
        Tag::Paragraph => Feature::Paragraph,
        Tag::Heading(1) => Feature::TopHeading,
        Tag::Heading(2 | 3) => Feature::Heading,
        Tag::Heading(_) => Feature::LowHeading,
        Tag::Item => Feature::Item,
        Tag::Row | Tag::Table => Feature::Row,
        _ => Feature::Bare,
    };
    features.set(tag, 1.0);
    features.mark(Feature::AtBreak, line.ends_at_break);
    features.mark(Feature::InlineOwner, line.owner != line.block && page.elements[line.owner].tag == Tag::Inline);
    if n_words < phrases::LEGAL_WORDS_MAX {
        lower_case_into(text, lower);
        let said = phrases::said_in(lower);
        let is_short = n_words < phrases::WORDS_MAX;
        features.mark(Feature::Invites, said.invites && is_short);
        features.mark(Feature::Credits, said.credits && is_short);
        features.mark(Feature::Legal, said.legal);
        features.mark(Feature::Byline, phrases::begins_byline(lower, n_words));
    }
    LineProfile { n_words, key: key(text), features }
}

/// What a character says of its line.
#[derive(Clone, Copy)]
enum Class {
    Nothing,
    Digit,
    Lower,
    Upper,
    Separator,
    At,
    OpeningQuote,
    ClosingQuote,
}

const N_CLASSES: usize = 8;

/// The classes of the characters of ASCII, which most of most texts are.
static ASCII_CLASSES: [Class; 256] = {
    let mut classes = [Class::Nothing; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'0'..=b'9' => Class::Digit,
            b'a'..=b'z' => Class::Lower,
            b'A'..=b'Z' => Class::Upper,
            b'|' | b'>' => Class::Separator,
            b'@' => Class::At,
            _ => Class::Nothing,
        };
        byte += 1;
    }
    classes
};

fn class_beyond_ascii(c: char) -> Class {
    match c {
        '·' | '›' | '•' | '►' | '▶' | '→' => Class::Separator,
        '«' => Class::OpeningQuote,
        '»' => Class::ClosingQuote,
        c if c.is_uppercase() => Class::Upper,
        c if c.is_alphabetic() => Class::Lower,
        _ => Class::Nothing,
    }
}

/// Parts of addresses.
static ADDRESS_PARTS: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| [Finder::new("http"), Finder::new("www.")]);

fn set_characters(features: &mut Features, text: &str) {
    let mut counts = [0_usize; N_CLASSES];
    let mut rest = text;
    while !rest.is_empty() {
        let n_ascii = n_ascii(rest);
        rest.as_bytes()[..n_ascii].iter().for_each(|byte| counts[ASCII_CLASSES[usize::from(*byte)] as usize] += 1);
        rest = &rest[n_ascii..];
        if let Some(c) = rest.chars().next() {
            counts[class_beyond_ascii(c) as usize] += 1;
            rest = &rest[c.len_utf8()..];
        }
    }
    let n_all = counts.iter().sum();
    let [_, n_digits, n_lower, n_upper, n_separators, n_ats, n_opening, n_closing] = counts;
    features.set(Feature::Digits, share(n_digits, n_all));
    features.mark(Feature::Uppercase, n_upper > 3 && n_lower == 0);
    // A guillemet alone is an arrow, two are quotation marks.
    features.mark(Feature::Separators, n_separators > 0 || n_closing > 0 && n_opening == 0);
    features.mark(Feature::Address, n_ats > 0 || ADDRESS_PARTS.iter().any(|part| part.find(text.as_bytes()).is_some()));
    features.mark(Feature::Dated, n_all < 60 && n_digits >= 3 && n_digits * 8 >= n_all);
    let begins_small =
        text.chars().next().is_some_and(|c| c.is_lowercase() || matches!(c, ',' | '.' | ';' | ')' | '|'));
    features.mark(Feature::Begins, begins_small);
}

fn set_marks(features: &mut Features, marks: Marks, n_words: usize) {
    const EACH: [(Marks, Feature); 28] = [
        (Marks::NAVIGATION, Feature::Navigation),
        (Marks::FOOTER, Feature::Footer),
        (Marks::HEADER, Feature::Header),
        (Marks::ASIDE, Feature::Aside),
        (Marks::CAPTION, Feature::Caption),
        (Marks::CONTROL, Feature::Control),
        (Marks::COMMENTS, Feature::Comments),
        (Marks::RELATED, Feature::Related),
        (Marks::SHARE, Feature::Share),
        (Marks::ADVERTISING, Feature::Advertising),
        (Marks::SUBSCRIBE, Feature::Subscribe),
        (Marks::HIDDEN, Feature::Hidden),
        (Marks::AUTHOR, Feature::Author),
        (Marks::DATE, Feature::Date),
        (Marks::TAGS, Feature::Tags),
        (Marks::ARTICLE, Feature::Article),
        (Marks::BODY, Feature::Body),
        (Marks::LEAD, Feature::Lead),
        (Marks::TITLE, Feature::Title),
        (Marks::CONSENT, Feature::Consent),
        (Marks::EMBED, Feature::Embed),
        (Marks::MEDIA, Feature::Media),
        (Marks::TEASER, Feature::Teaser),
        (Marks::DETAILS, Feature::Details),
        (Marks::NOTICE, Feature::Notice),
        (Marks::MAIN, Feature::Main),
        (Marks::FACTS, Feature::Facts),
        (Marks::QUOTE, Feature::Quote),
    ];
    let mut n_against = 0;
    for (mark, feature) in EACH {
        if marks.has(mark) {
            features.set(feature, 1.0);
            n_against += usize::from(Marks::AGAINST.has(mark));
        }
    }
    features.mark(Feature::LongAuthor, marks.has(Marks::AUTHOR) && n_words >= 20);
    features.set(Feature::Against, number(n_against));
}

/// Fewest bytes of a key that may be part of a title without being equal to it.
const TITLE_KEY_BYTES_MIN: usize = 20;

fn set_titles(features: &mut Features, key: &str, texts: &KnownTexts) {
    features.mark(Feature::IsTitle, texts.title_keys.iter().any(|title| title == key));
    let is_like = |title: &String| {
        let shorter = title.len().min(key.len());
        shorter >= TITLE_KEY_BYTES_MIN
            && shorter * 2 > title.len().max(key.len())
            && (title.starts_with(key) || key.starts_with(title.as_str()) || title.ends_with(key))
    };
    features.mark(Feature::LikeTitle, texts.title_keys.iter().any(is_like));
    let is_description = |description: &String| {
        description == key
            || description.len().min(key.len()) >= 40
                && (description.starts_with(key) || key.starts_with(description.as_str()))
    };
    features.mark(Feature::IsDescription, texts.description_keys.iter().any(is_description));
}
