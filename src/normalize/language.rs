//! Which language a text is in.

use whatlang::Lang;

use super::alphabets;
use super::function_words;

/// Characters of the body that the detector reads: enough to be sure, little enough to be quick.
const DETECTION_CHARACTERS: usize = 500;

/// Shorter texts are too easily mistaken; the declared language counts.
const DETECTION_CHARACTERS_MIN: usize = 120;

/// Languages that the detector mistakes for one another. Within a group the page's own word counts.
const CONFUSABLE: &[&[&str]] = &[
    &["da", "nb", "no", "nn", "sv"],
    &["hr", "sr", "bs", "sl"],
    &["cs", "sk"],
    &["ru", "uk", "be", "bg", "mk"],
    &["es", "pt", "ca", "gl"],
    &["id", "ms", "jv"],
    &["hi", "mr", "ne"],
    &["ar", "fa", "ur", "ps"],
    &["nl", "af"],
    &["tr", "az"],
    &["zh", "yue"],
];

/// The language of a text as an ISO 639-1 code (639-3 where there is none), from what the page declares and from what
/// the words say. The words win when they are many and clear, since templates often declare another language than
/// the article is in. The detector does not know all languages and takes a text in another for one that it knows: a
/// declared language that it does not know stays, unless the commonest words of the text are of the one that it found, or
/// the script is one in which the declared language is not written. A text that plainly has the commonest words of the declared
/// language is not shown to the detector: that takes as long as all else that is done to read an article.
#[must_use]
pub fn language_of(text: &str, declared: Option<&str>) -> Option<String> {
    let sample = beginning(text);
    let declared =
        declared.and_then(primary_subtag).filter(|declared| alphabets::may_be_in_script_of(declared, sample));
    if let Some(spelled) = alphabets::by_letters(sample) {
        let is_akin = declared.as_deref().is_some_and(alphabets::has_letters_beyond_slavic);
        return declared.filter(|_| is_akin).or(Some(spelled.to_owned()));
    }
    if declared.is_some() && declared.as_deref() == function_words::language_of(sample) {
        return declared;
    }
    let detected = detect(text);
    match (declared, detected) {
        (Some(declared), Some(detected)) if are_confusable(&declared, detected) => Some(declared),
        (Some(declared), Some(detected)) if !is_known(&declared) => {
            let is_wrong = has_own_script(detected)
                || function_words::speaks_rather(sample, detected, &declared)
                || function_words::lacks(sample, &declared);
            Some(if is_wrong { detected.to_owned() } else { declared })
        }
        (Some(declared), None) => {
            let spoken = function_words::language_of(sample).filter(|spoken| !are_confusable(&declared, spoken));
            let is_wrong = function_words::lacks(sample, &declared);
            Some(spoken.filter(|_| is_wrong).map_or(declared, str::to_owned))
        }
        (_, detected) => {
            let spoken = function_words::language_of(sample).filter(|spoken| detected.is_none() || !is_known(spoken));
            spoken.or(detected).map(str::to_owned)
        }
    }
}

/// Whether the detector knows a language by its code.
fn is_known(code: &str) -> bool {
    Lang::all().iter().any(|lang| short_code(lang.code()).unwrap_or(lang.code()) == code)
}

/// Whether a language is told by its script alone.
fn has_own_script(code: &str) -> bool {
    ["ja", "ko", "th", "el", "he", "ka", "zh"].contains(&code)
}

fn beginning(text: &str) -> &str {
    let end = text.char_indices().nth(DETECTION_CHARACTERS).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// The language part of a tag (BCP 47) such as `en-US` or `zh_Hant_TW`.
fn primary_subtag(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_', ',', ';', ' ']).next()?.to_ascii_lowercase();
    let is_code = (2..=3).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_lowercase());
    if !is_code || primary == "und" {
        return None;
    }
    Some(short_code(&primary).map_or(primary, str::to_owned))
}

/// Whether a text is a tag of a language (BCP 47) as far as we read one, or says that the language is not known: what is none is as good as
/// nothing to [`language_of`].
#[must_use]
pub fn is_tag(text: &str) -> bool {
    primary_subtag(text).is_some() || text.trim().eq_ignore_ascii_case("und")
}

fn detect(text: &str) -> Option<&'static str> {
    let sample = beginning(text);
    let info = whatlang::detect(sample)?;
    // A script that one language alone uses needs no length.
    let is_long_enough = sample.chars().count() >= DETECTION_CHARACTERS_MIN;
    let is_script_enough =
        matches!(info.lang(), Lang::Jpn | Lang::Kor | Lang::Tha | Lang::Ell | Lang::Heb | Lang::Kat | Lang::Cmn);
    if !(is_script_enough || is_long_enough && info.is_reliable()) {
        return None;
    }
    Some(short_code(info.lang().code()).unwrap_or_else(|| info.lang().code()))
}

