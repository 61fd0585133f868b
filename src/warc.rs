//! Web archives (WARC, ISO 28500) to records: packed, a gzip member each or several in one, or plain.
//!
//! One record is in memory at a time, and of those that nobody wants not even that. What is damaged costs itself: reading
//! goes on where the next record begins.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Take};

use flate2::bufread::GzDecoder;
use memchr::memmem;

/// Bytes of a record's head. Real ones have about 500; addresses and the digests of their blocks are in them.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Bytes of a block that is wanted. Pages that are larger are no articles.
pub const BLOCK_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// How much is looked through at once for the next record.
const WINDOW_BYTES: usize = 64 * 1024;

/// How a record begins.
const RECORD_MAGIC: &[u8] = b"WARC/";

/// The first bytes of gzip with deflate, which is the only kind (RFC 1952, section 2.3.1).
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b, 8];

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarcRecord {
    /// Where it begins in the file: the gzip member, where it is in one.
    pub offset: u64,
    /// `WARC-Type`, in small letters: `response`, `request`, `revisit` and others.
    pub kind: String,
    /// `WARC-Target-URI`, without the pointed brackets that the first version of the format had around it.
    pub target: Option<String>,
    /// `WARC-Date`, verbatim.
    pub date: Option<String>,
    /// `Content-Type` of the block, verbatim.
    pub content_type: Option<String>,
    /// `WARC-Truncated`: why the block is not the whole one.
    pub truncated: Option<String>,
    /// The block, where it is wanted.
    pub block: Vec<u8>,
}

/// A record that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct WarcFault {
    /// Where it begins in the file.
    pub offset: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// Reads the records of an archive one after the other.
#[derive(Debug)]
pub struct WarcReader<R> {
    stream: Stream<R>,
    /// Where the present record begins: for what is packed, its member.
    offset: u64,
}

#[derive(Debug)]
enum Stream<R> {
    Plain(Counted<R>),
    Gzip(Box<BufReader<GzDecoder<Counted<R>>>>),
    /// Nothing more can be read.
    Ended,
}

