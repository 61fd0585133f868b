//! Documents to articles: the form we write, and the looser forms that older bundles have.

use crate::charset;
use crate::model::{BodyKind, Evidence, ExtractedArticle, Origin, Quality};

/// Most characters of a first line that is taken for a title in the loose form.
const TITLE_CHARACTERS_MAX: usize = 200;

/// Most words of a line at the end that names where a text was copied from.
const TRAILER_WORDS_MAX: usize = 6;

/// What documents are written in. Others are told by their bytes.
const CONTENT_TYPE: &str = "text/plain; charset=utf-8";

/// A document as it was read.
#[derive(Clone, Debug)]
pub struct Document {
    /// Title, date, address and paragraphs, where the document has them.
    pub article: ExtractedArticle,
    /// Whether it has the form that we write, and not a looser one.
    pub is_exact: bool,
    /// What encoding it was read in, where not all of it is UTF-8.
    pub other_encoding: Option<&'static str>,
}

/// Why a file is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableDocument {
    /// Bytes that no text has.
    #[error("not text: it holds NUL bytes")]
    Binary,
    /// No character set makes it text.
    #[error("not text: its bytes make no sense in any character set")]
    Undecodable,
    /// Bytes that are no character, in a text that has an encoding otherwise. Read all the same, it would lose letters.
    #[error("not text all through: {n_places} in it cannot be read, the first at byte {first}", n_places = places(*n_places))]
    Damaged {
        /// How many such places there are.
        n_places: usize,
        /// The first byte that is not UTF-8, from 1.
        first: usize,
    },
    /// Nothing but white space.
    #[error("the file is empty")]
    Empty,
}

/// Reads a document.
///
/// The form that we write is told by its second and third line: a date or nothing, an address or nothing. Everything
/// else is read loosely: paragraphs, parted by line ends or blank lines; a first one that looks like a title is the
/// title; a first one that begins with `date YYYY-MM-DD` gives the date; lines at the end that name where the text was
/// copied from, or ask for a reply, are dropped.
///
/// # Errors
///
/// When the bytes are not text, or hold none.
pub fn read(bytes: &[u8]) -> Result<Document, UnreadableDocument> {
    if !looks_like_utf16(bytes) && bytes.contains(&0) {
        return Err(UnreadableDocument::Binary);
    }
    let text = charset::decode(bytes, Some(CONTENT_TYPE));
    let n_unreadable = text.chars().filter(|c| *c == '\u{fffd}' || (c.is_control() && !c.is_whitespace())).count();
    if n_unreadable * 20 > text.chars().count() {
        return Err(UnreadableDocument::Undecodable);
    }
    let invalid = std::str::from_utf8(bytes).err();
    if let Some(error) = invalid {
        let is_given = memchr::memmem::find_iter(bytes, "\u{fffd}".as_bytes()).count();
        let n_places = text.matches(char::REPLACEMENT_CHARACTER).count().saturating_sub(is_given);
        if n_places > 0 {
            return Err(UnreadableDocument::Damaged { n_places, first: error.valid_up_to() + 1 });
        }
    }
    if text.trim().is_empty() {
        return Err(UnreadableDocument::Empty);
    }
    let other_encoding = invalid.map(|_| charset::encoding_of(bytes, Some(CONTENT_TYPE)).name());
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    Ok(match exact_head(&lines) {
        Some(()) => Document { article: exact(&lines), is_exact: true, other_encoding },
        None => Document { article: loose(&lines), is_exact: false, other_encoding },
    })
}

/// The hash in a file's name, if the name has the form that bundles use.
#[must_use]
pub fn hash_in_name(name: &str) -> Option<&str> {
    let (position, rest) = name.strip_suffix(".txt")?.split_once('_')?;
    let is_position = position.len() >= 3 && position.bytes().all(|byte| byte.is_ascii_digit());
    let is_hash = rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_position && is_hash).then_some(rest)
}

