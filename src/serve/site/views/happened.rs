//! `/revised` and `/removed`: what publishers changed and took away last, and feeds of it.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::forms;
use crate::forms::revisions::{History, RevisionRange};
use crate::serve::miss::Miss;
use crate::store::{Happened, Numbered, Reader};

use super::diff::marked;
use super::view::{Texts, View, wants_feed};
use crate::serve::site::asked::Asked;
use crate::serve::site::parts;
use crate::serve::site::syndication::{Feed, FeedEntry};

/// Articles on a page, and entries of a feed.
const SHOWN_MAX: u32 = 50;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Revised,
    Removed,
}

pub(super) struct HappenedList {
    kind: Kind,
    happened: Vec<Happened>,
    texts: Texts,
}

pub(super) fn read(reader: &Reader, asked: &Asked, kind: Kind) -> Result<HappenedList, Miss> {
    let texts = if wants_feed(asked) { Texts::asked(asked)? } else { Texts::ALL };
    Ok(HappenedList { kind, happened: last(reader, kind, SHOWN_MAX)?, texts })
}

/// The last of a kind.
pub(super) fn last(reader: &Reader, kind: Kind, limit: u32) -> Result<Vec<Happened>, Miss> {
    Ok(match kind {
        Kind::Revised => reader.revised_last(limit)?,
        Kind::Removed => reader.removed_last(limit)?,
    })
}

impl View for HappenedList {
    fn title(&self) -> String {
        match self.kind {
            Kind::Revised => "Revised".to_owned(),
            Kind::Removed => "Removed".to_owned(),
        }
    }

    fn main(&self, _: &Asked, now: Timestamp) -> Markup {
        let told = match self.kind {
            Kind::Revised => "What publishers changed in their articles, the last first.",
            Kind::Removed => "What publishers took away, the last first. The texts are kept.",
        };
        html! {
            p.about { (told) }
            @if self.happened.is_empty() { p.none { "Nothing yet." } }
            ol.items { @for one in &self.happened { (item(one, self.kind, now)) } }
        }
    }

    fn json(&self) -> Value {
        let name = match self.kind {
            Kind::Revised => "updated_at",
            Kind::Removed => "removed_at",
        };
        let articles = self.happened.iter().map(|one| {
            let mut value = forms::articles::row(&one.row);
            value[name] = json!(one.at);
            value
        });
        articles.collect()
    }

    fn is_feed(&self) -> bool {
        true
    }

    fn state(&self, reader: &Reader) -> Result<Option<String>, Miss> {
        let ids: Vec<i64> = self.happened.iter().map(|one| one.row.id).collect();
        Ok(Some(format!("{ids:?} {:?}", reader.last_changes_of(&ids)?)))
    }

    fn feed(&self, reader: &Reader) -> Result<Option<Feed>, Miss> {
        let mut entries = Vec::new();
        for one in &self.happened {
            entries.extend(entry(reader, one, self.kind, self.texts)?);
        }
        Ok(Some(Feed { title: self.title(), entries }))
    }
}

/// One in a list: when it happened, to what, and where.
pub(super) fn item(one: &Happened, kind: Kind, now: Timestamp) -> Markup {
    let Happened { row, at, .. } = one;
    let path = match kind {
        Kind::Revised => last_change(row.id, row.revision),
        Kind::Removed => format!("articles/{}", row.id),
    };
    parts::item(at, &format!("/{path}"), row, now)
}

/// The page of an article's last change.
fn last_change(id: i64, revision: u32) -> String {
    format!("articles/{id}/diff/{}..{revision}", revision.saturating_sub(1).max(1))
}

/// An entry for what happened, whose content is what changed or what is gone. Each change has an entry of its own.
fn entry(reader: &Reader, one: &Happened, kind: Kind, texts: Texts) -> Result<Option<FeedEntry>, Miss> {
    let article = reader.article(one.row.id)?.filter(|article| texts.has(article));
    let Some(article) = article else { return Ok(None) };
    let (name, page, content) = match kind {
        Kind::Revised => {
            let revisions = reader.revisions(one.row.id)?;
            let history = History::new(&article, &revisions);
            let to = one.row.revision;
            let Ok(comparison) = history.compare(RevisionRange { from: to.saturating_sub(1), to: Some(to) }) else {
                return Ok(None);
            };
            let page = last_change(one.row.id, to);
            (page.clone(), page, marked(&comparison))
        }
        Kind::Removed => {
            let gone = html! { @for paragraph in article.body.lines().take(texts.n_paragraphs) { p { (paragraph) } } };
            let page = format!("articles/{}", one.row.id);
            // A removal is another entry than the article that was there.
            (format!("{page}/removed"), page, html! { p { "Removed by its publisher, seen " (one.at) } (gone) })
        }
    };
    Ok(Some(FeedEntry {
        name,
        number: Some(one.change_seq.map_or(Numbered::Article(one.row.id), Numbered::Change)),
        page,
        title: one.row.title.clone(),
        url: one.row.url.clone(),
        updated_at: one.at.clone(),
        published_at: None,
        authors: article.authors,
        language: one.row.language.clone(),
        content: content.into_string(),
    }))
}