fn are_confusable(left: &str, right: &str) -> bool {
    left == right || CONFUSABLE.iter().any(|group| group.contains(&left) && group.contains(&right))
}

/// ISO 639-3 to 639-1, for the languages that the detector knows.
fn short_code(code: &str) -> Option<&'static str> {
    const CODES: &[(&str, &str)] = &[
        ("afr", "af"),
        ("aka", "ak"),
        ("amh", "am"),
        ("ara", "ar"),
        ("aze", "az"),
        ("bel", "be"),
        ("ben", "bn"),
        ("bul", "bg"),
        ("cat", "ca"),
        ("ces", "cs"),
        ("cmn", "zh"),
        ("cym", "cy"),
        ("dan", "da"),
        ("deu", "de"),
        ("ell", "el"),
        ("eng", "en"),
        ("epo", "eo"),
        ("est", "et"),
        ("fin", "fi"),
        ("fra", "fr"),
        ("guj", "gu"),
        ("heb", "he"),
        ("hin", "hi"),
        ("hrv", "hr"),
        ("hun", "hu"),
        ("hye", "hy"),
        ("ind", "id"),
        ("ita", "it"),
        ("jav", "jv"),
        ("jpn", "ja"),
        ("kan", "kn"),
        ("kat", "ka"),
        ("khm", "km"),
        ("kor", "ko"),
        ("lat", "la"),
        ("lav", "lv"),
        ("lit", "lt"),
        ("mal", "ml"),
        ("mar", "mr"),
        ("mkd", "mk"),
        ("mya", "my"),
        ("nep", "ne"),
        ("nld", "nl"),
        ("nob", "nb"),
        ("ori", "or"),
        ("pan", "pa"),
        ("pes", "fa"),
        ("pol", "pl"),
        ("por", "pt"),
        ("ron", "ro"),
        ("rus", "ru"),
        ("sin", "si"),
        ("slk", "sk"),
        ("slv", "sl"),
        ("sna", "sn"),
        ("spa", "es"),
        ("srp", "sr"),
        ("swe", "sv"),
        ("tam", "ta"),
        ("tel", "te"),
        ("tgl", "tl"),
        ("tha", "th"),
        ("tuk", "tk"),
        ("tur", "tr"),
        ("ukr", "uk"),
        ("urd", "ur"),
        ("uzb", "uz"),
        ("vie", "vi"),
        ("yid", "yi"),
        ("zul", "zu"),
    ];
    CODES.iter().find(|(long, _)| *long == code).map(|(_, short)| *short)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPANISH: &str = "El ayuntamiento aprobó ayer por la noche el nuevo plan de transporte, que prevé más autobuses \
        nocturnos y una reducción de las tarifas para los estudiantes y los mayores de la ciudad.";

    #[test]
    fn the_words_win_over_a_wrong_declaration() {
        assert_eq!(language_of(SPANISH, Some("en-US")).as_deref(), Some("es"));
    }

    #[test]
    fn a_short_text_keeps_the_declaration() {
        assert_eq!(language_of("Plan aprobado", Some("en-GB")).as_deref(), Some("en"));
        assert_eq!(language_of("Plan aprobado", None), None);
    }

    #[test]
    fn close_relatives_are_left_to_the_page() {
        assert_eq!(language_of(SPANISH, Some("gl")).as_deref(), Some("gl"));
    }

    #[test]
    fn a_declared_language_that_the_detector_does_not_know_stays() {
        let check = |text: &str, declared: Option<&str>, expected: &str| {
            assert_eq!(language_of(text, declared).as_deref(), Some(expected), "{text}");
        };
        let icelandic = "Bæjarstjórnin samþykkti í gærkvöldi að kaupa gömlu mylluna við ána og breyta henni í bókasafn. \
            Það er mikið verk sem ekki var hægt að vinna fyrr, en nú hefur bærinn til þess fé og vilja.";
        let albanian = "Këshilli i qytetit vendosi mbrëmë të blejë mullirin e vjetër pranë lumit dhe ta kthejë në bibliotekë. \
            Është një punë e madhe që nuk mund të bëhej më parë, por tani ka para dhe dëshirë për ta bërë.";
        let mongolian = "Хотын зөвлөл өчигдөр орой голын эрэг дээр байгаа хуучин тээрмийг худалдан авч номын сан болгох юм гэж \
            мэдэгдлээ. Энэ нь их ажил бөгөөд өмнө нь хийх боломжгүй байсан боловч одоо мөнгө байна.";
        let swahili = "Baraza la mji limeamua jana jioni kununua kinu cha zamani kando ya mto na kukifanya kuwa maktaba ya \
            watoto. Kazi hiyo ni kubwa na haikuwezekana kabla ya sasa, kwa kuwa hakukuwa na fedha katika hazina ya mji.";
        for (text, code) in [(icelandic, "is"), (albanian, "sq"), (mongolian, "mn"), (swahili, "sw")] {
            check(text, Some(code), code);
            check(text, None, code);
        }
        let kazakh = "Қала кеңесі кеше кешке өзен жағасындағы ескі диірменді сатып алып, оны кітапханаға айналдыру туралы шешім \
            қабылдады. Бұл үлкен жұмыс, бұрын оған ақша жетпейтін, ал енді қаланың қаражаты да, ниеті де бар.";
        let kyrgyz = "Шаардык кеңеш кечээ кечинде дарыянын жээгиндеги эски тегирменди сатып алып, аны китепканага айландырууну \
            чечти. Бул чоң иш, мурда ага акча жетчү эмес, эми болсо шаардын каражаты да, каалоосу да бар.";
        let tajik = "Шӯрои шаҳр шоми дирӯз қарор кард, ки осиёби кӯҳнаи назди дарёро харида, онро ба китобхона табдил диҳад. Ин \
            кори бузург аст ва пеш барои он пул намерасид, аммо ҳоло шаҳр ҳам маблағ дорад ва ҳам хоҳиш.";
        for (text, code) in [(kazakh, "kk"), (kyrgyz, "ky"), (tajik, "tg"), (mongolian, "mn")] {
            check(text, Some(code), code);
            check(text, None, code);
            check(text, Some("ru"), code);
        }
        // Of relatives that are written with the same letters the page tells.
        check(kazakh, Some("tt"), "tt");
        check(icelandic, Some("en"), "is");
        let frisian = "De gemeenteried hat tiisdeitejûn besletten de âlde stau boppe de stêd op 'e nij te bouwen, dy't sûnt de \
            oerstreamings fan ôfrûne winter lekt en dêr't gjinien foar betelje woe. It wurk sil twa simmers duorje.";
        check(frisian, Some("fy"), "fy");
        // A template's language is not that of the text.
        check(SPANISH, Some("is"), "es");
        check("東京の天気は晴れです。明日は雨が降るでしょう。", Some("sq"), "ja");
        let russian = "Городской совет решил вчера вечером купить старую мельницу у реки и превратить её в библиотеку. Это \
            большая работа, на которую раньше не было денег, а теперь у города есть и средства, и желание.";
        let arabic = "قرر مجلس المدينة مساء أمس شراء الطاحونة القديمة على ضفة النهر وتحويلها إلى مكتبة، وهو عمل كبير لم يكن له مال \
            من قبل، أما الآن فلدى المدينة المال والرغبة في ذلك.";
        let hungarian = "A városi tanács tegnap este úgy döntött, hogy megveszi a folyóparti régi malmot, és könyvtárat csinál \
            belőle. Ez nagy munka, amelyre eddig nem volt pénz, de most van a városnak pénze is, kedve is hozzá.";
        for (text, code) in [(russian, "ru"), (arabic, "ar"), (hungarian, "hu")] {
            for declared in ["is", "sq", "sw"] {
                check(text, Some(declared), code);
            }
        }
        let sorani = "ئەنجومەنی شار دوێنێ ئێوارە بڕیاریدا ئاشە کۆنەکەی کەناری ڕووبارەکە بکڕێت و بیکات بە کتێبخانە.";
        assert_eq!(language_of(sorani, Some("en")), None);
        check(sorani, Some("ckb"), "ckb");
        let nynorsk = "Kommunestyret vedtok i går kveld å kjøpe den gamle mølla ved elva og gjere ho om til bibliotek. Det er eit \
            stort arbeid som ikkje kunne gjerast før, men no har kommunen pengar til det, og dei vil ikkje vente meir.";
        check(nynorsk, None, "nn");
        let bokmal = "Kommunestyret vedtok i går kveld å kjøpe den gamle møllen ved elven og gjøre den om til bibliotek. Det er et \
            stort arbeid som ikke kunne gjøres før, men nå har kommunen penger til det, og de vil ikke vente mer.";
        assert_ne!(language_of(bokmal, None).as_deref(), Some("nn"));
    }

    #[test]
    fn a_script_of_its_own_is_enough() {
        assert_eq!(language_of("東京の天気は晴れです", None).as_deref(), Some("ja"));
    }

    #[test]
    fn tags_are_read_to_their_language() {
        assert_eq!(primary_subtag("zh_Hant-TW").as_deref(), Some("zh"));
        assert_eq!(primary_subtag("deu").as_deref(), Some("de"));
        assert_eq!(primary_subtag("english"), None);
    }
}
