//! Who wrote it: names of people, from where pages put them, without what pages put around them.
//!
//! Where nobody is named and the page declares an organisation as the author, an agency or its own newsroom, that is
//! what stands in the byline and what is given. It never stands beside people, who then are the authors.

use std::borrow::Cow;

use super::super::page::class_names::Marks;
use super::super::page::tags::Tag;
use super::super::page::{Line, Page};
use super::super::text::{count_words, fold, key};
use super::bylines::{self, begins_byline, inverted, is_full, is_joined_words, is_organisation, trimmed};
use super::declared::Declared;
use super::json_ld::StructuredArticle;
use super::layout::{Layout, Standing, glued_pieces, spaced_line};
use crate::dates;
use crate::model::{Evidence, LinkHints, Origin};

/// Most names kept.
const AUTHORS_MAX: usize = 20;

/// Elements looked at that may be bylines.
const ELEMENTS_MAX: usize = 50;

/// Longest text of a byline.
const BYLINE_BYTES_MAX: usize = 200;

/// Lines at the beginning of a box about an author that may be the name.
const BOX_LINES_MAX: usize = 3;

/// Names of `meta` elements that hold authors.
const META_NAMES: [&str; 11] = [
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "cxenseparse:author",
    "dc.creator",
    "dcterms.creator",
    "citation_author",
    "byl",
    "author_name",
    "article:author_name",
];

/// Names of `meta` elements that say who owns the text.
const OWNER_NAMES: [&str; 5] = ["copyright", "dcterms.rightsholder", "dc.rights", "dc.publisher", "rights"];

/// Who is named as an author.
#[derive(Debug, Default)]
pub(in super::super) struct Authors {
    /// People.
    pub(in super::super) people: Vec<Evidence<String>>,
    /// What the page declares where a person should stand, an agency or its newsroom: the first origin that does counts.
    organisations: Vec<Evidence<String>>,
}

impl Authors {
    /// The people, or for want of any the organisation.
    pub(in super::super) fn named(self) -> Vec<Evidence<String>> {
        if self.people.is_empty() { self.organisations } else { self.people }
    }
}

/// The authors of the page. The first origin that names anybody counts; a byline that is made for names goes before
/// what a `meta` element says that is no person's full name, or the owner of the text.
pub(in super::super) fn authors(
    page: &Page<'_>,
    layout: &Layout,
    declared: &Declared<'_>,
    structured: &StructuredArticle,
    hints: &LinkHints,
    site_names: &[String],
) -> Authors {
    let mut names = Names::new(site_names);
    for party in &structured.authors {
        if party.is_organization {
            names.add_organisation(&party.name, Origin::JsonLd);
        } else {
            names.add(&party.name, Origin::JsonLd);
        }
    }
    let is_sure = |person: &Evidence<String>| !bylines::is_account(&person.value) && !bylines::is_house(&person.value);
    if names.authors.people.iter().any(is_sure) {
        return names.authors;
    }
    let accounts = std::mem::take(&mut names.authors.people);
    add_declared(&mut names, declared);
    if names.authors.people.is_empty() {
        names.authors.people = accounts;
    }
    let is_weak = names.authors.people.iter().all(|person| is_weak(&person.value, page, declared));
    if !is_weak {
        if let Some(all) = all_of_byline(&names.authors.people, page, layout, site_names) {
            names.authors.people = all;
        }
        return names.authors;
    }
    let weak = std::mem::take(&mut names.authors.people);
    // What a house's name gives way to is not just any name on the page.
    let is_account = weak.iter().all(|person| !is_full(&person.value));
    add_bylines(&mut names, page, layout, if is_account { Standing::Foot } else { Standing::AboveHead });
    if names.authors.people.is_empty() {
        add_lines(&mut names, page, layout, weak.is_empty());
    }
    if weak.is_empty() {
        add_bylines(&mut names, page, layout, Standing::Away);
    }
    let are_accounts = names.authors.people.iter().all(|person| !is_full(&person.value));
    if !weak.is_empty() && are_accounts {
        names.authors.people = weak;
    }
    if names.authors.people.is_empty() {
        for author in &hints.authors {
            names.add(author, Origin::Feed);
        }
    }
    names.authors
}

/// The people in the byline of the head, where it names the only one that is declared, and others: some systems declare
/// the first author alone.
fn all_of_byline(
    declared: &[Evidence<String>],
    page: &Page<'_>,
    layout: &Layout,
    site_names: &[String],
) -> Option<Vec<Evidence<String>>> {
    let [only] = declared else { return None };
    let mut names = Names::new(site_names);
    add_bylines(&mut names, page, layout, Standing::Head);
    let people = names.authors.people;
    let only = key(&only.value);
    // A byline may call them by their titles.
    let has_only = people.iter().any(|person| key(&person.value).ends_with(&only));
    (people.len() > 1 && has_only).then_some(people)
}

