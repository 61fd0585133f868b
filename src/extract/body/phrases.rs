//! Turns of phrase that mark a short line as no part of an article, in the languages of the pages we have met.
//!
//! Each is one feature among many: an article may well say "read more".

use std::sync::LazyLock;

/// Longer lines are not looked through: they are text, whatever they say.
pub(super) const WORDS_MAX: usize = 40;

/// The same for legal notices, which are longer.
pub(super) const LEGAL_WORDS_MAX: usize = 80;

/// Invitations: to read, watch, follow, share, comment, subscribe.
const INVITATIONS: &[&str] = &[
    "read more",
    "read also",
    "also read",
    "read next",
    "read the full",
    "click here",
    "sign up",
    "sign in",
    "log in",
    "subscribe",
    "newsletter",
    "follow us",
    "share this",
    "share on",
    "leave a comment",
    "join our",
    "join the conversation",
    "download our",
    "our app",
    "more on this",
    "more from",
    "see also",
    "related:",
    "related stories",
    "related articles",
    "watch:",
    "listen to",
    "recommended",
    "most read",
    "support us",
    "donate",
    "become a member",
    "get the latest",
    "advertisement",
    "story continues",
    "continue reading",
    "article continues",
    "scroll to continue",
    "don't miss",
    "mehr zum thema",
    "lesen sie auch",
    "lesen sie hier",
    "lesen sie mehr",
    "lesen sie dazu",
    "auch interessant",
    "weiterlesen",
    "jetzt abonnieren",
    "jetzt lesen",
    "abonnieren",
    "anmelden",
    "mehr lesen",
    "mehr dazu",
    "zum thema",
    "folgen sie uns",
    "anzeige",
    "das könnte sie",
    "empfohlener",
    "externer inhalt",
    "kommentar",
    "zur startseite",
    "lesen sie",
    "lire aussi",
    "à lire",
    "lire la suite",
    "abonnez-vous",
    "inscrivez-vous",
    "s'abonner",
    "partager",
    "suivez-nous",
    "lee también",
    "leer también",
    "lea también",
    "te puede interesar",
    "suscríbete",
    "suscribirse",
    "síguenos",
    "seguir leyendo",
    "leggi anche",
    "leggi tutto",
    "iscriviti",
    "abbonati",
    "seguici",
    "leia também",
    "leia mais",
    "inscreva-se",
    "assine",
    "lees ook",
    "lees meer",
    "abonneer",
    "læs også",
    "les også",
    "läs också",
    "läs mer",
    "läs även",
    "tilmeld",
    "lue myös",
    "czytaj także",
    "czytaj też",
    "zobacz też",
    "zobacz także",
    "čtěte také",
    "čtěte více",
    "olvass",
    "citește și",
    "читайте также",
    "читать также",
    "читайте також",
    "подписывайтесь",
    "подпишитесь",
    "підписуйтесь",
    "подробнее",
    "haberin devamı",
    "ilgili haber",
    "abone ol",
    "baca juga",
    "اقرأ أيضا",
    "اقرأ المزيد",
    "إقرأ أيضا",
    "شاهد أيضا",
    "あわせて読みたい",
    "関連記事",
    "続きを読む",
    "会員登録",
    "無料登録",
    "ログイン",
    "相关阅读",
    "相关新闻",
    "延伸阅读",
    "更多",
    "관련기사",
    "구독",
    "이 기사",
    "यह भी पढ़ें",
    "इसे भी पढ़ें",
    "soma zaidi",
];

/// Who took the picture, who wrote the report.
const CREDITS: &[&str] = &[
    "photo:",
    "photo by",
    "photos:",
    "photograph:",
    "photo credit",
    "image:",
    "image credit",
    "image source",
    "picture:",
    "pictured:",
    "getty images",
    "shutterstock",
    "credit:",
    "file photo",
    "courtesy of",
    "reuters/",
    "ap photo",
    "afp/",
    "/afp",
    "foto:",
    "fotos:",
    "bild:",
    "bilder:",
    "quelle:",
    "grafik:",
    "© dpa",
    "dpa/",
    "/dpa",
    "imago",
    "picture alliance",
    "fotografía",
    "foto de",
    "imagen:",
    "crédit photo",
    "crédits",
    "photo :",
    "fuente:",
    "fonte:",
    "source:",
    "video:",
    "фото:",
    "фото ",
    "источник:",
    "джерело:",
    "写真",
    "撮影",
    "사진",
    "责任编辑",
    "来源",
    "صورة",
    "المصدر",
    "reporting by",
    "editing by",
    "additional reporting",
    "mit material von",
    "edited by",
    "compiled by",
];

