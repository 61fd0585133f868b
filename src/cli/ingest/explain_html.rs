//! The explanation of a page as a page of its own, for a browser: one file, no script, nothing loaded from elsewhere.
//!
//! Whatever comes from the explained page is text here. It is escaped, and should that ever fail, the policy in the
//! head lets nothing run or load: it allows one style sheet, by its hash.

use std::fmt::{self, Write};
use std::iter;

use sha2::{Digest, Sha256};

use crate::extract::{ExplainedLine, TextSource, Verdict};
use crate::forms;
use crate::model::Evidence;
use crate::pipeline::ExplainedPage;

use super::explain_words::{CONTRIBUTIONS_TOLD, counts, language_origin, other_dates, other_titles, told};
use crate::cli::terminal::text::one_line;

const STYLE: &str = include_str!("explain.css");

/// How the figures beside a line are to be read.
const HELP: &str = "The percentage is how likely a line is part of the article; it is kept from half on. Beside it stands \
    what weighed most: +1 multiplies the odds by 2.7, −1 divides them. Hover over a line for more of them. The path says \
    in which elements it stands. “Ruled out” are likely lines that a rule leaves out all the same.";

/// The page that explains `page`, which came from `input`.
pub(crate) fn page(input: &str, page: &ExplainedPage) -> String {
    let mut html = String::new();
    // A string takes whatever is written to it.
    let _ = write_page(&mut html, input, page);
    html
}

fn write_page(html: &mut String, input: &str, page: &ExplainedPage) -> fmt::Result {
    let title = escaped(page.article.title.as_deref().unwrap_or("(no title)"));
    let style_hash = base64(&Sha256::digest(STYLE.as_bytes()));
    writeln!(
        html,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'sha256-{style_hash}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Why it reads so: {title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1 class=\"isolated\" dir=\"auto\">{title}</h1>\n<p class=\"file\">Why <bdi>{}</bdi> reads as it does</p>",
        escaped(input),
    )?;
    if let Some(reason) = &page.explanation.refusal {
        let reason = escaped(&reason.to_string());
        writeln!(
            html,
            "<p class=\"refusal\"><b>No article:</b> {reason}. What follows is what would have been taken.</p>"
        )?;
    }
    write_facts(html, page)?;
    write_text_from_elsewhere(html, page)?;
    write_lines(html, page)?;
    html.write_str("</body>\n</html>\n")
}

/// What the page says of itself, where it says it, and what else might have been taken.
fn write_facts(html: &mut String, page: &ExplainedPage) -> fmt::Result {
    let ExplainedPage { explanation, article } = page;
    let evidence = |found: &Evidence<String>| value(&found.value, Some(found.origin.as_str()));
    let not_taken = |found: &Evidence<String>| format!("not: {}", evidence(found));
    html.write_str("<table class=\"facts\">\n")?;
    if let Some(title) = explanation.titles.first() {
        write_fact(html, "Title", &evidence(title), other_titles(explanation).iter().map(not_taken))?;
    }
    let published = article.published.as_ref().map_or_else(
        || value("none that can be read", None),
        |date| value(&forms::articles::published_text(date), Some(date.origin.as_str())),
    );
    write_fact(html, "Published", &published, other_dates(page).into_iter().map(not_taken))?;
    let authors: Vec<String> = explanation.article.authors.iter().map(evidence).collect();
    let authors = if authors.is_empty() { value("nobody named", None) } else { authors.join(", ") };
    write_fact(html, "Authors", &authors, iter::empty())?;
    if let Some(language) = &article.language {
        write_fact(html, "Language", &value(language, language_origin(page)), iter::empty())?;
    }
    if let Some(url) = &article.url {
        write_fact(html, "Address", &value(url.as_str(), None), iter::empty())?;
    }
    let from = format!("from {}", explanation.text_from.as_str());
    let text = value(&format!("{}, {} words", article.body_kind.as_str(), article.words), Some(&from));
    write_fact(html, "Text", &text, iter::empty())?;
    let reasons = article.quality.reasons.iter().map(|reason| value(reason, None));
    write_fact(html, "Quality", &value(&format!("{} of 100", article.quality.score), None), reasons)?;
    if let Some(place) = &explanation.place {
        write_fact(html, "Looked for in", &format!("<code>{}</code>", escaped(place)), iter::empty())?;
    }
    html.write_str("</table>\n")
}

/// A row: name, value and further values, which are HTML already.
fn write_fact(html: &mut String, name: &str, value: &str, others: impl Iterator<Item = String>) -> fmt::Result {
    write!(html, "<tr><th scope=\"row\">{name}</th><td>{value}")?;
    let mut others = others.peekable();
    if others.peek().is_some() {
        html.write_str("<ul>")?;
        others.try_for_each(|other| write!(html, "<li>{other}</li>"))?;
        html.write_str("</ul>")?;
    }
    html.write_str("</td></tr>\n")
}