impl<R: BufRead + Seek> WarcReader<R> {
    /// A reader from the start of a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn new(mut inner: R) -> io::Result<WarcReader<R>> {
        inner.rewind()?;
        let is_packed = inner.fill_buf()?.starts_with(&GZIP_MAGIC[..2]);
        let counted = Counted { inner, position: 0 };
        let stream = if is_packed { Stream::packed(counted) } else { Stream::Plain(counted) };
        Ok(WarcReader { stream, offset: 0 })
    }

    /// Bytes of the file that were read so far.
    #[must_use]
    pub fn position(&self) -> u64 {
        match &self.stream {
            Stream::Plain(counted) => counted.position,
            Stream::Gzip(member) => member.get_ref().get_ref().position,
            Stream::Ended => self.offset,
        }
    }

    /// The next record, with its block if it `is_wanted`; nothing at the end. After one that cannot be read, the next one
    /// is looked for.
    pub fn next(&mut self, is_wanted: impl Fn(&WarcRecord) -> bool) -> Option<Result<WarcRecord, WarcFault>> {
        match self.enter().and_then(|is_there| if is_there { self.record(is_wanted).map(Some) } else { Ok(None) }) {
            Ok(record) => record.map(Ok),
            Err(error) => {
                let fault = WarcFault { offset: self.offset, reason: told(&error) };
                let goes_on = match error.kind() {
                    ErrorKind::FileTooLarge => true,
                    ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof => {
                        self.find_next().is_ok()
                    }
                    _ => false,
                };
                if !goes_on {
                    self.stream = Stream::Ended;
                }
                Some(Err(fault))
            }
        }
    }

    /// Goes to the start of the next record; whether there is one.
    fn enter(&mut self) -> io::Result<bool> {
        loop {
            if self.skip_line_ends()? {
                if let Stream::Plain(counted) = &self.stream {
                    self.offset = counted.position;
                }
                return Ok(true);
            }
            // A member has ended, or the file.
            let Stream::Gzip(member) = std::mem::replace(&mut self.stream, Stream::Ended) else { return Ok(false) };
            let mut counted = member.into_inner().into_inner();
            self.offset = counted.position;
            if counted.fill_buf()?.is_empty() {
                return Ok(false);
            }
            self.stream = Stream::packed(counted);
        }
    }

    /// Passes over the line ends between records; whether anything follows in the file, or in the member.
    fn skip_line_ends(&mut self) -> io::Result<bool> {
        loop {
            let buffer = self.stream.fill_buf()?;
            let n_line_ends = buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if n_line_ends == 0 {
                return Ok(!buffer.is_empty());
            }
            self.stream.consume(n_line_ends);
        }
    }

    fn record(&mut self, is_wanted: impl Fn(&WarcRecord) -> bool) -> io::Result<WarcRecord> {
        let (mut record, length) = self.head()?;
        if is_wanted(&record) {
            if length > BLOCK_BYTES_MAX {
                self.pass_over(length)?;
                let reason = format!("its block has {length} bytes, more than a page can have");
                return Err(io::Error::new(ErrorKind::FileTooLarge, reason));
            }
            let n_read = Read::take(&mut self.stream, length).read_to_end(&mut record.block)? as u64;
            if n_read < length {
                return Err(cut_short(n_read, length));
            }
        } else {
            self.pass_over(length)?;
        }
        // The sum of a member stands at its end, and says whether what was read is what was written.
        if matches!(self.stream, Stream::Gzip(_)) && self.skip_line_ends()? {
            let rest = self.stream.fill_buf()?;
            let n_bytes = rest.len().min(RECORD_MAGIC.len());
            if rest[..n_bytes] != RECORD_MAGIC[..n_bytes] {
                return Err(damaged("it is longer than it says"));
            }
        }
        Ok(record)
    }

    fn pass_over(&mut self, length: u64) -> io::Result<()> {
        let n_read = io::copy(&mut Read::take(&mut self.stream, length), &mut io::sink())?;
        if n_read < length { Err(cut_short(n_read, length)) } else { Ok(()) }
    }

    /// Reads the head of a record, and the length of its block.
    fn head(&mut self) -> io::Result<(WarcRecord, u64)> {
        let mut head = Read::take(&mut self.stream, HEAD_BYTES_MAX as u64);
        if !line_of(&mut head)?.starts_with(RECORD_MAGIC) {
            return Err(damaged("no record begins here"));
        }
        let mut record = WarcRecord {
            offset: self.offset,
            kind: String::new(),
            target: None,
            date: None,
            content_type: None,
            truncated: None,
            block: Vec::new(),
        };
        let mut length = None;
        loop {
            let line = line_of(&mut head)?;
            if line.is_empty() {
                break;
            }
            let text = String::from_utf8_lossy(&line);
            // What is folded belongs to a field that is none of these.
            let Some((name, value)) = text.split_once(':') else { continue };
            let value = value.trim();
            match name.trim_end().to_ascii_lowercase().as_str() {
                "warc-type" => record.kind = value.to_ascii_lowercase(),
                "warc-target-uri" => {
                    let bare = value.strip_prefix('<').and_then(|bare| bare.strip_suffix('>'));
                    record.target = Some(bare.unwrap_or(value).to_owned());
                }
                "warc-date" => record.date = Some(value.to_owned()),
                "warc-truncated" => record.truncated = Some(value.to_owned()),
                "content-type" => record.content_type = Some(value.to_owned()),
                "content-length" => length = value.parse().ok(),
                _ => {}
            }
        }
        let length = length.ok_or_else(|| damaged("it does not say how long it is"))?;
        Ok((record, length))
    }

    /// Looks for the next record behind the start of a damaged one.
    fn find_next(&mut self) -> io::Result<()> {
        let (mut counted, is_packed) = match std::mem::replace(&mut self.stream, Stream::Ended) {
            Stream::Plain(counted) => (counted, false),
            Stream::Gzip(member) => (member.into_inner().into_inner(), true),
            Stream::Ended => return Ok(()),
        };
        let mut from = self.offset + 1;
        let wanted = if is_packed { GZIP_MAGIC } else { b"\nWARC/" };
        while let Some(found) = find_from(&mut counted.inner, from, wanted)? {
            let start = if is_packed { found } else { found + 1 };
            counted.inner.seek(SeekFrom::Start(start))?;
            counted.position = start;
            if !is_packed {
                self.stream = Stream::Plain(counted);
                return Ok(());
            }
            // Packed bytes may look like the start of a member; what is in it tells.
            let mut beginning = [0; RECORD_MAGIC.len()];
            let is_member = GzDecoder::new(&mut counted.inner).read_exact(&mut beginning).is_ok();
            if is_member && beginning == RECORD_MAGIC {
                counted.inner.seek(SeekFrom::Start(start))?;
                self.offset = start;
                self.stream = Stream::packed(counted);
                return Ok(());
            }
            from = found + 1;
        }
        Ok(())
    }
}

