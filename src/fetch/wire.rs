//! Answers in HTTP/1 as they come over the wire, written anew so that a strict reader takes them. Pure.
//!
//! What is read is what curl reads, and what browsers read of lengths: lines end with LF and whatever CRs stand around it,
//! another CR in a value is a blank, a length that is no number does not count, `chunked` counts wherever it stands. A line
//! that cannot be read costs nothing but itself. Where a body does not add up it is refused. Of lengths that differ, whose
//! first or last clients take as they like, the body itself tells which is right: it ends where the connection does.

use memchr::{memchr, memmem};

/// Bytes of heads that an answer may have, the interim ones and the trailer included: about what the client takes, less would
/// lose what it reads. curl takes 300 KB.
const HEAD_BYTES_MAX: usize = 384 * 1024;

/// Header lines that are passed on; what comes after them is left out. The library's map of headers has an end at 32 768.
pub(super) const FIELDS_MAX: usize = 10_000;

/// The line before a chunk: a number, and extensions that nobody uses.
const CHUNK_LINE_BYTES_MAX: usize = 8 * 1024;

/// Headers that say how the body is framed, which is undone here, or that are between us and the next hop.
const FRAMING: [&[u8]; 6] =
    [b"content-length", b"transfer-encoding", b"connection", b"keep-alive", b"proxy-connection", b"upgrade"];

/// An answer that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Its head is none.
    #[error("{0}")]
    Head(&'static str),
    /// Its body is not framed as its head says.
    #[error("{0}")]
    Body(&'static str),
}

/// Reads one answer piece by piece and writes it anew: a head without a framing, then the body, which ends where
/// [`AnswerRewriter::is_complete`] says so.
#[derive(Debug, Default)]
pub struct AnswerRewriter {
    part: Part,
    /// The line that has not ended yet.
    line: Vec<u8>,
    head: Head,
    /// Bytes of all heads and the trailer so far.
    n_head_bytes: usize,
}

/// What comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Head,
    /// A body of this many bytes more.
    Length(u64),
    /// A body that ends with the connection, or at the longest of several lengths.
    Lengths {
        n_taken: u64,
        shortest: u64,
        longest: u64,
    },
    /// A body that ends with the connection.
    Close,
    ChunkSize,
    /// Bytes of a chunk.
    Chunk(u64),
    ChunkEnd,
    Trailer,
    Complete,
}

/// A head, line by line.
#[derive(Debug, Default)]
struct Head {
    status: Option<u16>,
    /// Names and values.
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    /// Whether the last line was one to pass on, so that what is folded belongs to it.
    is_last_kept: bool,
    is_chunked: bool,
    /// The shortest and the longest length that it tells.
    lengths: Option<(u64, u64)>,
}

impl AnswerRewriter {
    /// Takes the next bytes and appends what is to be passed on.
    ///
    /// # Errors
    ///
    /// What makes the answer unreadable. Nothing can be taken after that.
    pub fn take(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Unreadable> {
        while !bytes.is_empty() {
            bytes = match self.part {
                Part::Complete => return Ok(()),
                Part::Close => {
                    out.extend_from_slice(bytes);
                    return Ok(());
                }
                Part::Lengths { n_taken, shortest, longest } => {
                    let n_more = usize::try_from(longest - n_taken).unwrap_or(usize::MAX).min(bytes.len());
                    out.extend_from_slice(&bytes[..n_more]);
                    let n_taken = n_taken + n_more as u64;
                    let is_all = n_taken == longest;
                    self.part = if is_all { Part::Complete } else { Part::Lengths { n_taken, shortest, longest } };
                    &bytes[n_more..]
                }
                Part::Length(left) | Part::Chunk(left) => {
                    let n_taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    out.extend_from_slice(&bytes[..n_taken]);
                    let left = left - n_taken as u64;
                    self.part = match self.part {
                        Part::Length(_) if left == 0 => Part::Complete,
                        Part::Length(_) => Part::Length(left),
                        _ if left == 0 => Part::ChunkEnd,
                        _ => Part::Chunk(left),
                    };
                    &bytes[n_taken..]
                }
                Part::Head | Part::ChunkSize | Part::ChunkEnd | Part::Trailer => self.take_line(bytes, out)?,
            };
        }
        Ok(())
    }

    /// Whether the answer has come to its end: what follows is not part of it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.part == Part::Complete
    }

