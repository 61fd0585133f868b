//! The command line.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::config::Overrides;

use super::logging::Verbosity;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  newswire demo                                      see it work, without a network
  newswire discover example.org                      find the feeds of a site
  newswire sources add https://example.org/feed/     follow a feed
  newswire run                                       poll, fetch and store until stopped
  newswire fetch https://example.org/2026/11/a-story one article, now
  newswire search 'harbour storm'                    look into what is stored
  newswire export --format bundle --since 2d --out bundle/

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 partly, 75 busy, 77 refused by policy, 78 configuration or schema";

/// Follows news sources and keeps their articles, deduplicated, in one SQLite file.
#[derive(Debug, Parser)]
#[command(name = "newswire", version, styles = STYLES, after_help = EXAMPLES, max_term_width = 100)]
#[command(disable_help_subcommand = true, infer_subcommands = false)]
pub(super) struct Arguments {
    /// Settings file [default: newswire.toml, config/newswire.toml, /etc/newswire/newswire.toml, the first there is]
    #[arg(long, global = true, value_name = "FILE", env = "NEWSWIRE_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,

    /// Database [default: store.path in the settings, newswire.db]
    #[arg(long, global = true, value_name = "FILE", env = "NEWSWIRE_DB", hide_env_values = true)]
    pub(super) db: Option<PathBuf>,

    /// Say more; twice: everything
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,

    /// Say less: errors only, no progress
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,

    /// Print JSON: one document, or one a line
    #[arg(long, global = true)]
    pub(super) json: bool,

    /// Colours and tables
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColorChoice,

    /// How log lines are written [default: log.format in the settings, auto]
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<LogFormatChoice>,

    #[command(subcommand)]
    pub(super) command: Command,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormatChoice {
    Auto,
    Text,
    Json,
}

impl Arguments {
    pub(super) fn overrides(&self) -> Overrides {
        let mut flags = Vec::new();
        if let Some(db) = &self.db {
            flags.push(("store.path", db.display().to_string(), "--db"));
        }
        if let Some(format) = self.log_format {
            let name = match format {
                LogFormatChoice::Auto => "auto",
                LogFormatChoice::Text => "text",
                LogFormatChoice::Json => "json",
            };
            flags.push(("log.format", name.to_owned(), "--log-format"));
        }
        Overrides { settings_file: self.config.clone(), flags }
    }

    pub(super) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, 1) => Verbosity::Verbose,
            (false, _) => Verbosity::Everything,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Poll, fetch, extract and store until stopped (SIGTERM drains, SIGHUP reloads the settings)
    Run(RunCommand),
    /// Fetch articles or sources once: addresses, sources, or all that is due
    Fetch(FetchCommand),
    /// Take the article out of HTML files or addresses; touches no database
    Extract(ExtractCommand),
    /// Read feeds and sitemaps from files; touches no database
    ParseFeed(ParseFeedCommand),
    /// Find the feeds and sitemaps of a site, best first, with the evidence
    Discover(DiscoverCommand),
    /// Take in bundles, JSON lines, HTML files and OPML
    Import(ImportCommand),
    /// Write stored articles as a bundle, JSON lines or CSV
    Export(ExportCommand),
    /// List stored articles, newest first
    Ls(LsCommand),
    /// Show one article, by its id or address
    Show(ShowCommand),
    /// Search titles and texts
    Search(SearchCommand),
    /// Events and the articles that tell of them; merge and split them by hand
    Stories(StoriesCommand),
    /// List, show, add, test, pause and remove sources; OPML in and out
    Sources(SourcesCommand),
    /// How it stands: database, sources, failures, what is due
    Status(StatusCommand),
    /// Check, show or write the settings
    Config(ConfigCommand),
    /// See all of it work on an invented news web, without a network, in ten seconds
    Demo(DemoCommand),
}

#[derive(Debug, Args)]
pub(super) struct RunCommand {}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire fetch https://example.org/2026/11/a-story        one article into the database
  newswire fetch https://example.org/feed/ --out bundle/    a feed's articles as files, no database
  newswire fetch dailytimes                                 a source by its slug, now
  newswire fetch --due                                      all that is due, then stop (for cron)")]
pub(super) struct FetchCommand {
    /// Addresses of articles, feeds, sitemaps or sites, and slugs of sources
    #[arg(value_name = "URL or SOURCE")]
    pub(super) targets: Vec<String>,

    /// All sources and articles that are due
    #[arg(long)]
    pub(super) due: bool,

    /// All active sources, due or not
    #[arg(long)]
    pub(super) all: bool,

