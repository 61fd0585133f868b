//! The commonest words of languages, by which a text is told to be in one that the detector does not know, or is shown
//! to be in the one that the detector takes it for.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

/// Longest text that is looked at, in words.
const WORDS_MAX: usize = 200;

/// Fewest words by which a language is told.
const WORDS_MIN: usize = 12;

/// Share of its commonest words in a text of a language: they are a fifth to a third of all words.
const SHARE_MIN: f32 = 0.14;

/// How much larger the share must be than that of any other language, which may have some of the words.
const LEAD_MIN: f32 = 1.25;

/// Codes of ISO 639-1 and their words, in small letters. Words that close relatives write alike tell nothing and are
/// left out where these are in the table too.
const LANGUAGES: [(&str, &str); 45] = [
    ("en", "the of and to in is that for was on with as by at from it be are"),
    ("de", "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als"),
    ("fr", "le la les des et du une est dans pour que qui sur pas par au avec plus ce"),
    ("es", "el la los las del y que en un una por con para se es su al lo como más"),
    ("pt", "o os das dos e que em um uma para com não por mais na no da do ao são"),
    ("it", "il di che la e per un una del della con non sono le gli dei nel alla anche è"),
    ("nl", "de het een van en in is dat op te voor met zijn niet aan er om ook als bij"),
    ("sv", "och att det som en på är av för med till den har inte ett om de vi från"),
    ("da", "og at det er en af til på som med den der ikke et har blev efter også fra"),
    ("nb", "og i det er på som av til en for med at har den ikke fra jeg etter også noen"),
    (
        "nn",
        "og i det er på som av til for med at å har etter blir seg mellom om der frå dei eit ein ikkje vart ho berre meir \
         fleire då kva eg noko nokre vere",
    ),
    ("is", "og að í á er sem það um til við ekki hann var en af fyrir með þar eru hefur"),
    ("sq", "të e dhe në për me një që nga është i së do më u ka kjo si nuk më"),
    ("eu", "eta da ez bat du dira zen dute den duen ere izan egin dela baina dituzte zuen beste nahi zuten ditu duena"),
    ("sw", "na ya wa kwa ni katika za la kuwa cha hiyo huo yake wake baada pia kwamba hii ambayo hayo"),
    ("so", "ee iyo ka ku oo waa in uu la ah u ay waxaa soo aan kale si waxay"),
    ("ha", "da na a ta ya wa ga ba cikin don shi su kuma wannan ce ne an daga sun"),
    ("ga", "an na a agus i ar go is do le ag sé leis bhí tá ó as don ach gur"),
    ("mt", "il ta li fil u biex minn ma għal dan din mill huwa kien fuq wara"),
    ("lb", "de d an den ass vun mat dat fir net op zu op et huet sech bei och war dass"),
    ("gl", "o a os as do da de e que en un unha para con non por máis na no dos"),
    ("ca", "el la els les del i que en un una per amb no és al dels va més"),
    ("af", "die van en in is het dat nie vir met op te aan hy wat om ook was"),
    ("sl", "je v in na za da se so ki z s ne pa tudi po bo od bi kot iz"),
    ("hr", "je i u na se da za su od koji a s će bi nije iz kao što"),
    ("cs", "a v se na je že s z do o k i ve by jsou pro jako ale"),
    ("pl", "w i na z się do nie to że o jest jak od po przez za dla są"),
    ("fi", "ja on ei että oli se hän joka mutta ovat myös kun sen kuin jos tai mukaan"),
    ("et", "ja on ei et see oli kui ka aga mis oma ta siis või kes mida"),
    ("tr", "ve bir bu da de için ile olarak çok olan daha gibi sonra kadar en"),
    ("az", "və bir bu da də üçün ilə olan edir olub isə ki daha o çox"),
    ("uz", "va bir bu uchun bilan ham edi esa qildi deb bo shu yil"),
    ("id", "yang di dan untuk dengan ini dari pada itu tidak dalam akan ke oleh juga"),
    ("ru", "и в не на что с по для как это его из от к за был но"),
    ("uk", "і в на не що з та до як за у від для це про його але"),
    ("kk", "және мен бұл үшін бір болып да де деп бар екі жылы туралы оның болды"),
    ("ky", "жана бул менен үчүн бир деп болгон да эки боюнча анын бар жылы"),
    ("mn", "нь байна юм болон гэж энэ оны дээр байгаа байсан ба бөгөөд хийх уу"),
    ("tg", "ва дар ба аз ки бо барои ин он аст шуд низ буд"),
    ("hu", "a az és hogy nem is egy meg ez volt de már csak még azt kell mint el vagy lesz"),
    ("lt", "ir į kad yra su iš ne bet tai buvo kaip per už jau dėl nuo apie taip po"),
    ("lv", "un ir ar no ka uz par kas bet arī tika pēc lai kā gada viņš tas nav"),
    ("tl", "ang ng sa na mga ay at ni si para kay ito hindi mula noong kanyang siya nang"),
    ("vi", "và của là có cho không được trong một các những đã với người này khi để từ ở đến"),
    ("cy", "yn y a i o ar ei mae yr am wedi ac bod gan oedd eu hefyd"),
];

