//! `newswire extract --explain` and `--html`: why a page reads as it does, on a terminal, in a pipe, as JSON, and as a
//! page for a browser.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::dates;
use crate::extract::{Contribution, ExplainedLine, Explanation, Extractor, Rule, TitleVotes, Verdict};
use crate::model::{CanonicalUrl, Evidence, LinkHints, Origin};
use crate::pipeline::{self, ExplainedPage};

use super::Context;
use super::extract::{ExtractCommand, Source, is_url, read_all};
use super::failure::Failure;
use super::logging::Verbosity;
use super::output::{Output, cut, one_line, terminal_width, text_width};
use super::{explain_html, export, shapes};

/// Contributions told of a line where there is little room.
pub(super) const CONTRIBUTIONS_TOLD: usize = 3;

/// Longest name made for a file, in characters: with its ending far from the 255 bytes that file systems allow.
const FILE_NAME_CHARACTERS_MAX: usize = 50;

/// Columns before the text of a line on a terminal: number, verdict, probability.
const LINE_INDENT: usize = 23;

/// Columns before what is said of it, in the rows below.
const DETAILS_INDENT: usize = 7;

pub(super) fn run(context: &mut Context, command: &ExtractCommand) -> Result<(), Failure> {
    let mut destination = command.html.as_deref().map(|out| Destination::of(out, command)).transpose()?;
    let read = |extractor: &Extractor, source: Source<'_>| match source {
        Source::Saved(bytes, address) => pipeline::explain_html_page(extractor, bytes, address),
        Source::Fetched(document, _) => {
            let hints = LinkHints::default();
            pipeline::explain_page(extractor, &document, &hints, Source::surroundings(&document, &hints))
        }
    };
    read_all(context, command, read, |context, input, result| {
        let page = match result {
            Ok(page) => page,
            Err(refusal) if context.output.is_json() => {
                return Ok(context.output.json(&json!({"file": input, "error": refusal.reason}))?);
            }
            Err(_) => return Ok(()),
        };
        if command.explain {
            print(&mut context.output, input, &page)?;
        }
        match &mut destination {
            None => Ok(()),
            Some(Destination::Output) => Ok(context.output.raw(&explain_html::page(input, &page))?),
            Some(destination) => {
                let path = destination.path_for(input);
                let html = explain_html::page(input, &page);
                export::write_atomically(&path, |file| Ok(file.write_all(html.as_bytes())?))?;
                if context.verbosity != Verbosity::Quiet {
                    eprintln!("{input}: explained in {}", path.display());
                }
                Ok(())
            }
        }
    })
}

/// Where the pages for a browser go.
enum Destination {
    Output,
    File(PathBuf),
    /// A folder, and the names that have been given in it, each with the last number that was put behind it.
    Folder(PathBuf, HashMap<String, usize>),
}

impl Destination {
    /// Looks at it before anything is read, so that no work is done for nothing.
    fn of(out: &Path, command: &ExtractCommand) -> Result<Destination, Failure> {
        let named = out.display();
        let is_single = command.inputs.len() == 1;
        if out.as_os_str() == "-" {
            return match (is_single, command.explain) {
                (true, false) => Ok(Destination::Output),
                (false, _) => Err(Failure::Usage("--html - takes one page".to_owned())),
                (true, true) => {
                    Err(Failure::Usage("--html - and --explain would both go to standard output".to_owned()))
                }
            };
        }
        match fs::metadata(out) {
            Ok(found) if found.is_dir() => Ok(Destination::Folder(out.to_owned(), HashMap::new())),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Failure::Failed(format!("{named}: {error}"))),
            _ if !is_single => {
                Err(Failure::Usage(format!("{named}: several pages need a folder for --html, and one that exists")))
            }
            Ok(found) if !found.is_file() => Err(Failure::Failed(format!("{named}: is there and is no plain file"))),
            Ok(_) if command.inputs.iter().any(|input| is_same_file(input, out)) => {
                Err(Failure::Usage(format!("{named}: is the page itself")))
            }
            _ => Ok(Destination::File(out.to_owned())),
        }
    }

    /// The file for a page. In a folder its name is made from the page's, and differs from it: the folder may well be
    /// the one with the pages.
    fn path_for(&mut self, input: &str) -> PathBuf {
        match self {
            Destination::Output => PathBuf::from("-"),
            Destination::File(path) => path.clone(),
            Destination::Folder(folder, given) => {
                let stem = file_stem(input);
                let n_same = given.get(&stem).copied().unwrap_or(0);
                // Of so many numbers one is free.
                let number = (n_same + 1..=n_same + 1 + given.len())
                    .find(|number| !given.contains_key(&numbered(&stem, *number)))
                    .unwrap_or(1);
                let name = numbered(&stem, number);
                given.insert(name.clone(), 1);
                given.insert(stem, number);
                folder.join(format!("{name}.explained.html"))
            }
        }
    }
}

