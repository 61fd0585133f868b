//! What a demo tells at its end: what newswire made of the news web, and the command that shows each of it.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::daemon::Tally;
use crate::revision::Wording;
use crate::revision::difference::{Difference, Piece, Step};
use crate::store::{ArticleFilter, ArticleRow, ChangeRow, Lineage, Reader, StoryFilter};

use crate::cli::failure::Failure;
use crate::cli::terminal::output::Output;
use crate::cli::terminal::text::{counted, cut, one_line, shell_word};

use super::folder::DemoFolder;

/// Columns of a line. Addresses and commands are not cut.
const COLUMNS: usize = 78;

/// More rows than a demo has.
const ROWS_MAX: u32 = 10_000;

/// Newsrooms by which a story counts as told independently.
const NEWSROOMS_MIN: u32 = 3;

/// Changes that are named of a correction, and columns of the old and the new words of one.
const REPLACEMENTS_MAX: usize = 2;
const REPLACEMENT_COLUMNS: usize = 16;

/// Stories that are listed; the commands show the others.
const STORIES_MAX: usize = 4;

/// What was played.
pub(super) struct Played<'a> {
    pub(super) folder: &'a DemoFolder,
    /// The last change before it; 0 in a new folder.
    pub(super) known_before: i64,
    pub(super) tally: Tally,
    /// Polls that failed.
    pub(super) failures: Vec<String>,
    pub(super) elapsed: Duration,
}

/// Tells it.
pub(super) fn tell(output: &mut Output, reader: &Reader, played: &Played<'_>) -> Result<(), Failure> {
    let mut report = Report { output, reader, played, program: program(), articles: Vec::new() };
    report.articles = reader.articles(&ArticleFilter::default(), ROWS_MAX)?;
    if played.known_before == 0 {
        report.what_came_in()?;
        report.independent_stories()?;
        report.lineage()?;
        report.changes()?;
        report.gaps()?;
        report.walls()?;
    } else {
        report.what_is_new()?;
    }
    report.what_next()
}

/// By the name that this program was called by, since it may not be installed.
fn program() -> String {
    shell_word(&std::env::args().next().unwrap_or_else(|| "newswire".to_owned()))
}

struct Report<'a> {
    output: &'a mut Output,
    reader: &'a Reader,
    played: &'a Played<'a>,
    program: String,
    articles: Vec<ArticleRow>,
}

