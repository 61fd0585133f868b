//! Any bytes as an answer of a server, in any pieces: written anew or refused, and never more than came.

#![no_main]

use libfuzzer_sys::fuzz_target;
use newswire::fetch::AnswerRewriter;

fuzz_target!(|pieces: Vec<Vec<u8>>| {
    let (mut rewriter, mut out) = (AnswerRewriter::default(), Vec::new());
    let is_read = pieces.iter().all(|piece| rewriter.take(piece, &mut out).is_ok());
    let _ = rewriter.end();
    let n_bytes: usize = pieces.iter().map(Vec::len).sum();
    assert!(out.len() <= 2 * n_bytes + 64, "{is_read}");
});
