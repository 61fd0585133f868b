//! Lines of a text that change though nothing in it was rewritten. They are told by what they are made of, not by
//! where they stand, and each by a rule with a name; the words in the rules are those of languages, not of sites.
//!
//! The rules are narrow, since a line that they take is not looked at at all: a change in it is missed. They are not for
//! taking the article out of the page, which has happened before, but for what slips through.

use crate::dates;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boilerplate {
    /// When it was published or changed: `Updated 5 minutes ago`.
    Time,
    /// How many have read, shared or discussed it: `1,204 people are reading this`.
    Audience,
    /// Which other article to read: `See also: The harbour reopens`.
    Pointer,
    /// A word that stands over an advertisement or under a text that goes on: `Advertisement`.
    Label,
}

/// Longest line about time. The longest real ones name two dates with their hours and zones.
const TIME_WORDS_MAX: usize = 24;

/// Most other words in a line about time that says so, such as the name of who changed it.
const TIME_OTHER_WORDS_MAX: usize = 3;

/// Most of them before it says so, such as `Story`. With more it is a sentence that has been updated.
const TIME_OTHER_WORDS_BEFORE_MAX: usize = 1;

/// Longest line about readers.
const AUDIENCE_WORDS_MAX: usize = 9;

/// Most other words in it.
const AUDIENCE_OTHER_WORDS_MAX: usize = 4;

/// Longest pointer: a headline, with what stands before it.
const POINTER_WORDS_MAX: usize = 40;

/// A line that is longer in bytes is text, whatever its words.
const LINE_BYTES_MAX: usize = 500;

/// Words that say that a time is that of the text. A star stands for any ending.
const CHANGED_WORDS: &str = "update updated updates updating published publish posted modified revised corrected edited \
    aktualisiert* aktualisierung stand veröffentlicht geändert erstellt publié* mis mise jour modifié* actualisé* \
    actualizad* actualización publicad* modificad* aggiornat* aggiornamento pubblicat* atualizad* atualização \
    bijgewerkt gepubliceerd gewijzigd uppdaterad* oppdatert opdateret publicerad* publisert udgivet päivitetty julkaistu \
    aktualizováno aktualizace aktualizacja aktualizováno zaktualizowano opublikowano publikacja обновлено обновлён \
    опубликовано оновлено опубліковано ενημέρωση δημοσίευση güncelleme güncellendi yayınlanma تحديث تحديثه تحديثها نشر \
    النشر अपडेट अपडेटेड प्रकाशित 업데이트 수정 입력 등록 diperbarui";

/// The same in scripts without blanks, as they stand.
const CHANGED_SIGNS: [&str; 9] = ["最終更新", "更新", "公開", "配信", "掲載", "发布", "發布", "发表", "อัปเดต"];

/// Words that stand with times: units, parts of the day, zones, weekdays, and what joins them.
const TIME_WORDS: &str = "second seconds sec minute minutes min mins hour hours hr hrs h day days week weeks month months \
    year years ago just now today yesterday am pm a.m p.m gmt utc bst cet cest est edt et pst pdt msk ist t z at on in \
    of the as last first time by um am im vor zuletzt uhr der den vom sekunden minuten minute stunde stunden tag \
    tagen tage heute gestern il y a à le la les dernière minutes heure heures jour jours hier aujourd hui hace el las \
    los última último segundos minutos hora horas día días hoy ayer fa ore ora minuti giorni oggi ieri alle del \
    há às em dia dias hoje ontem última geleden om op uur minuten dag dagen vandaag gisteren laatst för sedan kl \
    minuter timmar timme idag igår siden i dag minutter timer sitten klo tänään temu godz godzin minut dziś wczoraj \
    назад в минут минуты минуту час часа часов сегодня вчера года г ч мин önce dakika saat bugün dün son آخر منذ قبل \
    دقيقة دقائق دقيقه ساعة ساعات اليوم أمس في الساعة تم मिनट घंटे पहले 전 분 시간 오늘 오전 오후 \
    mon monday tue tues tuesday wed wednesday thu thurs thursday fri friday sat saturday sun sunday montag dienstag \
    mittwoch donnerstag freitag samstag sonnabend sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes \
    martes miércoles jueves viernes sábado domingo lunedì martedì mercoledì giovedì venerdì sabato domenica segunda \
    terça quarta quinta sexta feira de do понедельник вторник среда четверг пятница суббота воскресенье";

