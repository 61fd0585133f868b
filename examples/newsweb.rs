//! The demo's news web on its own, to try settings against: five invented newspapers on the loopback device.
//!
//! `cargo run --example newsweb -- FOLDER` writes `newswire.toml` and `sources.toml` into the folder and serves until it
//! is interrupted; meanwhile `newswire --config FOLDER/newswire.toml --db FOLDER/newswire.db run` reads it. Without a
//! folder it prints the settings only. `FOLDER SITES ARTICLES` serves so many generated sites with so many articles each,
//! the same ones whenever it is started.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

use jiff::Timestamp;

use newswire::demo::content::{DemoContent, SOURCES, bulk};
use newswire::demo::web::{NewsWeb, Site};

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let numbers: Vec<usize> = std::env::args().skip(2).filter_map(|argument| argument.parse().ok()).collect();
    let (sites, sources) = match numbers[..] {
        [n_sites, n_articles] => {
            let sites = bulk(n_sites, n_articles);
            let sources = sources_of(&sites);
            (sites, sources)
        }
        _ => (DemoContent::new(Timestamp::now()).sites(), sources()),
    };
    let web = NewsWeb::start(sites)?;
    let settings = settings(&web);
    match folder {
        Some(folder) => {
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join("sources.toml"), sources)?;
            std::fs::write(folder.join("newswire.toml"), settings)?;
            println!("served on {}, settings and sources are in {}", web.address(), folder.display());
        }
        None => print!("{settings}"),
    }
    // Whoever waits for these lines in a pipe should get them now.
    io::stdout().flush()?;
    loop {
        std::thread::park();
    }
}

/// What a settings file needs to reach this news web. The pauses are short, since nobody else's host is asked.
fn settings(web: &NewsWeb) -> String {
    let resolve: Vec<String> = web.resolve_entries().iter().map(|entry| format!("    \"{entry}\",\n")).collect();
    format!("[fetch]\nhost_delay_ms = 20\nresolve = [\n{}]\n", resolve.concat())
}

fn sources() -> String {
    let mut text = String::new();
    for source in &SOURCES {
        let tags: Vec<String> = source.tags.iter().map(|tag| format!("\"{tag}\"")).collect();
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "[[source]]\nslug = \"{}\"\nurl  = \"{}\"\nkind = \"{}\"\ntags = [{}]\n\n",
            source.slug,
            source.url,
            source.kind,
            tags.join(", ")
        );
    }
    text
}

/// The feeds of generated sites.
fn sources_of(sites: &[Site]) -> String {
    let mut text = String::new();
    for site in sites {
        for path in site.paths().filter(|path| path.starts_with("/feeds/")) {
            let (host, number) = (site.host(), path.trim_matches(|c: char| !c.is_ascii_digit()));
            let slug = format!("{}-{number}", host.trim_end_matches(".example"));
            let _ = write!(text, "[[source]]\nslug = \"{slug}\"\nurl  = \"http://{host}{path}\"\nkind = \"feed\"\n\n");
        }
    }
    text
}
