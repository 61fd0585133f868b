//! Who wrote it: names of people, from where pages put them, without what pages put around them.
//!
//! Where nobody is named and the page declares an organisation as the author, an agency or its own newsroom, that is
//! what stands in the byline and what is given. It never stands beside people, who then are the authors.

use super::class_names::Marks;
use super::declared::Declared;
use super::json_ld::StructuredArticle;
use super::layout::Layout;
use super::page::{Line, Page};
use super::text::{count_words, fold, key};
use crate::model::{Evidence, LinkHints, Origin};
use crate::scripts::is_han_or_kana;

/// Most names kept.
const AUTHORS_MAX: usize = 20;

/// Most words of one name.
const NAME_WORDS_MAX: usize = 6;

/// Elements looked at that may be bylines.
const ELEMENTS_MAX: usize = 50;

/// Longest text of a byline.
const BYLINE_BYTES_MAX: usize = 200;

/// Names of `meta` elements that hold authors.
const META_NAMES: [&str; 9] = [
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "cxenseparse:author",
    "dc.creator",
    "dcterms.creator",
    "byl",
    "twitter:data1",
];

/// What stands before a name.
const OPENINGS: [&str; 31] = [
    "written by",
    "reported by",
    "story by",
    "text by",
    "posted by",
    "by",
    "von",
    "par",
    "por",
    "di",
    "de",
    "door",
    "av",
    "af",
    "od",
    "przez",
    "autor:",
    "autorin:",
    "autoren:",
    "author:",
    "authors:",
    "text:",
    "texte:",
    "interview:",
    "автор:",
    "авторы:",
    "текст:",
    "作者：",
    "記者：",
    "بقلم",
    "oleh",
];

/// Openings that mark a line as a byline though nothing else does; the shorter ones begin many a sentence.
const HEAD_OPENINGS: [&str; 9] =
    ["by ", "written by ", "von ", "autor: ", "autorin: ", "author: ", "text: ", "автор: ", "oleh "];

/// What stands between names.
const SEPARATORS: [&str; 17] = [
    ", ", ",", " and ", " und ", " et ", " y ", " og ", " och ", " en ", " & ", " / ", "/", ";", " | ", " · ", "、",
    " ve ",
];

/// Those of them that join two: they stand within names of papers and firms as well.
const CONJUNCTIONS: [&str; 8] = [" and ", " und ", " et ", " y ", " og ", " och ", " en ", " & "];

/// Words that say that something is no person.
const ORGANISATION_WORDS: [&str; 47] = [
    "redaktion",
    "redaction",
    "rédaction",
    "redacción",
    "redazione",
    "redakcja",
    "redactie",
    "newsroom",
    "staff",
    "desk",
    "editorial",
    "editors",
    "team",
    "agency",
    "agencies",
    "agencia",
    "agence",
    "agentur",
    "agenturen",
    "nachrichten",
    "newsdesk",
    "correspondent",
    "reporters",
    "news",
    "online",
    "digital",
    "press",
    "zeitung",
    "newspaper",
    "admin",
    "administrator",
    "media",
    "magazine",
    "redaktionen",
    "tv",
    "group",
    "gmbh",
    "ltd",
    "inc",
    "association",
    "university",
    "institute",
    "anonymous",
    "guest",
    "contributor",
    "contributors",
    "ajansı",
];

/// News agencies by the names under which their texts run.
const AGENCIES: [&str; 30] = [
    "ap",
    "afp",
    "dpa",
    "apa",
    "sda",
    "keystonesda",
    "reuters",
    "ansa",
    "efe",
    "europapress",
    "ritzau",
    "ntb",
    "tt",
    "pap",
    "čtk",
    "ctk",
    "tass",
    "xinhua",
    "kyodo",
    "jiji",
    "pti",
    "ani",
    "ians",
    "ddp",
    "epd",
    "kna",
    "sid",
    "aap",
    "upi",
    "antara",
];

/// Words that follow a name and say what its bearer does.
const ROLE_WORDS: [&str; 24] = [
    "reporter",
    "correspondent",
    "editor",
    "writer",
    "journalist",
    "columnist",
    "producer",
    "contributor",
    "chief",
    "korrespondent",
    "korrespondentin",
    "redakteur",
    "redakteurin",
    "autor",
    "autorin",
    "journaliste",
    "redactor",
    "redacteur",
    "redaktør",
    "muhabir",
    "記者",
    "기자",
    "특파원",
    "wartawan",
];

