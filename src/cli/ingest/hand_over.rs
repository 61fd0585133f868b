//! `newswire fetch` beside a process that ingests: what is named is handed to that one, which fetches it with its own turns.

use crate::cli::asked::{Asked, WaitArguments, tell_of_queue};
use crate::cli::terminal::messages::say;
use crate::config::Config;
use crate::daemon::Tally;
use crate::forms;
use crate::model::{CanonicalUrl, ErrorClass, ListedLink, SourceId, Verdict};
use crate::normalize;
use crate::store::{self, AskedLink, AskedState, Reader, SourceRow};

use super::brought;
use super::targets::{Target, Targets};
use super::waiting;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::sources::named::Meant;
use crate::cli::terminal::logging::Verbosity;
use crate::cli::terminal::output::ListRow;
use crate::cli::terminal::signals::Interrupt;
use crate::cli::terminal::text::{counted, one_line, shell_word};

/// Who is asked, and how.
pub(super) struct HandOver<'a> {
    pub(super) config: &'a Config,
    /// The process that ingests, as it describes itself.
    pub(super) holder: &'a str,
    pub(super) wait: &'a WaitArguments,
    pub(super) interrupt: &'a Interrupt,
}

impl HandOver<'_> {
    /// Makes what is named due in the database that the other process ingests into, and where somebody waits, shows what came
    /// of it.
    pub(super) fn run(&self, context: &mut Context, targets: &Targets, is_retry: bool) -> Result<(), Failure> {
        let holder = self.holder;
        let reader = Context::reader(&self.config.store.path)?;
        let mut asked = Asked::begin(&reader)?;
        let mut rows = Vec::new();
        // All that was typed must be right before anything is handed over.
        let mut n_bad = 0;
        let mut meant = Vec::new();
        for target in &targets.list {
            match (self.meaning(&reader, targets, target), &target.place) {
                (Err(Failure::Usage(reason) | Failure::Failed(reason)), Some(place)) => {
                    n_bad += 1;
                    say!("newswire: {place}: {reason}");
                }
                (meaning, _) => meant.push(meaning?),
            }
        }
        if is_retry {
            let links = store::retry_links_beside(&self.config.store, None)?;
            say!("newswire: {} due again; {holder} fetches what is due", counted(links.len(), "article"));
            asked.links.extend(links);
            let handed_over = asked.links(&reader)?;
            let row = |link: &AskedLink| brought::row(None, HANDED_OVER, link.source.as_deref(), None, &link.url);
            rows.extend(handed_over.iter().map(row));
        }
        for meant in meant {
            self.hand_one_over(meant, &mut asked, &mut rows)?;
        }
        if n_bad < targets.list.len() as u64 || is_retry {
            tell_of_queue(&reader)?;
        }
        if let Some(patience) = self.wait.patience() {
            let is_quiet = context.verbosity == Verbosity::Quiet;
            let ended = asked.wait(self.config, &reader, patience, is_quiet, self.interrupt)?;
            let mut came = Came::of(&asked, &reader)?;
            came.n_missing += n_bad;
            context.output.list(&brought::COLUMNS, std::mem::take(&mut came.rows))?;
            brought::summarize(&came.tally, context.verbosity);
            waiting::tell_named(&came.waiting, true);
            // Each failure was told; what is not done yet is not.
            if let Some(failure) = ended.failure(holder, patience, came.n_in_work, came.tally.n_done()) {
                return Err(failure);
            }
            return brought::exit(&came.tally, came.n_missing);
        }
        // A program reads here what a person reads on stderr.
        if context.output.is_json() {
            context.output.list(&brought::COLUMNS, rows)?;
        }
        match n_bad {
            0 => Ok(()),
            _ if n_bad == targets.list.len() as u64 => Err(Failure::Failed("nothing could be handed over".to_owned())),
            _ => Err(Failure::Partly(format!("{} could not be handed over", counted(n_bad, "line")))),
        }
    }

    /// What a word means, if that can be handed over.
    fn meaning(&self, reader: &Reader, targets: &Targets, target: &Target) -> Result<Handed, Failure> {
        let holder = self.holder;
        match targets.meaning(reader, target)? {
            Meant::Source(row) => match forms::sources::why_unpolled(&row, holder) {
                None => Ok(Handed::Source(row)),
                Some(rule) => Err(Failure::Failed(format!("{} {rule}", row.slug))),
            },
            Meant::Address(address) => {
                let canonical =
                    normalize::url::canonicalize(&address.url).map_err(|error| Failure::Usage(error.to_string()))?;
                Ok(Handed::Link(Box::new(ListedLink::asked_for(canonical.clone(), &address.url)), canonical))
            }
        }
    }

    fn hand_one_over(&self, handed: Handed, asked: &mut Asked, rows: &mut Vec<ListRow>) -> Result<(), Failure> {
        let holder = self.holder;
        match handed {
            Handed::Source(row) => {
                let slug = &row.slug;
                store::poll_source_beside(&self.config.store, SourceId(row.id))?;
                say!("newswire: {slug} is due now; {holder} polls it");
                asked.sources.push(SourceId(row.id));
                rows.push(brought::row(None, HANDED_OVER, Some(slug), None, row.url.as_deref().unwrap_or_default()));
            }
            Handed::Link(link, canonical) => {
                asked.links.insert(store::ask_for_beside(&self.config.store, &link)?);
                let more = match self.wait.patience() {
                    Some(_) => String::new(),
                    None => {
                        format!("; `newswire why {}` tells what becomes of it", shell_word(canonical.as_str()))
                    }
                };
                say!("newswire: {canonical} is handed to {holder}{more}");
                rows.push(brought::row(None, HANDED_OVER, None, None, canonical.as_str()));
            }
        }
        Ok(())
    }
}

