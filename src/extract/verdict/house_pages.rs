//! Pages on which a site tells of itself, and not of what happened: told by a headline that is nothing but their name.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::super::text::key;

/// Names of such pages, in the languages of many sites; only letters and digits count.
const NAMES: &str = "\
privacy policy; privacy notice; privacy statement; cookie policy; cookies policy; cookie notice; terms of use; terms of service; \
terms and conditions; terms & conditions; legal notice; imprint; about us; contact us; accessibility statement; \
do not sell my personal information; advertise with us; \
impressum; datenschutz; datenschutzerklärung; datenschutzhinweise; nutzungsbedingungen; agb; über uns; kontakt; \
mentions légales; politique de confidentialité; conditions générales d'utilisation; cgu; qui sommes-nous; à propos; \
aviso legal; política de privacidad; política de cookies; términos y condiciones; condiciones de uso; quiénes somos; contacto; \
política de privacidade; termos de uso; termos e condições; quem somos; \
informativa sulla privacy; privacy e cookie policy; note legali; chi siamo; \
privacybeleid; privacyverklaring; cookiebeleid; gebruiksvoorwaarden; over ons; \
integritetspolicy; personuppgiftspolicy; om oss; kontakta oss; personvern; personvernerklæring; privatlivspolitik; om os; \
tietosuojaseloste; meistä; polityka prywatności; o nas; zásady ochrany osobních údajů; o nás; \
adatvédelmi tájékoztató; rólunk; politica de confidențialitate; despre noi; πολιτική απορρήτου; όροι χρήσης; \
gizlilik politikası; hakkımızda; künye; политика конфиденциальности; пользовательское соглашение; о нас; \
політика конфіденційності; про нас; プライバシーポリシー; 利用規約; 会社概要; お問い合わせ; 隐私政策; 关于我们; 联系我们; \
隱私權政策; 關於我們; 聯絡我們; 개인정보처리방침; 개인정보 처리방침; 이용약관; 회사소개; سياسة الخصوصية; شروط الاستخدام; من نحن; اتصل بنا; \
حریم خصوصی; درباره ما; תקנון; מדיניות פרטיות; गोपनीयता नीति; हमारे बारे में; kebijakan privasi; tentang kami; pedoman media siber; \
chính sách bảo mật; นโยบายความเป็นส่วนตัว; เกี่ยวกับเรา";

/// Whether a headline is the name of such a page.
pub(super) fn is_named(title: &str) -> bool {
    static KEYS: LazyLock<HashSet<String>> = LazyLock::new(|| NAMES.split(';').map(key).collect());
    KEYS.contains(&key(title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headline_that_is_nothing_else_names_such_a_page() {
        for title in ["Privacy Policy", "Über uns", "MENTIONS LÉGALES", "О нас", "プライバシーポリシー", "من نحن"]
        {
            assert!(is_named(title), "{title}");
        }
        for title in ["New privacy policy angers readers", "What they say about us", "", "Impressum of a painter found"]
        {
            assert!(!is_named(title), "{title}");
        }
    }
}