fn numbered(stem: &str, number: usize) -> String {
    if number == 1 { stem.to_owned() } else { format!("{stem}-{number}") }
}

fn is_same_file(one: &str, other: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

/// A file name for a page, from its file name or address.
fn file_stem(input: &str) -> String {
    let stem = match input {
        "-" => "page",
        _ if is_url(input) => input.split_once("://").map_or(input, |(_, rest)| rest),
        _ => Path::new(input).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default(),
    };
    let words: Vec<&str> =
        stem.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").trim_matches('.').chars().take(FILE_NAME_CHARACTERS_MAX).collect();
    if name.is_empty() { "page".to_owned() } else { name }
}

fn print(output: &mut Output, input: &str, page: &ExplainedPage) -> io::Result<()> {
    if output.is_json() {
        output.json(&as_json(input, page))
    } else if output.is_decorated() {
        print_for_people(output, input, page)
    } else {
        as_rows(input, page).iter().try_for_each(|row| {
            let cells: Vec<_> = row.iter().map(|cell| one_line(cell)).collect();
            output.line(&cells.join("\t"))
        })
    }
}

/// The candidates for the title that were not taken.
pub(super) fn other_titles(explanation: &Explanation) -> &[Evidence<String>] {
    explanation.titles.get(1..).unwrap_or_default()
}

/// The candidates for the date of publication that were not taken, as the page writes them.
pub(super) fn other_dates(page: &ExplainedPage) -> Vec<&Evidence<String>> {
    let taken = page.article.published.as_ref();
    let is_taken = |candidate: &Evidence<String>| {
        taken.is_some_and(|taken| {
            taken.origin == candidate.origin
                && dates::read(&candidate.value).is_some_and(|date| date.instant == taken.instant)
        })
    };
    page.explanation.article.published.iter().filter(|candidate| !is_taken(candidate)).collect()
}

/// Where the language is from: the page's word where it agrees, else the text itself.
pub(super) fn language_origin(page: &ExplainedPage) -> Option<&'static str> {
    let language = page.article.language.as_deref()?;
    let declared = page.explanation.article.language.as_ref();
    let agreeing = declared.filter(|tag| tag.value.to_ascii_lowercase().starts_with(language));
    Some(match agreeing.map(|tag| tag.origin) {
        None => Origin::Detected.as_str(),
        // Of all origins only this one needs telling apart here: it is no heading that says so.
        Some(Origin::Heading) => "html lang",
        Some(origin) => origin.as_str(),
    })
}

/// How many lines were kept, dropped as unlikely, and ruled out.
pub(super) fn counts(explanation: &Explanation) -> [usize; 3] {
    let count = |is: fn(Verdict) -> bool| explanation.lines.iter().filter(|line| is(line.verdict)).count();
    [count(Verdict::is_kept), count(|verdict| verdict == Verdict::Unlikely), count(|verdict| verdict.rule().is_some())]
}

/// `+1.3 ends like a sentence`.
pub(super) fn told(contribution: &Contribution) -> String {
    format!("{:+.1} {}", contribution.logit, contribution.words)
}

/// `, trust 14, as in 2 other places`.
fn votes_told(votes: TitleVotes) -> String {
    let agreeing = match votes.n_agreeing {
        0 => String::new(),
        1 => ", as in one other place".to_owned(),
        n => format!(", as in {n} other places"),
    };
    format!(", trust {}{agreeing}", votes.trust)
}

/// The rule, and what weighed most.
fn reasons(line: &ExplainedLine) -> Vec<String> {
    let rule = line.verdict.rule().map(|rule| rule.as_str().to_owned());
    let contributions = line.contributions.iter().take(CONTRIBUTIONS_TOLD).map(told);
    rule.into_iter().chain(contributions).collect()
}

/// A path without its outer elements, where it is wider than a row.
fn inner_path(path: &str, columns: usize) -> String {
    const LEFT_OUT: &str = "… > ";
    let mut path = one_line(path).into_owned();
    while text_width(&path) > columns
        && let Some((_, inner)) = path.strip_prefix(LEFT_OUT).unwrap_or(&path).split_once(" > ")
    {
        path = format!("{LEFT_OUT}{}", inner.strip_prefix(LEFT_OUT).unwrap_or(inner));
    }
    path
}

