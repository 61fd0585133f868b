//! What stands behind a text though it looks like its end: an appeal to readers, a notice of the desk, a translation.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::super::page::Page;
use super::super::page::tags::Tag;
use super::super::phrase_index::PhraseIndex;
use super::super::text::lower_case;
use super::features::Feature;
use super::line_features::LineProfile;

/// Last lines of a text among which its closings are: some notices between them are the article's own.
const LAST_LINES: usize = 5;

/// Most words of such a line.
const WORDS_MAX: usize = 35;

/// Fewest words before a translation that are an article.
const WORDS_BEFORE_MIN: usize = 40;

/// Most words of the heading of a translation.
const HEADING_WORDS_MAX: usize = 5;

/// Appeals to read elsewhere, to listen, to tell and to pay, and notices of Chinese desks. They name what belongs to the
/// speaker ("our channel"), since articles tell of such things as well.
const CLOSINGS: &[&str] = &[
    "support local journalism",
    "support independent journalism",
    "support quality journalism",
    "support our journalism",
    "support our reporting",
    "support our work",
    "listen to this article",
    "listen to this story",
    "listen to the audio version",
    "follow our channel",
    "follow our whatsapp",
    "follow our telegram",
    "our whatsapp channel",
    "our telegram channel",
    "our whatsapp group",
    "do you have a tip",
    "got a tip?",
    "have a news tip",
    "got a story?",
    "do you have a story",
    "unterstützen sie unseren journalismus",
    "unterstützen sie unabhängigen journalismus",
    "unseren whatsapp-kanal",
    "unserem whatsapp-kanal",
    "unseren telegram-kanal",
    "unserem telegram-kanal",
    "diesen artikel anhören",
    "haben sie einen hinweis für unsere",
    "soutenez le journalisme",
    "soutenez notre",
    "écoutez cet article",
    "écouter cet article",
    "notre chaîne whatsapp",
    "notre canal whatsapp",
    "notre chaîne telegram",
    "apoya el periodismo",
    "apoye el periodismo",
    "escucha este artículo",
    "escuche este artículo",
    "nuestro canal de whatsapp",
    "nuestro canal de telegram",
    "nuestro canal en whatsapp",
    "apoie o jornalismo",
    "ouça este artigo",
    "seguir o canal",
    "siga o canal",
    "nosso canal no whatsapp",
    "nosso canal do whatsapp",
    "nosso canal no telegram",
    "sostieni il nostro",
    "sostieni il giornalismo",
    "ascolta questo articolo",
    "nostro canale whatsapp",
    "nostro canale telegram",
    "ons whatsapp-kanaal",
    "beluister dit artikel",
    "nasz kanał na whatsapp",
    "nasz kanał whatsapp",
    "наш telegram-канал",
    "наш телеграм-канал",
    "наш канал в telegram",
    "наш канал в телеграм",
    "нашем telegram-канале",
    "нашем телеграм-канале",
    "наш telegram",
    "whatsapp kanalımız",
    "telegram kanalımız",
    "saluran whatsapp kami",
    "channel whatsapp kami",
    "kanal whatsapp kami",
    "قناتنا على",
    "चैनल को फॉलो करें",
    "चैनल से जुड़ें",
    "责任编辑：",
    "责任编辑:",
    "責任編輯：",
    "（责任编辑",
    "(责任编辑",
    "（责编",
    "(责编",
    "仅代表作者",
    "僅代表作者",
    "不代表本网",
    "不代表本站",
    "不代表本报",
    "不代表本刊立場",
    "转载请注明",
    "轉載請註明",
];

/// How the translation of an article is headed.
const TRANSLATIONS: &[&str] = &[
    "english version",
    "in english",
    "english translation",
    "french version",
    "spanish version",
    "german version",
    "version française",
    "version anglaise",
    "en français",
    "version in english",
    "version en anglais",
    "versión en inglés",
    "versión en español",
    "en español",
    "deutsche version",
    "englische version",
    "auf deutsch",
    "auf englisch",
    "versione italiana",
    "versione inglese",
    "in italiano",
    "versão em português",
    "versão em inglês",
    "em português",
    "nederlandse versie",
    "wersja angielska",
    "wersja polska",
    "русская версия",
    "английская версия",
    "на русском",
    "українська версія",
    "українською",
    "中文版",
    "英文版",
    "日本語版",
    "英語版",
    "영문",
    "النسخة العربية",
    "النسخة الإنجليزية",
];

