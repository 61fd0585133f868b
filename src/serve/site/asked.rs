//! What a request asks for: a path, a form, and what stands behind the question mark.

use std::borrow::Cow;
use std::sync::Arc;

use hyper::header::HeaderName;
use hyper::http::uri::{Authority, PathAndQuery};
use hyper::{Request, header};
use jiff::Timestamp;
use url::form_urlencoded;

use crate::forms::times::parse_time;
use crate::serve::miss::Miss;

/// How the server before us was reached.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What a request asks for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The path without the form at its end, in pieces. Nothing in it is decoded: numbers and slugs need no escapes.
    pub(super) pieces: Vec<String>,
    pub(super) form: Form,
    /// The path without the form, as it came.
    pub(super) path: String,
    parameters: Vec<(String, String)>,
    /// Where this server was reached, such as `http://localhost:8008`.
    pub(super) base: String,
    /// The path and what stands behind it, as they came.
    pub(super) own: String,
    /// What the asker has already.
    known: Vec<String>,
    pub(super) terms: Arc<Terms>,
}

/// What holds for all who ask.
#[derive(Debug, Default)]
pub(super) struct Terms {
    /// What stands in the addresses of feeds, where a password is asked for.
    pub(super) feed_token: Option<String>,
    /// Whether pages may be told to do something.
    pub(super) takes_orders: bool,
}

/// The parameter that it is.
pub(super) const TOKEN: &str = "token";

/// The parameter that says what an order has led to.
pub(super) const DONE: &str = "done";

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Html,
    Json,
    Atom,
    JsonFeed,
    Opml,
}

impl Form {
    /// What stands at the end of a path for it.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Form::Html => "",
            Form::Json => ".json",
            Form::Atom => ".atom",
            Form::JsonFeed => ".feed.json",
            Form::Opml => ".opml",
        }
    }
}

impl Asked {
    pub(super) fn read<B>(request: &Request<B>, terms: &Arc<Terms>) -> Asked {
        let whole = request.uri().path();
        // The longer ending first.
        let forms = [Form::JsonFeed, Form::Json, Form::Atom, Form::Opml];
        let form = forms.into_iter().find(|form| whole.ends_with(form.ending()));
        let form = form.unwrap_or(Form::Html);
        let path = whole.strip_suffix(form.ending()).unwrap_or(whole);
        let path = if path == "/index" { "/" } else { path };
        let pieces = path.split('/').filter(|piece| !piece.is_empty()).map(str::to_owned).collect();
        let query = request.uri().query().unwrap_or_default();
        let parameters = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let header = |name| request.headers().get_all(name).iter().filter_map(|value| value.to_str().ok());
        let known = header(header::IF_NONE_MATCH).flat_map(|tags| tags.split(',')).map(|tag| tag.trim().to_owned());
        Asked {
            pieces,
            form,
            path: path.to_owned(),
            parameters,
            base: base_of(request),
            own: request.uri().path_and_query().map_or("/", PathAndQuery::as_str).to_owned(),
            known: known.collect(),
            terms: Arc::clone(terms),
        }
    }

    /// Whether the asker has what has this tag, or anything, and anything that there is will do. Whether a `W/` stands before a tag means
    /// nothing here (RFC 9110, sections 8.8.3.2 and 13.1.2).
    pub(super) fn has(&self, tag: &str) -> bool {
        let is_it = |known: &str| known.strip_prefix('"').and_then(|known| known.strip_suffix('"')) == Some(tag);
        self.known.iter().any(|known| known == "*" || is_it(known.strip_prefix("W/").unwrap_or(known)))
    }

    /// A parameter that says something.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Refuses parameters of other names, and one that is there twice: a program would take the answer to another question for its own.
    pub(super) fn takes_only(&self, names: &[&str]) -> Result<(), Miss> {
        for (at, (name, _)) in self.parameters.iter().enumerate() {
            if !names.contains(&name.as_str()) {
                return Err(Miss::Wrong(format!("there is no parameter {name}; there are {}", names.join(", "))));
            }
            if self.parameters[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(Miss::Wrong(format!("{name} is there twice; ask for one at a time")));
            }
        }
        Ok(())
    }

    /// A parameter that is a number.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Miss> {
        let number = |text: &str| text.parse().map_err(|_| Miss::Wrong(format!("{name}={text}: must be a number")));
        self.text(name).map(number).transpose()
    }

    /// A parameter that is a time, in the forms of the commands.
    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, Miss> {
        let time = |text: &str| parse_time(text).map_err(|rule| Miss::Wrong(format!("{name}={text}: {rule}")));
        self.text(name).map(time).transpose()
    }

    /// The same question as a feed, for who subscribes to it: with the token, where a password is asked for.
    pub(super) fn subscription(&self, form: Form) -> String {
        self.with_token(self.address(form, None))
    }

    /// The address of a feed, with the token where a password is asked for.
    pub(super) fn with_token(&self, address: String) -> String {
        match &self.terms.feed_token {
            Some(token) => {
                let mark = if address.contains('?') { '&' } else { '?' };
                format!("{address}{mark}{TOKEN}={token}")
            }
            None => address,
        }
    }

    /// What is asked for, written in one way only, whatever order the parameters came in and however they were escaped.
    pub(super) fn canonical(&self) -> String {
        let mut parameters: Vec<&(String, String)> =
            self.parameters.iter().filter(|(name, value)| !value.trim().is_empty() && name != TOKEN).collect();
        // Of parameters of one name the first counts, and they stay in their order.
        parameters.sort_by(|left, right| left.0.cmp(&right.0));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("/{}{}{mark}{query}", self.pieces.join("/"), self.form.ending())
    }

    /// The same question in another form, or with another answer for one of its parameters. The token is left out, and what an order has
    /// led to.
    pub(super) fn address(&self, form: Form, changed: Option<(&str, Option<&str>)>) -> String {
        let path = if self.path == "/" && form != Form::Html { "/index" } else { &self.path };
        let mut query = form_urlencoded::Serializer::new(String::new());
        let kept = self.parameters.iter().filter(|(name, value)| {
            let is_changed = changed.is_some_and(|(changed_name, _)| name == changed_name);
            !value.trim().is_empty() && !is_changed && !matches!(name.as_str(), TOKEN | DONE)
        });
        for (name, value) in kept {
            query.append_pair(name, value);
        }
        if let Some((name, Some(value))) = changed {
            query.append_pair(name, value);
        }
        let query = query.finish();
        let query: Cow<'_, str> = if query.is_empty() { Cow::default() } else { format!("?{query}").into() };
        format!("{path}{}{query}", form.ending())
    }
}

