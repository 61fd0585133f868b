//! Style, icon and script of the pages. Their names change with what is in them, so that browsers may keep them for ever.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use hyper::header::{self, HeaderValue};
use sha2::{Digest, Sha256};

use crate::serve::reply::{Reply, reply, set};

/// What a page may load: its style and its icon from here, this one script, and nothing else (W3C: Content Security Policy 3, Subresource
/// Integrity, Trusted Types).
pub(super) static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src '{}'; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        SCRIPT.integrity
    )
});

/// A file that pages load.
pub(super) struct Asset {
    /// Where it is.
    pub(super) path: String,
    /// By what a browser knows that it is this.
    pub(super) integrity: String,
    kind: &'static str,
    text: &'static str,
}

pub(super) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("style", "css", "text/css; charset=utf-8", include_str!("assets/style.css")));

pub(super) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("keys", "js", "text/javascript; charset=utf-8", include_str!("assets/keys.js")));

pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("assets/icon.svg")));

impl Asset {
    fn new(name: &str, ending: &str, kind: &'static str, text: &'static str) -> Asset {
        let digest = Sha256::digest(text);
        let hash = digest.iter().take(6).fold(0_u64, |hash, byte| hash << 8 | u64::from(*byte));
        let integrity = format!("sha256-{}", STANDARD.encode(digest));
        Asset { integrity, path: format!("/assets/{name}-{hash:012x}.{ending}"), kind, text }
    }
}

/// The file at a path, if it is one that pages load.
pub(super) fn find(path: &str) -> Option<Reply> {
    let asset = [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.path == path)?;
    let mut answer = reply(StatusCode::OK, asset.kind, asset.text);
    set(&mut answer, header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    Some(answer)
}
