//! Credentials in addresses (`https://USER:PASSWORD@host/`), which are for the server alone: whatever is printed, logged or
//! given away has the address without them.

use std::borrow::Cow;

use url::Url;

/// A text without the credentials of the addresses in it: what stands between `://` and the last `@` before the path.
#[must_use]
pub fn without_credentials(text: &str) -> Cow<'_, str> {
    const START: &str = "://";
    // What a proxy's are printed as.
    const HIDDEN: &str = "***";
    if !text.contains(START) || !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(START) {
        let (before, after) = rest.split_at(at + START.len());
        let ends_host = |c: char| c.is_whitespace() || c.is_control() || "/?#\\\"'`<>(),".contains(c);
        let host = &after[..after.find(ends_host).unwrap_or(after.len())];
        kept.push_str(before);
        rest = match host.rfind('@') {
            Some(at) if &host[..at] != HIDDEN => &after[at + 1..],
            _ => after,
        };
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// An address without its credentials.
#[must_use]
pub fn public_url(url: &Url) -> Cow<'_, Url> {
    if url.username().is_empty() && url.password().is_none() {
        return Cow::Borrowed(url);
    }
    let mut public = url.clone();
    // These fail for addresses that cannot have credentials.
    let _ = public.set_username("");
    let _ = public.set_password(None);
    Cow::Owned(public)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_taken_out_and_nothing_else() {
        let check = |text: &str, expected: &str| assert_eq!(without_credentials(text), expected);
        check("https://ana:se%40cret@paper.example/feed?a=b@c", "https://paper.example/feed?a=b@c");
        check("http://ana@paper.example", "http://paper.example");
        check("socks5h://a:b@c@proxy.example:1080", "socks5h://proxy.example:1080");
        check(
            "no feed at https://a:b@c.example/d (http://e:f@g.example): 404",
            "no feed at https://c.example/d (http://g.example): 404",
        );
        check("https://paper.example/@ana/1", "https://paper.example/@ana/1");
        check(
            "write to ana@paper.example or see http://paper.example",
            "write to ana@paper.example or see http://paper.example",
        );
        check("by way of http://***@proxy.example:3128/", "by way of http://***@proxy.example:3128/");
        check("://@", "://");
        check("plain", "plain");
    }

    #[test]
    fn addresses_without_credentials_are_as_they_were() {
        let public = |url: &str| public_url(&Url::parse(url).unwrap()).to_string();
        assert_eq!(public("https://ana:secret@paper.example/feed"), "https://paper.example/feed");
        assert_eq!(public("https://paper.example/feed"), "https://paper.example/feed");
    }
}
