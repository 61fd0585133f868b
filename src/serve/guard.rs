//! Who may ask, and who may give orders.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hyper::{HeaderMap, header};
use ring::{hmac, pbkdf2};
use tokio::sync::Semaphore;

use crate::config::{Config, HttpSecret, Scheme};

/// Bytes of a token in the addresses of feeds.
const TOKEN_BYTES: usize = 18;

/// Rounds from a password to the key of tokens (PBKDF2, RFC 8018): whoever finds a token in the list of a feed reader must not find the
/// password by trying. OWASP's Password Storage Cheat Sheet asks for as many; it takes a quarter of a second, once.
const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();

/// How long a wrong password waits for its refusal, and how many do at one time: guessing goes no faster.
const REFUSAL_PAUSE: Duration = Duration::from_secs(1);
const REFUSALS_MAX: usize = 8;

/// What a feed reader sends where nobody is asked for a password. That it sends anything at all in a header is what no page of a stranger's
/// can have a browser do.
const OF_ANYBODY: &str = "anybody";

/// Who may ask: everybody, or who gives the password.
#[derive(Debug, Default)]
pub(super) struct Guard {
    password: Option<Password>,
}

/// What must be given.
struct Password {
    scheme: Scheme,
    /// With it what is given is compared: a comparison of codes takes as long whatever they have in common.
    key: hmac::Key,
    expected: hmac::Tag,
    feed_token: String,
    reader_token: String,
    refusals: Arc<Semaphore>,
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Password").finish_non_exhaustive()
    }
}

impl Guard {
    /// As the settings say.
    ///
    /// # Errors
    ///
    /// A sentence, where the password is not at hand that they name, or is none.
    pub(super) fn of(config: &Config) -> Result<Guard, String> {
        let secret = config.http.secret(&config.fetch.keyring)?;
        Ok(Guard { password: secret.map(|secret| Password::new(&secret, config.http.feed_token)) })
    }

    /// Whether anybody is asked for a password.
    pub(super) fn asks(&self) -> bool {
        self.password.is_some()
    }

    /// Whether a request may be answered. Whoever gives a wrong password waits.
    pub(super) async fn lets_in(&self, headers: &HeaderMap) -> bool {
        let Some(password) = &self.password else { return true };
        let Some(given) = headers.get(header::AUTHORIZATION) else { return false };
        if password.is_given_by(given.as_bytes()) {
            return true;
        }
        password.pause().await;
        false
    }

    /// What a feed reader is to send from now on that logs in with a name and a password. Whoever gives wrong ones waits.
    pub(super) async fn log_in(&self, name: &str, text: &str) -> Option<&str> {
        let Some(password) = &self.password else { return Some(OF_ANYBODY) };
        let is_right = match password.scheme {
            Scheme::Basic => password.is(format!("{name}:{text}").as_bytes()),
            // A token has no name.
            Scheme::Bearer => password.is(text.as_bytes()),
        };
        if is_right {
            return Some(&password.reader_token);
        }
        password.pause().await;
        None
    }

    /// Whether a request comes from a feed reader that has logged in. Whoever sends something else waits.
    pub(super) async fn knows_reader(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).and_then(|given| given.to_str().ok());
        let given = given.and_then(|given| given.trim().split_once(' '));
        let given = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("GoogleLogin"));
        let Some(token) = given.and_then(|(_, rest)| rest.trim().strip_prefix("auth=")) else { return false };
        let Some(password) = &self.password else { return token == OF_ANYBODY };
        let expected = hmac::sign(&password.key, password.reader_token.as_bytes());
        if hmac::verify(&password.key, token.as_bytes(), expected.as_ref()).is_ok() {
            return true;
        }
        password.pause().await;
        false
    }

    /// What stands in the addresses of feeds, where a password is asked for.
    pub(super) fn feed_token(&self) -> Option<&str> {
        self.password.as_ref().map(|password| password.feed_token.as_str())
    }

    /// Whether this is what stands in the addresses of feeds.
    pub(super) fn knows_token(&self, given: &str) -> bool {
        self.password.as_ref().is_some_and(|password| {
            let expected = hmac::sign(&password.key, password.feed_token.as_bytes());
            hmac::verify(&password.key, given.as_bytes(), expected.as_ref()).is_ok()
        })
    }
}