fn value(text: &str, origin: Option<&str>) -> String {
    let origin = origin.map(|origin| format!("<span class=\"origin\">{}</span>", escaped(origin))).unwrap_or_default();
    format!("<bdi class=\"isolated\" dir=\"auto\">{}</bdi>{origin}", escaped(text))
}

fn write_text_from_elsewhere(html: &mut String, page: &ExplainedPage) -> fmt::Result {
    let whence = match page.explanation.text_from {
        TextSource::Page => return Ok(()),
        TextSource::StructuredData => "structured data",
        TextSource::Script => "scripts",
        TextSource::Feed => "the feed",
    };
    writeln!(html, "<h2>The text, taken from {whence}</h2>\n<div class=\"taken\">")?;
    for paragraph in page.article.paragraphs() {
        writeln!(html, "<p class=\"isolated\" dir=\"auto\">{}</p>", escaped(paragraph))?;
    }
    html.write_str("</div>\n")
}

fn write_lines(html: &mut String, page: &ExplainedPage) -> fmt::Result {
    let [kept, dropped, ruled_out] = counts(&page.explanation);
    writeln!(
        html,
        "<h2>The lines of the page</h2>\n<div class=\"bar\"><ul class=\"legend\"><li class=\"kept\">{kept} kept</li>\
         <li class=\"dropped\">{dropped} dropped</li><li class=\"ruled\">{ruled_out} ruled out</li></ul>\n\
         <fieldset class=\"choice\"><legend>Show</legend>\
         <label><input type=\"radio\" name=\"show\" id=\"show-all\" checked>all</label>\
         <label><input type=\"radio\" name=\"show\" id=\"show-kept\">kept</label>\
         <label><input type=\"radio\" name=\"show\" id=\"show-left-out\">left out</label></fieldset></div>\n\
         <p class=\"help\">{HELP}</p>\n<table class=\"lines\">\n<tbody>"
    )?;
    for (position, line) in page.explanation.lines.iter().enumerate() {
        write_line(html, position + 1, line)?;
    }
    html.write_str("</tbody>\n</table>\n")
}

fn write_line(html: &mut String, number: usize, line: &ExplainedLine) -> fmt::Result {
    let class = match line.verdict {
        Verdict::Kept | Verdict::RuledIn(_) => "kept",
        Verdict::Ruled(_) => "ruled",
        Verdict::Unlikely => "dropped",
    };
    write!(
        html,
        "<tr class=\"{class}\" title=\"{}\"><td class=\"number\">{number}</td><td class=\"probability\">{}</td>\
         <td class=\"text\" dir=\"auto\">{}</td><td class=\"why\">",
        all_reasons(line),
        percent(line.probability),
        escaped(&line.text),
    )?;
    if let Some(rule) = line.verdict.rule() {
        write!(html, "<span class=\"rule\">{}</span>", escaped(rule.as_str()))?;
    }
    for contribution in line.contributions.iter().take(CONTRIBUTIONS_TOLD) {
        let class = if contribution.logit < 0.0 { "against" } else { "for" };
        let told = told(contribution).replacen('-', "\u{2212}", 1);
        let (figure, meaning) = told.split_once(' ').unwrap_or_default();
        write!(html, "<span class=\"{class}\"><b>{}</b> {}</span>", escaped(figure), escaped(meaning))?;
    }
    writeln!(html, "<code>{}</code></td></tr>", escaped(&line.path))
}

/// All that is known of a line's verdict, for an attribute: a reason a line.
fn all_reasons(line: &ExplainedLine) -> String {
    let rule = line.verdict.rule().map(|rule| format!(": {}", rule.as_str())).unwrap_or_default();
    let verdict = format!("{}, {}{rule}", line.verdict.as_str(), percent(line.probability));
    let first_look = format!("by the line alone and what stands above it: {}", percent(line.first_pass));
    let reasons = [verdict, first_look].into_iter().chain(line.contributions.iter().map(told));
    reasons.map(|reason| escaped(&reason)).collect::<Vec<_>>().join("&#10;")
}

fn percent(probability: f32) -> String {
    format!("{:.0} %", probability * 100.0)
}

/// Text as it may stand in an element or in a quoted attribute. Control characters become spaces.
fn escaped(text: &str) -> String {
    quick_xml::escape::escape(one_line(text)).into_owned()
}

/// Base 64 (RFC 4648), as policies write hashes.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().chain([&0; 2]).take(3).fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        for position in 0..4 {
            let digit = DIGITS[bits >> (18 - 6 * position) & 63];
            text.push(if position <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped("<b title='\"x\"'>&\n\u{1b}"), "&lt;b title=&apos;&quot;x&quot;&apos;&gt;&amp;  ");
    }

    #[test]
    fn hashes_are_written_in_base_64() {
        let check = |bytes: &[u8], expected: &str| assert_eq!(base64(bytes), expected);
        check(b"", "");
        check(b"f", "Zg==");
        check(b"fo", "Zm8=");
        check(b"foo", "Zm9v");
        check(b"foobar", "Zm9vYmFy");
        check(&[0xff, 0xfe, 0xfd, 0xfc], "//79/A==");
    }
}
