//! Which addresses may be fetched from.
//!
//! Names are resolved here and nowhere else, and the connection goes to the very addresses that were checked, so a
//! name that resolves differently the second time (DNS rebinding) gains nothing. An address that stands in the URL
//! itself is checked before the request, since the client does not resolve it.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::config::Network;

/// Names that end in these are for private networks (RFC 6761, RFC 6762, RFC 8375, and ICANN's reservation of internal).
const PRIVATE_SUFFIXES: [&str; 4] = [".localhost", ".local", ".home.arpa", ".internal"];

/// An address that is not for fetching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressRefused {
    pub(super) host: String,
    /// What it is at; nothing where the name itself says that it is not for fetching.
    pub(super) address: Option<IpAddr>,
}

impl fmt::Display for AddressRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AddressRefused { host, address } = self;
        match address {
            Some(address) => {
                write!(f, "{host} is at {address}, which is private or reserved; fetch.private_networks can allow it")
            }
            None => write!(f, "{host} is the name of a private host, which no proxy is asked for"),
        }
    }
}

impl std::error::Error for AddressRefused {}

/// The addresses of a name, asked for each time.
pub(super) type Answered = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Who knows the addresses of names.
pub(super) trait Lookup: fmt::Debug + Send + Sync {
    /// Asks for a name's addresses. Their ports do not matter.
    fn lookup(&self, host: String) -> Answered;
}

/// The system's resolver.
#[derive(Debug)]
struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> Answered {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.collect()) })
    }
}

/// The rules, and the resolver that applies them.
#[derive(Clone, Debug)]
pub(super) struct AddressRules {
    private_networks: Arc<[Network]>,
    fixed: Arc<[(String, SocketAddr)]>,
    /// Hosts of proxies: where they are is the user's word.
    proxies: Arc<[String]>,
    lookup: Arc<dyn Lookup>,
}

impl AddressRules {
    pub(super) fn new(private_networks: &[Network], fixed: &[(String, SocketAddr)]) -> Self {
        let lookup = Arc::new(SystemLookup);
        AddressRules { private_networks: private_networks.into(), fixed: fixed.into(), proxies: Arc::default(), lookup }
    }

    /// The same rules for a client that uses these proxies.
    pub(super) fn with_proxies(self, hosts: Vec<String>) -> Self {
        AddressRules { proxies: hosts.into(), ..self }
    }

    /// The same rules over another resolver.
    #[cfg(test)]
    pub(super) fn looking_up(self, lookup: Arc<dyn Lookup>) -> Self {
        AddressRules { lookup, ..self }
    }

    /// Checks a name that is not resolved here but by a proxy, and one that is a proxy's own.
    pub(super) fn check_name(&self, url: &Url, is_resolved_here: bool) -> Result<(), AddressRefused> {
        let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let is_private = || !name.contains('.') || PRIVATE_SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
        let is_refused = self.proxies.contains(&name) || !is_resolved_here && is_private();
        if is_refused { Err(AddressRefused { host: name, address: None }) } else { Ok(()) }
    }

    /// Checks an address that stands in the URL; names are checked when they are resolved.
    pub(super) fn check_literal(&self, url: &Url) -> Result<(), AddressRefused> {
        let address: IpAddr = match url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            _ => return Ok(()),
        };
        self.check(address, &address.to_string())
    }

    fn check(&self, address: IpAddr, host: &str) -> Result<(), AddressRefused> {
        let is_allowed = is_public(address) || self.private_networks.iter().any(|network| network.contains(address));
        if is_allowed { Ok(()) } else { Err(AddressRefused { host: host.to_owned(), address: Some(address) }) }
    }

    /// The addresses of a name that may be connected to. A port is given where the user has fixed it, and is 0 elsewhere.
    pub(super) async fn addresses_of(
        &self,
        host: &str,
    ) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        // What the user has fixed for a name needs no further permission.
        if let Some((_, address)) = self.fixed.iter().find(|(name, _)| name == host) {
            return Ok(vec![*address]);
        }
        if self.proxies.iter().any(|name| name == host) {
            return Ok(self.lookup.lookup(host.to_owned()).await?);
        }
        let mut refused = None;
        let mut allowed = Vec::new();
        for address in self.lookup.lookup(host.to_owned()).await? {
            match self.check(address.ip(), host) {
                Ok(()) => allowed.push(address),
                Err(refusal) => refused = Some(refusal),
            }
        }
        match refused {
            Some(refusal) if allowed.is_empty() => Err(Box::new(refusal)),
            _ => Ok(allowed),
        }
    }
}

