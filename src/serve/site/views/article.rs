//! `/articles/ID`: a text, paragraph by paragraph, each its own or somebody's.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::forms;
use crate::serve::miss::Miss;
use crate::store::{ArticleDetails, Lineage, Reader, Relative, RevisionRow, SightingRow, StoryRow};

use super::view::View;
use crate::forms::words::{counted, percent};
use crate::serve::site::asked::Asked;
use crate::serve::site::parts::{headline, outward, shown, time};

/// Paragraphs shown. No article has more; what has is something else, and JSON has it whole.
const PARAGRAPHS_MAX: usize = 2000;

pub(super) struct Article {
    details: ArticleDetails,
    sightings: Vec<SightingRow>,
    revisions: Vec<RevisionRow>,
    lineage: Lineage,
    story_id: Option<i64>,
    /// Where others tell it too.
    story: Option<StoryRow>,
}

pub(super) fn read(reader: &Reader, id: i64) -> Result<Article, Miss> {
    let article = reader.article(id)?.ok_or_else(|| Miss::NotFound(format!("there is no article {id}")))?;
    let story_id = reader.story_of(id)?;
    let story = match story_id {
        Some(story) => reader.story(story)?.filter(|story| story.n_articles > 1),
        None => None,
    };
    Ok(Article {
        sightings: reader.sightings(id)?,
        revisions: reader.revisions(id)?,
        lineage: reader.lineage(id)?,
        story_id,
        story,
        details: article,
    })
}

impl View for Article {
    fn title(&self) -> String {
        shown(self.details.row.title.as_deref())
    }

    fn main(&self, _: &Asked, now: Timestamp) -> Markup {
        let ArticleDetails { row, authors, site_name, .. } = &self.details;
        let at = forms::articles::time_of(row);
        html! {
            p.about {
                @if let Some(site) = site_name.as_deref().or(row.source_title.as_deref()).or(row.source.as_deref()) { b { (site) } }
                @if !at.is_empty() { " · " (time(&at, now)) " (" (at.get(..16).unwrap_or(&at).replace('T', " ")) @if at.len() > 10 { " UTC" } ")" }
                @if !authors.is_empty() { " · " (authors.join(", ")) }
                @if let Some(url) = &row.url { " · " (outward(url, "at its publisher's")) }
            }
            div.beside {
                article lang=[row.language.as_deref()] dir="auto" { (self.paragraphs()) }
                aside { (self.facts(now)) }
            }
        }
    }

    fn json(&self) -> Value {
        let sources: Vec<String> = self.sightings.iter().map(|sighting| sighting.source.clone()).collect();
        let mut value = forms::articles::exported(&self.details, &sources, &self.sightings, &self.revisions);
        value["lineage"] = forms::lineage::value(&self.lineage, self.details.row.duplicate_kind.as_deref());
        value["story_id"] = json!(self.story_id);
        value["story"] = json!(self.story.as_ref().map(forms::stories::row));
        value
    }
}

impl Article {
    fn paragraphs(&self) -> Markup {
        let is_mixed = self.lineage.spans.iter().any(|span| span.from.is_some());
        let n_paragraphs = self.details.body.lines().count();
        html! {
            @for (number, paragraph) in (1_u32..).zip(self.details.body.lines()).take(PARAGRAPHS_MAX) {
                @let from = self.whose(number);
                p.taken[from.is_some()].own[is_mixed && from.is_none()] dir="auto" {
                    @if let Some(from) = from {
                        a.whose href={ "/articles/" (from.id) } title=(shown(from.title.as_deref())) {
                            (from.source.as_deref().unwrap_or("import"))
                        }
                        " "
                    }
                    (paragraph)
                }
            }
            @if n_paragraphs > PARAGRAPHS_MAX {
                p.none { "… and " (n_paragraphs - PARAGRAPHS_MAX) " more paragraphs" }
            }
        }
    }

    /// The article from which a paragraph was taken.
    fn whose(&self, paragraph: u32) -> Option<&Relative> {
        let span = self.lineage.spans.iter().find(|span| (span.first..=span.last).contains(&paragraph))?;
        self.lineage.sources.iter().find(|source| Some(source.id) == span.from)
    }

    fn facts(&self, now: Timestamp) -> Markup {
        let ArticleDetails { row, quality_reasons, reservations, removed_at, section, keywords, .. } = &self.details;
        html! {
            dl {
                @if let Some(at) = removed_at { dt { "removed" } dd.trouble { "by its publisher, seen " (time(at, now)) } }
                dt { "text" }
                dd { (row.body_kind) ", " (counted(row.words, "word")) @if let Some(language) = &row.language { ", " (language) } }
                dt { "quality" }
                dd { (row.quality) @if !quality_reasons.is_empty() { " (" (quality_reasons.join(", ")) ")" } }
                @if let Some(story) = &self.story {
                    dt { "story" }
                    dd { (headline(&format!("/stories/{}", story.id), story.title.as_deref(), None))
                         " (" (counted(story.n_sources, "source")) ")" }
                }
                @for (position, original) in self.lineage.ancestors.iter().enumerate() {
                    dt { @if position == 0 { "copy of" } @else { "which is one of" } }
                    dd {
                        (relative_link(original))
                        @if position == 0 && self.lineage.share > 0.0 { ", " (percent(self.lineage.share)) " of this text" }
                    }
                }
                @if !self.lineage.descendants.is_empty() {
                    dt { "copied by" }
                    @for copy in &self.lineage.descendants { dd { (relative_link(&copy.article)) } }
                }
                @if row.revision > 1 {
                    dt { "wordings" }
                    dd {
                        a href={ "/articles/" (row.id) "/diff/1.." (row.revision) } { (row.revision) ", compare the first with the last" }
                        ", changed " (time(&self.details.updated_at, now))
                    }
                }
                @if !reservations.is_empty() { dt { "reservations" } dd { (reservations.join(", ")) } }
                @if let Some(section) = section { dt { "section" } dd dir="auto" { (section) } }
                @if !keywords.is_empty() { dt { "keywords" } dd dir="auto" { (keywords.join(", ")) } }
                dt { "seen in" }
                @for sighting in &self.sightings {
                    dd {
                        a href={ "/sources/" (sighting.source) } { (sighting.source) }
                        " " (time(&sighting.first_seen_at, now))
                    }
                }
            }
        }
    }
}

fn relative_link(relative: &Relative) -> Markup {
    let source = relative.source.as_deref().unwrap_or("import");
    html! { a href={ "/articles/" (relative.id) } title=(shown(relative.title.as_deref())) { (relative.id) " " (source) } }
}
