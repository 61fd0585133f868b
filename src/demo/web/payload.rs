//! A body in the encodings in which it is sent. Each is made once, so that a measurement of the client is none of this
//! server's compressors.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;
use sha2::{Digest, Sha256};

/// Brotli's quality from 0 to 11. On a news page 1 takes a tenth of the time of 4 and gives a sixth more bytes.
const BROTLI_QUALITY: u32 = 1;

/// The logarithm of brotli's window: 2^18 is above the size of any page here, and larger ones only cost memory.
const BROTLI_WINDOW_BITS: u32 = 18;

/// gzip's level from 0 to 9: 4 gives about the sizes that servers send, in two thirds of the time of their usual 6.
const GZIP_LEVEL: u32 = 4;

/// Buffer of the brotli reader and writer.
const BUFFER_BYTES: usize = 16 * 1024;

/// Bytes of the digest that an entity tag shows: enough that two bodies never share one.
const TAG_BYTES: usize = 10;

/// A body. At least one of the forms is there.
#[derive(Debug)]
pub(super) struct Payload {
    tag: String,
    n_bytes: usize,
    plain: Option<Bytes>,
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
}

impl Payload {
    /// A body whose compressed forms are made when they are first asked for.
    pub(super) fn plain(body: Bytes) -> Payload {
        Payload {
            tag: tag(&body),
            n_bytes: body.len(),
            plain: Some(body),
            gzip: OnceLock::new(),
            brotli: OnceLock::new(),
        }
    }

    /// A body whose compressed forms are made now; the plain form is made from them for the rare client that wants it.
    pub(super) fn packed(body: &[u8]) -> Payload {
        Payload {
            tag: tag(body),
            n_bytes: body.len(),
            plain: None,
            gzip: OnceLock::from(gzip(body)),
            brotli: OnceLock::from(brotli(body)),
        }
    }

    /// What its entity tags begin with.
    pub(super) fn tag(&self) -> &str {
        &self.tag
    }

    /// Its length, no encoding applied.
    pub(super) fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    pub(super) fn in_plain(&self) -> Bytes {
        self.plain.clone().unwrap_or_else(|| self.brotli.get().map(unbrotli).unwrap_or_default())
    }

    pub(super) fn in_gzip(&self) -> Bytes {
        self.gzip.get_or_init(|| gzip(&self.in_plain())).clone()
    }

    pub(super) fn in_brotli(&self) -> Bytes {
        self.brotli.get_or_init(|| brotli(&self.in_plain())).clone()
    }
}

fn tag(body: &[u8]) -> String {
    Sha256::digest(body).iter().take(TAG_BYTES).fold(String::new(), |mut tag, byte| {
        let _ = write!(tag, "{byte:02x}");
        tag
    })
}

// Writing to and reading from memory cannot fail, and the compressed forms are our own: an error would leave the body
// short, which the tests of this server would see.

fn gzip(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL));
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default().into()
}

fn brotli(body: &[u8]) -> Bytes {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), BUFFER_BYTES, BROTLI_QUALITY, BROTLI_WINDOW_BITS);
    let _ = encoder.write_all(body);
    encoder.into_inner().into()
}

fn unbrotli(packed: &Bytes) -> Bytes {
    let mut body = Vec::new();
    let _ = brotli::Decompressor::new(packed.as_ref(), BUFFER_BYTES).read_to_end(&mut body);
    body.into()
}
