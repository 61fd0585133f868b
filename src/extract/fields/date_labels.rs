//! What a page says of the dates that it shows: whether one is that of the publication or of the last change.

use crate::dates;

/// Beginnings of the words that announce the last change.
const CHANGED: [&str; 64] = [
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
];

/// Beginnings of the words that announce the publication.
const PUBLISHED: [&str; 56] = [
    "publi",
    "pubblic",
    "posted",
    "created",
    "released",
    "originally",
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
    "dodano",
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
];

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
}

impl Label {
    /// What the words say that stand before a date: the nearest of them counts.
    pub(super) fn of(before: &str) -> Label {
        let n_characters = before.chars().count();
        let nearest: String = before.chars().skip(n_characters.saturating_sub(LABEL_CHARACTERS_MAX)).collect();
        // What stands before another date is about that one.
        let nearest = nearest.rsplit(|c: char| dates::digit(c).is_some()).next().unwrap_or_default().to_lowercase();
        let last = |words: &[&str]| words.iter().filter_map(|word| nearest.rfind(word)).max();
        match (last(&PUBLISHED), last(&CHANGED)) {
            (None, None) => Label::None,
            (published, changed) if published > changed => Label::Published,
            _ => Label::Changed,
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

/// The dates in a text, each with what it is said to be. `before` is what stands in front of the text.
pub(super) fn labelled_dates<'t>(before: &str, text: &'t str) -> Vec<(Label, &'t str)> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some((at, date)) = dates::find(&text[start..]).and_then(|date| Some((text[start..].find(date)?, date))) {
        let at = start + at;
        let words = if at == 0 { before } else { &text[..at] };
        found.push((Label::of(words), date));
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
        check("no date", &[]);
    }

    #[test]
    fn names_of_elements_say_it_too() {
        assert_eq!(Label::of_names("entry-date published updated"), Label::Published);
        assert_eq!(Label::of_names("article-dateModified"), Label::Changed);
        assert_eq!(Label::of_names("meta date"), Label::None);
    }
}