/// Where this server was reached, such as `http://localhost:8008`.
pub(in crate::serve) fn base_of<B>(request: &Request<B>) -> String {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let host = request.uri().authority().cloned();
    let host = host.or_else(|| header(header::HOST)?.parse::<Authority>().ok());
    let host = host.as_ref().map_or("localhost", Authority::as_str);
    // The server before us has ended the encryption.
    let is_encrypted = header(FORWARDED_PROTO).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    let scheme = if is_encrypted { "https" } else { "http" };
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(uri: &str) -> Asked {
        Asked::read(
            &Request::builder().uri(uri).header(header::HOST, "localhost:8008").body(()).unwrap(),
            &Arc::default(),
        )
    }

    #[test]
    fn the_form_stands_at_the_end_of_the_path() {
        for (uri, path, form) in [
            ("/", "/", Form::Html),
            ("/index.json", "/", Form::Json),
            ("/stories.atom?min_sources=3", "/stories", Form::Atom),
            ("/search.feed.json?q=a.json", "/search", Form::JsonFeed),
            ("/feeds.opml", "/feeds", Form::Opml),
            ("/sources/a.example-feed", "/sources/a.example-feed", Form::Html),
        ] {
            let read = asked(uri);
            assert_eq!((read.path.as_str(), read.form), (path, form), "{uri}");
        }
    }

    #[test]
    fn addresses_keep_what_was_asked() {
        let search = asked("/search?q=night+train&lang=&since=2d");
        assert_eq!(search.address(Form::Atom, None), "/search.atom?q=night+train&since=2d");
        assert_eq!(search.address(Form::Html, Some(("since", None))), "/search?q=night+train");
        let narrowed = search.address(Form::Html, Some(("lang", Some("de"))));
        assert_eq!(narrowed, "/search?q=night+train&since=2d&lang=de");
        assert_eq!(asked("/").address(Form::Json, None), "/index.json");
        assert_eq!(search.base, "http://localhost:8008");
    }

    #[test]
    fn a_question_is_one_whatever_way_it_is_asked_in() {
        let canonical = |uri: &str| asked(uri).canonical();
        assert_eq!(canonical("/search.atom"), "/search.atom");
        for uri in [
            "/search.atom?lang=en&q=night+train",
            "/search.atom?q=night%20train&lang=en&since=",
            "//search/.atom?q=n%69ght%20train&lang=en",
        ] {
            assert_eq!(canonical(uri), "/search.atom?lang=en&q=night+train", "{uri}");
        }
        // Of two the first counts: these are two questions.
        assert_ne!(canonical("/search.atom?q=a&q=b"), canonical("/search.atom?q=b&q=a"));
    }

    #[test]
    fn tags_are_read_weak_or_not() {
        for (header, has) in [
            ("W/\"a-7\"", true),
            ("\"a-7\"", true),
            ("\"x\", W/\"y\",\"a-7\"", true),
            ("*", true),
            ("a-7", false),
            ("W/a-7", false),
            ("\"a-71\"", false),
        ] {
            let request =
                Request::builder().uri("/search.atom").header(header::IF_NONE_MATCH, header).body(()).unwrap();
            assert_eq!(Asked::read(&request, &Arc::default()).has("a-7"), has, "{header}");
        }
    }

    #[test]
    fn links_lead_where_the_asker_came_from() {
        let base = |name: HeaderName, value: &str| {
            Asked::read(&Request::builder().uri("/").header(name, value).body(()).unwrap(), &Arc::default()).base
        };
        assert_eq!(base(header::HOST, "news.example:8008"), "http://news.example:8008");
        assert_eq!(base(header::HOST, "a b\"<c>"), "http://localhost");
        assert_eq!(base(FORWARDED_PROTO, "https"), "https://localhost");
        assert_eq!(base(FORWARDED_PROTO, "javascript"), "http://localhost");
    }

    #[test]
    fn what_is_no_number_is_told() {
        assert_eq!(asked("/stories?min_sources=3").number("min_sources").unwrap(), Some(3));
        assert_eq!(asked("/stories?min_sources=").number::<u32>("min_sources").unwrap(), None);
        let wrong = asked("/stories?min_sources=x").number::<u32>("min_sources").unwrap_err();
        assert_eq!(wrong.to_string(), "min_sources=x: must be a number");
    }
}
