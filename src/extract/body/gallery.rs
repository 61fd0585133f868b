//! Galleries: pages whose article is what is said under their pictures.

use super::super::page::Page;
use super::features::Feature;
use super::line_features::LineProfile;

/// Words of other text from which captions are what they are elsewhere: no part of the article.
const TEXT_WORDS_MAX: usize = 60;

/// Captions from which a page is a gallery.
const CAPTIONS_MIN: usize = 3;

/// Fewest words of a caption that tells something.
const WORDS_MIN: usize = 8;

/// The captions of a page that says little else: sentences under pictures within its main part. `chosen` is in page
/// order.
pub(super) fn captions(page: &Page<'_>, profiles: &[LineProfile], chosen: &[usize]) -> Vec<usize> {
    let n_words: usize = chosen.iter().map(|line| profiles[*line].n_words).sum();
    if n_words > TEXT_WORDS_MAX {
        return Vec::new();
    }
    let is_caption = |line: &usize| {
        let holds = |feature: Feature| profiles[*line].features.0[feature as usize] > 0.0;
        profiles[*line].n_words >= WORDS_MIN
            && holds(Feature::Caption)
            && holds(Feature::Sentence)
            && (holds(Feature::Article) || holds(Feature::Main))
            && ![Feature::Credits, Feature::Related, Feature::Teaser, Feature::InCard, Feature::LinkInText]
                .into_iter()
                .any(holds)
            && chosen.binary_search(line).is_err()
    };
    let captions: Vec<usize> = (0..page.lines.len()).filter(is_caption).collect();
    if captions.len() >= CAPTIONS_MIN { captions } else { Vec::new() }
}
