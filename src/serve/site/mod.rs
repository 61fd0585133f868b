//! Pages about what is stored, for people; each is also JSON, and lists are feeds.
//!
//! A path leads to a view, which reads what it shows in one state of the database and then tells it in the form that is asked for:
//!
//! * `asked`: what a request asks for.
//! * `views`: a file a page: what it shows, as HTML and as JSON.
//! * `frame`: what all pages are made with. `layout`: what they have around it.
//! * `parts`: times, headlines, addresses: what pages are made of.
//! * `plots`: how many there were when.
//! * `syndication`: lists as Atom and as JSON Feed, and the list of those as OPML. `told`: which of them have not changed.
//! * `order`: what pages may be told to do.
//! * `changes`: what came in and what changed, for programs that wait for it.
//! * `assets`: style, icon and script, embedded.
//!
//! Texts of articles are text and never HTML, no page loads anything from elsewhere, and every page works without scripts.

mod assets;

mod asked;

mod frame;

mod layout;

mod parts;

mod plots;

mod syndication;

mod told;

mod views;

mod order;

mod changes;

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Request, StatusCode};
use jiff::Timestamp;
use tokio::sync::Mutex;
use tracing::{debug, info};

use crate::config::Config;
use crate::forms::changes::Place;
use crate::store::{Names, Reader, StoreError};

use super::form;
use super::miss::Miss;
use super::readers::Readers;
use super::reply::{HTML, JSON, Reply, TEXT, reply, set};
pub(super) use asked::base_of;
use asked::{Asked, Form, Terms};
use changes::Changes;
use frame::{Basis, Frame};
use layout::Beside;
use order::Order;
pub(super) use parts::web_address;
use syndication::{ATOM, JSON_FEED, OPML};
use told::Told;

/// Pages about one database.
#[derive(Debug)]
pub(super) struct Site {
    readers: Arc<Readers>,
    basis: Arc<Basis>,
    terms: Arc<Terms>,
    changes: Changes,
    /// The feeds that were asked for.
    told: Arc<Told>,
    /// Held by the order that is carried out.
    orders: Mutex<()>,
}

impl Site {
    pub(super) fn new(config: &Config, readers: Arc<Readers>, feed_token: Option<&str>, takes_orders: bool) -> Site {
        let (store, schedule) = (config.store.clone(), config.schedule.clone());
        let has_queue = !config.queue.servers.is_empty();
        Site {
            readers,
            basis: Arc::new(Basis { store, schedule, has_queue }),
            terms: Arc::new(Terms { feed_token: feed_token.map(str::to_owned), takes_orders }),
            changes: Changes::new(),
            told: Arc::default(),
            orders: Mutex::default(),
        }
    }

    /// Whether pages may be told to do something.
    pub(super) fn takes_orders(&self) -> bool {
        self.terms.takes_orders
    }

    /// The token in the address of a feed. Other addresses have none: they stand where others see them.
    pub(super) fn token_of<B>(request: &Request<B>) -> Option<String> {
        let asked = Asked::read(request, &Arc::default());
        matches!(asked.form, Form::Atom | Form::JsonFeed).then(|| asked.text(asked::TOKEN).map(str::to_owned)).flatten()
    }

    /// The answer to a GET request.
    pub(super) async fn answer<B>(&self, request: &Request<B>) -> Reply {
        if let Some(asset) = assets::find(request.uri().path()) {
            return asset;
        }
        let asked = Asked::read(request, &self.terms);
        let frame = self.frame();
        if asked.pieces == ["api", "changes"] && matches!(asked.form, Form::Html | Form::Json) {
            let told = self.changes.tell(&self.readers, asked).await;
            let told = told.map(|value| reply(StatusCode::OK, JSON, format!("{value}\n")));
            return told.unwrap_or_else(|miss| tell_miss(&miss, Form::Json, &frame));
        }
        let form = asked.form;
        let (for_answer, for_miss) = (frame.clone(), frame);
        let told = Arc::clone(&self.told);
        let answer = self.readers.ask(move |reader| tell(reader, &asked, &for_answer, &told)).await;
        answer.unwrap_or_else(|miss| tell_miss(&miss, form, &for_miss))
    }

    /// Does what a POST request says, and leads to the page that shows it. Whoever sent it may give orders.
    pub(super) async fn obey(&self, request: Request<Incoming>) -> Reply {
        let asked = Asked::read(&request, &self.terms);
        let (form, frame) = (asked.form, self.frame());
        let told = match form::fields(request, order::FORM_BYTES_MAX).await {
            Ok(fields) => self.obey_fields(asked, fields).await,
            Err(miss) => Err(miss),
        };
        told.unwrap_or_else(|miss| tell_miss(&miss, form, &frame))
    }