/// Who is named as an author.
#[derive(Debug, Default)]
pub(super) struct Authors {
    /// People.
    pub(super) people: Vec<Evidence<String>>,
    /// What the page declares where a person should stand, an agency or its newsroom: the first origin that does counts.
    organisations: Vec<Evidence<String>>,
}

impl Authors {
    /// The people, or for want of any the organisation.
    pub(super) fn named(self) -> Vec<Evidence<String>> {
        if self.people.is_empty() { self.organisations } else { self.people }
    }
}

/// What a name may begin with in small letters.
const PARTICLES: [&str; 20] = [
    "von", "van", "de", "del", "della", "di", "da", "do", "dos", "du", "la", "le", "el", "al", "bin", "ibn", "ter",
    "ten", "zu", "af",
];

/// The authors of the page. The first origin that names anybody counts.
pub(super) fn authors(
    page: &Page<'_>,
    layout: &Layout,
    declared: &Declared<'_>,
    structured: &StructuredArticle,
    hints: &LinkHints,
    site_names: &[String],
) -> Authors {
    let mut names = Names::new(site_names);
    find(page, layout, declared, structured, hints, &mut names);
    names.authors
}

fn find(
    page: &Page<'_>,
    layout: &Layout,
    declared: &Declared<'_>,
    structured: &StructuredArticle,
    hints: &LinkHints,
    names: &mut Names<'_>,
) {
    for party in &structured.authors {
        if party.is_organization {
            names.add_organisation(&party.name, Origin::JsonLd);
        } else {
            names.add(&party.name, Origin::JsonLd);
        }
    }
    if !names.authors.people.is_empty() {
        return;
    }
    for name in META_NAMES {
        for content in declared.all(name) {
            names.add(content, Origin::Meta);
        }
        if !names.authors.people.is_empty() {
            return;
        }
    }
    let is_name = |element: &usize| {
        page.attribute(*element, "itemprop").is_some_and(|prop| prop == "author")
            || page.attribute(*element, "rel").is_some_and(|rel| rel == "author")
    };
    let (certain, likely): (Vec<usize>, Vec<usize>) = page
        .bylines
        .iter()
        .copied()
        .filter(|element| page.elements[*element].marks.has(Marks::AUTHOR) && !layout.is_elsewhere(page, *element))
        .partition(is_name);
    for element in certain.into_iter().chain(likely).take(ELEMENTS_MAX) {
        let text = page.text_of(element);
        if text.len() <= BYLINE_BYTES_MAX {
            let pieces = page.pieces_of(element);
            let are_names = pieces.len() > 1 && pieces.iter().all(|piece| count_words(piece) > 1);
            let bylines = if are_names { pieces } else { vec![text] };
            for byline in bylines {
                names.add(&byline, Origin::Byline);
            }
        }
        if !names.authors.people.is_empty() {
            return;
        }
    }
    for author in &hints.authors {
        names.add(author, Origin::Feed);
    }
}

/// Adds the authors that a line around the beginning of the text names, for pages that say it nowhere else.
pub(super) fn add_from_head(authors: &mut Authors, lines: &[Line], site_names: &[String]) {
    let mut names = Names::new(site_names);
    for line in lines.iter().filter(|line| line.text.len() <= BYLINE_BYTES_MAX) {
        let lower = line.text.to_lowercase();
        if authors.people.is_empty()
            && names.authors.people.is_empty()
            && (HEAD_OPENINGS.iter().any(|opening| lower.starts_with(opening)) || stands_out_as_names(line))
        {
            names.add(&line.text, Origin::Text);
        }
    }
    authors.people.append(&mut names.authors.people);
}