/// Adds what `meta` elements say: the first name of them that names people.
fn add_declared(names: &mut Names<'_>, declared: &Declared<'_>) {
    for name in META_NAMES {
        let contents: Vec<&str> =
            declared.all(name).filter(|content| !bylines::names_template_maker(content)).collect();
        // One element for each author, with the family name first.
        let turned: Vec<String> = contents.iter().filter_map(|content| inverted(content)).collect();
        let are_turned = turned.len() == contents.len();
        let listed = contents.iter().map(|content| (*content).to_owned()).collect();
        for content in if are_turned { turned } else { listed } {
            names.add(&content, Origin::Meta);
        }
        if !names.authors.people.is_empty() && names.authors.people.iter().any(|name| is_full(&name.value)) {
            return;
        }
    }
    for (label, data) in [("twitter:label1", "twitter:data1"), ("twitter:label2", "twitter:data2")] {
        let label = declared.first(&[label]).unwrap_or_default().to_lowercase();
        let is_author = AUTHOR_LABELS.iter().any(|word| label.contains(word));
        if let Some(content) = declared.first(&[data]).filter(|_| is_author && names.authors.people.is_empty()) {
            names.add(content, Origin::Meta);
        }
    }
}

/// What is in the label of a field that holds an author.
const AUTHOR_LABELS: [&str; 34] = [
    "written",
    "author",
    "by",
    "verfasst",
    "autor",
    "auteur",
    "écrit",
    "escrit",
    "scritto",
    "geschreven",
    "skrevet",
    "skrivet",
    "skriven",
    "napisa",
    "napsal",
    "napís",
    "kirjoit",
    "scris",
    "szerző",
    "írta",
    "ditulis",
    "viết",
    "автор",
    "написано",
    "yazan",
    "συντάκτ",
    "συντάχθηκε",
    "كُتب",
    "كتب",
    "נכתב",
    "作者",
    "執筆",
    "글쓴",
    "작성",
];

/// Whether a name may be that of somebody's account or of a house: a single word, or the owner of the text.
fn is_weak(name: &str, page: &Page<'_>, declared: &Declared<'_>) -> bool {
    let key = key(name);
    let is_named_in = |text: &str| text.len() <= BYLINE_BYTES_MAX && super::super::text::key(text).contains(&key);
    !is_full(name)
        || bylines::is_house(name)
        || OWNER_NAMES.iter().any(|owner| declared.all(owner).any(is_named_in))
        || page.lines.iter().any(|line| line.text.contains('©') && is_named_in(&line.text))
}