/// The same in scripts without blanks.
const TIME_SIGNS: &str = "年月日時时分秒前午後后上下曜火水木金土週周小";

/// Units of time, and what stands for `ago`: with a number they are a time.
const UNITS: &str = "pm p.m a.m uhr sec* min minute* minut* mins hour* hr hrs day days week weeks stunde* tag tage tagen heure* jour* \
    segundo* hora horas día días ore ora giorni dias uur dag* timmar timme timer минут* час* dakika saat دقيقة دقائق \
    ساعة ساعات मिनट घंटे";

/// Words for readers and what they do.
const AUDIENCE_WORDS: &str = "read reads reading reader* views viewed viewer* watching comment comments shares \
    shared likes visitor* click clicks gelesen leser leserinnen lesezeit lesedauer aufruf* kommentar* geteilt lecture lectures \
    lecteur* lu vue vues commentaire* partage* lectura lecturas lector* leído visita* comentario* compartid* lettura \
    letture lettori letto commenti commento condivision* visualizzazion* leitura* leitor* comentário* visualizaç* \
    lezer* reactie* gelezen leestijd läsare lästid kommentarer lesere visninger просмотр* комментари* читател* прочит* \
    чтени* okunma yorum yorumlar قراءة مشاهدة مشاهدات تعليق تعليقات قارئ 조회 조회수 댓글 komentarz* odsłon* komentář* \
    tykkäystä kommenttia";

/// The same in scripts without blanks.
const AUDIENCE_SIGNS: [&str; 9] = ["閲覧", "コメント", "人が読", "シェア", "いいね", "阅读", "评论", "浏览", "點閱"];

/// How a pointer to another article begins.
const POINTERS: [&str; 48] = [
    "trending",
    "weiterlesen",
    "also read",
    "read also",
    "read more",
    "read next",
    "read on",
    "see also",
    "more on this",
    "more on this story",
    "related",
    "related article",
    "related articles",
    "related stories",
    "related topics",
    "recommended",
    "most read",
    "mehr zum thema",
    "mehr dazu",
    "lesen sie auch",
    "lesen sie mehr",
    "auch interessant",
    "siehe auch",
    "à lire aussi",
    "lire aussi",
    "à lire également",
    "sur le même sujet",
    "lee también",
    "lea también",
    "te puede interesar",
    "más información",
    "leggi anche",
    "leia também",
    "leia mais",
    "veja também",
    "lees ook",
    "läs också",
    "läs mer",
    "les også",
    "læs også",
    "czytaj także",
    "zobacz też",
    "читайте также",
    "читать также",
    "ayrıca okuyun",
    "اقرأ أيضا",
    "اقرأ أيضًا",
    "यह भी पढ़ें",
];

/// The same in scripts without blanks.
const POINTER_SIGNS: [&str; 7] =
    ["関連記事", "あわせて読みたい", "こちらも", "相关阅读", "相关新闻", "延伸阅读", "相關新聞"];

/// Lines of one word or two that are never a text.
const LABELS: [&str; 16] = [
    "advertisement",
    "advertising",
    "sponsored",
    "anzeige",
    "werbung",
    "publicité",
    "publicidad",
    "pubblicità",
    "publicidade",
    "advertentie",
    "annons",
    "reklama",
    "реклама",
    "reklam",
    "إعلان",
    "広告",
];

