//! A message that is longer than what carries it takes, in parts.
//!
//! A part begins with a head of 22 bytes, numbers with their highest byte first: the version of this, whether the whole is packed (deflate), a
//! CRC-32 of that and of the whole, its length (8 bytes), the number of the part and how many there are (4 bytes each). All parts but the last
//! are as long as each other, so that each has its place as soon as it is there.

use std::collections::VecDeque;
use std::io::{Read, Write};

use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::error::WireError;

/// The version of the head.
const HEAD_VERSION: u8 = 1;

const HEAD_BYTES: usize = 22;

/// What is longer is packed. What is shorter, and that is nearly all, goes as it is: packing and unpacking take processor time for each article, and
/// the bytes are few beside those of the page that was fetched for it.
const PLAIN_BYTES_MAX: usize = 128 * 1024;

const NAME: &str = "a part of a message";

/// Cuts a message into parts of at most `part_max` bytes, in order; packed, where it is longer than 128 KiB. A part has one byte of the message
/// at least, however small `part_max` is.
#[must_use]
pub fn parts(message: Vec<u8>, part_max: usize) -> Vec<Vec<u8>> {
    let (whole, is_packed) = packed(message);
    let body_max = part_max.saturating_sub(HEAD_BYTES).max(1);
    let count = whole.len().div_ceil(body_max).max(1);
    let size = whole.len().div_ceil(count).max(1);
    // Nobody takes one that is so long that this is not its number of parts.
    let count_in_head = u32::try_from(count).unwrap_or(u32::MAX);
    let mut head =
        Head { is_packed, crc: crc(is_packed, &whole), length: whole.len() as u64, number: 0, count: count_in_head };
    let mut parts = Vec::with_capacity(count);
    // An empty message has no piece, and one part.
    let empty = whole.is_empty().then_some(&[][..]);
    for body in whole.chunks(size).chain(empty) {
        let mut part = Vec::with_capacity(HEAD_BYTES + body.len());
        head.write(&mut part);
        part.extend_from_slice(body);
        parts.push(part);
        head.number = head.number.saturating_add(1);
    }
    parts
}

fn packed(message: Vec<u8>) -> (Vec<u8>, bool) {
    if message.len() <= PLAIN_BYTES_MAX {
        return (message, false);
    }
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(message.len() / 2), Compression::fast());
    let packed = encoder.write_all(&message).and_then(|()| encoder.finish());
    match packed {
        Ok(packed) if packed.len() < message.len() => (packed, true),
        _ => (message, false),
    }
}

fn crc(is_packed: bool, whole: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(&[u8::from(is_packed)]);
    crc.update(whole);
    crc.sum()
}

/// Puts parts together, in any order and with repetitions.
#[derive(Clone, Debug)]
pub struct Assembly {
    message_max: usize,
    n_open_max: usize,
    /// The oldest first.
    open: VecDeque<Open>,
}

/// A message of which parts are missing.
#[derive(Clone, Debug)]
struct Open {
    key: String,
    /// That of its first part.
    head: Head,
    whole: Vec<u8>,
    is_there: Vec<bool>,
    n_missing: usize,
}

impl Assembly {
    /// One that takes messages of at most `message_max` bytes, unpacked, and keeps parts of at most `n_open_max` of them, one at least.
    #[must_use]
    pub fn new(message_max: usize, n_open_max: usize) -> Assembly {
        Assembly { message_max, n_open_max: n_open_max.max(1), open: VecDeque::new() }
    }

    /// How many messages are not whole yet.
    #[must_use]
    pub fn n_open(&self) -> usize {
        self.open.len()
    }

    /// Forgets the parts of the message `key`.
    pub fn forget(&mut self, key: &str) {
        self.open.retain(|open| open.key != key);
    }

    /// Takes a part of the message `key`, and gives the message when it is whole. Where there would be too many that are not, the one is
    /// forgotten that was begun first. A part that comes again when its message was given begins another.
    ///
    /// # Errors
    ///
    /// When it is no part, or of a message that is too long or damaged. What is kept of other messages stays.
    pub fn take(&mut self, key: &str, part: &[u8]) -> Result<Option<Vec<u8>>, WireError> {
        let (head, body) = Head::read(part)?;
        let length = usize::try_from(head.length).ok().filter(|length| *length <= self.message_max);
        let length = length.ok_or_else(|| self.too_long(head.length))?;
        let place = head.place(length).filter(|place| place.len() == body.len());
        let place = place.ok_or_else(|| fault("it is none of so many of that length"))?;
        if head.count == 1 {
            return self.whole(&head, body.to_vec()).map(Some);
        }
        let first = Head { number: 0, ..head };
        // One that is written anew may differ from what was sent before.
        self.open.retain(|open| open.key != key || open.head == first);
        let at = self.open.iter().position(|open| open.key == key).unwrap_or_else(|| {
            if self.open.len() >= self.n_open_max {
                self.open.pop_front();
            }
            self.open.push_back(Open::new(key, first, length));
            self.open.len() - 1
        });
        let open = &mut self.open[at];
        open.take(&head, place, body);
        if open.n_missing > 0 {
            return Ok(None);
        }
        let whole = self.open.remove(at).map(|open| open.whole).unwrap_or_default();
        self.whole(&head, whole).map(Some)
    }