    /// Whether the answer may have come to its end, which only more of it would disprove: it has one of the lengths that it
    /// tells.
    #[must_use]
    pub fn may_be_complete(&self) -> bool {
        matches!(self.part, Part::Lengths { n_taken, shortest, .. } if n_taken == shortest)
    }

    /// Takes the end of the connection. Within the head it is no fault of the answer: there is none.
    ///
    /// # Errors
    ///
    /// Where it comes within the first line, or before the body has ended.
    pub fn end(&self) -> Result<(), Unreadable> {
        match self.part {
            Part::Head if self.head.status.is_none() && !self.line.is_empty() => {
                Err(Unreadable::Head("its first line has no end"))
            }
            Part::Head | Part::Close | Part::Complete => Ok(()),
            Part::Lengths { n_taken, shortest, .. } if n_taken >= shortest => Ok(()),
            Part::Length(_) | Part::Lengths { .. } => {
                Err(Unreadable::Body("the connection ended before the length that was announced"))
            }
            Part::ChunkSize | Part::Chunk(_) | Part::ChunkEnd | Part::Trailer => {
                Err(Unreadable::Body("the connection ended before the last chunk"))
            }
        }
    }

    /// Takes the bytes up to the end of the line, and the line where it has ended. Returns the bytes that are left.
    fn take_line<'a>(&mut self, bytes: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], Unreadable> {
        let line_end = memchr(b'\n', bytes);
        let (taken, left) = bytes.split_at(line_end.map_or(bytes.len(), |position| position + 1));
        self.line.extend_from_slice(taken);
        if matches!(self.part, Part::Head | Part::Trailer) {
            self.n_head_bytes += taken.len();
            if self.n_head_bytes > HEAD_BYTES_MAX {
                return Err(Unreadable::Head("its head is larger than 384 KiB"));
            }
        } else if self.line.len() > CHUNK_LINE_BYTES_MAX {
            return Err(Unreadable::Body("the line before a chunk has no end"));
        }
        if line_end.is_some() {
            let line = std::mem::take(&mut self.line);
            let line = without_line_end(&line);
            self.part = match self.part {
                Part::Head => self.head_line(line, out)?,
                Part::ChunkSize => match chunk_size(line)? {
                    0 => Part::Trailer,
                    size => Part::Chunk(size),
                },
                Part::ChunkEnd if line.is_empty() => Part::ChunkSize,
                Part::ChunkEnd => return Err(Unreadable::Body("a chunk is longer than it says")),
                Part::Trailer if line.is_empty() => Part::Complete,
                part => part,
            };
        }
        Ok(left)
    }

    /// Takes a line of the head and says what comes next.
    fn head_line(&mut self, line: &[u8], out: &mut Vec<u8>) -> Result<Part, Unreadable> {
        let Some(status) = self.head.status else {
            if !line.is_empty() {
                self.head.status = Some(status_of(line)?);
            }
            return Ok(Part::Head);
        };
        if !line.is_empty() {
            self.head.take(line);
            return Ok(Part::Head);
        }
        let head = std::mem::take(&mut self.head);
        if status < 200 {
            return Ok(Part::Head);
        }
        head.write(status, out);
        Ok(match head.lengths {
            _ if matches!(status, 204 | 304) => Part::Complete,
            _ if head.is_chunked => Part::ChunkSize,
            Some((_, 0)) => Part::Complete,
            Some((shortest, longest)) if shortest < longest => Part::Lengths { n_taken: 0, shortest, longest },
            Some((_, length)) => Part::Length(length),
            None => Part::Close,
        })
    }
}