impl Report<'_> {
    fn heading(&mut self, heading: &str) -> Result<(), Failure> {
        let heading = self.output.bold(heading);
        Ok(self.output.line(&heading)?)
    }

    fn line(&mut self, line: &str) -> Result<(), Failure> {
        Ok(self.output.line(&cut(&format!("  {}", one_line(line)), COLUMNS))?)
    }

    /// A command that shows it, and the end of the section.
    fn command(&mut self, arguments: &str) -> Result<(), Failure> {
        let command = self.database_command(arguments);
        let command = self.output.faint(&command);
        self.output.line(&format!("    {command}"))?;
        Ok(self.output.line("")?)
    }

    fn database_command(&self, arguments: &str) -> String {
        format!("{} --db {} {arguments}", self.program, shell_word(&self.reader.path().display().to_string()))
    }

    fn polls(&self) -> String {
        let tally = &self.played.tally;
        let polls = counted(tally.polls, "poll");
        format!("{polls}, {} of them answered by “not modified” or the same bytes", tally.polls_unchanged)
    }

    fn what_came_in(&mut self) -> Result<(), Failure> {
        let languages: BTreeSet<&str> = self.articles.iter().filter_map(|row| row.language.as_deref()).collect();
        let n_copies = self.articles.iter().filter(|row| row.duplicate_of.is_some()).count();
        let languages =
            format!("{} languages ({})", languages.len(), languages.into_iter().collect::<Vec<_>>().join(", "));
        let lines = [
            format!("{} articles in {languages}, in {:.1} s", self.articles.len(), self.played.elapsed.as_secs_f64()),
            format!("{n_copies} of them are copies of others, or made from them"),
            self.polls(),
        ];
        self.heading("What came in")?;
        for line in &lines {
            self.line(line)?;
        }
        for failure in &self.played.failures {
            self.output.hanging("  ", &one_line(&format!("failed: {failure}")), "  failed: ".len())?;
        }
        self.command("ls")
    }

    fn independent_stories(&mut self) -> Result<(), Failure> {
        let filter = StoryFilter { sources_min: NEWSROOMS_MIN, ..StoryFilter::default() };
        let stories = self.reader.stories(&filter, None)?;
        let Some(first) = stories.first() else { return Ok(()) };
        self.heading("Told by three newsrooms or more, each in its own words")?;
        for story in stories.iter().take(STORIES_MAX) {
            let told = format!("{}, {}", counted(story.n_sources, "newsroom"), counted(story.n_articles, "article"));
            self.line(&format!("{told}: {}", quoted(story.title.as_deref(), COLUMNS - 30)))?;
        }
        let arguments = format!("stories show {}", first.id);
        self.command(&arguments)
    }

    /// The article with the longest line of copies: a copy of a copy, if there is one.
    fn lineage(&mut self) -> Result<(), Failure> {
        let mut longest: Option<(usize, &ArticleRow, Lineage)> = None;
        for row in self.articles.iter().filter(|row| row.duplicate_of.is_none()) {
            let lineage = self.reader.lineage(row.id)?;
            let n_indirect = lineage.descendants.iter().filter(|copy| copy.of != row.id).count();
            let rank = lineage.descendants.len() + n_indirect * 10;
            if rank > longest.as_ref().map_or(0, |(rank, _, _)| *rank) {
                longest = Some((rank, row, lineage));
            }
        }
        let Some((_, first, lineage)) = longest else { return Ok(()) };
        let (id, had_it) = (first.id, told_by(first.title.as_deref(), first.source.as_deref(), 0));
        self.heading("Whose text it is")?;
        self.line(&format!("{had_it} had it first"))?;
        for copy in &lineage.descendants {
            let depth = if copy.of == id { 1 } else { 2 };
            let name = told_by(copy.article.title.as_deref(), copy.article.source.as_deref(), depth);
            let how = match copy.kind.as_deref() {
                Some("near") => format!("{:.0} % of it", copy.share * 100.0),
                _ => "all of it".to_owned(),
            };
            self.line(&format!("{}└ {name}: {how}", "  ".repeat(depth - 1)))?;
        }
        self.command(&format!("show {id}"))
    }

    fn changes(&mut self) -> Result<(), Failure> {
        let revised: Vec<i64> = self.articles.iter().filter(|row| row.revision > 1).map(|row| row.id).collect();
        let Some(first) = revised.first() else { return Ok(()) };
        self.heading("What changed after it was published")?;
        for id in &revised {
            self.change(*id)?;
        }
        self.command(&format!("show {first} --diff 1"))
    }

    /// An article and the words that its last change took and brought.
    fn change(&mut self, id: i64) -> Result<(), Failure> {
        let Some(article) = self.reader.article(id)? else { return Ok(()) };
        self.line(&told_by(article.row.title.as_deref(), article.row.source.as_deref(), 0))?;
        let earlier = self.reader.revisions(id)?;
        let Some(earlier) = earlier.last() else { return Ok(()) };
        let difference = Difference::between(
            Wording { title: earlier.title.as_deref(), body: &earlier.body },
            Wording { title: article.row.title.as_deref(), body: &article.body },
        );
        let changed: Vec<String> = replacements(&difference).into_iter().take(REPLACEMENTS_MAX).collect();
        self.line(&format!("  {}", changed.join(" · ")))?;
        self.line(&format!("  {}", difference.extent()))
    }

    fn gaps(&mut self) -> Result<(), Failure> {
        let gaps = self.reader.gaps()?;
        let Some(gap) = gaps.last() else { return Ok(()) };
        let healed = match gap.n_healed {
            Some(number) => format!("what it showed no longer: {number} by the site’s news sitemap, asked once"),
            None => "the site’s news sitemap is asked with the next poll that brings something".to_owned(),
        };
        self.heading("A gap that was noticed, and filled")?;
        self.line(&format!("{}: of what its feed still showed nothing was known", gap.source))?;
        self.line(&healed)?;
        self.command("sql 'SELECT * FROM gaps'")
    }

    fn walls(&mut self) -> Result<(), Failure> {
        let of_kind =
            |kind: &str| self.articles.iter().filter(|row| row.body_kind == kind).cloned().collect::<Vec<_>>();
        let (from_feed, teasers) = (of_kind("feed"), of_kind("teaser"));
        if from_feed.is_empty() && teasers.is_empty() {
            return Ok(());
        }
        self.heading("What stood in the way")?;
        if let Some(source) = from_feed.first().and_then(|row| row.source.clone()) {
            let pages = counted(from_feed.len(), "page");
            self.line(&format!("{source}: {pages} asked for consent; the feed’s own text is kept"))?;
        }
        for row in &teasers {
            let name = quoted(row.title.as_deref(), 24);
            let source = row.source.clone().unwrap_or_default();
            self.line(&format!("{source}: {name} is for subscribers: a teaser"))?;
        }
        self.command("ls --where \"body_kind <> 'full'\"")
    }

    /// What has come since the last time.
    fn what_is_new(&mut self) -> Result<(), Failure> {
        let changes = self.reader.changes_after(&ArticleFilter::default(), self.played.known_before, ROWS_MAX)?;
        let is_new = |change: &&ChangeRow| change.new_seq.is_some_and(|seq| seq > self.played.known_before);
        let is_reworded = |change: &&ChangeRow| {
            !is_new(change) && change.wording_seq.is_some_and(|seq| seq > self.played.known_before)
        };
        let new: Vec<ArticleRow> = changes.iter().filter(is_new).map(|change| change.row.clone()).collect();
        let reworded: Vec<i64> = changes.iter().filter(is_reworded).map(|change| change.row.id).collect();
        self.heading("What is new since the last time")?;
        self.line(&format!("{} were known already", counted(self.articles.len() - new.len(), "article")))?;
        self.line(&self.polls())?;
        if new.is_empty() && reworded.is_empty() {
            self.line("Nothing has come since: nothing was fetched or stored again")?;
            return self.command("status");
        }
        let mut followed = None;
        for row in &new {
            self.line(&format!("new: {}", told_by(row.title.as_deref(), row.source.as_deref(), 0)))?;
            let story = self.reader.story_of(row.id)?.map(|id| self.reader.story(id)).transpose()?.flatten();
            if let Some(story) = story.filter(|story| story.n_articles > 1) {
                let told =
                    format!("{}, {}", counted(story.n_sources, "newsroom"), counted(story.n_articles, "article"));
                self.line(&format!("  goes on with story {}: {told}", story.id))?;
                followed = followed.or(Some(story.id));
            }
        }
        match followed {
            Some(story) => self.command(&format!("stories show {story}"))?,
            None => self.command("ls")?,
        }
        let Some(first) = reworded.first() else { return Ok(()) };
        self.heading("What was corrected since")?;
        for id in &reworded {
            self.change(*id)?;
        }
        self.command(&format!("show {first} --diff 1"))
    }

    fn what_next(&mut self) -> Result<(), Failure> {
        let (program, folder) = (self.program.clone(), shell_word(&self.played.folder.path().display().to_string()));
        let database = shell_word(&self.reader.path().display().to_string());
        self.heading("Try next")?;
        let mut commands = vec![
            self.database_command("stories --min-sources 3"),
            self.database_command("search 'storm ines'"),
            self.database_command("sources ls"),
            self.database_command("serve"),
            format!("sqlite3 {database} 'SELECT text FROM bundle_documents LIMIT 1'"),
        ];
        if !self.played.folder.acts_to_come().is_empty() {
            commands.push(format!("{program} demo {folder}"));
        }
        for command in commands {
            self.output.line(&format!("  {command}"))?;
        }
        self.output.line("")?;
        let clean = if self.played.folder.is_left_behind() {
            format!("{program} demo --clean")
        } else {
            format!("{program} demo --clean {folder}")
        };
        self.output.line(&format!("All of it is in {}", self.played.folder.path().display()))?;
        self.output.line(&format!("and goes away with {clean}"))?;
        Ok(())
    }
}