    fn whole(&self, head: &Head, whole: Vec<u8>) -> Result<Vec<u8>, WireError> {
        if crc(head.is_packed, &whole) != head.crc {
            return Err(fault("the message is damaged"));
        }
        if !head.is_packed {
            return Ok(whole);
        }
        let mut message = Vec::new();
        let bytes_max = (self.message_max as u64).saturating_add(1);
        let unpacked = DeflateDecoder::new(whole.as_slice()).take(bytes_max).read_to_end(&mut message);
        match unpacked {
            Ok(_) if message.len() <= self.message_max => Ok(message),
            Ok(_) => Err(self.too_long(message.len() as u64)),
            Err(error) => Err(fault(&format!("the message cannot be unpacked: {error}"))),
        }
    }

    fn too_long(&self, n_bytes: u64) -> WireError {
        fault(&format!("the message has {n_bytes} bytes or more, and {} are taken", self.message_max))
    }
}

impl Open {
    fn new(key: &str, head: Head, length: usize) -> Open {
        let count = head.count as usize;
        Open { key: key.to_owned(), head, whole: vec![0; length], is_there: vec![false; count], n_missing: count }
    }

    fn take(&mut self, head: &Head, place: std::ops::Range<usize>, body: &[u8]) {
        let is_there = &mut self.is_there[head.number as usize];
        if !std::mem::replace(is_there, true) {
            self.whole[place].copy_from_slice(body);
            self.n_missing -= 1;
        }
    }
}

/// How a part begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    is_packed: bool,
    crc: u32,
    length: u64,
    number: u32,
    count: u32,
}

impl Head {
    fn write(&self, part: &mut Vec<u8>) {
        part.extend_from_slice(&[HEAD_VERSION, u8::from(self.is_packed)]);
        part.extend_from_slice(&self.crc.to_be_bytes());
        part.extend_from_slice(&self.length.to_be_bytes());
        part.extend_from_slice(&self.number.to_be_bytes());
        part.extend_from_slice(&self.count.to_be_bytes());
    }

    /// The head of a part, and what follows it.
    fn read(part: &[u8]) -> Result<(Head, &[u8]), WireError> {
        let (version, _) = part.split_first().ok_or_else(|| fault("it is empty"))?;
        if *version != HEAD_VERSION {
            let (theirs, ours) = (u32::from(*version), u32::from(HEAD_VERSION));
            return Err(WireError::Version { message: NAME, theirs, ours });
        }
        let (head, body) = part.split_first_chunk::<HEAD_BYTES>().ok_or_else(|| fault("its head is cut off"))?;
        let [_, is_packed, c0, c1, c2, c3, length @ .., n0, n1, n2, n3, m0, m1, m2, m3] = *head;
        let is_packed = match is_packed {
            0 => false,
            1 => true,
            _ => return Err(fault("it is packed in a way that nobody knows")),
        };
        let head = Head {
            is_packed,
            crc: u32::from_be_bytes([c0, c1, c2, c3]),
            length: u64::from_be_bytes(length),
            number: u32::from_be_bytes([n0, n1, n2, n3]),
            count: u32::from_be_bytes([m0, m1, m2, m3]),
        };
        Ok((head, body))
    }

    /// Where in the whole, of that length, its body stands. Nowhere, where there is no such part, or it would have nothing in it.
    fn place(&self, length: usize) -> Option<std::ops::Range<usize>> {
        let (number, count) = (self.number as usize, self.count as usize);
        if number >= count || count > length.max(1) {
            return None;
        }
        let size = length.div_ceil(count);
        let from = number.checked_mul(size).filter(|from| *from < length || length == 0)?;
        Some(from..from.saturating_add(size).min(length))
    }
}

fn fault(fault: &str) -> WireError {
    WireError::unreadable(NAME, fault)
}