/// What is handed over.
enum Handed {
    /// A source that is polled.
    Source(Box<SourceRow>),
    /// An address, and its canonical form.
    Link(Box<ListedLink>, CanonicalUrl),
}

/// The verdict on what another process has still to fetch.
const HANDED_OVER: &str = "handed over";

/// What came of what was asked for.
#[derive(Default)]
struct Came {
    tally: Tally,
    rows: Vec<ListRow>,
    waiting: Vec<(String, jiff::Timestamp)>,
    n_in_work: usize,
    /// What was asked for and neither came nor failed.
    n_missing: u64,
}

impl Came {
    /// Reads it off the database, and tells each failure.
    fn of(asked: &Asked, reader: &Reader) -> Result<Came, Failure> {
        let mut came = Came::default();
        for source in asked.sources(reader)? {
            let slug = &source.slug;
            match (&source.failure, source.waits_until) {
                (Some((class, reason)), _) => {
                    say!("newswire: {slug} ({}): {} ({class})", source.url, one_line(reason));
                    came.tally.polls_failed += 1;
                    came.note_refusal(class);
                }
                (None, Some(until)) => came.waiting.push((source.url.clone(), until)),
                (None, None) if source.is_polled => {
                    let what =
                        if source.is_unchanged { "unchanged".to_owned() } else { format!("{} new", source.n_new) };
                    say!("newswire: {slug}: {what}");
                    came.tally.polls += 1;
                    came.tally.polls_unchanged += u64::from(source.is_unchanged);
                    came.tally.links += source.n_new;
                }
                (None, None) => came.n_in_work += 1,
            }
        }
        for link in asked.links(reader)? {
            came.take_link(link, reader)?;
        }
        came.n_missing = (came.n_in_work + came.waiting.len()) as u64;
        Ok(came)
    }

    fn take_link(&mut self, AskedLink { url, source, state }: AskedLink, reader: &Reader) -> Result<(), Failure> {
        let tally = &mut self.tally;
        match state {
            AskedState::InWork => self.n_in_work += 1,
            AskedState::Waiting(until) => self.waiting.push((url, until)),
            AskedState::Removed { id } => {
                tally.removed += 1;
                say!("newswire: {url}: taken away by its publisher; article {id} is kept");
            }
            AskedState::Stored { id, verdict, title } => {
                match verdict {
                    Verdict::New => tally.articles += 1,
                    Verdict::Duplicate { .. } => {
                        tally.articles += 1;
                        tally.duplicates += 1;
                    }
                    Verdict::Revision { .. } => tally.revisions += 1,
                    Verdict::Known { .. } => tally.unchanged += 1,
                }
                let word = brought::word_for(&verdict);
                self.rows.push(brought::row(Some(id), word, source.as_deref(), title.as_deref(), &url));
            }
            AskedState::Failed => {
                tally.articles_failed += 1;
                let failure =
                    normalize::url::parse(&url, None).ok().map(|url| reader.address_history(&url)).transpose()?;
                let last =
                    failure.and_then(|history| history.exchanges.into_iter().rfind(|row| row.error_class.is_some()));
                let (class, reason) = last.map(|row| (row.error_class, row.error)).unwrap_or_default();
                let class = class.unwrap_or_default();
                let reason = reason.unwrap_or_else(|| "it gave no article".to_owned());
                let of_class = if class.is_empty() { String::new() } else { format!(" ({class})") };
                say!("newswire: {url}: {}{of_class}", one_line(&reason));
                if class == ErrorClass::NotArticle.as_str() && source.is_none() {
                    let word = shell_word(&url);
                    say!("newswire: if it lists articles, `newswire sources add {word}` follows it");
                }
                self.note_refusal(&class);
            }
        }
        Ok(())
    }

    fn note_refusal(&mut self, class: &str) {
        self.tally.refused += u64::from(class.parse().is_ok_and(ErrorClass::is_policy));
    }
}