    async fn obey_fields(&self, asked: Asked, fields: Vec<(String, String)>) -> Result<Reply, Miss> {
        let form = asked.form;
        let order = self.readers.ask(move |reader| Order::read(reader, &asked, &fields)).await?;
        // One at a time, and to its end, however long others write: whoever ordered it is told what came of it.
        let _turn = self.orders.lock().await;
        let basis = Arc::clone(&self.basis);
        let done =
            tokio::task::spawn_blocking(move || order.carry_out(&basis.store)).await.map_err(|_| Miss::Lost)??;
        info!("by a page: {done}");
        if form == Form::Json {
            return Ok(reply(StatusCode::OK, JSON, format!("{}\n", done.value())));
        }
        let mut answer = reply(StatusCode::SEE_OTHER, TEXT, "");
        let place = HeaderValue::from_str(&done.address()).map_err(|_| Miss::Lost)?;
        set(&mut answer, header::LOCATION, place);
        Ok(answer)
    }

    fn frame(&self) -> Frame {
        Frame { basis: Arc::clone(&self.basis), now: Timestamp::now() }
    }
}

/// Answers with what is stored now.
fn tell(reader: &Reader, asked: &Asked, frame: &Frame, told: &Told) -> Result<Reply, Miss> {
    if matches!(asked.form, Form::Atom | Form::JsonFeed) {
        return tell_feed(reader, asked, frame, told);
    }
    let view = views::find(reader, asked, frame)?;
    if asked.form == Form::Opml {
        let feeds = view.outlines().ok_or_else(|| Miss::NotFound("only /feeds is a list of feeds".to_owned()))?;
        return Ok(reply(StatusCode::OK, OPML, syndication::opml(&view.title(), &feeds, asked)));
    }
    let n_damaged = reader.take_damage().len();
    if asked.form == Form::Json {
        return Ok(reply(StatusCode::OK, JSON, format!("{}\n", view.json())));
    }
    let cursor = Place::last(reader).map(|place| place.to_string());
    let mut answer = page(StatusCode::OK, layout::page(&*view, asked, frame, &Beside { n_damaged, cursor }));
    if asked.terms.takes_orders {
        // Browsers hide whose page a form was on (WHATWG: Fetch, section 3.2) where they may tell no referrer. Others are told none still.
        set(&mut answer, header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    }
    Ok(answer)
}

/// Answers with a feed, or that nothing has changed in it. While no article has changed since somebody asked for it, one look at an index
/// tells that, and otherwise its list, without the texts.
fn tell_feed(reader: &Reader, asked: &Asked, frame: &Frame, told: &Told) -> Result<Reply, Miss> {
    let (database, is_snapshot) = match reader.database_name() {
        // It has no name of its own, and two are not one.
        Err(StoreError::Snapshot { .. }) => (format!("snapshot-{}", told::digest(&frame.database())), true),
        name => (name?, false),
    };
    let address = asked.canonical();
    let last_change = reader.last_change()?;
    let kind = if asked.form == Form::JsonFeed { JSON_FEED } else { ATOM };
    let unchanged = |tag: &str| with_tag(reply(StatusCode::NOT_MODIFIED, kind, ""), tag);
    let known = told.tag(&address, &database, last_change).filter(|_| !views::changes_by_itself(asked));
    if let Some(tag) = known.filter(|tag| asked.has(tag)) {
        return Ok(unchanged(&tag));
    }
    let view = views::find(reader, asked, frame)?;
    let no_feed = || Miss::NotFound("this page is no feed; /feeds lists those".to_owned());
    let state = view.state(reader)?.ok_or_else(no_feed)?;
    let tag = told.note(&address, &database, last_change, &state);
    if asked.has(&tag) {
        return Ok(unchanged(&tag));
    }
    let feed = view.feed(reader)?.ok_or_else(no_feed)?;
    let names = if is_snapshot { Names::one(database) } else { reader.names()? };
    let body = match asked.form {
        Form::JsonFeed => syndication::json_feed(&feed, &names, asked),
        _ => syndication::atom(&feed, &names, asked),
    };
    Ok(with_tag(reply(StatusCode::OK, kind, body), &tag))
}

/// An answer that may be kept, and is asked for again by its tag.
fn with_tag(mut answer: Reply, tag: &str) -> Reply {
    set(&mut answer, header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&format!("W/\"{tag}\"")) {
        set(&mut answer, header::ETAG, tag);
    }
    answer
}

fn tell_miss(miss: &Miss, form: Form, frame: &Frame) -> Reply {
    let status = miss.status();
    debug!("not answered: {miss}");
    let mut answer = match form {
        Form::Html => page(status, layout::miss(&miss.to_string(), status, frame)),
        Form::Json => reply(status, JSON, format!("{}\n", serde_json::json!({ "error": miss.to_string() }))),
        Form::Atom | Form::JsonFeed | Form::Opml => reply(status, TEXT, format!("{miss}\n")),
    };
    match miss {
        Miss::Crowded => set(&mut answer, header::RETRY_AFTER, HeaderValue::from(changes::AWAY)),
        Miss::Moved(_, path) => {
            if let Ok(place) = HeaderValue::from_str(path) {
                set(&mut answer, header::LOCATION, place);
            }
        }
        _ => {}
    }
    answer
}

fn page(status: StatusCode, html: String) -> Reply {
    let mut answer = reply(status, HTML, html);
    set(&mut answer, header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(&assets::POLICY));
    answer
}
