//! Words that nearly every text of a language has. They matter only for the first articles of a language: later ones
//! are measured.

use std::sync::LazyLock;

use super::super::hash::{EMPTY, NumberSet, mix, with};
use super::super::words::{WORD_UNITS, read_tokens};
use super::language::Language;

/// Whether a word, by its hash, is one of these in a language; in any, where the language is unknown, as that of a headline
/// without a text is.
pub(super) fn is_function_word(language: Language, word: u64) -> bool {
    static KNOWN: LazyLock<Words> = LazyLock::new(|| known(LISTS));
    KNOWN.contains(&of_language(language, word))
}

/// Whether a word tells a reader nothing of what an article is about.
pub(super) fn is_empty_word(language: Language, word: u64) -> bool {
    static KNOWN: LazyLock<Words> = LazyLock::new(|| known(RUNS));
    is_function_word(language, word) || KNOWN.contains(&of_language(language, word))
}

/// Words by their hashes, each with its language.
type Words = NumberSet<u64>;

fn known(lists: &[(&str, &str)]) -> Words {
    let mut known = Words::default();
    for (code, words) in lists {
        for language in [Language::of(Some(code)), Language::of(None)] {
            known.extend(words.split_whitespace().map(|word| of_language(language, hash_of(word))));
        }
    }
    known
}

/// A word of a list as the terms of an article have it: in scripts that do not part words, a run of characters as long as one.
fn hash_of(word: &str) -> u64 {
    let mut tokens = Vec::new();
    read_tokens(word, 0, &mut tokens);
    match tokens.as_slice() {
        [token] if token.units >= WORD_UNITS => token.hash,
        parts => parts.iter().fold(EMPTY, |hash, part| mix(with(hash, part.hash))),
    }
}

fn of_language(language: Language, word: u64) -> u64 {
    mix(with(language.0, word))
}