/// The languages that have a word among their commonest, by their places in the table.
static SPEAKERS: LazyLock<HashMap<&'static str, Vec<usize>>> = LazyLock::new(|| {
    let mut speakers: HashMap<&'static str, Vec<usize>> = HashMap::new();
    for (language, (_, common)) in LANGUAGES.iter().enumerate() {
        // Each once, though a list may have a word twice.
        for word in common.split(' ').collect::<BTreeSet<_>>() {
            speakers.entry(word).or_default().push(language);
        }
    }
    speakers
});

/// The language whose commonest words stand in a text clearly more often than those of others.
pub(super) fn language_of(text: &str) -> Option<&'static str> {
    let shares = shares(text)?;
    let (best, share) = shares.iter().copied().max_by(|one, other| one.1.total_cmp(&other.1))?;
    // Of the two written forms of Norwegian each has nearly all words of the other.
    let is_other = |code: &str| code != best && !(best == "nn" && matches!(code, "nb" | "da"));
    let others = shares.iter().filter(|(code, _)| is_other(code)).map(|(_, share)| *share);
    let second = others.fold(0.0, f32::max);
    (share >= SHARE_MIN && share >= second * LEAD_MIN).then_some(best)
}

/// Whether a text has the commonest words of a language, and more of them than of another.
pub(super) fn speaks_rather(text: &str, language: &str, other: &str) -> bool {
    let Some(shares) = shares(text) else { return false };
    let share = |wanted: &str| shares.iter().find(|(code, _)| *code == wanted).map_or(0.0, |(_, share)| *share);
    share(language) >= SHARE_MIN && share(language) >= share(other) * LEAD_MIN
}

/// The text up to the end of the last word that is looked at.
fn beginning(text: &str) -> &str {
    let (mut n_words, mut in_word) = (0, false);
    for (at, c) in text.char_indices() {
        let is_letter = c.is_alphabetic();
        if in_word && !is_letter {
            n_words += 1;
            if n_words == WORDS_MAX {
                return &text[..at];
            }
        }
        in_word = is_letter;
    }
    text
}

/// Largest share of its commonest words in a text that is not in a language.
const SHARE_OF_OTHERS_MAX: f32 = 0.05;

/// Whether a text is long enough to have the commonest words of a language, and hardly has any.
pub(super) fn lacks(text: &str, language: &str) -> bool {
    let share = shares(text).and_then(|shares| shares.into_iter().find(|(code, _)| *code == language));
    share.is_some_and(|(_, share)| share < SHARE_OF_OTHERS_MAX)
}

/// The share of each language's words in a text; none for one that is too short.
fn shares(text: &str) -> Option<Vec<(&'static str, f32)>> {
    let lower = beginning(text).to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).take(WORDS_MAX).collect();
    if words.len() < WORDS_MIN {
        return None;
    }
    let mut n_common = [0_u16; LANGUAGES.len()];
    for language in words.iter().filter_map(|word| SPEAKERS.get(*word)).flatten() {
        n_common[*language] += 1;
    }
    let n_words = f32::from(u16::try_from(words.len()).unwrap_or(u16::MAX));
    Some(LANGUAGES.iter().zip(n_common).map(|((code, _), n_common)| (*code, f32::from(n_common) / n_words)).collect())
}