/// Where bytes are found in a file, from a place on.
fn find_from<R: Read + Seek>(file: &mut R, from: u64, wanted: &[u8]) -> io::Result<Option<u64>> {
    let mut window = Vec::with_capacity(WINDOW_BYTES);
    let mut start = from;
    loop {
        file.seek(SeekFrom::Start(start))?;
        window.clear();
        file.by_ref().take(WINDOW_BYTES as u64).read_to_end(&mut window)?;
        if let Some(position) = memmem::find(&window, wanted) {
            return Ok(Some(start + position as u64));
        }
        if window.len() < WINDOW_BYTES {
            return Ok(None);
        }
        // What is wanted may begin at the end of the window.
        start += (window.len() + 1 - wanted.len()) as u64;
    }
}

/// A line without its end. The limit of the head is not to be reached.
fn line_of<R: BufRead>(head: &mut Take<R>) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    head.read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        let reason = if head.limit() == 0 { "its head is larger than 64 KiB" } else { "the file ends in its head" };
        return Err(damaged(reason));
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(line)
}

fn damaged(reason: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, reason.to_owned())
}

fn cut_short(n_read: u64, length: u64) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("cut short: {n_read} of {length} bytes are there"))
}

fn told(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "cut short: its gzip member has no end".to_owned(),
        ErrorKind::InvalidInput => format!("its gzip member is damaged: {error}"),
        _ => error.to_string(),
    }
}

impl<R: BufRead> Stream<R> {
    fn packed(counted: Counted<R>) -> Stream<R> {
        Stream::Gzip(Box::new(BufReader::new(GzDecoder::new(counted))))
    }
}

impl<R: BufRead> Read for Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(counted) => counted.read(buffer),
            Stream::Gzip(member) => member.read(buffer),
            Stream::Ended => Ok(0),
        }
    }
}

impl<R: BufRead> BufRead for Stream<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Stream::Plain(counted) => counted.fill_buf(),
            Stream::Gzip(member) => member.fill_buf(),
            Stream::Ended => Ok(&[]),
        }
    }

    fn consume(&mut self, n_bytes: usize) {
        match self {
            Stream::Plain(counted) => counted.consume(n_bytes),
            Stream::Gzip(member) => member.consume(n_bytes),
            Stream::Ended => {}
        }
    }
}

