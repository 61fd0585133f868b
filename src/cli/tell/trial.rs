//! What a watch would have told in the last week, by what is stored.

use jiff::{SignedDuration, Timestamp};

use crate::forms;
use crate::model::{Watch, WatchKind};
use crate::store::{Reader, WatchFinding};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::table::{number, text, time, title, whole};
use crate::cli::terminal::text::counted;

/// How far back it looks.
const BACK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What there is no telling of any more.
const UNSEEN: &str = "judged by what is stored now: stories as they are and not as they grew; an import as if it had come in right behind what was \
                      there, since when it did is not kept; not what was deleted, or was taken away and is back";

/// Changes that are judged at a time.
const CHANGES_MAX: u32 = 1000;

pub(super) fn tell(context: &mut Context, reader: &Reader, watch: Watch) -> Result<(), Failure> {
    let now = Timestamp::now();
    let since = now.checked_sub(BACK).unwrap_or(now);
    let kind = watch.kind;
    let mut after = reader.change_before(since)?;
    let mut book = reader.book_of(watch, since, after)?;
    let mut found: Vec<WatchFinding> = Vec::new();
    loop {
        let judged = reader.judge(&mut book, after, CHANGES_MAX, None)?;
        after = judged.up_to;
        for finding in judged.findings {
            // A story is told once, however often it has changed.
            if !found.iter().any(|known| known.subject == finding.subject) {
                found.push(finding);
            }
        }
        if judged.n_changed < CHANGES_MAX as usize {
            break;
        }
    }
    context.output.note(match found.len() {
        0 => "it would have told nothing in the last week".to_owned(),
        n_found => format!("{} in the last week", counted(n_found, "message")),
    });
    context.output.note(UNSEEN);
    let (name, heading) = match kind {
        WatchKind::StoryNew | WatchKind::GrowsTo => ("first_seen_at", "came in"),
        WatchKind::Revised => ("seen_at", "revised"),
        WatchKind::Removed => ("removed_at", "removed"),
    };
    let columns = [
        time(name).headed(heading),
        title("title"),
        number("n_sources").headed("newsrooms"),
        whole("story").for_programs(),
        whole("article").for_programs(),
        text("passage"),
    ];
    context.output.page();
    let row = |finding: &WatchFinding| (forms::messages::found(finding, "", now), cells(finding));
    context.output.list(&columns, found.iter().map(row).collect())?;
    Ok(())
}

fn cells(finding: &WatchFinding) -> Vec<String> {
    let story = finding.story.as_ref().map(|(story, _)| story);
    let article = &finding.article;
    let happened_at = match finding.watch.watch.kind {
        WatchKind::StoryNew | WatchKind::GrowsTo => article.first_seen_at.clone(),
        WatchKind::Revised => article.updated_at.clone(),
        WatchKind::Removed => article.removed_at.clone().unwrap_or_default(),
    };
    vec![
        happened_at,
        forms::messages::title(finding).unwrap_or_default().to_owned(),
        story.map(|story| story.n_sources.to_string()).unwrap_or_default(),
        story.map(|story| story.id.to_string()).unwrap_or_default(),
        article.row.id.to_string(),
        finding.passage.clone().unwrap_or_default(),
    ]
}
