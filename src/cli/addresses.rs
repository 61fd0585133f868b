//! Addresses as people give them on the command line.

use url::Url;

use crate::cli::failure::Failure;

pub(crate) fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

pub(crate) fn parse_url(text: &str) -> Result<Url, Failure> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host_str().is_some() => Ok(url),
        Ok(_) => Err(Failure::Usage(format!("{text:?}: an address must begin with http:// or https://"))),
        Err(error) => Err(Failure::Usage(format!("{text:?} is no address: {error}"))),
    }
}