/// By language: articles, pronouns, prepositions, conjunctions, auxiliaries, and the verbs that reports are made with.
const LISTS: &[(&str, &str)] = &[
    (
        "en",
        "a about after against all also am an and any are aren't as at back be because been before being between both \
         but by can can't could couldn't day did didn't do does doesn't don't down during each even few first for from \
         get had hadn't has hasn't have haven't he he'd he'll her here him his how i i'd i'll i'm i've if in into is \
         isn't it it'll its just know last let like made make many may me more most much must my need new no not now of off \
         on one only or other our out over own people said same say says she she'd she'll should shouldn't since so \
         some such than that the their them then there these they they'd they'll they're they've thing things this those through \
         time to told too two under up us very was wasn't we we'll we're we've week were weren't what when where which \
         while who why will with won't would wouldn't year years yet you you'd you'll you're you've your",
    ),
    (
        "de",
        "aber alle als am an auch auf aus bei bis da damit dann das dass dem den der des die dies diese dieser doch du \
         durch ein eine einem einen einer er es etwa für gegen habe haben hat hatte ich ihm ihr ihre im immer in ist ja \
         jahr jahre jahren kann kein können man mehr mit muss nach neue nicht noch nun nur oder sagte schon sei sein \
         seine seit sich sie sind so soll sollen über uhr um und uns unter vom von vor war waren was weil wenn werden \
         wie wieder will wir wird worden wurde wurden zu zum zur zwei zwischen",
    ),
    (
        "fr",
        "a ainsi alors après au aussi autre aux avait avant avec avoir ce cela ces cette ceux comme contre dans de \
         depuis des deux dit dont du elle elles en encore entre est et été être eu fait il ils je la le les leur leurs \
         lors lui mais même moins ne ni non nos notre nous on ont ou où par pas pendant peut plus pour qu quand que qui \
         sa sans se selon ses si son sont sous sur tous tout très trois un une vers vous y",
    ),
    (
        "es",
        "a al algo ante antes año años así aún bajo cada como con contra cual cuando de del desde después dijo donde \
         dos durante e el ella ellos en entre era es esa ese eso esta está están este esto fue ha había han hasta hay la \
         las le les lo los más me mientras muy ni no nos o otra otro para pero por porque puede que quien se sea según \
         ser si sido sin sobre son su sus también tan tiene todo todos tras tres un una uno y ya",
    ),
    (
        "it",
        "a ad agli ai al alla alle anche ancora anni anno c che chi ci come con contro cui da dai dal dalla delle degli \
         dei del dell della di dopo dove due e è ed era essere fa fra gli ha hanno i il in io la le lo loro ma me mentre \
         nel nell nella nelle no noi non o ogni per perché più poi prima può quando quella quello questa questo se si \
         sia sono stata stato su sua sul sulla suo tra tutti un una uno",
    ),
    (
        "pt",
        "a afirmou ainda ano anos ao aos após as até com como contra da das de depois desde disse do dois dos e é ela \
         ele eles em entre era essa esse esta está este eu foi foram há isso já lhe mais mas mesmo muito na não nas nem \
         no nos o onde os ou para pela pelo pode por porque quando que quem são se segundo sem ser seu seus só sobre sua \
         também tem um uma você",
    ),
    (
        "nl",
        "aan al als bij dan dat de der deze die dit door een en er ging had hebben heeft het hij hoe ik in is ja jaar je \
         kan kunnen maar meer met moet na naar niet nog nu of om omdat onder ook op over te tegen tot twee uit van veel \
         volgens voor waar was wat we werd wordt worden ze zegt zei zich zij zijn zo zou",
    ),
    (
        "sv",
        "alla än är år att av bli blir då de den det dem där efter eller en enligt ett för från få går ha hade han har \
         hon i inte jag kan kommer man med men mot mycket när nu och också om på sade säger sedan sig sin ska skulle så \
         som till två under upp ut vad var vi vid",
    ),
    (
        "da",
        "af alle at blev blive bliver da de dem den der det disse dog efter eller en er et få for fra har have havde han \
         hun i ikke ind jeg kan kom man med men mere mod når nu og også om op over på så sagde sig siger sin skal som til \
         to ud under var ved vi vil været år",
    ),
    (
        "no",
        "alle at av ble bli blir da de dem den der det dette eller en er et etter for fra få ha hadde han har hun i ikke \
         jeg kan kom man med men mer mot når nå og også om opp over på så sa seg sier sin skal som til to ut under var \
         ved vi vil vært år",
    ),
    (
        "fi",
        "ei eivät että ja jo joka jos kanssa kaikki kuin kun me mukaan mutta myös ne niin nyt ole olen oli olivat olla on \
         ovat sanoi sanoo se sekä sen siitä sitä tai tämä tämän vain vielä voi vuoden vuonna hän hänen jälkeen ennen",
    ),
    (
        "pl",
        "a aby ale był była było być co czy dla do gdy i ich im ja jak jako je jego jej jest już kiedy który która które \
         lat ma może na nad nie niż o od oraz po pod powiedział poza przed przez przy roku są się tak także tego tej ten \
         to tylko tym w we więc wszystko z za ze że zostało został",
    ),
    (
        "cs",
        "a aby ale ani až bude by byl byla bylo co či do i ich je jeho jejich jen jeho ještě jako jsem jsou k kde kdy \
         která které který let má mezi na nebo není o od podle pro proti před při po řekl roce roku s se si své tak také \
         tím to už v ve však z za ze že",
    ),
    (
        "ro",
        "a acest această ai al ale am ani anul ar are au ca care că ce cea cel cu când dar de din după ea ei el este eu \
         fi fost iar în între la le lor lui mai nu o pe pentru prin sau se spus și sunt său un unei unui va",
    ),
    (
        "hu",
        "a az azt de egy és el ez ezt hogy ha is meg mint nem csak már még után volt van vagy be ki le fel mert majd \
         minden szerint több között pedig lett lesz aki amely ami",
    ),
    (
        "tr",
        "ama ancak bir bu çok da daha de değil diye en gibi göre ha hem her için ile ise kadar ki ne o olan olarak oldu \
         olduğu sonra söyledi şu tarafından ve veya yıl yeni",
    ),
    (
        "id",
        "ada adalah akan atau bahwa bisa dalam dan dari dengan di dia hari ini itu juga kami karena kata kepada ke \
         mereka oleh pada para saat sebagai setelah sudah tahun tak tersebut tidak untuk yang",
    ),
    (
        "ru",
        "а более был была были было быть в вам во время все всех где года году для до его ее если есть еще же за и из или \
         им их к как когда которая которые который кто ли мы на над не него нет но о об он она они от по под после при \
         с сам свои со сообщил так также там то только том у уже что чтобы это этого этом я",
    ),
    (
        "uk",
        "а але б був була були було бути в вже від він вона вони все всіх де для до є за з зі і й із інші її його їх які \
         який яка як коли ми на над не ні о об під після по при про році року сказав також та так те тим то у уже це \
         цього час через що щоб я",
    ),
    (
        "el",
        "αλλά από αυτό για δεν είναι είπε έχει ή θα και κατά με μετά μια μας να ο οι όπως όταν ότι που προς πως σε στα στη \
         στην στις στο στον στους τα τη την της τις το τον του τους των ως η ένα ένας",
    ),
    (
        "ar",
        "في من على إلى عن أن إن كان كانت التي الذي هذا هذه ما لا لم مع بعد قبل بين كل قال وقال قد هو هي أو ثم حتى عند غير \
         ذلك خلال بعض أي كما لكن وفي ومن وهو",
    ),
    (
        "fa",
        "از است این با به بر برای بود در را که و یک تا هم آن شد شده کرد کرده می ها های خود ما او گفت نیز پس باید اما",
    ),
    (
        "hi",
        "का के की को में से है हैं और पर ने यह कि भी एक इस था थे थी हो गया गई कर कहा नहीं तो ही जो अपने बाद साथ लिए किया \
         दिया वह उन",
    ),
    ("ur", "کا کے کی کو میں سے ہے ہیں اور پر نے یہ کہ بھی ایک اس تھا تھے تھی ہو گیا کر کہا نہیں تو جو بعد ساتھ لیے"),
    (
        "vi",
        "anh bà bị các cái cho chỉ có còn cô của cũng cùng do đã đang đây đến đó được gì giữa hai hay hơn khi không là lại làm lên \
         mà một mới mỗi năm này nên nếu ngày người nhất nhiều như nhưng những nói nơi ở ông phải qua ra rằng rất sau sẽ sự tại theo \
         thì thêm thứ tôi tới trên trong trước từ và vào vẫn về vì việc với",
    ),
    (
        "bg",
        "а ако без беше би бъде бяха в вече все във да до е за заради защо и из или им има как каза като кой която които когато \
         който към ли май между ми много му на над нас не него ни но няма още от по под пред през при с са само се си след \
         според срещу съм със също така те тези това този той тя у че ще",
    ),
    (
        "sr",
        "а али без би био бити је био за и из или има их као када кад који која које код међу на над не него није но о он она они \
         од па по под после пре при са само се смо су сам та тај те то у уз више већ да до ће a ali bez bi bio biti da do ga i iz ili \
         ima ih im je kao kada kad koja koje koji kod među na nad ne nego nije no o od on ona oni pa po pod poslije posle pre pri \
         prije s sa sam samo se smo su ta taj te to u uz već više za će što",
    ),
    (
        "hr",
        "a ali bez bi bila bilo bio biti da do ga i iz ili ima ih im je jer kako kao kada kad koja koje koji kod među na nad nakon \
         ne nego nije no o od on ona oni pa po pod poslije prema pri prije s sa sam samo se smo su ta taj te to tome u uz već više \
         za će što",
    ),
    (
        "sk",
        "a aby ale ako aj alebo bez bol bola bolo boli by byť do ešte ho i ich iba ich je jej jeho k každý keď ktorá ktoré ktorí ktorý \
         len má medzi mu na nad nie než o od on ona po pod podľa pre pred pri proti roku s sa si so sú ta tak také tento to toho \
         tom už v však vo z za zo že",
    ),
    (
        "ca",
        "a al als amb aquest aquesta això any anys cada com contra d de del dels després des dir dos el ella ells els en encara entre \
         era és està estan ha han havia hi ho i ja l la les li lo més mentre molt no o on per però perquè pel pels pot qual quan que \
         què qui s sense ser seu seva seus si són sobre també tan tot tots tres un una uns va van",
    ),
    (
        "he",
        "אבל או אותו אותה אחד אחרי אחת איך אין אל אלא אלה אם אמר אמרה אנחנו אני את אתה בין גם דרך הוא היא היה היו היתה הם הן הזה \
         הזאת זאת זה זו יותר יש כבר כדי כי כך כל כן כמו לא לאחר לה להם לו לפני מאוד מה מי מן נגד עד עוד על עם עצמו פי רק של שלא \
         שלו שלה שלהם תחת",
    ),
    (
        "ms",
        "ada adalah akan atas atau bagi bahawa beliau boleh dalam dan dapat dari daripada dengan di dia hari ia ini itu juga kata \
         kepada ke kerana lagi lebih mereka oleh pada para sebagai selepas semasa serta sudah tahun telah tersebut tidak untuk yang",
    ),
    (
        "sw",
        "alisema ambao ambaye baada cha hata hii hilo huo huyo ili ikiwa kabla kama katika kila kuhusu kutoka kuwa kwa kwamba la lakini \
         mwaka na ni pia sana siku tu ume vya wa wake wakati walikuwa wao ya yake yao za zaidi",
    ),
    (
        "ko",
        "것 것으로 것은 것이 그 그는 그러나 그리고 년 다른 대한 대해 등 등을 따르면 때문에 또 또는 또한 많은 말했다 모든 및 밝혔다 \
         수 아니라 어떤 없는 없다 에 에서 오전 오후 우리 위해 위한 의 이 이날 이번 이후 있는 있다 있다고 있었다 있으며 전 전했다 \
         정도 지난 첫 통해 하고 하는 한 한다 함께 했다 현재 후",
    ),
    (
        "ta",
        "அந்த அவர் அவர்கள் அது இது இந்த என என்ற என்று ஒரு கூறினார் தனது தான் பல பின்னர் மற்றும் மீது முதல் மேலும் வரை \
         வேண்டும் உள்ள உள்ளது",
    ),
    ("te", "అని ఆ ఆయన ఈ ఉంది ఉన్న ఒక కాగా కూడా కోసం గత చేసిన తన తో నుంచి పై మరియు లో వారు"),
    (
        "mr",
        "असे अशी आणि आता आपल्या आहे आहेत एक करण्यात करून का की केली केले खूप च झाली झाले तर ते तो त्या त्यांच्या नाही पण \
         म्हणून म्हणाले मात्र या यांनी व सांगितले होता होती होते",
    ),
    ("bn", "এ এই এক একটি এবং ও কথা করা করে করেন কিন্তু জন্য তিনি তার থেকে না পর বলে বলেন মধ্যে যে সঙ্গে সে হয় হয়েছে হবে"),
];