/// Whether a line is all emphasis and made of names only: two or three capitalised words each. So small papers sign.
fn stands_out_as_names(line: &Line) -> bool {
    let is_emphasis = !line.text.is_empty() && line.emphasis_bytes * 10 >= line.text.len() * 9;
    let is_name = |name: &str| {
        let begins_large = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
        let goes_on_small =
            |word: &str| word.chars().skip(1).all(|c| c.is_lowercase() || matches!(c, '-' | '\'' | '’'));
        (2..=3).contains(&name.split_whitespace().count())
            && name.split_whitespace().all(|word| begins_large(word) && goes_on_small(word))
    };
    is_emphasis && split(&line.text).iter().all(|name| is_name(name.trim()))
}

/// Whom texts name of which it is known that they are bylines.
pub(super) fn in_bylines(bylines: &[String], origin: Origin, site_names: &[String]) -> Vec<Evidence<String>> {
    let mut names = Names::new(site_names);
    for byline in bylines {
        names.add(byline, origin);
    }
    names.authors.named()
}

struct Names<'a> {
    authors: Authors,
    /// Keys of the site's own names.
    own: &'a [String],
}

impl<'a> Names<'a> {
    fn new(own: &'a [String]) -> Self {
        Names { authors: Authors::default(), own }
    }

    /// Takes the names out of a byline.
    fn add(&mut self, byline: &str, origin: Origin) {
        let byline = fold(byline);
        let text = without_opening(&byline);
        let is_declared = matches!(origin, Origin::SiteRule | Origin::JsonLd | Origin::Meta);
        if origin == Origin::JsonLd && is_joined_words(text)
            || is_declared && !split(text).iter().any(|part| self.is_person(trimmed(part)))
        {
            self.add_organisation(text, origin);
            return;
        }
        for part in split(text) {
            let name = without_opening(trimmed(part));
            let is_known = self.authors.people.iter().any(|known| key(&known.value) == key(name));
            if !is_known && self.is_person(name) && self.authors.people.len() < AUTHORS_MAX {
                self.authors.people.push(Evidence::new(name.to_owned(), origin));
            }
        }
    }

    /// Takes an organisation by its name, which is not split: many have an "and" in it.
    fn add_organisation(&mut self, name: &str, origin: Origin) {
        let name = fold(name);
        let name = trimmed(&name);
        let is_first_origin = self.authors.organisations.first().is_none_or(|first| first.origin == origin);
        let is_known = self.authors.organisations.iter().any(|known| key(&known.value) == key(name));
        if is_first_origin && !is_known && self.authors.organisations.len() < AUTHORS_MAX && is_organisation_name(name)
        {
            self.authors.organisations.push(Evidence::new(name.to_owned(), origin));
        }
    }

    fn is_person(&self, name: &str) -> bool {
        let words = count_words(name);
        let n_wide = name.chars().filter(|c| is_han_or_kana(*c)).count();
        let is_short = if n_wide > 0 { (2..=8).contains(&n_wide) } else { (1..=NAME_WORDS_MAX).contains(&words) };
        let has_odd_character = name
            .chars()
            .any(|c| c.is_ascii_digit() || matches!(c, '@' | '/' | ':' | '_' | '<' | '{' | '©' | '|' | '?' | '!'));
        let first_word = name.split_whitespace().next().unwrap_or_default();
        let first_is_small = name.chars().next().is_none_or(|c| !c.is_alphabetic() || c.is_lowercase())
            && !(words > 1 && PARTICLES.contains(&first_word));
        let lower = name.to_lowercase();
        let is_organisation = lower
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| ORGANISATION_WORDS.contains(&word) || ROLE_WORDS.contains(&word));
        let key = key(name);
        let is_site = self.own.contains(&key);
        let is_domain =
            name.contains('.') && !name.contains(". ") && !name.ends_with('.') && words <= 3 && !name.contains(' ');
        is_short
            && !has_odd_character
            && !first_is_small
            && !is_organisation
            && !is_site
            && !is_domain
            && !AGENCIES.contains(&key.as_str())
            && key.len() > 2
    }
}

/// Whether a name is two words and a conjunction, such as "Quay and Courier": where it is declared as one author it is
/// one, since two people have more names than that.
fn is_joined_words(name: &str) -> bool {
    CONJUNCTIONS.iter().any(|conjunction| {
        name.split_once(conjunction).is_some_and(|(one, other)| {
            [one, other].iter().all(|word| count_words(word) == 1 && word.starts_with(char::is_uppercase))
        })
    })
}

