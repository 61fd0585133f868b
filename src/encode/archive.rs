//! The file of the encoder: an archive (ZIP) in which the pieces of words are one file and the weights another archive,
//! with a file for each array.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::error::EncoderError;
use super::npy::{self, Array};

/// What the names of the two files end in.
const PIECES: &str = "/sp.model";
const WEIGHTS: &str = "/weights.npz";

/// Largest file in an archive: four times the largest one there is.
const FILE_BYTES_MAX: u64 = 128 << 20;

/// The two files.
pub(super) struct Archive {
    /// The pieces of words.
    pub(super) pieces: Vec<u8>,
    /// The weights.
    pub(super) weights: Weights,
}

impl Archive {
    /// Reads both files.
    pub(super) fn open(path: &Path) -> Result<Archive, EncoderError> {
        let unknown = |what| EncoderError::Unknown { path: path.to_owned(), what };
        let unreadable = |source| EncoderError::Unreadable { path: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        if !file.metadata().map_err(unreadable)?.is_file() {
            return Err(unknown("it is no file".to_owned()));
        }
        let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| unknown(of_archive(&error)))?;
        let pieces = file_ending_in(&mut archive, PIECES).map_err(unknown)?;
        let weights = file_ending_in(&mut archive, WEIGHTS).map_err(unknown)?;
        let weights = ZipArchive::new(Cursor::new(weights)).map_err(|error| unknown(of_archive(&error)))?;
        Ok(Archive { pieces, weights: Weights { archive: weights } })
    }
}

/// The arrays of the network, by name.
pub(super) struct Weights {
    archive: ZipArchive<Cursor<Vec<u8>>>,
}

impl Weights {
    /// An array of numbers that must have this shape.
    pub(super) fn floats(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let array = self.floats_of_any_shape(name)?;
        if array.shape == shape { Ok(array.values) } else { Err(unlike(name, &array.shape, shape)) }
    }

    /// An array of numbers.
    pub(super) fn floats_of_any_shape(&mut self, name: &str) -> Result<Array<f32>, String> {
        npy::floats(&self.read(name)?).map_err(|what| format!("{name}: {what}"))
    }

    /// An array of bytes.
    pub(super) fn bytes(&mut self, name: &str) -> Result<Array<u8>, String> {
        npy::bytes(&self.read(name)?).map_err(|what| format!("{name}: {what}"))
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        read_file(&mut self.archive, &format!("{name}.npy"))
    }
}

/// How a shape is not the one that fits.
pub(super) fn unlike(name: &str, found: &[usize], expected: &[usize]) -> String {
    format!("{name} is an array of {found:?}, and {expected:?} fits the others")
}

/// Reads the one file whose path ends so.
fn file_ending_in<R: Read + Seek>(archive: &mut ZipArchive<R>, ending: &str) -> Result<Vec<u8>, String> {
    let path = archive.file_names().filter_map(Result::ok).find(|path| path.ends_with(ending)).map(Cow::into_owned);
    let path = path.ok_or_else(|| format!("it has no file …{ending}"))?;
    read_file(archive, &path)
}

fn read_file<R: Read + Seek>(archive: &mut ZipArchive<R>, path: &str) -> Result<Vec<u8>, String> {
    let file = archive.by_name(path).map_err(|error| format!("{path}: {}", of_archive(&error)))?;
    let mut bytes = Vec::new();
    let n_read = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| format!("{path}: {error}"))?;
    if u64::try_from(n_read).is_ok_and(|n_read| n_read > FILE_BYTES_MAX) {
        return Err(format!("{path} is too large"));
    }
    Ok(bytes)
}

fn of_archive(error: &ZipError) -> String {
    match error {
        ZipError::FileNotFound => "there is no such file in it".to_owned(),
        ZipError::InvalidArchive(_) => "it is no archive".to_owned(),
        other => other.to_string(),
    }
}
