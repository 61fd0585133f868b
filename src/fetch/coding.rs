//! Content codings, undone as servers apply them and not only as they should.
//!
//! The headers say what was done to a body and are often wrong: gzip that is not told or told twice, deflate with and
//! without its zlib frame, a page in plain that claims to be compressed, names that are no codings. So the bytes decide
//! wherever they can be told apart. What comes out is bounded, however little goes in.
//!
//! A compressed stream that ends early, inside an answer that HTTP says is whole, gives what there is of it, as it does to
//! browsers. Whether that is enough is for the caller to say: a list, and a page whose end is there. zstd is not asked for: it would be one more decoder for pages that all servers send in gzip too.

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};
use flate2::bufread::GzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

/// What is asked for; best first, as browsers say it.
pub(super) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip, deflate, br");

/// Codings that are undone of one body. Two are a misconfigured cache, more are a bomb.
const LAYERS_MAX: usize = 4;

/// Parts that one gzip stream may consist of. Blocked gzip makes one of 64 KiB each.
const GZIP_MEMBERS_MAX: usize = 4096;

/// Smaller bodies are unpacked where they arrive: they take less than a millisecond, and half of that is the way to another
/// thread.
const BLOCKING_BYTES_MIN: usize = 16 * 1024;

/// How much room is made at once for what comes out.
const STEP_BYTES: usize = 256 * 1024;

/// Pages in brotli are mostly not larger than this many times.
const BROTLI_RATIO: usize = 8;

/// How much of a body is looked at to see whether it is text.
const BEGINNING_BYTES: usize = 512;

/// How much of a page is looked at to see whether its end is there.
const END_BYTES: usize = 4096;

/// The first bytes of gzip with deflate, which is the only kind (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

/// What follows a gzip stream: sum and length.
const GZIP_TRAILER_BYTES: usize = 8;

/// A coding as a header names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    /// One that is known and cannot be undone.
    Foreign(String),
}

/// How much may come out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Bytes that may come out.
    pub(super) bytes_max: usize,
    /// Whether what is larger is cut there, and is an error otherwise.
    pub(super) is_cut: bool,
    /// Whether a gzip file that no header speaks of stays as it is where it is too large: a sitemap's reader has a limit of
    /// its own.
    pub(super) keeps_files: bool,
}

/// Why a body cannot be unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CodingError {
    TooLarge,
    Broken(String),
    /// The stream ends before its end, and the page in it too; this is what there is.
    CutShort(Vec<u8>),
}

/// The codings that the headers name, in the order in which they were applied. Names that are none (`utf-8`, `none`) are
/// left out.
pub(super) fn declared(headers: &HeaderMap) -> Vec<Coding> {
    let lines = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split([',', ';', ' '])).filter_map(coding_named).collect()
}

fn coding_named(name: &str) -> Option<Coding> {
    match name.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'').to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" | "gz" => Some(Coding::Gzip),
        "deflate" | "x-deflate" | "zlib" => Some(Coding::Deflate),
        "br" | "brotli" => Some(Coding::Brotli),
        name @ ("zstd" | "compress" | "x-compress" | "dcb" | "dcz" | "bzip2" | "xz" | "lzma") => {
            Some(Coding::Foreign(name.to_owned()))
        }
        _ => None,
    }
}

/// Unpacks a body, away from the async threads where it is large.
pub(super) async fn undone(raw: Vec<u8>, codings: Vec<Coding>, bounds: Bounds) -> Result<Vec<u8>, CodingError> {
    let is_packed = !codings.is_empty() || raw.starts_with(&GZIP_MAGIC);
    if !is_packed || raw.len() < BLOCKING_BYTES_MIN {
        return undo(raw, &codings, bounds);
    }
    let unpacking = tokio::task::spawn_blocking(move || undo(raw, &codings, bounds));
    unpacking.await.unwrap_or_else(|error| Err(CodingError::Broken(error.to_string())))
}