fn places(n_places: usize) -> String {
    if n_places == 1 { "one place".to_owned() } else { format!("{n_places} places") }
}

fn looks_like_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])
}

fn exact_head(lines: &[&str]) -> Option<()> {
    let [_, day, url, ..] = lines else { return None };
    let is_day = day.is_empty() || (day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit()));
    let is_url = url.is_empty() || url.starts_with("http://") || url.starts_with("https://");
    (is_day && is_url).then_some(())
}

fn exact(lines: &[&str]) -> ExtractedArticle {
    let day = (lines[1].len() == 8).then(|| format!("{}-{}-{}", &lines[1][..4], &lines[1][4..6], &lines[1][6..]));
    article(Some(lines[0]), day, Some(lines[2]), lines[3..].iter().copied())
}

fn loose(lines: &[&str]) -> ExtractedArticle {
    let mut paragraphs: Vec<&str> = lines.iter().copied().filter(|line| !line.is_empty()).collect();
    while paragraphs.len() > 1 && paragraphs.last().is_some_and(|last| is_trailer(last)) {
        paragraphs.pop();
    }
    let day = match paragraphs[0].strip_prefix("date ").and_then(|rest| Some((rest.get(..10)?, rest.get(10..)?))) {
        Some((day, rest)) if is_iso_day(day) && (rest.is_empty() || rest.starts_with(' ')) => {
            paragraphs[0] = rest.trim_start();
            Some(day.to_owned())
        }
        _ => None,
    };
    let has_title = day.is_none() && paragraphs.len() > 1 && looks_like_title(paragraphs[0]);
    let (title, body) = if has_title { (Some(paragraphs[0]), &paragraphs[1..]) } else { (None, &paragraphs[..]) };
    article(title, day, None, body.iter().copied())
}

fn article<'a>(
    title: Option<&str>,
    day: Option<String>,
    url: Option<&str>,
    paragraphs: impl Iterator<Item = &'a str>,
) -> ExtractedArticle {
    let found = |text: &str| Evidence::new(text.to_owned(), Origin::File);
    ExtractedArticle {
        title: title.filter(|title| !title.is_empty()).map(found),
        published: day.into_iter().map(|day| Evidence::new(day, Origin::File)).collect(),
        modified: None,
        canonical_urls: url.filter(|url| !url.is_empty()).map(found).into_iter().collect(),
        authors: Vec::new(),
        language: None,
        site_name: None,
        section: None,
        tags: Vec::new(),
        image: None,
        paragraphs: paragraphs.filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        body_kind: BodyKind::Full,
        quality: Quality { score: 100, reasons: Vec::new() },
        rule_faults: Vec::new(),
        next_page: None,
        numbered_page: None,
        says_article: false,
    }
}

/// A line that could be a headline: short, and not ending as a sentence does. Questions and exclamations may.
fn looks_like_title(line: &str) -> bool {
    let ends_as_sentence = line
        .trim_end_matches(['”', '"', '’', '\'', ')', '»', '」'])
        .ends_with(['.', '…', ':', ';', ',', '。', '।', '۔']);
    line.chars().count() <= TITLE_CHARACTERS_MAX && !ends_as_sentence
}

/// A line that copying left behind: `source NAME`, `Source link NAME`, `Leave a Reply`.
fn is_trailer(line: &str) -> bool {
    let lowered = line.to_lowercase();
    let names_source = lowered.split_whitespace().next().is_some_and(|word| matches!(word, "source" | "source:"))
        && lowered.split_whitespace().count() <= TRAILER_WORDS_MAX
        && !line.ends_with(['.', '!', '?', '”', '"']);
    names_source || matches!(lowered.as_str(), "leave a reply" | "leave a comment" | "reply" | "cancel reply")
}