/// Hands over what of a paragraph is no boilerplate: parts between bars and dots are looked at one by one, and so is what
/// stands in brackets.
pub(super) fn without_boilerplate(paragraph: &str, mut keep: impl FnMut(&str)) {
    if kind_of(paragraph).is_some() {
        return;
    }
    for part in paragraph.split(['|', '·', '•', '｜']) {
        if kind_of(part).is_none() {
            let part = without_time_at_ends(part);
            outside_brackets(part, |group| kind_of(group).is_some(), &mut keep);
        }
    }
}

/// A text without the time that stands before its first dash, and the one that is its last sentence.
fn without_time_at_ends(text: &str) -> &str {
    let is_time = |part: &str| kind_of(part) == Some(Boilerplate::Time);
    let head = [" – ", " — ", " - "].iter().filter_map(|dash| text.split_once(dash)).min_by_key(|(head, _)| head.len());
    let text = head.filter(|(head, _)| is_time(head)).map_or(text, |(_, rest)| rest);
    text.rsplit_once(". ").filter(|(_, last)| is_time(last)).map_or(text, |(rest, _)| rest)
}

/// Hands over what of a headline is no label in brackets that says that the text was changed.
pub(super) fn without_labels(title: &str, mut keep: impl FnMut(&str)) {
    outside_brackets(title, is_change_label, &mut keep);
}

/// Hands over a text without those groups in brackets that are to be left out.
fn outside_brackets(text: &str, is_left_out: impl Fn(&str) -> bool, keep: &mut impl FnMut(&str)) {
    let mut rest = text;
    let mut kept_from = 0;
    let mut at = 0;
    while let Some(open) = rest.find(['(', '[', '（', '［']) {
        let Some(close) = rest[open..].find([')', ']', '）', '］']).map(|close| open + close) else {
            break;
        };
        let inside_from = open + rest[open..].chars().next().map_or(1, char::len_utf8);
        let after = close + rest[close..].chars().next().map_or(1, char::len_utf8);
        if is_left_out(&rest[inside_from..close]) {
            keep(&text[kept_from..at + open]);
            kept_from = at + after;
        }
        at += after;
        rest = &text[at..];
    }
    keep(&text[kept_from..]);
}

/// What a line is, if it is boilerplate.
#[must_use]
pub fn kind_of(line: &str) -> Option<Boilerplate> {
    let line = line.trim();
    if line.len() > LINE_BYTES_MAX || line.is_empty() {
        return None;
    }
    let lower = line.to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
    if LABELS.contains(&bare) {
        return Some(Boilerplate::Label);
    }
    if is_pointer(&lower) {
        return Some(Boilerplate::Pointer);
    }
    if lower.split_whitespace().count() > TIME_WORDS_MAX {
        return None;
    }
    let words = Words::of(&lower);
    if words.is_time() {
        return Some(Boilerplate::Time);
    }
    words.is_audience(&lower).then_some(Boilerplate::Audience)
}

/// `See also`, then a mark, then anything; or that alone.
fn is_pointer(lower: &str) -> bool {
    let start = lower.trim_start_matches(|c: char| !c.is_alphanumeric());
    let ends_phrase = |rest: &str| {
        let rest = rest.trim_start();
        rest.is_empty() || rest.starts_with([':', '：', '»', '›', '>', '|', '–', '—', '→', '…', '】', '」'])
    };
    let is_begun = POINTERS.iter().map(|phrase| (phrase, true)).chain(POINTER_SIGNS.iter().map(|sign| (sign, false)));
    let mut begun = is_begun.filter_map(|(phrase, _)| start.strip_prefix(phrase));
    begun.any(ends_phrase) && lower.split_whitespace().count() <= POINTER_WORDS_MAX
}

/// `updated`, and nothing else but times.
fn is_change_label(group: &str) -> bool {
    let words = Words::of(&group.to_lowercase());
    words.says_change && words.n_other == 0
}

