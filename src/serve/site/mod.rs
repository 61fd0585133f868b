//! Pages about what is stored, for people; each is also JSON, and lists are feeds.
//!
//! A path leads to a view, which reads what it shows in one state of the database and then tells it in the form that is asked for:
//!
//! * `asked`: what a request asks for.
//! * `views`: a file a page: what it shows, as HTML and as JSON.
//! * `layout`: what all pages have around it.
//! * `parts`: times, headlines, addresses: what pages are made of.
//! * `syndication`: lists as Atom and as JSON Feed. `told`: which of them have not changed.
//! * `assets`: style, icon and script, embedded.
//!
//! Texts of articles are text and never HTML, no page loads anything from elsewhere, and every page works without scripts.

mod assets;

mod asked;

mod layout;

mod parts;

mod syndication;

mod told;

mod views;

use std::path::PathBuf;
use std::sync::Arc;

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
use syndication::{ATOM, JSON_FEED};
use told::Told;

/// Pages about one database.
#[derive(Debug)]
pub(super) struct Site {
    readers: Readers,
    /// The database's name, for people.
    name: String,
    /// The feeds that were asked for.
    told: Arc<Told>,
}

impl Site {
    pub(super) fn new(database: PathBuf) -> Site {
        let name = database.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Site { readers: Readers::new(database), name, told: Arc::default() }
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
        let told = Arc::clone(&self.told);
        let answer = self.readers.ask(move |reader| tell(reader, &asked, &for_answer, &told)).await;
        answer.unwrap_or_else(|miss| tell_miss(&miss, form, &for_miss))
    }
}

/// Answers with what is stored now.
fn tell(reader: &Reader, asked: &Asked, frame: &Frame, told: &Told) -> Result<Reply, Miss> {
    if matches!(asked.form, Form::Atom | Form::JsonFeed) {
        return tell_feed(reader, asked, frame, told);
    }
    let view = views::find(reader, asked, frame.now)?;
    let n_damaged = reader.take_damage().len();
    if asked.form == Form::Json {
        return Ok(reply(StatusCode::OK, JSON, format!("{}\n", view.json())));
    }
    Ok(page(StatusCode::OK, layout::page(&*view, asked, frame, n_damaged)))
}

/// Answers with a feed, or that nothing has changed in it. While no article has changed since somebody asked for it, one look at an index
/// tells that, and otherwise its list, without the texts.
fn tell_feed(reader: &Reader, asked: &Asked, frame: &Frame, told: &Told) -> Result<Reply, Miss> {
    let database = match reader.database_name() {
        Err(StoreError::Snapshot { .. }) => "snapshot".to_owned(),
        name => name?,
    };
    let address = asked.address(asked.form, None);
    let last_change = reader.last_change()?;
    if let Some(tag) = told.tag(&address, &database, last_change).filter(|tag| asked.has(tag)) {
        return Ok(with_tag(reply(StatusCode::NOT_MODIFIED, ATOM, ""), &tag));
    }
    let view = views::find(reader, asked, frame.now)?;
    let no_feed = || Miss::NotFound("this page is no feed; /feeds lists those".to_owned());
    let state = view.state(reader)?.ok_or_else(no_feed)?;
    let tag = told.note(&address, &database, last_change, &state);
    if asked.has(&tag) {
        return Ok(with_tag(reply(StatusCode::NOT_MODIFIED, ATOM, ""), &tag));
    }
    let feed = view.feed(reader)?.ok_or_else(no_feed)?;
    let answer = match asked.form {
        Form::JsonFeed => reply(StatusCode::OK, JSON_FEED, syndication::json_feed(&feed, &database, asked)),
        _ => reply(StatusCode::OK, ATOM, syndication::atom(&feed, &database, asked)),
    };
    Ok(with_tag(answer, &tag))
}

/// An answer that may be kept, and is asked for again by its tag.
fn with_tag(mut answer: Reply, tag: &str) -> Reply {
    set(&mut answer, header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        set(&mut answer, header::ETAG, tag);
    }
    answer
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
        Form::Atom | Form::JsonFeed => reply(status, TEXT, format!("{miss}\n")),
    }
}

fn page(status: StatusCode, html: String) -> Reply {
    let mut answer = reply(status, HTML, html);
    set(&mut answer, header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(assets::POLICY));
    answer
}
