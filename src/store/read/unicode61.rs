//! Words as SQLite's tokenizer `unicode61` parts them and writes them down: what `articles_fts` has of a text.
//!
//! Of words are the letters, digits and characters of private use of the Unicode of its time, and whatever that did not know. A mark parts
//! words, as the vowel signs of Hindi and Bengali and the points of Hebrew do, unless it is one of the accents of Latin script.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The words of a text, as they stand there.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + extent(&text[at..], false, |c| !is_of_word(c));
        at = start + extent(&text[start..], true, |c| is_of_word(c) || is_accent(c));
        (at > start).then(|| &text[start..at])
    })
}

/// How far a text goes on with characters of words, or with others: most are ASCII, and are told by their bytes.
fn extent(text: &str, is_of_words: bool, goes_on: impl Fn(char) -> bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        let ends = |byte: &u8| !byte.is_ascii() || byte.is_ascii_alphanumeric() != is_of_words;
        at += bytes[at..].iter().position(ends).unwrap_or(bytes.len() - at);
        match text[at..].chars().next().filter(|c| !c.is_ascii() && goes_on(*c)) {
            Some(c) => at += c.len_utf8(),
            None => return at,
        }
    }
}

/// Stretches of a text that begin with a character of one kind and go on with those of another.
pub(super) fn runs(
    text: &str,
    begins: impl Fn(char) -> bool,
    goes_on: impl Fn(char) -> bool,
) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = &rest[rest.find(&begins)?..];
        let end = rest.find(|c| !goes_on(c)).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(end);
        rest = behind;
        Some(run)
    })
}

/// Whether a character stands in words and begins some.
pub(super) fn is_of_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    // Of the most common it is known without a look at tables: letters of Latin and Cyrillic script, dashes and quotation marks.
    match c {
        '\u{df}'..='\u{f6}' | '\u{f8}'..='\u{ff}' | '\u{400}'..='\u{481}' => return true,
        '\u{2010}'..='\u{2027}' => return false,
        _ => {}
    }
    (c.is_alphanumeric() && !is_combining_mark(c) && !is_symbol(c)) || is_private(c) || is_unknown(c)
}

/// Whether a character is an accent, which is left out within a word.
pub(super) fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{304}' | '\u{306}'..='\u{30c}' | '\u{30f}' | '\u{311}' | '\u{31b}' | '\u{323}'..='\u{328}'
        | '\u{32d}' | '\u{32e}' | '\u{330}' | '\u{331}')
}

/// A character in lower case, and without its accent where that leaves a letter of ASCII.
pub(super) fn folded(c: char) -> char {
    let lower = lowered(c);
    if lower.is_ascii() {
        return lower;
    }
    std::iter::once(lower).nfd().next().filter(char::is_ascii).unwrap_or(lower)
}

/// A character in lower case.
pub(super) fn lowered(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    match c {
        // Other forms of small letters.
        'ς' => 'σ',
        'ſ' => 's',
        'ẛ' => 'ṡ',
        'µ' => 'μ',
        'ϐ' => 'β',
        'ϑ' => 'θ',
        'ϕ' => 'φ',
        'ϖ' => 'π',
        'ϰ' => 'κ',
        'ϱ' => 'ρ',
        'ϵ' => 'ε',
        '\u{1fbe}' => 'ι',
        _ => c.to_lowercase().next().unwrap_or(c),
    }
}

/// Letters in circles and squares, which are alphabetic; and letters that were marks once.
fn is_symbol(c: char) -> bool {
    matches!(c, '\u{19b0}'..='\u{19c0}' | '\u{19c8}' | '\u{19c9}' | '\u{1cf2}' | '\u{1cf3}' | '\u{24b6}'..='\u{24e9}'
        | '\u{1f130}'..='\u{1f149}' | '\u{1f150}'..='\u{1f169}' | '\u{1f170}'..='\u{1f189}')
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)
}

fn is_unknown(c: char) -> bool {
    let next = UNKNOWN.partition_point(|(_, last)| *last < c);
    UNKNOWN.get(next).is_some_and(|(first, _)| *first <= c)
}