impl Password {
    fn new(secret: &HttpSecret, generation: u64) -> Password {
        let HttpSecret { scheme, text } = secret;
        let secret = text.as_bytes();
        let mut derived = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, b"newswire http.credentials", secret, &mut derived);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &derived);
        let token = |whose: &str| {
            let tag = hmac::sign(&key, format!("{whose} {generation}").as_bytes());
            URL_SAFE_NO_PAD.encode(tag.as_ref().get(..TOKEN_BYTES).unwrap_or_default())
        };
        Password {
            scheme: *scheme,
            expected: hmac::sign(&key, secret),
            feed_token: token("addresses of feeds"),
            reader_token: token("feed readers"),
            key,
            refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
        }
    }

    fn is_given_by(&self, header: &[u8]) -> bool {
        let mut parts = header.splitn(2, |byte| *byte == b' ');
        let (scheme, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default().trim_ascii());
        let (name, secret) = match self.scheme {
            Scheme::Basic => ("basic", STANDARD.decode(rest).unwrap_or_default()),
            Scheme::Bearer => ("bearer", rest.to_vec()),
        };
        scheme.eq_ignore_ascii_case(name.as_bytes()) && self.is(&secret)
    }

    fn is(&self, secret: &[u8]) -> bool {
        hmac::verify(&self.key, secret, self.expected.as_ref()).is_ok()
    }

    /// The time that a wrong one costs.
    async fn pause(&self) {
        if let Ok(_turn) = self.refusals.acquire().await {
            tokio::time::sleep(REFUSAL_PAUSE).await;
        }
    }
}

/// Whether a request comes from a page of our own, so that it may give orders: browsers say which site a request comes from (W3C: Fetch
/// Metadata) or whose page it is (RFC 6454), and no page of another site's can make them say anything else. What says neither is no
/// browser of these years; a program says `Origin` itself. `is_before` knows the names of servers that stand before this one.
pub(super) fn is_of_own_page(headers: &HeaderMap, is_before: impl Fn(&str) -> bool) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = text("sec-fetch-site").map(|site| site == "same-origin");
    let origin = text("origin").map(|origin| {
        let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        host.is_some_and(|host| text("host") == Some(host) || is_before(host))
    });
    match (site, origin) {
        (None, None) => false,
        (site, origin) => site.unwrap_or(true) && origin.unwrap_or(true),
    }
}

