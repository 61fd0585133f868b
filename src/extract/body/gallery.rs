//! Galleries: pages whose article is what is said under their pictures.

use super::super::page::Page;
use super::super::page::tags::Tag;
use super::super::text::count_words;
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
    let is_title = |profile: &LineProfile| profile.features.0[Feature::IsTitle as usize] > 0.0;
    let title = profiles.iter().position(is_title).unwrap_or(usize::MAX);
    let is_caption = |line: &usize| {
        let holds = |feature: Feature| profiles[*line].features.0[feature as usize] > 0.0;
        let is_of_frame =
            || [Feature::Aside, Feature::Footer, Feature::Navigation, Feature::AllLink].into_iter().any(holds);
        profiles[*line].n_words >= WORDS_MIN
            && (holds(Feature::Caption) || page.elements[page.lines[*line].block].tag == Tag::Caption)
            && (holds(Feature::Sentence) || ends_with_credit(&page.lines[*line].text))
            && (holds(Feature::Article) || holds(Feature::Main) || *line > title && !is_of_frame())
            && ![Feature::Credits, Feature::Related, Feature::Teaser, Feature::InCard, Feature::LinkInText]
                .into_iter()
                .any(holds)
            && chosen.binary_search(line).is_err()
    };
    let captions: Vec<usize> = (0..page.lines.len()).filter(is_caption).collect();
    if captions.len() >= CAPTIONS_MIN { captions } else { Vec::new() }
}

/// Whether a caption is a sentence and, behind it, who took the picture: `The parade ends on the quay. Ada Quill/AP`.
fn ends_with_credit(caption: &str) -> bool {
    const CREDIT_WORDS_MAX: usize = 5;
    let (sentence, credit) = caption.rsplit_once(". ").unwrap_or_default();
    count_words(sentence) >= WORDS_MIN
        && count_words(credit) <= CREDIT_WORDS_MAX
        && credit.split_whitespace().all(|word| !word.starts_with(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use crate::extract::tests::extract;
    use crate::model::LinkHints;

    #[test]
    fn a_gallery_is_told_by_its_captions_though_no_name_tells_of_an_article() {
        let captions = [
            "A dancer waits behind the stage before the lanterns are lit on Saturday evening. Ida Holm/AP",
            "Children carry fish made of paper and wire through the market street of Mell. Ida Holm/AP",
            "Fireworks over the inner harbour end a parade that forty thousand people came to see.",
        ];
        let figures =
            captions.map(|caption| format!("<figure><img src=a.jpg><figcaption>{caption}</figcaption></figure>"));
        let page =
            |figures: &str| format!("<title>Lanterns in Mell</title><body><h1>Lanterns in Mell</h1>{figures}</body>");
        let article = extract(page(&figures.concat()), &LinkHints::default()).unwrap();
        assert_eq!(article.paragraphs, captions);
    }
}
