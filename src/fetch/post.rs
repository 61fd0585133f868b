//! Giving something to a server that the settings name: receivers of messages. By the same rules of addresses as all requests, with
//! networks of its own; nothing else is like fetching, since whoever is told has asked for it.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, redirect};
use url::Url;

use crate::config::Network;

use super::address::AddressRules;
use super::client::install_tls;
use super::headers;

/// Longest beginning of an answer that is read, for what it says of a failure.
const ANSWER_BYTES_MAX: usize = 2048;

/// What a server says to what it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostAnswer {
    /// HTTP status.
    pub status: u16,
    /// How long it asks to be left in peace.
    pub retry_after: Option<Duration>,
    /// The beginning of what it says.
    pub text: String,
}

/// Gives something to the servers of one receiver. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Poster {
    client: Client,
    addresses: AddressRules,
}

impl Poster {
    /// Builds the client: `private_networks` are those at which the receiver may be though they are private. Redirects are not followed, and each request takes `timeout` at most.
    ///
    /// # Errors
    ///
    /// A sentence, when TLS cannot be set up.
    pub fn new(user_agent: &str, private_networks: &[Network], timeout: Duration) -> Result<Poster, String> {
        install_tls();
        let addresses = AddressRules::new(private_networks, &[]);
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the place where messages are posted, by the same rules of addresses"
        )]
        let client = Client::builder()
            .user_agent(user_agent)
            .timeout(timeout)
            .redirect(redirect::Policy::none())
            // The environment has no say.
            .no_proxy()
            .dns_resolver(addresses.clone())
            .pool_max_idle_per_host(1)
            .build()
            .map_err(|error| format!("the HTTP client cannot be set up: {error:?}"))?;
        Ok(Poster { client, addresses })
    }

    /// Posts a body.
    ///
    /// # Errors
    ///
    /// A sentence, when there is no answer, or the server is at an address that is not for it.
    pub async fn post(&self, url: &Url, lines: &[(&str, String)], body: String) -> Result<PostAnswer, String> {
        self.addresses.check_literal(url).map_err(|refused| told(&refused))?;
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let line = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
            let (Ok(name), Ok(value)) = line else { return Err(format!("{name} is no header")) };
            headers.insert(name, value);
        }
        let sent = self.client.post(url.clone()).headers(headers).body(body).send().await;
        let mut answer = sent.map_err(|error| told(&error.without_url()))?;
        let status = answer.status().as_u16();
        let retry_after = headers::retry_after(answer.headers());
        let mut bytes = Vec::new();
        // What is wrong with the rest of an answer is nothing to what the status says.
        while let Ok(Some(chunk)) = answer.chunk().await {
            bytes.extend_from_slice(&chunk);
            if bytes.len() >= ANSWER_BYTES_MAX {
                break;
            }
        }
        bytes.truncate(ANSWER_BYTES_MAX);
        Ok(PostAnswer { status, retry_after, text: String::from_utf8_lossy(&bytes).into_owned() })
    }

    /// The addresses of a host that may be connected to, for a protocol other than HTTP.
    ///
    /// # Errors
    ///
    /// A sentence, when it has none, or they are not for it.
    pub async fn addresses_of(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        let addresses = self.addresses.addresses_of(host).await.map_err(|error| told(&*error))?;
        Ok(addresses.into_iter().map(|address| address.ip()).collect())
    }
}

/// An error with its causes, and the setting that could allow it.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text.replace("fetch.private_networks can", "private_networks of the receiver can")
}