/// What the words of a line are.
#[derive(Default)]
struct Words {
    n_in_all: usize,
    n_numbers: usize,
    /// Words of no kind.
    n_other: usize,
    /// Of them those before the first word that speaks of a change.
    n_other_before: usize,
    /// Words of readers.
    n_audience: usize,
    says_change: bool,
    has_time: bool,
}

impl Words {
    fn of(lower: &str) -> Words {
        let mut words = Words::default();
        let mut text = lower.to_owned();
        for sign in CHANGED_SIGNS {
            if text.contains(sign) {
                words.says_change = true;
                text = text.replace(sign, " ");
            }
        }
        let tokens: Vec<&str> = text
            .split(|c: char| !c.is_alphanumeric() && !matches!(c, ':' | '.' | ',' | '/' | '\u{94d}'))
            .map(|token| token.trim_matches([':', '.', ',', '/']))
            .filter(|token| !token.is_empty())
            .collect();
        let mut has_unit = false;
        let mut has_month = false;
        for token in tokens {
            words.n_in_all += 1;
            if token.contains(|c: char| c.is_numeric()) {
                words.n_numbers += 1;
                words.has_time |= is_clock_or_day(token);
                // `5min`, `14h05`, `5分前`.
                let letters = token.trim_matches(|c: char| c.is_numeric() || matches!(c, ':' | '.' | ',' | '/'));
                let is_unspaced_time = token.chars().any(|c| TIME_SIGNS.contains(c));
                has_unit |= !letters.is_empty() && is_one_of(letters, UNITS) || is_unspaced_time;
                let is_plain = letters.is_empty() || is_one_of(letters, TIME_WORDS);
                if !is_plain && token.chars().any(|c| c.is_alphabetic() && !TIME_SIGNS.contains(c)) {
                    words.n_other += 1;
                }
            } else if dates::names_month(token) {
                has_month = true;
            } else {
                has_unit |= is_one_of(token, UNITS);
                if is_one_of(token, CHANGED_WORDS) {
                    if !words.says_change {
                        words.n_other_before = words.n_other;
                    }
                    words.says_change = true;
                } else if token.chars().all(|c| TIME_SIGNS.contains(c)) || is_one_of(token, TIME_WORDS) {
                    // It belongs to a time, and says nothing alone.
                } else {
                    words.n_other += 1;
                }
                if is_one_of(token, AUDIENCE_WORDS) {
                    words.n_audience += 1;
                }
            }
        }
        words.has_time |= words.n_numbers > 0 && (has_unit || has_month);
        words
    }

    /// A time alone, or one that is said to be that of the text.
    fn is_time(&self) -> bool {
        let others_max = if self.says_change { TIME_OTHER_WORDS_MAX } else { 0 };
        let is_begun = self.n_other_before <= TIME_OTHER_WORDS_BEFORE_MAX;
        self.has_time && is_begun && self.n_in_all <= TIME_WORDS_MAX && self.n_other <= others_max
            || self.says_change && self.n_other == 0
    }

    fn is_audience(&self, lower: &str) -> bool {
        let n_signs = AUDIENCE_SIGNS.iter().filter(|sign| lower.contains(*sign)).count();
        // In scripts without blanks a line is a word or two.
        let is_short = if n_signs > 0 { lower.chars().count() <= 24 } else { self.n_in_all <= AUDIENCE_WORDS_MAX };
        let n_other = self.n_other.saturating_sub(self.n_audience);
        self.n_numbers > 0 && (self.n_audience > 0 || n_signs > 0) && is_short && n_other <= AUDIENCE_OTHER_WORDS_MAX
    }
}

/// Whether a number is a time of day or a day: `14:05`, `14.05`, `20.11.2026`, `2026-11-20` by its parts, `14h05`.
fn is_clock_or_day(token: &str) -> bool {
    let parts: Vec<&str> = token.split([':', '.', '/', 'h']).collect();
    let numbers: Vec<u32> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    let is_whole = numbers.len() == parts.len();
    match numbers.as_slice() {
        [hour, minute] | [hour, minute, _] if is_whole && !token.contains('/') && !token.contains('.') => {
            *hour < 24 && *minute < 60 && parts[1].len() == 2
        }
        [day, month, year] if is_whole => {
            (1..=31).contains(day) && (1..=31).contains(month) && *year < 2200
                || (1900..2200).contains(day) && (1..=12).contains(month) && (1..=31).contains(year)
        }
        [year] if is_whole => parts.len() == 1 && (1990..2100).contains(year),
        _ => false,
    }
}

