//! The part of `newswire show` that tells whose text an article is.

use serde_json::{Value, json};

use crate::store::{Lineage, Relative};

use crate::cli::terminal::output::Output;

/// An article's lineage, ready to be told.
pub(crate) struct Descent {
    lineage: Lineage,
    kind: Option<String>,
}

impl Descent {
    pub(crate) fn new(lineage: Lineage, kind: Option<String>) -> Descent {
        Descent { lineage, kind }
    }

    /// As JSON.
    pub(crate) fn value(&self) -> Value {
        let Lineage { ancestors, share, share_of_original, spans, sources: _, descendants } = &self.lineage;
        let relative = |relative: &Relative| {
            json!({
                "id": relative.id,
                "source": relative.source,
                "title": relative.title,
                "first_seen_at": relative.first_seen_at,
            })
        };
        let copy_of = ancestors.first().map(|original| {
            let mut value = relative(original);
            value["kind"] = json!(self.kind);
            value["share"] = rounded(*share);
            value["share_of_original"] = rounded(*share_of_original);
            value
        });
        let paragraphs = spans.iter().map(|span| json!({ "first": span.first, "last": span.last, "from": span.from }));
        let copies = descendants.iter().map(|descendant| {
            let mut value = relative(&descendant.article);
            value["of"] = json!(descendant.of);
            value["kind"] = json!(descendant.kind);
            value["share"] = rounded(descendant.share);
            value["share_of_original"] = rounded(descendant.share_of_original);
            value
        });
        json!({
            "copy_of": copy_of,
            "first": ancestors.last().map(relative),
            "paragraphs": paragraphs.collect::<Vec<_>>(),
            "copies": copies.collect::<Vec<_>>(),
        })
    }

    /// As text.
    pub(crate) fn describe(&self, output: &mut Output) -> std::io::Result<()> {
        let Lineage { ancestors, share, share_of_original, spans: _, sources: _, descendants } = &self.lineage;
        if let Some(original) = ancestors.first() {
            let kind = self.kind.as_deref().unwrap_or("exact");
            let shares = match kind {
                "near" if *share > 0.0 => {
                    let (here, there) = (percent(*share), percent(*share_of_original));
                    format!(": {here} of this text stands there, {there} of that one here")
                }
                _ => String::new(),
            };
            output.field("copy of", Some(&format!("{} ({kind}){shares}", named(original))))?;
        }
        if let [_, .., first] = ancestors.as_slice() {
            output.field("first in", Some(&format!("{} since {}", named(first), first.first_seen_at)))?;
        }
        if self.kind.as_deref() == Some("near") {
            for (from, paragraphs) in self.paragraphs() {
                output.field("paragraphs", Some(&format!("{paragraphs}: {}", self.whose(from))))?;
            }
        }
        for descendant in descendants {
            let kind = descendant.kind.as_deref().unwrap_or("exact");
            let is_direct = descendants.iter().all(|other| other.article.id != descendant.of);
            let how_much = match (kind, is_direct) {
                ("near", _) if descendant.share <= 0.0 => String::new(),
                ("near", true) => format!(": {} of it stands here", percent(descendant.share)),
                ("near", false) => format!(": {} of it stands in {}", percent(descendant.share), descendant.of),
                (_, true) => String::new(),
                (_, false) => format!(": the text of {}", descendant.of),
            };
            output.field("copied by", Some(&format!("{} ({kind}){how_much}", named(&descendant.article))))?;
        }
        Ok(())
    }

    fn whose(&self, from: Option<i64>) -> String {
        let Some(id) = from else {
            return "its own".to_owned();
        };
        let source = self.lineage.sources.iter().find(|source| source.id == id);
        source.map_or_else(|| format!("as in {id}"), |source| format!("as in {}", named(source)))
    }

    /// The paragraphs by whose they are, in the order of the text: `1-2, 5`.
    fn paragraphs(&self) -> Vec<(Option<i64>, String)> {
        let mut groups: Vec<(Option<i64>, Vec<String>)> = Vec::new();
        for span in &self.lineage.spans {
            let range =
                if span.first == span.last { span.first.to_string() } else { format!("{}-{}", span.first, span.last) };
            match groups.iter_mut().find(|(from, _)| *from == span.from) {
                Some((_, ranges)) => ranges.push(range),
                None => groups.push((span.from, vec![range])),
            }
        }
        groups.into_iter().map(|(from, ranges)| (from, ranges.join(", "))).collect()
    }
}

fn named(relative: &Relative) -> String {
    format!("{} from {}", relative.id, relative.source.as_deref().unwrap_or("an import"))
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A share with as many digits as mean something. Copies share something: where it is 0, it is not known, as in a
/// snapshot.
fn rounded(share: f64) -> Value {
    if share > 0.0 { json!((share * 1000.0).round() / 1000.0) } else { Value::Null }
}
