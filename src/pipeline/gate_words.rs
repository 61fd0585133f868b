//! Words of what stands before articles, in addresses and in what it says. None of them decides anything by itself: an
//! address counts for a link that was sent on to it, what is said where several links lead to the same words.

use std::sync::LazyLock;

use crate::extract::phrase_index::PhraseIndex;

/// Whether a step of a path, or the first label of a host, names a place where visitors are stopped. Not words of a headline
/// among others.
pub(super) fn is_name(step: &str) -> bool {
    let step = step.to_ascii_lowercase().replace('_', "-");
    let without_end = step.split_once('.').map_or(step.as_str(), |(name, _)| name);
    NAMES.split(' ').any(|name| name == without_end)
}

/// Whether texts have at least two of the words with which gates speak to visitors.
pub(super) fn speaks_to_visitors<'a>(texts: impl Iterator<Item = &'a str>) -> bool {
    /// Each word by its place in the lists: one of two languages counts twice.
    static INDEX: LazyLock<PhraseIndex<usize>> = LazyLock::new(|| {
        let words: Vec<&str> = WORDS.iter().flat_map(|language| language.split('|')).collect();
        let by_place: Vec<(usize, &[&'static str])> =
            words.iter().enumerate().map(|(at, word)| (at, std::slice::from_ref(word))).collect();
        PhraseIndex::of(&by_place)
    });
    let mut first = None;
    let mut are_two = false;
    for text in texts {
        INDEX.find_in(&text.to_lowercase(), |at, _| are_two |= *first.get_or_insert(at) != at);
    }
    are_two
}

const NAMES: &str = "403 404 abo access-denied age-gate auth authenticate block blocked bot-check captcha challenge consent \
     cookie-consent cookies cookiewall denied error forbidden gdpr geo-block geoblock log-in login logon \
     not-found notfound paywall privacy-consent privacy-gate register restricted sign-in signin sso \
     subscribe subscription unavailable unsupported-region verify";

/// Beginnings of words and turns of phrase, a language a line, with a stroke between them.
const WORDS: [&str; 16] = [
    "cookie|consent|privacy|our partners|personal data|your choice|your device|sign in|log in|subscribe|\
     subscription|your account|an account|password|unlimited access|keep reading|continue reading|\
     you are human|not a robot|captcha|verify|your browser|javascript|your connection|your request|\
     access denied|denied|blocked|your region|your country|not available|your location|page not found|\
     cannot be found|could not be found|been removed|been moved|no longer available|domain|for sale|\
     try again later|before you continue|welcome back",
    "einwillig|zustimm|datenschutz|unsere partner|unseren partnern|personenbezogene|ihr gerät|ihrem gerät|\
     einstellungen|anmelden|abonn|registrier|konto|passwort|weiterlesen|ein mensch|kein roboter|ihr browser|\
     ihren browser|ihre verbindung|ihre anfrage|zugriff|verweigert|gesperrt|ihrer region|ihrem land|\
     nicht verfügbar|nicht gefunden|weiter geht|akzeptier",
    "consentement|confidentialité|nos partenaires|données personnelles|votre appareil|vos choix|accepter|\
     connectez-vous|se connecter|abonn|votre compte|mot de passe|humain|robot|votre navigateur|\
     votre connexion|votre demande|accès refusé|bloqué|votre pays|votre région|pas disponible|introuvable|\
     avant de continuer",
    "consentimiento|privacidad|nuestros socios|datos personales|su dispositivo|tu dispositivo|aceptar|\
     inicia sesión|iniciar sesión|suscri|su cuenta|tu cuenta|contraseña|humano|su navegador|tu navegador|\
     su conexión|tu conexión|acceso denegado|bloquead|su país|tu país|su región|no disponible|\
     no está disponible|no se encuentra|antes de continuar",
    "consenso|privacy|nostri partner|dati personali|tuo dispositivo|suo dispositivo|accett|accedi|abbona|\
     tuo account|password|umano|tuo browser|tua connessione|accesso negato|bloccat|tuo paese|tua regione|\
     non disponibile|non è disponibile|non trovata|prima di continuare",
    "toestemming|privacy|onze partners|persoonsgegevens|je apparaat|uw apparaat|accepte|log in|inloggen|\
     abonn|je account|uw account|wachtwoord|een mens|je browser|uw browser|toegang geweigerd|geblokkeerd|\
     jouw land|uw land|niet beschikbaar|niet gevonden|verdergaat",
    "consentimento|privacidade|nossos parceiros|dados pessoais|seu dispositivo|aceitar|entrar|assin|\
     sua conta|senha|humano|seu navegador|sua conexão|acesso negado|bloquead|seu país|sua região|\
     não disponível|não está disponível|não encontrada|antes de continuar",
    "zgod|prywatno|naszymi partnerami|nasi partnerzy|danych osobowych|dane osobowe|urządzeni|akceptu|zaloguj|\
     subskry|prenumerat|konto|hasło|człowiek|przeglądark|odmowa dostępu|zablokowan|kraju|regionie|niedostępn|\
     nie znaleziono|zanim przejdziesz",
    "согласи|конфиденциальност|партнёр|партнер|персональн|устройств|принять|войдите|войти|подпис|аккаунт|\
     парол|не робот|человек|браузер|соединени|доступ запрещ|заблокирован|вашей стране|вашем регионе|\
     недоступн|не найдена",
    "samtycke|samtykke|integritet|personvern|våra partner|våre partnere|vores partnere|personuppgifter|\
     personopplysninger|personoplysninger|godkän|godkend|godta|logga in|logg inn|log ind|prenumer|abonn|\
     konto|lösenord|passord|människa|menneske|webbläsare|nettleser|åtkomst|nektet|blockera|inte tillgänglig|\
     ikke tilgjengelig|ikke tilgængelig|hittades inte",
    "souhlas|soukrom|našimi partnery|osobní údaje|osobních údajů|zařízení|přijmout|přihlás|předplat|účet|\
     heslo|člověk|prohlížeč|přístup odepřen|zablokov|není k dispozici|nenalezena",
    "çerez|onay|gizlilik|ortaklarımız|kişisel veri|cihazınız|kabul|giriş yap|oturum aç|abone|hesab|şifre|\
     robot değil|insan|tarayıcı|bağlantı|erişim engellendi|ülkeniz|bölgeniz|kullanılamıyor|bulunamadı",
    "クッキー|同意|プライバシー|パートナー|個人データ|個人情報|端末|ログイン|購読|会員登録|アカウント|パスワード|ロボット|人間|ブラウザ|接続|アクセス|拒否|お住まいの地域|ご利用いただけません|\
     見つかりません",
    "同意|隐私|隱私|合作伙伴|合作夥伴|个人数据|個人資料|设备|裝置|登录|登入|订阅|訂閱|账户|帳戶|密码|密碼|机器人|機器人|浏览器|瀏覽器|验证|驗證|拒绝访问|您所在的地区|不可用|找不到",
    "쿠키|동의|개인정보|파트너|기기|로그인|구독|계정|비밀번호|로봇|브라우저|연결|접근|차단|지역|찾을 수 없|이용할 수 없",
    "موافق|الخصوصية|ملفات تعريف|شركا|البيانات الشخصية|جهازك|تسجيل الدخول|اشترك|حسابك|كلمة المرور|روبوت|متصفح|\
     رفض الوصول|محظور|بلدك|منطقتك|غير متاح",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_speak_to_their_visitors_and_articles_of_themselves() {
        let check = |text: &str, expected: bool| assert_eq!(speaks_to_visitors([text].into_iter()), expected, "{text}");
        check("Please verify that you are human.", true);
        check("Bevor es weiter geht: Ihre Einwilligung, bitte.", true);
        check("ログインして、続きをお読みください。アカウントをお持ちでない方は登録へ。", true);
        check("The ferry has a new engine, and the fare has not been raised.", false);
        check("A ferry was blocked by ice.", false);
    }

    #[test]
    fn every_word_of_gates_is_found() {
        for language in WORDS {
            let words: Vec<&str> = language.split('|').collect();
            for pair in words.windows(2) {
                assert!(speaks_to_visitors(pair.iter().copied()), "{pair:?}");
            }
        }
    }

    #[test]
    fn names_of_gates_stand_alone() {
        assert!(is_name("login.php") && is_name("Cookie_Consent") && is_name("403"));
        assert!(!is_name("cookies-are-baked-in-the-harbour") && !is_name("news"));
    }
}
