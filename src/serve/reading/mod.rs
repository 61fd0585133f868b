//! The Google Reader API, by which feed readers on phones and elsewhere read what is stored, and mark what is read and starred.
//!
//! Its maker never described it; what is here is what readers ask for, in the forms in which `FreshRSS` and others answer. All of it lies
//! below [`BASE`], which is where `FreshRSS` has it. A reader logs in by a name and a password, and sends a token from then on, in a header
//! that no page of a stranger's can have a browser send. The token that goes with what it marks (`T`) is handed out for those that want
//! one, and not looked at: it would keep off what cannot come this far.
//!
//! * `calls`: what can be asked. `question`: with which words.
//! * `streams`: which articles one means. `item_ids`: the numbers that they have there.
//! * `lists`: what there is to subscribe to, and how much of it is unread. `items`: the articles. `atom`: the same as a feed, for newsboat.
//! * `marks`: what is read and starred.

mod calls;

mod lists;

mod atom;

mod items;

mod marks;

mod streams;

mod item_ids;

mod question;

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, StatusCode};
use jiff::Timestamp;
use tokio::sync::Mutex;
use tracing::{debug, info};

use super::form;
use super::guard::Guard;
use super::miss::Miss;
use super::readers::Readers;
use super::reply::{JSON, Reply, TEXT, reply, set};
use super::site::base_of;
use crate::config::{Config, StoreSettings};
use crate::store::{self, Reader};
use calls::Call;
use marks::Order;
use question::Question;

/// Where it is.
const BASE: &str = "/api/greader.php";

/// Ten thousand articles that are marked are less than this.
const FORM_BYTES_MAX: usize = 1 << 20;

/// Goes with what readers mark. Some want it as long as Google's were.
const ACTION_TOKEN: &str = "newswireZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ";

/// Media type of a feed.
const ATOM: &str = "application/atom+xml; charset=utf-8";

/// What feed readers ask of one database, and what they mark in it.
#[derive(Debug)]
pub(super) struct Reading {
    readers: Arc<Readers>,
    store: StoreSettings,
    /// Held by what is being marked.
    turn: Mutex<()>,
}

impl Reading {
    pub(super) fn new(config: &Config, readers: Arc<Readers>) -> Reading {
        Reading { readers, store: config.store.clone(), turn: Mutex::default() }
    }