/// A file, and how far it was read.
#[derive(Debug)]
struct Counted<R> {
    inner: R,
    position: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.inner.read(buffer)?;
        self.position += n_read as u64;
        Ok(n_read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, n_bytes: usize) {
        self.position += n_bytes as u64;
        self.inner.consume(n_bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn record(kind: &str, target: &str, block: &str) -> Vec<u8> {
        let length = block.len();
        format!(
            "WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {target}\r\nWARC-Date: 2026-11-20T08:00:00Z\r\n\
             Content-Type: application/http; msgtype=response\r\nContent-Length: {length}\r\n\r\n{block}\r\n\r\n"
        )
        .into_bytes()
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// What is read: target and block of each record, or offset and reason of each fault.
    fn read(bytes: &[u8]) -> Vec<Result<(String, String), (u64, String)>> {
        let mut reader = WarcReader::new(Cursor::new(bytes)).unwrap();
        let mut all = Vec::new();
        while let Some(read) = reader.next(|record| record.kind == "response") {
            all.push(match read {
                Ok(record) => {
                    Ok((record.target.unwrap_or_default(), String::from_utf8_lossy(&record.block).into_owned()))
                }
                Err(fault) => Err((fault.offset, fault.reason)),
            });
        }
        all
    }

    fn found(target: &str, block: &str) -> (String, String) {
        (target.to_owned(), block.to_owned())
    }

    #[test]
    fn records_are_read_plain_packed_one_by_one_and_packed_together() {
        let records = [
            record("response", "<http://a.example/>", "one"),
            record("request", "b", "x"),
            record("response", "c", ""),
        ];
        let expected = vec![Ok(found("http://a.example/", "one")), Ok(found("b", "")), Ok(found("c", ""))];
        assert_eq!(read(&records.concat()), expected);
        assert_eq!(read(&records.iter().flat_map(|record| packed(record)).collect::<Vec<_>>()), expected);
        assert_eq!(read(&packed(&records.concat())), expected);
        assert_eq!(read(b""), Vec::new());
    }

    #[test]
    fn a_damaged_record_costs_itself_and_is_named_with_its_offset() {
        let records = ["a", "b", "c"].map(|name| record("response", name, "what it says"));
        let n_bytes = records[0].len() as u64;
        let mut plain = records.clone();
        plain[1] = String::from_utf8_lossy(&plain[1]).replace("Content-Length", "Content-Size").into_bytes();
        let read_plain = read(&plain.concat());
        let no_length = Err((n_bytes, "it does not say how long it is".to_owned()));
        assert_eq!(read_plain, [Ok(found("a", "what it says")), no_length, Ok(found("c", "what it says"))]);

        let mut members = records.clone().map(|record| packed(&record));
        let n_bytes = members[0].len() as u64;
        let middle = members[1].len() / 2;
        members[1][middle] ^= 0x55;
        let read_packed = read(&members.concat());
        assert_eq!(read_packed.len(), 3, "{read_packed:?}");
        assert_eq!(
            (&read_packed[0], &read_packed[2]),
            (&Ok(found("a", "what it says")), &Ok(found("c", "what it says")))
        );
        assert_eq!(read_packed[1].as_ref().unwrap_err().0, n_bytes);

        // A member whose sum is another, and one that breaks off.
        let mut members = records.clone().map(|record| packed(&record));
        let sum_at = members[0].len() - 8;
        members[0][sum_at] ^= 1;
        let half = members[2].len() / 2;
        members[2].truncate(half);
        let all = members.concat();
        let read_cut = read(&all);
        assert_eq!(read_cut.len(), 3, "{read_cut:?}");
        assert_eq!(read_cut[0].as_ref().unwrap_err().0, 0);
        assert_eq!(read_cut[1], Ok(found("b", "what it says")));
        assert_eq!(read_cut[2].as_ref().unwrap_err().0, (all.len() - half) as u64);

        let whole = records.concat();
        let cut = read(&whole[..whole.len() - 10]);
        assert_eq!(cut[2], Err(((2 * records[0].len()) as u64, "cut short: 6 of 12 bytes are there".to_owned())));
        assert_eq!(read(b"no archive at all"), [Err((0, "the file ends in its head".to_owned()))]);
    }

    #[test]
    fn what_is_too_large_is_passed_over() {
        let head = format!("WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {}\r\n\r\n", BLOCK_BYTES_MAX + 1);
        let block = vec![b'x'; usize::try_from(BLOCK_BYTES_MAX).unwrap() + 1];
        let all = [head.as_bytes(), &block, b"\r\n\r\n", &record("response", "a", "one")].concat();
        let read = read(&all);
        assert!(read[0].as_ref().unwrap_err().1.contains("more than a page can have"), "{:?}", read[0]);
        assert_eq!(read[1..], [Ok(found("a", "one"))]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_their_end(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6),
            is_packed in any::<bool>(),
            cut in any::<proptest::sample::Index>(),
        ) {
            let good = record("response", "a", "one");
            let pieces = pieces.iter().flat_map(|piece| [piece.clone(), good.clone()]);
            let mut all: Vec<u8> =
                pieces.flat_map(|piece| if is_packed { packed(&piece) } else { piece }).collect();
            all.truncate(cut.index(all.len() + 1));
            let read = read(&all);
            prop_assert!(read.len() <= 2 * all.len() + 1);
        }
    }
}
