//! The explanation of a page as a page of its own, for a browser: one file, no script, nothing loaded from elsewhere.
//!
//! Whatever comes from the explained page is text here. It is escaped, and should that ever fail, the policy in the
//! head lets nothing run or load: it allows one style sheet, by its hash.

use sha2::{Digest, Sha256};

use crate::extract::{Contribution, ExplainedLine, TextSource, Verdict};
use crate::model::{CanonicalUrl, Evidence};
use crate::pipeline::ExplainedPage;

use super::explain::{CONTRIBUTIONS_TOLD, counts, language_origin, other_dates, other_titles, told};
use super::output::one_line;
use super::shapes;

const STYLE: &str = include_str!("explain.css");

/// How the figures beside a line are to be read.
const HELP: &str = "The percentage is how likely a line is part of the article; it is kept from half on. Beside it stands \
    what weighed most: +1 multiplies the odds by 2.7, −1 divides them. Hover over a line for more of them. The path says \
    in which elements it stands. “Ruled out” are likely lines that a rule leaves out all the same.";

/// The page that explains `page`, which came from `input`.
pub(super) fn page(input: &str, page: &ExplainedPage) -> String {
    let ExplainedPage { explanation, article } = page;
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        base64(&Sha256::digest(STYLE.as_bytes()))
    );
    let title = article.title.as_deref().unwrap_or("(no title)");
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Why it reads so: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1 class=\"isolated\" dir=\"auto\">{}</h1>\n<p class=\"file\">Why <bdi>{}</bdi> reads as it does</p>\n",
        escaped(title),
        escaped(title),
        escaped(input),
    );
    if let Some(reason) = &explanation.refusal {
        html.extend([
            "<p class=\"refusal\"><b>No article:</b> ",
            &escaped(&reason.to_string()),
            ". What follows is what would have been taken.</p>\n",
        ]);
    }
    push_facts(&mut html, page);
    push_text_from_elsewhere(&mut html, page);
    push_lines(&mut html, page);
    html.push_str("</body>\n</html>\n");
    html
}

/// What the page says of itself, where it says it, and what else might have been taken.
fn push_facts(html: &mut String, page: &ExplainedPage) {
    let ExplainedPage { explanation, article } = page;
    html.push_str("<table class=\"facts\">\n");
    let evidence = |found: &Evidence<String>| value(&found.value, Some(found.origin.as_str()));
    let not_taken = |found: &Evidence<String>| format!("not: {}", evidence(found));
    if let Some(title) = explanation.titles.first() {
        push_fact(html, "Title", &evidence(title), other_titles(explanation).iter().map(not_taken));
    }
    let published = article.published.as_ref().map_or_else(
        || value("none that can be read", None),
        |date| value(&shapes::published_text(date), Some(date.origin.as_str())),
    );
    push_fact(html, "Published", &published, other_dates(page).into_iter().map(not_taken));
    let authors: Vec<String> = explanation.article.authors.iter().map(evidence).collect();
    let authors = if authors.is_empty() { value("nobody named", None) } else { authors.join(", ") };
    push_fact(html, "Authors", &authors, std::iter::empty());
    if let Some(language) = &article.language {
        push_fact(html, "Language", &value(language, language_origin(page)), std::iter::empty());
    }
    if let Some(url) = &article.url {
        push_fact(html, "Address", &value(CanonicalUrl::as_str(url), None), std::iter::empty());
    }
    let from = format!("from {}", explanation.text_from.as_str());
    let text = value(&format!("{}, {} words", article.body_kind.as_str(), article.words), Some(&from));
    push_fact(html, "Text", &text, std::iter::empty());
    let reasons = article.quality.reasons.iter().map(|reason| value(reason, None));
    push_fact(html, "Quality", &value(&format!("{} of 100", article.quality.score), None), reasons);
    if let Some(place) = &explanation.place {
        push_fact(html, "Looked for in", &format!("<code>{}</code>", escaped(place)), std::iter::empty());
    }
    html.push_str("</table>\n");
}

/// A row: name, value and further values, which are HTML already.
fn push_fact(html: &mut String, name: &str, value: &str, others: impl Iterator<Item = String>) {
    html.extend(["<tr><th scope=\"row\">", name, "</th><td>", value]);
    let mut others = others.peekable();
    if others.peek().is_some() {
        html.push_str("<ul>");
        for other in others {
            html.extend(["<li>", &other, "</li>"]);
        }
        html.push_str("</ul>");
    }
    html.push_str("</td></tr>\n");
}