static INDEX: LazyLock<PhraseIndex<()>> = LazyLock::new(|| PhraseIndex::of(&[((), CLOSINGS)]));

/// Those of the last lines of `chosen`, which is in page order, that are no part of the article.
pub(super) fn in_text(page: &Page<'_>, profiles: &[LineProfile], chosen: &[usize]) -> HashSet<usize> {
    // An article is more than such lines.
    let n_looked_at = LAST_LINES.min(chosen.len().saturating_sub(1));
    let last = &chosen[chosen.len() - n_looked_at..];
    last.iter()
        .copied()
        .filter(|line| profiles[*line].n_words <= WORDS_MAX && closes(&page.lines[*line].text))
        .collect()
}

fn closes(text: &str) -> bool {
    let mut closes = false;
    INDEX.find_in(&lower_case(text), |(), _| closes = true);
    closes
}

/// The line with which a translation of the text before begins: a heading that says nothing else.
pub(super) fn translation(page: &Page<'_>, profiles: &[LineProfile], chosen: &[usize]) -> Option<usize> {
    let mut n_words_before = 0;
    chosen.iter().copied().find(|line| {
        let profile = &profiles[*line];
        let is_heading = matches!(page.elements[page.lines[*line].block].tag, Tag::Heading(_))
            || profile.features.0[Feature::AllEmphasis as usize] > 0.0;
        let is_behind = n_words_before >= WORDS_BEFORE_MIN;
        n_words_before += profile.n_words;
        is_behind && is_heading && profile.n_words <= HEADING_WORDS_MAX && heads_translation(&page.lines[*line].text)
    })
}

fn heads_translation(heading: &str) -> bool {
    let lower = lower_case(heading);
    TRANSLATIONS.contains(&lower.trim_matches(|c: char| !c.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use crate::extract::tests::{WEIR as TEXT, extract};
    use crate::model::LinkHints;

    fn check(behind: &str, expected: &[&str]) {
        let text = TEXT.join("</p><p>");
        let page =
            format!("<title>Weir to be rebuilt</title><article><h1>Weir to be rebuilt</h1><p>{text}</p>{behind}");
        let expected: Vec<&str> = TEXT.iter().copied().chain(expected.iter().copied()).collect();
        assert_eq!(extract(page, &LinkHints::default()).unwrap().paragraphs, expected, "{behind}");
    }

    #[test]
    fn appeals_to_readers_are_no_part_of_a_text() {
        for appeal in [
            "Support local journalism: give today.",
            "Listen to the audio version of this story.",
            "Got a tip? Write to our desk in Mell.",
            "Подписывайтесь на наш Telegram-канал",
            "Clique aqui para seguir o canal do Diário no WhatsApp",
            "（责任编辑：林海生）",
            "声明：本文仅代表作者观点，不代表本网站立场。",
        ] {
            check(&format!("<p>{appeal}</p>"), &[]);
            check(&format!("<p>{appeal}</p><p>This story has been updated.</p>"), &["This story has been updated."]);
        }
        let told = "The mayor wrote on his Telegram channel that he had known the weir since he was a child.";
        check(&format!("<p>{told}</p>"), &[told]);
    }

    #[test]
    fn a_translation_is_no_part_of_the_text_before() {
        let french = "<p>Le seuil du pont de Harn sera reconstruit au printemps, onze ans après la crue qui l'a percé.</p>\
            <p>Le conseil de Mell a voté mardi soir, au terme d'un débat où personne ne s'y est opposé.</p>";
        check(&format!("<hr><h2>Version française</h2>{french}"), &[]);
        check(&format!("<p><b>— Version française —</b></p>{french}"), &[]);
    }
}