/// Whether a browser says that a request comes from a page of another site's. Feed readers are no browsers, and say nothing.
pub(super) fn is_of_foreign_page(headers: &HeaderMap, is_before: impl Fn(&str) -> bool) -> bool {
    let says_whose = headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN);
    says_whose && !is_of_own_page(headers, is_before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn password(scheme: Scheme, text: &str, generation: u64) -> Password {
        Password::new(&HttpSecret { scheme, text: text.to_owned() }, generation)
    }

    fn guard(text: &str, generation: u64) -> Guard {
        Guard { password: Some(password(Scheme::Basic, text, generation)) }
    }

    #[test]
    fn only_the_password_is_given() {
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        let basic_one = password(Scheme::Basic, "desk:night train", 1);
        for (given, is_it) in [
            (basic("desk:night train"), true),
            (basic("desk:night train").replace("Basic", "bASIC"), true),
            (basic("desk:night trai"), false),
            (basic("desk:night train "), false),
            (basic("ana:night train"), false),
            ("Basic desk:night train".to_owned(), false),
            ("Bearer desk:night train".to_owned(), false),
            ("Basic".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(basic_one.is_given_by(given.as_bytes()), is_it, "{given}");
        }
        let bearer = password(Scheme::Bearer, "abcdefgh", 1);
        assert!(bearer.is_given_by(b"Bearer abcdefgh") && !bearer.is_given_by(b"Bearer abcdefg"));
    }

    #[tokio::test(start_paused = true)]
    async fn who_guesses_waits_and_others_do_not() {
        let guard = Arc::new(guard("desk:night train", 1));
        let begun = tokio::time::Instant::now();
        let guesses: Vec<_> = (0..24)
            .map(|_| {
                let guard = Arc::clone(&guard);
                tokio::spawn(async move { guard.lets_in(&headers(&[("authorization", "Basic eDp5")])).await })
            })
            .collect();
        tokio::task::yield_now().await;
        let right = format!("Basic {}", STANDARD.encode("desk:night train"));
        assert!(guard.lets_in(&headers(&[("authorization", &right)])).await);
        assert!(!guard.lets_in(&headers(&[])).await);
        assert_eq!(begun.elapsed(), Duration::ZERO);
        for guess in guesses {
            assert!(!guess.await.unwrap());
        }
        assert_eq!(begun.elapsed().as_secs(), 3);
    }

    #[test]
    fn tokens_are_others_with_another_number_or_password() {
        let first = guard("desk:night train", 1);
        let token = first.feed_token().unwrap().to_owned();
        assert_eq!(token.len(), 24);
        assert!(first.knows_token(&token) && !first.knows_token("") && !first.knows_token(&token[1..]));
        assert!(!guard("desk:night train", 2).knows_token(&token));
        assert!(!guard("desk:other train", 1).knows_token(&token));
        assert!(guard("desk:night train", 1).knows_token(&token));
        assert!(!Guard::default().knows_token(&token) && !Guard::default().knows_token(""));
    }

    #[tokio::test(start_paused = true)]
    async fn a_feed_reader_logs_in_and_is_known_by_its_token_alone() {
        let desk = guard("desk:night train", 1);
        let token = desk.log_in("desk", "night train").await.unwrap().to_owned();
        assert_ne!(Some(token.as_str()), desk.feed_token());
        assert!(!token.contains('=') && !desk.knows_token(&token));
        let sends = |given: &str| headers(&[("authorization", given)]);
        assert!(desk.knows_reader(&sends(&format!("GoogleLogin auth={token}"))).await);
        let begun = tokio::time::Instant::now();
        for (name, text) in [("desk", "night trai"), ("desk:night", "train"), ("", "desk:night train"), ("", "")] {
            assert_eq!(desk.log_in(name, text).await, None, "{name} {text}");
        }
        assert!(!desk.knows_reader(&sends(&format!("GoogleLogin auth={}", &token[1..]))).await);
        assert!(!desk.knows_reader(&sends("GoogleLogin auth=anybody")).await);
        assert_eq!(begun.elapsed().as_secs(), 6, "who guesses waits");
        for other in [guard("desk:night train", 2), guard("desk:other train", 1), Guard::default()] {
            assert!(!other.knows_reader(&sends(&format!("GoogleLogin auth={token}"))).await);
        }
        let bearer = Guard { password: Some(password(Scheme::Bearer, "abcdefgh", 1)) };
        assert!(bearer.log_in("anything", "abcdefgh").await.is_some() && bearer.log_in("", "abcdefg").await.is_none());
        assert_eq!(Guard::default().log_in("", "").await, Some(OF_ANYBODY));
    }

    #[test]
    fn a_browser_that_shows_another_site_is_told_from_a_feed_reader() {
        for (given, is_foreign) in [
            (&[("host", "localhost:8008")][..], false),
            (&[("host", "localhost:8008"), ("origin", "http://localhost:8008")], false),
            (&[("host", "localhost:8008"), ("origin", "http://evil.example")], true),
            (&[("host", "localhost:8008"), ("origin", "null")], true),
            (&[("host", "localhost:8008"), ("sec-fetch-site", "cross-site")], true),
            (&[("host", "localhost:8008"), ("sec-fetch-site", "none")], true),
        ] {
            assert_eq!(is_of_foreign_page(&headers(given), |_| false), is_foreign, "{given:?}");
        }
    }

    #[test]
    fn orders_come_from_pages_of_our_own() {
        let is_before = |host: &str| host == "news.example";
        for (given, may) in [
            (&[("host", "localhost:8008"), ("sec-fetch-site", "same-origin")][..], true),
            (&[("host", "localhost:8008"), ("origin", "http://localhost:8008")], true),
            (
                &[("host", "localhost:8008"), ("origin", "https://news.example"), ("sec-fetch-site", "same-origin")],
                true,
            ),
            (&[("host", "localhost:8008")], false),
            (&[("host", "localhost:8008"), ("sec-fetch-site", "none")], false),
            (&[("host", "localhost:8008"), ("sec-fetch-site", "same-site")], false),
            (&[("host", "localhost:8008"), ("sec-fetch-site", "cross-site")], false),
            (
                &[("host", "localhost:8008"), ("origin", "http://evil.example"), ("sec-fetch-site", "same-origin")],
                false,
            ),
            (
                &[("host", "localhost:8008"), ("origin", "http://localhost:8008"), ("sec-fetch-site", "cross-site")],
                false,
            ),
            (&[("host", "localhost:8008"), ("origin", "http://localhost:9999")], false),
            (&[("host", "localhost:8008"), ("origin", "null")], false),
            (&[("host", "localhost:8008"), ("origin", "localhost:8008")], false),
        ] {
            assert_eq!(is_of_own_page(&headers(given), is_before), may, "{given:?}");
        }
    }
}
