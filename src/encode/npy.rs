//! Arrays in the format of `NumPy` (NEP 1, versions 1 to 3): a magic word, a header that names type and shape, the numbers.
//!
//! Read are arrays of `f4`, `f8` and `u1` in little-endian, row by row: what the encoder's file has.

/// An array.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array<T> {
    /// Length of each dimension; none for a single number.
    pub(super) shape: Vec<usize>,
    /// All numbers, the last dimension running fastest.
    pub(super) values: Vec<T>,
}

const MAGIC: &[u8] = b"\x93NUMPY";

/// Reads an array of bytes.
pub(super) fn bytes(file: &[u8]) -> Result<Array<u8>, String> {
    let header = Header::read(file)?;
    match header.kind {
        "|u1" => Ok(Array { values: header.numbers(1)?.to_vec(), shape: header.shape }),
        kind => Err(format!("an array of type {kind} where bytes are expected")),
    }
}

/// Reads an array of numbers.
pub(super) fn floats(file: &[u8]) -> Result<Array<f32>, String> {
    let header = Header::read(file)?;
    let values = match header.kind {
        "<f4" => header.numbers(4)?.as_chunks().0.iter().map(|number| f32::from_le_bytes(*number)).collect(),
        // Only where somebody wrote down one more digit than is meant.
        "<f8" => header.numbers(8)?.as_chunks().0.iter().map(|number| narrow(f64::from_le_bytes(*number))).collect(),
        kind => return Err(format!("an array of type {kind} where numbers are expected")),
    };
    Ok(Array { shape: header.shape, values })
}

/// The nearest number of half the size.
#[expect(clippy::cast_possible_truncation, reason = "rounding is what it is for")]
fn narrow(number: f64) -> f32 {
    number as f32
}

/// What the head of an array says, and what follows it.
struct Header<'a> {
    kind: &'a str,
    shape: Vec<usize>,
    rest: &'a [u8],
}

impl<'a> Header<'a> {
    fn read(file: &'a [u8]) -> Result<Header<'a>, String> {
        Header::parse(file).ok_or_else(|| "an array without a head".to_owned())
    }

    fn parse(file: &'a [u8]) -> Option<Header<'a>> {
        let rest = file.strip_prefix(MAGIC)?;
        let (&[major, _minor], rest) = rest.split_first_chunk()?;
        let (length, rest) = if major == 1 {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        } else {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::try_from(u32::from_le_bytes(*length)).ok()?, rest)
        };
        let (head, rest) = rest.split_at_checked(length)?;
        let head = std::str::from_utf8(head).ok()?;
        let value = |key: &str| Some(head.split_once(key)?.1.trim_start());
        if !value("'fortran_order':")?.starts_with("False") {
            return None;
        }
        let kind = value("'descr':")?.strip_prefix('\'')?.split('\'').next()?;
        let shape = value("'shape':")?.strip_prefix('(')?.split(')').next()?;
        let lengths = shape.split(',').map(str::trim).filter(|length| !length.is_empty());
        Some(Header { kind, shape: lengths.map(|length| length.parse().ok()).collect::<Option<_>>()?, rest })
    }

    /// The numbers, each so many bytes.
    fn numbers(&self, size: usize) -> Result<&'a [u8], String> {
        let n = self.shape.iter().try_fold(size, |product, length| product.checked_mul(*length));
        n.and_then(|n| self.rest.get(..n)).ok_or_else(|| "an array that ends early".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(major: u8, head: &str, numbers: &[u8]) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        file.extend([major, 0]);
        let length = u16::try_from(head.len()).unwrap();
        if major == 1 {
            file.extend(length.to_le_bytes());
        } else {
            file.extend(u32::from(length).to_le_bytes());
        }
        file.extend(head.bytes());
        file.extend(numbers);
        file
    }

    #[test]
    fn arrays_are_read_by_type_and_shape() {
        let head = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }\n";
        let numbers: Vec<u8> = [1.5_f32, -2.0].iter().flat_map(|number| number.to_le_bytes()).collect();
        for major in [1, 2] {
            let array = floats(&file(major, head, &numbers)).unwrap();
            assert_eq!(array, Array { shape: vec![2, 1], values: vec![1.5, -2.0] });
        }
        let head = "{'descr': '<f8', 'fortran_order': False, 'shape': (), }\n";
        assert_eq!(floats(&file(1, head, &0.25_f64.to_le_bytes())).unwrap().values, [0.25]);
        let head = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n";
        assert_eq!(bytes(&file(1, head, &[7, 8, 9])).unwrap(), Array { shape: vec![3], values: vec![7, 8, 9] });
    }

    #[test]
    fn what_is_no_such_array_is_an_error() {
        let whole = file(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", &[0; 8]);
        assert!(floats(&whole).is_ok());
        assert!(bytes(&whole).unwrap_err().contains("<f4"));
        for length in 0..whole.len() {
            assert!(floats(&whole[..length]).is_err(), "{length}");
        }
        for head in [
            "{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551615, 2), }",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
        ] {
            assert!(floats(&file(1, head, &[0; 8])).is_err(), "{head}");
        }
    }
}