impl Head {
    /// Takes a line that is neither the first nor empty.
    fn take(&mut self, line: &[u8]) {
        if matches!(line[0], b' ' | b'\t') {
            if let Some((_, value)) = self.fields.last_mut().filter(|_| self.is_last_kept) {
                let folded = blanks_for_carriage_returns(line);
                self.is_last_kept = is_value(&folded);
                if self.is_last_kept {
                    value.push(b' ');
                    value.extend_from_slice(folded.trim_ascii());
                }
            }
            return;
        }
        self.is_last_kept = false;
        let Some(colon) = memchr(b':', line) else { return };
        let name = line[..colon].trim_ascii_end().to_ascii_lowercase();
        let value = blanks_for_carriage_returns(&line[colon + 1..]).trim_ascii().to_vec();
        if !is_name(&name) || !is_value(&value) {
            return;
        }
        match name.as_slice() {
            b"transfer-encoding" => self.is_chunked |= value.split(|byte| *byte == b',').any(is_chunked),
            b"content-length" => {
                for length in value.split(|byte| *byte == b',').filter_map(|value| length_of(value.trim_ascii())) {
                    let (shortest, longest) = self.lengths.unwrap_or((length, length));
                    self.lengths = Some((shortest.min(length), longest.max(length)));
                }
            }
            name if FRAMING.contains(&name) => {}
            _ if self.fields.len() == FIELDS_MAX => {}
            _ => {
                self.fields.push((name, value));
                self.is_last_kept = true;
            }
        }
    }

    fn write(&self, status: u16, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("HTTP/1.1 {status}\r\n").as_bytes());
        for (name, value) in &self.fields {
            for part in [name.as_slice(), b": ", value, b"\r\n"] {
                out.extend_from_slice(part);
            }
        }
        out.extend_from_slice(b"Connection: close\r\n\r\n");
    }
}

/// The status that a line tells: `HTTP/` in any case, a version that was ever written so, blanks, and three digits.
fn status_of(line: &[u8]) -> Result<u16, Unreadable> {
    let is_http = line.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"http/"));
    let versions: [&[u8]; 4] = [b"1.0", b"1.1", b"2.0", b"2"];
    let rest = versions.into_iter().find_map(|version| line.get(5..)?.strip_prefix(version)).filter(|_| is_http);
    let rest = rest.ok_or(Unreadable::Head("it does not begin with a version of HTTP"))?;
    let code = rest.trim_ascii_start();
    let n_digits = code.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // With lines that end in CR alone the body would be taken for the head.
    let is_status =
        code.len() < rest.len() && n_digits == 3 && code[0] != b'0' && memmem::find(code, b"\r\r").is_none();
    if !is_status {
        return Err(Unreadable::Head("its first line has no status"));
    }
    Ok(code[..3].iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0')))
}

/// The number that a length begins with. One without, and one beyond all numbers, says nothing.
fn length_of(value: &[u8]) -> Option<u64> {
    let digits = value.strip_prefix(b"+").unwrap_or(value);
    let n_digits = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let length: i64 = std::str::from_utf8(&digits[..n_digits]).ok()?.parse().ok()?;
    u64::try_from(length).ok()
}

/// The size before a chunk: hexadecimal digits, and what stands behind them counts for nothing.
fn chunk_size(line: &[u8]) -> Result<u64, Unreadable> {
    let n_digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let behind = line.get(n_digits).copied().unwrap_or(b';');
    let size = std::str::from_utf8(&line[..n_digits]).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok());
    size.filter(|_| matches!(behind, b';' | b' ' | b'\t')).ok_or(Unreadable::Body("a chunk does not tell its size"))
}

/// Whether this coding is the framing in chunks.
pub(super) fn is_chunked(coding: &[u8]) -> bool {
    coding.trim_ascii().eq_ignore_ascii_case(b"chunked")
}

/// A line without its end, and without other CRs around it.
fn without_line_end(line: &[u8]) -> &[u8] {
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let start = line.iter().take_while(|byte| is_end(byte)).count();
    let end = line.len() - line[start..].iter().rev().take_while(|byte| is_end(byte)).count();
    &line[start..end]
}

/// What RFC 9112, section 2.2, has done with a CR by itself.
fn blanks_for_carriage_returns(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| if *byte == b'\r' { b' ' } else { *byte }).collect()
}

fn is_name(name: &[u8]) -> bool {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(is_token)
}

