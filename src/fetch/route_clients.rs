//! The HTTP clients: the usual one, and one for each way that sources have of their own, since a client that chooses a proxy
//! knows the address alone, and not for which source it asks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, redirect};
use url::Url;

use crate::config::FetchSettings;
use crate::model::{Proxy, Route};

use super::address::AddressRules;

/// Clients that are kept for ways of sources: more than people have proxies, few enough for their idle connections. One that
/// had to give way is made anew when it is next needed.
const KEPT_MAX: usize = 32;

/// Connections that are kept open though idle: long enough for the next article of a publisher at the usual pause.
const IDLE_CONNECTION_TIME: Duration = Duration::from_secs(15);

/// Header lines that an answer may have that comes by way of a proxy. The library's own 100 are too few for sites behind
/// several caches, and room for more is made with each answer; their size is bounded besides.
const HEADERS_MAX: usize = 1000;

/// Bytes of headers that an answer in HTTP/2 may have: about what the library takes in HTTP/1.1. Its own 16 KiB are less than
/// some sites' security policies and cookies together.
const HEADER_BYTES_MAX: u32 = 256 * 1024;

/// A client for one way.
#[derive(Clone, Debug)]
pub(super) struct RouteClient {
    /// What asks.
    pub(super) client: Client,
    /// Which addresses may be asked on this way.
    pub(super) addresses: AddressRules,
}

impl RouteClient {
    /// Builds the client that goes by way of `of_source`, or in the usual way.
    fn build(
        settings: &Arc<FetchSettings>,
        addresses: AddressRules,
        of_source: Option<&Route>,
    ) -> Result<RouteClient, String> {
        let proxies: Vec<&Proxy> = settings.proxies().chain(of_source.and_then(Route::proxy)).collect();
        let addresses = addresses.with_proxies(proxies.iter().map(|proxy| proxy.host()).collect());
        #[expect(clippy::disallowed_methods, reason = "this is the one place where requests are made")]
        let builder = Client::builder()
            .user_agent(&settings.user_agent)
            .connect_timeout(settings.connect_timeout)
            .read_timeout(settings.read_timeout)
            // Redirects are followed here, hop by hop, so that each passes all gates.
            .redirect(redirect::Policy::none())
            // The environment has no say: a proxy may resolve names itself, out of reach of the address rules.
            .no_proxy()
            // A header that is none (a warning of PHP among them, a blank in a name) is left out, and costs nothing else.
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http2_max_header_list_size(HEADER_BYTES_MAX)
            .dns_resolver(addresses.clone())
            .pool_max_idle_per_host(settings.host_connections)
            .pool_idle_timeout(IDLE_CONNECTION_TIME);
        let builder = if proxies.is_empty() {
            // What has more header lines than the library's 100 is asked for once more, and read leniently.
            builder
        } else {
            let builder = builder.http1_max_headers(HEADERS_MAX);
            let (settings, of_source) = (Arc::clone(settings), of_source.cloned());
            builder.proxy(reqwest::Proxy::custom(move |url: &Url| {
                settings.proxy_for(url.host_str()?, of_source.as_ref()).map(|proxy| proxy.url().clone())
            }))
        };
        let client = builder.build().map_err(|error| format!("the HTTP client cannot be set up: {error:?}"))?;
        Ok(RouteClient { client, addresses })
    }
}

/// All clients. Cheap to clone: all clones share them.
#[derive(Clone, Debug)]
pub(super) struct RouteClients {
    settings: Arc<FetchSettings>,
    /// The rules for a way without a proxy.
    addresses: AddressRules,
    usual: RouteClient,
    /// Those of sources, the last used last.
    of_sources: Arc<Mutex<VecDeque<(Route, RouteClient)>>>,
}

impl RouteClients {
    /// Builds the usual one.
    pub(super) fn new(settings: Arc<FetchSettings>, addresses: AddressRules) -> Result<RouteClients, String> {
        let usual = RouteClient::build(&settings, addresses.clone(), None)?;
        Ok(RouteClients { settings, addresses, usual, of_sources: Arc::default() })
    }

    /// The client for the way of a source, made when it is first needed, or the usual one.
    pub(super) fn of(&self, of_source: Option<&Route>) -> Result<RouteClient, String> {
        let Some(route) = of_source else { return Ok(self.usual.clone()) };
        let mut kept = self.of_sources.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|(known, _)| known == route).and_then(|at| kept.remove(at));
        let (route, client) = match known {
            Some(known) => known,
            None => (route.clone(), RouteClient::build(&self.settings, self.addresses.clone(), Some(route))?),
        };
        if kept.len() >= KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back((route, client.clone()));
        Ok(client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    #[test]
    fn no_more_clients_are_kept_than_there_is_room_for() {
        let settings = Arc::new(config::defaults().fetch);
        let clients = RouteClients::new(settings, AddressRules::new(&[], &[])).unwrap();
        let route = |port: usize| format!("http://proxy.example:{port}").parse::<Route>().unwrap();
        for port in 1..=KEPT_MAX + 3 {
            clients.of(Some(&route(1))).unwrap();
            clients.of(Some(&route(port))).unwrap();
        }
        let kept = clients.of_sources.lock().unwrap();
        assert_eq!(kept.len(), KEPT_MAX);
        let is_kept = |port: usize| kept.iter().any(|(known, _)| *known == route(port));
        assert!(is_kept(1) && is_kept(KEPT_MAX + 3) && !is_kept(2), "what is used stays");
    }
}
