//! Files that were compressed before they were served: `sitemap.xml.gz`.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::bufread::MultiGzDecoder;

use super::error::FeedError;

/// Largest document after unpacking: what the sitemap protocol allows, 50 MiB. A compressed body can hold a thousand
/// times its size, and the limit on what is fetched does not count that.
const UNPACKED_BYTES_MAX: u64 = 52_428_800;

/// The first bytes of gzip (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The document itself, unpacked if it is gzip. A file that was cut off gives what there is of it.
pub(super) fn unpacked(body: &[u8]) -> Result<Cow<'_, [u8]>, FeedError> {
    if !body.starts_with(&GZIP_MAGIC) {
        return Ok(Cow::Borrowed(body));
    }
    let mut unpacked = Vec::new();
    let result = MultiGzDecoder::new(body).take(UNPACKED_BYTES_MAX + 1).read_to_end(&mut unpacked);
    if unpacked.len() as u64 > UNPACKED_BYTES_MAX {
        return Err(FeedError::Compressed { reason: format!("more than {UNPACKED_BYTES_MAX} bytes") });
    }
    match result {
        Err(error) if unpacked.is_empty() => Err(FeedError::Compressed { reason: error.to_string() }),
        _ => Ok(Cow::Owned(unpacked)),
    }
}
