//! The part of `newswire show` that tells whose text an article is.

use crate::forms::words::percent;
use crate::store::{Lineage, Relative};

use crate::cli::terminal::article_words::copy_mark;
use crate::cli::terminal::output::Output;

/// An article's lineage: `= 6 wire` for what has the text of article 6, `~ 6 wire` for what was made from it.
pub(crate) fn describe(lineage: &Lineage, kind: Option<&str>, output: &mut Output) -> std::io::Result<()> {
    let Lineage { ancestors, share, share_of_original, spans: _, sources: _, descendants } = lineage;
    let is_near = kind == Some("near");
    if let Some(original) = ancestors.first() {
        let (here, there) = (percent(*share), percent(*share_of_original));
        let shares = format!(" · {here} of this text, {there} of that");
        let shares = Some(shares).filter(|_| is_near && *share > 0.0).unwrap_or_default();
        let copy_of = format!("{} {}{shares}", copy_mark(kind), named(original));
        output.field("copy of", Some(&copy_of))?;
    }
    if let [_, .., first] = ancestors.as_slice() {
        output.field("first in", Some(&format!("{} · {}", named(first), output.when(&first.first_seen_at))))?;
    }
    if is_near {
        let paragraphs = paragraphs(lineage).into_iter();
        let paragraphs: Vec<String> =
            paragraphs.map(|(from, numbers)| format!("{numbers} {}", whose(lineage, from))).collect();
        output.field("paragraphs", Some(&paragraphs.join(" · ")))?;
    }
    let copies: Vec<String> = descendants
        .iter()
        .map(|descendant| {
            let mark = copy_mark(descendant.kind.as_deref());
            let is_direct = descendants.iter().all(|other| other.article.id != descendant.of);
            let share = if mark == "~" && descendant.share > 0.0 {
                format!(" {}", percent(descendant.share))
            } else {
                String::new()
            };
            let of = if is_direct { String::new() } else { format!(" of {}", descendant.of) };
            format!("{mark} {}{share}{of}", named(&descendant.article))
        })
        .collect();
    output.field("copied by", Some(&copies.join(" · ")))
}

fn whose(lineage: &Lineage, from: Option<i64>) -> String {
    let Some(id) = from else {
        return "own".to_owned();
    };
    let source = lineage.sources.iter().find(|source| source.id == id);
    source.map_or_else(|| format!("from {id}"), |source| format!("from {}", named(source)))
}

/// The paragraphs by whose they are, in the order of the text: `1-2, 5`.
fn paragraphs(lineage: &Lineage) -> Vec<(Option<i64>, String)> {
    let mut groups: Vec<(Option<i64>, Vec<String>)> = Vec::new();
    for span in &lineage.spans {
        let range =
            if span.first == span.last { span.first.to_string() } else { format!("{}-{}", span.first, span.last) };
        match groups.iter_mut().find(|(from, _)| *from == span.from) {
            Some((_, ranges)) => ranges.push(range),
            None => groups.push((span.from, vec![range])),
        }
    }
    groups.into_iter().map(|(from, ranges)| (from, ranges.join(", "))).collect()
}

fn named(relative: &Relative) -> String {
    format!("{} {}", relative.id, relative.source.as_deref().unwrap_or("import"))
}
