//! What a page says of the dates that it shows: whether one is that of the publication or of the last change.

use crate::dates;

/// Beginnings of the words that announce the last change.
const CHANGED: [&str; 86] = [
    "updat",
    "modif",
    "revis",
    "review",
    "edited",
    "correct",
    "aktualis",
    "stand:",
    "stand ",
    "geändert",
    "zuletzt",
    "actuali",
    "mis à jour",
    "mise à jour",
    "màj",
    "atualiz",
    "alterad",
    "aggiorn",
    "bijgewerkt",
    "gewijzigd",
    "uppdatera",
    "ändrad",
    "opdater",
    "oppdater",
    "endret",
    "päivitetty",
    "muokattu",
    "aktualiz",
    "zmodyf",
    "upraven",
    "frissít",
    "módosít",
    "ažurir",
    "posodobljeno",
    "промен",
    "обновл",
    "измен",
    "оновлен",
    "змінен",
    "ажурир",
    "абноўлен",
    "ενημέρωση",
    "ενημερώθηκε",
    "güncelle",
    "yeniləndi",
    "uuendatud",
    "muudetud",
    "atjaunots",
    "atnaujinta",
    "تحديث",
    "بروزرسانی",
    "به‌روز",
    "עודכן",
    "עדכון",
    "更新",
    "修改",
    "最終",
    "수정",
    "업데이트",
    "cập nhật",
    "diperbarui",
    "kemas kini",
    "อัปเดต",
    "अपडेट",
    "zmian",
    "izmjen",
    "izmen",
    "änderung",
    "überarbeit",
    "berichtigt",
    "последн",
    "آپدیت",
    "ویرایش",
    "আপডেট",
    "புதுப்பி",
    "sửa ",
    "terakhir",
    "eguneratu",
    "diweddar",
    "ndryshuar",
    "last edit",
    "changed",
    "amended",
    "修訂",
    "修订",
    "改訂",
];

/// Beginnings of the words that announce the publication.
const PUBLISHED: [&str; 94] = [
    "publi",
    "pubblic",
    "posted",
    "created",
    "released",
    "original",
    "first ",
    "entered",
    "veröffentlich",
    "erstellt",
    "erschienen",
    "paru ",
    "posté",
    "creado",
    "criado",
    "inserito",
    "geplaatst",
    "gepubliceerd",
    "publicera",
    "udgivet",
    "oprettet",
    "publisert",
    "julkaistu",
    "opublik",
    "publikov",
    "zveřejn",
    "vydáno",
    "megjelen",
    "közzé",
    "objav",
    "опублик",
    "публик",
    "создан",
    "опублік",
    "створен",
    "објав",
    "δημοσι",
    "yayın",
    "oluşturul",
    "avaldatud",
    "publicēts",
    "paskelbta",
    "نشر",
    "منتشر",
    "פורסם",
    "发布",
    "發布",
    "发表",
    "公開",
    "配信",
    "掲載",
    "입력",
    "등록",
    "đăng",
    "diterbitkan",
    "létrehoz",
    "felkerült",
    "eingestellt",
    "online seit",
    "erscheinung",
    "mis en ligne",
    "mise en ligne",
    "rédigé",
    "размещ",
    "добавлен",
    "giriş",
    "eklen",
    "投稿",
    "発行",
    "公开",
    "发行",
    "發佈",
    "승인",
    "작성",
    "송고",
    "발행",
    "xuất bản",
    "dipublikasi",
    "dipos",
    "tayang",
    "skapad",
    "upplagd",
    "lagt ut",
    "filed",
    "added",
    "uploaded",
    "issued",
    "प्रकाशित",
    "প্রকাশ",
    "வெளியிட",
    "adăugat",
    "postat",
    "postad",
    "dodan",
];