    /// Write the articles as a bundle into this folder; without --db no database is used
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,

    /// Fetch and tell, but store nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire extract page.html                        the article, as a line of JSON
  newswire extract --explain page.html              why each line of the page was kept or dropped
  newswire extract --html why.html page.html        the same as a page for a browser
  newswire extract --html folder/ saved/*.html      one page each, folder/NAME.explained.html

An explanation is given for pages without an article too, and is no failure.")]
pub(super) struct ExtractCommand {
    /// HTML files, addresses, or - for standard input
    #[arg(value_name = "FILE or URL", required = true)]
    pub(super) inputs: Vec<String>,

    /// What to print
    #[arg(long, default_value = "json", value_name = "FORMAT")]
    pub(super) format: ExtractFormat,

    /// Print, instead of the article, what became of each line of the page and why
    #[arg(long, conflicts_with = "format")]
    pub(super) explain: bool,

    /// Write the explanation as a page for a browser: a file, - for standard output, or a folder that exists, which it
    /// must be where there are several pages
    #[arg(long, value_name = "OUT", conflicts_with = "format")]
    pub(super) html: Option<PathBuf>,

    /// Where the file came from, for relative addresses and the canonical one
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExtractFormat {
    /// One JSON object a line
    Json,
    /// Title and paragraphs
    Text,
    /// A bundle document
    Bundle,
}

#[derive(Debug, Args)]
pub(super) struct ParseFeedCommand {
    /// Feed or sitemap files, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub(super) inputs: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire discover example.org                              what there is, best first
  newswire discover https://example.org/ | head -1 | cut -f1 the address to follow

It asks for the page, robots.txt and what they name, one after the other and only where robots.txt allows it, up to
fetch.discover_requests_max requests. The evidence says why an address was asked for.")]
pub(super) struct DiscoverCommand {
    /// A site's name, or the address of one of its pages
    #[arg(value_name = "SITE")]
    pub(super) site: String,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A folder with bundle documents (000_0123456789abcdef.txt) is read as a bundle; of any other folder all *.txt, *.jsonl,
*.html and *.opml files are read. JSON lines have url or id, title, published, authors, language, paragraphs or text,
source. The sources of an OPML file are followed from then on.")]
pub(super) struct ImportCommand {
    /// Files and folders
    #[arg(value_name = "PATH", required = true)]
    pub(super) paths: Vec<PathBuf>,

    /// The source that the articles are said to come from, where they do not say it themselves
    #[arg(long, value_name = "SLUG")]
    pub(super) source: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ChoiceArguments {
    /// Seen in this source (slug, unique prefix or address)
    #[arg(long, value_name = "SOURCE")]
    pub(super) source: Option<String>,

    /// Published at this time or later: 2026-11-20, 2d, 12h, yesterday
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(super) since: Option<Timestamp>,

    /// Published before this time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(super) until: Option<Timestamp>,

    /// Of this story (`newswire stories` lists them)
    #[arg(long, value_name = "ID")]
    pub(super) story: Option<i64>,

    /// A condition in SQL over the columns of the table articles
    #[arg(long = "where", value_name = "SQL")]
    pub(super) condition: Option<String>,

    /// Leave out duplicates of earlier articles
    #[arg(long)]
    pub(super) no_duplicates: bool,
}

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  newswire stories --since 24h --min-sources 3      what several told independently since yesterday
  newswire stories show 12                          its articles, and why each is there
  newswire stories merge 12 15                      one event after all; later articles follow
  newswire stories split 301 307                    two articles of another event
  newswire export --format bundle --story 12 --out bundle/"
)]
pub(super) struct StoriesCommand {
    #[command(subcommand)]
    pub(super) action: Option<StoriesAction>,

    #[command(flatten)]
    pub(super) choice: StoryChoice,
}

#[derive(Debug, Args)]
pub(super) struct StoryChoice {
    /// Told at this time or later: 2026-11-20, 2d, 12h, yesterday
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(super) since: Option<Timestamp>,

    /// Begun before this time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(super) until: Option<Timestamp>,

    /// Told by at least so many articles
    #[arg(long, default_value_t = 2, value_name = "N")]
    pub(super) min_articles: u32,

    /// Told by at least so many sources; those that print another one's report don't count
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(super) min_sources: u32,

    /// At most so many
    #[arg(short = 'n', long, value_name = "N")]
    pub(super) limit: Option<u32>,
}

#[derive(Debug, Subcommand)]
pub(super) enum StoriesAction {
    /// Show a story with its articles and why each is in it
    Show {
        /// Its number
        story: i64,
    },
    /// Put stories together
    Merge {
        /// The story that stays
        into: i64,
        /// Those whose articles join it
        #[arg(required = true)]
        others: Vec<i64>,
    },
    /// Take articles out of their story, into a new one
    Split {
        /// Numbers of articles
        #[arg(value_name = "ARTICLE", required = true)]
        articles: Vec<i64>,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire export --format bundle --source dailytimes --since 2d --out bundle/
  newswire export --format jsonl --where \"language = 'es' AND words > 300\" > articles.jsonl")]
pub(super) struct ExportCommand {
    /// What to write
    #[arg(long, default_value = "jsonl", value_name = "FORMAT")]
    pub(super) format: ExportFormat,

    #[command(flatten)]
    pub(super) choice: ChoiceArguments,

    /// A folder for a bundle, a file for the others (default: standard output)
    #[arg(long, value_name = "PATH")]
    pub(super) out: Option<PathBuf>,

    /// Remove the documents of an earlier bundle from the folder first
    #[arg(long)]
    pub(super) replace: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// A folder of documents
    Bundle,
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values (RFC 4180)
    Csv,
}

#[derive(Debug, Args)]
pub(super) struct LsCommand {
    #[command(flatten)]
    pub(super) choice: ChoiceArguments,

    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50, value_name = "N")]
    pub(super) limit: u32,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire show 42                        the article, where it was seen, whose text it is
  newswire show 42 --revisions            and a line for each wording that it had
  newswire show 42 --diff 1..3            what changed from the first to the third
  newswire show 42 --diff 2               what changed since the second

In a difference - stands before a paragraph that went, + before one that came, ~ before one in which [-words went-] and
{+words came+}.")]
pub(super) struct ShowCommand {
    /// Its id, or an address that leads to it
    #[arg(value_name = "ID or URL")]
    pub(super) article: String,

    /// Its wordings as well, with what changed in each
    #[arg(long)]
    pub(super) revisions: bool,

    /// What changed from one revision to another, instead of the article: 1..3, or 1 for all since the first
    #[arg(long, value_name = "A..B", value_parser = parse_range, conflicts_with = "revisions")]
    pub(super) diff: Option<RevisionRange>,
}

/// Two revisions of an article; without the second it is how the article reads now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RevisionRange {
    pub(super) from: u32,
    pub(super) to: Option<u32>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
All words must occur. \"Words in quotes\" are a phrase, harbo* is any word that begins so. With --raw the query is
FTS5's own: AND, OR, NOT, NEAR(), title:word.")]
pub(super) struct SearchCommand {
    /// What to look for
    #[arg(value_name = "QUERY", required = true)]
    pub(super) query: Vec<String>,

    /// The query is in FTS5 syntax
    #[arg(long)]
    pub(super) raw: bool,

    #[command(flatten)]
    pub(super) choice: ChoiceArguments,

    /// At most so many
    #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
    pub(super) limit: u32,
}

#[derive(Debug, Args)]
pub(super) struct SourcesCommand {
    #[command(subcommand)]
    pub(super) action: SourcesAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum SourcesAction {
    /// List sources
    Ls {
        /// Those that were removed as well
        #[arg(long)]
        all: bool,
    },
    /// Show one source with its last exchanges
    Show {
        /// Slug, unique prefix or address
        source: String,
    },
    /// Follow a source; a running daemon takes it up by itself
    Add(AddSourceArguments),
    /// No longer follow sources; their articles stay
    Rm {
        /// Slugs, unique prefixes or addresses
        #[arg(value_name = "SOURCE", required = true)]
        sources: Vec<String>,
    },
    /// Leave sources alone for now; what they have listed so far is still fetched
    Pause {
        /// Slugs, unique prefixes or addresses
        #[arg(value_name = "SOURCE", required = true)]
        sources: Vec<String>,
    },
    /// Poll sources again that were paused, or whose server said that they are gone
    Resume {
        /// Slugs, unique prefixes or addresses
        #[arg(value_name = "SOURCE", required = true)]
        sources: Vec<String>,
    },
    /// Poll a source and tell what it lists; stores nothing
    Test {
        /// Slug, unique prefix or address
        source: String,
    },
    /// Follow all sources of OPML files, folders becoming tags
    Import {
        /// OPML files, or - for standard input
        #[arg(value_name = "OPML", required = true)]
        files: Vec<String>,
    },
    /// Write all sources as OPML, tags as folders and categories
    Export {
        /// A file (default: standard output)
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
The address of a page that is neither an article nor a list is that of a site: its best feed is looked for, as `newswire
discover` does it, and followed in its place. --kind page follows the links on the page itself.")]
pub(super) struct AddSourceArguments {
    /// Its address
    pub(super) url: String,

    /// The name to keep it under [default: made from the address]
    #[arg(long)]
    pub(super) slug: Option<String>,

    /// feed, sitemap, page or article [default: found out]
    #[arg(long)]
    pub(super) kind: Option<String>,

    /// Words of your own, repeatable
    #[arg(long = "tag", value_name = "TAG")]
    pub(super) tags: Vec<String>,

    /// Where the text of a feed's articles is taken from: feed, page or auto
    #[arg(long, value_name = "WHERE", default_value = "auto")]
    pub(super) full_text: String,

    /// CSS selector of the article links on a page, or of elements that hold them, repeatable; makes it a page
    #[arg(long = "links", value_name = "CSS")]
    pub(super) link_selectors: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct StatusCommand {}

#[derive(Debug, Args)]
pub(super) struct ConfigCommand {
    #[command(subcommand)]
    pub(super) action: ConfigAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigAction {
    /// Report everything that is wrong at once
    Check,
    /// Every key with its value and where it came from
    Show,
    /// Write newswire.toml, with every key explained, sources.toml and sites/example.toml
    Init {
        /// Folder to write them to
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct DemoCommand {
    /// Folder for the demo's database [default: a new temporary folder]
    #[arg(value_name = "DIR")]
    pub(super) folder: Option<PathBuf>,
}

/// Reads `1..3`, `1..` and `1`.
fn parse_range(text: &str) -> Result<RevisionRange, String> {
    let wrong = || "must be two numbers of revisions (1..3), or one (1) for all that changed since".to_owned();
    let number = |text: &str| text.trim().parse::<u32>().map_err(|_| wrong());
    let (from, to) = text.split_once("..").unwrap_or((text, ""));
    let to = if to.trim().is_empty() { None } else { Some(number(to)?) };
    Ok(RevisionRange { from: number(from)?, to })
}

/// Reads a time as people give it: `2026-11-20`, RFC 3339, `2d`, `12h`, `30m`, `2w`, `today`, `yesterday`.
fn parse_time(text: &str) -> Result<Timestamp, String> {
    parse_time_at(text, Timestamp::now())
}

fn parse_time_at(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let text = text.trim();
    let midnight = |date: Date| Offset::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight())).ok();
    let today = Offset::UTC.to_datetime(now).date();
    let parsed = match text {
        "now" => Some(now),
        "today" => midnight(today),
        "yesterday" => today.yesterday().ok().and_then(midnight),
        _ => text.parse::<Timestamp>().ok().or_else(|| text.parse::<Date>().ok().and_then(midnight)).or_else(|| {
            let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
            let count: i64 = text[..unit_at].parse().ok()?;
            let seconds = match &text[unit_at..] {
                "s" => 1,
                "m" | "min" => 60,
                "h" => 3600,
                "d" => 86_400,
                "w" => 7 * 86_400,
                _ => return None,
            };
            now.checked_sub(SignedDuration::from_secs(count.checked_mul(seconds)?)).ok()
        }),
    };
    parsed.ok_or_else(|| {
        "must be a day (2026-11-20), a time (RFC 3339), 'yesterday', or an age (30m, 12h, 2d, 1w)".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn ranges_end_now_unless_they_say_otherwise() {
        let read = |text: &str| parse_range(text).map(|range| (range.from, range.to)).ok();
        assert_eq!(read("1..3"), Some((1, Some(3))));
        assert_eq!(read("1.."), Some((1, None)));
        assert_eq!(read("2"), Some((2, None)));
        for wrong in ["", "..3", "a..b", "1...3", "1-3", "1..-2"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_are_read_as_people_give_them() {
        let now: Timestamp = "2026-11-20T15:30:00Z".parse().unwrap();
        let read = |text: &str| parse_time_at(text, now).map(|time| time.to_string());
        assert_eq!(read("2026-11-18").unwrap(), "2026-11-18T00:00:00Z");
        assert_eq!(read("2026-11-18T10:00:00+02:00").unwrap(), "2026-11-18T08:00:00Z");
        assert_eq!(read("yesterday").unwrap(), "2026-11-19T00:00:00Z");
        assert_eq!(read("2d").unwrap(), "2026-11-18T15:30:00Z");
        assert_eq!(read("90m").unwrap(), "2026-11-20T14:00:00Z");
        assert!(read("soon").unwrap_err().starts_with("must be a day"));
        assert!(read("99999999999999999d").is_err());
    }
}