/// The same where it stands.
pub(super) fn undo(raw: Vec<u8>, codings: &[Coding], bounds: Bounds) -> Result<Vec<u8>, CodingError> {
    let mut body = raw;
    let mut n_layers = 0;
    let mut is_cut_short = false;
    for coding in codings.iter().rev().take(LAYERS_MAX) {
        n_layers += 1;
        let unpacked = match coding {
            _ if body.is_empty() => None,
            // Whatever its name: these bytes begin nothing else.
            _ if body.starts_with(&GZIP_MAGIC) => Some(gunzip(&body, bounds)),
            Coding::Gzip | Coding::Foreign(_) if is_text(&body) => None,
            Coding::Gzip | Coding::Deflate => Some(inflate(&body, bounds)),
            Coding::Brotli => Some(unbrotli(&body, bounds)),
            Coding::Foreign(name) => {
                return Err(CodingError::Broken(format!("it is in {name}, which was not asked for")));
            }
        };
        match unpacked {
            None => {}
            Some(Unpacked::Whole(inner)) => body = inner,
            // The text itself may happen to begin like a stream.
            Some(Unpacked::CutShort(_) | Unpacked::Broken(_)) if is_text(&body) => {}
            Some(Unpacked::CutShort(inner)) if !inner.is_empty() => (body, is_cut_short) = (inner, true),
            Some(Unpacked::CutShort(_)) => return Err(CodingError::Broken("nothing is in it".to_owned())),
            Some(Unpacked::Broken(reason)) => return Err(CodingError::Broken(reason)),
            Some(Unpacked::TooLarge) => return Err(CodingError::TooLarge),
        }
    }
    while n_layers < LAYERS_MAX && body.starts_with(&GZIP_MAGIC) {
        n_layers += 1;
        match gunzip(&body, bounds) {
            Unpacked::Whole(inner) => body = inner,
            Unpacked::CutShort(inner) if !inner.is_empty() => (body, is_cut_short) = (inner, true),
            Unpacked::TooLarge if !bounds.keeps_files => return Err(CodingError::TooLarge),
            // What it is, its reader will say.
            Unpacked::TooLarge | Unpacked::CutShort(_) | Unpacked::Broken(_) => break,
        }
    }
    if !body.starts_with(&GZIP_MAGIC) {
        drop_padding(&mut body);
    }
    if is_cut_short && !has_end_of_page(&body) { Err(CodingError::CutShort(body)) } else { Ok(body) }
}

/// Whether the end of a page of HTML is there: then nothing that counts was cut off.
fn has_end_of_page(body: &[u8]) -> bool {
    let end = body[body.len().saturating_sub(END_BYTES)..].to_ascii_lowercase();
    ["</html", "</body"].iter().any(|tag| memchr::memmem::find(&end, tag.as_bytes()).is_some())
}

/// What became of a stream.
enum Unpacked {
    Whole(Vec<u8>),
    /// The stream ends before its end; this is what there is.
    CutShort(Vec<u8>),
    Broken(String),
    TooLarge,
}

/// How a deflate stream ended.
enum End<'a> {
    /// At its end, with this behind it.
    Proper(&'a [u8]),
    Early,
    Broken(String),
    TooLarge,
}

impl End<'_> {
    fn unpacked(self, body: Vec<u8>) -> Unpacked {
        match self {
            End::Proper(_) => Unpacked::Whole(body),
            End::Early => Unpacked::CutShort(body),
            End::Broken(reason) => Unpacked::Broken(reason),
            End::TooLarge => Unpacked::TooLarge,
        }
    }
}

/// Unpacks gzip, of one or several members. What stands behind them, zeros as a rule, is nothing.
fn gunzip(packed: &[u8], bounds: Bounds) -> Unpacked {
    let mut inflater = Decompress::new(false);
    let mut body = Vec::new();
    let mut rest = packed;
    for _ in 0..GZIP_MEMBERS_MAX {
        let member = GzDecoder::new(rest);
        if member.header().is_none() {
            break;
        }
        inflater.reset(false);
        let start = body.len();
        match run(&mut inflater, member.into_inner(), &mut body, bounds) {
            End::Proper(trailer) if !is_sum_of(trailer, &body[start..]) => {
                return Unpacked::Broken("the sum at the end of gzip is another".to_owned());
            }
            End::Proper(trailer) => rest = trailer.get(GZIP_TRAILER_BYTES..).unwrap_or_default(),
            // Whole members are worth more than what follows them.
            End::Broken(_) if rest.len() < packed.len() => break,
            end => return end.unpacked(body),
        }
        if !rest.starts_with(&GZIP_MAGIC) {
            return Unpacked::Whole(body);
        }
    }
    if rest.len() < packed.len() {
        Unpacked::Whole(body)
    } else {
        Unpacked::Broken("the head of gzip is damaged".to_owned())
    }
}

/// Whether a sum is that of a text. One that is missing is, and so is a wrong one where the text ends as documents do: then
/// the server has miscounted, as browsers take it, which do not look at the sum.
fn is_sum_of(trailer: &[u8], text: &[u8]) -> bool {
    let Some(sum) = trailer.first_chunk() else { return true };
    let mut crc = flate2::Crc::new();
    crc.update(text);
    crc.sum() == u32::from_le_bytes(*sum)
        || text.trim_ascii_end().ends_with(b">")
        || text.trim_ascii_end().ends_with(b"}")
}