/// Where characters stand that are of words because it does not know them: marks, signs and emoji that are newer. Letters and digits may
/// stand in between.
#[rustfmt::skip]
const UNKNOWN: &[(char, char)] = &[
    ('\u{58b}', '\u{58e}'), ('\u{5c8}', '\u{5cf}'), ('\u{605}', '\u{605}'), ('\u{61c}', '\u{61d}'), ('\u{7fb}', '\u{7ff}'),
    ('\u{85f}', '\u{8e3}'), ('\u{8ff}', '\u{8ff}'), ('\u{9fd}', '\u{a00}'), ('\u{a76}', '\u{a80}'), ('\u{af2}', '\u{b00}'),
    ('\u{b4e}', '\u{b55}'), ('\u{bfb}', '\u{c00}'), ('\u{c04}', '\u{c3c}'), ('\u{c64}', '\u{c77}'), ('\u{c81}', '\u{c81}'),
    ('\u{c84}', '\u{cbb}'), ('\u{ce4}', '\u{d01}'), ('\u{d0d}', '\u{d3c}'), ('\u{d4f}', '\u{d53}'), ('\u{d80}', '\u{d81}'),
    ('\u{eba}', '\u{eba}'), ('\u{ece}', '\u{ecf}'), ('\u{1715}', '\u{171e}'), ('\u{180f}', '\u{1886}'), ('\u{1aae}', '\u{1aff}'),
    ('\u{1b7d}', '\u{1b7f}'), ('\u{1cf7}', '\u{1cff}'), ('\u{1de7}', '\u{1dfb}'), ('\u{2065}', '\u{2069}'), ('\u{20ba}', '\u{20cf}'),
    ('\u{218a}', '\u{218f}'), ('\u{23f4}', '\u{23ff}'), ('\u{2427}', '\u{243f}'), ('\u{244b}', '\u{245f}'), ('\u{2700}', '\u{2700}'),
    ('\u{2b4d}', '\u{2b4f}'), ('\u{2b5a}', '\u{2bff}'), ('\u{2e3c}', '\u{2e7f}'), ('\u{32ff}', '\u{32ff}'), ('\u{a69e}', '\u{a69e}'),
    ('\u{a82c}', '\u{a82f}'), ('\u{a8c5}', '\u{a8cd}'), ('\u{a8fc}', '\u{a8ff}'), ('\u{a9e5}', '\u{a9ff}'), ('\u{aa7c}', '\u{aa7d}'),
    ('\u{aaf7}', '\u{ab6f}'), ('\u{fbc2}', '\u{fbd2}'), ('\u{fd40}', '\u{fdef}'), ('\u{fdfe}', '\u{fdff}'), ('\u{fe27}', '\u{fe2f}'),
    ('\u{1018c}', '\u{1018f}'), ('\u{1019c}', '\u{101cf}'), ('\u{101fe}', '\u{1039e}'), ('\u{103d6}', '\u{10856}'),
    ('\u{10877}', '\u{1091e}'), ('\u{10aa0}', '\u{10b38}'), ('\u{10b56}', '\u{10fff}'), ('\u{1104e}', '\u{1107f}'),
    ('\u{110c2}', '\u{110ff}'), ('\u{11145}', '\u{1117f}'), ('\u{111c9}', '\u{1167f}'), ('\u{116b9}', '\u{1246f}'),
    ('\u{12474}', '\u{16f4f}'), ('\u{16f7f}', '\u{16f8e}'), ('\u{16fa0}', '\u{1cfff}'), ('\u{1d127}', '\u{1d128}'),
    ('\u{1d1de}', '\u{1d1ff}'), ('\u{1d246}', '\u{1d2ff}'), ('\u{1d7cc}', '\u{1eeef}'), ('\u{1f0bf}', '\u{1f0c0}'),
    ('\u{1f0e0}', '\u{1f10f}'), ('\u{1f12f}', '\u{1f12f}'), ('\u{1f16c}', '\u{1f16f}'), ('\u{1f19b}', '\u{1f1e5}'),
    ('\u{1f23b}', '\u{1f23f}'), ('\u{1f252}', '\u{1f2ff}'), ('\u{1f321}', '\u{1f32f}'), ('\u{1f336}', '\u{1f336}'),
    ('\u{1f37d}', '\u{1f37f}'), ('\u{1f394}', '\u{1f39f}'), ('\u{1f3c5}', '\u{1f3c5}'), ('\u{1f3cb}', '\u{1f3df}'),
    ('\u{1f3f1}', '\u{1f3ff}'), ('\u{1f43f}', '\u{1f43f}'), ('\u{1f441}', '\u{1f441}'), ('\u{1f4f8}', '\u{1f4f8}'),
    ('\u{1f4fd}', '\u{1f4ff}'), ('\u{1f53e}', '\u{1f53f}'), ('\u{1f544}', '\u{1f54f}'), ('\u{1f568}', '\u{1f5fa}'),
    ('\u{1f641}', '\u{1f644}'), ('\u{1f650}', '\u{1f67f}'), ('\u{1f6c6}', '\u{1f6ff}'), ('\u{1f774}', '\u{2ffff}'),
];

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// What FTS5 makes of texts, numbered from 0.
    fn by_fts5(texts: impl Iterator<Item = String>) -> Vec<Vec<String>> {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE VIRTUAL TABLE texts USING fts5(text, content='', tokenize='unicode61 remove_diacritics 2');
                 CREATE VIRTUAL TABLE words USING fts5vocab(texts, instance); BEGIN",
            )
            .unwrap();
        let mut words = Vec::new();
        let mut insert = connection.prepare("INSERT INTO texts (rowid, text) VALUES (?1, ?2)").unwrap();
        for (number, text) in texts.enumerate() {
            insert.execute((number, text)).unwrap();
            words.push(Vec::new());
        }
        let mut found = connection.prepare("SELECT doc, term FROM words ORDER BY doc, offset").unwrap();
        let rows = found.query_map([], |row| Ok((row.get::<_, usize>(0)?, row.get(1)?))).unwrap();
        for row in rows {
            let (number, word) = row.unwrap();
            words[number].push(word);
        }
        words
    }

    fn by_us(text: &str) -> Vec<String> {
        let fold = |word: &str| word.chars().filter(|c| !is_accent(*c)).map(folded).collect();
        words(text).map(fold).collect()
    }

    #[test]
    fn every_letter_mark_and_sign_parts_words_or_not_as_it_does_for_sqlite() {
        // Of other blocks some characters are none yet.
        let is_sign = |c| matches!(c, '\u{80}'..='\u{2af}' | '\u{2000}'..='\u{2064}' | '\u{2100}'..='\u{2bff}' | '\u{3000}'..='\u{303f}' | '\u{1f300}'..);
        let characters: Vec<char> = ('\u{80}'..='\u{1ffff}')
            .filter(|c| c.is_alphanumeric() || is_combining_mark(*c) || is_sign(*c))
            .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}' | '\u{1fffe}'..))
            .collect();
        let text = |c: &char| format!("x{c}y {c}");
        let mut wrong = Vec::new();
        for (c, theirs) in characters.iter().zip(by_fts5(characters.iter().map(text))) {
            let ours = by_us(&text(c));
            let is_european = matches!(c, '\u{80}'..='\u{527}' | '\u{1e00}'..='\u{1fff}');
            let is_odd = matches!(c, '\u{1e0}' | '\u{1e1}' | '\u{37f}');
            if ours.len() != theirs.len()
                || ours[0] == "x" && theirs[0] != "x"
                || is_european && !is_odd && ours != theirs
            {
                wrong.push(c.escape_unicode().to_string());
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
    }

    #[test]
    fn words_of_many_scripts_are_those_of_sqlite() {
        let texts = [
            "हिन्दी में ताक, शोक और मौका; क्षत्रिय १२३",
            "বাংলা ভাষায় নদীর ঘাট ও কিতাব ২৪",
            "தமிழ் நாட்டின் துறைமுகம் மூடப்பட்டது",
            "الْمِينَاءُ مُغْلَقٌ مُنْذُ الأَمْسِ ٢٠٢٦",
            "הַנָּמֵל נִסְגַּר אֶתְמוֹל בַּבֹּקֶר",
            "Ὁ λόγος τῆς πόλεως. ΛΙΜΗΝ ΝΗΣΟΣ",
            "Порт закрыт; Йод и е\u{308}лка",
            "E\u{301}milie, Łódź, Ǖber, straße, İstanbul, ſee, naïve",
            "Đường phố Hà Nội o\u{31b}\u{323}",
            "🤖robots ₺100 ⓐ① ½x",
            "\u{2066}vote\u{2069} a\u{200d}b \u{301}c",
            "港の市場vote, รถไฟ",
        ];
        for (text, theirs) in texts.iter().zip(by_fts5(texts.iter().map(|text| (*text).to_owned()))) {
            assert_eq!(by_us(text), theirs, "{text}");
        }
    }
}