impl Resolve for AddressRules {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = self.clone();
        Box::pin(async move {
            let addresses = rules.addresses_of(&name.as_str().to_ascii_lowercase()).await?;
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether an address is on the public internet, by the IANA registries of special-purpose addresses (RFC 6890 and
/// its successors). An IPv4 address inside an IPv6 one counts as itself.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded_v4(address) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0                                        // this network
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()                  // and the metadata services of cloud hosts
        || address.is_multicast()
        || address.is_documentation()
        || a >= 240                                 // reserved, broadcast
        || (a == 100 && (64..128).contains(&b))     // carrier-grade NAT
        || (a == 192 && b == 0 && c == 0)           // protocol assignments
        || (a == 192 && b == 88 && c == 99)         // 6to4 relays, withdrawn
        || (a == 198 && (18..20).contains(&b))) // benchmarks
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Only 2000::/3 has been given out as global unicast.
    (first & 0xe000) == 0x2000
        && !(first == 0x2001 && second < 0x0200 && second != 0x0003) // protocol assignments, Teredo, ORCHID
        && !(first == 0x2001 && second == 0x0db8)                    // documentation
        && !(first == 0x3fff && second < 0x1000) // documentation
}

/// The IPv4 address that an IPv6 one stands for: mapped, compatible, NAT64, 6to4.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let from = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x0064, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x0064, 0xff9b, 1, _, _, _, high, low]
        | [0x2002, high, low, ..] => Some(from(high, low)),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(from(high, low)),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    #[test]
    fn public_and_other_addresses_are_told_apart() {
        for public in ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for other in [
            "0.0.0.0",
            "127.0.0.1",
            "127.8.8.8",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "::ffff:0:127.0.0.1",
            "64:ff9b:1::a00:1",
            "4000::1",
        ] {
            assert!(!is_public(other.parse().unwrap()), "{other}");
        }
    }

    #[test]
    fn an_address_in_the_url_is_checked() {
        let rules = AddressRules::new(&[Network::parse("127.0.0.0/8").unwrap()], &[]);
        let check = |url: &str| rules.check_literal(&Url::parse(url).unwrap());
        assert_eq!(check("http://127.0.0.1:8080/"), Ok(()));
        // The parser reads every spelling of an address.
        assert_eq!(check("http://2130706433/"), Ok(()));
        assert!(check("http://0xa9fea9fe/latest/meta-data").is_err());
        assert!(check("http://[::1]/").is_err());
        assert!(check("http://[::ffff:10.0.0.1]/").is_err());
        assert_eq!(check("http://name.example/"), Ok(()));
    }

    /// Gives its answers one after the other, the last one for ever.
    #[derive(Debug)]
    struct Changing(std::sync::Mutex<Vec<Vec<SocketAddr>>>);

    impl Lookup for Changing {
        fn lookup(&self, _: String) -> Answered {
            let mut answers = self.0.lock().unwrap();
            let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
            Box::pin(async move { Ok(answer) })
        }
    }

    pub(in super::super) fn changing(answers: &[&[&str]]) -> Arc<dyn Lookup> {
        let answer = |texts: &&[&str]| texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect();
        Arc::new(Changing(std::sync::Mutex::new(answers.iter().map(answer).collect())))
    }

    #[tokio::test]
    async fn of_several_addresses_only_the_public_ones_are_used() {
        let rules = AddressRules::new(&[], &[]).looking_up(changing(&[
            &["10.0.0.1", "1.1.1.1", "::1"],
            &["1.1.1.1"],
            &["::ffff:192.168.0.1"],
            &["fd00:ec2::254"],
        ]));
        assert_eq!(rules.addresses_of("a.example").await.unwrap(), ["1.1.1.1:0".parse().unwrap()]);
        assert!(rules.addresses_of("a.example").await.is_ok());
        for _ in 0..2 {
            let refused = rules.addresses_of("a.example").await.unwrap_err();
            assert!(refused.downcast_ref::<AddressRefused>().is_some(), "{refused}");
        }
    }

    #[test]
    fn private_names_are_not_asked_of_a_proxy() {
        let rules = AddressRules::new(&[], &[]).with_proxies(vec!["proxy.example".to_owned()]);
        let check = |url: &str, is_resolved_here| rules.check_name(&Url::parse(url).unwrap(), is_resolved_here).is_ok();
        for name in
            ["localhost", "intranet", "a.localhost", "printer.local", "metadata.google.internal.", "nas.home.arpa"]
        {
            assert!(!check(&format!("http://{name}/"), false), "{name}");
            assert!(check(&format!("http://{name}/"), true), "{name}: its addresses are checked");
        }
        assert!(check("http://paper.example/", false) && check("http://1.1.1.1/", false));
        assert!(!check("http://proxy.example/", true) && !check("http://Proxy.example:3128/", false));
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_a_private_address_is_refused() {
        let rules = AddressRules::new(&[], &[("fixed.example".to_owned(), "127.0.0.1:81".parse().unwrap())]);
        let refused = rules.addresses_of("localhost").await.unwrap_err();
        assert!(refused.downcast_ref::<AddressRefused>().is_some(), "{refused}");
        assert_eq!(rules.addresses_of("fixed.example").await.unwrap(), ["127.0.0.1:81".parse().unwrap()]);
    }
}