fn value(text: &str, origin: Option<&str>) -> String {
    let origin = origin.map(|origin| format!("<span class=\"origin\">{}</span>", escaped(origin))).unwrap_or_default();
    format!("<bdi class=\"isolated\" dir=\"auto\">{}</bdi>{origin}", escaped(text))
}

fn push_text_from_elsewhere(html: &mut String, page: &ExplainedPage) {
    let whence = match page.explanation.text_from {
        TextSource::Page => return,
        TextSource::StructuredData => "structured data",
        TextSource::Feed => "the feed",
    };
    html.extend(["<h2>The text, taken from ", whence, "</h2>\n<div class=\"taken\">\n"]);
    for paragraph in page.article.paragraphs() {
        html.extend(["<p class=\"isolated\" dir=\"auto\">", &escaped(paragraph), "</p>\n"]);
    }
    html.push_str("</div>\n");
}

fn push_lines(html: &mut String, page: &ExplainedPage) {
    let [kept, dropped, ruled_out] = counts(&page.explanation);
    html.push_str(&format!(
        "<h2>The lines of the page</h2>\n<div class=\"bar\"><ul class=\"legend\"><li class=\"kept\">{kept} kept</li>\
         <li class=\"dropped\">{dropped} dropped</li><li class=\"ruled\">{ruled_out} ruled out</li></ul>\n\
         <fieldset class=\"choice\"><legend>Show</legend>\
         <label><input type=\"radio\" name=\"show\" id=\"show-all\" checked>all</label>\
         <label><input type=\"radio\" name=\"show\" id=\"show-kept\">kept</label>\
         <label><input type=\"radio\" name=\"show\" id=\"show-left-out\">left out</label></fieldset></div>\n\
         <p class=\"help\">{HELP}</p>\n<table class=\"lines\">\n<tbody>\n"
    ));
    for (position, line) in page.explanation.lines.iter().enumerate() {
        push_line(html, position + 1, line);
    }
    html.push_str("</tbody>\n</table>\n");
}

fn push_line(html: &mut String, number: usize, line: &ExplainedLine) {
    let class = match line.verdict {
        Verdict::Kept => "kept",
        Verdict::Ruled(_) => "ruled",
        Verdict::Unlikely => "dropped",
    };
    let rule = line.verdict.rule();
    let mut reasons = format!("{}, {}", line.verdict.as_str(), percent(line.probability));
    if let Some(rule) = rule {
        reasons.extend([": ", rule.as_str()]);
    }
    reasons.push_str(&format!("\nby the line alone and what stands above it: {}", percent(line.first_look)));
    for contribution in &line.contributions {
        reasons.extend(["\n", &told(contribution)]);
    }
    html.push_str(&format!(
        "<tr class=\"{class}\" title=\"{}\"><td class=\"number\">{number}</td><td class=\"probability\">{}</td>\
         <td class=\"text\" dir=\"auto\">{}</td><td class=\"why\">",
        escaped_lines(&reasons),
        percent(line.probability),
        escaped(&line.text),
    ));
    if let Some(rule) = rule {
        html.extend(["<span class=\"rule\">", &escaped(rule.as_str()), "</span>"]);
    }
    for contribution in line.contributions.iter().take(CONTRIBUTIONS_TOLD) {
        push_contribution(html, contribution);
    }
    html.extend(["<code>", &escaped(&line.path), "</code></td></tr>\n"]);
}

fn push_contribution(html: &mut String, contribution: &Contribution) {
    let class = if contribution.logit < 0.0 { "against" } else { "for" };
    let told = told(contribution).replacen('-', "\u{2212}", 1);
    let (figure, meaning) = told.split_once(' ').unwrap_or_default();
    html.push_str(&format!("<span class=\"{class}\"><b>{}</b> {}</span>", escaped(figure), escaped(meaning)));
}

fn percent(probability: f32) -> String {
    format!("{:.0} %", probability * 100.0)
}

/// Text as it may stand in an element or in a quoted attribute. Control characters become spaces.
fn escaped(text: &str) -> String {
    escape(&one_line(text))
}

/// The same for several lines of our own, in an attribute.
fn escaped_lines(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("&#10;")
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
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
        assert_eq!(escaped("<b title='\"x\"'>&\n\u{1b}"), "&lt;b title=&#39;&quot;x&quot;&#39;&gt;&amp;  ");
        assert_eq!(escaped_lines("a\n<b>"), "a&#10;&lt;b&gt;");
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