/// Words that announce the date of something else: of an event, a term, a picture, a life.
const OTHERS: [&str; 63] = [
    "event date",
    "when:",
    "wann:",
    "termin:",
    "deadline",
    "until ",
    "bis zum ",
    "jusqu'au",
    "jusqu’au",
    "hasta el",
    "fino al",
    "valid ",
    "gültig",
    "expire",
    "ends on",
    "starts",
    "begins",
    "scheduled",
    "tickets",
    "opening hours",
    "accessed",
    "retrieved",
    "abgerufen",
    "consulté",
    "born ",
    "born:",
    "exhibition",
    "ausstellung",
    "est. ",
    "established",
    "gegründet",
    "fondé",
    "since ",
    "seit ",
    "depuis ",
    "desde ",
    "geboren",
    "died ",
    "gestorben",
    "founded",
    "built:",
    "member since",
    "joined",
    "copyright",
    "©",
    "photo:",
    "foto:",
    "first printed",
    "first issue",
    "in print",
    "printed since",
    "erstausgabe",
    "fundado",
    "fundada",
    "fundat",
    "fondato",
    "fondata",
    "fondée",
    "opgericht",
    "grundat",
    "grundlagt",
    "основан",
    "online since",
];

/// Year from which on pages were written. What is older and not said to be the publication is told of: a birth, a foundation.
const FIRST_YEAR: i16 = 1990;

/// Characters before a date that may announce it.
const LABEL_CHARACTERS_MAX: usize = 48;

/// Most dates taken from one text.
const DATES_MAX: usize = 4;

/// What a date is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    Published,
    None,
    Changed,
    /// Of something else than the article.
    Other,
}

impl Label {
    /// What the words say that stand before a date: the nearest of them counts.
    pub(super) fn of(before: &str) -> Label {
        let n_characters = before.chars().count();
        let nearest: String = before.chars().skip(n_characters.saturating_sub(LABEL_CHARACTERS_MAX)).collect();
        // What stands before another date is about that one.
        let nearest = nearest.rsplit(|c: char| dates::digit(c).is_some()).next().unwrap_or_default().to_lowercase();
        // Between most dates and what stands before them are blanks and marks alone.
        if !nearest.chars().any(|c| c.is_alphabetic() || c == '©') {
            return Label::None;
        }
        let last = |words: &[&str]| words.iter().filter_map(|word| nearest.rfind(word)).max();
        match (last(&PUBLISHED), last(&CHANGED), last(&OTHERS)) {
            // "First printed" begins as "first published" does.
            (published, changed, other) if other.is_some() && other >= published.max(changed) => Label::Other,
            (None, None, _) => Label::None,
            (published, changed, _) if published > changed => Label::Published,
            _ => Label::Changed,
        }
    }

    /// What a text that stands behind a date says of it in its first word, in brackets or not.
    fn of_beginning(behind: &str) -> Label {
        let word = behind.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '(' | '（' | '[' | 'に'));
        let word = word.to_lowercase();
        let begins = |words: &[&str]| words.iter().any(|known| word.starts_with(known));
        match (begins(&PUBLISHED), begins(&CHANGED)) {
            (true, _) => Label::Published,
            (_, true) => Label::Changed,
            _ => Label::None,
        }
    }

    /// What the names of an element say that holds a date. Some call it both.
    pub(super) fn of_names(names: &str) -> Label {
        let names = names.to_ascii_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| names.contains(part));
        match (has(&["publish", "posted", "created"]), has(&["updat", "modif"])) {
            (true, _) => Label::Published,
            (false, true) => Label::Changed,
            (false, false) => Label::None,
        }
    }
}

/// The dates in a text that are not said to be of something else, each with what it is said to be. `before` is what
/// stands in front of the text. East Asia writes it behind the date, too.
pub(super) fn labelled_dates<'t>(before: &str, text: &'t str) -> Vec<(Label, &'t str)> {
    let mut found = dates_with_words_before(before, text);
    if found.first().is_some_and(|(label, _)| *label == Label::None)
        && let Some((_, last)) = found.last()
        && let Some((_, behind_last)) = text.rsplit_once(last)
        && Label::of_beginning(behind_last) != Label::None
    {
        let mut rest = text;
        for (label, date) in &mut found {
            rest = rest.split_once(*date).map_or(rest, |(_, behind)| behind);
            *label = Label::of_beginning(rest);
        }
    }
    found.retain(|(label, date)| *label != Label::Other && !(*label == Label::None && is_before_the_web(date)));
    found
}