/// Whether a list has a word, or its beginning where the list has a star.
fn is_one_of(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| match listed.strip_suffix('*') {
        Some(beginning) => word.starts_with(beginning),
        None => word == listed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: Option<Boilerplate>, lines: &[&str]) {
        for line in lines {
            assert_eq!(kind_of(line), expected, "{line}");
        }
    }

    #[test]
    fn times_of_the_text_are_told() {
        check(
            Some(Boilerplate::Time),
            &[
                "Updated 5 minutes ago",
                "Last updated: Friday, 20 November 2026, 14:05 GMT",
                "Updated at 2.05 p.m. by Anna Berg",
                "Published 20/11/2026 – updated 21/11/2026",
                "Stand: 14:05 Uhr",
                "Aktualisiert am 20.11.2026 um 14:05 Uhr",
                "vor 5 Minuten",
                "Mis à jour le 20 novembre 2026 à 14h05",
                "il y a 12 minutes",
                "Actualizado hace 3 horas",
                "Обновлено: 20 ноября 2026, 14:05",
                "2026年11月20日 14時05分 更新",
                "最終更新：5分前",
                "14:05",
                "Just updated",
                "2026-11-20 14:05",
            ],
        );
    }

    #[test]
    fn audiences_and_pointers_are_told() {
        check(
            Some(Boilerplate::Audience),
            &[
                "1,204 people are reading this",
                "Comments (34)",
                "5 min read · 2,310 views",
                "3.412 Aufrufe",
                "Lesezeit: 4 Minuten",
                "Lu 3 412 fois",
                "閲覧数 1,234",
            ],
        );
        check(
            Some(Boilerplate::Pointer),
            &["See also: The harbour reopens", "Lesen Sie auch: Hafen wieder offen", "関連記事：港が再開", "Related"],
        );
        check(Some(Boilerplate::Label), &["Advertisement", "- ANZEIGE -"]);
    }

    #[test]
    fn what_stands_around_boilerplate_is_kept() {
        let check = |paragraph: &str, expected: &str| {
            let mut kept = String::new();
            without_boilerplate(paragraph, |part| kept.push_str(part));
            assert_eq!(kept, expected);
        };
        check("Stand: 14:05 Uhr – Die Brücke bleibt zu.", "Die Brücke bleibt zu.");
        check("The bridge is closed. Updated at 14:05", "The bridge is closed");
        check("The old town bridge (updated 14:05) is shut", "The old town bridge  is shut");
        check("By Anna Berg in Selsey | 20 November 2026 | 5 min read", "By Anna Berg in Selsey ");
        check(
            "He left on Monday – at 14:05 – for Rome. It rained.",
            "He left on Monday – at 14:05 – for Rome. It rained.",
        );
        check("Updated 5 minutes ago", "");
    }

    #[test]
    fn sentences_are_none() {
        check(
            None,
            &[
                "The match was played at 14:05 in heavy rain.",
                "The council updated its plan for 14 houses.",
                "Updated plan: 14 houses",
                "Rivertown 2, Hillside 1",
                "Forty people were reading when the lamp fell.",
                "Related documents were burnt on 20 November 2026, the court heard.",
                "The death toll is now 43.",
                "Am 20. November 2026 öffnet die Brücke wieder.",
                "“See you at 14:05,” he said.",
                "Stand der Arbeiten an der Brücke: 14 Pfeiler",
                "東京で20日、雨が降った。",
                "Kick-off: 14:05",
            ],
        );
    }
}
