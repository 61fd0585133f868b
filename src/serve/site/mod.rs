//! Pages about what is stored, for people; each is also JSON, and lists are feeds.
//!
//! A path leads to a view, which reads what it shows in one state of the database and then tells it in the form that is asked for:
//!
//! * `asked`: what a request asks for.
//! * `views`: a file a page: what it shows, as HTML and as JSON.
//! * `layout`: what all pages have around it.
//! * `parts`: times, headlines, addresses: what pages are made of.
//! * `syndication`: lists as Atom and as JSON Feed, and the list of those as OPML.
//! * `assets`: style, icon and script, embedded.
//!
//! Texts of articles are text and never HTML, no page loads anything from elsewhere, and every page works without scripts.

mod assets;

mod asked;

mod layout;

mod parts;

mod syndication;

mod views;

use std::path::PathBuf;

use hyper::header::{self, HeaderValue};
use hyper::{Request, StatusCode};
use jiff::Timestamp;
use tracing::debug;

use crate::store::{Reader, StoreError};

use super::miss::Miss;
use super::readers::Readers;
use super::reply::{HTML, JSON, Reply, TEXT, reply, set};
use asked::{Asked, Form};
use layout::Frame;
use syndication::{ATOM, JSON_FEED, OPML};

/// Pages about one database.
#[derive(Debug)]
pub(super) struct Site {
    readers: Readers,
    /// The database's name, for people.
    name: String,
}

impl Site {
    pub(super) fn new(database: PathBuf) -> Site {
        let name = database.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Site { readers: Readers::new(database), name }
    }

    /// The answer to a GET request.
    pub(super) async fn answer<B>(&self, request: &Request<B>) -> Reply {
        if let Some(asset) = assets::find(request.uri().path()) {
            return asset;
        }
        let asked = Asked::read(request);
        let form = asked.form;
        let frame = Frame { database: self.name.clone(), now: Timestamp::now() };
        let (for_answer, for_miss) = (frame.clone(), frame);
        let answer = self.readers.ask(move |reader| tell(reader, &asked, &for_answer)).await;
        answer.unwrap_or_else(|miss| tell_miss(&miss, form, &for_miss))
    }
}

/// Answers with what is stored now.
fn tell(reader: &Reader, asked: &Asked, frame: &Frame) -> Result<Reply, Miss> {
    if matches!(asked.form, Form::Atom | Form::JsonFeed) {
        return tell_feed(reader, asked, frame);
    }
    let view = views::find(reader, asked, frame.now)?;
    if asked.form == Form::Opml {
        let feeds = view.outlines().ok_or_else(|| Miss::NotFound("only /feeds is a list of feeds".to_owned()))?;
        return Ok(reply(StatusCode::OK, OPML, syndication::opml(&view.title(), &feeds, asked)));
    }
    let n_damaged = reader.take_damage().len();
    if asked.form == Form::Json {
        return Ok(reply(StatusCode::OK, JSON, format!("{}\n", view.json())));
    }
    Ok(page(StatusCode::OK, layout::page(&*view, asked, frame, n_damaged)))
}

/// Answers with a feed, or that nothing has changed in it. A tag has the number of the articles' last change, which one look at an index
/// compares, and a digest of the feed, which stays while what changes is not in it.
fn tell_feed(reader: &Reader, asked: &Asked, frame: &Frame) -> Result<Reply, Miss> {
    let database = match reader.database_name() {
        Err(StoreError::Snapshot { .. }) => "snapshot".to_owned(),
        name => name?,
    };
    let state = format!("{database}-{}-{}-", reader.last_change()?, env!("CARGO_PKG_VERSION"));
    let kind = if asked.form == Form::JsonFeed { JSON_FEED } else { ATOM };
    // What there is until an hour ago changes by itself.
    let is_of_state =
        |tag: &&str| asked.text("until").is_none() && tag.strip_prefix(&state).is_some_and(syndication::is_digest);
    let (mut answer, tag) = if let Some(tag) = asked.known_tags().find(is_of_state) {
        (reply(StatusCode::NOT_MODIFIED, kind, ""), tag.to_owned())
    } else {
        let view = views::find(reader, asked, frame.now)?;
        let feed = view.feed().ok_or_else(|| Miss::NotFound("this page is no feed; /feeds lists those".to_owned()))?;
        let body = match asked.form {
            Form::JsonFeed => syndication::json_feed(&feed, &database, asked),
            _ => syndication::atom(&feed, &database, asked),
        };
        let digest = syndication::digest(&body);
        let is_known = asked.has_any() || asked.known_tags().any(|tag| tag.ends_with(&digest));
        let (status, body) = if is_known { (StatusCode::NOT_MODIFIED, Vec::new()) } else { (StatusCode::OK, body) };
        (reply(status, kind, body), format!("{state}{digest}"))
    };
    set(&mut answer, header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&format!("W/\"{tag}\"")) {
        set(&mut answer, header::ETAG, tag);
    }
    Ok(answer)
}

fn tell_miss(miss: &Miss, form: Form, frame: &Frame) -> Reply {
    let status = match miss {
        Miss::NotFound(_) => StatusCode::NOT_FOUND,
        Miss::Wrong(_) | Miss::Store(StoreError::UserSql(_)) => StatusCode::BAD_REQUEST,
        Miss::Store(_) | Miss::TooLong(_) | Miss::Lost => StatusCode::SERVICE_UNAVAILABLE,
    };
    debug!("not answered: {miss}");
    match form {
        Form::Html => page(status, layout::miss(&miss.to_string(), status, frame)),
        Form::Json => reply(status, JSON, format!("{}\n", serde_json::json!({ "error": miss.to_string() }))),
        Form::Atom | Form::JsonFeed | Form::Opml => reply(status, TEXT, format!("{miss}\n")),
    }
}

fn page(status: StatusCode, html: String) -> Reply {
    let mut answer = reply(status, HTML, html);
    set(&mut answer, header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(assets::POLICY));
    answer
}