fn is_value(value: &[u8]) -> bool {
    value.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is passed on of an answer that comes in pieces of this size, and the error that ended it.
    fn rewritten(answer: &[u8], piece_bytes: usize) -> (Vec<u8>, Option<Unreadable>) {
        let (mut rewriter, mut out) = (AnswerRewriter::default(), Vec::new());
        for piece in answer.chunks(piece_bytes) {
            if let Err(error) = rewriter.take(piece, &mut out) {
                return (out, Some(error));
            }
        }
        (out, rewriter.end().err())
    }

    /// What is passed on of an answer with this head, without line ends, and this body.
    fn read(head: &[&str], body: &str) -> Result<String, Unreadable> {
        let answer = format!("{}\r\n\r\n{body}", head.join("\r\n"));
        match rewritten(answer.as_bytes(), answer.len()) {
            (out, None) => Ok(String::from_utf8(out).unwrap()),
            (_, Some(error)) => Err(error),
        }
    }

    #[test]
    fn a_status_line_is_read_as_curl_reads_it() {
        let status = |line: &str| {
            let read = read(&[line, "Content-Length: 0"], "").ok()?;
            read.strip_prefix("HTTP/1.1 ")?.split("\r\n").next()?.parse::<u16>().ok()
        };
        for line in [
            "HTTP/1.1 200 OK",
            "HTTP/1.0 200",
            "http/1.1 200 OK",
            "Http/1.1 200 ",
            "HTTP/1.1   200  OK",
            "HTTP/1.1\t200\tOK",
            "HTTP/1.1 200OK",
            "HTTP/1.1 200-OK",
            "HTTP/2 200",
            "HTTP/2.0 200 OK",
            "HTTP/1.1 200 O\rK",
            "HTTP/1.1 200 OK\r",
            "\r\n\r\nHTTP/1.1 200 OK",
        ] {
            assert_eq!(status(line), Some(200), "{line:?}");
        }
        assert_eq!(status("http/1.1 302 Found"), Some(302));
        for line in [
            "HTTP/1.1200 OK",
            "HTTP/1.1 20 OK",
            "HTTP/1.1 2000 OK",
            "HTTP/1.1 099 OK",
            "HTTP/1.1 -200 OK",
            "HTTP/1.10 200 OK",
            "HTTP/1 200 OK",
            "HTTP/3 200 OK",
            "HTTP 200 OK",
            "ICY 200 OK",
            "Status: 200 OK",
            "\u{feff}HTTP/1.1 200 OK",
            "<br />",
            // All lines of it end with CR alone: its page would be its head.
            "HTTP/1.1 200 OK\rContent-Type: text/html\r\r<html>",
        ] {
            assert_eq!(status(line), None, "{line:?}");
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_costs_nothing_but_itself() {
        let fields = |line: &str| {
            let read = read(&["HTTP/1.1 200 OK", "A: 1", line, "B: 2"], "body").unwrap();
            let fields = read.strip_prefix("HTTP/1.1 200\r\na: 1\r\n").unwrap();
            fields
                .strip_suffix("b: 2\r\nConnection: close\r\n\r\nbody")
                .unwrap_or_else(|| panic!("{read:?}"))
                .to_owned()
        };
        for line in [
            "nonsense",
            ": value",
            ":",
            "X Y: z",
            "X\rY: z",
            "Größe: 7",
            "X: a\u{0}b",
            "X\u{0}: a",
            "\u{0}",
            "X: \u{1}",
        ] {
            assert_eq!(fields(line), "", "{line:?}");
            assert_eq!(fields(&format!("{line}\r\n  and more")), "", "{line:?}");
        }
        for (line, field) in [
            ("X: a\rb", "x: a b\r\n"),
            ("X: a\r", "x: a\r\n"),
            ("\rX: a", "x: a\r\n"),
            ("X: a\rY: b", "x: a Y: b\r\n"),
            ("X \t:  a ", "x: a\r\n"),
            ("X:", "x: \r\n"),
            ("X: a\r\n  b\r\n\tc", "x: a b c\r\n"),
            ("X: é", "x: é\r\n"),
            ("Keep-Alive: timeout=5", ""),
        ] {
            assert_eq!(fields(line), field, "{line:?}");
        }
    }

    #[test]
    fn lines_end_with_lf_and_whatever_stands_around_it() {
        let head = "HTTP/1.1 200 OK\r\nA: 1\r\n\r\n";
        for line_end in ["\r\n", "\n", "\r\r\n"] {
            let answer = head.replace("\r\n", line_end) + "body";
            let (out, error) = rewritten(answer.as_bytes(), 7);
            assert_eq!(error, None);
            assert_eq!(out, b"HTTP/1.1 200\r\na: 1\r\nConnection: close\r\n\r\nbody", "{line_end:?}");
        }
    }

    /// The body under these lines, when it is followed by something else.
    fn body_under(lines: &[&str], body: &str) -> Result<String, Unreadable> {
        let head: Vec<&str> = ["HTTP/1.1 200 OK"].iter().chain(lines).copied().collect();
        read(&head, body).map(|read| read.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    #[test]
    fn a_length_is_a_number_and_one_that_the_body_has() {
        for (lines, body) in [
            (["Content-Length: 4", "A: 1"], "body"),
            (["Content-Length: 4", "Content-Length: 4"], "body"),
            (["Content-Length: 4, 4", "A: 1"], "body"),
            (["Content-Length: 13", "Content-Length: 4"], "body and more"),
            (["Content-Length: 4", "Content-Length: 13"], "body and more"),
            (["Content-Length: 0, 13", "A: 1"], "body and more"),
            // It ends with the connection though no length says so, and at the last that one does.
            (["Content-Length: 4", "Content-Length: 99"], "body and more"),
            (["Content-Length: 4, 8", "A: 1"], "body and"),
            (["Content-Length: +4", "A: 1"], "body"),
            (["Content-Length: 4 bytes", "A: 1"], "body"),
            (["Content-Length: 0004", "A: 1"], "body"),
            (["Content-Length: 4", "Content-Length:"], "body"),
            (["Content-Length: all", "Content-Length: 4"], "body"),
            (["Content-Length: 0", "A: 1"], ""),
            (["Content-Length:", "A: 1"], "body and more"),
            (["Content-Length: -4", "A: 1"], "body and more"),
            (["Content-Length: all", "A: 1"], "body and more"),
            (["Content-Length: 18446744073709551615", "A: 1"], "body and more"),
        ] {
            assert_eq!(body_under(&lines, "body and more").as_deref(), Ok(body), "{lines:?}");
        }
        for lines in [["Content-Length: 9", "A: 1"], ["Content-Length: 9", "Content-Length: 5"]] {
            assert!(matches!(body_under(&lines, "body"), Err(Unreadable::Body(_))), "{lines:?}");
        }
        assert_eq!(body_under(&["Content-Length: 9", "Content-Length: 4"], "body").as_deref(), Ok("body"));
        for status in ["204", "304"] {
            let read = read(&[&format!("HTTP/1.1 {status} None"), "Content-Length: 4"], "body").unwrap();
            assert_eq!(read, format!("HTTP/1.1 {status}\r\nConnection: close\r\n\r\n"));
        }
    }

    #[test]
    fn chunks_are_put_together_wherever_they_are_told() {
        let chunks = "4\r\nbody\r\n8;a=b\r\n and mor\r\n0001 \r\ne\r\n0\r\nTrailer: x\r\n\r\nanother";
        for lines in [
            ["Transfer-Encoding: chunked", "A: 1"],
            ["Transfer-Encoding: Chunked, identity", "A: 1"],
            ["Transfer-Encoding: identity,chunked", "A: 1"],
            ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
            ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
            ["Transfer-Encoding: chunked", "Content-Length: 7"],
            ["Content-Length: all", "Transfer-Encoding: chunked"],
        ] {
            assert_eq!(body_under(&lines, chunks).as_deref(), Ok("body and more"), "{lines:?}");
        }
        let of = |chunks: &str| body_under(&["Transfer-Encoding: chunked"], chunks);
        assert_eq!(of("4\nbody\n0\n\n").as_deref(), Ok("body"));
        for broken in [
            "",
            "4\r\nbo",
            "4\r\nbody\r\n",
            "4\r\nbody\r\n0\r\n",
            "<html>\r\n",
            "0x4\r\nbody\r\n0\r\n\r\n",
            "-4\r\nbody\r\n0\r\n\r\n",
            "\r\nbody",
            "3\r\nbody\r\n0\r\n\r\n",
            "4\r\nbody0\r\n\r\n",
            "ffffffffffffffffff\r\nbody",
        ] {
            assert!(matches!(of(broken), Err(Unreadable::Body(_))), "{broken:?}");
        }
    }

    #[test]
    fn interim_heads_are_passed_over() {
        let early =
            ["HTTP/1.1 103 Early Hints", "Link: </a.css>", "", "http/1.1 100 Con\rtinue", "Content-Length: 9", ""];
        let head = early.into_iter().chain(["HTTP/1.1 200 OK", "A: 1"]).collect::<Vec<_>>();
        assert_eq!(read(&head, "body").unwrap(), "HTTP/1.1 200\r\na: 1\r\nConnection: close\r\n\r\nbody");
    }

    #[test]
    fn a_head_and_what_frames_chunks_are_bounded() {
        let endless = |start: &str, line: &str| {
            let (mut rewriter, mut out) = (AnswerRewriter::default(), Vec::new());
            rewriter.take(start.as_bytes(), &mut out).unwrap();
            let n_lines = (0..1_000_000).find(|_| rewriter.take(line.as_bytes(), &mut out).is_err());
            (n_lines.unwrap() * line.len(), out.len())
        };
        for line in ["X: a\r\n", "X", "\r\n", "HTTP/1.1 103 Early\r\n\r\n"] {
            let (n_read, n_written) = endless(if line == "\r\n" { "" } else { "HTTP/1.1 103 Early\r\n" }, line);
            assert!(n_read <= HEAD_BYTES_MAX && n_written == 0, "{line:?}: {n_read}, {n_written}");
        }
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        for start in ["", "1;", "1\r\na"] {
            assert!(endless(&format!("{chunked}{start}"), " ").0 <= CHUNK_LINE_BYTES_MAX, "{start:?}");
        }
        assert!(endless(&format!("{chunked}0\r\n"), "X: a\r\n").0 <= HEAD_BYTES_MAX);
        let many = format!("HTTP/1.1 200 OK\r\n{}Content-Length: 1\r\n\r\nab", "X: a\r\n".repeat(FIELDS_MAX + 1));
        let (out, error) = rewritten(many.as_bytes(), many.len());
        assert_eq!((error, out.windows(3).filter(|part| part == b"x: ").count()), (None, FIELDS_MAX));
        assert!(out.ends_with(b"\r\n\r\na"));
    }

    /// Something of which answers are made, or anything.
    fn fragment() -> impl Strategy<Value = Vec<u8>> {
        let known = prop::sample::select(vec![
            "HTTP/1.1 200 OK\r\n",
            "http/2 103 \n",
            "Content-Length: 12\r\n",
            "Content-Length: 3, 7\r\n",
            "Transfer-Encoding: x, Chunked\r\n",
            "\r\n",
            "\n",
            "\r",
            "5\r\nhello\r\n",
            "0\r\n\r\n",
            ": x\r\n",
            " more\r\n",
            "X: a\rb\0\r\n",
        ]);
        prop_oneof![
            4 => known.prop_map(|text| text.as_bytes().to_vec()),
            1 => prop::collection::vec(any::<u8>(), 0..20),
        ]
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_make_one_clean_answer_or_none(
            fragments in prop::collection::vec(fragment(), 0..30), piece_bytes in 1_usize..40,
        ) {
            let answer = fragments.concat();
            let (out, error) = rewritten(&answer, answer.len().max(1));
            prop_assert_eq!(&rewritten(&answer, piece_bytes), &(out.clone(), error));
            prop_assert!(out.len() <= 2 * answer.len() + 64);
            let Some(end) = memmem::find(&out, b"\r\n\r\n") else {
                prop_assert!(out.is_empty());
                return Ok(());
            };
            let head = String::from_utf8_lossy(&out[..end]).into_owned();
            let mut lines = head.split("\r\n");
            let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.parse::<u16>().ok());
            prop_assert!(status.is_some_and(|status| (200..1000).contains(&status)), "{head:?}");
            for line in lines {
                let (name, value) = line.split_once(": ").expect("a colon");
                prop_assert!(is_name(name.as_bytes()) && is_value(value.as_bytes()), "{line:?}");
                prop_assert!(line == "Connection: close" || !FRAMING.contains(&name.as_bytes()), "{line:?}");
            }
        }
    }
}