fn is_before_the_web(date: &str) -> bool {
    dates::read(date).is_some_and(|date| date.instant.to_zoned(jiff::tz::TimeZone::UTC).year() < FIRST_YEAR)
}

/// Whether nothing but the mark of a stretch of time stands between two dates: an exhibition, a life.
fn is_stretch(between: &str) -> bool {
    matches!(between.trim(), "-" | "–" | "—" | "to" | "bis" | "au" | "al" | "до")
}

fn dates_with_words_before<'t>(before: &str, text: &'t str) -> Vec<(Label, &'t str)> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some((at, date)) = dates::find(&text[start..]).and_then(|date| Some((text[start..].find(date)?, date))) {
        let at = start + at;
        let words = if at == 0 { before } else { &text[..at] };
        let label = Label::of(words);
        match found.last_mut() {
            Some((first, _))
                if matches!(first, Label::None | Label::Other)
                    && label == Label::None
                    && is_stretch(&text[start..at]) =>
            {
                *first = Label::Other;
                found.push((Label::Other, date));
            }
            _ => found.push((label, date)),
        }
        start = at + date.len();
        if found.len() == DATES_MAX {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_what_the_words_before_them_say() {
        let check = |text: &str, expected: &[(Label, &str)]| assert_eq!(labelled_dates("", text), expected, "{text}");
        let (published, changed) = (Label::Published, Label::Changed);
        check(
            "Last updated: 3 May 2026 08:15 | First published: 1 May 2026 17:02",
            &[(changed, "3 May 2026 08:15"), (published, "1 May 2026 17:02")],
        );
        check("Stand: 3.5.2026, 9:12 Uhr", &[(changed, "3.5.2026, 9:12 Uhr")]);
        check(
            "Publié le 3 mai 2026 à 8h15, mis à jour le 4 mai 2026",
            &[(published, "3 mai 2026 à 8h15"), (changed, "4 mai 2026")],
        );
        check(
            "입력 2026.05.03 06:30 수정 2026.05.04 09:10",
            &[(published, "2026.05.03 06:30"), (changed, "2026.05.04 09:10")],
        );
        check("5 min read | May 14, 2016", &[(Label::None, "May 14, 2016")]);
        check(
            "Letzte Änderung: 04.05.2026 Veröffentlicht: 02.05.2026",
            &[(changed, "04.05.2026"), (published, "02.05.2026")],
        );
        check("2026年5月4日 更新 2026年5月2日 公開", &[(changed, "2026年5月4日"), (published, "2026年5月2日")]);
        check("2026年5月4日更新", &[(changed, "2026年5月4日")]);
        check("May 4, 2026 (updated)", &[(changed, "May 4, 2026")]);
        check("Original: May 2, 2026", &[(published, "May 2, 2026")]);
        check("2026年5月2日 更新：2026年5月4日", &[(Label::None, "2026年5月2日"), (changed, "2026年5月4日")]);
        check("no date", &[]);
        for other in [
            "When: ",
            "Valid until ",
            "Termin: ",
            "Accessed ",
            "Born ",
            "Photo: Ben Okri, ",
            "© ",
            "© 2019 Quay Post. First printed ",
            "Fondato nel ",
        ] {
            check(&format!("{other}3 May 2026"), &[]);
        }
        check("Valid until 9 May 2026. Published 3 May 2026", &[(published, "3 May 2026")]);
    }

    #[test]
    fn names_of_elements_say_it_too() {
        assert_eq!(Label::of_names("entry-date published updated"), Label::Published);
        assert_eq!(Label::of_names("article-dateModified"), Label::Changed);
        assert_eq!(Label::of_names("meta date"), Label::None);
    }
}