/// Beginnings of bylines.
const BYLINES: &[&str] = &[
    "by ",
    "von ",
    "par ",
    "por ",
    "di ",
    "door ",
    "av ",
    "af ",
    "autor:",
    "autorin:",
    "author:",
    "text:",
    "written by",
    "posted by",
    "published",
    "veröffentlicht",
    "updated",
    "aktualisiert",
    "publié",
    "publicado",
    "pubblicato",
    "stand:",
    "last updated",
    "автор",
    "текст:",
    "опубликовано",
    "記者",
    "기자",
    "作者",
    "编辑",
    "stringer",
    "reporter",
];

/// Most words of a byline.
const BYLINE_WORDS_MAX: usize = 14;

const LEGAL: &[&str] = &[
    "© ",
    "©2",
    "(c) ",
    "all rights reserved",
    "alle rechte vorbehalten",
    "tous droits réservés",
    "todos los derechos reservados",
    "tutti i diritti riservati",
    "copyright",
    "無断転載",
    "版权所有",
    "terms of use",
    "terms of service",
    "privacy policy",
    "datenschutz",
    "무단전재",
    "無断複製",
    "permission must be obtained",
    "все права защищены",
];

/// What the phrases in a line make of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) invites: bool,
    pub(super) credits: bool,
    pub(super) legal: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Invitation,
    Credit,
    Legal,
}

/// Finds all phrases in one pass over a text: a bit for each beginning of three bytes tells at nearly every place
/// that no phrase begins there.
struct Index {
    beginnings: [u64; BEGINNING_BITS / 64],
    /// By beginning, for binary search.
    phrases: Vec<(u32, &'static [u8], Kind)>,
}

const BEGINNING_BITS: usize = 1 << 14;

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let kinds = [(INVITATIONS, Kind::Invitation), (CREDITS, Kind::Credit), (LEGAL, Kind::Legal)];
    let all = kinds.into_iter().flat_map(|(phrases, kind)| phrases.iter().map(move |phrase| (phrase.as_bytes(), kind)));
    let mut phrases: Vec<(u32, &'static [u8], Kind)> =
        all.map(|(phrase, kind)| (beginning(phrase[0], phrase[1], phrase[2]), phrase, kind)).collect();
    phrases.sort_unstable();
    let mut beginnings = [0; BEGINNING_BITS / 64];
    for (beginning, _, _) in &phrases {
        let bit = bit_of(*beginning);
        beginnings[bit / 64] |= 1 << (bit % 64);
    }
    Index { beginnings, phrases }
});

fn beginning(one: u8, two: u8, three: u8) -> u32 {
    u32::from(one) << 16 | u32::from(two) << 8 | u32::from(three)
}

fn bit_of(beginning: u32) -> usize {
    // Multiplicative hashing: the upper bits are well mixed.
    (beginning.wrapping_mul(0x9E37_79B1) >> 18) as usize % BEGINNING_BITS
}

/// The kinds of phrases that a text in lower case holds.
pub(super) fn said_in(lower: &str) -> Said {
    let index = &*INDEX;
    let bytes = lower.as_bytes();
    let mut said = Said::default();
    for (at, start) in bytes.windows(3).enumerate() {
        let beginning = beginning(start[0], start[1], start[2]);
        let bit = bit_of(beginning);
        if index.beginnings[bit / 64] & (1 << (bit % 64)) == 0 {
            continue;
        }
        let from = index.phrases.partition_point(|(known, _, _)| *known < beginning);
        for (known, phrase, kind) in &index.phrases[from..] {
            if *known != beginning {
                break;
            }
            if bytes[at..].starts_with(phrase) {
                match kind {
                    Kind::Invitation => said.invites = true,
                    Kind::Credit => said.credits = true,
                    Kind::Legal => said.legal = true,
                }
            }
        }
    }
    said
}

pub(super) fn begins_byline(lower: &str, n_words: usize) -> bool {
    n_words <= BYLINE_WORDS_MAX && BYLINES.iter().any(|phrase| lower.starts_with(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_anywhere_in_a_line() {
        assert!(said_in("more: read also: ferries").invites);
        assert!(said_in("関連記事はこちら").invites);
        assert!(said_in("photo: ada quill").credits);
        assert!(said_in("© 2024 harbour post").legal);
        assert_eq!(said_in("the ferry left at noon"), Said::default());
        assert_eq!(said_in("ab"), Said::default());
    }

    #[test]
    fn phrases_are_long_enough_for_their_index() {
        assert!([INVITATIONS, CREDITS, LEGAL].concat().iter().all(|phrase| phrase.len() >= 3));
    }
}