/// Adds what a line around the beginning of the text names, where nothing else named anybody: one that begins as
/// bylines do, or follows a word for the author, or tells the date and the author, or is a link to one. `asks_all` takes
/// bare names and signatures, too.
fn add_lines(names: &mut Names<'_>, page: &Page<'_>, layout: &Layout, asks_all: bool) {
    let may_be_byline = |at: &usize| {
        page.lines
            .get(*at)
            .is_some_and(|line| line.text.len() <= BYLINE_BYTES_MAX && !layout.is_elsewhere(page, line.owner))
    };
    let head = layout.head().filter(may_be_byline);
    let head: Vec<(usize, Cow<'_, str>)> = head.map(|at| (at, spaced_line(page, &page.lines[at]))).collect();
    for (_, text) in &head {
        for name in bylines::east_asian_names(text) {
            names.add(name, Origin::Text);
        }
    }
    for (at, text) in &head {
        let is_told = || {
            begins_byline(text)
                || bylines::is_byline_alone(text)
                || bylines::tells_date_and_author(text)
                || is_labelled(page, *at)
        };
        if names.authors.people.is_empty() && is_told() {
            names.add(behind_date(text), Origin::Text);
        }
    }
    if names.authors.people.is_empty() {
        add_author_links(names, page, layout);
    }
    if names.authors.people.is_empty() && asks_all {
        add_bare_names(names, page, layout, &head);
        add_signature(names, page, layout);
    }
}

/// What stands behind the "by" of a line that tells the date first, or the line.
fn behind_date(line: &str) -> &str {
    let lower = line.to_ascii_lowercase();
    let by = lower.find(" by ").filter(|_| bylines::tells_date_and_author(line));
    by.map_or(line, |by| &line[by + 1..])
}

/// Adds the names in links of the head that lead to authors.
fn add_author_links(names: &mut Names<'_>, page: &Page<'_>, layout: &Layout) {
    let head = layout.head();
    let leads_to_author = |element: &usize| {
        let link = &page.elements[*element];
        link.tag == Tag::Link
            && head.contains(&link.lines_start)
            && page.attribute(*element, "href").is_some_and(bylines::is_author_address)
            && !layout.is_elsewhere(page, *element)
    };
    let links: Vec<usize> = (0..page.elements.len()).filter(leads_to_author).take(ELEMENTS_MAX).collect();
    for link in links {
        let text = page.text_of(link);
        if bylines::is_plain_name(bylines::without_opening(&text)) && !tells_other_deeds_before(page, link, &text) {
            names.add(&text, Origin::Byline);
        }
    }
}

/// Adds names that are all of a line in the head, or stand beside a date there: where they are set apart, where the page
/// says elsewhere whose they are, or beside a date if they can be no place and no section.
fn add_bare_names(names: &mut Names<'_>, page: &Page<'_>, layout: &Layout, head: &[(usize, Cow<'_, str>)]) {
    let has_date = |at: usize| page.lines.get(at).is_some_and(|line| dates::find(&line.text).is_some());
    for (at, text) in head {
        let (at, line) = (*at, &page.lines[*at]);
        let is_heading = matches!(page.elements[line.block].tag, Tag::Heading(_));
        if is_heading || !bylines::has_two_capitals(text) || bylines::names_other_deed(text) {
            continue;
        }
        // Whom the title names the article is about.
        let is_apart = stands_out_as_names(line) && !is_in_title(page, text);
        let is_dated = line.n_links == 0 && (at.saturating_sub(1)..=at + 1).any(has_date);
        for name in bylines::names(text, &|_| false) {
            let is_name = || {
                is_apart
                    || bylines::has_role_behind(text, name)
                    || is_told_of(page, layout, at, name)
                    || is_dated && !is_mentioned(page, layout, at, name)
            };
            if bylines::is_plain_name(name) && !bylines::is_behind_another_thing(text, name) && is_name() {
                names.add(name, Origin::Text);
            }
        }
        if !names.authors.people.is_empty() {
            return;
        }
    }
}

/// Whether the title of the document has a text in it.
fn is_in_title(page: &Page<'_>, text: &str) -> bool {
    page.document_title.as_deref().is_some_and(|title| key(title).contains(&key(text)))
}

/// Whether a text, or a word of it, stands elsewhere on the page: in a line of its own, or in the article. So do places
/// and sections.
fn is_mentioned(page: &Page<'_>, layout: &Layout, at: usize, part: &str) -> bool {
    page.lines.iter().enumerate().filter(|(other, _)| *other != at).any(|(other, line)| {
        let is_of_article = layout.standing(other) <= Standing::Text;
        line.text == part || is_of_article && part.split_whitespace().any(|word| line.text.contains(word))
    })
}

/// Whether a line outside the text says whose name it is: begins with it and goes on about who that is, names it behind
/// a word for an author, or is the name below such a word. Of places the text itself tells.
fn is_told_of(page: &Page<'_>, layout: &Layout, at: usize, name: &str) -> bool {
    const ABOUT: [&str; 10] = [
        " is a ",
        " is an ",
        " is the ",
        " writes ",
        " covers ",
        " lives ",
        " works ",
        " schreibt ",
        " est journaliste",
        " escribe ",
    ];
    const BEFORE: [&str; 7] = ["by ", "author ", "author: ", "about the author: ", "posts by ", "more from ", "par "];
    let last = layout.last_lines();
    let is_outside = |other: &usize| *other != at && (layout.standing(*other) > Standing::Text || last.contains(other));
    page.lines.iter().enumerate().filter(|(other, _)| is_outside(other)).any(|(other, line)| {
        let Some((before, behind)) = line.text.split_once(name) else { return false };
        let is_told = before.is_empty() && ABOUT.iter().any(|word| behind.starts_with(word));
        let lower = before.to_lowercase();
        let is_announced = line.text.len() <= BYLINE_BYTES_MAX && BEFORE.iter().any(|word| lower.ends_with(word));
        is_told || is_announced || line.text == name && is_labelled(page, other)
    })
}

/// Whether the line above says only that an author follows.
fn is_labelled(page: &Page<'_>, at: usize) -> bool {
    at.checked_sub(1).is_some_and(|above| bylines::is_author_label(&page.lines[above].text))
}

/// Adds the names with which a text is signed at its end, or right behind it.
fn add_signature(names: &mut Names<'_>, page: &Page<'_>, layout: &Layout) {
    let is_own = |line: &&Line| line.text.len() <= BYLINE_BYTES_MAX && !layout.is_elsewhere(page, line.owner);
    for at in layout.last_lines() {
        let Some(line) = page.lines.get(at).filter(is_own) else { continue };
        let is_signed = bylines::is_signature(&line.text) || stands_out_as_names(line) || is_labelled(page, at);
        let bare = bylines::trimmed(&line.text);
        let is_dashed = line.text.starts_with(['—', '–']) && bylines::is_plain_name(bare);
        let is_signed = is_signed || is_dashed || bylines::is_byline_alone(&line.text);
        for name in bylines::east_asian_names(&line.text) {
            names.add(name, Origin::Text);
        }
        if !names.authors.people.is_empty() {
            return;
        }
        let signed = || bylines::names(bylines::without_opening(&line.text), &|_| false);
        let is_name = || is_signed && signed().first().is_some_and(|name| bylines::is_plain_name(name));
        let is_told = || bylines::is_plain_name(bare) && is_told_of(page, layout, at, bare);
        if is_name() || !is_signed && is_told() {
            names.add(&line.text, Origin::Text);
            return;
        }
    }
}

/// Adds the bylines of the article where nothing else named anybody: those made for names before others, those in its
/// head before those behind it. Those that stand farther away than that are left out.
fn add_bylines(names: &mut Names<'_>, page: &Page<'_>, layout: &Layout, farthest: Standing) {
    if !names.authors.people.is_empty() {
        return;
    }
    let standing = |element: usize| layout.standing(page.elements[element].lines_start);
    // Some put it into a list of links.
    let is_named_author = |element: usize| {
        page.attribute(element, "itemprop") == Some("author")
            && standing(element) == Standing::Head
            && layout.has_text()
    };
    let are_several = farthest >= Standing::Foot && are_of_several(page);
    if farthest == Standing::Away && are_several {
        return;
    }
    let mut bylines: Vec<usize> = page
        .bylines
        .iter()
        .copied()
        .filter(|element| page.elements[*element].marks.has(Marks::AUTHOR))
        .filter(|element| standing(*element) <= farthest)
        .filter(|element| is_named_author(*element) || !layout.is_elsewhere(page, *element))
        .filter(|element| standing(*element) < Standing::Foot || !are_several || !is_beside_headline(page, *element))
        .take(ELEMENTS_MAX)
        .collect();
    bylines.sort_by_key(|element| (!is_made_for_name(page, *element), standing(*element)));
    for (position, byline) in bylines.iter().enumerate() {
        names.add_element(page, *byline);
        // A single word may be a name, but also much else.
        if !names.authors.people.iter().any(|person| is_full(&person.value)) {
            continue;
        }
        // Each author may have an element of the same make.
        let is_alike = |other: &&usize| {
            standing(**other) == standing(*byline)
                && is_made_for_name(page, **other) == is_made_for_name(page, *byline)
                && (is_made_for_name(page, *byline) || page.elements[**other].path == page.elements[*byline].path)
        };
        for other in bylines[position + 1..].iter().filter(is_alike) {
            names.add_element(page, *other);
        }
        break;
    }
    // Beside names those in capitals alone are of houses.
    let has_small = |person: &Evidence<String>| person.value.chars().any(char::is_lowercase);
    if names.authors.people.iter().any(has_small) {
        names.authors.people.retain(|person| has_small(person) || !person.value.chars().any(char::is_uppercase));
    }
    if names.authors.people.iter().any(|person| is_full(&person.value)) {
        names.authors.people.retain(|person| is_full(&person.value));
    } else if names.authors.people.first().is_some_and(|person| !bylines::is_account(&person.value))
        || bylines.iter().any(|byline| names_account(page, *byline, &names.authors.people))
    {
        names.authors.people.truncate(1);
    } else {
        names.authors.people.clear();
    }
}

/// Whether the elements of a page that hold authors name several: then those that stand away from the article are of
/// others.
fn are_of_several(page: &Page<'_>) -> bool {
    let is_author = |element: &&usize| page.elements[**element].marks.has(Marks::AUTHOR);
    let texts = page.bylines.iter().filter(is_author).take(ELEMENTS_MAX).map(|element| page.text_of(*element));
    let short = texts.filter(|text| text.len() <= BYLINE_BYTES_MAX);
    let mut named = short.filter_map(|text| bylines::names(&text, &|_| false).first().map(|name| key(name)));
    let first = named.next();
    named.any(|name| Some(name) != first)
}

/// Whether what holds an element has a link beside it that leads to something else than an author: another article.
fn is_beside_headline(page: &Page<'_>, element: usize) -> bool {
    let (text, holder) = (page.text_of(element), page.elements[element].parent);
    if begins_byline(&text) || bylines::without_opening(&text).len() < bylines::trimmed(&text).len() {
        return false;
    }
    let is_link = |other: &usize| page.elements[*other].tag == Tag::Link && page.elements[*other].parent != element;
    let leads_elsewhere =
        |link: usize| page.attribute(link, "href").is_some_and(|address| !bylines::is_author_address(address));
    page.elements_in(holder).filter(is_link).filter(|link| leads_elsewhere(*link)).any(|link| {
        let label = page.text_of(link);
        count_words(&label) > 1 && !text.contains(&label)
    })
}

/// Whether an element says of the single word in it that it is an author's name: it is declared so, called so, or the
/// word stands behind "by".
fn names_account(page: &Page<'_>, byline: usize, people: &[Evidence<String>]) -> bool {
    let text = page.text_of(byline);
    let holds_it = people.first().is_some_and(|person| text.contains(&person.value));
    let is_called_name =
        page.attribute(byline, "class").is_some_and(|class| class.to_ascii_lowercase().contains("name"));
    let is_opened = bylines::without_opening(&text).len() < bylines::trimmed(&text).len();
    holds_it && (is_made_for_name(page, byline) || is_called_name || is_opened)
}

/// Whether what stands before an element says that those who are named in it did something else than write.
fn tells_other_deeds_before(page: &Page<'_>, element: usize, text: &str) -> bool {
    let start = page.elements[element].lines_start;
    let Some(line) = page.lines.get(start) else { return false };
    let before = match line.text.find(text) {
        Some(at) if at > 0 => &line.text[..at],
        _ => start.checked_sub(1).map_or("", |above| page.lines[above].text.as_str()),
    };
    before.len() <= BYLINE_BYTES_MAX && bylines::ends_with_other_deed(before)
}

/// Whether an element's class says that it holds what an author does, and not the name.
fn says_what_they_do(page: &Page<'_>, element: usize) -> bool {
    const PARTS: [&str; 5] = ["description", "-desc", "position", "-role", "job"];
    let class = page.attribute(element, "class").unwrap_or_default().to_ascii_lowercase();
    PARTS.iter().any(|part| class.contains(part))
}

/// Whether an element is declared to hold the name of an author.
fn is_made_for_name(page: &Page<'_>, element: usize) -> bool {
    page.attribute(element, "itemprop").is_some_and(|prop| prop == "author")
        || page.attribute(element, "rel").is_some_and(|rel| rel.split_whitespace().any(|word| word == "author"))
}

/// Adds the authors that the lines around the beginning of the text name, where nobody else is named: for a page whose
/// text a rule has chosen.
pub(in super::super) fn add_from_head(authors: &mut Authors, page: &Page<'_>, layout: &Layout, site_names: &[String]) {
    if authors.people.is_empty() {
        let mut names = Names::new(site_names);
        add_lines(&mut names, page, layout, true);
        authors.people = names.authors.people;
    }
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
    is_emphasis && bylines::parts(&line.text).iter().all(|name| is_name(name.trim()))
}

/// The names in a list of those with the family name first, of one word each: `Quill, Ada; Okri, Ben`.
fn all_inverted(text: &str) -> Option<Vec<String>> {
    let is_pair = |name: &str| name.split(',').all(|part| count_words(part) == 1);
    text.split(';').map(|name| inverted(name).filter(|_| is_pair(name))).collect()
}

/// Whom texts name of which it is known that they are bylines.
pub(in super::super) fn in_bylines(bylines: &[String], origin: Origin, site_names: &[String]) -> Vec<Evidence<String>> {
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

    /// Takes the names out of the text of an element. They often stand in elements of their own with nothing between
    /// them, and beside labels and roles.
    fn add_element(&mut self, page: &Page<'_>, element: usize) {
        let text = page.text_of(element);
        if text.len() > BYLINE_BYTES_MAX {
            return self.add_first_line(page, element);
        }
        if tells_other_deeds_before(page, element, &text) || says_what_they_do(page, element) {
            return;
        }
        let text = glued_pieces(page, element, &text).map_or(text, |pieces| pieces.join(" "));
        let pieces = page.pieces_of(element);
        let names: Vec<&String> = pieces.iter().filter(|piece| !bylines::is_label(piece)).collect();
        let are_names = pieces.len() > 1
            && !names.is_empty()
            && names.iter().all(|piece| count_words(piece) > 1)
            && !bylines::tells_other_deeds(&text);
        // The parts of one name may stand so too.
        let is_glued = (2..=3).contains(&names.len()) && count_words(&text) == 1 && names.len() == pieces.len();
        if is_glued {
            self.add(&pieces.join(" "), Origin::Byline);
        } else if are_names {
            for piece in names {
                self.add(piece, Origin::Byline);
            }
        } else {
            self.add(&text, Origin::Byline);
        }
    }

    /// Takes the name that stands at the beginning of a box about an author.
    fn add_first_line(&mut self, page: &Page<'_>, element: usize) {
        let box_of = &page.elements[element];
        let lines =
            (box_of.lines_start..box_of.lines_end.min(box_of.lines_start + BOX_LINES_MAX)).map(|at| &page.lines[at]);
        let text = lines.map(|line| spaced_line(page, line)).find(|text| !bylines::is_label(text));
        let name = text.as_deref().map(bylines::without_opening).filter(|name| bylines::is_plain_name(name));
        if let Some(name) = name {
            self.add(name, Origin::Byline);
        }
    }

    /// Takes the names out of a byline.
    fn add(&mut self, byline: &str, origin: Origin) {
        let byline = fold(byline);
        let text = bylines::without_opening(&byline);
        if matches!(origin, Origin::JsonLd | Origin::Meta)
            && let Some(turned) = all_inverted(text)
        {
            for name in turned {
                self.add(&name, origin);
            }
            return;
        }
        let is_own = |key: &str| self.own.iter().any(|own| own == key);
        let is_whole = origin == Origin::JsonLd && is_joined_words(text);
        let found = if is_whole { Vec::new() } else { bylines::names(text, &is_own) };
        let is_declared = matches!(origin, Origin::SiteRule | Origin::JsonLd | Origin::Meta);
        if found.is_empty() && is_declared {
            self.add_organisation(text, origin);
        } else if found.is_empty()
            && let Some(organisation) = bylines::organisation(text)
        {
            self.add_organisation(organisation, origin);
        }
        for name in found {
            let is_known = self.authors.people.iter().any(|known| key(&known.value) == key(name));
            if !is_known && self.authors.people.len() < AUTHORS_MAX {
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
        if is_first_origin && !is_known && self.authors.organisations.len() < AUTHORS_MAX && is_organisation(name) {
            self.authors.organisations.push(Evidence::new(name.to_owned(), origin));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::tests::extract;

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

    const TEXT: &str = "<p>The old mill on the Linde has a new owner. A cooperative of forty families paid for it.</p>\
        <p>They mean to grind again from next autumn, said Ada Quist, who leads them, and to bake on Saturdays.</p>";

    /// The authors of a page with this head, and this between its headline and its text.
    fn authors_of(head: &str, byline: &str) -> Vec<String> {
        let page = format!(
            "<html><head><title>Old mill sold</title>{head}</head><body><h1>Old mill sold</h1>{byline}{TEXT}</body></html>"
        );
        let article = extract(page, &LinkHints::default()).expect("an article");
        article.authors.into_iter().map(|author| author.value).collect()
    }

    #[test]
    fn each_author_may_have_an_element_of_their_own() {
        let links = "<a rel='author'>Cleo Marsh</a> and <a rel='author'>Ben Okri</a>";
        assert_eq!(authors_of("", &format!("<p>By {links}</p>")), ["Cleo Marsh", "Ben Okri"]);
        let items = "<ul><li class='author'>Cleo Marsh</li><li class='author'>Ben Okri</li></ul>";
        assert_eq!(authors_of("", items), ["Cleo Marsh", "Ben Okri"]);
        let pieces = "<div class='author'><span>Written by</span><span>Cleo Marsh</span><span>Editor</span></div>";
        assert_eq!(authors_of("", pieces), ["Cleo Marsh"]);
        let list = "<nav>Edited by <span itemprop='author'><span itemprop='name'>Cleo Marsh</span></span></nav>";
        assert_eq!(authors_of("", list), ["Cleo Marsh"]);
        let labels = "<div class='author-info'>Connect Directly</div><p class='byline'>Cleo Marsh</p>";
        assert_eq!(authors_of("", labels), ["Cleo Marsh"]);
    }

    #[test]
    fn people_go_before_accounts_and_owners() {
        let byline = "<p class='byline'>By Cleo Marsh</p>";
        assert_eq!(authors_of("<meta name='author' content='cmarsh'>", byline), ["Cleo Marsh"]);
        assert_eq!(authors_of("<meta property='article:author' content='CleoMarshWriter'>", byline), ["Cleo Marsh"]);
        let owned = "<meta name='author' content='Quay Nast'><meta name='copyright' content='(c) Quay Nast'>";
        assert_eq!(authors_of(owned, byline), ["Cleo Marsh"]);
        assert_eq!(authors_of("<meta name='author' content='Ben Okri'>", byline), ["Ben Okri"]);
    }

    #[test]
    fn a_byline_that_names_more_than_the_first_author_goes_before_what_is_declared() {
        let head = "<meta name='author' content='Cleo Marsh'>";
        let byline = "<p class='authors'>By <a href='/a'>Cleo Marsh</a>, <a href='/b'>Ben Okri</a></p>";
        assert_eq!(authors_of(head, byline), ["Cleo Marsh", "Ben Okri"]);
        assert_eq!(authors_of(head, "<p class='authors'>By Ada Quill and Ben Okri</p>"), ["Cleo Marsh"]);
    }

    #[test]
    fn makers_of_templates_wrote_nothing() {
        for maker in ["ThemeForest / QuayCraft Studio", "Elementor", "Colorlib Themes"] {
            let head = format!("<meta name='author' content='{maker}'>");
            assert_eq!(authors_of(&head, "<p>Cleo Marsh, Staff Writer</p>"), ["Cleo Marsh"], "{maker}");
            assert!(authors_of(&head, "").is_empty(), "{maker}");
        }
    }

    #[test]
    fn people_go_before_papers() {
        let named = "<meta name='author' content='Linde Bote'>";
        for byline in
            ["<p class='byline'>Von Cleo Marsh</p>", "<p>Von Cleo Marsh</p>", "<a rel='author'>Cleo Marsh</a>"]
        {
            assert_eq!(authors_of(named, byline), ["Cleo Marsh"], "{byline}");
        }
        assert_eq!(authors_of(named, ""), ["Linde Bote"]);
        let structured = r#"<script type="application/ld+json">
            {"@type": "NewsArticle", "author": {"@type": "Person", "name": "Valley Gazette"}}</script>"#;
        assert_eq!(authors_of(structured, "<p class='byline'>By Cleo Marsh</p>"), ["Cleo Marsh"]);
    }

    #[test]
    fn lists_of_other_articles_behind_the_text_name_nobody() {
        let page = |behind: &str| {
            format!("<title>Old mill sold</title><article><h1>Old mill sold</h1>{TEXT}</article>{behind}")
        };
        let others = "<ul><li><a href='/b'>Ferry late</a><span class='author'>Cleo Marsh</span></li>\
            <li><a href='/c'>Fair opens</a><span class='author'>Ben Okri</span></li></ul>";
        let article = extract(page(others), &LinkHints::default()).expect("an article");
        assert!(article.authors.is_empty(), "{:?}", article.authors);
        let signed =
            format!("<div><a href='/about'>All about us</a><h3 class='author-name'>Written by Cleo</h3></div>{others}");
        let article = extract(page(&signed), &LinkHints::default()).expect("an article");
        assert_eq!(article.authors.iter().map(|author| author.value.as_str()).collect::<Vec<_>>(), ["Cleo"]);
    }

    #[test]
    fn a_field_counts_by_its_label() {
        let field = |label: &str, data: &str| {
            format!("<meta name='twitter:label1' content='{label}'><meta name='twitter:data1' content='{data}'>")
        };
        for label in ["Written by", "Skrivet av", "Szerző", "Napsal(a)", "作者", "글쓴이", "Συντάχθηκε από"]
        {
            assert_eq!(authors_of(&field(label, "Cleo Marsh"), ""), ["Cleo Marsh"], "{label}");
        }
        assert!(authors_of(&field("Est. reading time", "2 minutes"), "").is_empty());
    }

    #[test]
    fn scholars_have_their_family_names_first() {
        let head =
            "<meta name='citation_author' content='Marsh, Cleo'><meta name='citation_author' content='Okri, Ben J.'>";
        assert_eq!(authors_of(head, ""), ["Cleo Marsh", "Ben J. Okri"]);
        assert_eq!(authors_of("<meta name='author' content='Cleo Marsh,Ben Okri'>", ""), ["Cleo Marsh", "Ben Okri"]);
        assert_eq!(authors_of("<meta name='author' content='Marsh, Cleo; Okri, Ben'>", ""), ["Cleo Marsh", "Ben Okri"]);
        let structured = r#"<script type="application/ld+json">{"@type": "Article", "author": "Marsh, Cleo"}</script>"#;
        assert_eq!(authors_of(structured, ""), ["Cleo Marsh"]);
    }

    #[test]
    fn bylines_of_other_articles_name_nobody() {
        let card = "<section class='related'><p class='byline'>By Ben Okri</p></section>";
        assert!(authors_of("", card).is_empty());
        assert_eq!(authors_of("", &format!("{card}<p>By <a href='/c'>Cleo Marsh</a></p>")), ["Cleo Marsh"]);
    }
    fn check_head(cases: &[(&str, &[&str])]) {
        for (byline, expected) in cases {
            assert_eq!(authors_of("", byline), *expected, "{byline}");
        }
    }

    #[test]
    fn lines_of_the_head_name_authors_in_many_ways() {
        check_head(&[
            ("<p>Published May 3, 2026 by Cleo Marsh</p>", &["Cleo Marsh"]),
            ("<p><span>03/01/2017</span> by Cleo Marsh, Secretary to the Mill Committee</p>", &["Cleo Marsh"]),
            ("<p>Reviewed May 3, 2026 by Cleo Marsh</p>", &[]),
            ("<div>Written by</div><div>Cleo Marsh</div>", &["Cleo Marsh"]),
            ("<div><span>By</span><span>Cleo Marsh</span><span>May 3, 2026</span></div>", &["Cleo Marsh"]),
            ("<p><a href='/authors/cleo-marsh'>Cleo Marsh</a> | 5 min read</p>", &["Cleo Marsh"]),
            ("<div class='byline'>이도윤 기자</div>", &["이도윤"]),
            ("<p>Checked by <a href='/authors/cleo-marsh'>Cleo Marsh</a></p>", &[]),
            ("<p><a href='/places/cleo-marsh'>Cleo Marsh</a> | 5 min read</p>", &[]),
        ]);
    }

    #[test]
    fn a_bare_name_is_told_from_a_place_by_what_else_the_page_says() {
        check_head(&[
            ("<span>Cleo Marsh</span><time>3 May 2026</time>", &["Cleo Marsh"]),
            ("<p>Cleo Marsh</p><p>5 min read</p>", &[]),
            ("<p>Linde Valley</p><p>3 May 2026</p>", &[]),
            ("<p>Culture News</p><p>3 May 2026</p>", &[]),
            ("<p><b>Key Takeaways</b></p>", &[]),
            ("<p><b>Cleo Marsh</b></p>", &["Cleo Marsh"]),
            ("<p><b>Old Mill</b></p>", &[]),
            ("<p>Market square, Port Orrin</p><p>3 May 2026</p>", &[]),
            ("<p>Harbour Museum, Port Orrin</p><p>3 May 2026</p>", &[]),
            ("<p>Pressemitteilung Nr. 112/2026 vom 3. Mai 2026</p>", &[]),
            ("<p>Cleo Marsh | Harbour Post | Port Orrin | 3 May 2026</p>", &["Cleo Marsh"]),
            ("<p>Harbour Post | Cleo Marsh | 3 May 2026</p>", &["Cleo Marsh"]),
            ("<p>Cleo Marsh, Staff Writer</p>", &["Cleo Marsh"]),
        ]);
        let check = |about: &str, expected: &[&str]| {
            let byline = "<p>Cleo Marsh</p><p>5 min read</p>";
            let page = format!(
                "<title>Old mill sold</title><h1>Old mill sold</h1>{byline}{TEXT}<aside class='related'><h2>About us</h2>{about}</aside>"
            );
            let article = extract(page, &LinkHints::default()).expect("an article");
            assert_eq!(
                article.authors.iter().map(|author| author.value.as_str()).collect::<Vec<_>>(),
                expected,
                "{about}"
            );
        };
        check("<p>Cleo Marsh writes about rivers.</p>", &["Cleo Marsh"]);
        check("<p>More from Cleo Marsh</p>", &["Cleo Marsh"]);
        check("<p>Written by</p><p>Cleo Marsh</p>", &["Cleo Marsh"]);
        check("<p>Roads to Cleo Marsh are closed.</p>", &[]);
        let about_behind = format!("<p>Cleo Marsh</p>{TEXT}<p>Cleo Marsh is a reporter in Ellery.</p>");
        check_head(&[(&about_behind, &["Cleo Marsh"])]);
    }

    #[test]
    fn a_text_may_be_signed_at_its_end() {
        let told = ["a cooper", "a baker", "a weaver", "a smith", "a tanner", "a sexton", "a ferryman", "a shepherd"];
        let more = told.map(|who| {
            format!("<p>After the flood {who} from the valley could tell nobody how the stones were set.</p>")
        });
        let more = more.concat();
        let page =
            format!("<title>Old mill sold</title><h1>Old mill sold</h1>{TEXT}{more}<p>Written by Cleo Marsh</p>");
        let article = extract(page, &LinkHints::default()).expect("an article");
        assert_eq!(article.authors.iter().map(|author| author.value.as_str()).collect::<Vec<_>>(), ["Cleo Marsh"]);
    }

    #[test]
    fn other_articles_behind_the_text_sign_nothing_in_east_asia() {
        let text = "<p>河谷旧磨坊有了新主人。四十户人家合资买下了它，明年秋天将重新开始磨面。</p>".repeat(4);
        let signed_by = |behind: &str| {
            let page = format!("<html lang='zh'><title>旧磨坊售出</title><h1>旧磨坊售出</h1>{text}{behind}");
            let article = extract(page, &LinkHints::default()).expect("an article");
            article.authors.into_iter().map(|author| author.value).collect::<Vec<_>>()
        };
        assert_eq!(signed_by("<p>（记者 林海生）</p>"), ["林海生"]);
        assert!(signed_by("<div class='comments'><p>（记者 林海生）</p></div>").is_empty());
    }

    #[test]
    fn boxes_about_authors_give_their_names_alone() {
        let about = "Cleo lives by the Linde and writes about rivers, mills and those who mend them. ".repeat(4);
        check_head(&[
            (&format!("<div class='author-box'><div>Cleo Marsh</div><p>{about}</p></div>"), &["Cleo Marsh"]),
            ("<div class='author'><span>Cleo Marsh</span><svg><title>Link icon</title></svg></div>", &["Cleo Marsh"]),
            ("<div class='author-title'>Licensed grader of flour</div>", &[]),
            ("<div class='author-line'>Paid</div>", &[]),
            (
                "<span>Researched by</span> <span class='author'>Ben Okri</span><p class='author'>By Cleo Marsh</p>",
                &["Cleo Marsh"],
            ),
        ]);
    }

    #[test]
    fn an_account_in_structured_data_gives_way_to_the_byline() {
        let head =
            r#"<script type="application/ld+json">{"@type": "NewsArticle", "author": {"name": "CMarsh"}}</script>"#;
        assert_eq!(authors_of(head, "<p class='byline'>By Cleo Marsh</p>"), ["Cleo Marsh"]);
    }
}
