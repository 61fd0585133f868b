//! Which scripts languages are written in, and which Cyrillic letters only some of them have.

use whatlang::Script;

/// Codes of languages that are written in Cyrillic letters, in all countries or in some.
const CYRILLIC: &[&str] = &[
    "ru", "uk", "be", "bg", "mk", "sr", "bs", "kk", "ky", "mn", "tg", "tt", "ba", "cv", "ce", "os", "ab", "av", "kv",
    "az", "uz", "tk", "ku", "ug", "ro", "mo", "sah", "udm", "tyv",
];

/// Codes of those in Arabic letters.
const ARABIC: &[&str] =
    &["ar", "fa", "ur", "ps", "sd", "ug", "ku", "ks", "ckb", "pnb", "azb", "az", "tg", "ky", "kk", "ms", "ha", "pa"];

/// Codes of those in Latin letters.
const LATIN: &[&str] = &[
    "en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "nn", "no", "fi", "is", "fo", "et", "lv", "lt", "pl",
    "cs", "sk", "sl", "hr", "bs", "sr", "sq", "hu", "ro", "mt", "eu", "ca", "gl", "oc", "br", "cy", "ga", "gd", "fy",
    "lb", "rm", "co", "sc", "af", "tr", "az", "uz", "tk", "kk", "ku", "vi", "id", "ms", "jv", "su", "tl", "fil", "sw",
    "so", "ha", "yo", "ig", "zu", "xh", "st", "tn", "sn", "rw", "rn", "lg", "ln", "mg", "ny", "om", "wo", "mi", "sm",
    "to", "ht", "qu", "gn", "ay", "eo", "la",
];

/// Codes of languages with Cyrillic letters that no Slavic language has.
const BEYOND_SLAVIC: &[&str] = &["kk", "ky", "mn", "tg", "tt", "ba", "uz", "az", "tk", "cv", "sah", "tyv", "ug", "os"];

/// Fewest such letters that are no accident, as names are.
const LETTERS_MIN: usize = 3;

/// Whether a language may be written in the script of a text, as far as that is known of both.
pub(super) fn may_be_in_script_of(code: &str, text: &str) -> bool {
    let written = [(Script::Latin, LATIN), (Script::Cyrillic, CYRILLIC), (Script::Arabic, ARABIC)];
    let is_known = written.iter().any(|(_, codes)| codes.contains(&code));
    if !is_known {
        return true;
    }
    let of_text = whatlang::detect_script(text);
    let codes = written.iter().find(|(script, _)| of_text == Some(*script)).map(|(_, codes)| codes);
    codes.is_none_or(|codes| codes.contains(&code))
}

/// Whether a language has Cyrillic letters that no Slavic language has.
pub(super) fn has_letters_beyond_slavic(code: &str) -> bool {
    BEYOND_SLAVIC.contains(&code)
}

/// The language of a text in Cyrillic letters that tell it.
pub(super) fn by_letters(text: &str) -> Option<&'static str> {
    // In UTF-8 all these letters begin with one of two bytes, with which few others do.
    if !text.bytes().any(|byte| matches!(byte, 0xd2 | 0xd3)) {
        return None;
    }
    let lower = text.to_lowercase();
    let n_beyond = lower.chars().filter(|c| "әғқңөұүһҳҷӯӣҗҡҙҫ".contains(*c)).count();
    if n_beyond < LETTERS_MIN {
        return None;
    }
    let has = |letters: &str| lower.contains(|c| letters.contains(c));
    if has("ҷӣӯ") {
        Some("tg")
    } else if has("ҳ") && has("ў") {
        Some("uz")
    } else if has("ҙҫҡ") {
        Some("ba")
    } else if has("ұ") || has("ғ") && has("і") {
        Some("kk")
    } else if has("җ") && has("ә") {
        Some("tt")
    } else if has("ң") && !has("әғқһ") {
        Some("ky")
    } else if has("өү") && !has("әғқңһұ") {
        Some("mn")
    } else {
        None
    }
}