    /// Whether this is asked at a path.
    pub(super) fn is_asked(path: &str) -> bool {
        path.strip_prefix(BASE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The answer to a request.
    pub(super) async fn answer(&self, request: Request<Incoming>, guard: &Guard) -> Reply {
        let told = self.tell(request, guard).await;
        told.unwrap_or_else(|miss| {
            debug!("a feed reader is not answered: {miss}");
            reply(miss.status(), TEXT, format!("{miss}\n"))
        })
    }

    async fn tell(&self, request: Request<Incoming>, guard: &Guard) -> Result<Reply, Miss> {
        let path = request.uri().path().strip_prefix(BASE).unwrap_or_default();
        let Some(call) = Call::read(path) else {
            let unknown = || Miss::NotFound(format!("the Google Reader API has no {path} here"));
            return if guard.knows_reader(request.headers()).await { Err(unknown()) } else { Ok(refused()) };
        };
        if call == Call::Greeting {
            return Ok(reply(StatusCode::OK, TEXT, "OK"));
        }
        if call != Call::Login && !guard.knows_reader(request.headers()).await {
            return Ok(refused());
        }
        let is_sent = request.method() == Method::POST;
        let allowed = if call.must_be_sent() { "POST" } else { "GET, HEAD, POST" };
        if !is_sent && (call.must_be_sent() || !matches!(*request.method(), Method::GET | Method::HEAD)) {
            let mut refused = reply(StatusCode::METHOD_NOT_ALLOWED, TEXT, format!("{allowed}\n"));
            set(&mut refused, header::ALLOW, HeaderValue::from_static(allowed));
            return Ok(refused);
        }
        let base = base_of(&request);
        let query = request.uri().query().unwrap_or_default().to_owned();
        // A password in an address would stand in the logs of servers before this one.
        let query = if call == Call::Login { String::new() } else { query };
        let fields = if is_sent { form::fields(request, FORM_BYTES_MAX).await? } else { Vec::new() };
        let question = Question::new(&query, fields, base);
        if call.is_answered_in_json()
            && let Some(form) = question.one("output")?.filter(|form| *form != "json")
        {
            return Err(Miss::Wrong(format!("output={form}: this is answered in JSON alone (output=json)")));
        }
        match call {
            Call::Greeting => Ok(reply(StatusCode::OK, TEXT, "OK")),
            Call::Login => self.log_in(&question, guard).await,
            Call::Token => Ok(reply(StatusCode::OK, TEXT, ACTION_TOKEN)),
            Call::User => Ok(reply(StatusCode::OK, JSON, lists::user().to_string())),
            Call::Subscriptions => self.json(lists::subscriptions).await,
            Call::Labels => self.json(lists::labels).await,
            Call::UnreadCounts => self.json(lists::unread_counts).await,
            Call::Numbers => self.json(move |reader| items::numbers(reader, &question)).await,
            Call::Named => self.json(move |reader| items::named(reader, &question)).await,
            Call::Contents(stream) => self.json(move |reader| items::contents(reader, &stream, &question)).await,
            Call::Feed(stream) => {
                let feed = self.readers.ask(move |reader| atom::feed(reader, &stream, &question)).await?;
                Ok(reply(StatusCode::OK, ATOM, feed))
            }
            Call::Mark => self.mark(question, Order::to_mark).await,
            Call::MarkAll => self.mark(question, Order::to_mark_all).await,
            Call::QuickAdd => Ok(reply(StatusCode::OK, JSON, lists::not_added(&question).to_string())),
            Call::Edit => Ok(reply(StatusCode::FORBIDDEN, TEXT, format!("{}\n", lists::NOT_HERE))),
        }
    }

    async fn json(
        &self,
        question: impl FnOnce(&Reader) -> Result<serde_json::Value, Miss> + Send + 'static,
    ) -> Result<Reply, Miss> {
        Ok(reply(StatusCode::OK, JSON, self.readers.ask(question).await?.to_string()))
    }

    async fn log_in(&self, question: &Question, guard: &Guard) -> Result<Reply, Miss> {
        let text = |name| question.text(name).unwrap_or_default();
        let Some(token) = guard.log_in(text("Email"), text("Passwd")).await else { return Ok(refused()) };
        // Only the first login has something to write, for which it waits until others have written.
        if !self.readers.ask(|reader| Ok(reader.has_begun_reading()?)).await? {
            self.begin().await?;
        }
        // One of them reads no line of which nothing stands behind the sign.
        Ok(reply(StatusCode::OK, TEXT, format!("SID={token}\nLSID=null\nAuth={token}\n")))
    }

    async fn begin(&self) -> Result<(), Miss> {
        let store = self.store.clone();
        let _turn = self.turn.lock().await;
        let began = tokio::task::spawn_blocking(move || store::begin_reading_beside(&store, Timestamp::now())).await;
        if began.map_err(|_| Miss::Lost)?? {
            info!("a feed reader has logged in for the first time: what comes in is unread from now on");
        }
        Ok(())
    }

    /// Marks what a form says: one form at a time, and to its end, however long others write.
    async fn mark(
        &self,
        question: Question,
        read: impl FnOnce(&Reader, &Question) -> Result<Order, Miss> + Send + 'static,
    ) -> Result<Reply, Miss> {
        let order = self.readers.ask(move |reader| read(reader, &question)).await?;
        let _turn = self.turn.lock().await;
        let store = self.store.clone();
        let n = tokio::task::spawn_blocking(move || order.carry_out(&store)).await.map_err(|_| Miss::Lost)??;
        debug!("a feed reader has marked {n} articles");
        // One of them wants this and nothing behind it.
        Ok(reply(StatusCode::OK, TEXT, "OK"))
    }
}

fn refused() -> Reply {
    let mut refused = reply(StatusCode::UNAUTHORIZED, TEXT, "Error=BadAuthentication\n");
    set(&mut refused, header::WWW_AUTHENTICATE, HeaderValue::from_static("GoogleLogin realm=\"newswire\""));
    refused
}
