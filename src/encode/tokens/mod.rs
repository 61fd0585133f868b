//! A text as pieces of words: `SentencePiece` (Kudo, Richardson, EMNLP 2018) with a unigram language model
//! (Kudo: Subword Regularization, ACL 2018).
//!
//! * `model_file`: the pieces and their weights, and how characters are folded, from the encoder's file.
//! * `folding`: characters folded, by the table in that file.
//! * `pieces`: the likeliest pieces of a text.

mod folding;
mod model_file;
mod pieces;

use folding::Folding;
use pieces::Pieces;

/// Cuts texts into pieces.
#[derive(Debug)]
pub(super) struct Tokens {
    folding: Folding,
    pieces: Pieces,
}

impl Tokens {
    /// From the encoder's file.
    pub(super) fn read(file: &[u8]) -> Result<Tokens, String> {
        let model = model_file::read(file).ok_or("its pieces of words cannot be read")?;
        Ok(Tokens { folding: Folding::of(model.folding), pieces: Pieces::of(model.pieces)? })
    }

    /// How many pieces there are. Their numbers begin at 0.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// The numbers of a text's pieces, at most so many, between those that mark the start and the end of a text.
    pub(super) fn of_text(&self, text: &str, pieces_max: usize) -> Vec<usize> {
        let mut numbers = vec![pieces::START];
        numbers.extend(self.pieces.likeliest(&self.folding.fold(text)).into_iter().take(pieces_max));
        numbers.push(pieces::END);
        numbers
    }
}