/// What stands in place of what where paragraphs were changed, in whole words.
fn replacements(difference: &Difference<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for step in &difference.paragraphs {
        let Step::Changed(pieces) = step else { continue };
        for (position, pair) in pieces.windows(2).enumerate() {
            let [Piece::Removed(old), Piece::Added(new)] = pair else { continue };
            let before = match position.checked_sub(1).map(|before| pieces[before]) {
                Some(Piece::Kept(text)) => text.rsplit(char::is_whitespace).next().unwrap_or_default(),
                _ => "",
            };
            let behind = match pieces.get(position + 2) {
                Some(Piece::Kept(text)) => text.split(char::is_whitespace).next().unwrap_or_default(),
                _ => "",
            };
            let whole = |text: &str| {
                cut(format!("{before}{text}{behind}").trim_matches([' ', ',', '.']), REPLACEMENT_COLUMNS).into_owned()
            };
            found.push(format!("{} → {}", whole(old), whole(new)));
        }
    }
    found
}

/// A headline and who has it, deeper lines with less room.
fn told_by(title: Option<&str>, source: Option<&str>, depth: usize) -> String {
    format!("{} in {}", quoted(title, 42 - 4 * depth), source.unwrap_or_default())
}

fn quoted(title: Option<&str>, columns: usize) -> String {
    format!("“{}”", cut(&one_line(title.unwrap_or("(no title)")), columns))
}
