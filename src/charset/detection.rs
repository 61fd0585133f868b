//! What encoding bytes are in, by the bytes alone.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// How many bytes the detector is given: more does not change its mind, and costs time on large pages.
const DETECTION_WINDOW: usize = 64 * 1024;

/// Whether all but a few sequences are UTF-8: one broken byte, or a cut at the end, is damage and not another
/// encoding. In text of another encoding, most bytes beyond ASCII break the rules, and those that do not are chance.
pub(super) fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut valid_multibyte, mut invalid) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        valid_multibyte += chunk.valid().bytes().filter(|byte| *byte >= 0xC0).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    invalid * 2 <= valid_multibyte
}

/// The encoding by the frequency of its letters.
pub(super) fn detect(bytes: &[u8]) -> &'static Encoding {
    if bytes.is_ascii() {
        return UTF_8;
    }
    // The window begins where bytes beyond ASCII begin, so that a long head of markup does not use it up.
    let start = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0).saturating_sub(512);
    let window = &bytes[start..bytes.len().min(start + DETECTION_WINDOW)];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(window, true);
    let guess = detector.guess(None, Utf8Detection::Allow);
    if guess == UTF_8 && !is_mostly_utf8(bytes) { WINDOWS_1252 } else { guess }
}