/// Runs of characters that say nothing by themselves, in scripts that do not part words. Half of all texts have few of them, so
/// they are measured like others, but no reader is told them.
const RUNS: &[(&str, &str)] = &[
    (
        "zh",
        "一个 一些 一次 一名 一种 不是 不会 不能 两个 个月 为了 之后 之前 也是 于是 他们 他的 以及 以来 但是 作为 你们 其中 具有 再次 \
         准备 分别 到了 却是 又是 可以 可能 各种 同时 后来 因为 因此 她的 如果 如何 它们 它的 对于 将会 就是 已经 并且 开始 当时 必须 \
         成为 我们 所以 所有 据悉 报道 日前 时候 时间 是在 曾经 有的 根据 正在 每个 没有 然而 然后 现在 的是 目前 直到 称为 第一 \
         等等 经过 继续 而且 而是 自己 至少 虽然 表示 许多 认为 记者 该国 说道 说法 起来 过去 近日 还有 还是 这个 这些 这样 这次 \
         这是 进行 通过 进一 那些 部分 都是 除了 随后 非常 今年 去年 今天 昨天 明年 他说 她说 一個 他們 我們 沒有 進行 這個 這些 對於 \
         認為 記者 報導 因為 為了 開始 時間 還有 還是 後來 可能 已經 經過 繼續 過去 現在 當時",
    ),
    (
        "ja",
        "した して する され れた れる いる いた ある あり あっ った って こと この その それ これ ため から まで など とし として では での \
         には にも へと との とい いう てい ない なか なっ なる なり なら です ます まし でき もの よう より れば られ せる さん さら また \
         ただ ほか だけ とも とみ うと ける べき おり たと たち たち った 今回 今年 昨年 同日 発表 明ら 述べ",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_common_in_its_language_only() {
        let check = |code: &str, word: &str, expected: bool| {
            let mut tokens = Vec::new();
            read_tokens(word, 0, &mut tokens);
            let language = Language::of((!code.is_empty()).then_some(code));
            assert_eq!(is_function_word(language, tokens[0].base), expected, "{code} {word}");
        };
        check("en", "The", true);
        check("de", "the", false);
        check("de", "Für", true);
        check("en", "bridge", false);
        check("en", "Don’t", true);
        check("en", "IT'S", true);
        check("", "This", true);
        check("", "Lorne", false);
        check("ru", "что", true);
        check("pt-BR", "não", true);
        check("vi", "được", true);
        check("ko", "있다", true);
        check("he", "של", true);
    }

    #[test]
    fn a_run_of_characters_is_a_word_where_none_stand_apart() {
        for (code, word, expected) in [("zh", "表示", true), ("zh", "大桥", false), ("ja", "して", true)] {
            assert_eq!(is_empty_word(Language::of(Some(code)), hash_of(word)), expected, "{code} {word}");
        }
    }
}