/// Unpacks deflate, in its zlib frame or without one.
fn inflate(packed: &[u8], bounds: Bounds) -> Unpacked {
    // RFC 1950, section 2.2: method 8, no dictionary, and a check of the two bytes.
    let is_framed = matches!(packed, [first, second, ..] if first & 0x0f == 8
        && second & 0x20 == 0
        && (u16::from(*first) << 8 | u16::from(*second)).is_multiple_of(31));
    for stream in [packed.get(2..).filter(|_| is_framed), Some(packed)].into_iter().flatten() {
        let mut body = Vec::new();
        match run(&mut Decompress::new(false), stream, &mut body, bounds) {
            End::Broken(_) if stream.len() < packed.len() => {}
            end => return end.unpacked(body),
        }
    }
    Unpacked::Broken("deflate is damaged".to_owned())
}

/// Runs one deflate stream to its end, or until too much has come out.
fn run<'a>(inflater: &mut Decompress, packed: &'a [u8], body: &mut Vec<u8>, bounds: Bounds) -> End<'a> {
    let mut rest = packed;
    loop {
        // One more than is allowed, to see that there is more.
        let room = (bounds.bytes_max + 1).saturating_sub(body.len());
        if room == 0 {
            if bounds.is_cut {
                body.truncate(bounds.bytes_max);
                return End::Proper(&[]);
            }
            return End::TooLarge;
        }
        let step = packed.len().saturating_mul(4).clamp(1024, STEP_BYTES.max(body.len()));
        body.reserve(step.min(room));
        let (n_in, n_out) = (inflater.total_in(), inflater.total_out());
        let status = match inflater.decompress_vec(rest, body, FlushDecompress::None) {
            Ok(status) => status,
            Err(error) => return End::Broken(error.to_string()),
        };
        let n_read = usize::try_from(inflater.total_in() - n_in).unwrap_or(usize::MAX);
        rest = rest.get(n_read..).unwrap_or_default();
        match status {
            Status::StreamEnd if body.len() <= bounds.bytes_max => return End::Proper(rest),
            Status::Ok | Status::BufError if n_read == 0 && inflater.total_out() == n_out => return End::Early,
            Status::StreamEnd | Status::Ok | Status::BufError => {}
        }
    }
}

/// Unpacks brotli. The library's reader will not do: it takes what stands behind a stream for damage.
fn unbrotli(packed: &[u8], bounds: Bounds) -> Unpacked {
    let alloc = StandardAlloc::default;
    // Strict: windows beyond 16 MiB are not for the web.
    let mut state = BrotliState::new_strict(alloc(), alloc(), alloc());
    let mut body = Vec::new();
    let (mut n_in, mut n_out, mut n_total) = (0, 0, 0);
    loop {
        let step = packed.len().saturating_mul(BROTLI_RATIO).clamp(1024, STEP_BYTES.max(body.len()));
        body.resize((body.len() + step).min(bounds.bytes_max + 1), 0);
        let (mut n_unread, mut n_free) = (packed.len() - n_in, body.len() - n_out);
        let result = BrotliDecompressStream(
            &mut n_unread,
            &mut n_in,
            packed,
            &mut n_free,
            &mut n_out,
            &mut body,
            &mut n_total,
            &mut state,
        );
        let end = match result {
            _ if n_out > bounds.bytes_max && !bounds.is_cut => return Unpacked::TooLarge,
            _ if n_out > bounds.bytes_max => Unpacked::Whole,
            // An empty stream is one byte. Text can begin with that byte too: `{` does.
            BrotliResult::ResultSuccess if n_out > 0 || packed.len() <= 2 => Unpacked::Whole,
            BrotliResult::NeedsMoreInput => Unpacked::CutShort,
            BrotliResult::NeedsMoreOutput => continue,
            BrotliResult::ResultSuccess | BrotliResult::ResultFailure => {
                return Unpacked::Broken("brotli is damaged".to_owned());
            }
        };
        body.truncate(n_out.min(bounds.bytes_max));
        return end(body);
    }
}

/// Whether bytes begin as text does. Nothing that is compressed goes on for long without a control character.
fn is_text(bytes: &[u8]) -> bool {
    let beginning = &bytes[..bytes.len().min(BEGINNING_BYTES)];
    let has_mark = beginning.starts_with(b"\xff\xfe") || beginning.starts_with(b"\xfe\xff");
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127);
    has_mark || !beginning.iter().any(is_control)
}

