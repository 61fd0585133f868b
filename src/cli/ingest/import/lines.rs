//! The lines of a JSON lines file, several at a time; those of an export in the order of their numbers.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};

use crate::pipeline::{self, JsonArticle};

/// Longest line of JSON that is read. The longest real articles have a tenth of it.
const LINE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// So many lines are read at once, or lines of so many bytes: what articles mean is told sooner of several at once.
const LINES_AT_ONCE: usize = 16;
const BYTES_AT_ONCE: usize = 1024 * 1024;

/// Lines by their numbers, and what was read of them or why nothing.
pub(super) type Batch = Vec<(usize, Result<JsonArticle, String>)>;

/// The lines of a file, several at a time.
pub(super) struct Batches {
    lines: Lines,
    /// The places of lines that are read next.
    ahead: std::vec::IntoIter<Place>,
    /// Whether there are no lines behind these.
    is_export: bool,
    n_bytes: u64,
}

impl Batches {
    /// Those of a file. Those of an export are taken in the order of their numbers, in which each article comes after those
    /// that it repeats.
    pub(super) fn of(file: File) -> std::io::Result<Batches> {
        let mut lines = Lines { reader: BufReader::new(file), number: 0, offset: 0, line: Vec::new() };
        let export = lines.of_export()?;
        Ok(Batches { lines, is_export: !export.is_empty(), ahead: export.into_iter(), n_bytes: 0 })
    }

    /// Bytes of the lines that were read so far.
    pub(super) fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// The next lines with text; none at the end. What cannot be read is the last.
    pub(super) fn next(&mut self) -> Batch {
        let mut batch = Batch::new();
        let mut n_bytes = 0;
        while batch.is_empty() || batch.len() < LINES_AT_ONCE && n_bytes < BYTES_AT_ONCE {
            let there = match self.ahead.next() {
                Some(place) => self.lines.go_to(place).and_then(|()| self.lines.next()),
                // An export ends with its last line.
                None if self.is_export => Ok(false),
                None => self.lines.next(),
            };
            match there {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    batch.push((self.lines.number, Err(error.to_string())));
                    (self.ahead, self.is_export) = (Vec::new().into_iter(), true);
                    break;
                }
            }
            n_bytes += self.lines.line.len();
            self.n_bytes += self.lines.line.len() as u64;
            if let Some(text) = self.lines.text().transpose() {
                batch.push((self.lines.number, text.and_then(pipeline::json_line)));
            }
        }
        batch
    }
}

/// Where a line begins, and its number.
#[derive(Clone, Copy)]
struct Place {
    offset: u64,
    number: usize,
}

/// The lines of a file.
struct Lines {
    reader: BufReader<File>,
    number: usize,
    offset: u64,
    line: Vec<u8>,
}

impl Lines {
    /// Reads the next line; whether there is one.
    fn next(&mut self) -> std::io::Result<bool> {
        self.line.clear();
        self.number += 1;
        let n_bytes = std::io::Read::take(&mut self.reader, LINE_BYTES_MAX).read_until(b'\n', &mut self.line)?;
        if n_bytes as u64 == LINE_BYTES_MAX {
            let reason = "the line is longer than 64 MiB; the rest of the file is left out";
            return Err(std::io::Error::other(reason));
        }
        self.offset += n_bytes as u64;
        Ok(n_bytes > 0)
    }

    /// The line's text, unless there is nothing in it. What is not UTF-8 is no text: JSON has no other encoding
    /// (RFC 8259, section 8.1), and letters would be lost without a word.
    fn text(&self) -> Result<Option<&str>, String> {
        let text = std::str::from_utf8(&self.line)
            .map_err(|error| format!("not UTF-8: its byte {} is none of a character", error.valid_up_to() + 1))?;
        let text = text.trim().trim_start_matches('\u{feff}').trim_start();
        Ok((!text.is_empty()).then_some(text))
    }

    fn go_to(&mut self, place: Place) -> std::io::Result<()> {
        if self.offset != place.offset {
            self.reader.seek(SeekFrom::Start(place.offset))?;
        }
        (self.offset, self.number) = (place.offset, place.number - 1);
        Ok(())
    }

    /// The lines of an export in the order of the articles' numbers, those that are no articles first; nothing if the
    /// first line with text is none of an export. Either way it is read from the start.
    fn of_export(&mut self) -> std::io::Result<Vec<Place>> {
        let mut places = Vec::new();
        let mut is_first = true;
        loop {
            let place = Place { offset: self.offset, number: self.number + 1 };
            // What cannot be read is told when it comes to its turn.
            let is_there = self.next();
            let is_end = !matches!(is_there, Ok(true));
            if is_end && is_there.is_ok() {
                break;
            }
            // Nor what is not UTF-8; it tells nothing of what the other lines are.
            let text = if is_end { Ok(None) } else { self.text() };
            let number = text.as_ref().ok().and_then(|text| pipeline::json_record_id((*text)?));
            if is_first && number.is_none() && matches!(text, Ok(Some(_))) {
                break;
            }
            is_first &= number.is_none();
            if is_end || !matches!(text, Ok(None)) {
                places.push((number, place));
            }
            if is_end {
                break;
            }
        }
        self.reader.rewind()?;
        (self.number, self.offset) = (0, 0);
        places.sort_by_key(|(number, place)| (*number, place.number));
        Ok(places.into_iter().map(|(_, place)| place).collect())
    }
}