fn is_iso_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(
            |(at, byte)| {
                if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() }
            },
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, title: Option<&str>, day: Option<&str>, url: Option<&str>, paragraphs: &[&str]) {
        let article = read(text.as_bytes()).unwrap().article;
        assert_eq!(article.title.as_ref().map(|found| found.value.as_str()), title, "title of {text:?}");
        assert_eq!(article.published.first().map(|found| found.value.as_str()), day, "date of {text:?}");
        assert_eq!(article.canonical_urls.first().map(|found| found.value.as_str()), url, "address of {text:?}");
        assert_eq!(article.paragraphs, paragraphs, "paragraphs of {text:?}");
    }

    #[test]
    fn the_written_form_is_read() {
        check(
            "Harbour reopens\n20261120\nhttps://e.org/a\nShips came back.\nAll of them.\n",
            Some("Harbour reopens"),
            Some("2026-11-20"),
            Some("https://e.org/a"),
            &["Ships came back.", "All of them."],
        );
        check("\n\n\nShips came back.\n", None, None, None, &["Ships came back."]);
        check("Harbour\n20261120\n\n", Some("Harbour"), Some("2026-11-20"), None, &[]);
    }

    #[test]
    fn blank_lines_part_paragraphs_and_trailers_go() {
        check(
            "Harbour reopens\n\nShips came back.\n\n“Quite a sight”\n\nsource site-59\n\nLeave a Reply",
            Some("Harbour reopens"),
            None,
            None,
            &["Ships came back.", "“Quite a sight”"],
        );
    }

    #[test]
    fn paragraphs_alone_have_no_title() {
        check("Ships came back.\nAll of them.", None, None, None, &["Ships came back.", "All of them."]);
    }

    #[test]
    fn a_date_before_the_first_paragraph_is_taken_off() {
        check(" date 2021-12-30 Ships came.\n\nAll.", None, Some("2021-12-30"), None, &["Ships came.", "All."]);
    }

    #[test]
    fn sentences_about_sources_stay() {
        let text = "Title of it\n\nOne.\n\nSource of the trouble was a valve, the harbour master said.";
        check(
            text,
            Some("Title of it"),
            None,
            None,
            &["One.", "Source of the trouble was a valve, the harbour master said."],
        );
    }

    #[test]
    fn what_is_not_text_is_refused() {
        assert_eq!(read(b"PK\x03\x04\0\0").unwrap_err(), UnreadableDocument::Binary);
        assert_eq!(read(b"\x01\x02\x03\x04\x05\x06\x07\x0e").unwrap_err(), UnreadableDocument::Undecodable);
        assert_eq!(read(b" \n\n").unwrap_err(), UnreadableDocument::Empty);
    }

    #[test]
    fn a_letter_is_read_in_its_encoding_or_its_loss_is_told() {
        let encoding = |bytes: &[u8]| read(bytes).map(|document| document.other_encoding);
        assert_eq!(encoding("Café fermé\n\n\nDéjà vu dans le port \u{fffd}.\n".as_bytes()), Ok(None));
        assert_eq!(encoding(b"Caf\xe9\n\n\nD\xe9j\xe0 vu, dit le caf\xe9.\n"), Ok(Some("windows-1252")));
        let lost =
            |text: &str| encoding(&text.bytes().map(|byte| if byte == b'?' { 0xff } else { byte }).collect::<Vec<_>>());
        let text = "Déjà vu à l’été\n\n\nLe café ? est fermé, dit l’hôtelier.\n";
        assert_eq!(lost(text), Err(UnreadableDocument::Damaged { n_places: 1, first: text.find('?').unwrap() + 1 }));
    }

    #[test]
    fn hashes_are_taken_from_names() {
        assert_eq!(hash_in_name("002_b0493dc1623e2b1d.txt"), Some("b0493dc1623e2b1d"));
        assert_eq!(hash_in_name("2_b0493dc1623e2b1d.txt"), None);
        assert_eq!(hash_in_name("notes.txt"), None);
    }
}