/// Whether a text can be the name of an organisation: short, with letters, and neither an address nor a template's
/// stand-in for a name.
fn is_organisation_name(name: &str) -> bool {
    const NOBODY: [&str; 9] =
        ["admin", "administrator", "anonymous", "guest", "author", "none", "null", "unknown", "undefined"];
    const CHARACTERS_MAX: usize = 60;
    let key = key(name);
    name.chars().count() <= CHARACTERS_MAX
        && name.chars().any(char::is_alphabetic)
        && !name.contains("://")
        && !name.contains(['@', '<', '{', '%', '='])
        && key.len() > 1
        && !NOBODY.contains(&key.as_str())
}

fn without_opening(byline: &str) -> &str {
    let mut text = trimmed(byline);
    for opening in OPENINGS {
        let begins = text.get(..opening.len()).is_some_and(|start| start.to_lowercase() == opening);
        if begins && (opening.ends_with([':', '：']) || text[opening.len()..].starts_with([' ', ':', '\u{a0}'])) {
            text = trimmed(&text[opening.len()..]);
        }
    }
    text
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, ',' | ';' | ':' | '|' | '·' | '-' | '–' | '—' | '•' | '"')
    })
}

/// The parts of a byline that may be names: at the separators, and without what stands in brackets.
fn split(byline: &str) -> Vec<&str> {
    let mut parts = vec![byline];
    for separator in SEPARATORS {
        parts = parts.into_iter().flat_map(|part| part.split(separator)).collect();
    }
    parts
        .into_iter()
        .map(|part| part.split(['(', '[', '（']).next().unwrap_or(part))
        .map(|part| part.split_once(" - ").or_else(|| part.split_once(" – ")).map_or(part, |(name, _)| name))
        .filter(|part| !part.trim().is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(byline: &str, expected: &[&str]) {
        let site_names = ["harbourpost".to_owned()];
        let mut names = Names::new(&site_names);
        names.add(byline, Origin::Byline);
        let found: Vec<&str> = names.authors.people.iter().map(|name| name.value.as_str()).collect();
        assert_eq!(found, expected, "{byline}");
    }

    #[test]
    fn bylines_give_people() {
        check("By Ada Quill", &["Ada Quill"]);
        check("Von Jörg Ähre und Mia Öst", &["Jörg Ähre", "Mia Öst"]);
        check("Text: Ada Quill, Ben Okri & Cleo Marsh", &["Ada Quill", "Ben Okri", "Cleo Marsh"]);
        check("Ada Quill, Senior Reporter", &["Ada Quill"]);
        check("Ada Quill (Harbour Post)", &["Ada Quill"]);
        check("J. P. Dryden", &["J. P. Dryden"]);
        check("山田 花子", &["山田 花子"]);
    }

    #[test]
    fn what_is_no_person_is_left_out() {
        for byline in
            ["Harbour Post", "dpa", "https://example.com/ada", "Newsroom", "Published 3 May 2024", "", "admin"]
        {
            check(byline, &[]);
        }
    }

    #[test]
    fn an_organisation_signs_where_nobody_does() {
        let check = |declared: &[&str], expected: &[&str]| {
            let declared: Vec<String> = declared.iter().map(|name| (*name).to_owned()).collect();
            let named = in_bylines(&declared, Origin::JsonLd, &["harbourpost".to_owned()]);
            assert_eq!(named.iter().map(|name| name.value.as_str()).collect::<Vec<_>>(), expected, "{declared:?}");
        };
        check(&["dpa"], &["dpa"]);
        check(&["Harbour Post and dpa", "Quay Newsroom"], &["Harbour Post and dpa", "Quay Newsroom"]);
        check(&["dpa", "Ada Quill"], &["Ada Quill"]);
        check(&["Quay and Courier"], &["Quay and Courier"]);
        check(&["Quay & Courier", "Ada Quill"], &["Ada Quill"]);
        check(&["Ada Quill and Ben Okri"], &["Ada Quill", "Ben Okri"]);
        check(&["admin"], &[]);
        check(&["https://example.com/ada"], &[]);
    }

    #[test]
    fn names_begin_in_capitals_but_for_their_particles() {
        check("van der Meer", &["van der Meer"]);
        check("writes from Ellery", &[]);
    }
}