/// Takes away the zeros behind a text: some servers fill their last buffer with them.
fn drop_padding(body: &mut Vec<u8>) {
    let n_text = body.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    // The last character of UTF-16 may be half zero.
    let is_wide = body.starts_with(b"\xff\xfe") || body.get(1) == Some(&0);
    let end = if is_wide { n_text.next_multiple_of(2) } else { n_text };
    body.truncate(end);
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const BOUNDS: Bounds = Bounds { bytes_max: 100_000, is_cut: false, keeps_files: false };

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn brotli(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
        encoder.write_all(bytes).unwrap();
        encoder.into_inner()
    }

    fn page() -> Vec<u8> {
        let page = (0..200).fold("<!doctype html><p>".to_owned(), |page, n| format!("{page} line {n} of it,"));
        (page + "</p>\n").into_bytes()
    }

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(CONTENT_ENCODING, HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    /// What comes out of a body under these `Content-Encoding` lines.
    fn read(lines: &[&str], raw: Vec<u8>) -> Result<Vec<u8>, CodingError> {
        undo(raw, &declared(&headers(lines)), BOUNDS)
    }

    #[test]
    fn the_bytes_decide_where_the_headers_are_wrong() {
        let page = page();
        let with_name = {
            let mut encoder = flate2::GzBuilder::new()
                .filename("page.html")
                .comment("c")
                .extra(vec![1, 2])
                .write(Vec::new(), Compression::best());
            encoder.write_all(&page).unwrap();
            encoder.finish().unwrap()
        };
        let cases: Vec<(&[&str], Vec<u8>)> = vec![
            (&["gzip"], gzip(&page)),
            (&["x-gzip"], gzip(&page)),
            (&["GZip"], with_name),
            (&["deflate"], zlib(&page)),
            (&["deflate"], deflate(&page)),
            (&["br"], brotli(&page)),
            (&["BR"], brotli(&page)),
            // Not told, told wrongly, told twice.
            (&[], gzip(&page)),
            (&["utf-8"], gzip(&page)),
            (&["deflate"], gzip(&page)),
            (&["gzip"], zlib(&page)),
            (&["gzip", "gzip"], gzip(&page)),
            (&["gzip, gzip"], gzip(&page)),
            (&["gzip"], gzip(&gzip(&page))),
            (&[], gzip(&gzip(&page))),
            (&["gzip, gzip"], gzip(&gzip(&page))),
            (&["deflate, gzip"], gzip(&zlib(&page))),
            (&["gzip", "br"], brotli(&gzip(&page))),
            (&["br", "identity"], brotli(&page)),
            // Plain, whatever it says.
            (&["gzip"], page.clone()),
            (&["br"], page.clone()),
            (&["deflate"], page.clone()),
            (&["zstd"], page.clone()),
            (&["br"], b"{\"version\": \"https://jsonfeed.org/version/1.1\", \"items\": []}".to_vec()),
            (&["br"], [b"\n\n<?xml version=\"1.0\"?>", page.as_slice()].concat()),
            (&["gzip"], b"\xef\xbb\xbf<p>a</p>".to_vec()),
            (&["gzip"], b"\xff\xfe<\0p\0>\0".to_vec()),
            (&["gzip"], Vec::new()),
            (&["br"], Vec::new()),
            (&["identity"], page.clone()),
            (&["utf-8"], page.clone()),
            (&["none"], page.clone()),
            (&[""], page.clone()),
            (&["text/html; charset=utf-8"], page.clone()),
            (&["a, b ,,c"], page.clone()),
        ];
        for (lines, raw) in cases {
            let plain = if is_text(&raw) { raw.clone() } else { page.clone() };
            assert_eq!(read(lines, raw).as_ref(), Ok(&plain), "{lines:?}");
        }
    }

    #[test]
    fn what_stands_behind_a_body_is_no_part_of_it() {
        let page = page();
        let zeros = vec![0; 5000];
        assert_eq!(read(&[], [page.as_slice(), &zeros].concat()).as_ref(), Ok(&page));
        assert_eq!(read(&["gzip"], [gzip(&page).as_slice(), &zeros].concat()).as_ref(), Ok(&page));
        assert_eq!(read(&["gzip"], [gzip(&page).as_slice(), b"<!-- cached -->"].concat()).as_ref(), Ok(&page));
        assert_eq!(read(&["deflate"], [zlib(&page).as_slice(), &zeros].concat()).as_ref(), Ok(&page));
        assert_eq!(read(&["br"], [brotli(&page).as_slice(), &zeros].concat()).as_ref(), Ok(&page));
        let members = [gzip(&page[..100]), gzip(&page[100..])].concat();
        assert_eq!(read(&["gzip"], members).as_ref(), Ok(&page));
        let wide: Vec<u8> = "\u{feff}<p>a\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&[], wide.clone()).as_ref(), Ok(&wide));
        assert_eq!(read(&[], [wide.as_slice(), &zeros[..4]].concat()).as_ref(), Ok(&wide));
    }

    #[test]
    fn a_stream_that_ends_early_or_miscounts_gives_what_there_is() {
        let page = page();
        let gzip = gzip(&page);
        assert_eq!(read(&["gzip"], gzip[..gzip.len() - 8].to_vec()).as_ref(), Ok(&page), "no trailer");
        let mut miscounted = gzip.clone();
        let end = miscounted.len();
        miscounted[end - 8..].fill(7);
        assert_eq!(read(&["gzip"], miscounted).as_ref(), Ok(&page), "a wrong sum");
        let mut zlib = zlib(&page);
        let end = zlib.len();
        zlib[end - 4..].fill(7);
        assert_eq!(read(&["deflate"], zlib).as_ref(), Ok(&page), "a wrong sum");
        for (name, packed) in [("gzip", gzip), ("deflate", deflate(&page)), ("br", brotli(&page))] {
            let Err(CodingError::CutShort(part)) = read(&[name], packed[..packed.len() / 2].to_vec()) else {
                panic!("{name}: a part is told from the whole");
            };
            assert!(!part.is_empty() && part.len() < page.len() && page.starts_with(&part), "{name}");
        }
    }

    #[test]
    fn damage_is_told() {
        // A block of a kind that there is not, where the next one should begin.
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&page()).unwrap();
        encoder.flush().unwrap();
        let mut damaged = encoder.get_ref().clone();
        damaged.extend([7; 100]);
        // A text that was changed on the way, which only the sum can tell.
        let mut changed = GzEncoder::new(Vec::new(), Compression::none());
        changed.write_all(b"<p>An article that ends in the midd").unwrap();
        let mut changed = changed.finish().unwrap();
        changed[20] ^= 1;
        for (lines, raw) in [
            (&["gzip"], damaged),
            (&["gzip"], changed),
            (&["gzip"], vec![0x1f, 0x8b, 8, 0xff, 1, 2, 3]),
            (&["gzip"], vec![1, 2, 3, 0xff, 0xff, 7]),
            (&["deflate"], vec![7; 100]),
            (&["br"], b"<\x01\x02\x03".to_vec()),
            (&["zstd"], vec![0x28, 0xb5, 0x2f, 0xfd, 4, 0, 1]),
        ] {
            assert!(matches!(read(lines, raw), Err(CodingError::Broken(_))), "{lines:?}");
        }
    }

    #[test]
    fn what_comes_out_is_bounded() {
        let zeros = vec![b'a'; 50_000_000];
        let bombs =
            [("gzip", gzip(&zeros)), ("deflate", zlib(&zeros)), ("deflate", deflate(&zeros)), ("br", brotli(&zeros))];
        for (name, bomb) in bombs {
            assert_eq!(read(&[name], bomb.clone()), Err(CodingError::TooLarge), "{name}");
            let cut = undo(bomb, &declared(&headers(&[name])), Bounds { is_cut: true, ..BOUNDS }).unwrap();
            assert_eq!(cut.len(), BOUNDS.bytes_max, "{name}");
        }
        let bomb = gzip(&zeros);
        assert_eq!(read(&[], bomb.clone()), Err(CodingError::TooLarge));
        assert_eq!(read(&["gzip"], gzip(&bomb)), Err(CodingError::TooLarge));
        // A feed's reader unpacks files itself, to a limit of its own.
        let file = gzip(&zeros[..200_000]);
        assert_eq!(undo(file.clone(), &[], Bounds { keeps_files: true, ..BOUNDS }), Ok(file));
        let exact = vec![b'a'; BOUNDS.bytes_max];
        assert_eq!(read(&["gzip"], gzip(&exact)), Ok(exact.clone()));
        assert_eq!(read(&["br"], brotli(&exact)), Ok(exact));
        // Layers without end, and members without content.
        let onion = (0..10).fold(gzip(b"core"), |onion, _| gzip(&onion));
        assert!(read(&["gzip"], onion).unwrap().starts_with(&GZIP_MAGIC));
        let members = gzip(b"").repeat(100_000);
        assert_eq!(read(&["gzip"], members), Ok(Vec::new()));
    }
}