/// Parts put side by side into as few rows as they need; one that is wider than a row is cut.
fn packed(parts: Vec<String>, columns: usize) -> Vec<String> {
    const GAP: &str = "   ";
    let mut rows: Vec<String> = Vec::new();
    for part in parts {
        let part = cut(&part, columns);
        match rows.last_mut() {
            Some(row) if text_width(row) + GAP.len() + text_width(&part) <= columns => row.extend([GAP, &part]),
            _ => rows.push(part.into_owned()),
        }
    }
    rows
}

fn print_for_people(output: &mut Output, input: &str, page: &ExplainedPage) -> io::Result<()> {
    let ExplainedPage { explanation, article } = page;
    let heading = output.bold(&one_line(input));
    output.line(&heading)?;
    if let Some(reason) = &explanation.refusal {
        let refusal = output.warning(&format!("no article: {reason}"));
        output.line(&format!("{refusal}; this is what would have been taken"))?;
    }
    output.line("")?;
    let evidence = |found: &Evidence<String>| format!("{} ({})", found.value, found.origin);
    let mut titles = explanation.titles.iter().zip(&explanation.title_votes).map(|(title, votes)| match votes {
        Some(votes) => format!("{} ({}{})", title.value, title.origin, votes_told(*votes)),
        None => evidence(title),
    });
    output.field("title", titles.next().as_deref())?;
    for candidate in titles {
        output.field("", Some(&format!("not: {candidate}")))?;
    }
    let published = article.published.as_ref();
    let published = published.map(|date| format!("{} ({})", shapes::published_text(date), date.origin));
    output.field("published", published.as_deref())?;
    for candidate in other_dates(page) {
        output.field("", Some(&format!("not: {}", evidence(candidate))))?;
    }
    let authors: Vec<String> = explanation.article.authors.iter().map(evidence).collect();
    output.field("authors", Some(&authors.join(", ")))?;
    let language = language_origin(page).zip(article.language.as_deref());
    output.field("language", language.map(|(origin, code)| format!("{code} ({origin})")).as_deref())?;
    output.field("url", article.url.as_ref().map(CanonicalUrl::as_str))?;
    let against = match article.quality.reasons.join(", ") {
        against if against.is_empty() => against,
        against => format!(" ({against})"),
    };
    let (kind, score) = (article.body_kind.as_str(), article.quality.score);
    let text =
        format!("{kind}, {} words, quality {score}{against}, from {}", article.words, explanation.text_from.as_str());
    output.field("text", Some(&text))?;
    output.field("place", explanation.place.as_deref())?;
    let [kept, dropped, ruled_out] = counts(explanation);
    output.field("lines", Some(&format!("{kept} kept, {dropped} dropped, {ruled_out} ruled out")))?;
    output.line("")?;
    let width = usize::from(terminal_width());
    for (position, line) in explanation.lines.iter().enumerate() {
        let verdict = format!("{:<9}", line.verdict.as_str());
        let text = cut(&one_line(&line.text), width.saturating_sub(LINE_INDENT)).into_owned();
        let (verdict, text) = match line.verdict {
            Verdict::Kept | Verdict::RuledIn(_) => (output.good(&verdict), text),
            Verdict::Unlikely => (verdict, output.faint(&text)),
            Verdict::Ruled(_) => (output.warning(&verdict), output.faint(&text)),
        };
        output.line(&format!("{:>5}  {verdict}  {:.2} {text}", position + 1, line.probability))?;
        let room = width.saturating_sub(DETAILS_INDENT);
        for row in packed([reasons(line), vec![inner_path(&line.path, room)]].concat(), room) {
            let row = output.faint(&row);
            output.line(&format!("{:DETAILS_INDENT$}{row}", ""))?;
        }
    }
    output.line("")
}

