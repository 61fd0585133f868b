//! The explanation of a page on a terminal, in a pipe and as JSON.

use std::io;

use serde_json::{Value, json};

use crate::extract::{Contribution, ExplainedLine, Rule, TitleVotes, Verdict};
use crate::forms;
use crate::model::{CanonicalUrl, Evidence};
use crate::pipeline::ExplainedPage;

use super::explain_words::{CONTRIBUTIONS_TOLD, counts, language_origin, other_dates, other_titles, told};
use crate::cli::terminal::output::Output;
use crate::cli::terminal::text::{cut, one_line, terminal_width, text_width};

/// Columns before the text of a line on a terminal: number, verdict, probability.
const LINE_INDENT: usize = 23;

/// Columns before what is said of it, in the rows below.
const DETAILS_INDENT: usize = 7;

pub(crate) fn print(output: &mut Output, input: &str, page: &ExplainedPage) -> io::Result<()> {
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

/// `, trust 14, as in 2 other places, a heading among them`.
fn votes_told(votes: TitleVotes) -> String {
    let agreeing = match votes.n_agreeing {
        0 => String::new(),
        1 => ", as in one other place".to_owned(),
        n => format!(", as in {n} other places"),
    };
    let seen = if votes.is_seen { ", a heading among them" } else { "" };
    format!(", trust {}{agreeing}{seen}", votes.trust)
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
    let published = published.map(|date| format!("{} ({})", forms::articles::published_text(date), date.origin));
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
    let width = terminal_width();
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
    rows.extend(published.map(|date| row("published", &forms::articles::published_text(date), date.origin.as_str())));
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
            json!({"value": forms::articles::published_text(date), "origin": date.origin.as_str()})
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
