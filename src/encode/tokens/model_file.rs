//! The file of pieces: a message in the encoding of Protocol Buffers.
//!
//! Of its fields: 1 is a piece, given for each (in it 1 is its text, 2 its weight as a float), and 3 a message of which
//! 2 is the table by which characters are folded.

/// What the file holds.
pub(super) struct ModelFile<'a> {
    /// The pieces with their weights, the logarithms of how likely they are.
    pub(super) pieces: Vec<(&'a str, f32)>,
    /// The table of characters; empty where there is none.
    pub(super) folding: &'a [u8],
}

/// Reads the file; nothing where it is damaged.
pub(super) fn read(file: &[u8]) -> Option<ModelFile<'_>> {
    let mut model = ModelFile { pieces: Vec::new(), folding: &[] };
    for field in fields(file)? {
        match field {
            (1, Value::Bytes(piece)) => model.pieces.push(piece_of(piece)?),
            (3, Value::Bytes(settings)) => {
                let of_table = |(number, value)| match (number, value) {
                    (2, Value::Bytes(table)) => Some(table),
                    _ => None,
                };
                model.folding = fields(settings)?.into_iter().find_map(of_table).unwrap_or_default();
            }
            _ => {}
        }
    }
    Some(model)
}

fn piece_of(message: &[u8]) -> Option<(&str, f32)> {
    let (mut text, mut weight) = ("", 0.0);
    for field in fields(message)? {
        match field {
            (1, Value::Bytes(bytes)) => text = std::str::from_utf8(bytes).ok()?,
            (2, Value::Four(bytes)) => weight = f32::from_le_bytes(bytes),
            _ => {}
        }
    }
    Some((text, weight))
}

/// A value of a field.
enum Value<'a> {
    /// A number, or eight bytes: nothing that is read here.
    Other,
    Four([u8; 4]),
    Bytes(&'a [u8]),
}

/// The fields of a message, each with its number.
fn fields(mut message: &[u8]) -> Option<Vec<(u64, Value<'_>)>> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let tag = number(&mut message)?;
        let value = match tag & 7 {
            0 => {
                number(&mut message)?;
                Value::Other
            }
            1 => {
                message = message.get(8..)?;
                Value::Other
            }
            2 => {
                let length = usize::try_from(number(&mut message)?).ok()?;
                let (bytes, rest) = message.split_at_checked(length)?;
                message = rest;
                Value::Bytes(bytes)
            }
            5 => {
                let (bytes, rest) = message.split_first_chunk()?;
                message = rest;
                Value::Four(*bytes)
            }
            _ => return None,
        };
        fields.push((tag >> 3, value));
    }
    Some(fields)
}

/// A number of seven bits a byte, the lowest first.
fn number(message: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = message.split_first()?;
        *message = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