/// The explanation as lines of cells, the first of which says what the others are.
fn as_rows(input: &str, page: &ExplainedPage) -> Vec<Vec<String>> {
    let ExplainedPage { explanation, article } = page;
    let row = |name: &str, value: &str, origin: &str| vec![name.to_owned(), value.to_owned(), origin.to_owned()];
    let evidence = |name: &str, found: &Evidence<String>| row(name, &found.value, found.origin.as_str());
    let refusal = explanation.refusal.map(|reason| reason.to_string()).unwrap_or_default();
    let verdict = if explanation.refusal.is_some() { "no article" } else { "article" };
    let mut rows = vec![row("file", input, ""), row("outcome", verdict, &refusal)];
    rows.extend(explanation.titles.first().map(|title| evidence("title", title)));
    rows.extend(other_titles(explanation).iter().map(|title| evidence("other title", title)));
    let published = article.published.as_ref();
    rows.extend(published.map(|date| row("published", &shapes::published_text(date), date.origin.as_str())));
    rows.extend(other_dates(page).into_iter().map(|date| evidence("other date", date)));
    rows.extend(explanation.article.authors.iter().map(|author| evidence("author", author)));
    let language = language_origin(page).zip(article.language.as_deref());
    rows.extend(language.map(|(origin, code)| row("language", code, origin)));
    rows.extend(article.url.as_ref().map(|url| row("url", url.as_str(), "")));
    rows.push(row("body_kind", article.body_kind.as_str(), explanation.text_from.as_str()));
    rows.push(row("quality", &article.quality.score.to_string(), &article.quality.reasons.join(", ")));
    rows.push(row("place", explanation.place.as_deref().unwrap_or_default(), ""));
    rows.extend(explanation.lines.iter().enumerate().map(|(position, line)| {
        vec![
            "line".to_owned(),
            (position + 1).to_string(),
            line.verdict.as_str().to_owned(),
            line.verdict.rule().map_or("", Rule::as_str).to_owned(),
            format!("{:.3}", line.probability),
            line.contributions.iter().take(CONTRIBUTIONS_TOLD).map(told).collect::<Vec<_>>().join("; "),
            line.path.clone(),
            line.text.clone(),
        ]
    }));
    rows
}

/// Probabilities and weights as JSON: three digits are all that is known of them.
fn rounded(number: f32) -> f64 {
    (f64::from(number) * 1000.0).round() / 1000.0
}

fn as_json(input: &str, page: &ExplainedPage) -> Value {
    let ExplainedPage { explanation, article } = page;
    let evidence = |found: &Evidence<String>| json!({"value": found.value, "origin": found.origin.as_str()});
    let line = |(position, line): (usize, &ExplainedLine)| {
        let contribution = |told: &Contribution| json!({"feature": told.feature, "meaning": told.meaning, "absent": told.is_absent, "contribution": rounded(told.logit)});
        json!({
            "line": position + 1,
            "verdict": line.verdict.as_str(),
            "rule": line.verdict.rule().map(Rule::as_str),
            "probability": rounded(line.probability),
            "first_look": rounded(line.first_pass),
            "contributions": line.contributions.iter().map(contribution).collect::<Vec<_>>(),
            "path": line.path,
            "text": line.text,
        })
    };
    json!({
        "file": input,
        "url": article.url.as_ref().map(CanonicalUrl::as_str),
        "is_article": explanation.refusal.is_none(),
        "refusal": explanation.refusal.map(|reason| reason.to_string()),
        "title": explanation.titles.first().map(evidence),
        "other_titles": other_titles(explanation).iter().map(evidence).collect::<Vec<_>>(),
        "published": article.published.as_ref().map(|date| {
            json!({"value": shapes::published_text(date), "origin": date.origin.as_str()})
        }),
        "other_dates": other_dates(page).into_iter().map(evidence).collect::<Vec<_>>(),
        "authors": explanation.article.authors.iter().map(evidence).collect::<Vec<_>>(),
        "language": article.language.as_ref().map(|code| json!({"value": code, "origin": language_origin(page)})),
        "words": article.words,
        "body_kind": article.body_kind.as_str(),
        "text_from": explanation.text_from.as_str(),
        "quality": article.quality.score,
        "quality_reasons": article.quality.reasons,
        "place": explanation.place,
        "lines": explanation.lines.iter().enumerate().map(line).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_after_pages() {
        let check = |input: &str, expected: &str| assert_eq!(file_stem(input), expected, "{input}");
        check("saved/ferry page.html", "ferry-page");
        check("-", "page");
        check("https://news.example/2024/05/ferry?id=3#top", "news.example-2024-05-ferry-id-3-top");
        check("../..", "page");
        check("フェリー.html", "フェリー");
        let mut folder = Destination::Folder(PathBuf::from("out"), HashMap::new());
        let paths = ["a/ferry.html", "b/ferry.htm", "c/ferry.html"].map(|input| folder.path_for(input));
        let expected = ["out/ferry.explained.html", "out/ferry-2.explained.html", "out/ferry-3.explained.html"];
        assert_eq!(paths, expected.map(PathBuf::from));
    }
}
